"""From the solver's basis of equivariant matrices to one of products of components, and back.

Parameters are coefficients in the basis that the solver gives; a batch is multiplied in components.
Where the solver, too, went by irreducibles, the two bases differ in the order of their vectors. Of
orbits, and of real maps in complex components, a vector of one is a combination of the other's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np

from constrainet.maps.coordinates import Coordinates, concatenate, split
from constrainet.maps.variance import single
from constrainet.solve import Block, Subspace, Term, constant

MOST_ENTRIES = 2**23
"""Of the maps from one copy to one, as matrices: more take seconds to compare."""

EQUAL = 1e-8
"""Coefficients of one basis vector in another basis are 0 or 1 if they are so close to them; where
they are not for a reason, they are square roots of fractions."""


@dataclass(frozen=True, eq=False)
class _Part:
    """One block of the solver's basis.

    Args:
        shape: (n, m, r): copies of the terms, and maps from one copy to one.
        matrix: shape (r, r), unitary: from the solver's coefficients to those of components; None
            for the identity.
        places: shape (n, m, r): where the results stand among all.
    """

    shape: tuple[int, int, int]
    matrix: np.ndarray | None
    places: np.ndarray


class BasisChange:
    """Between coefficients in a solved basis and in products of components.

    Args:
        parts: what becomes of each block of the solved basis.
    """

    def __init__(self, parts: list[_Part]):
        self._parts = parts
        places = [part.places.ravel() for part in parts]
        self._places = np.concatenate([np.zeros(0, int), *places])
        self._sizes = [places.size for places in places]

    @property
    def multiplications(self) -> int:
        """For one set of coefficients."""
        matrices = ((p.shape, p.matrix) for p in self._parts if p.matrix is not None)
        return sum(n * m * matrix.size for (n, m, _), matrix in matrices)

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(self._places)

    def to_components(self, coefficients: jax.Array) -> jax.Array:
        """The coefficients (rank,) in products of components."""
        return self._moved(coefficients, False)[self._order.astype(np.int32)]

    def from_components(self, coefficients: jax.Array) -> jax.Array:
        """The coefficients (rank,) in the solved basis."""
        return self._moved(coefficients[self._places.astype(np.int32)], True)

    def _moved(self, coefficients: jax.Array, is_adjoint: bool) -> jax.Array:
        if all(part.matrix is None for part in self._parts):
            return coefficients
        moved = []
        for part, x in zip(self._parts, split(coefficients, self._sizes), strict=True):
            if part.matrix is not None:
                matrix = part.matrix.conj() if is_adjoint else part.matrix.T
                x = (x.reshape(-1, part.shape[2]) @ constant(matrix, x)).ravel()
            moved.append(x)
        return concatenate(moved) if moved else coefficients


def basis_change(
    subspace: Subspace,
    source: Coordinates,
    target: Coordinates,
    commutants: Mapping[int, np.ndarray],
) -> BasisChange | None:
    """How a solved basis is written in products of components, B_k J_e B_iᴴ / √d.

    Args:
        subspace: the maps.
        source: the coordinates of the representation that is mapped from.
        target: those of the one that is mapped to.
        commutants: J of each component that both have, shape (e, d, d). The products stand
            component by component, with axes (e, copies in the target, copies in the source).

    Returns:
        None where there would be too much to compare, or terms are not the same.
    """
    rows = [_matching(term, target) for term in subspace.rows.terms]
    columns = [_matching(term, source) for term in subspace.columns.terms]
    starts, start = {}, 0
    for i, commutant in commutants.items():
        starts[i] = start
        start += len(commutant) * target.copies[i] * source.copies[i]
    if start != subspace.rank:
        return None
    parts, blocks = [], iter(subspace.blocks)
    for row in rows:
        for column in columns:
            block = next(blocks)
            if not block.rank:
                continue
            if row is None or column is None:
                return None
            n, m, *ranks = block.shape
            shape = (n, m, int(np.prod(ranks)))
            places = _places(shape, (row[0], target), (column[0], source), commutants, starts)
            matrix = _matrix(block, (row, target), (column, source), commutants)
            if places is None or matrix is None:
                return None
            parts.append(_Part(shape, *_simplified(matrix, places)))
    return BasisChange(parts)


def _matching(term: Term, coordinates: Coordinates) -> tuple[int, np.ndarray] | None:
    """The place of the term that has the same coordinates, and the order in which it has them."""
    for place, other in enumerate(coordinates.space.terms):
        if term.indices.shape == other.indices.shape:
            order = np.argsort(term.indices[0])[np.argsort(np.argsort(other.indices[0]))]
            if np.array_equal(term.indices[:, order], other.indices):
                return place, order
    return None


def _places(shape, row, column, commutants, starts) -> np.ndarray | None:
    """Where the products of a block stand among all: (n, m, r)."""
    (row_place, target), (column_place, source) = row, column
    n, m, rank = shape
    found = []
    for i in _shared(row_place, target, column_place, source, commutants):
        e = len(commutants[i])
        before, count, all_rows = _range(target, row_place, i)
        column_before, column_count, all_columns = _range(source, column_place, i)
        k = before + np.arange(n * count).reshape(n, 1, 1, count, 1)
        j = column_before + np.arange(m * column_count).reshape(1, m, 1, 1, column_count)
        each = np.arange(e).reshape(1, 1, e, 1, 1)
        found.append((starts[i] + (each * all_rows + k) * all_columns + j).reshape(n, m, -1))
    if sum(places.shape[2] for places in found) != rank:
        return None
    return np.concatenate(found, axis=2)


def _range(coordinates: Coordinates, place: int, i: int) -> tuple[int, int, int]:
    """Copies of a component before a term, in one copy of the term, and in all."""
    terms = zip(coordinates.space.terms, coordinates.parts, strict=True)
    counts = [t.multiplicity * len(part[i]) if i in part else 0 for t, part in terms]
    return sum(counts[:place]), len(coordinates.parts[place][i]), sum(counts)


def _shared(row_place, target, column_place, source, commutants) -> list[int]:
    both = target.parts[row_place].keys() & source.parts[column_place].keys()
    return [i for i in commutants if i in both]


def _matrix(block: Block, row, column, commutants) -> np.ndarray | None:
    """The unitary matrix (r, r) from the block's coefficients to those of products."""
    ((row_place, row_order), target), ((column_place, column_order), source) = row, column
    one = single(block)
    if one.rank * one.row_term.dim * one.column_term.dim > MOST_ENTRIES:
        return None
    Q = one.expand(np.eye(one.rank))[:, row_order][:, :, column_order]
    rows = []
    for i in _shared(row_place, target, column_place, source, commutants):
        B, U, J = target.parts[row_place][i], source.parts[column_place][i], commutants[i]
        half = np.tensordot(Q, U, (2, 1))  # (r, rows, l, d)
        left = np.tensordot(B, J, (2, 1)).conj()  # (k, rows, e, d)
        traces = np.tensordot(left, half, ((1, 3), (1, 3)))  # (k, e, r, l)
        rows.append(traces.transpose(1, 0, 3, 2).reshape(-1, one.rank) / np.sqrt(B.shape[2]))
    return np.concatenate(rows)


def _simplified(matrix: np.ndarray, places: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """A matrix that only permutes is left out, and places are permuted instead."""
    ones = np.abs(matrix - 1) < EQUAL
    if np.all(ones | (np.abs(matrix) < EQUAL)):
        return None, places[:, :, np.argmax(ones, axis=0)]
    return matrix, places
