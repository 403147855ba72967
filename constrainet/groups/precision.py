"""Double precision in JAX for a while, without changing its global configuration."""

from __future__ import annotations

from contextlib import AbstractContextManager

import jax


def double_precision() -> AbstractContextManager:
    """A context in which JAX computes in float64, in this thread alone.

    Example:
        >>> import jax
        >>> with double_precision():
        ...     jax.numpy.ones(2).dtype
        dtype('float64')
    """
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    # before JAX 0.8
    from jax.experimental import enable_x64  # pyright: ignore[reportAttributeAccessIssue]

    return enable_x64()
