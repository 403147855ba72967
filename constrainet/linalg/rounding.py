"""Entries of a matrix that are zero but for rounding, whatever the units of the coordinates."""

from __future__ import annotations

import numpy as np

WEAK = 1e-14
"""Cycles of entries with a product below this, in units of the largest cycles, may be rounding."""

SMALL = 1e-12
"""Of such cycles, entries below this fraction of the matrix's size are taken for rounding."""


def without_rounding(matrix: np.ndarray) -> np.ndarray:
    """A matrix with exact zeros for the entries that are likely to be zero but for rounding.

    The entries of a matrix in uneven units differ by any factor, so being small does not make
    an entry rounding. Products of entries along cycles of coordinates, i -> j -> ... -> i, do not
    depend on units: they are about ρⁿ, with ρ the spectral radius of the matrix of moduli, for
    what was meant to be there, and far below for what was not. An entry of which every cycle is
    weak, and which is small, is rounding. Nilpotent matrices have no cycles, and stay as they are.

    Args:
        matrix: shape (n, n).

    Returns:
        The same, or a new one.

    Example:
        >>> import numpy as np
        >>> without_rounding(np.array([[1.0, 0.1], [1e-18, 1.0]]))[1, 0]
        np.float64(0.0)
        >>> without_rounding(np.array([[0.6, -0.8e9], [0.8e-9, 0.6]]))[1, 0]
        np.float64(8e-10)
    """
    sizes = np.abs(matrix)
    if not np.any((sizes > 0) & (sizes < SMALL * sizes.max(initial=0))):
        return matrix
    radius = float(np.abs(np.linalg.eigvals(sizes)).max())
    if radius == 0:
        return matrix
    with np.errstate(divide="ignore"):
        logs = np.log(sizes / radius)
    # the largest products along paths, by Floyd and Warshall
    paths = logs.copy()
    for middle in range(len(paths)):
        paths = np.maximum(paths, paths[:, middle, None] + paths[middle])
    is_weak = (logs + paths.T < np.log(WEAK)) & (sizes < SMALL * radius)
    return np.where(is_weak, 0, matrix)
