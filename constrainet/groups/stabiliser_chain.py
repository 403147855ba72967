"""The Schreier–Sims algorithm: the exact order of a permutation group, and uniform elements of it.

Choose points b₁, b₂, ... that no element but the identity fixes all at once (a base), and let Gᵢ
be the elements that fix b₁ ... bᵢ. Every g in Gᵢ₋₁ is uniquely u·h, with h in Gᵢ and u from a list
of one coset representative for each point of the orbit of bᵢ under Gᵢ₋₁. So |G| is the product of
the orbits' sizes, and a product of one uniform representative from each level is a uniform element.

Permutations are rows of integers, `images[j]` the image of point j, and `(a b)[j] = a[b[j]]`. With
them go their images under a homomorphism, matrices of size n; n = 0 if none are wanted.

References:
    Seress, "Permutation Group Algorithms" (2003), chapter 4 (Schreier's lemma: Lemma 4.2.1);
    Holt, Eick, O'Brien, "Handbook of computational group theory" (2005), section 4.4.5 (the random
    Schreier-Sims algorithm).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from constrainet.groups.words import compare, product_replacement
from constrainet.linalg import Monomial

BATCH = 128
"""Schreier generators factored at a time: enough to hide NumPy's overhead, few enough that little
is done again when one of them fails."""

QUIET = 40
"""Random elements that factor in a row before a chain with images counts as complete: in an
incomplete one at most half of them do."""

Elements = tuple[np.ndarray, np.ndarray]
"""Permutations, ints of shape (k, num_points), and their images, shape (k, n, n)."""


class StabiliserChain:
    """A base and strong generating set of a permutation group.

    It is found deterministically, in a time that grows with about the fifth power of the number of
    points: less than a second for 64 of them, some twenty seconds for 128. With images, random
    elements are factored instead, since products of matrices take longer.

    Args:
        generators: ints of shape (M, n); each row a permutation of 0 ... n-1.
        budget: how many indices may be looked up before the search is given up; 10⁹ take about
            ten seconds.
        images: of the generators under a homomorphism, shape (M, n, n), if these are wanted.

    Raises:
        ValueError: if the budget does not suffice.
        RelationError: if an element comes out twice, with different images.

    Examples:
        >>> import numpy as np
        >>> chain = StabiliserChain(np.array([[1, 2, 3, 0], [1, 0, 2, 3]]))
        >>> chain.order
        24
    """

    def __init__(
        self,
        generators: np.ndarray,
        budget: float = np.inf,
        images: np.ndarray | None = None,
    ):
        generators = np.asarray(generators, dtype=np.intp)
        self._budget = budget
        self.num_points = generators.shape[1]
        self._levels: list[_Level] = []
        pairs = np.zeros((len(generators), 0, 0)) if images is None else images
        self._one = np.eye(pairs.shape[1])[None]
        elements = [(g[None], image[None]) for g, image in zip(generators, pairs, strict=True)]
        for element in elements:
            self._insert(element, 0)
        if images is None:
            self._complete()
        elif elements:
            self._complete_at_random(elements)

    @property
    def base(self) -> tuple[int, ...]:
        """The base points b₁, b₂, ..."""
        return tuple(level.point for level in self._levels)

    @property
    def order(self) -> int:
        """The number of elements of the group, exact whatever its size."""
        return prod(len(level.orbit) for level in self._levels)

    @property
    def transversals(self) -> tuple[np.ndarray, ...]:
        """For each level its coset representatives, ints of shape (orbit size, n)."""
        return tuple(level.cosets for level in self._levels)

    def __contains__(self, permutation) -> bool:
        return self.image(permutation) is not None

    def image(self, permutation) -> np.ndarray | None:
        """The image of an element, shape (n, n); None of a permutation that is none."""
        rest, inverse = np.asarray(permutation, dtype=np.intp), self._one[0]
        for level in self._levels:
            point = rest[level.point]
            if not level.reached[point]:
                return None
            place = level.place[point]
            # the factors' inverses, in the order of the inverse of the element
            rest, inverse = level.inverses[place][rest], level.inverse_images[place] @ inverse
        is_one = np.array_equal(rest, np.arange(self.num_points))
        return np.linalg.inv(inverse) if is_one else None

    def _complete(self):
        """Adds generators until every level holds the whole stabiliser (Schreier's lemma).

        The elements u⁻¹ s u', with s a generator of level i and u, u' the representatives that
        make it fix bᵢ, generate the stabiliser of bᵢ. Where one of them does not factor through
        the levels below, what is left of it is a new generator there, and these are done again.
        """
        i = len(self._levels) - 1
        while i >= 0:
            level = self._levels[i]
            pairs = np.argwhere(level.unchecked)[:BATCH]
            if len(pairs) == 0:
                i -= 1
                continue
            inserted = self._insert(level.schreier_generators(pairs), i + 1)
            if inserted is None:
                # for good: the levels below only grow, and keep the representatives they have
                level.unchecked[tuple(pairs.T)] = False
            else:
                i = inserted

    def _spend(self, work: int):
        self._budget -= work
        if self._budget < 0:
            raise ValueError(
                f"The stabiliser chain of a group of permutations of {self.num_points} points took "
                "more steps than it was given. Let the group act on fewer points, or write it as a "
                "product of smaller groups."
            )

    def _complete_at_random(self, generators: list[Elements]):
        """Adds random elements until none of many in a row is new."""

        def multiply(a: Elements, b: Elements) -> Elements:
            return a[0][:, b[0][0]], a[1] @ b[1]

        def invert(a: Elements) -> Elements:
            return np.argsort(a[0], axis=1), np.linalg.inv(a[1])

        count = len(generators)
        pool = [generators[i % count] for i in range(max(8, count + 2))]
        words = product_replacement(pool, multiply, invert, np.random.RandomState(0))
        for _ in range(10 * len(pool)):
            next(words)
        quiet = 0
        while quiet < QUIET:
            quiet = quiet + 1 if self._insert(next(words), 0) is None else 0

    def _insert(self, elements: Elements, start: int) -> int | None:
        """Adds the first element that does not factor; the deepest level changed, or None."""
        (rest, images), depth = self._sift(elements, start)
        if depth is None:
            compare(images, self._one, "a long word in the generators", "1")
            return None
        if depth == len(self._levels):
            moved = int(np.argmax(rest[0] != np.arange(self.num_points)))
            self._levels.append(_Level(moved, self.num_points, self._one))
        # what is left fixes the base points of all levels above `depth`
        for level in self._levels[start : depth + 1]:
            level.add(rest, images)
        return depth

    def _sift(self, elements: Elements, start: int) -> tuple[Elements, int | None]:
        """Factors elements through the levels from `start` on.

        Returns:
            What is left of the first element found that does not factor, and the level where it
            stopped; what is left of all, and None, if all factor.
        """
        rests, images = elements
        for depth, level in enumerate(self._levels[start:], start):
            points = rests[:, level.point]
            outside = ~level.reached[points]
            if outside.any():
                k = [np.argmax(outside)]
                return (rests[k], images[k]), depth
            self._spend(rests.size)
            places = level.place[points]
            rests = level.inverses[places[:, None], rests]
            images = level.inverse_images[places] @ images
        moving = (rests != np.arange(self.num_points)).any(axis=1)
        if moving.any():
            k = [np.argmax(moving)]
            return (rests[k], images[k]), len(self._levels)
        return (rests, images), None


class _Level:
    """The orbit of one base point, with a coset representative for each of its points."""

    def __init__(self, point: int, num_points: int, one: np.ndarray):
        identity = np.arange(num_points)
        self.point = point
        self.generators, self.images = np.empty((0, num_points), np.intp), one[:0]
        # [s, p]: the Schreier generator of generator s at orbit point p is still to be factored
        self.unchecked = np.empty((0, num_points), bool)
        self.orbit = np.array([point])
        self.reached = identity == point
        # row i: the representative that sends the base point to the i-th point of the orbit
        self.cosets = self.inverses = identity[None]
        self.coset_images = self.inverse_images = one
        # where a point of the orbit stands in it
        self.place = np.zeros(num_points, np.intp)

    def add(self, generator: np.ndarray, image: np.ndarray):
        """Takes a further generator, as a row, and extends the orbit by what it reaches."""
        self.generators = np.concatenate([self.generators, generator])
        self.images = np.concatenate([self.images, image])
        self.unchecked = np.concatenate([self.unchecked, self.reached[None]])
        known = len(self.orbit)
        frontier, rows, matrices = self.orbit, self.cosets, self.coset_images
        usable = [(self.generators[-1], self.images[-1])]
        reached, count = [(frontier, rows, matrices)], known
        while frontier.size:
            found = []
            for g, rho in usable:
                fresh = ~self.reached[g[frontier]]
                new = g[frontier[fresh]]
                self.reached[new] = True
                self.unchecked[:, new] = True
                self.place[new] = np.arange(count, count + len(new))
                count += len(new)
                found.append((new, g[rows[fresh]], rho @ matrices[fresh]))
            # old points have met every generator but the newest; new points have met none
            frontier, rows, matrices = (np.concatenate(part) for part in zip(*found, strict=True))
            usable = [*zip(self.generators, self.images, strict=True)]
            reached.append((frontier, rows, matrices))
        self.orbit, self.cosets, self.coset_images = (
            np.concatenate(part) for part in zip(*reached, strict=True)
        )
        inverses = np.argsort(self.cosets[known:], axis=1)
        self.inverses = np.concatenate([self.inverses, inverses])
        inverse_images = np.linalg.inv(self.coset_images[known:])
        self.inverse_images = np.concatenate([self.inverse_images, inverse_images])

    def schreier_generators(self, pairs: np.ndarray) -> Elements:
        """Elements that fix the base point, for k pairs (generator, orbit point)."""
        chosen, points = pairs.T
        places, returned = self.place[points], self.place[self.generators[chosen, points]]
        moved = self.generators[chosen[:, None], self.cosets[places]]
        images = self.images[chosen] @ self.coset_images[places]
        return (
            self.inverses[returned[:, None], moved],
            self.inverse_images[returned] @ images,
        )


def monomial_chain(
    generators: Sequence[Monomial], dim: int, images: np.ndarray | None = None
) -> StabiliserChain:
    """The stabiliser chain of a group of signed permutations.

    The group acts on the points ±e_j (`signed_points`). Without negative signs the points e_j
    suffice.

    Args:
        generators: monomial matrices with phases ±1, of size `dim`.
        dim: their size, needed if there are none.
        images: theirs under a homomorphism, as for `StabiliserChain`.

    Returns:
        The chain; its `order` is that of the group.
    """
    points = signed_points(generators, dim)
    if all(g.is_permutation for g in generators):
        points = points[:, :dim]
    return StabiliserChain(points, images=images)


def signed_points(monomials: Sequence[Monomial], dim: int) -> np.ndarray:
    """Where signed permutations send the points: j stands for e_j, and dim + j for -e_j.

    Returns:
        Ints of shape (len(monomials), 2 dim).
    """
    images = np.array([g.images for g in monomials], dtype=np.intp).reshape(-1, dim)
    offsets = dim * (np.real([g.phases for g in monomials]).reshape(-1, dim) < 0)
    return np.hstack([images + offsets, images + dim - offsets])
