"""Generators of the groups that only one of the two libraries has, as plain matrices."""

from __future__ import annotations

import numpy as np


def euclidean_algebra(n: int) -> np.ndarray:
    """The Lie algebra of SE(n) in homogeneous coordinates, shape (n(n+1)/2, n+1, n+1)."""
    algebra = []
    for i in range(n):
        for j in range(i):
            turn = np.zeros((n + 1, n + 1))
            turn[i, j], turn[j, i] = -1, 1
            algebra.append(turn)
        shift = np.zeros((n + 1, n + 1))
        shift[i, n] = 1
        algebra.append(shift)
    return np.stack(algebra)


def torus_symmetries(n: int) -> np.ndarray:
    """Shifts, the quarter turn and the reflection of n×n pixels, shape (4, n², n²)."""
    pixels = np.arange(n * n).reshape(n, n)
    images = [np.roll(pixels, 1, 0), np.roll(pixels, 1, 1), np.rot90(pixels), pixels[::-1]]
    return np.stack([np.eye(n * n)[image.ravel()] for image in images])


def turning_channels(k: int, n: int) -> np.ndarray:
    """Z(k) ⋉ (Z(n) × Z(n)) on k channels of n×n pixels, shape (3, k n², k n²); k is 2 or 4.

    A turn by 360°/k rotates the pixels and moves every channel on by one.
    """
    values = np.arange(k * n * n).reshape(k, n, n)
    turned = np.rot90(np.roll(values, 1, 0), 4 // k, axes=(1, 2))
    images = [np.roll(values, 1, 1), np.roll(values, 1, 2), turned]
    return np.stack([np.eye(k * n * n)[image.ravel()] for image in images])
