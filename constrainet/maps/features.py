"""A batch of vectors of one representation, in whichever coordinates it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod
from typing import Any

import jax
import jax.numpy as jnp

from constrainet.maps.coordinates import Coordinates

LINE = 16
"""Numbers in a cache line (float32): products of matrices are a sixth faster with rows of whole
lines, at 384 channels and batches of 500."""

WHOLE_LINES_FROM = 128
"""Smaller batches are not filled up."""


@jax.tree_util.register_pytree_node_class
class Features:
    """A batch of vectors, as rows or as components, converted when the other is asked for.

    Layers of a model hand these to each other, so that what is needed in irreducible coordinates
    only is never in any other.

    Args:
        coordinates: of the representation.
        batch: the number of vectors.
        dtype: of the arrays; needed where there are none.
        rows: shape (dim, batch).
        components: by component, shape (copies, d, batch); those that are missing are zero. One
            of the two is given.
    """

    def __init__(
        self,
        coordinates: Coordinates,
        batch: int,
        dtype: Any,
        *,
        rows: jax.Array | None = None,
        components: Mapping[int, jax.Array] | None = None,
    ):
        self.coordinates, self.batch, self._dtype = coordinates, batch, dtype
        self._rows = rows
        self._components = None if components is None else self._completed(components)

    @property
    def dtype(self) -> Any:
        """Of the arrays."""
        leaves = jax.tree.leaves((self._rows, self._components))
        return leaves[0].dtype if leaves else self._dtype

    def tree_flatten(self):
        """The arrays, and what describes them: a batch of features is a JAX pytree."""
        return (self._rows, self._components), (self.coordinates, self.batch, self._dtype)

    @classmethod
    def tree_unflatten(cls, description, arrays) -> Features:
        """The features that `tree_flatten` took apart."""
        features = object.__new__(cls)
        features.coordinates, features.batch, features._dtype = description
        features._rows, features._components = arrays
        return features

    @property
    def rows(self) -> jax.Array:
        """Shape (dim, batch): one row for each coordinate of the representation."""
        if self._rows is None:
            self._rows = (
                _synthesise(self.coordinates, self._components)
                if self._components
                else jnp.zeros((0, self.batch), self._dtype)
            )
        return self._rows

    @property
    def has_components(self) -> bool:
        """Whether the components are at hand."""
        return self._components is not None

    @property
    def components(self) -> Mapping[int, jax.Array]:
        """By component, shape (copies, d, batch)."""
        if self._components is None:
            self._components = _analyse(self.coordinates, self._rows)
        return self._components

    def __add__(self, other: Features) -> Features:
        dtype = jnp.result_type(self.dtype, other.dtype)
        if self.has_components and other.has_components:
            added = {i: z + other.components[i] for i, z in self.components.items()}
            return Features(self.coordinates, self.batch, dtype, components=added)
        return Features(self.coordinates, self.batch, dtype, rows=self.rows + other.rows)

    def _completed(self, components: Mapping[int, jax.Array]) -> dict[int, jax.Array]:
        copies, dims = self.coordinates.copies, self.coordinates.dims
        return {
            i: components[i]
            if i in components
            else jnp.zeros((copies[i], dims[i], self.batch), self._dtype)
            for i in sorted(copies)
        }

    @staticmethod
    def of(coordinates: Coordinates, x: jax.Array) -> Features:
        """The vectors of an array (..., dim); large batches are filled up to whole cache lines.

        What is filled in is the last vector, and not zeros, because it has to have a derivative.
        """
        batch = prod(x.shape[:-1])
        rows = x.reshape(batch, x.shape[-1]).T
        if isinstance(batch, int) and batch >= WHOLE_LINES_FROM:  # and not a symbol, in folding
            rows = jnp.pad(rows, ((0, 0), (0, -batch % LINE)), mode="edge")
        return Features(coordinates, rows.shape[1], x.dtype, rows=rows)

    def array(self, lead: tuple[int, ...]) -> jax.Array:
        """The vectors as an array (*lead, dim), without those that filled up the batch."""
        return self.rows[:, : prod(lead)].T.reshape(*lead, self.coordinates.space.dim)


# compiled by themselves, because Haiku runs `init` eagerly, operation by operation
@partial(jax.jit, static_argnums=0)
def _analyse(coordinates: Coordinates, rows: jax.Array) -> dict[int, jax.Array]:
    return coordinates.analyse(rows)


@partial(jax.jit, static_argnums=0)
def _synthesise(coordinates: Coordinates, components: Mapping[int, jax.Array]) -> jax.Array:
    return coordinates.synthesise(components)
