"""Matrices whatever the units of the coordinates: those of a group, and when one is singular."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.linalg import Matrix, even_units, to_dense, without_rounding
from constrainet.tolerances import EXACT

LARGEST_CONDITION = 1e13
"""Matrices with a greater condition number count as singular, dimensionless.

The inverse of such a matrix has fewer than three correct digits in float64, and a matrix that is
singular on paper gets about 1e16.
"""


def is_singular(matrix: np.ndarray) -> bool:
    """Whether a matrix, shape (d, d), has no inverse in float64, whatever the units of its rows."""
    rows = np.linalg.norm(matrix, axis=1, keepdims=True)
    # the negation catches NaN
    return not (np.all(rows > 0) and np.linalg.cond(matrix / rows) < LARGEST_CONDITION)


def units_of(matrices: Sequence[Matrix] | np.ndarray, algebra: np.ndarray) -> np.ndarray:
    """Units s in which the generators `s A s⁻¹` of a group are of even size.

    Args:
        matrices: the discrete generators.
        algebra: those of the Lie algebra, shape (D, d, d).

    Returns:
        Shape (d,), read-only, positive, of product 1; exactly 1 where the generators are even up
        to rounding, so that integers stay integers.
    """
    units = np.ones(algebra.shape[1])
    nonzero = algebra[algebra.any(axis=(1, 2))]
    if len(nonzero) or len(matrices):
        dense = [without_rounding(to_dense(h)) for h in matrices]
        lie = np.array([without_rounding(A) for A in nonzero]).reshape(-1, *algebra.shape[1:])
        found = even_units(dense, lie)
        units = units if np.abs(found - 1).max() < EXACT else found
    units.flags.writeable = False
    return units
