"""From nodes to graphs."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from constrainet.arguments import check_count, check_option
from constrainet.maps.edge_map import AGGREGATES
from constrainet.maps.edges import checked_array, checked_indices


def pool_graphs(
    nodes: Any, graphs: Any, num_graphs: int, aggregate: str = "sum", mask: Any = None
) -> jax.Array:
    """Sums or means over the nodes of each graph, of several that are batched as one.

    Args:
        nodes: what nodes have, shape (n, ...), such as a model's results.
        graphs: of which graph each node is, shape (n,), whole numbers from 0 on. What lies outside
            is refused, but under `jax.jit`, which knows no values.
        num_graphs: how many there are.
        aggregate: "sum" or "mean".
        mask: booleans, shape (n,); nodes where it is false are not there.

    Returns:
        Shape (num_graphs, ...); zeros for graphs without nodes.

    Raises:
        TypeError: if numbers of graphs are not whole, or the mask does not hold booleans.
        ValueError: if a shape does not fit, a number is out of range, or `aggregate` is unknown.

    Example:
        >>> import jax.numpy as jnp
        >>> pool_graphs(jnp.array([1.0, 2.0, 6.0]), jnp.array([0, 0, 1]), 2)
        Array([3., 6.], dtype=float32)
    """
    check_count("pool_graphs(num_graphs=...)", num_graphs)
    check_option("pool_graphs(aggregate=...)", aggregate, AGGREGATES)
    nodes = jnp.asarray(nodes)
    if not nodes.ndim:
        raise ValueError("`pool_graphs` takes nodes of shape (number, ...). Got a number.")
    n = len(nodes)
    graphs = checked_indices("pool_graphs", "graphs", graphs, n, num_graphs, "nodes", "graphs")
    present = jnp.ones(n, bool)
    if mask is not None:
        present = checked_array("pool_graphs", "mask", mask, (n,), jnp.bool_, "nodes")
    inner = (1,) * (nodes.ndim - 1)
    kept = jnp.where(present.reshape(n, *inner), nodes, 0)
    sums = jax.ops.segment_sum(kept, graphs, num_graphs)
    if aggregate == "sum":
        return sums
    counts = jax.ops.segment_sum(present.astype(sums.dtype), graphs, num_graphs)
    return sums / jnp.maximum(counts, 1).reshape(num_graphs, *inner)
