"""Train Hamiltonian networks on the double spring pendulum: `python pendulum.py`.

As in the EMLP paper: 500 trajectories, of each a chunk of 5 states 0.2 s apart; the network is the
Hamiltonian, and what is trained on is the mean squared distance of the chunk from the one that its
flow makes of the first state; 2000 steps of Adam on all chunks at once, the model at the end. Then
500 other states are followed for 30 s. The error is ‖a - b‖ / (‖a‖ + ‖b‖), at least 1e-7, its
geometric mean over trajectories and over times from 0 on.

The flow is integrated by the Runge-Kutta method of order 4, in training with one step from state
to state (on the true Hamiltonian it is off by 5e-5 there), in rollouts with four (1e-6 at the end).
Finished runs are kept in benchmarks/results/pendulum.json and not repeated, but their time counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import optax
from tqdm import tqdm

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import constrainet.nn as cnn
from models import Model
from pendulum_data import (
    CENTRE,
    CHUNK,
    INTERVAL,
    LENGTH,
    SPREAD,
    geometric_mean,
    pendulum,
    relative_errors,
    sample_chunks,
    trajectories,
    true_trajectories,
    velocity,
)
from published import PENDULUM
from runs import Runs
from tasks import Task
from training import OutOfTimeError, equivariance_error, in_double_precision

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PICTURE = HERE.parent / "docs" / "benchmarks" / "pendulum.png"
COLOURS = {"mlp": "#8a8a8a", "invariants": "#d1603d", "equivariant": "#1f6f8b"}

CHANNELS = 16
"""Copies of each kind of tensor in the equivariant network."""


def perceptron(width: int) -> hk.Module:
    """Three layers of 128 and swish, with the authors' initial weights."""
    weights = hk.initializers.VarianceScaling(1.0, "fan_avg", "normal")
    return hk.nets.MLP([128, 128, 128, width], w_init=weights, activation=jax.nn.swish)


def standardised(z: jax.Array) -> jax.Array:
    """States centred, by a shift along the axis, and divided by a number for each vector.

    The group leaves both alone, so standardised states transform as states do.
    """
    return (z - CENTRE) / SPREAD


def invariants(z: jax.Array) -> jax.Array:
    """What O(2) leaves alone: heights and products of horizontal parts, (..., 12) to (..., 14)."""
    vectors = standardised(z).reshape(*z.shape[:-1], 4, 3)
    horizontal, heights = vectors[..., :2], vectors[..., 2]
    products = jnp.einsum("...ik,...jk->...ij", horizontal, horizontal)
    first, second = np.triu_indices(4)
    return jnp.concatenate([heights, products[..., first, second]], axis=-1)


def recommended(task: Task) -> Callable[[jax.Array], jax.Array]:
    """The library's recommended model, with few channels; energies in units of the momenta's."""
    unit = float(SPREAD[-1]) ** 2

    def energy(z: jax.Array) -> jax.Array:
        net = cnn.TensorProductNet(task.rep_in, task.rep_out, channels=CHANNELS)
        return unit * net(standardised(z))

    return energy


MODELS = {
    "equivariant": Model(
        "constrainet TensorProductNet",
        recommended,
        learning_rate=1e-2,
        decay=optax.cosine_decay_schedule,
    ),
    "invariants": Model(
        "MLP of invariants",
        lambda task: lambda z: perceptron(task.rep_out.dim)(invariants(z)),
        learning_rate=1e-2,
        decay=optax.cosine_decay_schedule,
    ),
    "mlp": Model("MLP", lambda task: perceptron(task.rep_out.dim)),
}


class Trainer:
    """Trains one Hamiltonian network from any number of seeds, compiled once.

    Args:
        model: an entry of `MODELS`.
        count: the number of training chunks, and of test chunks.
        steps: of Adam.
        parts: in how many equal parts of `steps` the run is compiled.
        length: the number of states of a rollout.
    """

    def __init__(
        self,
        model: Model,
        count: int = 500,
        steps: int = 2000,
        parts: int = 50,
        length: int = LENGTH,
    ):
        self.task = pendulum()
        self.network = model.network(self.task)
        self.optimiser = optax.adam(model.decay(model.learning_rate, steps))
        self.count, self.steps, self.parts, self.length = count, steps, parts, length

    def flow(self, params: hk.Params, start: jax.Array, length: int, substeps: int) -> jax.Array:
        """The trajectories of the network, shape (length, n, 12)."""

        def energy(z):
            return self.network.apply(params, z)[..., 0]

        return trajectories(partial(velocity, energy), start, length, substeps)

    def error(self, params: hk.Params, chunks: jax.Array) -> jax.Array:
        """The mean squared error over chunks, shape (n, CHUNK, 12)."""
        states = self.flow(params, chunks[:, 0], CHUNK, substeps=1)
        return jnp.mean((states.swapaxes(0, 1) - chunks) ** 2)

    def _start(self, key: jax.Array, chunks: jax.Array):
        params = self.network.init(key, chunks[:, 0])
        return params, self.optimiser.init(params)

    def _advance(self, state, chunks: jax.Array):
        def step(state, _):
            params, optimiser_state = state
            value, gradient = jax.value_and_grad(self.error)(params, chunks)
            updates, optimiser_state = self.optimiser.update(gradient, optimiser_state)
            return (optax.apply_updates(params, updates), optimiser_state), value

        state, values = jax.lax.scan(step, state, length=self.steps // self.parts)
        return state, values[-1]

    @cached_property
    def _programs(self):
        """Starting, advancing, testing and rolling out, compiled ahead of the first run."""
        chunks = jax.ShapeDtypeStruct((self.count, CHUNK, 12), jnp.float32)
        starts = jax.ShapeDtypeStruct((self.count, 12), jnp.float32)
        key = jax.eval_shape(lambda: jax.random.key(0))
        state = jax.eval_shape(self._start, key, chunks)

        def rollout(params, starts):
            return self.flow(params, starts, self.length, substeps=4)

        return (
            jax.jit(self._start).lower(key, chunks).compile(),
            jax.jit(self._advance).lower(state, chunks).compile(),
            jax.jit(self.error).lower(state[0], chunks).compile(),
            jax.jit(rollout).lower(state[0], starts).compile(),
        )

    def run(self, seed: int, *, limit: float = np.inf, label: str = "") -> tuple[hk.Params, dict]:
        """Trains and rolls out once.

        Args:
            seed: decides the trajectories and the first parameters.
            limit: how many seconds it may take.
            label: shown before the progress bar; without it none is shown.

        Returns:
            The parameters, and what there is to say about them: `rollout`, the geometric mean of
            the error over all times, and `curve`, over trajectories at each time; the mean squared
            errors of chunks, `test` and `train`; `steps`, `parameters`, `seconds` in all, of which
            `compilation`, and `seconds_per_step`.

        Raises:
            OutOfTimeError: as soon as it is clear that `limit` will not do.
        """
        start = time.perf_counter()
        train_key, test_key, start_key = jax.random.split(jax.random.key(seed), 3)
        train = jnp.asarray(sample_chunks(train_key, self.count), jnp.float32)
        test = sample_chunks(test_key, self.count)
        prepared = time.perf_counter()
        begin, advance, error, rollout = self._programs
        compiled = time.perf_counter()
        state = begin(start_key, train)
        with tqdm(total=self.steps, desc=label, unit="step", disable=not label) as progress:
            for done in range(1, self.parts + 1):
                state, value = advance(state, train)
                value = float(value)
                now = time.perf_counter()
                foreseen = now - start + (now - compiled) / done * (self.parts - done)
                if foreseen > limit:
                    raise OutOfTimeError(foreseen)
                progress.update(self.steps // self.parts)
                progress.set_postfix(train=f"{value:.2e}", refresh=False)
        trained = time.perf_counter()
        params = state[0]
        with in_double_precision():
            expected = np.asarray(true_trajectories(jnp.asarray(test[:, 0]), self.length))
        got = np.asarray(rollout(params, jnp.asarray(test[:, 0], jnp.float32)), np.float64)
        errors = relative_errors(got, expected)
        return params, {
            "rollout": geometric_mean(errors),
            "curve": [geometric_mean(at_one_time) for at_one_time in errors],
            "test": float(error(params, jnp.asarray(test, jnp.float32))),
            "train": value,
            "steps": self.steps,
            "parameters": hk.data_structures.tree_size(params),
            "seconds": time.perf_counter() - start,
            "compilation": compiled - prepared,
            "seconds_per_step": (trained - compiled) / self.steps,
        }


def run_all(
    model_names: list[str], seeds: list[int], minutes: float, results: Runs, **options
) -> list[str]:
    """Runs what is not there yet and fits, seed by seed, and says which runs did not fit.

    Args:
        model_names: keys of `MODELS`.
        seeds: the seeds.
        minutes: how long all these runs together may take, those included that are there already.
        results: what is there, added to.
        options: for `Trainer`.

    Returns:
        The names of runs left out.
    """
    wanted = [(model, seed) for seed in seeds for model in model_names]
    names = [f"{model} {seed}" for model, seed in wanted]
    left = 60 * minutes - results.seconds(names)
    trainers: dict[str, Trainer] = {}
    left_out = []
    for (model, seed), name in zip(wanted, names, strict=True):
        if name in results.runs:
            continue
        trainer = trainers.setdefault(model, Trainer(MODELS[model], **options))
        try:
            params, run = trainer.run(seed, limit=left, label=f"pendulum {name}")
        except OutOfTimeError:
            left_out.append(name)
            continue
        error = equivariance_error(trainer.task, trainer.network, params, jax.random.key(seed))
        results.add(name, {"model": model, "seed": seed} | run | {"equivariance": error})
        left -= run["seconds"]
    return left_out


# --- the report ------------------------------------------------------------------------------

INTRODUCTION = """\
# Double spring pendulum with a Hamiltonian network

Geometric mean of the relative error of the state, over 500 rollouts of 30 s and over time; means
of the runs counted in the column beside it. Equivariance error: of the energy, what float32
computes of moved states against what float64 computes of unmoved ones with the same parameters,
relative to its root mean square; the median run's. A step's time is that of a machine with other
work to do.
"""


def table(kept: dict) -> str:
    """The runs and the authors' figures, as Markdown."""
    rows = [
        ["model", "rollout error", "runs", "chunk MSE", "parameters", "ms per step"],
        ["---", "--:", "--:", "--:", "--:", "--:"],
    ]
    rows[0].append("equivariance error")
    rows[1].append("--:")
    for name, model in MODELS.items():
        runs = [run for run in kept["runs"].values() if run["model"] == name]
        if runs:
            rows.append(
                [
                    model.title,
                    f"{statistics.mean(run['rollout'] for run in runs):.2e}",
                    str(len(runs)),
                    f"{statistics.mean(run['test'] for run in runs):.1e}",
                    f"{runs[0]['parameters']:,}",
                    f"{1e3 * statistics.median(run['seconds_per_step'] for run in runs):.0f}",
                    f"{statistics.median(run['equivariance']['typical'] for run in runs):.1e}",
                ]
            )
    for group, error in PENDULUM["Hamiltonian network"].items():
        name = "MLP" if group == "MLP" else f"EMLP, {group}"
        rows.append([f"authors' {name}", f"{error:.2e}", "3", *["-"] * 4])
    lines = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    minutes = sum(run["seconds"] for run in kept["runs"].values()) / 60
    return f"{lines}\n\nAll runs together took {minutes:.1f} minutes on {kept['machine']}.\n"


def plot(kept: dict, path: Path) -> None:
    """The error against time, a line for each run; the authors' means dashed."""
    figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    labelled = set()
    for run in kept["runs"].values():
        model = run["model"]
        label = None if model in labelled else MODELS[model].title
        labelled.add(model)
        times = INTERVAL * np.arange(1, len(run["curve"]))  # there is no error at the start
        axes.semilogy(times, run["curve"][1:], color=COLOURS.get(model), label=label)
    for group, colour in (("MLP", "#8a8a8a"), ("O(2)", "#1f1f1f")):
        error = PENDULUM["Hamiltonian network"][group]
        name = "MLP" if group == "MLP" else f"EMLP, {group}"
        axes.axhline(error, color=colour, ls="--", lw=1, label=f"authors' {name}, mean")
    axes.set(
        xlabel="time / s",
        ylabel="relative error of the state",
        title="Double spring pendulum, rollouts",
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def write(results: Path = RESULTS, picture: Path = PICTURE) -> str:
    """Writes results/pendulum.md and the plot, and returns the former."""
    kept = json.loads((results / "pendulum.json").read_text())
    text = f"{INTRODUCTION}\n{table(kept)}"
    (results / "pendulum.md").write_text(text)
    plot(kept, picture)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(MODELS), help="default: %(default)s")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--minutes", type=float, default=15, help="for all runs (default: 15)")
    parser.add_argument(
        "--report", action="store_true", help="only table and plot, of what is kept"
    )
    options = parser.parse_args()
    models = options.models.split(",")
    if unknown := set(models) - set(MODELS):
        parser.error(f"no model {', '.join(sorted(unknown))}; there are {', '.join(MODELS)}")
    results = Runs(RESULTS / "pendulum.json")
    left_out = [] if options.report else run_all(models, options.seeds, options.minutes, results)
    if not results.runs:
        parser.error(f"no run is kept in {results.path}, and none fits")
    print(write())
    if left_out:
        print(f"\nDid not fit into {options.minutes:g} minutes:", *left_out, sep="\n  ")


if __name__ == "__main__":
    main()
