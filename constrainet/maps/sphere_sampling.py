"""Circles and spheres by grids of points, whose rings are integrated exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np

from constrainet.arguments import check_option
from constrainet.maps.harmonic_polynomials import Harmonics
from constrainet.maps.sampling import HarmonicGrid, TabledGrid
from constrainet.reps import Rep
from constrainet.solve import constant

RULES = ("gauss-legendre", "driscoll-healy", "equal-angle")


@dataclass(frozen=True)
class CircleGrid(TabledGrid, HarmonicGrid):
    """Equally spaced points of the unit circle.

    Args:
        bandwidth: degrees below this.
        space: how the plane moves; of SO(2), if not given.
        samples: the bandwidth that the points resolve, if more: there are 2 samples - 1 of them.

    Attributes:
        rep, points, weights: as of every grid: how coefficients transform; shape (n, 2); shape
            (n,).

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if there are fewer samples than coefficients, or `space` does not keep lengths.

    Example:
        >>> import numpy as np
        >>> grid = CircleGrid(3)
        >>> values = grid.points[:, 0] ** 2
        >>> np.allclose(grid.synthesise(grid.analyse(values)), values)
        True
    """

    bandwidth: int
    space: Rep | None = None
    samples: int | None = None
    size = 2
    name = "circle_grid"

    @property
    def rep(self) -> Rep:
        """How coefficients transform."""
        return self.harmonics.rep

    @cached_property
    def points(self) -> np.ndarray:
        """Shape (n, 2)."""
        angles = angles_around(2 * self.resolved - 1)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    @cached_property
    def weights(self) -> np.ndarray:
        """Shape (n,)."""
        return np.full(len(self.points), 1 / len(self.points))

    @cached_property
    def _table(self) -> np.ndarray:
        return self.harmonics(self.points)


@dataclass(frozen=True)
class SphereGrid(HarmonicGrid):
    """Points of the unit sphere on rings of latitude.

    Transforms go ring by ring, first along the meridian and then around, with tables of bandwidth³
    entries and not bandwidth⁴.

    Args:
        bandwidth: degrees below this.
        space: how points move; of SO(3), if not given.
        samples: the bandwidth that the points resolve, if more.
        rule: "gauss-legendre", `samples` rings at the zeros of a Legendre polynomial, of
            2 samples - 1 points; "driscoll-healy", 2 samples rings of 2 samples points at equal
            angles, the first at the pole; or "equal-angle", the same between the poles.

    Attributes:
        rep, points, weights: as of every grid: how coefficients transform; shape (n, 3); shape
            (n,).
        shape: how many rings there are, and points of each, in the order of `points`.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if there are fewer samples than coefficients, `space` does not keep lengths, or
            the rule is unknown.

    Example:
        >>> import numpy as np
        >>> grid = SphereGrid(4)
        >>> print(grid.rep, grid.shape)
        V⁰⊕V⊕H²(V)⊕H³(V) (4, 7)
        >>> values = grid.points[:, 0] * grid.points[:, 2] ** 2
        >>> np.allclose(grid.synthesise(grid.analyse(values)), values)
        True

    References:
        Driscoll, Healy, "Computing Fourier transforms and convolutions on the 2-sphere" (1994), on
        the weights for equal angles. Holmes, Featherstone, "A unified approach to the Clenshaw
        summation" (2002), on the recursion of Legendre functions.
    """

    bandwidth: int
    space: Rep | None = None
    samples: int | None = None
    rule: str = "gauss-legendre"
    size = 3
    name = "sphere_grid"

    def __post_init__(self):
        check_option("sphere_grid(rule=...)", self.rule, RULES)
        super().__post_init__()

    @property
    def rep(self) -> Rep:
        """How coefficients transform."""
        return self.harmonics.rep

    @property
    def _rings(self) -> tuple[np.ndarray, np.ndarray]:
        return rings(self.rule, self.resolved)

    @property
    def shape(self) -> tuple[int, int]:
        """How many rings there are, and points of each."""
        return len(self._rings[0]), points_around(self.rule, self.resolved)

    @cached_property
    def points(self) -> np.ndarray:
        """Shape (n, 3)."""
        (z, _), angles = self._rings, angles_around(self.shape[1])
        around = np.stack([np.cos(angles), np.sin(angles), np.ones_like(angles)], axis=1)
        sines = np.sqrt((1 - z) * (1 + z))
        return (np.stack([sines, sines, z], axis=1)[:, None] * around).reshape(-1, 3)

    @cached_property
    def weights(self) -> np.ndarray:
        """Shape (n,)."""
        return np.repeat(self._rings[1] / self.shape[1], self.shape[1])

    @cached_property
    def _places(self) -> np.ndarray:
        """Where coefficients of degree l are, shape (bandwidth, 2 bandwidth - 1); then nowhere."""
        degrees, orders = np.arange(self.bandwidth)[:, None], np.arange(2 * self.bandwidth - 1)
        return np.where(orders <= 2 * degrees, degrees**2 + orders, self.bandwidth**2)

    @cached_property
    def _tables(self) -> tuple[np.ndarray, np.ndarray]:
        """Along the meridian, (2 bandwidth - 1, bandwidth, rings), and around, (..., points)."""
        angles = angles_around(self.shape[1])
        functions = legendre_functions(self._rings[0], self.bandwidth)
        return functions, trigonometric(angles, self.bandwidth).T

    def _values(self, coefficients: Any) -> Any:
        xp = np if isinstance(coefficients, np.ndarray) else jnp
        along, around = (constant(table, coefficients) for table in self._tables)
        padded = xp.concatenate([coefficients, xp.zeros_like(coefficients[..., :1])], axis=-1)
        turns = constant(standard_turns(self.harmonics), coefficients)
        standard = xp.einsum("lmi,...li->...ml", turns, padded[..., self._places])
        rings = xp.einsum("mlj,...ml->...jm", along, standard)
        return (rings @ around).reshape(*coefficients.shape[:-1], len(self.weights))

    def _coefficients(self, samples: Any) -> Any:
        xp = np if isinstance(samples, np.ndarray) else jnp
        along, around = (constant(table, samples) for table in self._tables)
        rings = samples.reshape(*samples.shape[:-1], *self.shape) @ around.T
        standard = xp.einsum("mlj,...jm->...ml", along, rings)
        padded = xp.einsum(
            "lmi,...ml->...li", constant(standard_turns(self.harmonics), samples), standard
        )
        return padded[..., self._places < self.bandwidth**2]


@dataclass(frozen=True)
class ThreeSphereGrid(TabledGrid, HarmonicGrid):
    """Points of the unit sphere S³ in four dimensions, the rotations of which move it.

    With `space=Realified(V(SU(2)))` these are functions on the group SU(2) = S³, moved by products
    from the left. Degree l has (l + 1)² coefficients. Points are (√t cos φ, √t sin φ, √s cos ψ,
    √s sin ψ) with s + t = 1, of Gauss and Legendre's points t, and equal angles. Transforms take
    a table of bandwidth⁶ entries.

    Args:
        bandwidth: degrees below this.
        space: how points move; of SO(4), if not given.
        samples: the bandwidth that the points resolve, if more: there are
            ⌈samples / 2⌉ (2 samples - 1)² of them.

    Attributes:
        rep, points, weights: as of every grid: how coefficients transform; shape (n, 4); shape
            (n,).

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if there are fewer samples than coefficients, or `space` does not keep lengths.

    Example:
        >>> import numpy as np
        >>> grid = ThreeSphereGrid(3)
        >>> values = grid.points[:, 0] * grid.points[:, 3]
        >>> np.allclose(grid.synthesise(grid.analyse(values)), values)
        True
    """

    bandwidth: int
    space: Rep | None = None
    samples: int | None = None
    size = 4
    name = "three_sphere_grid"

    @property
    def rep(self) -> Rep:
        """How coefficients transform."""
        return self.harmonics.rep

    @cached_property
    def _shares(self) -> tuple[np.ndarray, np.ndarray]:
        """The points t from 0 to 1, over which the measure is uniform, and their weights."""
        # what does not vanish around both circles is a polynomial of degree `resolved` - 1 in t
        nodes, weights = np.polynomial.legendre.leggauss(-(-self.resolved // 2))
        return (1 + nodes) / 2, weights / 2

    @cached_property
    def points(self) -> np.ndarray:
        """Shape (n, 4)."""
        (t, _), angles = self._shares, angles_around(2 * self.resolved - 1)
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        found = np.empty((len(t), len(angles), len(angles), 4))
        found[..., :2] = np.sqrt(t)[:, None, None, None] * circle[:, None]
        found[..., 2:] = np.sqrt(1 - t)[:, None, None, None] * circle
        return found.reshape(-1, 4)

    @cached_property
    def weights(self) -> np.ndarray:
        """Shape (n,)."""
        around = (2 * self.resolved - 1) ** 2
        return np.repeat(self._shares[1] / around, around)

    @cached_property
    def _table(self) -> np.ndarray:
        return self.harmonics(self.points)


def rings(rule: str, resolved: int) -> tuple[np.ndarray, np.ndarray]:
    """The cosines of the polar angles, and the weights of whole rings."""
    if rule == "gauss-legendre":
        cosines, weights = np.polynomial.legendre.leggauss(resolved)
        return cosines[::-1], weights[::-1] / 2
    offset = 0.5 if rule == "equal-angle" else 0.0
    angles = (np.arange(2 * resolved) + offset) * np.pi / (2 * resolved)
    odd = 2 * np.arange(resolved) + 1
    weights = np.sin(angles) * (np.sin(np.outer(angles, odd)) @ (1 / odd))
    return np.cos(angles), weights / weights.sum()


def points_around(rule: str, resolved: int) -> int:
    """How many points a ring has."""
    return 2 * resolved - (rule == "gauss-legendre")


@lru_cache(maxsize=16)
def standard_turns(harmonics: Harmonics) -> np.ndarray:
    """Isometries from coefficients to those of the standard real harmonics, for each degree.

    Shape (bandwidth, 2 bandwidth - 1, 2 bandwidth - 1), the second axis by order from
    1 - bandwidth on.
    """
    b = harmonics.degree + 1
    x = np.random.RandomState(0).standard_normal((8 * b, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    own = harmonics(x)
    around = trigonometric(np.arctan2(x[:, 1], x[:, 0]), b)
    standard = legendre_functions(x[:, 2], b) * around.T[:, None]
    turns = np.zeros((b, 2 * b - 1, 2 * b - 1))
    for degree in range(b):
        orders = slice(b - 1 - degree, b + degree)
        columns = own[:, degree**2 : (degree + 1) ** 2]
        found = np.linalg.lstsq(standard[orders, degree].T, columns, rcond=None)[0]
        left, _, right = np.linalg.svd(found)
        turns[degree, orders, : 2 * degree + 1] = left @ right
    return turns


def angles_around(count: int) -> np.ndarray:
    """Equal ones, from zero on."""
    return 2 * np.pi * np.arange(count) / count


def trigonometric(angles: np.ndarray, bandwidth: int) -> np.ndarray:
    """√2 sin(|m| φ), 1 and √2 cos(m φ) for orders m from 1 - bandwidth on, shape (n, ...)."""
    turns = np.outer(angles, np.arange(1, bandwidth))
    sines = np.sqrt(2) * np.sin(turns[:, ::-1])
    return np.concatenate([sines, np.ones((len(angles), 1)), np.sqrt(2) * np.cos(turns)], axis=1)


def legendre_functions(x: np.ndarray, bandwidth: int) -> np.ndarray:
    """Associated Legendre functions, of mean square 1 over the sphere.

    Args:
        x: shape (n,), from -1 to 1.
        bandwidth: degrees below this.

    Returns:
        Shape (2 bandwidth - 1, bandwidth, n): by order from 1 - bandwidth on, and by degree; zero
        where the degree is below the order, without the sign (-1)^m.
    """
    found = np.zeros((bandwidth, bandwidth, len(x)))
    sines, diagonal = np.sqrt((1 - x) * (1 + x)), np.ones_like(x)
    for m in range(bandwidth):
        diagonal = diagonal * (sines * np.sqrt((2 * m + 1) / (2 * m)) if m else 1)
        found[m, m] = diagonal
        for l in range(m + 1, bandwidth):  # noqa: E741
            below = np.sqrt(((l - 1) ** 2 - m**2) / (4 * (l - 1) ** 2 - 1)) if l > 1 else 0
            last = found[m, l - 2] if l > 1 else 0
            scale = np.sqrt((4 * l**2 - 1) / (l**2 - m**2))
            found[m, l] = scale * (x * found[m, l - 1] - below * last)
    return np.concatenate([found[:0:-1], found])
