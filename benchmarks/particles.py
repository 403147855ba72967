"""Train models of points on charged particles or on planets: `python particles.py --task charged`.

- charged: the published protocol (`particles_data.py`), 3,000 trajectories of five particles,
  batches of 100, at most 10,000 epochs.
- gravity: 1,000 trajectories of a star and five planets (`gravity_data.py`), batches of 64, at most
  5,000 steps.

All seeds of a model are trained at once, in one program, with all rates and decays of weights that
are tried. AdamW, weights averaged over the last hundreds of steps, and a rate that falls to zero
over the epochs that there is time for. What is tested is the average of least validation error, at
the rate and decay whose mean of these is least. Errors are means of squares of coordinates; their
standard error is that of the mean over seeds, beside it the one of a seed over its trajectories.
All models see velocities, positions from the centre of mass, the lengths of these and of edges, and
charges (of an edge, their product) or masses. They give displacements.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import constrainet.maps as cm
from constrainet.groups import O
from constrainet.maps import Map
from constrainet.reps import Scalar, V
from particles_data import Particles
from particles_tasks import TASKS, Task

HERE = Path(__file__).parent
RESULTS = HERE / "results"

CHECK = 5
"""Epochs between two validations, and in one call of the compiled program."""

NEWEST = 0.01
"""The share of the newest weights in the average that is tested."""

WARM = 0.01
"""The part of a run in which the rate rises."""

REPORT = 10.0
"""Seconds between two lines of progress, and between two times that results are kept."""

one, v = Scalar(O(3)), V(O(3))


MODELS: dict[str, tuple[str, Callable[..., Map], dict[str, Any]]] = {
    "tensors": ("TensorFieldNet", cm.tensor_field_net, {"channels": 32, "degree": 1}),
    "vectors": ("VectorFieldNet (EGNN's form)", cm.vector_field_net, {"channels": 64}),
    "scalars": ("ScalarFieldNet (invariants)", cm.scalar_field_net, {"channels": 64}),
}
"""By name, a title, the model, and its width."""


def model(task: Task, name: str, **options) -> Map:
    """A model with its width, or with other options."""
    _, make, width = MODELS[name]
    nodes, pairs = task.counts
    return make((nodes + 2) * one + 2 * v, v, num_edge_features=pairs + 1, **(width | options))


def log_length(x: jax.Array) -> jax.Array:
    """Of vectors (..., 3), shape (..., 1)."""
    return jnp.log(1e-3 + jnp.sum(x**2, axis=-1, keepdims=True)) / 2


def displacements(task: Task, m: Map, params, data: Particles) -> jax.Array:
    """Of all bodies, as the model has them, shape (n, bodies, 3)."""
    count, bodies = data.charges.shape
    inputs, velocities = task.inputs(data), data.velocities
    shares = inputs.weights / jnp.sum(inputs.weights, axis=1, keepdims=True)
    x = data.positions - jnp.sum(shares[..., None] * data.positions, axis=1, keepdims=True)
    nodes = [inputs.nodes, log_length(velocities), log_length(x), velocities, x]
    i, j = np.argwhere(~np.eye(bodies, dtype=bool)).T
    edges = [inputs.pairs[:, i, j], log_length(x[:, i] - x[:, j])]
    receivers, senders = ((end + bodies * np.arange(count)[:, None]).ravel() for end in (i, j))
    y = m.apply(
        params,
        jnp.concatenate(nodes, axis=2).reshape(count * bodies, -1),
        x.reshape(-1, 3),
        senders,
        receivers,
        jnp.concatenate(edges, axis=2).reshape(len(senders), -1),
    )
    return y.reshape(x.shape)


def errors(task: Task, m: Map, params, data: Particles) -> jax.Array:
    """The mean square of each trajectory, shape (n,)."""
    wanted = data.targets - data.positions
    return jnp.mean((displacements(task, m, params, data) - wanted) ** 2, axis=(1, 2))


def linear_motion(data: dict[str, Particles]) -> np.ndarray:
    """Errors of x + t v, with the t that fits the training set best."""
    moved = data["train"].targets - data["train"].positions
    velocities = data["train"].velocities
    t = np.sum(moved * velocities) / np.sum(velocities**2)
    test = data["test"]
    return np.mean((test.positions + t * test.velocities - test.targets) ** 2, axis=(1, 2))


class State(NamedTuple):
    """Where training is, of each seed.

    Args:
        params: weights.
        optimiser: Adam's.
        averages: of the newest weights.
        least: the least validation error.
        best: the averages that had it.
        errors: of these, on each trajectory, by part.
    """

    params: Any
    optimiser: Any
    averages: Any
    least: jax.Array
    best: Any
    errors: dict[str, jax.Array]


class Run(NamedTuple):
    """What decides how a model is trained.

    Args:
        key: of first weights, and of the order of trajectories.
        rate: the highest learning rate.
        decay: of weights, in the units of the rate.
    """

    key: jax.Array
    rate: jax.Array
    decay: jax.Array


class Trainer:
    """Trains one model several times at once.

    Args:
        task: what to learn.
        m: the model.
        data: the data set.
    """

    def __init__(self, task: Task, m: Map, data: dict[str, Particles]):
        self.task, self.m = task, m
        self.data = {part: Particles(*map(jnp.asarray, each)) for part, each in data.items()}
        self.tested = [part for part in data if part != "train"]
        self.steps = len(data["train"].charges) // task.batch
        self.optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())

    def start(self, key: jax.Array, data: dict[str, Particles]) -> State:
        """With random weights."""
        params = self.m.init(key)
        tested = {part: jnp.zeros(len(data[part].charges)) for part in self.tested}
        return State(
            params, self.optimiser.init(params), params, jnp.array(jnp.inf), params, tested
        )

    def advance(self, state: State, run: Run, first: jax.Array, total: jax.Array, data):
        """`CHECK` epochs, and a validation.

        Args:
            state: at the beginning.
            run: what decides it.
            first: the number of epochs before.
            total: how many epochs there will be, at the end of which the rate is zero.
            data: the data set.

        Returns:
            The state, and the means of training and validation errors.
        """

        def step(carry, inputs):
            params, optimiser, averages = carry
            done, rows = inputs
            batch = jax.tree.map(lambda x: x[rows], data["train"])
            value, gradient = jax.value_and_grad(
                lambda p: jnp.mean(errors(self.task, self.m, p, batch))
            )(params)
            updates, optimiser = self.optimiser.update(gradient, optimiser, params)
            done = jnp.minimum(done / total, 1)
            rate = run.rate * jnp.minimum(done / WARM, (1 + jnp.cos(jnp.pi * done)) / 2)
            params = jax.tree.map(lambda p, u: p - rate * (u + run.decay * p), params, updates)
            averages = optax.incremental_update(params, averages, NEWEST)
            return (params, optimiser, averages), value

        epochs = first + jnp.arange(CHECK)
        keys = jax.vmap(partial(jax.random.fold_in, run.key))(epochs)
        order = jax.vmap(partial(jax.random.permutation, x=len(data["train"].charges)))(keys)
        rows = order[:, : self.steps * self.task.batch].reshape(-1, self.task.batch)
        done = first + (1 + jnp.arange(len(rows))) / self.steps
        (params, optimiser, averages), values = jax.lax.scan(step, state[:3], (done, rows))
        tested = {part: errors(self.task, self.m, averages, data[part]) for part in state.errors}
        error = jnp.mean(tested["valid"])
        better = error < state.least  # not if it is NaN
        least, best, kept = jax.tree.map(
            partial(jnp.where, better),
            (error, averages, tested),
            (state.least, state.best, state.errors),
        )
        return State(params, optimiser, averages, least, best, kept), (jnp.mean(values), error)

    def run(self, runs: Run, seconds: float, epochs: int, keep: Callable[[dict], None]) -> None:
        """Trains for as many epochs as there is time for, and keeps what is known now and then.

        Args:
            runs: those at once, along the first axis.
            seconds: how long it may take, compilation included.
            epochs: at most.
            keep: called with what there is to say.
        """
        begun = time.perf_counter()
        start = jax.jit(jax.vmap(self.start, (0, None)))
        advance = jax.jit(jax.vmap(self.advance, (0, 0, None, None, None)), donate_argnums=0)
        state = start(runs.key, self.data)
        first = runs, jnp.array(0), jnp.array(float(epochs)), self.data
        program = advance.lower(state, *first).compile()
        for _ in range(2):  # not kept: the first is to be warm, the second to be timed
            timed = time.perf_counter()
            state = jax.block_until_ready(program(state, *first))[0]
        compiled = shown = time.perf_counter()
        speed = CHECK / (compiled - timed)
        state = start(runs.key, self.data)
        done, total, curve = 0, epochs, {}
        while done < total:
            left = begun + seconds - time.perf_counter()
            total = min(epochs, max(done + CHECK, int(done + speed * left)))
            state, values = program(
                state, runs, jnp.array(done), jnp.array(float(total)), self.data
            )
            done += CHECK
            curve[done] = np.stack(values).tolist()
            now = time.perf_counter()
            speed = done / (now - compiled)
            if now - shown < REPORT and done < total:
                continue
            shown = now
            keep(
                summary(state.errors)
                | {
                    "epochs": done,
                    "of": total,
                    "parameters": sum(p[0].size for p in jax.tree.leaves(state.params)),
                    "seconds": now - begun,
                    "compilation": compiled - begun,
                    "seconds per epoch": 1 / speed,
                    "curve": curve,
                }
            )


def summary(tested: dict[str, jax.Array]) -> dict[str, list[float]]:
    """Of errors (runs, n) by part: their means over n, and standard errors of these."""
    found = {}
    for part, each in tested.items():
        array = np.asarray(each, np.float64)
        found[part] = array.mean(axis=1).tolist()
        found[f"{part}, over trajectories"] = (array.std(axis=1) / array.shape[1] ** 0.5).tolist()
    return found


def mean_with_error(values: np.ndarray) -> str:
    """Over seeds."""
    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
    return f"{np.mean(values):.5f} ± {error:.5f}"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, default="charged")
    parser.add_argument("--model", choices=MODELS, default="tensors")
    parser.add_argument("--seconds", type=float, default=3600, help="with compilation")
    parser.add_argument("--epochs", type=int, help="at most (default: the protocol's)")
    parser.add_argument("--trajectories", type=int, help="to train on (default: the protocol's)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--channels", type=int, help="(default: 32 tensors, 64 scalars)")
    parser.add_argument("--rates", type=float, nargs="+", default=[5e-3, 1e-2], help="tried")
    parser.add_argument("--decays", type=float, nargs="+", default=[0.003, 0.03, 0.1], help="tried")
    parser.add_argument("--out", type=Path, default=RESULTS / "particles", help="a folder")
    return parser.parse_args(given)


def main() -> None:
    options = arguments()
    task = TASKS[options.task]
    data = task.read()
    if options.trajectories:
        data["train"] = Particles(*(each[: options.trajectories] for each in data["train"]))
    width = {"num_layers": options.layers}
    if options.channels:
        width["channels"] = options.channels
    tried = [(rate, decay) for rate in options.rates for decay in options.decays]
    every = [(seed, *each) for each in tried for seed in options.seeds]
    seeds, rates, decays = map(jnp.array, zip(*every, strict=True))
    runs = Run(jax.vmap(jax.random.key)(seeds), rates, decays)
    path = options.out / f"{options.task}_{options.model}.json"
    options.out.mkdir(parents=True, exist_ok=True)
    moved = linear_motion(data)
    about = {
        "task": options.task,
        "model": MODELS[options.model][0],
        "options": width,
        "seeds": options.seeds,
        "tried": tried,
        "linear motion": [float(moved.mean()), float(moved.std() / len(moved) ** 0.5)],
        "device": f"{jax.devices()[0].device_kind}, JAX {jax.__version__}",
    }

    def keep(found: dict) -> None:
        by_choice = {part: np.array(found[part]).reshape(len(tried), -1) for part in trainer.tested}
        chosen = int(np.argmin(by_choice["valid"].mean(axis=1)))
        found["chosen"] = {"rate and decay": tried[chosen]} | {
            part: each[chosen].tolist() for part, each in by_choice.items()
        }
        words = [f"{path.stem} {found['seconds']:.0f} s, epoch {found['epochs']} of {found['of']}"]
        words += [f"{part} {mean_with_error(each[chosen])}" for part, each in by_choice.items()]
        print(", ".join(words), "at", tried[chosen], by_choice["valid"].mean(axis=1), flush=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(about | found) + "\n")
        os.replace(unfinished, path)

    trainer = Trainer(task, model(task, options.model, **width), data)
    trainer.run(runs, options.seconds, options.epochs or task.epochs, keep)


if __name__ == "__main__":
    main()
