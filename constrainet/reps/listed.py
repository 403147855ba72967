"""Elements as words in the discrete generators, in a list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.reps.lie_images import LieImages
from constrainet.reps.relations import Extension, compare
from constrainet.tolerances import AGREE, CLEARLY, SAMPLED, STRETCH

MAX_LISTED = 60_000
"""Elements of a finite group that are kept; listing these takes about two seconds."""

MAX_LISTED_ENTRIES = 2**23
"""Entries of the listed matrices: 64 MiB."""

LARGEST = 1e100
"""Sizes of the elements of an infinite group and of their images, or of their inverses, beyond
which words are not followed: products of two neither overflow nor vanish."""

OFFSET = 0.3716
"""Added to the binary logarithm of the largest entry, which is often a whole number or a half,
before it is rounded down."""

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
        inverses = [np.linalg.inv(h) for h in generators]
        if not is_finite:
            limit = min(limit, FEW_LISTED)
            # in this order, so that letter -1 - i is the inverse of letter i
            moves += reversed(inverses)
            inverses += reversed(generators)
            self._images += [np.linalg.inv(image) for image in reversed(discrete)]
        count = len(generators)
        self._letters = [*range(count), *range(-count, 0)][: len(moves)]
        limit = min(limit, MAX_LISTED_ENTRIES // dim**2)
        self._parents = [(0, 0)]  # (place of the rest of the word, its first letter)
        self._one = np.eye(image_dim)
        is_checked = limit * image_dim**2 <= MAX_LISTED_ENTRIES
        images = [self._one]
        # for each, what the rounding in its image is measured by
        losses, letter_sizes = [0.0], [float(np.linalg.norm(image, 2)) for image in self._images]
        identity = np.eye(dim, dtype=np.result_type(float, *moves))
        elements, seen, start = [identity], {_name(identity): 0}, 0
        # and their inverses, by which equal ones are told
        frontier, backward = identity[None], identity[None]
        while len(frontier) and len(elements) <= limit:
            fresh, undoing = [frontier[:0]], [frontier[:0]]
            for letter, move, inverse in zip(self._letters, moves, inverses, strict=True):
                products, undone = move @ frontier, backward @ inverse
                rest = start + np.arange(len(frontier))
                found, loss = np.ones((len(frontier), 1, 1)), np.zeros(len(frontier))
                if is_checked:
                    factors = np.stack([images[k] for k in rest])
                    found = self._images[letter] @ factors
                    loss = np.linalg.norm(factors, axis=(1, 2)) + [losses[k] for k in rest]
                    loss = np.minimum(loss, LARGEST) * letter_sizes[letter]
                if not is_finite and start:  # the generators themselves are always listed
                    kept = _are_moderate(products, undone, found)
                    products, undone, rest, found, loss = (
                        x[kept] for x in (products, undone, rest, found, loss)
                    )
                names = [_name(product) for product in products]
                places = np.array([seen.get(name, -1) for name in names], int)
                for k in np.flatnonzero(places >= 0):
                    if np.abs(undone[k] @ elements[places[k]] - identity).max() > AGREE:
                        places[k] = -1
                if is_checked and np.any(places >= 0):
                    known = np.flatnonzero(places >= 0)
                    sizes = np.maximum(loss[known], [losses[k] for k in places[known]])
                    self._compare(letter, rest, found, places, images, sizes)
                # of one letter, the products with different words are different
                for k in np.flatnonzero(places < 0):
                    seen.setdefault(names[k], len(elements))
                    self._parents.append((int(rest[k]), letter))
                    elements.append(products[k])
                    if is_checked:
                        images.append(found[k])
                        losses.append(float(loss[k]))
                fresh.append(products[places < 0])
                undoing.append(undone[places < 0])
            start += len(frontier)
            frontier, backward = np.concatenate(fresh), np.concatenate(undoing)
        self._is_finite = is_finite
        self.elements = np.stack(elements)
        self._sizes = np.abs(self.elements).max(axis=(1, 2))

    def _compare(self, letter, rest, found, places, images, sizes) -> None:
        """Compares the images of products, `found`, with those of the elements that they equal."""
        known = np.flatnonzero(places >= 0)
        others = np.stack([images[place] for place in places[known]])
        worst = int((np.abs(found[known] - others).max(axis=(1, 2)) / sizes).argmax())
        k = known[worst]
        left, right = [letter, *self._word(int(rest[k]))], self._word(int(places[k]))
        compare(found[k], others[worst], left, right, float(sizes[worst]))

    def _word(self, place: int) -> list[int]:
        letters = []
        while place:
            place, letter = self._parents[place]
            letters.append(letter)
        return letters

    def image(self, g, within=SAMPLED):
        distances = np.abs(self.elements - g).max(axis=(1, 2)) / self._sizes
        place = int(distances.argmin())
        if distances[place] > (within if self._is_finite else min(within, CLEARLY)):
            return None
        image = self._one
        for letter in reversed(self._word(place)):
            image = self._images[letter] @ image
        return image


def _are_moderate(elements: np.ndarray, inverses: np.ndarray, images: np.ndarray):
    """Which words can be told from others, however long these are, and lead to no overflow.

    Words a and b for which a⁻¹ b differs from 1 by δ differ by δ / ‖a⁻¹‖.
    """
    sizes, back, image_sizes = (np.abs(x).max(axis=(1, 2)) for x in (elements, inverses, images))
    return (
        (sizes * back <= STRETCH)
        & (np.maximum(sizes, back) <= LARGEST)
        & (np.maximum(image_sizes, 1 / image_sizes) <= LARGEST)
    )


def _name(matrix: np.ndarray) -> bytes:
    """Equal for matrices that differ by rounding only."""
    matrix = matrix / 2.0 ** np.floor(np.log2(np.abs(matrix).max()) + OFFSET)
    # an irrational step, so that the entries of no usual group lie halfway between two multiples
    flat = np.ascontiguousarray(matrix).reshape(-1).view(float)
    return np.rint(flat * (1e6 / np.sqrt(3))).astype(np.int64).tobytes()
