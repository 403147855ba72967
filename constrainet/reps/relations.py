"""What it takes to know a representation by the images of generators, and what can be wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from constrainet.reps.lie_images import LieImages, RelationError

CLOSE = 1e-3
"""Elements this close are the same: sampled ones have errors of float32, and distinct ones of the
finite groups in use differ by much more."""

AGREE = 1e-8
"""Images this close, relative to their size, are the same, after products of dozens of matrices."""

MAX_ENTRIES = 2**25
"""Entries of the matrices that are kept: 256 MiB."""


class Extension(ABC):
    """The images of elements of one group.

    Attributes:
        algebra: the images of its Lie algebra.
    """

    algebra: LieImages

    @abstractmethod
    def image(self, g: np.ndarray) -> np.ndarray | None:
        """ρ(g), shape (n, n); None if g is not found in the group."""


def compare(first: np.ndarray, second: np.ndarray, left, right) -> None:
    """Refuses two images of one element; the sides of the relation are words or descriptions."""
    difference = np.abs(first - second).max(initial=0)
    if difference > AGREE * max(1.0, np.abs(first).max(initial=0)):
        raise RelationError(
            f"{spelt(left)} = {spelt(right)} in the group, but the two sides' images differ by "
            f"{difference:.1e}"
        )


def spelt(word) -> str:
    """A word in the discrete generators; letter -1 - i is the inverse of letter i."""
    if isinstance(word, str):
        return word
    return " ".join(f"h{i}" if i >= 0 else f"h{-1 - i}⁻¹" for i in word) or "1"
