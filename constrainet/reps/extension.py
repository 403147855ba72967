"""From the images of a group's generators to the image of any of its elements.

An element has to be written in the generators first. Elements of the identity component are
exponentials, once a known element is divided off where the logarithm fails; the other components
are reached by words in the discrete generators. Permutations, with signs or without, are factored
through a chain of stabilisers, so that groups of any order are within reach; other finite groups
are listed. Whenever an element comes out twice, its images are compared: that is how images that
are no homomorphism are found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy.linalg

from constrainet.groups import Group
from constrainet.linalg import to_dense
from constrainet.reps.blocks import block_diagonal
from constrainet.reps.lie_images import LieImages, RelationError

CLOSE = 1e-3
"""Elements this close are the same: sampled ones have errors of float32, and distinct ones of the
finite groups in use differ by much more."""

AGREE = 1e-8
"""Images this close, relative to their size, are the same, after products of dozens of matrices."""

NUM_SHIFTS = 60
"""Known elements that are divided off before an element is said to have no logarithm. Each leads
to a principal logarithm with a probability of a third or more in the classical groups."""

MAX_COMPONENTS = 48
"""Cosets of the identity component that are kept."""

MAX_LISTED = 60_000
"""Elements of a finite group that are kept; listing these takes about two seconds."""

FEW_LISTED = 1000
"""Elements that are listed of an infinite group, or of one that is handled in another way."""

SHORT = 20
"""Exponents that are tried for the order of a generator."""

MAX_ENTRIES = 2**25
"""Entries of the matrices that are kept: 256 MiB."""

QUIET = 40
"""Random elements that factor in a row before a chain counts as complete: in an incomplete one at
most half of them do."""


class Extension(ABC):
    """The images of elements of one group.

    Attributes:
        algebra: the images of its Lie algebra.
    """

    algebra: LieImages

    @abstractmethod
    def image(self, g: np.ndarray) -> np.ndarray | None:
        """ρ(g), shape (n, n); None if g is not found in the group."""


def extend(group: Group, discrete: Sequence[np.ndarray], lie: np.ndarray) -> Extension:
    """The extension of generators' images to all elements of a group that is no product.

    Args:
        group: the group.
        discrete: images of its discrete generators, each (n, n).
        lie: images of its Lie generators, shape (D, n, n).

    Raises:
        RelationError: if relations among the generators do not hold among the images.
    """
    matrices, n = group.discrete_matrices, lie.shape[1]
    if not group.is_discrete or lie.any():
        generators = [to_dense(h) for h in matrices]
        return Components(generators, discrete, group.lie_algebra, lie)
    permutations = [_as_permutation(to_dense(h), group.dim) for h in matrices]
    if matrices and group.is_monomial and all(p is not None for p in permutations):
        # a chain has at most dim levels, with at most 2 dim representatives each
        if 2 * group.dim**2 * n**2 <= MAX_ENTRIES:
            # short words first, for the sake of short relations in messages
            Listed(group.dim, [to_dense(h) for h in matrices], discrete, n, FEW_LISTED)
            return Chain(group.dim, permutations, discrete)
    return Listed(group.dim, [to_dense(h) for h in matrices], discrete, n)


@lru_cache(maxsize=256)
def _search(group: Group) -> Extension:
    """An extension that only says which elements a group has."""
    return extend(group, [np.eye(1) for _ in group.discrete_matrices], np.zeros((len(group.lie_algebra), 1, 1)))


def contains(group: Group, g: np.ndarray) -> bool:
    """Whether a matrix of the group's size is found among its elements."""
    blocks = group.split(g)
    outside = g - block_diagonal(blocks)
    pairs = zip(group.factors, blocks, strict=True)
    return bool(np.abs(outside).max() < CLOSE) and all(
        _search(factor).image(block) is not None for factor, block in pairs
    )


def contains_tangent(group: Group, A: np.ndarray) -> bool:
    """Whether a matrix of the group's size lies in its Lie algebra."""
    blocks = group.split(A)
    size = np.linalg.norm(A)
    pairs = zip(group.factors, blocks, strict=True)
    return size == 0 or (
        bool(np.abs(A - block_diagonal(blocks)).max() < AGREE * size)
        and all(_search(factor).algebra.outside(block / size) < AGREE for factor, block in pairs)
    )


def list_elements(group: Group) -> np.ndarray | None:
    """All elements of a finite group that is no product, the identity first; None of others."""
    if not group.is_discrete:
        return None
    generators = [to_dense(h) for h in group.discrete_matrices]
    ones = [np.eye(1) for _ in generators]
    if not all(_has_finite_order(h) for h in generators):
        return None
    listed = Listed(group.dim, generators, ones, 1)
    return listed.elements if listed.is_complete else None


def _compare(first: np.ndarray, second: np.ndarray, left, right) -> None:
    """Refuses two images of one element; the sides of the relation are words or descriptions."""
    difference = np.abs(first - second).max(initial=0)
    if difference > AGREE * max(1.0, np.abs(first).max(initial=0)):
        raise RelationError(
            f"{_spelt(left)} = {_spelt(right)} in the group, but the two sides' images differ by "
            f"{difference:.1e}"
        )


def _spelt(word) -> str:
    """A word in the discrete generators; letter -1 - i is the inverse of letter i."""
    if isinstance(word, str):
        return word
    return " ".join(f"h{i}" if i >= 0 else f"h{-1 - i}⁻¹" for i in word) or "1"


class Components(Extension):
    """Words in the discrete generators, times elements of the identity component.

    Args:
        generators: the discrete generators.
        discrete: their images.
        algebra: the Lie generators.
        lie: their images.
    """

    def __init__(
        self,
        generators: Sequence[np.ndarray],
        discrete: Sequence[np.ndarray],
        algebra: np.ndarray,
        lie: np.ndarray,
    ):
        pairs = list(zip(generators, discrete, strict=True))
        self.algebra = LieImages(algebra, lie, pairs)
        d, n = algebra.shape[1], lie.shape[1]
        rng = np.random.default_rng(0)
        count = len(self.algebra.basis)
        # inverses of shifts, and the images of shifts
        self._shifts = [(np.eye(d), np.eye(n))]
        for _ in range(NUM_SHIFTS if count else 0):
            weights = rng.normal(size=count)
            weights *= rng.uniform(0.5, 4) / np.linalg.norm(weights)
            inverse = scipy.linalg.expm(-np.tensordot(weights, self.algebra.basis, 1))
            image = scipy.linalg.expm(np.tensordot(weights, self.algebra.images, 1))
            self._shifts.append((inverse, image))
        # inverses of words, their images, and how they are spelt
        self._cosets: list[tuple[np.ndarray, np.ndarray, tuple[int, ...]]] = []
        self._cosets.append((np.eye(d), np.eye(n), ()))
        self._check_integrates(algebra, lie, rng)
        for inverse, image, word in self._cosets:  # grows on the way
            for i, (h, h_image) in enumerate(pairs):
                g, expected = h @ np.linalg.inv(inverse), h_image @ image
                found = self.image(g)
                if found is None and len(self._cosets) < MAX_COMPONENTS:
                    self._cosets.append((np.linalg.inv(g), expected, (i, *word)))
                elif found is not None:
                    _compare(found, expected, (i, *word), "a shorter word times an exponential")

    def _check_integrates(self, algebra, lie, rng: np.random.Generator) -> None:
        """A representation of the algebra is one of the group only if closed paths close."""
        one, image_one = np.eye(algebra.shape[1]), np.eye(lie.shape[1])
        for i, (A, image) in enumerate(zip(algebra, lie, strict=True)):
            speeds = np.abs(np.linalg.eigvals(A))
            slowest = speeds[speeds > 1e-6 * speeds.max(initial=0)].min(initial=np.inf)
            period = 2 * np.pi / slowest
            if np.isfinite(slowest) and np.abs(scipy.linalg.expm(period * A) - one).max() < AGREE:
                closed = scipy.linalg.expm(period * image)
                _compare(closed, image_one, f"exp({period:.4g} A{i})", "1")
        for _ in range(NUM_SHIFTS // 4 if len(self._shifts) > 1 else 0):
            i, j = rng.integers(1, len(self._shifts), 2)
            (a, a_image), (b, b_image) = self._shifts[i], self._shifts[j]
            found = self.image(np.linalg.inv(b @ a))
            if found is not None:
                left = "a product of two exponentials"
                _compare(a_image @ b_image, found, left, "a product of others")

    def image(self, g):
        for inverse_shift, shift_image in self._shifts:
            for inverse, image, _ in self._cosets:
                found = self.algebra.exponential_image(inverse @ g @ inverse_shift)
                if found is not None:
                    return image @ found @ shift_image
        return None


class Listed(Extension):
    """All elements of a small finite group, or the shortest words of an infinite one.

    Args:
        dim: the size of the elements.
        generators: the discrete generators.
        discrete: their images.
        image_dim: the size of the images.
        limit: elements that are listed at most, give or take a level of words.

    Attributes:
        elements: what was listed, the identity first, shape (count, dim, dim).
        is_complete: whether these are all.
    """

    def __init__(
        self,
        dim: int,
        generators: Sequence[np.ndarray],
        discrete: Sequence[np.ndarray],
        image_dim: int,
        limit: int = MAX_LISTED,
    ):
        self.algebra = LieImages.zero(dim, image_dim)
        moves, self._images = list(generators), list(discrete)
        if not all(_has_finite_order(h) for h in generators):
            limit = min(limit, FEW_LISTED)
            # in this order, so that letter -1 - i is the inverse of letter i
            moves += [np.linalg.inv(h) for h in reversed(generators)]
            self._images += [np.linalg.inv(image) for image in reversed(discrete)]
        count = len(generators)
        self._letters = [*range(count), *range(-count, 0)][: len(moves)]
        limit = min(limit, MAX_ENTRIES // dim**2)
        self._parents = [(0, 0)]  # (place of the rest of the word, its first letter)
        self._one = np.eye(image_dim)
        is_checked = limit * image_dim**2 <= MAX_ENTRIES
        images = self._one[None]
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
                    moved = self._images[letter] @ images[start : start + len(frontier)]
                    images = np.concatenate([images, moved[new]])
                    worst = int(np.abs(moved - images[places]).max(axis=(1, 2)).argmax())
                    left = [letter, *self._word(start + worst)]
                    right = self._word(places[worst])
                    _compare(moved[worst], images[places[worst]], left, right)
            start += len(frontier)
            frontier = np.concatenate([frontier[:0], *fresh])
            levels.append(frontier)
        self.elements = np.concatenate(levels)
        self.is_complete = not len(frontier)

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


def _has_finite_order(g: np.ndarray) -> bool:
    """Whether a power of g, of an exponent that could be listed, is the identity."""
    values = np.linalg.eigvals(g)
    if np.abs(np.abs(values) - 1).max() > AGREE:
        return False
    turns = np.outer(np.arange(1, MAX_LISTED + 1), np.angle(values) / (2 * np.pi))
    whole = np.flatnonzero(np.abs(turns - np.rint(turns)).max(axis=1) < CLOSE / len(g))
    return any(
        np.abs(np.linalg.matrix_power(g, int(k) + 1) - np.eye(len(g))).max() < CLOSE
        for k in whole[:SHORT]
    )


class Chain(Extension):
    """Signed permutations, factored through stabilisers of more and more points.

    Args:
        dim: the number n of coordinates; e_j is point j, and -e_j point n + j.
        permutations: of the 2n points, one for each generator.
        discrete: images of the generators.

    References:
        Holt, Eick, O'Brien, "Handbook of computational group theory" (2005), section 4.4.5 (the
        random Schreier-Sims algorithm).
    """

    def __init__(
        self,
        dim: int,
        permutations: Sequence[np.ndarray],
        discrete: Sequence[np.ndarray],
    ):
        self._dim, self._one = dim, np.eye(len(discrete[0]))
        self.algebra = LieImages.zero(dim, len(self._one))
        self._levels: list[_Level] = []
        generators = list(zip(permutations, discrete, strict=True))
        for p, image in generators:
            self._insert(p, image)
        rng = np.random.default_rng(0)
        pool = [generators[i % len(generators)] for i in range(max(8, len(generators) + 2))]
        quiet, count = 0, 0
        while quiet < QUIET:
            # product replacement: after some rounds the members of the pool are random elements
            i, j = rng.choice(len(pool), 2, replace=False)
            (p, image), (q, other) = pool[i], pool[j]
            if rng.random() < 0.5:
                q, other = np.argsort(q), np.linalg.inv(other)
            pool[i] = (p[q], image @ other) if rng.random() < 0.5 else (q[p], other @ image)
            count += 1
            if count > 10 * len(pool):
                quiet = 0 if self._insert(*pool[i]) else quiet + 1

    def _insert(self, p: np.ndarray, image: np.ndarray) -> bool:
        """Adds what is left of an element after factoring, if anything is."""
        rest, rest_image, depth = self._sift(p, image)
        moved = np.flatnonzero(rest != np.arange(len(rest)))
        if not len(moved):
            _compare(rest_image, self._one, "a long word in the generators", "1")
            return False
        if depth == len(self._levels):
            self._levels.append(_Level(int(moved[0]), len(rest), self._one))
        for level in self._levels[: depth + 1]:
            level.add(rest, rest_image)
        return True

    def _sift(self, p: np.ndarray, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        for depth, level in enumerate(self._levels):
            found = level.inverses.get(int(p[level.point]))
            if found is None:
                return p, image, depth
            p, image = found[0][p], found[1] @ image
        return p, image, len(self._levels)

    def image(self, g):
        p = _as_permutation(g, self._dim)
        if p is None:
            return None
        rest, inverse, _ = self._sift(p, self._one)
        # the factors' inverses were multiplied up, in the order of the inverse of g
        return np.linalg.inv(inverse) if np.array_equal(rest, np.arange(len(rest))) else None


class _Level:
    """The orbit of a point under the elements that fix the points of the levels above."""

    def __init__(self, point: int, num_points: int, one: np.ndarray):
        self.point = point
        self._generators: list[tuple[np.ndarray, np.ndarray]] = []
        identity = np.arange(num_points)
        # by orbit point, an element that leads there, and the inverse of one
        self._elements = {point: (identity, one)}
        self.inverses = {point: (identity, one)}

    def add(self, p: np.ndarray, image: np.ndarray) -> None:
        self._generators.append((p, image))
        frontier = list(self._elements)
        while frontier:
            reached = []
            for point in frontier:
                q, other = self._elements[point]
                for generator, generator_image in self._generators:
                    target = int(generator[point])
                    if target not in self._elements:
                        r, product = generator[q], generator_image @ other
                        self._elements[target] = (r, product)
                        self.inverses[target] = (np.argsort(r), np.linalg.inv(product))
                        reached.append(target)
            frontier = reached


def _as_permutation(g: np.ndarray, dim: int) -> np.ndarray | None:
    """The permutation of the points ±e_j that a signed permutation matrix makes; None of others."""
    images = np.abs(g).argmax(axis=0)
    signs = np.sign(np.real(g[images, np.arange(dim)]))
    expected = np.zeros((dim, dim))
    expected[images, np.arange(dim)] = signs
    if np.abs(g - expected).max(initial=0) > CLOSE or len(set(images.tolist())) < dim:
        return None
    negative = signs < 0
    return np.concatenate([images + dim * negative, images + dim * ~negative])


def _name(matrix: np.ndarray) -> bytes:
    """Equal for matrices that differ by rounding only."""
    # an irrational step, so that the entries of no usual group lie halfway between two multiples
    flat = np.ascontiguousarray(matrix).reshape(-1).view(float)
    return np.rint(flat * (1e6 / np.sqrt(3))).astype(np.int64).tobytes()
