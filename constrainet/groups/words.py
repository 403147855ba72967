"""Words in the discrete generators of a group, and the images that follow from the generators'.

A homomorphism that is given on generators is known on every word in them. Wherever an element comes
out twice its images are compared: that is how images that are no homomorphism are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from operator import matmul
from typing import Any, TypeVar

import numpy as np

from constrainet.linalg import Matrix, adjoint, to_dense
from constrainet.tolerances import AGREE, CLEARLY, SAMPLED, STRETCH

MAX_ENTRIES = 2**23
"""Entries of the images that are kept and compared: 64 MiB."""

LARGEST = 1e100
"""Sizes of the elements of an infinite group and of their images, or of their inverses, beyond
which words are not followed: products of two neither overflow nor vanish."""

NUM_MIXED = 32
"""Random elements that take part in the walk beside the generators of a discrete unitary group.

A walk by a few dozen random elements mixes in a number of steps proportional to log |G| (Alon and
Roichman 1994), whereas the generators themselves may need as many steps as there are elements.
"""

OFFSET = 0.3716
"""Added to the binary logarithm of the largest entry, which is often a whole number or a half,
before it is rounded down."""

Word = str | Sequence[int]
"""Letters, or a description; letter i is the generator of that number, and -1 - i its inverse."""

Element = TypeVar("Element")


class RelationError(ValueError):
    """Two ways to compute an image disagree; the message is the relation."""

    @classmethod
    def between(cls, left: Word, right: Word, difference: float) -> RelationError:
        """Of two words for the same element, whose images differ."""
        return cls(
            f"{_spelt(left)} = {_spelt(right)} in the group, but the two sides' images differ by "
            f"{difference:.1e}"
        )


def compare(
    first: np.ndarray,
    second: np.ndarray,
    left: Word,
    right: Word,
    size: float = 0.0,
) -> None:
    """Refuses two images of one element, unless they agree to `AGREE`.

    Args:
        first: one of them.
        second: the other.
        left: the word of the first.
        right: and that of the second.
        size: of the factors of the first.
    """
    difference = np.abs(first - second).max(initial=0)
    size = max(size, np.abs(first).max(initial=0), np.abs(second).max(initial=0))
    # the negation catches NaN, and infinite images
    if not difference <= AGREE * min(size, np.finfo(float).max):
        raise RelationError.between(left, right, difference)


def _spelt(word: Word) -> str:
    if isinstance(word, str):
        return word
    return " ".join(f"h{i}" if i >= 0 else f"h{-1 - i}⁻¹" for i in word) or "1"


class Words:
    """Elements as words in generators, the shortest first.

    Args:
        dim: the size of the matrices.
        generators: each (dim, dim).
        images: of the generators, shape (M, n, n); all 1 if missing.
        is_finite: whether the group is known to be. If not, words have inverses too, and with
            images those are left out that cannot be told from others, however long these are.
        limit: elements that are listed at most, give or take a level of words.

    Attributes:
        longest: those with the longest words, shape (k, dim, dim), empty if all are listed.
        inverses: of these.
    """

    def __init__(
        self,
        dim: int,
        generators: Sequence[Matrix],
        images: np.ndarray | None = None,
        *,
        is_finite: bool,
        limit: int,
    ):
        self._limit = min(limit, MAX_ENTRIES // dim**2)
        moves = [to_dense(h) for h in generators]
        self._images = [*(np.ones((len(moves), 1, 1)) if images is None else images)]
        self._inverse_moves = [np.linalg.inv(h) for h in moves]
        count = len(moves)
        self._letters = [*range(count)]
        if not is_finite:
            # in this order, so that letter -1 - i is the inverse of letter i
            self._letters += range(-count, 0)
            moves, self._inverse_moves = (
                moves + self._inverse_moves[::-1],
                self._inverse_moves + moves[::-1],
            )
            self._images += [np.linalg.inv(image) for image in reversed(self._images)]
        self._moves, self._is_finite = moves, is_finite
        one = np.eye(dim, dtype=np.result_type(float, *moves))
        self._elements, self.longest, self.inverses = [one], one[None], one[None]
        self._places = {_names(one[None])[0]: 0}
        # for each the place of the rest of the word, and its first letter
        self._parents = [(0, 0)]
        self._one = np.eye(1 if images is None else images.shape[1])
        # and its image, and what the rounding in that is measured by
        self._images_of_words, self._losses = [self._one], [0.0]
        self._letter_sizes = [float(np.linalg.norm(image, 2)) for image in self._images]
        self._is_recognising = images is None
        self._is_compared = images is not None and self._limit * self._one.size <= MAX_ENTRIES

    def __len__(self) -> int:
        return len(self._elements)

    def grow(self) -> bool:
        """Lists the words of one letter more; whether there are any, and room for them."""
        if not len(self.longest) or len(self) > self._limit:
            return False
        start = len(self) - len(self.longest)
        fresh, undoing = [self.longest[:0]], [self.longest[:0]]
        letters = zip(self._letters, self._moves, self._inverse_moves, strict=True)
        for letter, move, inverse in letters:
            products, undone = move @ self.longest, self.inverses @ inverse
            rest = start + np.arange(len(products))
            found, loss = np.ones((len(products), 1, 1)), np.zeros(len(products))
            if self._is_compared:
                factors = np.stack([self._images_of_words[k] for k in rest])
                found = self._images[letter] @ factors
                loss = np.linalg.norm(factors, axis=(1, 2)) + [self._losses[k] for k in rest]
                loss = np.minimum(loss, LARGEST) * self._letter_sizes[letter]
            if not self._is_finite and start:  # the generators themselves are always listed
                kept = self._are_kept(products, undone, found)
                products, undone, rest, found, loss = (
                    x[kept] for x in (products, undone, rest, found, loss)
                )
            names = _names(products)
            places = np.array([self._places.get(name, -1) for name in names], int)
            known = np.flatnonzero(places >= 0)
            if len(known):
                equals = np.stack([self._elements[k] for k in places[known]])
                misses = np.abs(undone[known] @ equals - self._elements[0]).max(axis=(1, 2))
                places[known[misses > AGREE]] = -1
                known = known[misses <= AGREE]
            if self._is_compared and len(known):
                sizes = np.maximum(loss[known], [self._losses[k] for k in places[known]])
                self._compare(letter, rest[known], found[known], places[known], sizes)
            # of one letter, the products with different words are different
            for k in np.flatnonzero(places < 0):
                self._places.setdefault(names[k], len(self))
                self._parents.append((int(rest[k]), letter))
                self._elements.append(products[k])
                if self._is_compared:
                    self._images_of_words.append(found[k])
                    self._losses.append(float(loss[k]))
            fresh.append(products[places < 0])
            undoing.append(undone[places < 0])
        self.longest, self.inverses = np.concatenate(fresh), np.concatenate(undoing)
        return len(self.longest) > 0

    def complete(self) -> Words:
        """Lists all words that there is room for."""
        while self.grow():
            pass
        return self

    @cached_property
    def elements(self) -> np.ndarray:
        """All of them, the identity first, shape (count, dim, dim)."""
        return np.stack(self.complete()._elements)

    @cached_property
    def _sizes(self) -> np.ndarray:
        return np.abs(self.elements).max(axis=(1, 2))

    def _are_kept(self, elements: np.ndarray, inverses: np.ndarray, images: np.ndarray):
        """Which words lead to no overflow and, where images depend on it, can be told from others.

        Words a and b for which a⁻¹ b differs from 1 by δ differ by δ / ‖a⁻¹‖.
        """
        every = elements, inverses, images
        sizes, back, image_sizes = (np.abs(x).max(axis=(1, 2)) for x in every)
        return (
            (self._is_recognising | (sizes * back <= STRETCH))
            & (np.maximum(sizes, back) <= LARGEST)
            & (np.maximum(image_sizes, 1 / image_sizes) <= LARGEST)
        )

    def _compare(self, letter, rest, found, places, sizes) -> None:
        """Compares the images of products, `found`, with those of the elements that they equal."""
        others = np.stack([self._images_of_words[place] for place in places])
        k = int((np.abs(found - others).max(axis=(1, 2)) / sizes).argmax())
        left, right = [letter, *self._word(int(rest[k]))], self._word(int(places[k]))
        compare(found[k], others[k], left, right, float(sizes[k]))

    def _word(self, place: int) -> list[int]:
        letters = []
        while place:
            place, letter = self._parents[place]
            letters.append(letter)
        return letters

    def image(self, g: np.ndarray, within: float = SAMPLED) -> np.ndarray | None:
        """The image of an element that was listed, up to a relative distance; else None."""
        distances = np.abs(self.elements - g).max(axis=(1, 2)) / self._sizes
        place = int(distances.argmin())
        if distances[place] > (within if self._is_finite else min(within, CLEARLY)):
            return None
        image = self._one
        for letter in reversed(self._word(place)):
            image = self._images[letter] @ image
        return image


def _names(matrices: np.ndarray) -> list[bytes]:
    """Equal for matrices, shape (k, d, d), that differ by rounding only."""
    logs = np.floor(np.log2(np.abs(matrices).max(axis=(1, 2), keepdims=True)) + OFFSET)
    count, d, _ = matrices.shape
    flat = np.ascontiguousarray(matrices / 2.0**logs).reshape(count, d * d).view(float)
    # an irrational step, so that the entries of no usual group lie halfway between two multiples
    return [row.tobytes() for row in np.rint(flat * (1e6 / np.sqrt(3))).astype(np.int64)]


def product_replacement(
    pool: list[Element],
    multiply: Callable[[Element, Element], Element],
    invert: Callable[[Element], Element],
    rng: np.random.RandomState,
) -> Iterator[Element]:
    """Products that replace members of a pool for ever; after some rounds random elements.

    References:
        Celler, Leedham-Green, Murray, Niemeyer, O'Brien, "Generating random elements of a finite
        group" (1995).

    Args:
        pool: of elements that generate a group, at least two; it changes.
        multiply: of two elements the product.
        invert: of an element the inverse.
        rng: chooses which members are multiplied, in which order, and whether one is inverted.
    """
    while True:
        i, j = rng.choice(len(pool), 2, replace=False)
        factor = pool[j] if rng.random_sample() < 0.5 else invert(pool[j])
        is_right = rng.random_sample() < 0.5
        pool[i] = multiply(pool[i], factor) if is_right else multiply(factor, pool[i])
        yield pool[i]


def mix(generators: Sequence[Matrix]) -> list[Matrix]:
    """`NUM_MIXED` long products of unitary matrices, by product replacement; always the same."""
    size = max(NUM_MIXED, len(generators) + 1)
    pool = [generators[i % len(generators)] for i in range(size)]
    # pyright cannot know that the matrices are all of one kind
    multiply: Any = matmul
    products = product_replacement(pool, multiply, adjoint, np.random.RandomState(0))
    for _ in range(10 * size):
        next(products)
    return pool[:NUM_MIXED]
