"""What layers check of their inputs, once, when they are traced."""

from __future__ import annotations

from numbers import Integral

import jax
import jax.numpy as jnp

from constrainet.reps import Rep


def check_input(name: str, x, rep: Rep) -> jax.Array:
    """The input as an array, if its last axis is the representation's.

    Args:
        name: the layer, for the message.
        x: the input.
        rep: what the layer takes.

    Raises:
        ValueError: if the last axis has another size.
        TypeError: if the input holds whole numbers.
    """
    x = jnp.asarray(x)
    if x.ndim == 0 or x.shape[-1] != rep.dim:
        raise ValueError(
            f"`{name}` takes arrays of shape (..., {rep.dim}), because rep_in = {rep} has "
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
