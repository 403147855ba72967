"""Functions on spheres and groups, as coefficients and as samples on a grid.

On a circle or sphere, or on the rotations, a function without degrees from some *bandwidth* on is
its coefficients, a vector that transforms by a sum of harmonics: a linear layer between such
vectors is a convolution, with its weights for each degree. A pointwise function is applied to
samples. A grid's points and weights integrate products of two such functions exactly, so that
coefficients come back from samples to rounding. What a finite group permutes needs no bandwidth.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from constrainet.arguments import Declared, check_count
from constrainet.groups import SO
from constrainet.maps.harmonic_polynomials import Harmonics
from constrainet.maps.map import check_rep
from constrainet.reps import Rep, V
from constrainet.solve import constant


class Grid(metaclass=Declared):
    """Points of a space, and what leads from coefficients of functions to samples and back.

    Coefficients are those of orthonormal functions in the mean over the space, so that the mean
    square of a function is the sum of their squares.

    Attributes:
        rep: how coefficients transform, where (g f)(x) = f(g⁻¹ x).
        points: shape (n, ...).
        weights: shape (n,), of sum 1: means over the grid are means over the whole space for
            products of two functions that it resolves.
    """

    @property
    @abstractmethod
    def rep(self) -> Rep:
        """How coefficients transform."""

    @property
    @abstractmethod
    def points(self) -> np.ndarray:
        """Shape (n, ...)."""

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


class TabledGrid(Grid):
    """One whose transforms are products with a table."""

    @property
    @abstractmethod
    def _table(self) -> np.ndarray:
        """The values of all functions at all points, shape (n, rep.dim)."""

    def _values(self, coefficients: Any) -> Any:
        return coefficients @ constant(self._table.T, coefficients)

    def _coefficients(self, samples: Any) -> Any:
        return samples @ constant(self._table, samples)


class HarmonicGrid(Grid):
    """One for functions whose degrees are below a bandwidth."""

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
        space: Any = self.space
        if space.dim != self.size or not space.is_unitary or space.is_complex:
            raise ValueError(
                f"`{name}(space=...)` should be a real representation on {self.size} coordinates "
                f"that keeps lengths, such as `V(SO({self.size}))`, because points of length 1 "
                "move among themselves; where a group that is not compact moves them, functions "
                f"of a bandwidth do not stay such. Got {space} of {space.group}, of dimension "
                f"{space.dim}."
            )

    @property
    def resolved(self) -> int:
        """The bandwidth that the points resolve."""
        return self.bandwidth if self.samples is None else self.samples

    @cached_property
    def harmonics(self) -> Harmonics:
        """The functions of a point on the sphere, orthonormal in the mean."""
        return Harmonics(self.space, self.bandwidth - 1)  # pyright: ignore[reportArgumentType]
