"""What models of bodies in space learn, and what they see."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp

from gravity_data import gravity
from particles_data import Particles, particles

DATA = Path(__file__).parent.parent / "build" / "particles.npz"


class Inputs(NamedTuple):
    """What models see beside positions and velocities.

    Args:
        weights: of bodies in the centre of mass, shape (n, bodies).
        nodes: invariants of bodies, shape (n, bodies, k).
        pairs: invariants of pairs, shape (n, bodies, bodies, l).
    """

    weights: jax.Array
    nodes: jax.Array
    pairs: jax.Array


def charged_inputs(data: Particles) -> Inputs:
    """Products of charges; masses are equal."""
    q = data.charges[..., None]
    return Inputs(jnp.ones_like(data.charges), q[..., :0], q[:, :, None] * q[:, None])


def gravity_inputs(data: Particles) -> Inputs:
    """Logarithms of masses."""
    m = data.charges
    return Inputs(m, jnp.log(m)[..., None], jnp.zeros((*m.shape, m.shape[1], 0), m.dtype))


class Task(NamedTuple):
    """What is learnt.

    Args:
        read: the data set, by part: "train", "valid", and others to test on.
        inputs: what is seen beside positions and velocities.
        counts: how many invariants bodies and pairs have.
        batch: trajectories in a batch.
        epochs: at most.
        published: test errors that their authors, or authors of later ones, report.
    """

    read: Callable[[], dict[str, Particles]]
    inputs: Callable[[Particles], Inputs]
    counts: tuple[int, int]
    batch: int
    epochs: int
    published: dict[str, float]


TASKS = {
    "charged": Task(
        partial(particles, DATA),
        charged_inputs,
        (0, 1),
        100,
        10_000,
        {
            "GNN": 0.0107,
            "EGNN": 0.0070,
            "SEGNN": 0.0043,
            "PONITA": 0.0043,
            "Multivector Neurons": 0.0035,
        },
    ),
    "gravity": Task(
        gravity,
        gravity_inputs,
        (1, 0),
        64,
        333,  # 5,000 steps
        {"MLP": 0.0776, "transformer": 0.0050, "SEGNN": 0.0006, "GATr": 0.0005},
    ),
}
