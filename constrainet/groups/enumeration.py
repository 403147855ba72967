"""All elements of a finite group of moderate size, in a table, and its conjugacy classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

MAX_TABLE = 200_000
"""Elements of the largest table."""

MAX_ENTRIES = 2**26
"""Integers in the largest table: half a GiB."""


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
