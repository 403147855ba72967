"""Sums of products of rows: the one operation that products of components come down to.

A trilinear form `t(x, y, z) = Σ_e c_e x[i_e] y[j_e] z[k_e]` with few entries e defines three
bilinear maps, each the transpose of the others in one of its arguments: from (y, z) to x, from
(x, z) to y, and from (x, y) to z. A row is an array of any shape, usually one number for each
sample of a batch, and lies contiguous in memory. With the entries of each resulting row in a table,
each map is one pass over its results, compiled to a single loop; JAX would derive the transposes as
scattered additions, which are several times slower. The three maps are therefore a JAX primitive,
differentiated and batched like any other, in both directions and any number of times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from constrainet.maps.coordinates import concatenate
from constrainet.solve import constant

PADDING = 1.5
"""Tables may hold this many times the entries they need before they are cut into several."""

LONGEST = 12
"""Sums of more entries are cut into pieces: each entry of a table is code to be compiled."""


@dataclass(frozen=True, eq=False)
class _Table:
    """The entries of some results, each with equally many (those that lack some have zeros).

    Args:
        left, right: shape (entries, results): which rows of the two arguments are multiplied.
        coefficients: shape (entries, results).
    """

    left: np.ndarray
    right: np.ndarray
    coefficients: np.ndarray

    def apply(self, a: jax.Array, b: jax.Array) -> jax.Array:
        total = None
        for i, j, c in zip(self.left, self.right, self.coefficients, strict=True):
            product = _rows(a, i) * _rows(b, j)
            if not np.all(c == 1):
                product = product * constant(c.reshape(-1, *(1,) * (a.ndim - 1)), product)
            total = product if total is None else total + product
        if total is None:
            return jnp.zeros((self.left.shape[1], *a.shape[1:]), jnp.result_type(a, b))
        return total


@dataclass(frozen=True, eq=False)
class _Assembly:
    """How results are made of pieces of sums.

    Args:
        sums: those of several pieces: which, shape (pieces, sums), by how many there are.
        order: where each result is, among the pieces and then the sums.
    """

    sums: list[np.ndarray]
    order: np.ndarray

    @staticmethod
    def of(place: np.ndarray, counts: np.ndarray) -> _Assembly:
        """From the place of each piece, result by result, and how many each result has."""
        firsts = np.cumsum(counts) - counts
        order, sums, end = place[firsts], [], len(place)
        for count in np.unique(counts[counts > 1]):
            results = np.flatnonzero(counts == count)
            sums.append(place[firsts[results] + np.arange(count)[:, None]])
            order[results] = np.arange(end, end := end + len(results))
        return _Assembly(sums, order)

    def apply(self, pieces: jax.Array) -> jax.Array:
        if self.sums:  # or else every sum would compute its pieces anew
            pieces = jax.lax.optimization_barrier(pieces)
        sums = [reduce(jnp.add, (_rows(pieces, each) for each in places)) for places in self.sums]
        rows = concatenate([pieces, *sums])
        in_order = len(rows) == len(self.order) and np.all(np.diff(self.order) == 1)
        return rows if in_order else _rows(rows, self.order)


class RowProducts:
    """The three bilinear maps of a trilinear form that is given by its entries.

    Args:
        places: shape (3, entries): i, j and k of each entry.
        coefficients: shape (entries,).
        sizes: how many rows x, y and z have.

    Example:
        >>> import numpy as np
        >>> # the two components of a complex product, Re and Im
        >>> places = np.array([[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]])
        >>> form = RowProducts(places, np.array([1.0, -1.0, 1.0, 1.0]), (2, 2, 2))
        >>> form(jnp.array([1.0, 2.0]), jnp.array([3.0, 4.0]))
        Array([-5., 10.], dtype=float32)
    """

    def __init__(self, places: np.ndarray, coefficients: np.ndarray, sizes: Sequence[int]):
        self.places, self.coefficients, self.sizes = places, coefficients, tuple(sizes)

    def __call__(self, y: jax.Array, z: jax.Array) -> jax.Array:
        """x, with x[i] = Σ c y[j] z[k] over the entries of i; row shapes and types are equal."""
        dtype = jnp.result_type(y, z)
        if np.iscomplexobj(self.coefficients):
            dtype = jnp.result_type(dtype, jnp.complex64)
        return row_products_p.bind(y.astype(dtype), z.astype(dtype), form=self, slot=0)

    @cached_property
    def _tables(self) -> list[tuple[list[_Table], _Assembly]]:
        return [self._tabulate(slot) for slot in range(3)]

    def _tabulate(self, slot: int) -> tuple[list[_Table], _Assembly]:
        """The tables of one map, and how results are made of theirs."""
        left, right = (self.places[other] for other in range(3) if other != slot)
        by_result = np.argsort(self.places[slot], kind="stable")
        entries = np.bincount(self.places[slot], minlength=self.sizes[slot])
        pieces = np.maximum(1, -(-entries // LONGEST))
        result = np.repeat(np.arange(len(entries)), pieces)
        number = np.arange(len(result)) - (np.cumsum(pieces) - pieces)[result]
        starts = (np.cumsum(entries) - entries)[result] + LONGEST * number
        counts = np.minimum(entries[result] - LONGEST * number, LONGEST)
        groups = [np.arange(len(counts))]
        if counts.max(initial=0) * len(counts) > PADDING * len(by_result):
            widths = np.ceil(np.log2(np.maximum(counts, 1)))
            groups = [np.flatnonzero(widths == width) for width in np.unique(widths)]
        tables = []
        for group in groups:
            numbers = np.arange(counts[group].max(initial=0))[:, None]
            inside = numbers < counts[group]
            chosen = by_result[np.where(inside, starts[group] + numbers, 0)]
            coefficients = np.where(inside, self.coefficients[chosen], 0)
            tables.append(_Table(left[chosen], right[chosen], coefficients))
        return tables, _Assembly.of(np.argsort(np.concatenate(groups)), pieces)

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnames=("self", "slot"))
    def evaluate(self, a: jax.Array, b: jax.Array, slot: int) -> jax.Array:
        """The map to x, y or z (slot 0, 1 or 2) from the other two, in their order."""
        return self.formula(a, b, slot)

    def formula(self, a: jax.Array, b: jax.Array, slot: int) -> jax.Array:
        """`evaluate`, operation by operation."""
        tables, assembly = self._tables[slot]
        return assembly.apply(concatenate([table.apply(a, b) for table in tables]))


def _rows(x: jax.Array, indices: np.ndarray) -> jax.Array:
    # `x[indices]` is five operations, to be traced and compiled for each entry of a table
    slices = jax.lax.GatherDimensionNumbers(tuple(range(1, x.ndim)), (0,), (0,))
    # int32, because JAX remembers int64 constants from double precision when that is left
    places = indices.astype(np.int32)[:, None]
    return jax.lax.gather(x, places, slices, (1, *x.shape[1:]), mode="promise_in_bounds")


row_products_p = Primitive("row_products")
row_products_p.def_impl(lambda a, b, *, form, slot: form.evaluate(a, b, slot))
row_products_p.def_abstract_eval(
    lambda a, b, *, form, slot: a.update(shape=(form.sizes[slot], *a.shape[1:]))
)
mlir.register_lowering(
    row_products_p,
    mlir.lower_fun(lambda a, b, *, form, slot: form.evaluate(a, b, slot), multiple_results=False),
)


def _transpose_first(cotangent, a, b, *, form, slot):
    """The cotangent of the first argument: the map to its slot."""
    first = 1 if slot == 0 else 0
    # arguments stand in the order of their slots; the first one's slot is left out of (slot, b)
    pair = (b, cotangent) if slot == 2 else (cotangent, b)
    return row_products_p.bind(*pair, form=form, slot=first)


def _transpose_second(cotangent, a, b, *, form, slot):
    """The cotangent of the second argument."""
    second = 1 if slot == 2 else 2
    pair = (cotangent, a) if slot == 0 else (a, cotangent)
    return row_products_p.bind(*pair, form=form, slot=second)


ad.defbilinear(row_products_p, _transpose_first, _transpose_second)


def _batch(arguments, axes, *, form, slot):
    """A batch is one more axis of every row."""
    size = next(x.shape[axis] for x, axis in zip(arguments, axes, strict=True) if axis is not None)
    moved = [
        jnp.broadcast_to(x[..., None], (*x.shape, size))
        if axis is None
        else jnp.moveaxis(x, axis, -1)
        for x, axis in zip(arguments, axes, strict=True)
    ]
    result = row_products_p.bind(*moved, form=form, slot=slot)
    return result, result.ndim - 1


batching.primitive_batchers[row_products_p] = _batch
