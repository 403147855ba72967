"""What is known of a group of permutations: its order, its members, its elements and their classes.

Permutations are rows of integers, `images[j]` the image of point j, as in `stabiliser_chain.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product
from math import factorial
from typing import final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from constrainet.groups.stabiliser_chain import StabiliserChain
from constrainet.groups.words import mix
from constrainet.linalg import Monomial

MAX_SMALL = 32
"""Points of a group whose chain is built at once, without asking first whether it is a giant."""

BUDGET = 6e9
"""Indices looked up for the chain of one group, which takes about a minute."""

MAX_TABLE = 200_000
"""Elements of the largest table."""

MAX_ENTRIES = 2**26
"""Integers in the largest table: half a GiB."""


@final
class PermutationGroup:
    """A finite group of permutations, given by generators.

    The two giants, all permutations of the points that move and all even ones, are recognised by a
    theorem, whatever their size; every other group gets a stabiliser chain.

    Args:
        generators: ints of shape (M, n); each row a permutation of 0 ... n-1.

    Examples:
        >>> import numpy as np
        >>> group = PermutationGroup(np.array([[1, 2, 3, 0], [2, 1, 0, 3]]))
        >>> group.order, [1, 0, 2, 3] in group
        (8, False)
    """

    def __init__(self, generators: np.ndarray):
        self.generators = np.asarray(generators, dtype=np.intp)
        self.num_points = self.generators.shape[1]

    @cached_property
    def _moved(self) -> np.ndarray:
        """The points that some generator moves."""
        return np.flatnonzero((self.generators != np.arange(self.num_points)).any(axis=0))

    @cached_property
    def is_giant(self) -> bool:
        """Whether all even permutations of the moved points are known to be in the group.

        A transitive group of degree n that has an element with a cycle of prime length p,
        n/2 < p < n - 2, contains the alternating group: its power is a single cycle of length p,
        more than half of the points, so that the group is primitive, and Jordan's theorem applies.
        Where no such element turns up among some random ones, the answer is False.

        References:
            Seress, "Permutation Group Algorithms" (2003), section 10.2.1 (after Jordan, 1873).
        """
        n = len(self._moved)
        if n <= MAX_SMALL or not _is_transitive(self.generators, self._moved):
            return False
        for element in mix([Monomial(row) for row in self.generators]):
            lengths = set(cycle_lengths(element.images).tolist())  # pyright: ignore (a Monomial)
            if any(n / 2 < p < n - 2 and _is_prime(p) for p in lengths):
                return True
        return False

    @cached_property
    def _has_odd(self) -> bool:
        return any(_is_odd(row) for row in self.generators)

    @cached_property
    def chain(self) -> StabiliserChain:
        """The stabiliser chain; for a giant of hundreds of points it takes more than its budget."""
        return StabiliserChain(self.generators, BUDGET)

    @cached_property
    def order(self) -> int:
        """The number of elements, exact."""
        if self.is_giant:
            return factorial(len(self._moved)) // (1 if self._has_odd else 2)
        return self.chain.order

    def __contains__(self, images) -> bool:
        images = np.asarray(images, dtype=np.intp)
        if not self.is_giant:
            return images in self.chain
        moved = np.flatnonzero(images != np.arange(self.num_points))
        return bool(np.isin(moved, self._moved).all()) and (self._has_odd or not _is_odd(images))

    def __iter__(self) -> Iterator[np.ndarray]:
        """Every element once, the identity first: the products of one representative per level."""
        for representatives in product(*self.chain.transversals):
            element = np.arange(self.num_points)
            for representative in representatives:
                element = element[representative]
            yield element


def cycle_lengths(images: np.ndarray) -> np.ndarray:
    """The length of every cycle of a permutation."""
    # the smallest point of each cycle, by doubling the stretch that has been looked at
    smallest, power = np.arange(len(images)), images
    for _ in range(len(images).bit_length()):
        smallest = np.minimum(smallest, smallest[power])
        power = power[power]
    return np.unique(smallest, return_counts=True)[1]


def _is_odd(images: np.ndarray) -> bool:
    return bool((len(images) - len(cycle_lengths(images))) % 2)


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % k for k in range(2, int(n**0.5) + 1))


def _is_transitive(generators: np.ndarray, points: np.ndarray) -> bool:
    reached = np.zeros(generators.shape[1], bool)
    frontier = points[:1]
    while frontier.size:
        reached[frontier] = True
        images = np.unique(generators[:, frontier])
        frontier = images[~reached[images]]
    return bool(reached[points].all())


@final
class ElementTable:
    """Every element of a permutation group, found by breadth-first multiplication.

    An element is kept as the images of a base: points that no element but the identity fixes all
    at once. Element 0 is the identity.

    Args:
        generators: ints of shape (M, n); each row a permutation of 0 ... n-1.
        base: how many of the first points form a base.

    Raises:
        ValueError: if the group has more elements than a table takes.
    """

    def __init__(self, generators: np.ndarray, base: int):
        limit = min(MAX_TABLE, MAX_ENTRIES // base)
        rows, place = [np.arange(base)], {np.arange(base).tobytes(): 0}
        left: list[list[np.ndarray]] = [[] for _ in generators]
        # element i > 0 is generator origin[i] times element parent[i]; levels are stretches of i
        origin, parent, levels = [0], [0], [0, 1]
        while levels[-1] > levels[-2]:
            start, stop = levels[-2:]
            frontier = np.stack(rows[start:stop])
            for s, generator in enumerate(generators):
                products = generator[frontier]
                ids = np.empty(stop - start, np.intp)
                for k, row in enumerate(products):
                    key = row.tobytes()
                    if key not in place:
                        place[key] = len(rows)
                        rows.append(row)
                        origin.append(s)
                        parent.append(start + k)
                    ids[k] = place[key]
                left[s].append(ids)
            if len(rows) > limit:
                raise ValueError(
                    f"A group of more than {limit} elements, moving {generators.shape[1]} points, "
                    "cannot be listed. Write it as a product of smaller groups, or on fewer points."
                )
            levels.append(len(rows))
        self.rows = np.stack(rows)
        self._place = place
        self._levels = levels
        self._origin, self._parent = np.array(origin), np.array(parent)
        self._left = np.array([np.concatenate(ids) for ids in left], np.intp)
        self._left = self._left.reshape(len(generators), len(rows))

    @property
    def order(self) -> int:
        """The number of elements."""
        return len(self.rows)

    def __contains__(self, images) -> bool:
        return np.ascontiguousarray(images, np.intp)[: self.rows.shape[1]].tobytes() in self._place

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.rows)

    @cached_property
    def classes(self) -> tuple[np.ndarray, np.ndarray]:
        """A representative of each conjugacy class, by index, and the sizes of the classes.

        Classes come in the order of their first elements, which represent them: the identity
        first, then by the length of the shortest word.
        """
        # g_i = s g_p, so g_i t = s (g_p t); parents come before their children
        right = np.zeros_like(self._left)
        right[:, 0] = self._left[:, 0]
        for start, stop in zip(self._levels[1:], self._levels[2:], strict=False):
            origin, parent = self._origin[start:stop], self._parent[start:stop]
            right[:, start:stop] = self._left[origin, right[:, parent]]
        indices = np.arange(self.order)
        joined = csr_array((self.order, self.order), dtype=bool)
        for before, after in zip(right, self._left, strict=True):
            # the element g t goes to t g, which is its conjugate by t
            joined = joined + csr_array((np.ones(self.order, bool), (before, after)), joined.shape)
        labels = connected_components(joined, directed=False)[1] if len(right) else indices
        _, first, sizes = np.unique(labels, return_index=True, return_counts=True)
        order = np.argsort(first)
        return first[order], sizes[order]
