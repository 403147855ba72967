"""Elements as words in the discrete generators, in a list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.reps.lie_images import LieImages
from constrainet.reps.relations import CLOSE, Extension, compare

MAX_LISTED = 60_000
"""Elements of a finite group that are kept; listing these takes about two seconds."""

MAX_LISTED_ENTRIES = 2**23
"""Entries of the listed matrices: 64 MiB."""

FEW_LISTED = 1000
"""Elements that are listed of an infinite group, or of one that is handled in another way."""


class Listed(Extension):
    """All elements of a small finite group, or the shortest words of an infinite one.

    Args:
        dim: the size of the elements.
        generators: the discrete generators.
        discrete: their images.
        image_dim: the size of the images.
        is_finite: whether the group is known to be; otherwise few words are listed.
        limit: elements that are listed at most, give or take a level of words.

    Attributes:
        elements: what was listed, the identity first, shape (count, dim, dim).
    """

    def __init__(
        self,
        dim: int,
        generators: Sequence[np.ndarray],
        discrete: Sequence[np.ndarray],
        image_dim: int,
        is_finite: bool,
        limit: int = MAX_LISTED,
    ):
        self.algebra = LieImages.zero(dim, image_dim)
        moves, self._images = list(generators), list(discrete)
        if not is_finite:
            limit = min(limit, FEW_LISTED)
            # in this order, so that letter -1 - i is the inverse of letter i
            moves += [np.linalg.inv(h) for h in reversed(generators)]
            self._images += [np.linalg.inv(image) for image in reversed(discrete)]
        count = len(generators)
        self._letters = [*range(count), *range(-count, 0)][: len(moves)]
        limit = min(limit, MAX_LISTED_ENTRIES // dim**2)
        self._parents = [(0, 0)]  # (place of the rest of the word, its first letter)
        self._one = np.eye(image_dim)
        is_checked = limit * image_dim**2 <= MAX_LISTED_ENTRIES
        images = [self._one]
        frontier = np.eye(dim, dtype=np.result_type(float, *moves))[None]
        levels, seen, start = [frontier], {_name(frontier[0]): 0}, 0
        while len(frontier) and len(seen) <= limit:
            fresh = []
            for letter, move in zip(self._letters, moves, strict=True):
                products = move @ frontier
                places = [seen.setdefault(_name(product), len(seen)) for product in products]
                # each product is another element, so those that are new are new one by one
                new = np.array(places) >= len(self._parents)
                self._parents += [(int(k), letter) for k in start + np.flatnonzero(new)]
                fresh.append(products[new])
                if is_checked:
                    moved = self._images[letter] @ np.stack(images[start : start + len(frontier)])
                    images += list(moved[new])
                    others = np.stack([images[place] for place in places])
                    worst = int(np.abs(moved - others).max(axis=(1, 2)).argmax())
                    left = [letter, *self._word(start + worst)]
                    right = self._word(places[worst])
                    compare(moved[worst], others[worst], left, right)
            start += len(frontier)
            frontier = np.concatenate([frontier[:0], *fresh])
            levels.append(frontier)
        self.elements = np.concatenate(levels)

    def _word(self, place: int) -> list[int]:
        letters = []
        while place:
            place, letter = self._parents[place]
            letters.append(letter)
        return letters

    def image(self, g):
        distances = np.abs(self.elements - g).max(axis=(1, 2))
        place = int(distances.argmin())
        if distances[place] > CLOSE * max(1.0, np.abs(g).max()):
            return None
        image = self._one
        for letter in reversed(self._word(place)):
            image = self._images[letter] @ image
        return image


def _name(matrix: np.ndarray) -> bytes:
    """Equal for matrices that differ by rounding only."""
    # an irrational step, so that the entries of no usual group lie halfway between two multiples
    flat = np.ascontiguousarray(matrix).reshape(-1).view(float)
    return np.rint(flat * (1e6 / np.sqrt(3))).astype(np.int64).tobytes()
