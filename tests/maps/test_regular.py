"""Functions on finite groups: an isometry onto them, and values of variance one."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import C, D, Icosahedral, S, Z
from constrainet.maps import Features, group_functions
from constrainet.maps import frame as make_frame
from constrainet.reps import Regular, Rep, Scalar, V
from tests.catalogue import GROUPS, ORDERS
from tests.maps.precision import normal, once

MODERATE = [name for name in GROUPS if ORDERS.get(name, np.inf) <= 1024]


def applied(rep: Rep, function, x, offset=0.0, gains=None):
    """The function of values, applied to vectors (n, rep.dim)."""
    functions = group_functions(rep, make_frame(rep))
    offsets = jnp.full(functions.num_channels, offset)
    gains = jnp.ones(functions.num_channels + 1) if gains is None else jnp.asarray(gains)

    def apply(x):
        components = Features.of(functions.coordinates, x).components
        result = functions(components, function, offsets, gains)
        y = Features(functions.coordinates, len(x), x.dtype, components=result)
        return y.array(x.shape[:1])

    return once(apply, jnp.asarray(x))


@pytest.mark.parametrize("name", MODERATE)
def test_the_way_back_is_the_inverse(name):
    v = V(GROUPS[name]())
    rep = 2 * Scalar(v.group) + 3 * v + v * v.T
    x = normal(0, (2, rep.dim), complex if rep.is_complex else float)
    np.testing.assert_allclose(applied(rep, lambda f: f, x), x, atol=1e-11)


def test_products_of_groups_are_decomposed_as_a_whole():
    # two planes turned by different factors make two pairs of rotations, not one irreducible
    group = C(3) * C(3)
    rep = V(group, factor=0) * V(group, factor=1)
    x = normal(0, (2, rep.dim))
    np.testing.assert_allclose(applied(rep, lambda f: f, x), x, atol=1e-12)


# of more than 128 dimensions, the frame does not decompose it
@pytest.mark.parametrize("group", [Z(5), D(4), S(3), Icosahedral(), Z(150)], ids=str)
def test_a_regular_representation_is_one_function(group):
    rep = Regular(group)
    functions = group_functions(rep, make_frame(rep))
    assert functions.num_channels == 1
    values = []
    x = normal(0, (3, rep.dim))
    applied(rep, lambda f: values.append(f.shape) or f, x)
    assert values == [(group.order, 1, 3)]
    # and nothing is lost on the way back: the norm is that of all values
    y = applied(rep, jnp.sign, x)
    np.testing.assert_allclose(np.sum(y**2, axis=1), group.order, rtol=1e-9)


def test_signs_meet_invariants_of_their_channel():
    # the values of the function are (a ± b) / √2, times √(2 / 2)
    group = D(1)
    rep = Scalar(group) + V(group)  # invariant, invariant, sign
    x = normal(0, (4, 3))
    y = applied(rep, jnp.exp, x)
    a, b = x[:, 0], x[:, 2]
    plus, minus = np.exp((a + b) / np.sqrt(2)), np.exp((a - b) / np.sqrt(2))
    np.testing.assert_allclose(y[:, 0], (plus + minus) / np.sqrt(2), atol=1e-12)
    np.testing.assert_allclose(y[:, 1], np.exp(x[:, 1]), atol=1e-12)  # left over
    np.testing.assert_allclose(y[:, 2], (plus - minus) / np.sqrt(2), atol=1e-12)


# in skew coordinates inputs of variance one are not of variance one where the group is unitary
UNITARY = [name for name in MODERATE if not name.startswith("conjugate")]


@pytest.mark.parametrize("name", UNITARY)
def test_gains_keep_the_mean_square(name):
    v = V(GROUPS[name]())
    rep = Scalar(v.group) + 2 * v + v * v.T
    functions = group_functions(rep, make_frame(rep))
    gains = functions.gains(lambda u: np.maximum(u, 0), np.full(functions.num_channels, 0.5))
    x = normal(0, (20000, rep.dim), np.complex64 if rep.is_complex else np.float32)
    relu = lambda f: jnp.maximum(f, 0)  # noqa: E731
    split = lambda f: relu(f.real) + 1j * relu(f.imag) if jnp.iscomplexobj(f) else relu(f)  # noqa: E731
    y = applied(rep, split, x, offset=0.5, gains=gains)
    assert abs(np.mean(np.abs(y) ** 2) - 1) < 0.03
