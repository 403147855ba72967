"""The edges of a graph, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.features import Features
from constrainet.maps.map import check_input
from constrainet.reps import Rep


class Edges(NamedTuple):
    """The edges of a graph; `checked_edges` makes them of what a caller gave.

    Args:
        vectors: shape (e, n).
        senders: shape (e,).
        receivers: shape (e,).
        features: invariant numbers, shape (e, k), or None.
        mask: which edges there are, shape (e,); None if all.
    """

    vectors: jax.Array
    senders: jax.Array
    receivers: jax.Array
    features: jax.Array | None
    mask: jax.Array | None

    def without_fillers(self) -> Edges:
        """With zeros in place of what fills the arrays up, which may be no numbers."""
        if self.mask is None:
            return self
        zeroed = {
            name: jnp.where(self.mask[:, None], array, 0)
            for name, array in (("vectors", self.vectors), ("features", self.features))
            if array is not None
        }
        return self._replace(**zeroed)

    def sent(self, nodes: Features) -> Features:
        """The features of each edge's sender."""
        # features of a node that lie together are taken, and added, in half the time
        found = {
            i: jnp.moveaxis(jnp.moveaxis(z, -1, 0)[self.senders], 0, -1)
            for i, z in nodes.components.items()
        }
        return Features(nodes.coordinates, len(self.senders), nodes.dtype, components=found)

    def received(self, messages: Features, num_nodes: int, is_mean: bool) -> Features:
        """The sum or mean of the messages that each node receives; zero where there are none."""

        def sums(z: jax.Array) -> jax.Array:
            rows = jnp.moveaxis(z, -1, 0)
            return jnp.moveaxis(jax.ops.segment_sum(rows, self.receivers, num_nodes), 0, -1)

        found = {i: sums(z) for i, z in messages.components.items()}
        if is_mean:
            present = jnp.ones(len(self.receivers), bool) if self.mask is None else self.mask
            counts = jnp.maximum(sums(present.astype(self.vectors.dtype)), 1)
            found = {i: z / counts for i, z in found.items()}
        return Features(messages.coordinates, num_nodes, messages.dtype, components=found)


def _arguments(nodes, vectors, senders, receivers, edge_features=None, mask=None):
    """What maps on graphs are applied to."""


ARGUMENTS = signature(_arguments)


def checked_edges(
    name: str,
    rep: Rep,
    space: Rep,
    num_features: int,
    xs: Sequence[Any],
    named: Mapping[str, Any] | None,
) -> tuple[jax.Array, Edges]:
    """Nodes and edges, if they are those of one graph.

    Args:
        name: the layer, for messages.
        rep: how features of nodes transform.
        space: how vectors do.
        num_features: of each edge.
        xs: arguments by place.
        named: arguments by name.

    Raises:
        TypeError: if one is missing, or of another type.
        ValueError: if one has another shape, or an index is out of range.
    """
    try:
        given = ARGUMENTS.bind(*xs, **(named or {})).arguments
    except TypeError as error:
        raise TypeError(f"`{name}` takes {', '.join(ARGUMENTS.parameters)}: {error}.") from None
    nodes = check_input(name, given["nodes"], rep, "rep_in")
    vectors = check_input(name, given["vectors"], space, "space")
    for what, array in (("nodes", nodes), ("vectors", vectors)):
        if array.ndim != 2:
            raise ValueError(
                f"`{name}` takes {what} of shape (number, {array.shape[-1]}), because it takes one "
                f"graph. Got {array.shape}. Use `jax.vmap` for several."
            )
    if jnp.iscomplexobj(vectors):
        raise TypeError(f"`{name}` takes real vectors. Got {vectors.dtype}.")
    e = len(vectors)
    features, mask = given.get("edge_features"), given.get("mask")
    if features is None and num_features:
        raise TypeError(
            f"`{name}` takes edge_features, because num_edge_features = {num_features}. Got none."
        )
    if features is not None:
        features = _array(name, "edge_features", features, (e, num_features), jnp.floating)
    if mask is not None:
        mask = _array(name, "mask", mask, (e,), jnp.bool_)
    senders, receivers = (
        _indices(name, end, given[end], e, len(nodes)) for end in ("senders", "receivers")
    )
    return nodes, Edges(vectors, senders, receivers, features, mask)


KINDS = {
    jnp.floating: "floating point numbers",
    jnp.integer: "whole numbers",
    jnp.bool_: "booleans",
}


def _array(name: str, what: str, given: Any, shape: tuple[int, ...], kind: Any) -> jax.Array:
    """An array of numbers of one kind, with as many rows as there are edges."""
    array = jnp.asarray(given)
    if array.shape != shape:
        raise ValueError(
            f"`{name}` takes {what} of shape {shape}, because there are {shape[0]} vectors. Got "
            f"{array.shape}."
        )
    if not jnp.issubdtype(array.dtype, kind):
        raise TypeError(f"`{name}` takes {what} that are {KINDS[kind]}. Got {array.dtype}.")
    return array


def _indices(name: str, end: str, given: Any, num_edges: int, num_nodes: int) -> jax.Array:
    """Indices of nodes; those of traced arrays are believed."""
    array = _array(name, end, given, (num_edges,), jnp.integer)
    try:
        concrete = np.asarray(array)
    except jax.errors.TracerArrayConversionError:
        return array
    outside = concrete[(concrete < 0) | (concrete >= num_nodes)]
    if len(outside):
        raise ValueError(
            f"`{name}` takes {end} from 0 to {num_nodes - 1}, because there are {num_nodes} nodes. "
            f"Got {outside[0]}. Edges that fill arrays up need a `mask`, and a node all the same, "
            "such as 0."
        )
    return array
