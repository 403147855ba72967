"""Matrices with few entries, and arrays of them: what the classical Lie algebras are written in."""

from __future__ import annotations

import numpy as np

from constrainet.linalg import Monomial


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
