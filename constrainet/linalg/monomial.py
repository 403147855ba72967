"""Monomial matrices: a permutation of the coordinates times a phase for each of them."""

from __future__ import annotations

import numpy as np


class Monomial:
    """A generalised permutation matrix: one entry of modulus 1 in each row and column.

    The matrix sends the basis vector `e_j` to `phases[j] * e_images[j]`. Products, adjoints and
    Kronecker products of monomial matrices are monomial, and cost index arithmetic alone.

    Args:
        images: ints of shape (n,), a permutation of 0 ... n-1.
        phases: numbers of modulus 1, shape (n,); all 1 if missing.
    """

    __slots__ = ("images", "phases")

    # makes `ndarray @ Monomial` a TypeError instead of an array of objects
    __array_ufunc__ = None

    def __init__(self, images, phases=None):
        images = np.array(images, dtype=np.intp)
        phases = np.ones(images.shape) if phases is None else np.array(phases)
        phases = phases.astype(complex if np.iscomplexobj(phases) else float)
        if images.ndim != 1 or not np.array_equal(np.sort(images), np.arange(images.size)):
            raise ValueError("`Monomial(images=...)` should be a permutation of 0 ... n-1.")
        if phases.shape != images.shape:
            raise ValueError(
                f"`Monomial(phases=...)` should have shape {images.shape}. Got {phases.shape}."
            )
        images.flags.writeable = phases.flags.writeable = False
        self.images, self.phases = images, phases

    @classmethod
    def from_dense(cls, matrix: np.ndarray) -> Monomial | None:
        """The same matrix as a `Monomial`, or None if it is not one (zeros must be exact)."""
        n = len(matrix)
        rows, columns = np.nonzero(matrix.T)[::-1]
        if len(rows) != n or not np.array_equal(columns, np.arange(n)):
            return None
        phases = matrix[rows, columns]
        is_permutation = np.array_equal(np.sort(rows), np.arange(n))
        # 1e-15: the modulus of a phase computed in float64 is one rounding away from 1
        if not is_permutation or np.any(np.abs(np.abs(phases) - 1) > 1e-15):
            return None
        return cls(rows, phases)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n)."""
        return (self.images.size, self.images.size)

    @property
    def dtype(self) -> np.dtype:
        """Of the phases: float64 or complex128."""
        return self.phases.dtype

    @property
    def is_permutation(self) -> bool:
        """Whether every phase is 1."""
        return bool(np.all(self.phases == 1))

    @property
    def H(self) -> Monomial:
        """The adjoint, which is also the inverse."""
        inverse = np.argsort(self.images)
        return Monomial(inverse, self.phases[inverse].conj())

    def conj(self) -> Monomial:
        """The matrix of complex conjugate entries."""
        return Monomial(self.images, self.phases.conj())

    def __matmul__(self, other):
        """The product with another `Monomial`, or with an array of shape (n, ...)."""
        if isinstance(other, Monomial):
            return Monomial(self.images[other.images], self.phases[other.images] * other.phases)
        product = np.empty(other.shape, np.result_type(self.dtype, other.dtype))
        product[self.images] = self.phases.reshape((-1,) + (1,) * (other.ndim - 1)) * other
        return product

    def kron(self, other: Monomial) -> Monomial:
        """The Kronecker product, in row-major order of the index pairs."""
        images = self.images[:, None] * other.images.size + other.images
        return Monomial(images.ravel(), np.multiply.outer(self.phases, other.phases).ravel())

    def to_dense(self) -> np.ndarray:
        """The matrix as an array of shape (n, n)."""
        dense = np.zeros(self.shape, self.dtype)
        dense[self.images, np.arange(self.images.size)] = self.phases
        return dense

    def __reduce__(self):
        return Monomial, (self.images, self.phases)

    def __eq__(self, other):
        if not isinstance(other, Monomial):
            return NotImplemented
        return np.array_equal(self.images, other.images) and np.array_equal(
            self.phases, other.phases
        )

    def __hash__(self):
        return hash(self.images.tobytes())

    def __repr__(self):
        return f"Monomial({self.images.tolist()}, {self.phases.tolist()})"


ROUNDING = 1e-12
"""Entries of unitary matrices below this are zero: a hundred times what a product of them loses."""


def tidied(matrix: np.ndarray) -> np.ndarray | Monomial:
    """The same matrix, as a `Monomial` if it is one up to rounding."""
    present = np.abs(matrix) > ROUNDING
    entries = matrix[present]
    if len(entries) != len(matrix) or np.any(np.abs(np.abs(entries) - 1) > ROUNDING):
        return matrix
    rounded = np.zeros_like(matrix)
    rounded[present] = entries / np.abs(entries)
    return Monomial.from_dense(rounded) or matrix
