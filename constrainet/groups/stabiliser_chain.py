"""The Schreier–Sims algorithm: the exact order of a permutation group, and uniform elements of it.

Choose points b₁, b₂, ... that no element but the identity fixes all at once (a base), and let Gᵢ
be the elements that fix b₁ ... bᵢ. Every g in Gᵢ₋₁ is uniquely u·h, with h in Gᵢ and u from a list
of one coset representative for each point of the orbit of bᵢ under Gᵢ₋₁. So |G| is the product of
the orbits' sizes, and a product of one uniform representative from each level is a uniform element.

Permutations are rows of integers, `images[j]` the image of point j, and `(a b)[j] = a[b[j]]`.

References:
    Seress, "Permutation Group Algorithms" (2003), chapter 4 (Schreier's lemma: Lemma 4.2.1).
"""

from __future__ import annotations

from math import prod

import numpy as np

BATCH = 128
"""Schreier generators factored at a time: enough to hide NumPy's overhead, few enough that little
is done again when one of them fails."""


class StabiliserChain:
    """A base and strong generating set of a permutation group, found deterministically.

    The time grows with about the fifth power of the number of points: less than a second for 64
    of them, some twenty seconds for 128.

    Args:
        generators: ints of shape (M, n); each row a permutation of 0 ... n-1.
        budget: how many indices may be looked up before the search is given up; 10⁹ take about
            ten seconds.

    Raises:
        ValueError: if the budget does not suffice.

    Examples:
        >>> import numpy as np
        >>> chain = StabiliserChain(np.array([[1, 2, 3, 0], [1, 0, 2, 3]]))
        >>> chain.order
        24
    """

    def __init__(self, generators: np.ndarray, budget: float = np.inf):
        generators = np.asarray(generators, dtype=np.intp)
        self._budget = budget
        self.num_points = generators.shape[1]
        self._levels: list[_Level] = []
        for generator in generators:
            self._insert(generator[None], 0)
        self._complete()

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
        return self._sift(np.asarray(permutation, dtype=np.intp)[None], 0) is None

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

    def _insert(self, elements: np.ndarray, start: int) -> int | None:
        """Adds the first element that does not factor; the deepest level changed, or None."""
        failure = self._sift(elements, start)
        if failure is None:
            return None
        residue, depth = failure
        if depth == len(self._levels):
            moved = int(np.argmax(residue != np.arange(self.num_points)))
            self._levels.append(_Level(moved, self.num_points))
        # the residue fixes the base points of all levels above `depth`
        for level in self._levels[start : depth + 1]:
            level.add(residue)
        return depth

    def _sift(self, elements: np.ndarray, start: int) -> tuple[np.ndarray, int] | None:
        """Factors elements, shape (k, n), through the levels from `start` on.

        Returns:
            What is left of the first element found that does not factor, and the level where it
            stopped; None if all factor.
        """
        for depth in range(start, len(self._levels)):
            level = self._levels[depth]
            points = elements[:, level.point]
            outside = ~level.reached[points]
            if outside.any():
                return elements[np.argmax(outside)], depth
            self._spend(elements.size)
            elements = np.take_along_axis(level.inverses[level.place[points]], elements, axis=1)
        moving = (elements != np.arange(self.num_points)).any(axis=1)
        if moving.any():
            return elements[np.argmax(moving)], len(self._levels)
        return None


class _Level:
    """The orbit of one base point, with a coset representative for each of its points."""

    def __init__(self, point: int, num_points: int):
        identity = np.arange(num_points)
        self.point = point
        self.generators = np.empty((0, num_points), np.intp)
        # [s, p]: the Schreier generator of generator s at orbit point p is still to be factored
        self.unchecked = np.empty((0, num_points), bool)
        self.orbit = np.array([point])
        self.reached = identity == point
        # row i: the representative that sends the base point to the i-th point of the orbit
        self.cosets = identity[None]
        self.inverses = identity[None]
        # where a point of the orbit stands in it
        self.place = np.zeros(num_points, np.intp)

    def add(self, generator: np.ndarray):
        """Takes a further generator, and extends the orbit by what it reaches."""
        self.generators = np.concatenate([self.generators, generator[None]])
        self.unchecked = np.concatenate([self.unchecked, self.reached[None]])
        known = len(self.orbit)
        frontier, usable = self.orbit, self.generators[-1:]
        orbit, cosets, count = [self.orbit], [self.cosets], known
        rows = self.cosets
        while frontier.size:
            points, found = [], []
            for g in usable:
                fresh = ~self.reached[g[frontier]]
                new = g[frontier[fresh]]
                self.reached[new] = True
                self.unchecked[:, new] = True
                self.place[new] = np.arange(count, count + len(new))
                count += len(new)
                points.append(new)
                found.append(g[rows[fresh]])
            # old points have met every generator but the newest; new points have met none
            frontier, rows, usable = np.concatenate(points), np.concatenate(found), self.generators
            orbit.append(frontier)
            cosets.append(rows)
        self.orbit, self.cosets = np.concatenate(orbit), np.concatenate(cosets)
        fresh_inverses = np.argsort(self.cosets[known:], axis=1)
        self.inverses = np.concatenate([self.inverses, fresh_inverses])

    def schreier_generators(self, pairs: np.ndarray) -> np.ndarray:
        """Elements that fix the base point, shape (k, n), for k pairs (generator, orbit point)."""
        chosen, points = pairs.T
        cosets = self.cosets[self.place[points]]
        images = np.take_along_axis(self.generators[chosen], cosets, axis=1)
        returned = self.generators[chosen, points]
        return np.take_along_axis(self.inverses[self.place[returned]], images, axis=1)
