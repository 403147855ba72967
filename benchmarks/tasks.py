"""The three regression tasks of the EMLP paper: moments of inertia, O(5), particle scattering.

Targets are computed in float64 from the very inputs that the models see, and both are then given
in float32. Everything follows from a JAX key.

The published errors are those of whole models, scaling included, in the units of the target. The
authors scaled by statistics over every sample they had drawn, those of the test set among them;
here the scales are those of the distribution itself, so that nothing is learnt from test data and
a run of 30 samples is scaled like one of 30000. Each vector is scaled by one number, and the mean
is taken off invariant targets only, so scaled inputs and targets transform as unscaled ones do.

References:
    Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer perceptrons
    for arbitrary matrix groups" (2021), section 7.1 and its published code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gamma, sqrt

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import quad

from constrainet.groups import Group, Lorentz, O
from constrainet.reps import Rep, Scalar, V


@dataclass(frozen=True, eq=False)
class Task:
    """A function to learn, and how its inputs and values transform.

    Args:
        title: for tables and plots.
        group: the symmetry.
        rep_in: how inputs transform.
        rep_out: how targets transform.
        inputs: independent standard normal numbers (count, rep_in.dim) to inputs of that shape.
        target: inputs (count, rep_in.dim) in float64 to targets (count, rep_out.dim).
        x_scale: what inputs are divided by: a number, the same for all vectors.
        y_mean: what is taken off the target: a number, zero unless the target is invariant.
        y_scale: what the target is then divided by: a number.
    """

    title: str
    group: Group
    rep_in: Rep
    rep_out: Rep
    inputs: Callable[[np.ndarray], np.ndarray]
    target: Callable[[np.ndarray], np.ndarray]
    x_scale: float = 1.0
    y_mean: float = 0.0
    y_scale: float = 1.0

    def sample(self, key: jax.Array, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs (count, rep_in.dim) and targets (count, rep_out.dim), both in float32."""
        normal = jax.random.normal(key, (count, self.rep_in.dim), jnp.float32)
        x = self.inputs(np.asarray(normal, np.float64)).astype(np.float32)
        return x, self.target(x.astype(np.float64)).astype(np.float32)

    def scaled(self, x, y):
        """Samples as models see them: inputs and targets of order one."""
        return x / self.x_scale, (y - self.y_mean) / self.y_scale

    def unscaled(self, y):
        """A model's output in the units of the target."""
        return self.y_mean + self.y_scale * y

    def augmented(self, key: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Samples, scaled or not, each moved by a group element of its own; jit-safe.

        The elements are Haar-distributed for O(n). The Lorentz group has no uniform distribution:
        they are a Haar-distributed rotation or reflection of space, and of time, times a boost in
        a uniform direction whose rapidity is uniform in [0, 1.06] (`Group.sample`), so that no
        vector grows by more than a factor of 2.9.
        """
        elements = self.group.samples(key, len(x))
        return jax.vmap(self.rep_in.act)(elements, x), jax.vmap(self.rep_out.act)(elements, y)


# --- moments of inertia ----------------------------------------------------------------------


def _masses_and_positions(normal: np.ndarray) -> np.ndarray:
    masses = np.log1p(np.exp(normal[:, :5]))
    return np.hstack([masses, normal[:, 5:]])


def _moment_of_inertia(x: np.ndarray) -> np.ndarray:
    """Σ m (|r|² 1 - r rᵀ), row by row."""
    masses, positions = x[:, :5], x[:, 5:].reshape(-1, 5, 3)
    outer = np.einsum("nk,nki,nkj->nij", masses, positions, positions)
    traces = np.trace(outer, axis1=1, axis2=2)
    return (traces[:, None, None] * np.eye(3) - outer).reshape(-1, 9)


def inertia() -> Task:
    """Five masses and positions to their 3 × 3 moment of inertia, of O(3); not scaled."""
    group = O(3)
    return Task(
        title="Moments of inertia, O(3)",
        group=group,
        rep_in=5 * Scalar(group) + 5 * V(group),
        rep_out=V(group) ** 2,
        inputs=_masses_and_positions,
        target=_moment_of_inertia,
    )


# --- O(5) ------------------------------------------------------------------------------------


def _of_two_vectors(x: np.ndarray) -> np.ndarray:
    """sin|x₁| - |x₂|³/2 + cos ∠(x₁, x₂)."""
    x1, x2 = x[:, :5], x[:, 5:]
    length1, length2 = np.linalg.norm(x1, axis=1), np.linalg.norm(x2, axis=1)
    cosine = np.sum(x1 * x2, axis=1) / (length1 * length2)
    return (np.sin(length1) - length2**3 / 2 + cosine)[:, None]


def _length_moment(function: Callable[[float], float]) -> float:
    """The mean of a function of |x| for a standard normal x in R⁵ (a chi distribution)."""
    density = 1 / (2**1.5 * gamma(2.5))
    return quad(lambda r: function(r) * density * r**4 * np.exp(-(r**2) / 2), 0, np.inf)[0]


def synthetic() -> Task:
    """Two vectors in R⁵ to a number, of O(5)."""
    group = O(5)
    sine, cube = _length_moment(np.sin), _length_moment(lambda r: r**3)
    sine_variance = _length_moment(lambda r: np.sin(r) ** 2) - sine**2
    cube_variance = _length_moment(lambda r: r**6) - cube**2
    cosine_variance = 1 / 5  # its mean is 0, and the three summands are uncorrelated
    return Task(
        title="Synthetic, O(5)",
        group=group,
        rep_in=2 * V(group),
        rep_out=Scalar(group),
        inputs=lambda normal: normal,
        target=_of_two_vectors,
        y_mean=sine - cube / 2,
        y_scale=sqrt(sine_variance + cube_variance / 4 + cosine_variance),
    )


# --- particle scattering ---------------------------------------------------------------------

METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
DEVIATION = 1 / 4


def _matrix_element(x: np.ndarray) -> np.ndarray:
    """4 Σ Lᵉ ∘ Lᵘ for an electron and a muon, with dots in the metric η."""
    p1, p2, p3, p4 = x.reshape(-1, 4, 4).transpose(1, 0, 2)

    def dot(a, b):
        return np.einsum("ni,ij,nj->n", a, METRIC, b)[:, None, None]

    def outer(a, b):
        return a[:, :, None] * b[:, None, :]

    electron = outer(p1, p3) - (dot(p1, p3) - dot(p1, p1)) * METRIC
    muon = outer(p2 @ METRIC, p4 @ METRIC) - (dot(p2, p4) - dot(p2, p2)) * METRIC
    return 4 * np.sum(electron * muon, axis=(1, 2))[:, None]


def scattering() -> Task:
    """Four momenta to the squared matrix element of electron-muon scattering, of O(1, 3).

    With momenta of deviation σ the target has mean 64 σ⁴ and variance 48128 σ⁸: it is
    4 (p₁·p₂ p₃·p₄ + 2uw - w p₁·p₁ - u p₂·p₂) with u = p₁·p₃ - p₁·p₁ and w = p₂·p₄ - p₂·p₂, whose
    moments are E[u p₁·p₁] = -12 σ⁴, E[u²] = 16 σ⁴, E[(p₁·p₁)²] = 12 σ⁴, and so for w.
    """
    group = Lorentz()
    return Task(
        title="Particle scattering, O(1, 3)",
        group=group,
        rep_in=4 * V(group),
        rep_out=Scalar(group),
        inputs=lambda normal: DEVIATION * normal,
        target=_matrix_element,
        x_scale=DEVIATION,
        y_mean=64 * DEVIATION**4,
        y_scale=sqrt(48128) * DEVIATION**4,
    )


TASKS: dict[str, Callable[[], Task]] = {
    "inertia": inertia,
    "synthetic": synthetic,
    "scattering": scattering,
}
