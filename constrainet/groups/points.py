"""A finite matrix group as permutations of finitely many points.

The points are the images of the basis vectors e_1 ... e_d. A group is finite exactly if they are
finitely many: an element is determined by where it sends the basis, and permutes the points. So
its order, its members and its elements are those of a permutation group, and once the points are
found everything is index arithmetic, without rounding. A signed permutation group has the points
±e_j, the icosahedral group the thirty images of its axes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from math import sqrt
from typing import final

import numpy as np

from constrainet.groups.permutations import PermutationGroup
from constrainet.groups.predicates import has_infinite_order_element, invariant_form
from constrainet.linalg import Matrix, Monomial, to_dense
from constrainet.tolerances import EXACT

MAX_POINTS = 100_000
"""Points after which the search for more is given up; finding so many takes some seconds."""

DISTINCT = 1e-7
"""Points of unit length further apart than this are different; closer than `EXACT` they are one.

What lies between is a doubt, and ends the search: a finite group with such points would have
millions of them.
"""

CELL = 2.5e-7
"""Width of the cells in which points are looked up: more than twice `DISTINCT`, so that a point is
in the same cell as its equals or in the nearest other one; and so small that two of 10⁵ points are
seldom in one."""


class PermutationAction(ABC):
    """What a finite matrix group does to the images of the basis vectors.

    The basis vector e_j is point j.

    Args:
        rows: the points, in the form in which they are looked up, shape (N, k).
        images: of the points under each generator, ints of shape (M, N).
    """

    def __init__(self, rows: np.ndarray, images: np.ndarray):
        self.rows, self.images = rows, images

    @property
    def num_points(self) -> int:
        """How many points there are."""
        return len(self.rows)

    @cached_property
    def group(self) -> PermutationGroup:
        """The permutations of the points."""
        return PermutationGroup(self.images)

    @cached_property
    def _index(self) -> _PointIndex:
        index = _PointIndex()
        index.add(self.rows)
        return index

    @abstractmethod
    def matrix(self, images: np.ndarray) -> np.ndarray:
        """The element that sends the basis vectors to these points, ints of shape (dim,)."""

    @abstractmethod
    def _moved(self, element: np.ndarray) -> np.ndarray | None:
        """The rows of the points after a matrix has been applied, shape (N, k)."""

    def __contains__(self, element: np.ndarray) -> bool:
        """Whether a dense matrix is an element of the group, to `tolerances.EXACT`."""
        moved = self._moved(element)
        images = None if moved is None else self._index.find(moved)
        if images is None or not np.array_equal(np.sort(images), np.arange(len(self.rows))):
            return False
        return images in self.group


@final
class MonomialAction(PermutationAction):
    """The points are phases times basis vectors, φ e_j, looked up as (j, Re φ, Im φ).

    Args:
        monomials: the generators.
        dim: their size.
        dtype: of the elements.
    """

    def __init__(self, monomials: Sequence[Monomial], dim: int, dtype: np.dtype):
        self._dim, self._dtype = dim, dtype
        start = np.stack([np.arange(dim), np.ones(dim), np.zeros(dim)], axis=1)
        if all(m.is_permutation for m in monomials):
            images = np.array([m.images for m in monomials], np.intp).reshape(-1, dim)
            super().__init__(start, images)
        else:
            steps = [lambda rows, m=m: _apply(m.images, m.phases, rows) for m in monomials]
            super().__init__(*orbits(start, steps))

    def matrix(self, images: np.ndarray) -> np.ndarray:
        j, phases = _split(self.rows[images])
        dense = np.zeros((self._dim, self._dim), self._dtype)
        dense[j, np.arange(self._dim)] = phases if self._dtype.kind == "c" else np.real(phases)
        return dense

    def _moved(self, element: np.ndarray) -> np.ndarray | None:
        j = np.argmax(np.abs(element), axis=0)
        phases = element[j, np.arange(self._dim)]
        rest = element.copy()
        rest[j, np.arange(self._dim)] = 0
        return None if np.abs(rest).max() > EXACT else _apply(j, phases, self.rows)


@final
class MatrixAction(PermutationAction):
    """The points are looked up in coordinates C x in which the group is unitary, (Re C x, Im C x).

    Args:
        dense: the generators, shape (M, dim, dim), at least one.
        form: the positive definite X = Cᴴ C that they keep, of norm 1.
    """

    def __init__(self, dense: np.ndarray, form: np.ndarray):
        self._change = np.linalg.cholesky(form).conj().T
        self._inverse = np.linalg.inv(self._change)
        self._is_complex = np.iscomplexobj(dense)
        steps = [lambda rows, g=g: rows @ g.T for g in map(self._real, dense)]
        columns = self._change.T
        start = np.hstack([columns.real, columns.imag]) if self._is_complex else columns
        super().__init__(*orbits(start, steps))

    def _real(self, element: np.ndarray) -> np.ndarray:
        """An element as it acts on the rows."""
        g = self._change @ element @ self._inverse
        return np.block([[g.real, -g.imag], [g.imag, g.real]]) if self._is_complex else g

    def matrix(self, images: np.ndarray) -> np.ndarray:
        columns = self.rows[images].T
        if self._is_complex:
            real, imaginary = np.split(columns, 2)
            columns = real + 1j * imaginary
        return self._inverse @ columns

    def _moved(self, element: np.ndarray) -> np.ndarray | None:
        if np.iscomplexobj(element) and not self._is_complex:
            if np.abs(np.imag(element)).max() > EXACT:
                return None
            element = np.real(element)
        return self.rows @ self._real(element).T


def permutation_action(
    matrices: Sequence[Matrix], dim: int, dtype: np.dtype, name: str
) -> PermutationAction | None:
    """The action on points of the group that some matrices generate, if it is finite.

    Args:
        matrices: the discrete generators.
        dim: their size.
        dtype: of them and of the elements, also where there are no generators.
        name: of the group, for messages.

    Returns:
        None if the group is infinite: its elements are not bounded, or one has infinite order.

    Raises:
        ValueError: if neither can be shown.
    """
    monomials = [m for m in matrices if isinstance(m, Monomial)]
    is_monomial = len(monomials) == len(matrices)
    try:
        if is_monomial and all(m.is_permutation for m in monomials):
            return MonomialAction(monomials, dim, dtype)
        form = None
        if not is_monomial:
            form = invariant_form(np.zeros((0, dim, dim)), matrices, dim, name)
            if form is None:
                return None
        if has_infinite_order_element(matrices):
            return None
        if form is None:
            return MonomialAction(monomials, dim, dtype)
        return MatrixAction(np.stack([to_dense(m) for m in matrices]), form)
    except DoubtError as doubt:
        raise ValueError(
            f"Whether {name} is finite cannot be decided: its generators move the basis vectors to "
            f"{doubt}, and yet no element of infinite order was found. If it is finite, write it "
            "in a basis that it permutes up to phases, or as a product of smaller groups."
        ) from None


class DoubtError(Exception):
    """The points are too many, or too close to each other; caught inside this floor."""


def _split(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.rint(rows[:, 0]).astype(np.intp), rows[:, 1] + 1j * rows[:, 2]


def _apply(images: np.ndarray, phases: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The rows of a monomial matrix's products with the points φ e_j."""
    j, old = _split(rows)
    new = old * phases[j]
    return np.stack([images[j], np.real(new), np.imag(new)], axis=1)


def orbits(
    start: np.ndarray, steps: Sequence[Callable[[np.ndarray], np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """All points that some steps lead to, and how the steps permute them.

    Args:
        start: the first points, shape (n, k), of length about one.
        steps: functions from points to points, shapes (n, k).

    Returns:
        The points, shape (N, k), those of `start` first, and their images under each step, ints
        of shape (M, N).

    Raises:
        DoubtError: if there are more than `MAX_POINTS`, or two that are neither equal nor
            distinct.
    """
    index = _PointIndex()
    index.add(start)
    images = [[] for _ in steps]
    done = 0
    while done < len(index.points):
        frontier = np.stack(index.points[done:])
        done = len(index.points)
        for found, step in zip(images, steps, strict=True):
            found.append(index.add(step(frontier)))
        if len(index.points) > MAX_POINTS:
            raise DoubtError(f"more than {MAX_POINTS} points")
    return np.stack(index.points), np.stack([np.concatenate(found) for found in images])


class _PointIndex:
    """Points that are found again to within rounding.

    A generic weighted sum of the coordinates is the same for equal points, to within `EXACT`; the
    points are kept by the cell of the line into which it falls.
    """

    def __init__(self):
        self.points: list[np.ndarray] = []
        self._cells: dict[int, list[int]] = {}
        self._weights: np.ndarray | None = None

    def add(self, rows: np.ndarray) -> np.ndarray:
        """Which points these are, ints of shape (n,); new ones are appended."""
        found = np.empty(len(rows), np.intp)
        for i, (row, cell, neighbour) in enumerate(self._located(rows)):
            place = self._match(row, cell, neighbour)
            if place is None:
                place = len(self.points)
                self.points.append(row)
                self._cells.setdefault(cell, []).append(place)
            found[i] = place
        return found

    def find(self, rows: np.ndarray) -> np.ndarray | None:
        """Which points these are, ints of shape (n,); None if one of them is none."""
        try:
            found = [self._match(*located) for located in self._located(rows)]
        except DoubtError:
            return None
        return None if any(place is None for place in found) else np.array(found, np.intp)

    def _located(self, rows: np.ndarray):
        """Each row, its cell, and the nearest other cell."""
        if self._weights is None:
            weights = np.random.RandomState(0).normal(size=rows.shape[1])
            # with weights of norm 1, the sums of two points differ by no more than the points
            self._weights = weights / np.linalg.norm(weights)
        positions = rows @ self._weights / CELL
        cells = np.floor(positions)
        neighbours = np.where(positions - cells < 0.5, cells - 1, cells + 1)
        return zip(rows, cells.astype(int).tolist(), neighbours.astype(int).tolist(), strict=True)

    def _match(self, row: np.ndarray, cell: int, neighbour: int) -> int | None:
        for place in (*self._cells.get(cell, ()), *self._cells.get(neighbour, ())):
            difference = row - self.points[place]
            distance = sqrt(difference @ difference)
            if distance < EXACT:
                return place
            if distance < DISTINCT:
                raise DoubtError(f"points only {distance:.0e} apart")
        return None
