"""What layers check of their inputs and parameters, once, when they are traced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from numbers import Integral, Real
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps import Coordinates, Features, SharedFrame
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


def check_count(argument: str, count, least: int = 0) -> None:
    """Refuses what is no whole number, or too small, as a size or number of layers."""
    if isinstance(count, bool) or not isinstance(count, Integral):
        raise TypeError(f"`{argument}` should be a whole number. Got {count!r}.")
    if count < least:
        bound = f"at least {least}" if least != 1 else "positive"
        raise ValueError(f"`{argument}` should be {bound}. Got {count}.")


def check_number(argument: str, number) -> None:
    """Refuses what is no finite real number."""
    if isinstance(number, bool) or not isinstance(number, Real) or not isfinite(number):
        raise TypeError(f"`{argument}` should be a finite number. Got {number!r}.")


def check_option(argument: str, option, options: Sequence[str]) -> None:
    """Refuses what is none of the names of an option."""
    if not isinstance(option, str) or option not in options:
        *others, last = map(repr, options)
        raise ValueError(f"`{argument}` should be {', '.join(others)} or {last}. Got {option!r}.")


def check_initialiser(argument: str, init) -> None:
    """Refuses what is neither a function nor None."""
    if init is not None and not callable(init):
        raise TypeError(
            f"`{argument}` should be a function of a shape and a dtype, such as `jnp.zeros` or one "
            f"of `hk.initializers`, or None. Got {init!r}."
        )


def check_function(argument: str, function, which: str) -> None:
    """Refuses what cannot be called, such as the pair of functions that Haiku makes of one."""
    if not callable(function):
        raise TypeError(
            f"`{argument}` should be a function, {which}. Got an object of {type(function)}."
        )


def check_rtol(rtol: float | None) -> None:
    """Refuses what is no fraction."""
    if rtol is not None and not (isinstance(rtol, Real) and 0 < rtol < 1):
        raise ValueError(
            "`rtol` should lie between 0 and 1, because it is a fraction of the generators' size, "
            f"or be None. Got {rtol!r}."
        )


def check_frame(frame, rtol: float | None = None) -> None:
    """Refuses what is neither a shared frame nor None, and a cutoff beside a frame."""
    check_rtol(rtol)
    if frame is not None and rtol is not None:
        raise ValueError(
            "`rtol` should be None beside a `frame`, whose maps are all solved with the frame's "
            f"own: `frame(..., rtol={rtol})`. Got both."
        )
    if frame is not None and not isinstance(frame, SharedFrame):
        raise TypeError(
            "`frame` should be what `constrainet.maps.frame` makes of a model's representations, "
            f"or None. Got {frame!r}."
        )


def check_rep(argument: str, rep) -> None:
    """Refuses what is not a representation."""
    if not isinstance(rep, Rep):
        raise TypeError(
            f"`{argument}` should be a representation, such as `V(SO(3))`. Got {rep!r}."
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
        ValueError: if it is not among the parameters given, or has another shape there, or its
            initialiser returns another shape.
        TypeError: if it is real and should be complex, or the other way round, or of whole numbers.
    """
    advice = "Were these parameters made for another model?"

    def checked(shape, dtype):
        array = init(shape, dtype)
        if np.shape(array) != tuple(shape):
            raise ValueError(
                f"The initialiser of parameter {name!r} of `{title(layer)}` should return an array "
                f"of the shape that it is given, {tuple(shape)}. Got shape {np.shape(array)}."
            )
        return jnp.asarray(array)

    try:
        found = hk.get_parameter(name, shape, dtype, init=checked)
    except (AttributeError, ValueError) as error:
        if hk.running_init():  # a fault of the initialiser
            raise
        raise ValueError(
            f"`{title(layer)}` needs a parameter {name!r} of shape {tuple(shape)}. {advice} Haiku "
            f"says: {error}"
        ) from error
    is_complex = jnp.issubdtype(dtype, jnp.complexfloating)
    if jnp.iscomplexobj(found) != is_complex or not jnp.issubdtype(found.dtype, jnp.inexact):
        kind, why = "real", "the layer's weights are"
        if is_complex:
            kind, why = "complex", "its representations are"
        if hk.running_init():
            advice = f"Its initialiser should return the dtype that it is given, {dtype}."
        raise TypeError(
            f"Parameter {name!r} of `{title(layer)}` should be {kind}, because {why}. Got "
            f"{found.dtype}. {advice}"
        )
    return found


@contextmanager
def naming(layer: hk.Module) -> Iterator[None]:
    """Within it, errors of arguments and of what is made of them begin with the layer's name.

    Exceptions of other types carry numbers, and stay what they are.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):
            raise
        raise type(error)(f"`{title(layer)}`: {error}") from error


def title(layer: hk.Module) -> str:
    """How messages name a layer: by its kind, and its place in the model."""
    return f"{type(layer).__name__}({layer.module_name})"
