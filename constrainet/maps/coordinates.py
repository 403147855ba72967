"""Between a space's own coordinates and those of its components.

A batch of vectors is held with its samples last: as *rows*, an array (dim, batch) with a row for
each coordinate, or as *components*, an array (copies, d, batch) for each component of dimension d.
An equivariant map mixes the copies of a component, by the same matrix for each of its d coordinates
and each sample, so in this layout it is one matrix product of contiguous operands; and what is done
to single coordinates runs along contiguous rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.solve import Space, Term, constant

NEGLIGIBLE = 1e-12
"""A basis this close to the identity is the identity: no product is spent on it."""

MOST_RUNS = 32
"""Rows are moved as slices while they are so few: a gather is slow to transpose."""


class Coordinates:
    """The change of coordinates of one space.

    Args:
        space: the space.
        parts: for each of its terms, by component, the isometric intertwiners from it, shape
            (copies, term.dim, d).

    Attributes:
        copies: by component, how many copies the space holds: those of the first term first, and
            within a term those of its first copy.
        dims: by component, its dimension.
        multiplications: per vector, of going one way.
    """

    def __init__(self, space: Space, parts: Sequence[Mapping[int, np.ndarray]]):
        in_order = [_in_order(*pair) for pair in zip(space.terms, parts, strict=True)]
        self.space = Space(tuple(term for term, _ in in_order))
        self.parts = [part for _, part in in_order]
        self._bases = [_stack(part) for part in self.parts]
        self.copies: dict[int, int] = {}
        self.dims: dict[int, int] = {}
        self.multiplications = 0
        for (term, part), basis in zip(in_order, self._bases, strict=True):
            for component, copies in part.items():
                count = term.multiplicity * len(copies)
                self.copies[component] = self.copies.get(component, 0) + count
                self.dims[component] = copies.shape[2]
            if not is_identity(basis):
                self.multiplications += term.multiplicity * basis.size
        self._inverse = np.argsort(self.space.order)

    def analyse(self, rows: jax.Array) -> dict[int, jax.Array]:
        """Rows (dim, ...) to components (copies, d, ...)."""
        found: dict[int, list[jax.Array]] = {}
        rest = rows.shape[1:]
        pieces = take_each(rows, [term.indices.ravel() for term in self.space.terms])
        for place, (term, y) in enumerate(zip(self.space.terms, pieces, strict=True)):
            parts = self.analyse_term(place, y.reshape(term.multiplicity, term.dim, prod(rest)))
            for component, z in parts.items():
                found.setdefault(component, []).append(z.reshape(*z.shape[:2], *rest))
        return {component: concatenate(found[component]) for component in sorted(found)}

    def synthesise(self, components: Mapping[int, jax.Array]) -> jax.Array:
        """The inverse of `analyse`."""
        rest = next(iter(components.values())).shape[2:]
        pieces = {i: iter(split(z, self.sizes(i))) for i, z in components.items()}
        results = []
        for place, (term, part) in enumerate(zip(self.space.terms, self.parts, strict=True)):
            y = self.synthesise_term(place, {i: next(pieces[i]) for i in part})
            results.append(y.reshape(term.indices.size, *rest))
        return take_rows(concatenate(results), self._inverse)

    def analyse_term(self, place: int, y: jax.Array) -> dict[int, jax.Array]:
        """The coordinates (multiplicity, term.dim, batch) of one term to its components."""
        part, basis = self.parts[place], self._bases[place]
        if not is_identity(basis):
            y = _to_each(basis.conj().T, y)
        pieces = split(y, [copies.shape[0] * copies.shape[2] for copies in part.values()], 1)
        return {
            component: z.reshape(len(y) * copies.shape[0], copies.shape[2], y.shape[2])
            for z, (component, copies) in zip(pieces, part.items(), strict=True)
        }

    def synthesise_term(self, place: int, components: Mapping[int, jax.Array]) -> jax.Array:
        """The inverse of `analyse_term`."""
        term, part, basis = self.space.terms[place], self.parts[place], self._bases[place]
        batch = prod(next(iter(components.values())).shape[2:])
        columns = [
            components[i].reshape(term.multiplicity, copies.shape[0] * copies.shape[2], batch)
            for i, copies in part.items()
        ]
        y = concatenate(columns, 1)
        return y if is_identity(basis) else _to_each(basis, y)

    def sizes(self, component: int) -> list[int]:
        """How many copies of a component each term holds, of those that hold any."""
        terms = zip(self.space.terms, self.parts, strict=True)
        return [
            term.multiplicity * len(part[component]) for term, part in terms if component in part
        ]


def _in_order(term: Term, part: Mapping[int, np.ndarray]) -> tuple[Term, Mapping]:
    """A term whose coordinates stand as they do in the space, where there is a basis to change to:
    its rows are moved, once, instead of those of every batch.
    """
    order = np.argsort(term.indices[0])
    if is_identity(_stack(part)) or (np.diff(term.indices[:, order]) < 0).any():
        return term, part
    moved = {i: copies[:, order] for i, copies in part.items()}
    return Term(term.atoms, term.indices[:, order]), moved


def split(x: jax.Array, sizes: Sequence[int], axis: int = 0) -> list[jax.Array]:
    """Consecutive pieces of given sizes, whose gradient is one concatenation."""
    if len(sizes) <= 1:
        return [x][: len(sizes)]
    return jnp.split(x, np.cumsum(sizes)[:-1], axis)


def take_rows(x: jax.Array, indices: np.ndarray) -> jax.Array:
    """`x[indices]`, as slices where they are few."""
    return take_each(x, [indices])[0]


def take_each(x: jax.Array, places: Sequence[np.ndarray], axis: int = 0) -> list[jax.Array]:
    """What is at each of several arrays of places along an axis, as slices where they are few.

    All slices are of one partition, so that the gradient is one concatenation.
    """
    runs = [np.split(each, 1 + np.flatnonzero(np.diff(each) != 1)) for each in places]
    runs = [
        found if each.size > 0 and len(found) <= MOST_RUNS else []
        for each, found in zip(places, runs, strict=True)
    ]
    ends = (end for found in runs for run in found for end in (run[0], run[-1] + 1))
    cuts = sorted({0, x.shape[axis], *ends})
    sizes = [end - start for start, end in pairwise(cuts)]
    pieces = dict(zip(cuts[:-1], split(x, sizes, axis), strict=True))
    return [
        concatenate([z for run in found for c, z in pieces.items() if run[0] <= c <= run[-1]], axis)
        if found
        # int32, because JAX remembers int64 constants from double precision when that is left
        else jnp.take(x, each.astype(np.int32), axis=axis)
        for each, found in zip(places, runs, strict=True)
    ]


def concatenate(parts: Sequence[jax.Array], axis: int = 0) -> jax.Array:
    """`jnp.concatenate` that leaves a single part alone."""
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=axis)


def is_identity(basis: np.ndarray) -> bool:
    """Whether a matrix is the identity, up to rounding."""
    n, m = basis.shape
    return n == m and bool(np.abs(basis - np.eye(n)).max(initial=0) < NEGLIGIBLE)


def _to_each(matrix: np.ndarray, y: jax.Array) -> jax.Array:
    """A matrix times each of the arrays (dim, batch) in `y`, shape (multiplicity, dim, batch).

    The matrix is repeated, because otherwise all arrays are copied, to be one.
    """
    repeated = jnp.broadcast_to(constant(matrix, y), (len(y), *matrix.shape))
    return repeated @ y


def _stack(part: Mapping[int, np.ndarray]) -> np.ndarray:
    """All intertwiners of a term side by side: (term.dim, Σ copies·d), orthogonal."""
    columns = [copies.transpose(1, 0, 2).reshape(copies.shape[1], -1) for copies in part.values()]
    return np.concatenate(columns, axis=1) if columns else np.zeros((0, 0))
