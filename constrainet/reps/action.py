"""How a group acts on the coordinates of a representation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import Group
from constrainet.linalg import KroneckerProduct
from constrainet.solve import memory_limit


@dataclass(frozen=True, eq=False, repr=False)
class Action(ABC):
    """A group, a space of coordinates, and how elements and generators move them.

    Elements reach the representations inside as the tuple of their blocks, one per factor of the
    group; each atomic representation picks its own.

    Attributes:
        group: the group that acts.
    """

    group: Group

    @property
    @abstractmethod
    def dim(self) -> int:
        """The dimension."""

    @abstractmethod
    def _rho(self, blocks) -> Any:
        """The matrix of an element, given by its blocks, one per factor of the group."""

    @abstractmethod
    def _drho(self, blocks) -> Any:
        """The matrix of a Lie algebra element, given by its blocks."""

    @abstractmethod
    def _act(self, blocks, x) -> Any:
        """An element applied to vectors of shape (..., dim)."""

    @abstractmethod
    def _images(self, place: int) -> tuple[list, list]:
        """The images of the discrete and Lie generators of one factor, as operators."""

    def rho(self, g):
        """The matrix of a group element.

        Args:
            g: shape (group.dim, group.dim), an element in the defining matrices; NumPy or JAX.

        Returns:
            shape (dim, dim), of the same library.

        Raises:
            ValueError: if g has another shape.
            ProblemTooLargeError: if the matrix would not fit in memory; see `act`.

        Example:
            >>> import numpy as np
            >>> from constrainet.groups import SO
            >>> from constrainet.reps import V
            >>> (V(SO(3)) ** 2).rho(np.eye(3)).shape
            (9, 9)
        """
        self._check_fits()
        return self._rho(self._blocks("rho", "g", g))

    def drho(self, A):
        """The matrix of a Lie algebra element: the derivative of `rho` at the identity.

        Args:
            A: shape (group.dim, group.dim), a tangent matrix at the identity; NumPy or JAX.

        Returns:
            shape (dim, dim), of the same library.

        Raises:
            ValueError: if A has another shape.
            ProblemTooLargeError: if the matrix would not fit in memory.
        """
        self._check_fits()
        return self._drho(self._blocks("drho", "A", A))

    def act(self, g, x):
        """ρ(g) x, without forming ρ(g); safe under `jax.jit`, `grad` and `vmap`.

        Args:
            g: shape (group.dim, group.dim).
            x: shape (..., dim).

        Returns:
            shape (..., dim).

        Raises:
            ValueError: if a shape is wrong.
        """
        blocks = self._blocks("act", "g", g)
        x = _floating(x)
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(
                f"`act(x=...)` should have shape (..., {self.dim}), the dimension of {self}. "
                f"Got {x.shape}."
            )
        return self._act(blocks, x)

    @cached_property
    def generator_images(self) -> tuple[tuple[LinearOperator, ...], tuple[LinearOperator, ...]]:
        """The images of the discrete and of the Lie generators, applied without being formed.

        SciPy linear operators of shape (dim, dim), in the order of the group's generators.
        """
        images = [self._images(place) for place in range(len(self.group.factors))]
        discrete, infinitesimal = zip(*images, strict=True)
        return (
            tuple(KroneckerProduct([h]) for part in discrete for h in part),
            tuple(KroneckerProduct([A]) for part in infinitesimal for A in part),
        )

    def _blocks(self, method: str, argument: str, matrix) -> tuple:
        matrix = _floating(matrix)
        d = self.group.dim
        if matrix.shape != (d, d):
            raise ValueError(
                f"`{method}({argument}=...)` should have shape ({d}, {d}), that of the matrices "
                f"that define {self.group}. Got {matrix.shape}."
            )
        return self.group.split(matrix)

    def _check_fits(self) -> None:
        required = 16 * self.dim**2
        if required > memory_limit():
            what = f"A matrix of shape ({self.dim:,}, {self.dim:,}), which `act` does not form,"
            raise ProblemTooLargeError(what, required, memory_limit())


def _floating(array):
    """An array of floating point or complex numbers, NumPy or JAX."""
    if not hasattr(array, "__array_namespace__"):
        array = np.asarray(array)
    if np.dtype(array.dtype).kind in "biu":
        return array.astype(array.__array_namespace__().result_type(array.dtype, float))
    return array
