"""What it takes to know a representation by the images of generators, and what can be wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from constrainet.linalg import moved
from constrainet.reps.lie_images import LieImages, RelationError
from constrainet.tolerances import AGREE, SAMPLED

MAX_ENTRIES = 2**25
"""Entries of the matrices that are kept: 256 MiB."""


class Extension(ABC):
    """The images of elements of one group.

    Attributes:
        algebra: the images of its Lie algebra.
    """

    algebra: LieImages

    @abstractmethod
    def image(self, g: np.ndarray, within: float = SAMPLED) -> np.ndarray | None:
        """ρ(g), shape (n, n); None if g is not found in the group, up to a relative distance."""

    def tangent_image(self, A):
        """dρ(A) of the part of A in the Lie algebra; NumPy or JAX."""
        return self.algebra.image(A)


class InUnits(Extension):
    """An extension that was found in other units of the coordinates.

    Args:
        even: for elements `s g s⁻¹`, with images `t ρ(g) t⁻¹`.
        units: s, shape (d,).
        image_units: t, shape (n,).
    """

    def __init__(self, even: Extension, units: np.ndarray, image_units: np.ndarray):
        self._even, self._units, self._image_units = even, units, image_units
        self.algebra = even.algebra

    def image(self, g, within=SAMPLED):
        found = self._even.image(moved(g, self._units), within)
        return None if found is None else moved(found, 1 / self._image_units)

    def tangent_image(self, A):
        return moved(self._even.tangent_image(moved(A, self._units)), 1 / self._image_units)


def compare(first: np.ndarray, second: np.ndarray, left, right, size: float = 0.0) -> None:
    """Refuses two images of one element, unless they agree to `AGREE`.

    Args:
        first: one of them.
        second: the other.
        left: the word or description of the first.
        right: and that of the second.
        size: of the factors of the first.
    """
    difference = np.abs(first - second).max(initial=0)
    size = max(size, np.abs(first).max(initial=0), np.abs(second).max(initial=0))
    # the negation catches NaN, and infinite images
    if not difference <= AGREE * min(size, np.finfo(float).max):
        raise RelationError(
            f"{spelt(left)} = {spelt(right)} in the group, but the two sides' images differ by "
            f"{difference:.1e}"
        )


def spelt(word) -> str:
    """A word in the discrete generators; letter -1 - i is the inverse of letter i."""
    if isinstance(word, str):
        return word
    return " ".join(f"h{i}" if i >= 0 else f"h{-1 - i}⁻¹" for i in word) or "1"
