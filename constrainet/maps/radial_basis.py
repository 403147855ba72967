"""Functions of a length that are smooth where it is zero and vanish at a cutoff.

All are computed as functions of the squared length, of which they are analytic: a square root has
no derivative at zero, and edges of length zero occur.
"""

from __future__ import annotations

from math import factorial, pi, sqrt
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.arguments import check_count, check_number

SERIES_BELOW = 0.5
"""Of z² in sin(z) / z, which is the sum of its first terms there; they are exact to 1e-16."""

TERMS = 8


def radial_basis(r: Any, count: int, cutoff: float) -> jax.Array:
    """Bessel functions of a length, with a smooth envelope.

    With ρ = r / cutoff, the functions are √(2/3) sin(nπρ) / ρ · u(ρ²) for n = 1 ... count, and zero
    from the cutoff on. The envelope u(t) = 1 - 10t³ + 15t⁴ - 6t⁵ is one, and flat, at r = 0, and
    zero with two derivatives at the cutoff. Without it the functions are orthogonal on the ball of
    that radius in three dimensions, with mean square 1. Derivatives of all orders are finite at
    r = 0.

    Args:
        r: lengths, shape (...).
        count: how many functions; more tell closer lengths apart.
        cutoff: the length from which all are zero, in the units of r.

    Returns:
        Shape (..., count), dimensionless, of the precision of r.

    Raises:
        TypeError: if `count` is no whole number, or `cutoff` no number.
        ValueError: if one is not positive.

    Example:
        >>> import jax.numpy as jnp
        >>> y = radial_basis(jnp.array([0.0, 2.0, 5.0]), count=3, cutoff=5.0)
        >>> y.shape, bool((abs(y[2]) < 1e-6).all())
        ((3, 3), True)

    References:
        Gasteiger, Groß, Günnemann, "Directional message passing for molecular graphs" (2020),
        section 5, with another envelope there.
    """
    check_count("radial_basis(count=...)", count, least=1)
    check_cutoff("radial_basis(cutoff=...)", cutoff)
    r = jnp.asarray(r)
    r = r if jnp.issubdtype(r.dtype, jnp.floating) else r.astype(float)
    return bessel_functions((r / cutoff) ** 2, count)


def bessel_functions(t: jax.Array, count: int) -> jax.Array:
    """`radial_basis`, of the squares t = ρ² of lengths in units of the cutoff."""
    n = jnp.arange(1, count + 1, dtype=t.dtype) * pi
    return sqrt(2 / 3) * n * _sinc(t[..., None] * n**2) * envelope(t)[..., None]


def envelope(t: jax.Array) -> jax.Array:
    """u(t), and zero for t > 1."""
    inside = jnp.minimum(t, 1)
    return 1 + inside**3 * (-10 + inside * (15 - 6 * inside))


def _sinc(square: jax.Array) -> jax.Array:
    """sin(z) / z as a function of z²."""
    is_small = square < SERIES_BELOW
    z = jnp.sqrt(jnp.where(is_small, 1, square))  # has a derivative where it is not used, too
    terms = np.array([(-1.0) ** k / factorial(2 * k + 1) for k in reversed(range(TERMS))])
    series = jnp.polyval(jnp.asarray(terms, square.dtype), jnp.where(is_small, square, 0))
    return jnp.where(is_small, series, jnp.sin(z) / z)


def check_cutoff(argument: str, cutoff) -> None:
    """Refuses what is no length."""
    check_number(argument, cutoff)
    if cutoff <= 0:
        raise ValueError(
            f"`{argument}` should be positive, because it is a length. Got {cutoff!r}."
        )
