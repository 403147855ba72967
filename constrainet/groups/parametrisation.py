"""The Lie algebra of a group that is given by a function of parameters, in double precision."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups.lie_algebra import LieAlgebra
from constrainet.tolerances import EXACT

STEP = 1e-6
"""Length of the parameters at which the function is compared with its derivative at zero."""

SMOOTH = 1e-3
"""Largest miss of the linear approximation at `STEP`, in units of the step.

A function with second derivatives up to 1000 misses by less; one with a kink by about 1.
"""

RADIUS = 0.1
"""Length of the random parameters at which the function should not have left the group."""

NUM_POINTS = 4


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


def tangents(function: Callable[[jax.Array], Any], num_parameters: int, name: str) -> np.ndarray:
    """The derivatives of a parametrised group at the identity, which span its Lie algebra.

    What is checked: f(0) = 1; the derivative at zero is finite, and f follows it nearby; and f does
    not leave the group. A differentiable path that starts at the identity stays in the connected
    group of a Lie algebra exactly if f'(t) f(t)⁻¹ stays in the algebra, so that is looked at, at
    random parameters. Where f is analytic, one generic point speaks for all.

    References:
        Hall, "Lie Groups, Lie Algebras, and Representations" (2015), sections 3.5 and 5.3.

    Args:
        function: from parameters of shape (num_parameters,) to a (d, d) matrix, in `jax.numpy`.
        num_parameters: how many there are.
        name: of the group, for messages.

    Returns:
        float64 or complex128, shape (num_parameters, d, d).

    Raises:
        TypeError: if the function is no function, or not one that JAX can differentiate.
        ValueError: if one of the checks fails.
    """
    if not callable(function):
        raise TypeError(
            "`Group.from_function(function=...)` should be a function from parameters to a "
            f"matrix. Got {function!r}."
        )
    with double_precision():
        zero = jnp.zeros(num_parameters)
        identity = _value(function, zero)
        d = len(identity)
        if np.abs(identity - np.eye(d)).max() > EXACT:
            raise ValueError(
                "`Group.from_function(function=...)` should be the identity matrix where all "
                f"parameters are zero. Got function(0) =\n{identity}"
            )
        algebra = _derivative(function, zero)
        if not np.isfinite(algebra).all():
            raise _not_smooth(
                f"its derivative there has entries {algebra[~np.isfinite(algebra)][0]}"
            )
        rng = np.random.RandomState(0)
        for direction in (*np.eye(num_parameters), rng.normal(size=num_parameters)):
            step = STEP * direction / np.linalg.norm(direction)
            for sign in (1, -1):
                change = _value(function, jnp.asarray(sign * step)) - np.eye(d)
                expected = np.tensordot(sign * step, algebra, axes=1)
                miss = np.linalg.norm(change - expected) / STEP
                if not miss < SMOOTH * max(1, np.linalg.norm(algebra)):
                    raise _not_smooth(
                        f"for parameters of length {STEP:.0e} it misses its linear approximation "
                        f"by {miss:.1e} of that length"
                    )
        _check_closed(function, LieAlgebra(algebra, name=name), num_parameters)
    return algebra


def _check_closed(function: Callable, closure: LieAlgebra, num_parameters: int) -> None:
    rng = np.random.RandomState(1)
    for _ in range(NUM_POINTS):
        theta = rng.normal(size=num_parameters)
        theta *= RADIUS / np.linalg.norm(theta)
        inverse = np.linalg.inv(_value(function, jnp.asarray(theta)))
        velocities = _derivative(function, jnp.asarray(theta)) @ inverse
        for velocity in velocities:
            rest = closure.distance(velocity)
            if not rest < EXACT * max(1, closure.size(velocity)):
                raise ValueError(
                    "`Group.from_function(function=...)` should stay in the group that its "
                    f"derivatives at zero generate, of dimension {closure.dim}. At the parameters "
                    f"{np.round(theta, 3).tolist()} it leaves it: f' f⁻¹ lies {rest:.1e} from the "
                    "Lie algebra. Either the matrices form no group, or some direction of it does "
                    "not show at zero, because its parameter enters only squared."
                )


def _value(function: Callable, theta: jax.Array) -> np.ndarray:
    try:
        value = np.asarray(function(theta))
    except jax.errors.TracerArrayConversionError as error:
        raise _not_jax() from error
    if value.ndim != 2 or value.shape[0] != value.shape[1]:
        raise ValueError(
            "`Group.from_function(function=...)` should return a square matrix. Got shape "
            f"{value.shape} for parameters of shape {theta.shape}."
        )
    if not np.isfinite(value).all():
        raise _not_smooth(f"at the parameters {np.asarray(theta).tolist()} it is not finite")
    return value.astype(complex if np.iscomplexobj(value) else float)


def _derivative(function: Callable, theta: jax.Array) -> np.ndarray:
    """Shape (num_parameters, d, d)."""

    def parts(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        value = jnp.asarray(function(theta))
        return jnp.real(value), jnp.imag(value)

    try:
        real, imaginary = (np.moveaxis(np.asarray(x), -1, 0) for x in jax.jacobian(parts)(theta))
        is_complex = jnp.iscomplexobj(jax.eval_shape(function, theta))
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
        raise _not_jax() from error
    return real + 1j * imaginary if is_complex else real


def _not_jax() -> TypeError:
    return TypeError(
        "`Group.from_function(function=...)` should be differentiable by JAX. Got a function that "
        "turns its parameters into NumPy arrays or Python numbers. Write it with `jax.numpy`."
    )


def _not_smooth(what: str) -> ValueError:
    return ValueError(
        "`Group.from_function(function=...)` should be analytic at the identity, where all "
        f"parameters are zero; {what}. Choose other parameters, without roots, absolute values or "
        "quotients 0/0 at zero."
    )
