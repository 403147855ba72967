"""The double spring pendulum of the EMLP paper: two masses hanging from springs, in space.

A state z = (q₁, q₂, p₁, p₂) in R¹² holds the positions and momenta of two masses. The first hangs
by a spring from the origin, the second by a spring from the first, and gravity pulls along -z:

    H(z) = |p₁|²/2 + |p₂|²/2 + (|q₁| - 1)²/2 + (|q₂ - q₁| - 1)² + q₁ᶻ + q₂ᶻ

with masses, rest lengths and gravity 1. The second spring has constant 2, as in the authors'
code, which left out the factor 1/2 there. H is invariant under the rotations about the z axis and
the reflections in planes through it, which are O(2) acting on R³.

References:
    Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer perceptrons
    for arbitrary matrix groups" (2021), section 7.3 and its published code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups import Group
from constrainet.reps import Scalar, V
from tasks import Task
from training import in_double_precision

INTERVAL = 0.2
"""Seconds between the states of a trajectory."""

LENGTH = 150
"""States in a trajectory: 30 seconds."""

CHUNK = 5
"""States of a trajectory that are trained on."""

CENTRE = np.array([0, 0, -2.9, 0, 0, -4.3, 0, 0, 0, 0, 0, 0], np.float32)
"""The mean of states along trajectories, for models that would rather see centred ones."""

SPREAD = np.repeat(np.array([0.6, 0.8, 0.5, 0.5], np.float32), 3)
"""About the root mean square of what is left, by vector."""

TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
MIRROR = np.diag([-1.0, 1.0, 1.0])


def rotations_and_reflections() -> Group:
    """O(2) about the z axis, on R³."""
    return Group(lie_algebra=[TURN], discrete_generators=[MIRROR], name="O(2)")


def hamiltonian(z: jax.Array) -> jax.Array:
    """The energy of states (..., 12): shape (...)."""
    q1, q2, p1, p2 = jnp.split(z, 4, axis=-1)
    kinetic = (jnp.sum(p1**2, axis=-1) + jnp.sum(p2**2, axis=-1)) / 2
    springs = (_length(q1) - 1) ** 2 / 2 + (_length(q2 - q1) - 1) ** 2
    return kinetic + springs + q1[..., 2] + q2[..., 2]


def _length(x: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(x**2, axis=-1))


def velocity(energy: Callable[[jax.Array], jax.Array], z: jax.Array) -> jax.Array:
    """Hamilton's equations: (dq/dt, dp/dt) = (∂H/∂p, -∂H/∂q).

    Args:
        energy: states (n, 12) to energies (n,), each of its own state.
        z: states, shape (n, 12).
    """
    of_q, of_p = jnp.split(jax.grad(lambda z: energy(z).sum())(z), 2, axis=-1)
    return jnp.concatenate([of_p, -of_q], axis=-1)


def trajectories(
    field: Callable[[jax.Array], jax.Array], start: jax.Array, length: int, substeps: int
) -> jax.Array:
    """Integrates dz/dt = field(z) by the classical Runge-Kutta method of order 4.

    Args:
        field: shape (n, 12) to (n, 12).
        start: shape (n, 12).
        length: the number of states, `INTERVAL` apart, the first included.
        substeps: the number of steps in an interval.

    Returns:
        Shape (length, n, 12).
    """
    h = INTERVAL / substeps

    def step(z, _):
        k1 = field(z)
        k2 = field(z + h / 2 * k1)
        k3 = field(z + h / 2 * k2)
        k4 = field(z + h * k3)
        return z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    def interval(z, _):
        z, _ = jax.lax.scan(step, z, length=substeps)
        return z, z

    _, states = jax.lax.scan(interval, start, length=length - 1)
    return jnp.concatenate([start[None], states])


@partial(jax.jit, static_argnums=(1, 2))
def true_trajectories(start: jax.Array, length: int = LENGTH, substeps: int = 20) -> jax.Array:
    """Those of the pendulum itself, in the precision of the start, shape (length, n, 12)."""
    return trajectories(partial(velocity, hamiltonian), start, length, substeps)


def _near_rest(normal: np.ndarray) -> np.ndarray:
    """q₁ about (0, 0, -1.5) and q₂ about (0, 0, -3), deviations 0.2; p of deviation 0.4."""
    rest = np.array([0, 0, -1.5, 0, 0, -3, 0, 0, 0, 0, 0, 0])
    return rest + np.repeat([0.2, 0.4], 6) * normal


def _energy(z: np.ndarray) -> np.ndarray:
    with in_double_precision():
        return np.asarray(hamiltonian(jnp.asarray(z)))[:, None]


def pendulum() -> Task:
    """The Hamiltonian as a function to learn, at the states that trajectories start from."""
    group = rotations_and_reflections()
    return Task(
        title="Double spring pendulum, O(2)",
        group=group,
        rep_in=4 * V(group),
        rep_out=Scalar(group),
        inputs=_near_rest,
        target=_energy,
    )


def sample_chunks(key: jax.Array, count: int) -> np.ndarray:
    """`CHUNK` successive states of each of `count` trajectories: (count, CHUNK, 12), in float64.

    Each trajectory is cut into chunks, of which one is chosen at random.
    """
    start_key, chunk_key = jax.random.split(key)
    starts, _ = pendulum().sample(start_key, count)
    with in_double_precision():
        states = np.asarray(true_trajectories(jnp.asarray(starts, jnp.float64)))
    chunks = states.reshape(LENGTH // CHUNK, CHUNK, count, 12)
    chosen = np.asarray(jax.random.randint(chunk_key, (count,), 0, len(chunks)))
    return chunks[chosen, :, np.arange(count)]


def relative_errors(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """‖a - b‖ / (‖a‖ + ‖b‖) over the last axis, at least 1e-7, as the authors measure."""
    a, b = np.linalg.norm(got, axis=-1), np.linalg.norm(expected, axis=-1)
    return np.maximum(np.linalg.norm(got - expected, axis=-1) / (a + b), 1e-7)


def geometric_mean(errors: np.ndarray) -> float:
    return float(np.exp(np.log(errors).mean()))
