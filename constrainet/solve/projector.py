"""The orthogonal projector onto a solved subspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.memory import memory_limit
from constrainet.solve.subspace import Subspace


@dataclass(frozen=True)
class Projector:
    """`P = Q Qᴴ`, applied as Q and Qᴴ one after the other.

    Args:
        subspace: its image.

    Example:
        >>> import numpy as np
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> projector = V(S(3)).equivariant_projector()
        >>> projector @ np.array([1.0, 2.0, 6.0])
        array([3., 3., 3.])
    """

    subspace: Subspace

    # makes `array @ projector` an error instead of an array of objects
    __array_ufunc__: ClassVar = None

    @property
    def shape(self) -> tuple[int, int]:
        """(dim, dim)."""
        return self.subspace.shape[0], self.subspace.shape[0]

    def __matmul__(self, vectors):
        """The projections of a vector (dim,) or of the columns of a matrix (dim, k)."""
        if vectors.ndim == 1:
            return self.subspace.project(vectors)
        return self.subspace.project(vectors.T).T

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        raise TypeError(
            "A projector is kept in factors, and does not become an array by itself. Use "
            f"`projector.to_dense()`, of shape {self.shape}, or `projector @ array`."
        )

    def to_dense(self) -> np.ndarray:
        """The matrix, shape (dim, dim), float64 or complex128.

        Raises:
            ProblemTooLargeError: if it would not fit in memory.
        """
        size = self.subspace.shape[0]
        required = 4 * 8 * size * size
        if required > memory_limit():
            raise ProblemTooLargeError(f"A projector of size {size:,}", required, memory_limit())
        return self.subspace.project(np.eye(size)).T
