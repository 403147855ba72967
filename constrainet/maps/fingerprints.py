"""What parameters mean, in twelve digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups import double_precision
from constrainet.linalg import fingerprint as fingerprint_of_numbers

BATCH = 2


def fingerprint(apply: Callable[..., Any], params: Any, *inputs: Any) -> str:
    """Twelve hexadecimal digits that stand for what the parameters of a model mean.

    They are those of what the model computes in float64 from standard parameters and inputs, which
    are pseudo-random numbers of the given shapes. So whatever parameters are coefficients of, bases
    of equivariant maps, couplings, Fourier transforms, and whatever else the model does, counts;
    where a model does not depend on a basis, its fingerprint does not either. Models with one
    fingerprint compute the same from the same parameters, on every computer and with all versions
    of this library. Rounding changes it with a probability of about 1e-7, and if the model computes
    in single precision whatever it is given, of 1e-1.

    Args:
        apply: a function of parameters and inputs, such as that of a Haiku transform without
            random keys. It may hold layers of any library.
        params: parameters; only their shapes and which of them are complex count.
        *inputs: arrays; of them, the size of the first axis does not count either.

    Returns:
        The digits.

    Raises:
        ValueError: if the result is not finite.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.maps import EquivariantMap
        >>> from constrainet.reps import V
        >>> linear = EquivariantMap(V(SO(3)), V(SO(3)))
        >>> def apply(coefficients, x):
        ...     return linear.apply(linear.weights_from_coefficients(coefficients), x)
        >>> fingerprint(apply, jnp.ones(1), jnp.ones((8, 3)))
        '............'
    """
    stream = np.random.RandomState(0)

    def standard(array, shape):
        if not jnp.issubdtype(array.dtype, jnp.inexact):
            return array
        if jnp.issubdtype(array.dtype, jnp.complexfloating):
            return stream.standard_normal((*shape, 2)) @ [1, 1j]
        return stream.standard_normal(shape)

    params = jax.tree.map(lambda array: standard(array, array.shape), params)
    inputs = jax.tree.map(lambda array: standard(array, (BATCH, *array.shape[1:])), inputs)
    with double_precision(), jax.ensure_compile_time_eval():  # also while a model is traced
        results = jax.tree.leaves(jax.jit(apply)(params, *inputs))
    numbers = np.concatenate([np.zeros(0), *map(np.ravel, results)])
    if not np.isfinite(numbers).all():
        raise ValueError(
            "`fingerprint(apply=...)` should return finite numbers from normal parameters and "
            f"inputs. Got {np.count_nonzero(~np.isfinite(numbers)):,} others."
        )
    return fingerprint_of_numbers(numbers)
