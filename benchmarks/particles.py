"""Train models of points on charged particles, by the published protocol: `python particles.py`.

3,000 trajectories of five particles (`particles_data.py`), batches of 100, the model of the least
validation error, tested on 2,000 others. The error is the mean of squares of coordinates, with its
standard error over the trajectories of the test set. Adam with weights averaged over the last
hundreds of steps, and a rate that falls to zero. All models see velocities, positions from the
centre of mass and, of an edge, the product of charges; they give displacements. Finished runs are
kept in benchmarks/results/particles.json and not repeated.
"""

from __future__ import annotations

import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

import constrainet.maps as cm
from constrainet.groups import O
from constrainet.maps import Map
from constrainet.reps import Scalar, V
from particles_data import BODIES, Particles

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DATA = HERE.parent / "build" / "particles.npz"

PUBLISHED = {
    "linear motion": 0.0819,
    "GNN": 0.0107,
    "EGNN": 0.0070,
    "SEGNN": 0.0043,
    "PONITA": 0.0043,
    "Multivector Neurons": 0.0035,
}
"""Test errors that their authors, or authors of later ones, report."""

BATCH = 100
CHECK = 5
"""Epochs between two validations."""

NEWEST = 0.01
"""The share of the newest weights in the average that is tested."""

one, v = Scalar(O(3)), V(O(3))
ENDS = np.array([(i, j) for i in range(BODIES) for j in range(BODIES) if i != j]).T
"""Receivers and senders of one trajectory."""

options = {"rep_in": one + 2 * v, "rep_out": v, "num_edge_features": 1}
MODELS: dict[str, tuple[str, Map, float]] = {
    "tensors": (
        "TensorFieldNet",
        cm.tensor_field_net(**options, channels=32, num_layers=4, degree=1),
        2e-3,
    ),
    "vectors": (
        "VectorFieldNet (EGNN's form)",
        cm.vector_field_net(**options, channels=64, num_layers=4),
        2e-3,
    ),
    "scalars": (
        "ScalarFieldNet (invariants)",
        cm.scalar_field_net(**options, channels=64, num_layers=4),
        2e-3,
    ),
}
"""By name, a title, the model, and its learning rate."""


def predicted(m: Map, params, data: Particles) -> jax.Array:
    """Positions a thousand steps later, shape (n, 5, 3)."""
    count = len(data.charges)
    receivers, senders = (ENDS[:, None] + BODIES * np.arange(count)[:, None]).reshape(2, -1)
    x, velocities = (array.reshape(-1, 3) for array in (data.positions, data.velocities))
    centred = (data.positions - jnp.mean(data.positions, axis=1, keepdims=True)).reshape(-1, 3)
    speeds = jnp.sqrt(jnp.sum(velocities**2, axis=1, keepdims=True))
    charges = data.charges.reshape(-1, 1)
    y = m.apply(
        params,
        jnp.concatenate([speeds, velocities, centred], axis=1),
        x,
        senders,
        receivers,
        charges[senders] * charges[receivers],
    )
    return (x + y).reshape(count, BODIES, 3)


def errors(m: Map, params, data: Particles) -> jax.Array:
    """The mean square of each trajectory, shape (n,)."""
    return jnp.mean((predicted(m, params, data) - data.targets) ** 2, axis=(1, 2))


def with_error(each: np.ndarray) -> dict[str, float]:
    """The mean over trajectories, and its standard error."""
    return {"test": float(np.mean(each)), "error": float(np.std(each) / len(each) ** 0.5)}


def linear_motion(data: dict[str, Particles]) -> dict[str, float]:
    """x + t v, with the t that fits the training set best."""
    moved = data["train"].targets - data["train"].positions
    velocities = data["train"].velocities
    t = np.sum(moved * velocities) / np.sum(velocities**2)
    test = data["test"]
    each = np.mean((test.positions + t * test.velocities - test.targets) ** 2, axis=(1, 2))
    return with_error(each)


def train(
    m: Map, rate: float, data: dict[str, Particles], seed: int, epochs: int, label: str = ""
) -> dict:
    """Trains one model.

    Args:
        m: the model.
        rate: the learning rate at the start.
        data: the data set.
        seed: decides the first parameters and the order of trajectories.
        epochs: how often each trajectory is seen.
        label: shown before the progress bar; without it none is shown.

    Returns:
        What there is to say: `test` with its standard `error`, the `curve` of validation errors by
        epoch, the `epoch` of the model that was tested, `parameters`, `seconds` in all, of which
        `compilation`, and `seconds_per_epoch`.
    """
    start = time.perf_counter()
    shown = Particles(*map(jnp.asarray, data["train"]))
    steps = len(shown.charges) // BATCH
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adam(optax.cosine_decay_schedule(rate, epochs * steps)),
    )

    def loss(params, batch):
        return jnp.mean(errors(m, params, batch))

    def step(state, batch):
        params, optimiser_state, averages = state
        value, gradient = jax.value_and_grad(loss)(params, batch)
        updates, optimiser_state = optimiser.update(gradient, optimiser_state)
        params = optax.apply_updates(params, updates)
        averages = optax.incremental_update(params, averages, NEWEST)
        return (params, optimiser_state, averages), value

    @jax.jit
    def epoch(state, key, shown):
        order = jax.random.permutation(key, len(shown.charges))[: steps * BATCH]
        batches = jax.tree.map(lambda x: x[order].reshape(steps, BATCH, *x.shape[1:]), shown)
        state, values = jax.lax.scan(step, state, batches)
        return state, jnp.mean(values)

    @jax.jit
    def tested(averages, data):
        return errors(m, averages, data)

    params_key, order_key = jax.random.split(jax.random.key(seed))
    params = m.init(params_key)
    state = params, optimiser.init(params), params
    curve, best, least = {}, state[2], np.inf
    compiled = None
    with tqdm(total=epochs, desc=label, unit="epoch", disable=not label) as progress:
        for number in range(1, epochs + 1):
            state, value = epoch(state, jax.random.fold_in(order_key, number), shown)
            if number % CHECK == 0 or number == epochs:
                curve[number] = float(np.mean(tested(state[2], data["valid"])))
                if curve[number] < least:
                    best, least = state[2], curve[number]
                progress.set_postfix(
                    train=f"{value:.5f}", validation=f"{curve[number]:.5f}", refresh=False
                )
            if compiled is None:
                jax.block_until_ready(state)
                compiled = time.perf_counter()
            progress.update()
    now = time.perf_counter()
    return with_error(np.asarray(tested(best, data["test"]))) | {
        "train": float(value),
        "curve": curve,
        "epoch": min(curve, key=curve.__getitem__),
        "parameters": sum(p.size for p in jax.tree.leaves(params)),
        "seconds": now - start,
        "compilation": compiled - start,
        "seconds_per_epoch": (now - compiled) / max(1, epochs - 1),
    }
