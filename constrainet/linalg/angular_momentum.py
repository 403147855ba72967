"""Angular momentum: rotations on spin j, and how two spins couple to a third.

The space of spin j has the vectors |j, m⟩ with m = -j, ..., j, in this order and with the signs of
Condon and Shortley. Spins are passed as twice their value, a whole number.

References:
    Varshalovich, Moskalev, Khersonskii, "Quantum theory of angular momentum" (1988), chapter 8.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

import numpy as np
import scipy.linalg


def rotation_generators(twice: int) -> np.ndarray:
    """L with [L₁, L₂] = L₃ and so on, shape (3, 2j+1, 2j+1), anti-Hermitian: -i times J.

    Example:
        >>> L = rotation_generators(1)
        >>> bool(np.allclose(L[0] @ L[1] - L[1] @ L[0], L[2]))
        True
    """
    raising = np.diag(_steps(twice), -1)
    z = np.diag(np.arange(-twice, twice + 1, 2) / 2)
    return np.stack([(raising + raising.T) / 2j, (raising.T - raising) / 2, z / 1j])


def real_harmonics(degree: int) -> np.ndarray:
    """Columns: the real harmonics m = -ℓ, ..., ℓ in terms of |ℓ, m⟩, shape (2ℓ+1, 2ℓ+1)."""
    matrix = np.zeros((2 * degree + 1, 2 * degree + 1), complex)
    matrix[degree, degree] = 1
    for m in range(1, degree + 1):
        plus, minus, sign = degree + m, degree - m, (-1) ** m
        matrix[[minus, plus], plus] = 1 / sqrt(2), sign / sqrt(2)
        matrix[[minus, plus], minus] = 1j / sqrt(2), -1j * sign / sqrt(2)
    return matrix


@lru_cache(maxsize=64)
def couplings(a: int, b: int) -> dict[int, np.ndarray]:
    """The Clebsch-Gordan coefficients of spins a/2 and b/2.

    Of J₁·J₂ the vectors with one m₁ + m₂ = m make a tridiagonal matrix, whose eigenvalues belong to
    the spins and are at least one apart: no digits are lost, as they are in sums of factorials.

    Args:
        a: twice the first spin.
        b: twice the second.

    Returns:
        By twice the spin j that they couple to, ⟨a/2, m₁; b/2, m₂ | j, m⟩, shape
        (a+1, b+1, 2j+1).

    Example:
        >>> couplings(1, 1)[0][..., 0].round(4)
        array([[ 0.    , -0.7071],
               [ 0.7071,  0.    ]])
    """
    found = {c: np.zeros((a + 1, b + 1, c + 1)) for c in range(abs(a - b), a + b + 1, 2)}
    up = np.append(_steps(a), 0), np.append(_steps(b), 0)
    higher = np.zeros((a + 2, 0))  # the vectors of the m before, by the place of m₁
    for m in range(a + b, -1, -2):  # twice m
        total = (m + a + b) // 2
        i = np.arange(max(0, total - b), min(a, total) + 1)
        j = total - i
        steps = up[0][i[:-1]] * up[1][j[1:]]
        vectors = scipy.linalg.eigh_tridiagonal((i - a / 2) * (2 * j - b), steps)[1]
        # eigenvalues ascend with j; the last has m = j only if none had it before
        count = higher.shape[1]
        lowered = up[0][i, None] * higher[i + 1] + up[1][j, None] * higher[i]
        vectors[:, len(i) - count :] *= np.sign(np.sum(vectors[:, len(i) - count :] * lowered, 0))
        if len(i) > count:
            vectors[:, 0] *= np.sign(vectors[-1, 0])
        higher = np.zeros((a + 2, len(i)))
        higher[i] = vectors
        for c, vector in zip(range(a + b - 2 * len(i) + 2, a + b + 1, 2), vectors.T, strict=True):
            found[c][i, j, (m + c) // 2] = vector
            mirrored = vector * (-1) ** ((a + b - c) // 2)
            found[c][a - i, b - j, (c - m) // 2] = mirrored
    return found


def _steps(twice: int) -> np.ndarray:
    """⟨j, m+1 | J₊ | j, m⟩ for m = -j, ..., j-1."""
    k = np.arange(twice)
    return np.sqrt((twice - k) * (k + 1.0))
