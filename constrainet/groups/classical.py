"""The classical Lie algebras, each with its standard basis.

E_ij stands for the matrix with a single 1, in row i and column j; η for the diagonal matrix with
p ones and then q minus ones. Where a basis would have more than 2²² entries, as those of SO(55),
SU(46) and GL(46) have, groups are given by two elements that generate the Lie algebra (their
Hermitian and anti-Hermitian parts, if they have both); the basis is made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.memory import memory_limit

MOST_ENTRIES = 2**22
"""Entries of a basis of a classical Lie algebra, up to which groups are given by one: SO(54)."""

Entries = tuple[tuple[int, int, complex], ...]
"""Of a sparse matrix: rows, columns, values."""


@dataclass(frozen=True)
class ClassicalAlgebra:
    """A classical Lie algebra, closed under the adjoint.

    Args:
        n: the size of the matrices.
        dim: its dimension over the real numbers.
        off_diagonal: makes the first elements of the basis, which are orthogonal.
        diagonal: makes the others.
        project: makes an element of it from an (n, n) matrix.
        dtype: float or complex.
    """

    n: int
    dim: int
    off_diagonal: Callable[[], Iterable[Entries]]
    diagonal: Callable[[], Iterable[Entries]]
    project: Callable[[np.ndarray], np.ndarray]
    dtype: type = float

    @property
    def is_large(self) -> bool:
        """Whether groups are given by few elements that generate it."""
        return is_large(self.n, self.dim)

    def basis(self) -> np.ndarray:
        """Its standard basis, shape (dim, n, n).

        Raises:
            ProblemTooLargeError: if it, and an orthonormal one, would not fit in memory.
        """
        required = 4 * np.dtype(self.dtype).itemsize * self.dim * self.n**2
        if required > memory_limit():
            what = f"A basis of {self.dim:,} matrices of size {self.n:,}"
            raise ProblemTooLargeError(what, required, memory_limit())
        basis = np.zeros((self.dim, self.n, self.n), self.dtype)
        elements = (*self.off_diagonal(), *self.diagonal())
        for matrix, entries in zip(basis, elements, strict=True):
            for i, j, value in entries:
                matrix[i, j] = value
        return basis

    def orthonormal(self, basis: np.ndarray) -> np.ndarray:
        """Its standard basis made orthonormal one matrix after the other, shape (dim, n, n)."""
        result = basis / np.linalg.norm(basis, axis=(1, 2), keepdims=True)
        count = len(list(self.diagonal()))
        if count:
            diagonals = np.diagonal(basis[-count:], axis1=1, axis2=2)
            q, r = np.linalg.qr(diagonals.T)
            places = np.arange(self.n)
            result[-count:, places, places] = q.T * np.sign(np.real(np.diag(r)))[:, None]
        return result

    def generators(self) -> np.ndarray:
        """Its basis, or of a large one few elements that generate it.

        These are the anti-Hermitian and the Hermitian parts of two random elements. Two generic
        elements of a semisimple Lie algebra generate it.

        Returns:
            Shape (D, n, n), D = dim or at most 4.

        Raises:
            ProblemTooLargeError: if a few matrices would not fit in memory.

        References:
            Kuranishi, "On everywhere dense imbedding of free groups in Lie groups" (1951),
            Theorem 6.
        """
        n = self.n
        if not self.is_large:
            return self.basis()
        required = 16 * np.dtype(self.dtype).itemsize * n**2
        if required > memory_limit():
            raise ProblemTooLargeError(f"Matrices of size {n:,}", required, memory_limit())
        stream = np.random.RandomState(0)
        found = []
        for _ in range(2):
            numbers = stream.normal(size=(n, n)) / np.sqrt(n)
            if self.dtype is complex:
                numbers = numbers + 1j * stream.normal(size=(n, n)) / np.sqrt(n)
            element = self.project(numbers)
            adjoint = element.conj().T
            found += [(element - adjoint) / 2, (element + adjoint) / 2]
        return stack(n, [part for part in found if part.any()], self.dtype)


def is_large(n: int, dim: int) -> bool:
    """Whether a Lie algebra of this dimension is given by few elements that generate it."""
    return dim * n**2 > MOST_ENTRIES


def stack(n: int, matrices: list[np.ndarray], dtype: type = float) -> np.ndarray:
    """The matrices as an array of shape (D, n, n), also where there are none."""
    return np.array(matrices, dtype=dtype).reshape(len(matrices), n, n)


def recognised(generators: np.ndarray) -> ClassicalAlgebra | None:
    """The classical Lie algebra of which these are the basis, or `generators()`, if any.

    Args:
        generators: shape (D, n, n).
    """
    n = generators.shape[1]
    if np.iscomplexobj(generators):
        known = [special_unitary(n), unitary(n)]
    else:
        known = [special_linear(n), general_linear(n)]
        if n % 2 == 0:
            known.append(symplectic(n // 2))
        # symmetric entries are those of boosts, which lead from the first axis to negative ones
        rows, columns = generators[:, 0, 1:], generators[:, 1:, 0]
        q = int(np.count_nonzero(((rows == columns) & (rows != 0)).any(axis=0)))
        known.append(orthogonal(n - q, q))
    for algebra in known:
        count = len(generators)
        if count == algebra.dim and np.array_equal(algebra.basis(), generators):
            return algebra
        if algebra.is_large and count <= 4 and np.array_equal(algebra.generators(), generators):
            return algebra
    return None


def orthogonal(p: int, q: int = 0) -> ClassicalAlgebra:
    """Real a with aᵀ η + η a = 0: E_ij - E_ji (i < j), with + where η_i and η_j differ."""
    n = p + q
    signs = np.where(np.arange(n) < p, 1.0, -1.0)

    def elements() -> Iterator[Entries]:
        # rotations between axes of the same sign, boosts between axes of different sign
        for i, j in combinations(range(n), 2):
            yield (i, j, 1), (j, i, 1 if i < p <= j else -1)

    def project(x: np.ndarray) -> np.ndarray:
        return x - np.outer(signs, signs) * x.T

    return ClassicalAlgebra(n, n * (n - 1) // 2, elements, tuple, project)


def special_unitary(n: int) -> ClassicalAlgebra:
    """Anti-Hermitian and traceless: E_ij - E_ji, i(E_ij + E_ji), i(E_kk - E_{k+1,k+1})."""

    def diagonal() -> Iterator[Entries]:
        for k in range(n - 1):
            yield (k, k, 1j), (k + 1, k + 1, complex(-0.0, -1))

    def project(x: np.ndarray) -> np.ndarray:
        return _traceless(x - x.conj().T)

    return ClassicalAlgebra(n, n**2 - 1, lambda: _mixing(n), diagonal, project, complex)


def unitary(n: int) -> ClassicalAlgebra:
    """Anti-Hermitian: E_ij - E_ji, i(E_ij + E_ji), i E_kk."""

    def diagonal() -> Iterator[Entries]:
        for k in range(n):
            yield ((k, k, 1j),)

    def project(x: np.ndarray) -> np.ndarray:
        return x - x.conj().T

    return ClassicalAlgebra(n, n**2, lambda: _mixing(n), diagonal, project, complex)


def special_linear(n: int) -> ClassicalAlgebra:
    """Real and traceless: E_ij (i ≠ j), E_kk - E_{k+1,k+1}."""

    def off_diagonal() -> Iterator[Entries]:
        for i in range(n):
            for j in range(n):
                if i != j:
                    yield ((i, j, 1),)

    def diagonal() -> Iterator[Entries]:
        for k in range(n - 1):
            yield (k, k, 1), (k + 1, k + 1, -1)

    return ClassicalAlgebra(n, n**2 - 1, off_diagonal, diagonal, _traceless)


def general_linear(n: int) -> ClassicalAlgebra:
    """All real matrices: E_ij."""

    def elements() -> Iterator[Entries]:
        for i in range(n):
            for j in range(n):
                yield ((i, j, 1),)

    return ClassicalAlgebra(n, n**2, elements, tuple, lambda x: x)


def symplectic(m: int) -> ClassicalAlgebra:
    """Real a with aᵀ J + J a = 0: [[a, b], [c, -aᵀ]] with symmetric b and c, in m × m blocks."""

    def elements() -> Iterator[Entries]:
        for i in range(m):
            for j in range(m):
                yield (i, j, 1), (m + j, m + i, -1)
        for row, column in ((0, m), (m, 0)):
            for i in range(m):
                yield ((row + i, column + i, 1),)
                for j in range(i + 1, m):
                    yield (row + i, column + j, 1), (row + j, column + i, 1)

    return ClassicalAlgebra(2 * m, m * (2 * m + 1), elements, tuple, _hamiltonian)


def _mixing(n: int) -> Iterator[Entries]:
    for i, j in combinations(range(n), 2):
        yield (i, j, 1), (j, i, -1)
    for i, j in combinations(range(n), 2):
        yield (i, j, 1j), (j, i, 1j)


def _hamiltonian(x: np.ndarray) -> np.ndarray:
    """The part a of x with aᵀ J + J a = 0, times two."""
    (a, b), (c, d) = (np.hsplit(rows, 2) for rows in np.vsplit(x, 2))
    return np.block([[a - d.T, b + b.T], [c + c.T, d - a.T]])


def _traceless(x: np.ndarray) -> np.ndarray:
    return x - np.trace(x) / len(x) * np.eye(len(x))
