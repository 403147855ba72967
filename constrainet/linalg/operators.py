"""Kronecker products, Kronecker sums and direct sums, applied without being formed.

All are `scipy.sparse.linalg.LinearOperator`s, so SciPy's iterative methods take them as they are.
A tensor product of k spaces of dimension d has dimension N = dᵏ; applying one of its generators to
a vector costs k·d·N multiplications here, and N² as a matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from scipy.sparse.linalg import LinearOperator

from constrainet.linalg.monomial import Monomial
from constrainet.tolerances import EXACT

Matrix = np.ndarray | Monomial
"""What a generator's image on a space that is no product is stored as."""


def adjoint(matrix: Matrix) -> Matrix:
    """The conjugate transpose."""
    return matrix.conj().T if isinstance(matrix, np.ndarray) else matrix.H


def is_unitary(matrix: Matrix) -> bool:
    """Whether the adjoint is the inverse, to `tolerances.EXACT`."""
    if isinstance(matrix, Monomial):
        return True
    return bool(np.abs(matrix @ adjoint(matrix) - np.eye(len(matrix))).max() < EXACT)


def to_dense(matrix: Matrix | LinearOperator) -> np.ndarray:
    """The matrix as an array, whatever its structure."""
    if isinstance(matrix, Monomial):
        return matrix.to_dense()
    if isinstance(matrix, LinearOperator):
        return matrix @ np.eye(matrix.shape[1])
    return matrix


def apply_along(matrix: Matrix, x: np.ndarray, axis: int) -> np.ndarray:
    """The matrix applied to one axis of an array, which keeps its place."""
    return np.moveaxis(_left(matrix, np.moveaxis(x, axis, 0)), 0, axis)


def _left(matrix, x: np.ndarray) -> np.ndarray:
    return np.asarray(matrix @ x.reshape(len(x), prod(x.shape[1:]))).reshape(x.shape)


class KroneckerProduct(LinearOperator):
    """`M_1 ⊗ ... ⊗ M_k`, each factor square; the empty product is the 1 × 1 identity.

    Factors may be operators themselves.
    """

    def __init__(self, factors: Sequence[Matrix | LinearOperator]):
        self.factors = tuple(factors)
        self.dims = tuple(f.shape[0] for f in self.factors)
        n = prod(self.dims)
        super().__init__(np.result_type(float, *(f.dtype for f in self.factors)), (n, n))

    def _matmat(self, X):
        x = X.reshape(*self.dims, X.shape[1])
        for axis, factor in enumerate(self.factors):
            x = apply_along(factor, x, axis)
        return x.reshape(X.shape)

    def _adjoint(self):
        return KroneckerProduct([adjoint(f) for f in self.factors])


class KroneckerSum(LinearOperator):
    """`Σ_i 1 ⊗ ... ⊗ A_i ⊗ ... ⊗ 1`, each factor square; the empty sum is the 1 × 1 zero."""

    def __init__(self, factors: Sequence[np.ndarray | LinearOperator]):
        self.factors = tuple(factors)
        self.dims = tuple(f.shape[0] for f in self.factors)
        n = prod(self.dims)
        super().__init__(np.result_type(float, *(f.dtype for f in self.factors)), (n, n))

    def _matmat(self, X):
        x = X.reshape(*self.dims, X.shape[1])
        total = np.zeros(x.shape, np.result_type(self.dtype, X.dtype))
        for axis, factor in enumerate(self.factors):
            total += apply_along(factor, x, axis)
        return total.reshape(X.shape)

    def _adjoint(self):
        return KroneckerSum([adjoint(f) for f in self.factors])


class BlockDiagonal(LinearOperator):
    """The direct sum of `multiplicity` copies of each of several operators.

    Args:
        blocks: pairs (square operator, multiplicity).
    """

    def __init__(self, blocks: Sequence[tuple[LinearOperator, int]]):
        self.blocks = tuple(blocks)
        n = sum(block.shape[0] * count for block, count in self.blocks)
        super().__init__(np.result_type(float, *(b.dtype for b, _ in self.blocks)), (n, n))

    def _matmat(self, X):
        out = np.empty(X.shape, np.result_type(self.dtype, X.dtype))
        start = 0
        for block, count in self.blocks:
            d = block.shape[0]
            stop = start + count * d
            # copies side by side as columns: (count, d, k) -> (d, count * k)
            x = X[start:stop].reshape(count, d, -1).swapaxes(0, 1)
            y = (block @ x.reshape(d, -1)).reshape(x.shape)
            out[start:stop] = y.swapaxes(0, 1).reshape(stop - start, -1)
            start = stop
        return out

    def _adjoint(self):
        return BlockDiagonal([(block.H, count) for block, count in self.blocks])


def direct_sum_of_algebras(algebras: Sequence[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """Every generator of every factor, acting on its own block and as zero on the others.

    Args:
        algebras: arrays of shapes (D_i, d_i, d_i).
        dtype: of the result.

    Returns:
        Shape (ΣD_i, Σd_i, Σd_i), read-only, in the order of the factors.
    """
    dim = sum(algebra.shape[1] for algebra in algebras)
    total = np.zeros((sum(len(algebra) for algebra in algebras), dim, dim), dtype)
    row = start = 0
    for algebra in algebras:
        count, d = algebra.shape[:2]
        total[row : row + count, start : start + d, start : start + d] = algebra
        row, start = row + count, start + d
    total.flags.writeable = False
    return total


def direct_sum_of_generators(
    factors: Sequence[tuple[int, Sequence[Matrix]]], dtype: np.dtype
) -> Iterator[Matrix]:
    """Every discrete generator of every factor, padded with the identity on the other blocks.

    Args:
        factors: for each its dimension and its generators.
        dtype: of the results.

    Yields:
        A `Monomial` for each generator that is one, a read-only array for every other, each of
        size Σd_i, in the order of the factors.
    """
    dim = sum(d for d, _ in factors)
    start = 0
    for d, generators in factors:
        for generator in generators:
            if isinstance(generator, Monomial):
                images = np.arange(dim)
                images[start : start + d] = start + generator.images
                phases = np.ones(dim, dtype)
                phases[start : start + d] = generator.phases
                yield Monomial(images, phases)
            else:
                padded = np.eye(dim, dtype=dtype)
                padded[start : start + d, start : start + d] = generator
                padded.flags.writeable = False
                yield padded
        start += d
