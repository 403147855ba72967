"""What tests of layers share: how to build, compile and move them."""

from __future__ import annotations

from collections.abc import Callable

import haiku as hk
import jax
import numpy as np

from constrainet.reps import Rep, Scalar
from tests.maps.precision import element, normal, once, random_like
from tests.solve.oracles import slow_rho


def pure(make: Callable[[], hk.Module]) -> hk.Transformed:
    """The module that `make` builds, as pure functions."""
    return hk.without_apply_rng(hk.transform(lambda x: make()(x)))


def random_params(model: hk.Transformed, x, seed: int = 0):
    """Parameters of which none is zero, biases neither."""
    return random_like(jax.eval_shape(model.init, jax.random.key(0), x), seed)


def equivariance_error(make: Callable[[], hk.Module], rep_in: Rep, rep_out: Rep) -> float:
    """The relative error in float64 at random parameters, inputs and a random element."""
    one = Scalar((rep_in * rep_out).group)
    source, target = one * rep_in, one * rep_out
    model, x = pure(make), normal(1, (2, rep_in.dim), complex if rep_in.is_complex else float)
    g = element(source.group)
    both = np.stack([x, x @ slow_rho(source, g).T])
    y, moved = once(model.apply, random_params(model, both), both)
    expected = y @ slow_rho(target, g).T
    assert y.dtype == (complex if rep_out.is_complex or np.iscomplexobj(y) else float)
    assert np.abs(y).max() > 1e-9, "zero is equivariant, but not what is wanted"
    return np.abs(moved - expected).max() / np.abs(expected).max()
