"""Models as ONNX files, for robots without JAX."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from constrainet.maps.folding import separated
from constrainet.maps.rows import row_products_p

INLINED = ("pjit", "jit", "closed_call", "custom_jvp_call")
"""Operations that hold others, which are written in their place."""


def save_onnx(path: str | os.PathLike, apply: Callable[..., Any], params: Any, x: Any) -> None:
    """Writes a model as an ONNX file, with weights after projection and an open batch size.

    Needs the extra `onnx`.

    Args:
        path: of the file, which ends in ".onnx".
        apply: as of `fold`.
        params: as of `fold`.
        x: as of `fold`. The file's input is called "x", and its output "y"; of dictionaries, as the
            parts are.

    Raises:
        TypeError, ValueError: as `fold`.
        NotImplementedError: if the model has an operation that cannot be written.
    """
    from jax2onnx import to_onnx  # pyright: ignore[reportMissingImports]

    function, weights, inputs = separated("save_onnx", apply, params, x)
    leaves, structure = jax.tree.flatten(inputs)
    results = jax.eval_shape(function, weights, inputs)

    def plain(*arrays):
        closed = jax.make_jaxpr(function)(weights, jax.tree.unflatten(structure, arrays))
        found = _written_out(closed.jaxpr, closed.consts, [*weights, *arrays])
        return found[0] if len(found) == 1 else tuple(found)

    is_double = any(jnp.finfo(leaf.dtype).dtype == jnp.float64 for leaf in leaves)
    try:
        to_onnx(
            plain,
            leaves,
            model_name="constrainet",
            enable_double_precision=is_double,
            return_mode="file",
            output_path=path,
            input_names=sorted(inputs) if isinstance(inputs, Mapping) else ["x"],
            output_names=sorted(results) if isinstance(results, Mapping) else ["y"],
        )
    except Exception as error:  # whatever a missing operation leads to
        raise NotImplementedError(
            "`save_onnx(apply=...)` should consist of operations that jax2onnx can write for any "
            f"batch size. It says: {error}. Use `fold`, which takes all."
        ) from error


def _written_out(jaxpr: Any, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
    """The program's results, with products of rows as operations that others know, too."""
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *args), strict=True))
    for equation in jaxpr.eqns:
        xs = [v.val if isinstance(v, Literal) else known[v] for v in equation.invars]
        options = equation.params
        inner = options.get("jaxpr", options.get("call_jaxpr"))
        if equation.primitive is row_products_p:
            ys = [options["form"].formula(*xs, options["slot"])]
        elif equation.primitive.name == "pad":
            ys = [_padded(xs[0], xs[1], options["padding_config"])]
        elif equation.primitive.name == "optimization_barrier":
            ys = xs
        elif equation.primitive.name in INLINED:
            ys = _written_out(inner.jaxpr, inner.consts, xs)
        else:
            ys = equation.primitive.bind(*xs, **options)
            ys = ys if equation.primitive.multiple_results else [ys]
        known.update(zip(equation.outvars, ys, strict=True))
    return [v.val if isinstance(v, Literal) else known[v] for v in jaxpr.outvars]


def _padded(x: Any, value: Any, widths: Sequence[tuple[int, int, int]]) -> Any:
    """`lax.pad` by concatenation, which jax2onnx can write beside an axis of any size."""
    if any(low < 0 or high < 0 or between for low, high, between in widths):
        return jax.lax.pad(x, value, widths)
    for axis, (low, high, _) in enumerate(widths):
        sizes = [(*x.shape[:axis], n, *x.shape[axis + 1 :]) for n in (low, high)]
        before, after = (jnp.broadcast_to(value, size) for size in sizes)
        parts = [part for part in (before, x, after) if part.shape[axis] != 0]
        x = jnp.concatenate(parts, axis)
    return x
