"""The EMLP paper's protocol for its regression tasks, for any Haiku function and optimiser.

Adam on batches of 500 (or all samples, where there are fewer), min(900000/n, 1000) epochs, 1000
validation and 5000 test samples. As in the authors' code the model that counts is the one with
the least validation error along the way, looked at up to 60 times; the error of the last one is
kept beside it. Errors are mean squares over the coordinates of the target, in its own units.

A run is compiled as one `lax.scan` over the steps of a sixtieth of its epochs, shuffled and, if
asked for, augmented inside.

References:
    Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer perceptrons
    for arbitrary matrix groups" (2021), section 7.1 and its published code.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

from tasks import Task

CHECKS = 60
"""How often the validation error is looked at, at most."""


class OutOfTimeError(Exception):
    """A run would take longer than allowed; `seconds` is how long."""

    def __init__(self, seconds: float):
        super().__init__(f"it would take {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Plan:
    """How long and on how much data a model is trained.

    Args:
        count: the number of training samples.
        batch: the largest batch.
        seen: how many samples are seen in all, up to `max_epochs` passes; samples that do not
            fill a batch are left out of an epoch.
        max_epochs: the largest number of epochs.
        validation: the number of validation samples.
        test: the number of test samples.
    """

    count: int
    batch: int = 500
    seen: int = 900_000
    max_epochs: int = 1000
    validation: int = 1000
    test: int = 5000

    @property
    def batch_size(self) -> int:
        return min(self.batch, self.count)

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return self.count // self.batch_size

    @property
    def epochs(self) -> int:
        return min(self.seen // self.count, self.max_epochs)

    @property
    def steps(self) -> int:
        return self.epochs * self.batches

    @property
    def checks(self) -> int:
        """How often validation is looked at: as often as `CHECKS` allows, at equal distances."""
        return next(n for n in range(min(CHECKS, self.epochs), 0, -1) if self.epochs % n == 0)


class Trainer:
    """Trains one model on samples of one size, from any number of seeds, compiled once.

    Args:
        task: what to learn.
        network: from `hk.without_apply_rng(hk.transform(...))`; maps scaled inputs, shape
            (batch, task.rep_in.dim), to scaled targets, (batch, task.rep_out.dim).
        schedule: the learning rate of Adam: a number, or a function of the step.
        plan: how much data and how long.
        augment: whether each sample is moved by a random group element in each epoch.
    """

    def __init__(
        self,
        task: Task,
        network: hk.Transformed,
        schedule: optax.ScalarOrSchedule,
        plan: Plan,
        *,
        augment: bool = False,
    ):
        self.task, self.network, self.plan, self.augment = task, network, plan, augment
        self.optimiser = optax.adam(schedule)

    def error(self, params: hk.Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """The mean squared error in the units of the target, of scaled samples."""
        return self.task.y_scale**2 * jnp.mean((self.network.apply(params, x) - y) ** 2)

    def _start(self, key: jax.Array, x: jax.Array):
        """Parameters, optimiser state, the best parameters so far and their validation error."""
        params = self.network.init(key, x)
        return params, self.optimiser.init(params), params, jnp.inf

    def _advance(self, state, key: jax.Array, data):
        """One of the plan's `checks` parts of a run: the new state, training and validation error.

        Args:
            state: as `_start` returns it.
            key: for the order of samples and for augmentation.
            data: scaled training and validation samples.
        """
        plan, ((x, y), validation) = self.plan, data
        order_key, augment_key = jax.random.split(key)
        epochs, used = plan.epochs // plan.checks, plan.batches * plan.batch_size

        def permutation(key):
            return jax.random.permutation(key, plan.count)[:used]

        rows = jax.vmap(permutation)(jax.random.split(order_key, epochs))
        rows = rows.reshape(epochs * plan.batches, plan.batch_size)

        def step(carry, inputs):
            params, optimiser_state = carry
            rows, key = inputs
            batch = x[rows], y[rows]
            if self.augment:
                batch = self.task.augmented(key, *batch)
            value, gradient = jax.value_and_grad(self.error)(params, *batch)
            updates, optimiser_state = self.optimiser.update(gradient, optimiser_state)
            return (optax.apply_updates(params, updates), optimiser_state), value

        params, optimiser_state, best, least = state
        (params, optimiser_state), values = jax.lax.scan(
            step, (params, optimiser_state), (rows, jax.random.split(augment_key, len(rows)))
        )
        error = self.error(params, *validation)
        better = error < least  # not if it is NaN
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), params, best)
        state = params, optimiser_state, best, jnp.where(better, error, least)
        return state, (values.mean(), error)

    @cached_property
    def _programs(self):
        """Starting, advancing and testing, compiled ahead of the first run."""
        plan, task = self.plan, self.task

        def samples(count: int):
            return tuple(
                jax.ShapeDtypeStruct((count, rep.dim), jnp.float32)
                for rep in (task.rep_in, task.rep_out)
            )

        key = jax.eval_shape(lambda: jax.random.key(0))
        train, validation = samples(plan.count), samples(plan.validation)
        state = jax.eval_shape(self._start, key, train[0])
        advance = jax.jit(self._advance)
        return (
            jax.jit(self._start).lower(key, train[0]).compile(),
            advance.lower(state, key, (train, validation)).compile(),
            jax.jit(self.error).lower(state[0], *samples(plan.test)).compile(),
        )

    def run(self, seed: int, *, limit: float = np.inf, label: str = "") -> tuple[hk.Params, dict]:
        """Trains the model once.

        Args:
            seed: decides the samples, the first parameters and the order of samples.
            limit: how many seconds it may take.
            label: shown before the progress bar; without it none is shown.

        Returns:
            The parameters with the least validation error, and what there is to say about them:
            `test` (their test error), `validation`, `last` (the test error of the last
            parameters), `train` (the mean training error at the end), `steps`, `parameters`,
            `seconds` in all, of which `compilation`, and `seconds_per_step`.

        Raises:
            OutOfTimeError: as soon as it is clear that `limit` will not do.
        """
        start, plan = time.perf_counter(), self.plan
        keys = dict(
            zip(
                ("train", "validation", "test", "start", "steps"),
                jax.random.split(jax.random.key(seed), 5),
                strict=True,
            )
        )
        train, validation, test = (
            self.task.scaled(*self.task.sample(keys[part], count))
            for part, count in (
                ("train", plan.count),
                ("validation", plan.validation),
                ("test", plan.test),
            )
        )
        best, last, record = self.fit(
            keys["start"], keys["steps"], train, validation, limit=limit, label=label
        )
        error = self._programs[-1]
        errors = {"test": float(error(best, *test)), "last": float(error(last, *test))}
        return best, record | errors | {"seconds": time.perf_counter() - start}

    def fit(
        self,
        start_key: jax.Array,
        steps_key: jax.Array,
        train: tuple,
        validation: tuple,
        *,
        limit: float = np.inf,
        label: str = "",
    ) -> tuple[hk.Params, hk.Params, dict]:
        """Trains the model once, on given samples.

        Args:
            start_key: for the first parameters.
            steps_key: for the order of samples and for augmentation.
            train: scaled samples, as many as the plan says.
            validation: the same.
            limit: as for `run`.
            label: as for `run`.

        Returns:
            The parameters with the least validation error, the last ones, and what there is to say
            that needs no test: the `validation` error of the former, `held_out` of the latter, and
            the rest as `run` has it.

        Raises:
            OutOfTimeError: as `run`.
        """
        begun, plan = time.perf_counter(), self.plan
        begin, advance, _ = self._programs
        compiled = time.perf_counter()
        state = begin(start_key, train[0])
        parts = jax.random.split(steps_key, plan.checks)
        with tqdm(total=plan.steps, desc=label, unit="step", disable=not label) as progress:
            for done, key in enumerate(parts, 1):
                state, (train_error, validation_error) = advance(state, key, (train, validation))
                spent, elapsed = time.perf_counter() - compiled, time.perf_counter() - begun
                foreseen = elapsed + spent / done * (plan.checks - done)
                if foreseen > limit and done > 1:
                    raise OutOfTimeError(foreseen)
                progress.update(plan.steps // plan.checks)
                progress.set_postfix(
                    train=f"{train_error:.2e}", validation=f"{validation_error:.2e}", refresh=False
                )
        now = time.perf_counter()
        last, _, best, least = state
        return (
            best,
            last,
            {
                "validation": float(least),
                "held_out": float(validation_error),
                "train": float(train_error),
                "steps": plan.steps,
                "parameters": hk.data_structures.tree_size(best),
                "seconds": now - begun,
                "compilation": compiled - begun,
                "seconds_per_step": (now - compiled) / plan.steps,
            },
        )


def equivariance_error(
    task: Task,
    network: hk.Transformed,
    params: hk.Params,
    key: jax.Array,
    elements: int = 16,
    inputs: int = 500,
) -> dict:
    """How far a model in float32 is from what it would be in exact arithmetic, were it equivariant.

    For random g and x it is ‖f₃₂(ρ_in(g) x) - ρ_out(g) f₆₄(x)‖, where f₃₂ computes in float32,
    f₆₄ in float64 with the same parameters, and the group acts in float64; of scaled samples.

    Args:
        task: whose group and inputs.
        network: as `Trainer` takes it.
        params: in float32.
        key: a JAX random key.
        elements: the number of group elements.
        inputs: the number of inputs moved by each.

    Returns:
        `typical`, the root mean square of the error over that of ‖ρ_out(g) f₆₄(x)‖: the relative
        error of all values as one array. `worst`, the largest error of a single value, over that
        root mean square or over the value's own size where this is larger; it grows with the number
        of values looked at. `inputs`, the same with f₆₄ of ρ_in(g) x rounded to float32: what no
        arithmetic after the rounding can avoid. `exact`, the same with f₆₄ of ρ_in(g) x itself.
    """
    input_key, element_key = jax.random.split(key)
    x = task.scaled(*task.sample(input_key, inputs))[0].astype(np.float64)
    with in_double_precision():
        group_elements = np.asarray(task.group.samples(element_key, elements))
        moved = np.concatenate([task.rep_in.act(g, x) for g in group_elements])
        exact_params = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float64)), params)
        apply = jax.jit(network.apply)
        values = np.asarray(apply(exact_params, jnp.asarray(x)))
        rounded = moved.astype(np.float32).astype(np.float64)
        of_rounded, in_double = (
            np.asarray(apply(exact_params, jnp.asarray(z))) for z in (rounded, moved)
        )
    in_single = np.asarray(jax.jit(network.apply)(params, jnp.asarray(moved, jnp.float32)))
    if values.dtype != np.float64 or in_single.dtype != np.float32:
        raise TypeError(
            "The network should compute in the precision of its parameters. Got "
            f"{values.dtype} for float64 and {in_single.dtype} for float32."
        )
    expected = np.concatenate([task.rep_out.act(g, values) for g in group_elements])

    sizes = np.linalg.norm(expected, axis=1)
    rms = np.sqrt(np.mean(sizes**2))

    def worst(got: np.ndarray) -> float:
        return float((np.linalg.norm(got - expected, axis=1) / np.maximum(sizes, rms)).max())

    return {
        "typical": float(np.linalg.norm(in_single - expected) / np.linalg.norm(expected)),
        "worst": worst(in_single),
        "inputs": worst(of_rounded),
        "exact": worst(in_double),
    }


def in_double_precision():
    """A context with float64 in JAX, under its name in old and new versions."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()
