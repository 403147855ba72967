"""Functions on the circle and the sphere, as coefficients of harmonics and as samples on a grid.

A function without degrees from some *bandwidth* on is its coefficients, a vector that transforms by
a sum of harmonics: a linear layer between such vectors is a convolution, with one weight for each
degree. A pointwise function is applied to samples. A grid's points and weights integrate products
of two such functions exactly, so that coefficients come back from samples to rounding.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from constrainet.arguments import Declared, check_count, check_option
from constrainet.groups import SO
from constrainet.maps.harmonic_polynomials import Harmonics
from constrainet.maps.map import check_rep
from constrainet.reps import Rep, V
from constrainet.solve import constant

RULES = ("gauss-legendre", "driscoll-healy", "equal-angle")


class Grid(metaclass=Declared):
    """Points of a circle or sphere, and what leads from coefficients to samples and back.

    Attributes:
        rep: how coefficients transform: the harmonics of all degrees below the bandwidth.
        points: shape (n, space.dim), of length 1.
        weights: shape (n,), of sum 1: means over the grid are means over the whole space for
            products of two functions that it resolves.
    """

    bandwidth: int
    space: Rep | None
    samples: int | None
    size: int
    """Coordinates of a point."""
    name: str
    """What it is made by, for messages."""

    def __post_init__(self):
        name = self.name
        check_count(f"{name}(bandwidth=...)", self.bandwidth, least=1)
        if self.samples is not None:
            check_count(f"{name}(samples=...)", self.samples, least=1)
        if self.resolved < self.bandwidth:
            raise ValueError(
                f"`{name}(samples=...)` should be at least the bandwidth {self.bandwidth}, because "
                f"fewer points do not hold such functions. Got {self.samples}."
            )
        if self.space is None:
            object.__setattr__(self, "space", V(SO(self.size)))
        check_rep(f"{name}(space=...)", self.space)
        space = self.harmonics.space
        if space.dim != self.size or not space.is_unitary:
            raise ValueError(
                f"`{name}(space=...)` should be a representation on {self.size} coordinates that "
                f"keeps lengths, such as `V(O({self.size}))`. Got {space} of {space.group}, of "
                f"dimension {space.dim}."
            )

    @property
    def resolved(self) -> int:
        """The bandwidth that the points resolve."""
        return self.bandwidth if self.samples is None else self.samples

    @cached_property
    def harmonics(self) -> Harmonics:
        """The functions whose coefficients are meant: orthonormal in the mean."""
        return Harmonics(self.space, self.bandwidth - 1)  # pyright: ignore[reportArgumentType]

    @property
    def rep(self) -> Rep:
        """How coefficients transform."""
        return self.harmonics.rep

    @property
    @abstractmethod
    def points(self) -> np.ndarray:
        """Shape (n, space.dim)."""

    @property
    @abstractmethod
    def weights(self) -> np.ndarray:
        """Shape (n,)."""

    def synthesise(self, coefficients: Any) -> Any:
        """The values at all points.

        Args:
            coefficients: shape (..., rep.dim), NumPy or JAX.

        Returns:
            Shape (..., n), of the same library and precision.

        Raises:
            ValueError: if the last axis has another size.
        """
        return self._values(self._checked("synthesise", "coefficients", coefficients, self.rep.dim))

    def analyse(self, samples: Any) -> Any:
        """The coefficients of the function of least bandwidth with these values.

        Inverse to `synthesise`; of values of functions of a higher bandwidth, the coefficients of a
        function close to them.

        Args:
            samples: shape (..., n), NumPy or JAX.

        Returns:
            Shape (..., rep.dim), of the same library and precision.

        Raises:
            ValueError: if the last axis has another size.
        """
        samples = self._checked("analyse", "samples", samples, len(self.weights))
        return self._coefficients(samples * constant(self.weights, samples))

    def _checked(self, name: str, argument: str, x: Any, size: int) -> Any:
        x = x if isinstance(x, np.ndarray) else jnp.asarray(x)
        if x.ndim == 0 or x.shape[-1] != size:
            raise ValueError(
                f"`{name}` takes {argument} of shape (..., {size}), because the grid has "
                f"{len(self.weights)} points and functions {self.rep.dim} coefficients. Got "
                f"{x.shape}."
            )
        return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(float)

    @abstractmethod
    def _values(self, coefficients: Any) -> Any:
        """`synthesise`."""

    @abstractmethod
    def _coefficients(self, samples: Any) -> Any:
        """The adjoint of `_values`."""


@dataclass(frozen=True)
class CircleGrid(Grid):
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

    @cached_property
    def points(self) -> np.ndarray:
        """Shape (n, 2)."""
        angles = _angles(2 * self.resolved - 1)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    @cached_property
    def weights(self) -> np.ndarray:
        """Shape (n,)."""
        return np.full(len(self.points), 1 / len(self.points))

    @cached_property
    def _table(self) -> np.ndarray:
        return self.harmonics(self.points)

    def _values(self, coefficients: Any) -> Any:
        return coefficients @ constant(self._table.T, coefficients)

    def _coefficients(self, samples: Any) -> Any:
        return samples @ constant(self._table, samples)


@dataclass(frozen=True)
class SphereGrid(Grid):
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

    @cached_property
    def _rings(self) -> tuple[np.ndarray, np.ndarray]:
        """The cosines of the polar angles, and the weights of whole rings."""
        n = self.resolved
        if self.rule == "gauss-legendre":
            cosines, weights = np.polynomial.legendre.leggauss(n)
            return cosines[::-1], weights[::-1] / 2
        offset = 0.5 if self.rule == "equal-angle" else 0.0
        angles = (np.arange(2 * n) + offset) * np.pi / (2 * n)
        odd = 2 * np.arange(n) + 1
        weights = np.sin(angles) * (np.sin(np.outer(angles, odd)) @ (1 / odd))
        return np.cos(angles), weights / weights.sum()

    @property
    def shape(self) -> tuple[int, int]:
        """How many rings there are, and points of each."""
        n = self.resolved
        return (n, 2 * n - 1) if self.rule == "gauss-legendre" else (2 * n, 2 * n)

    @cached_property
    def points(self) -> np.ndarray:
        """Shape (n, 3)."""
        (z, _), angles = self._rings, _angles(self.shape[1])
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
    def _turns(self) -> np.ndarray:
        """Isometries from coefficients to those of the standard real harmonics, for each degree.

        Shape (bandwidth, 2 bandwidth - 1, 2 bandwidth - 1), the second axis by order from
        1 - bandwidth on.
        """
        b = self.bandwidth
        x = np.random.RandomState(0).standard_normal((8 * b, 3))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        own = self.harmonics(x)
        around = _trigonometric(np.arctan2(x[:, 1], x[:, 0]), b)
        standard = legendre_functions(x[:, 2], b) * around.T[:, None]
        turns = np.zeros((b, 2 * b - 1, 2 * b - 1))
        for degree in range(b):
            orders = slice(b - 1 - degree, b + degree)
            columns = own[:, degree**2 : (degree + 1) ** 2]
            found = np.linalg.lstsq(standard[orders, degree].T, columns, rcond=None)[0]
            left, _, right = np.linalg.svd(found)
            turns[degree, orders, : 2 * degree + 1] = left @ right
        return turns

    @cached_property
    def _tables(self) -> tuple[np.ndarray, np.ndarray]:
        """Along the meridian, (2 bandwidth - 1, bandwidth, rings), and around, (..., points)."""
        angles = _angles(self.shape[1])
        functions = legendre_functions(self._rings[0], self.bandwidth)
        return functions, _trigonometric(angles, self.bandwidth).T

    def _values(self, coefficients: Any) -> Any:
        xp = np if isinstance(coefficients, np.ndarray) else jnp
        along, around = (constant(table, coefficients) for table in self._tables)
        padded = xp.concatenate([coefficients, xp.zeros_like(coefficients[..., :1])], axis=-1)
        turns = constant(self._turns, coefficients)
        standard = xp.einsum("lmi,...li->...ml", turns, padded[..., self._places])
        rings = xp.einsum("mlj,...ml->...jm", along, standard)
        return (rings @ around).reshape(*coefficients.shape[:-1], len(self.weights))

    def _coefficients(self, samples: Any) -> Any:
        xp = np if isinstance(samples, np.ndarray) else jnp
        along, around = (constant(table, samples) for table in self._tables)
        rings = samples.reshape(*samples.shape[:-1], *self.shape) @ around.T
        standard = xp.einsum("mlj,...jm->...ml", along, rings)
        padded = xp.einsum("lmi,...ml->...li", constant(self._turns, samples), standard)
        return padded[..., self._places < self.bandwidth**2]


def _angles(count: int) -> np.ndarray:
    return 2 * np.pi * np.arange(count) / count


def _trigonometric(angles: np.ndarray, bandwidth: int) -> np.ndarray:
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
