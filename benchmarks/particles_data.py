"""Five charged particles, by the published protocol: where are they a thousand steps from now?

Charges are ±1 by the toss of a coin. Positions are normal, velocities of norm 1/2 in directions
that are uniform. Coulomb's force q_i q_j d / |d|³ acts between each two, clipped to ±100 in each
coordinate of the sum, with steps of 1e-3 (leapfrog). A model sees positions and velocities at step
3,100, and is to say positions at step 4,100. Trajectories are drawn with the stream of seed 43: of
the 10,000 for training the first 3,000 are used, then 2,000 to validate and 2,000 to test.

References:
    Satorras, Hoogeboom, Welling, "E(n) equivariant graph neural networks" (2021), section 5.1,
    and Kipf, Fetaya, Wang, Welling, Zemel, "Neural relational inference for interacting systems"
    (2018), appendix, on the simulation.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from training import in_double_precision

SEED = 43
BODIES = 5
SEEN, WANTED = 3_100, 4_100
TIME_STEP = 1e-3
STRONGEST = 100.0
DRAWN = {"train": (10_000, 3_000), "valid": (2_000, 2_000), "test": (2_000, 2_000)}
"""By part, how many trajectories are drawn, and how many of these, the first, are used."""

NOISE = 2 * 49 * BODIES * 3
"""Numbers that the published program draws for each trajectory, and multiplies by zero."""


class Particles(NamedTuple):
    """Trajectories: charges (n, 5), and the rest (n, 5, 3), in float32."""

    charges: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    targets: np.ndarray


def draw(stream: np.random.RandomState, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Charges (count, 5), positions and velocities (count, 5, 3) at the start."""
    charges = np.zeros((count, BODIES))
    states = np.zeros((count, 2, 3, BODIES))
    for i in range(count):
        charges[i] = np.where(stream.random_sample(BODIES) < 0.5, -1, 1)
        states[i] = stream.standard_normal((2, 3, BODIES))
        stream.standard_normal(NOISE)
    positions, velocities = np.moveaxis(states, (1, 3), (0, 2))
    return charges, positions, velocities / np.linalg.norm(velocities, axis=2, keepdims=True) / 2


def forces(charges: jax.Array, x: jax.Array) -> jax.Array:
    """Coulomb's forces on particles at x (n, 5, 3)."""
    i, j = np.triu_indices(BODIES, 1)
    d = x[:, i] - x[:, j]
    strength = charges[:, i] * charges[:, j] / jnp.sum(d**2, axis=2) ** 1.5
    pairs = strength[..., None] * d
    total = jnp.zeros_like(x).at[:, i].add(pairs).at[:, j].add(-pairs)
    return jnp.clip(total, -STRONGEST, STRONGEST)


@jax.jit
def simulate(charges: jax.Array, x: jax.Array, v: jax.Array) -> tuple[jax.Array, ...]:
    """Positions and velocities at step 3,100, and positions at step 4,100."""

    def step(_, state):
        x, v = state
        x = x + TIME_STEP * v
        return x, v + TIME_STEP * forces(charges, x)

    # velocities are half a step ahead of positions; those that are seen are of half a step before
    v = v + TIME_STEP * forces(charges, x)
    x, v = jax.lax.fori_loop(0, SEEN - 1, step, (x, v))
    seen = x + TIME_STEP * v, v
    x, v = jax.lax.fori_loop(0, WANTED - SEEN + 1, step, (x, v))
    return *seen, x


def particles(path: Path | None = None) -> dict[str, Particles]:
    """The data set, by part; kept in a file, if one is named."""
    if path is not None and path.exists():
        kept = np.load(path)
        return {
            part: Particles(*(kept[f"{part}_{name}"] for name in Particles._fields))
            for part in DRAWN
        }
    stream, found = np.random.RandomState(SEED), {}
    for part, (count, used) in DRAWN.items():
        start = [each[:used] for each in draw(stream, count)]
        with in_double_precision():
            x, v, target = simulate(*map(jnp.asarray, start))
        found[part] = Particles(
            *(np.asarray(each, np.float32) for each in (start[0], x, v, target))
        )
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {
            f"{part}_{name}": array
            for part, each in found.items()
            for name, array in each._asdict().items()
        }
        np.savez_compressed(path, **arrays)
    return found
