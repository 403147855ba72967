"""Direct products: the block-diagonal matrices that act on the direct sum of several spaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from constrainet.linalg import Matrix, Monomial


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
