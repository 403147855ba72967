"""Arrays that are spread over several devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec


def compute(function: Callable[..., jax.Array], xs: Sequence[jax.Array], *others: Any) -> jax.Array:
    """`function(xs, *others)`, laid out by the compiler where arrays have explicit axes of a mesh.

    What maps compute with, rows and components, has the batch last and merges axes; under explicit
    axes JAX would have every such step say how its result is spread. So only the result is said to
    be: by its leading axes, as the inputs are.

    Args:
        function: returns an array with the leading axes of `xs`, and one more.
        xs: arrays with equal leading axes.
        *others: arrays, and dictionaries of them.
    """
    auto_axes = getattr(jax.sharding, "auto_axes", None)  # older versions of JAX have no such axes
    if auto_axes is None:
        return function(xs, *others)
    shardings = [jax.typeof(array).sharding for array in jax.tree.leaves((xs, others))]
    mesh = next((each.mesh for each in shardings if each.mesh.explicit_axes), None)
    if mesh is None:
        return function(xs, *others)
    specs = [sharding.spec[:-1] for sharding in shardings[: len(xs)]]
    lead = next((spec for spec in specs if any(spec)), specs[0])
    return auto_axes(function, out_sharding=NamedSharding(mesh, PartitionSpec(*lead, None)))(
        xs, *others
    )


def times(matrix: jax.Array, z: jax.Array) -> jax.Array:
    """A matrix (n, m) times an array (m, ..., batch), over its first axis.

    With the other axes merged it is one product of matrices, and so are its derivatives: twice as
    fast on a CPU. But a batch that is spread over devices would be gathered to be merged.
    """
    if _is_spread():
        return jnp.tensordot(matrix, z, 1)
    rest = z.shape[1:]
    return (matrix @ z.reshape(len(z), prod(rest))).reshape(len(matrix), *rest)


def _is_spread() -> bool:
    """Whether the compiler spreads arrays over axes of a mesh, as far as is known."""
    mesh = getattr(jax.sharding, "get_abstract_mesh", lambda: None)()
    return mesh is not None and bool(mesh.auto_axes)
