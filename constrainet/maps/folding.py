"""Models for inference: what depends on parameters alone is computed once.

Projections, expansions and scalings of weights need not be repeated with every batch. Folding
evaluates them and keeps the rest of the computation as a plain function, which knows neither Haiku
nor this library: it is exported by `jax.export`, and is saved beside its weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax import export
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from constrainet.arguments import check_function
from constrainet.inference import FoldedModel
from constrainet.maps.fingerprints import fingerprint


def fold(apply: Callable[..., Any], params: Any, x: Any) -> FoldedModel:
    """Evaluates what depends on parameters alone, and exports the rest as a plain function.

    Args:
        apply: a function of parameters and inputs, such as `apply` of a map, or of a Haiku
            transform without random keys. It may hold layers of any library.
        params: the parameters.
        x: an input, shape (batch, ...), or a dictionary of such; only types and all axes but the
            first count.

    Returns:
        The folded model, for any batch size.

    Raises:
        TypeError: if `apply` is no function, or `x` neither an array nor a dictionary of arrays.
        ValueError: if there is no batch axis in `x`, or in what `apply` returns, which should be
            one array or a dictionary of arrays.

    Example:
        See `FoldedModel`.
    """
    function, weights, inputs = separated("fold", apply, params, x)
    shapes = tuple(jax.ShapeDtypeStruct(w.shape, w.dtype) for w in weights)
    exported = export.export(jax.jit(function), platforms=("cpu", "cuda"))(shapes, inputs)
    return FoldedModel(exported, weights, fingerprint(apply, params, x))


def separated(
    name: str, apply: Callable[..., Any], params: Any, x: Any
) -> tuple[Callable[..., Any], tuple[jax.Array, ...], Any]:
    """What depends on inputs as a function of weights and inputs, the weights, and the inputs.

    Args:
        name: of what is asked for, for messages.
        apply: as of `fold`.
        params: as of `fold`.
        x: as of `fold`.
    """
    check_function(f"{name}(apply=...)", apply, "such as `model.apply` of a Haiku transform")
    batch, *_ = export.symbolic_shape("batch")
    inputs = {key: _input(name, each, batch) for key, each in _parts(x).items()}
    inputs = inputs if isinstance(x, Mapping) else inputs[""]
    closed, results = jax.make_jaxpr(apply, return_shape=True)(params, inputs)
    jaxpr, leaves = closed.jaxpr, jax.tree.leaves(params)
    if not all(
        isinstance(y, jax.ShapeDtypeStruct) and y.shape[:1] == (batch,)
        for y in _parts(results).values()
    ):
        raise ValueError(
            f"`{name}(apply=...)` should return one array, or a dictionary of arrays, with the "
            f"batch first. Got {results!r:.200}."
        )
    now, later, known = _separate(jaxpr.eqns, {*jaxpr.constvars, *jaxpr.invars[: len(leaves)]})
    read = [v for equation in later for v in equation.invars] + list(jaxpr.outvars)
    used = list(dict.fromkeys(v for v in read if not isinstance(v, Literal) and v in known))
    before = _part(jaxpr, jaxpr.constvars, jaxpr.invars[: len(leaves)], used, now)
    after = _part(jaxpr, [], [*used, *jaxpr.invars[len(leaves) :]], jaxpr.outvars, later)
    weights = tuple(jaxpr_as_fun(ClosedJaxpr(before, closed.consts))(*leaves))
    structure = jax.tree.structure(results)

    def function(weights, x):
        found = jaxpr_as_fun(ClosedJaxpr(after, []))(*weights, *jax.tree.leaves(x))
        return jax.tree.unflatten(structure, found)

    return function, weights, inputs


def _parts(x: Any) -> Mapping[str, Any]:
    """What a dictionary holds; another value under no name."""
    return x if isinstance(x, Mapping) else {"": x}


def _input(name: str, x: Any, batch: Any) -> jax.ShapeDtypeStruct:
    """The shape and type of an input, for any batch size."""
    if not isinstance(x, jax.Array | np.ndarray | jax.ShapeDtypeStruct):
        raise TypeError(
            f"`{name}(x=...)` should be an array or a dictionary of arrays. Got {x!r:.60}, of "
            f"{type(x)}."
        )
    if len(x.shape) < 2:
        raise ValueError(
            f"`{name}(x=...)` should have a batch axis before the others, because the batch size "
            f"is left open. Got shape {x.shape}."
        )
    return jax.ShapeDtypeStruct((batch, *x.shape[1:]), x.dtype)


def _separate(equations: Sequence, known: set) -> tuple[list, list, set]:
    """The equations that only read what is known, or made by such; the others; and all known."""
    now, later, known = [], [], set(known)
    for equation in equations:
        is_known = all(isinstance(v, Literal) or v in known for v in equation.invars)
        if is_known and not _depends_on_batch(equation):
            now.append(equation)
            known.update(equation.outvars)
        else:
            later.append(equation)
    return now, later, known


def _depends_on_batch(equation) -> bool:
    """Whether an equation that reads no inputs knows the batch size all the same."""
    sizes = [size for v in equation.outvars for size in v.aval.shape]
    return equation.primitive.name == "dim_as_value" or not all(isinstance(n, int) for n in sizes)


def _part(jaxpr, constvars, invars, outvars, equations):
    """Some of a program's equations as a program of their own."""
    # the names of arguments are those of the whole program; old versions of JAX do without
    unnamed = getattr(jaxpr.debug_info, "with_unknown_names", lambda: None)()
    return jaxpr.replace(
        constvars=list(constvars),
        invars=list(invars),
        outvars=list(outvars),
        eqns=list(equations),
        debug_info=unnamed,
    )
