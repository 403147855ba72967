"""The edges of a graph, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

    def at(self, ends: jax.Array, nodes: Features) -> Features:
        """The features of each edge's sender, or receiver."""
        # features of a node that lie together are taken, and added, in half the time
        found = {
            i: jnp.moveaxis(jnp.moveaxis(z, -1, 0)[ends], 0, -1)
            for i, z in nodes.components.items()
        }
        return Features(nodes.coordinates, len(self.senders), nodes.dtype, components=found)

    def received(self, messages: Features, num_nodes: int, is_mean: bool) -> Features:
        """The sum or mean of the messages that each node receives; zero where there are none."""
        found = {i: self.sums(z, num_nodes, is_mean) for i, z in messages.components.items()}
        return Features(messages.coordinates, num_nodes, messages.dtype, components=found)

    def sums(self, z: jax.Array, num_nodes: int, is_mean: bool) -> jax.Array:
        """`received`, of arrays (..., e): shape (..., num_nodes)."""
        rows = jnp.moveaxis(z, -1, 0)
        sums = jnp.moveaxis(jax.ops.segment_sum(rows, self.receivers, num_nodes), 0, -1)
        if not is_mean:
            return sums
        present = jnp.ones(len(rows), bool) if self.mask is None else self.mask
        counts = self.sums(present.astype(self.vectors.dtype), num_nodes, False)
        return sums / jnp.maximum(counts, 1)


def _of_vectors(nodes, vectors, senders, receivers, edge_features=None, mask=None):
    """What convolutions are applied to."""


def _of_positions(nodes, positions, senders, receivers, edge_features=None, mask=None, shifts=None):
    """What models are applied to."""


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
    given = _bound(name, _of_vectors, xs, named)
    nodes = _rows(name, "nodes", given, rep, "rep_in")
    vectors = _rows(name, "vectors", given, space, "space")
    senders, receivers = _ends(name, given, len(vectors), len(nodes))
    return nodes, Edges(vectors, senders, receivers, *_others(name, given, senders, num_features))


def checked_graph(
    name: str,
    rep: Rep,
    space: Rep,
    num_features: int,
    xs: Sequence[Any],
    named: Mapping[str, Any] | None,
) -> tuple[jax.Array, Edges]:
    """`checked_edges`, whose vectors are those from receivers to senders."""
    given = _bound(name, _of_positions, xs, named)
    nodes = _rows(name, "nodes", given, rep, "rep_in")
    positions = _rows(name, "positions", given, space, "space")
    if len(positions) != len(nodes):
        raise ValueError(
            f"`{name}` takes positions of shape {(len(nodes), space.dim)}, one for each node. Got "
            f"{positions.shape}."
        )
    senders, receivers = _ends(name, given, np.size(given["senders"]), len(nodes))
    vectors = positions[senders] - positions[receivers]
    if given.get("shifts") is not None:
        vectors += checked_array(name, "shifts", given["shifts"], vectors.shape, jnp.floating)
    return nodes, Edges(vectors, senders, receivers, *_others(name, given, senders, num_features))


def _bound(
    name: str,
    arguments: Callable[..., None],
    xs: Sequence[Any],
    named: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What was given, by the names of arguments."""
    expected = signature(arguments)
    try:
        return expected.bind(*xs, **(named or {})).arguments
    except TypeError as error:
        raise TypeError(f"`{name}` takes {', '.join(expected.parameters)}: {error}.") from None


def _rows(name: str, what: str, given: Mapping[str, Any], rep: Rep, argument: str) -> jax.Array:
    """A vector of a representation for each node or edge."""
    array = check_input(name, given[what], rep, argument)
    if array.ndim != 2:
        raise ValueError(
            f"`{name}` takes {what} of shape (number, {array.shape[-1]}), because it takes one "
            f"graph. Got {array.shape}. Use `jax.vmap` for several."
        )
    if what != "nodes" and jnp.iscomplexobj(array):
        raise TypeError(f"`{name}` takes real {what}. Got {array.dtype}.")
    return array


def _ends(
    name: str, given: Mapping[str, Any], num_edges: int, num_nodes: int
) -> tuple[jax.Array, jax.Array]:
    """Senders and receivers."""
    senders, receivers = (
        checked_indices(name, end, given[end], num_edges, num_nodes, "edges", "nodes")
        for end in ("senders", "receivers")
    )
    return senders, receivers


def _others(
    name: str, given: Mapping[str, Any], senders: jax.Array, num_features: int
) -> tuple[jax.Array | None, jax.Array | None]:
    """Features of edges and the mask."""
    features, mask = given.get("edge_features"), given.get("mask")
    if features is None and num_features:
        raise TypeError(
            f"`{name}` takes edge_features, because num_edge_features = {num_features}. Got none."
        )
    if features is not None:
        shape = (len(senders), num_features)
        features = checked_array(name, "edge_features", features, shape, jnp.floating)
    if mask is not None:
        mask = checked_array(name, "mask", mask, senders.shape, jnp.bool_)
    return features, mask


KINDS = {
    jnp.floating: "floating point numbers",
    jnp.integer: "whole numbers",
    jnp.bool_: "booleans",
}


def checked_array(
    name: str, what: str, given: Any, shape: tuple[int, ...], kind: Any, owners: str = "edges"
) -> jax.Array:
    """An array of numbers of one kind, with a row for each of its owners."""
    array = jnp.asarray(given)
    if array.shape != shape:
        raise ValueError(
            f"`{name}` takes {what} of shape {shape}, because there are {shape[0]} {owners}. Got "
            f"{array.shape}."
        )
    if not jnp.issubdtype(array.dtype, kind):
        raise TypeError(f"`{name}` takes {what} that are {KINDS[kind]}. Got {array.dtype}.")
    return array


def checked_indices(
    name: str, what: str, given: Any, count: int, bound: int, owners: str, owned: str
) -> jax.Array:
    """For each owner the number of what it owns; those of traced arrays are believed."""
    array = checked_array(name, what, given, (count,), jnp.integer, owners)
    try:
        concrete = np.asarray(array)
    except jax.errors.TracerArrayConversionError:
        return array
    outside = concrete[(concrete < 0) | (concrete >= bound)]
    if len(outside):
        raise ValueError(
            f"`{name}` takes {what} from 0 to {bound - 1}, because there are {bound} {owned}. Got "
            f"{outside[0]}. {owners.capitalize()} that fill arrays up need a `mask`, and a number "
            "all the same, such as 0."
        )
    return array
