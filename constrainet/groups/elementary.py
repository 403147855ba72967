"""Matrices with few entries, and arrays of them: what the classical Lie algebras are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.linalg import Monomial
from constrainet.memory import memory_limit

MOST_ENTRIES = 2**22
"""Entries of a basis of a classical Lie algebra, up to which groups are given by one: SO(54)."""


def unit(n: int, i: int, j: int) -> np.ndarray:
    """E_ij of size n."""
    matrix = np.zeros((n, n))
    matrix[i, j] = 1
    return matrix


def stack(n: int, matrices: list[np.ndarray], dtype: type = float) -> np.ndarray:
    """The matrices as an array of shape (D, n, n), also where there are none."""
    return np.array(matrices, dtype=dtype).reshape(len(matrices), n, n)


def reflection(n: int, *axes: int) -> Monomial:
    """The matrix that changes the sign of some coordinates."""
    signs = np.ones(n)
    signs[list(axes)] = -1
    return Monomial(np.arange(n), signs)


def classical_algebra(
    n: int,
    dim: int,
    basis: Callable[[], Iterable[np.ndarray]],
    project: Callable[[np.ndarray], np.ndarray],
    dtype: type = float,
) -> np.ndarray:
    """The generators of a classical Lie algebra: a basis, or of a large one few that generate it.

    These are the anti-Hermitian and the Hermitian parts of two random elements. Two generic
    elements of a semisimple Lie algebra generate it.

    Args:
        n: the size of the matrices.
        dim: of the Lie algebra, which is closed under the adjoint.
        basis: makes its basis.
        project: makes an element of it from an (n, n) matrix.
        dtype: float or complex.

    Returns:
        Shape (D, n, n), D = dim or at most 4.

    Raises:
        ProblemTooLargeError: if a few matrices would not fit in memory.

    References:
        Kuranishi, "On everywhere dense imbedding of free groups in Lie groups" (1951), Theorem 6.
    """
    if not is_large(n, dim):
        return stack(n, list(basis()), dtype)
    required = 16 * np.dtype(dtype).itemsize * n**2
    if required > memory_limit():
        raise ProblemTooLargeError(f"Matrices of size {n:,}", required, memory_limit())
    stream = np.random.RandomState(0)
    found = []
    for _ in range(2):
        numbers = stream.normal(size=(n, n)) / np.sqrt(n)
        if dtype is complex:
            numbers = numbers + 1j * stream.normal(size=(n, n)) / np.sqrt(n)
        element = project(numbers)
        adjoint = element.conj().T
        found += [(element - adjoint) / 2, (element + adjoint) / 2]
    return stack(n, [part for part in found if part.any()], dtype)


def is_large(n: int, dim: int) -> bool:
    """Whether a Lie algebra of this dimension is given by few elements that generate it."""
    return dim * n**2 > MOST_ENTRIES
