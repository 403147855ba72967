"""Permutations, with signs or without, factored through a chain of stabilisers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.reps.lie_images import LieImages
from constrainet.reps.relations import Extension, compare
from constrainet.tolerances import SAMPLED

QUIET = 40
"""Random elements that factor in a row before a chain counts as complete: in an incomplete one at
most half of them do."""


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
        rng = np.random.RandomState(0)
        pool = [generators[i % len(generators)] for i in range(max(8, len(generators) + 2))]
        quiet, count = 0, 0
        while quiet < QUIET:
            # product replacement: after some rounds the members of the pool are random elements
            i, j = rng.choice(len(pool), 2, replace=False)
            (p, image), (q, other) = pool[i], pool[j]
            if rng.random_sample() < 0.5:
                q, other = np.argsort(q), np.linalg.inv(other)
            is_left = rng.random_sample() < 0.5
            pool[i] = (p[q], image @ other) if is_left else (q[p], other @ image)
            count += 1
            if count > 10 * len(pool):
                quiet = 0 if self._insert(*pool[i]) else quiet + 1

    def _insert(self, p: np.ndarray, image: np.ndarray) -> bool:
        """Adds what is left of an element after factoring, if anything is."""
        rest, rest_image, depth = self._sift(p, image)
        moved = np.flatnonzero(rest != np.arange(len(rest)))
        if not len(moved):
            compare(rest_image, self._one, "a long word in the generators", "1")
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

    def image(self, g, within=SAMPLED):
        p = as_permutation(g, self._dim, within)
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


def as_permutation(g: np.ndarray, dim: int, within: float = SAMPLED) -> np.ndarray | None:
    """The permutation of the points ±e_j that a signed permutation matrix makes; None of others."""
    images = np.abs(g).argmax(axis=0)
    signs = np.sign(np.real(g[images, np.arange(dim)]))
    expected = np.zeros((dim, dim))
    expected[images, np.arange(dim)] = signs
    if np.abs(g - expected).max(initial=0) > within or len(set(images.tolist())) < dim:
        return None
    negative = signs < 0
    return np.concatenate([images + dim * negative, images + dim * ~negative])
