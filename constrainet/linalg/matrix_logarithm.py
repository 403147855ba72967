"""The logarithm of a matrix, with an answer also where there is none."""

from __future__ import annotations

import numpy as np

from constrainet.tolerances import EXACT

NEAR = 0.25
"""Distance from the identity at which the series is used; 10 terms leave out 0.15²¹ < 1e-17."""

MOST_ROOTS = 50
"""Square roots before giving up: those of 1e300 are within `NEAR` after 12, and what creeps towards
the identity more slowly than that has an eigenvalue at zero or infinity."""


def logarithm(g: np.ndarray) -> np.ndarray | None:
    """The principal logarithm, by square roots and a series; None if an eigenvalue is <= 0.

    Args:
        g: shape (d, d).

    Returns:
        Shape (d, d), real if g is; None also if rounding hides whether there is one.

    Example:
        >>> import numpy as np
        >>> logarithm(np.array([[1.0, 3.0], [0.0, 1.0]]))
        array([[0., 3.],
               [0., 0.]])
        >>> logarithm(-np.eye(2)) is None
        True

    References:
        Higham, "Functions of Matrices" (2008), section 6.3 (the iteration of Denman and Beavers
        for square roots) and 11.5 (inverse scaling and squaring).
    """
    eye = np.eye(len(g))
    count = 0
    while np.linalg.norm(g - eye) > NEAR:
        root = _square_root(g)
        if root is None or count == MOST_ROOTS:
            return None
        g, count = root, count + 1
    # log g = 2 artanh z with z = (g - 1)(g + 1)⁻¹, of norm below 0.15
    z = np.linalg.solve(g + eye, g - eye)
    square, term, total = z @ z, z, z
    for k in range(3, 22, 2):
        term = term @ square
        total = total + term / k
    return 2.0 ** (count + 1) * total


def _square_root(g: np.ndarray) -> np.ndarray | None:
    """The root with eigenvalues in the right half plane; None if the iteration does not find it."""
    root, inverse = g, np.eye(len(g))
    size, miss = np.linalg.norm(g), np.inf
    for _ in range(30):
        try:
            root, inverse = (
                (root + np.linalg.inv(inverse)) / 2,
                (inverse + np.linalg.inv(root)) / 2,
            )
        except np.linalg.LinAlgError:
            return None
        miss = np.linalg.norm(root @ root - g)
        if not np.isfinite(miss) or miss < 1e-14 * size:
            break
    return root if miss <= EXACT * size else None
