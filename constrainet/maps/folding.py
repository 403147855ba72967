"""Models for inference: what depends on parameters alone is computed once.

Projections, expansions and scalings of weights need not be repeated with every batch. Folding
evaluates them and keeps the rest of the computation as a plain function, which knows neither Haiku
nor this library: it is exported by `jax.export`, and is saved beside its weights.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from typing import Any
from zipfile import BadZipFile

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun
from numpy.lib.npyio import NpzFile

from constrainet.arguments import check_function
from constrainet.maps.fingerprints import fingerprint


class FoldedModel:
    """A model with its weights, ready for inference; made by `fold` or `load_folded`.

    Args:
        exported: the function of weights and inputs.
        weights: its weights.
        fingerprint: of the model that was folded.

    Attributes:
        weights: arrays that the function multiplies with its inputs: parameters after projection.
        fingerprint: that of the model whose parameters were folded, by
            `constrainet.maps.fingerprint`.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import O
        >>> from constrainet.reps import V
        >>> model = cm.linear(2 * V(O(3)), V(O(3)))
        >>> x = jnp.ones((4, 6))
        >>> params = model.init(jax.random.key(0))
        >>> folded = cm.fold(model.apply, params, x)
        >>> bool(jnp.allclose(folded(x), model.apply(params, x)))
        True
    """

    def __init__(self, exported: export.Exported, weights: Sequence[jax.Array], fingerprint: str):
        self.exported, self.weights, self.fingerprint = exported, tuple(weights), fingerprint
        self._call = jax.jit(exported.call)

    def __call__(self, x: jax.Array) -> jax.Array:
        """The model applied to inputs of any batch size, of the type it was folded for.

        Raises:
            ValueError: if the input has another type, or another size but for the batch.
        """
        x, expected = jnp.asarray(x), self.exported.in_avals[-1]
        if x.shape[1:] != expected.shape[1:] or x.dtype != expected.dtype:
            shape = ", ".join(map(str, expected.shape))
            raise ValueError(
                f"This `FoldedModel` takes arrays of shape ({shape}) and type {expected.dtype}, "
                f"as it was folded for. Got shape {x.shape} and type {x.dtype}."
            )
        return self._call(self.weights, x)

    def save(self, path: str | os.PathLike) -> None:
        """Writes weights, function and fingerprint to an `.npz` file; nothing is pickled.

        Args:
            path: of the file, which ends in ".npz".
        """
        arrays = {f"weight_{i}": np.asarray(weight) for i, weight in enumerate(self.weights)}
        arrays["function"] = np.frombuffer(bytes(self.exported.serialize()), np.uint8)
        arrays["fingerprint"] = np.array(self.fingerprint)
        with open(path, "wb") as file:
            np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]


def fold(apply: Callable[..., jax.Array], params: Any, x: jax.Array) -> FoldedModel:
    """Evaluates what depends on parameters alone, and exports the rest as a plain function.

    Args:
        apply: a function of parameters and inputs, such as `apply` of a map, or of a Haiku
            transform without random keys. It may hold layers of any library.
        params: the parameters.
        x: an input, shape (batch, ...); only its type and all axes but the first count.

    Returns:
        The folded model, for any batch size.

    Raises:
        TypeError: if `apply` is no function, or `x` no array.
        ValueError: if `x` has no batch axis, or `apply` returns several arrays.

    Example:
        See `FoldedModel`.
    """
    check_function("fold(apply=...)", apply, "such as `model.apply` of a Haiku transform")
    if not isinstance(x, jax.Array | np.ndarray | jax.ShapeDtypeStruct):
        raise TypeError(f"`fold(x=...)` should be an array. Got {x!r:.60}, of {type(x)}.")
    if len(x.shape) < 2:
        raise ValueError(
            "`fold(x=...)` should have a batch axis before the others, because the batch size is "
            f"left open. Got shape {x.shape}."
        )
    batch, *_ = export.symbolic_shape("batch")
    inputs = jax.ShapeDtypeStruct((batch, *x.shape[1:]), x.dtype)
    closed = jax.make_jaxpr(apply)(params, inputs)
    jaxpr, leaves = closed.jaxpr, jax.tree.leaves(params)
    if len(jaxpr.outvars) != 1:
        raise ValueError(
            f"`fold(apply=...)` should return one array. Got {len(jaxpr.outvars)} of them."
        )
    now, later, known = _separate(jaxpr.eqns, {*jaxpr.constvars, *jaxpr.invars[: len(leaves)]})
    read = [v for equation in later for v in equation.invars] + list(jaxpr.outvars)
    used = list(dict.fromkeys(v for v in read if not isinstance(v, Literal) and v in known))
    before = _part(jaxpr, jaxpr.constvars, jaxpr.invars[: len(leaves)], used, now)
    after = _part(jaxpr, [], [*used, *jaxpr.invars[len(leaves) :]], jaxpr.outvars, later)
    weights = tuple(jaxpr_as_fun(ClosedJaxpr(before, closed.consts))(*leaves))

    def function(weights, x):
        return jaxpr_as_fun(ClosedJaxpr(after, []))(*weights, x)[0]

    shapes = tuple(jax.ShapeDtypeStruct(w.shape, w.dtype) for w in weights)
    exported = export.export(jax.jit(function), platforms=("cpu", "cuda"))(shapes, inputs)
    return FoldedModel(exported, weights, fingerprint(apply, params, x))


def load_folded(path: str | os.PathLike) -> FoldedModel:
    """Reads what `FoldedModel.save` wrote.

    Args:
        path: of the file.

    Returns:
        The folded model.

    Raises:
        ValueError: if the file holds no folded model.
    """
    try:
        with open(path, "rb") as opened, NpzFile(opened, allow_pickle=False) as file:
            function = file["function"].tobytes()
            digits = str(file["fingerprint"])
            weights = [jnp.asarray(file[f"weight_{i}"]) for i in range(len(file.files) - 2)]
        exported = export.deserialize(bytearray(function))
    except (BadZipFile, KeyError, ValueError, struct.error) as error:
        raise ValueError(
            f"`load_folded(path=...)` should name a file that `FoldedModel.save` wrote. {path} "
            f"holds no folded model: {error}"
        ) from error
    return FoldedModel(exported, weights, digits)


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
