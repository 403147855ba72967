"""The logarithm of a matrix, with an answer also where there is none."""

from __future__ import annotations

import numpy as np

from constrainet.tolerances import EXACT

NEAR = 0.25
"""Distance from the identity at which the series is used; 10 terms leave out 0.15²¹ < 1e-17."""


def logarithm(g: np.ndarray) -> np.ndarray | None:
    """The principal logarithm, by square roots and a series; None if an eigenvalue is <= 0.

    References:
        Higham, "Functions of Matrices" (2008), section 6.3 (the iteration of Denman and Beavers
        for square roots) and 11.5 (inverse scaling and squaring).
    """
    eye = np.eye(len(g))
    halvings = 0
    while np.linalg.norm(g - eye) > NEAR:
        if halvings == 20:
            return None
        root, inverse = g, eye
        for _ in range(30):
            if not np.isfinite(root).all() or np.linalg.cond(root) > 1 / EXACT:
                return None
            root, inverse = (
                (root + np.linalg.inv(inverse)) / 2,
                (inverse + np.linalg.inv(root)) / 2,
            )
            if np.linalg.norm(root @ root - g) < 1e-14 * np.linalg.norm(g):
                break
        else:
            if np.linalg.norm(root @ root - g) > EXACT * np.linalg.norm(g):
                return None
        g, halvings = root, halvings + 1
    # log g = 2 artanh z with z = (g - 1)(g + 1)⁻¹, of norm below 0.15
    z = np.linalg.solve(g + eye, g - eye)
    square, term, total = z @ z, z, z
    for k in range(3, 22, 2):
        term = term @ square
        total = total + term / k
    return 2.0 ** (halvings + 1) * total
