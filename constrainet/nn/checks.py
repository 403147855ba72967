"""What layers check of their inputs and parameters, once, when they are traced."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.maps import Coordinates, Features
from constrainet.reps import Rep


def check_input(name: str, x, rep: Rep, argument: str = "rep_in") -> jax.Array:
    """The input as an array, if its last axis is the representation's.

    Args:
        name: the layer, for the message.
        x: the input.
        rep: what the layer takes.
        argument: what the layer calls it.

    Raises:
        ValueError: if the last axis has another size.
        TypeError: if the input is no array, or holds whole numbers.
    """
    try:
        # older versions of JAX take None for NaN
        array = None if x is None else jnp.asarray(x)
    except (TypeError, ValueError):
        array = None
    if array is None:
        raise TypeError(f"`{name}` takes arrays. Got {x!r:.60}, of {type(x)}.")
    x = array
    if x.ndim == 0 or x.shape[-1] != rep.dim:
        raise ValueError(
            f"`{name}` takes arrays of shape (..., {rep.dim}), because {argument} = {rep} has "
            f"dimension {rep.dim}. Got an array of shape {x.shape}."
        )
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        raise TypeError(
            f"`{name}` takes floating point arrays. Got {x.dtype}; use `x.astype(float)`."
        )
    return x


def check_count(argument: str, count) -> None:
    """Refuses what is no whole number, as a size or number of layers."""
    if isinstance(count, bool) or not isinstance(count, Integral):
        raise TypeError(f"`{argument}` should be a whole number. Got {count!r}.")


def check_rep(call: str, argument: str, rep) -> None:
    """Refuses what is not a representation."""
    if not isinstance(rep, Rep):
        raise TypeError(
            f"`{call}({argument}=...)` should be a representation, such as `V(SO(3))`. Got {rep!r}."
        )


def enter(
    layer: hk.Module, x: Any, rep: Rep, coordinates: Coordinates, argument: str = "rep_in"
) -> tuple[Features, Callable[[Features], Any]]:
    """What a layer computes with, and how its result is handed back.

    Args:
        layer: for messages.
        x: vectors (..., rep.dim), or features from the layer before.
        rep: how they transform.
        coordinates: of `rep`.
        argument: what the layer calls it.

    Returns:
        The input as features, and a function from features to what `x` was: an array or features.

    Raises:
        ValueError, TypeError: as `check_input`.
    """
    if isinstance(x, Features):
        return x, lambda y: y
    x = check_input(title(layer), x, rep, argument)
    return Features.of(coordinates, x), lambda y: y.array(x.shape[:-1])


def parameter(layer: hk.Module, name: str, shape: tuple[int, ...], dtype: Any, init) -> jax.Array:
    """`hk.get_parameter`, refusing arrays of another shape or kind.

    Raises:
        ValueError: if it is not among the parameters given, or has another shape there.
        TypeError: if it is real and should be complex, or the other way round.
    """
    advice = "Were these parameters made for another model?"
    try:
        found = hk.get_parameter(name, shape, dtype, init=init)
    except ValueError as error:
        if hk.running_init():  # a fault of the initialiser
            raise
        raise ValueError(
            f"`{title(layer)}` needs a parameter {name!r} of shape {tuple(shape)}. {advice} Haiku "
            f"says: {error}"
        ) from error
    if jnp.iscomplexobj(found) != jnp.issubdtype(dtype, jnp.complexfloating):
        kind, why = "real", "the layer's weights are"
        if jnp.issubdtype(dtype, jnp.complexfloating):
            kind, why = "complex", "its representations are"
        raise TypeError(
            f"Parameter {name!r} of `{title(layer)}` should be {kind}, because {why}. Got "
            f"{found.dtype}. {advice}"
        )
    return found


def title(layer: hk.Module) -> str:
    """How messages name a layer: by its kind, and its place in the model."""
    return f"{type(layer).__name__}({layer.module_name})"
