"""The canonical orthonormal basis of a subspace: a function of the subspace alone.

Decompositions return whichever of the many orthonormal bases of a subspace their arithmetic leads
to, and that changes with the processor, the number of threads and the version of the library. What
parameters are coefficients of must not. The projector P of a subspace is unique; so its columns
P e₁, P e₂, ... are orthonormalised in order, leaving out those of which little is left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LONG = 0.7316293541
"""Of the columns that are left, the first is taken whose remainder is at least this fraction of the
longest one's. Equal lengths are common, and are decided by the order of coordinates; a ratio of
lengths is the square root of a rational number where there is a reason for it, and not this one."""


def canonical_basis(columns: np.ndarray) -> np.ndarray:
    """The canonical orthonormal basis of the span of orthonormal columns.

    Each vector is what the ones before leave of a column of the projector, and is positive at that
    column's place.

    Args:
        columns: shape (n, k), orthonormal.

    Returns:
        Shape (n, k): the same for every orthonormal basis of the same subspace.

    Example:
        >>> import numpy as np
        >>> turned = np.array([[0.6, -0.8], [0.8, 0.6], [0.0, 0.0]])
        >>> canonical_basis(turned).round(12) + 0.0
        array([[1., 0.],
               [0., 1.],
               [0., 0.]])
    """
    return columns @ canonical_combinations(columns)


def canonical_combinations(columns: np.ndarray, units: Sequence[np.ndarray] = ()) -> np.ndarray:
    """The combinations of columns that make a canonical basis, over a division algebra if given.

    Args:
        columns: shape (n, k), orthonormal.
        units: the imaginary units i, or i, j and k, as orthogonal matrices (k, k) that act on
            combinations. A vector x then spans x, i x, j x and k x.

    Returns:
        Shape (k, k / e) with e = 1 + len(units): orthonormal columns, which together with their
        images under the units are a basis.
    """
    _, k = columns.shape
    squares = np.sum(np.abs(columns) ** 2, axis=1)
    spanned = np.zeros((k, k), columns.dtype)
    width = 1 + len(units)
    for start in range(0, k - width + 1, width):
        pivot = int(np.argmax(squares >= LONG**2 * squares.max()))
        x = columns[pivot].conj()
        before = spanned[:, :start]
        for _ in range(2):  # once more, for what the first time left by rounding
            x = x - before @ (before.conj().T @ x)
        x = x / np.linalg.norm(x)
        for place, vector in enumerate((x, *(unit @ x for unit in units))):
            spanned[:, start + place] = vector
            squares = squares - np.abs(columns @ vector) ** 2
    return spanned[:, ::width]
