"""The ready model for functions on spheres and groups: by the group's elements, and its parts."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import constrainet.maps as cm
from constrainet.errors import NoEquivariantMapError
from constrainet.groups import SO, Icosahedral, O
from constrainet.reps import Permutation, Regular, Scalar, V
from tests.maps.precision import normal, once

v, w = V(O(3)), V(SO(3))
G = Icosahedral()
vertices = Permutation(G, points=cm.orbit(G, np.array([0.0, 1.0, (1 + 5**0.5) / 2])))
CASES = {
    "sphere, pooled": (
        2 * cm.sphere_grid(4, v).rep,
        1 + v,
        [cm.sphere_grid(3, v, samples=4), cm.sphere_grid(2, v, samples=3)],
    ),
    "sphere to rotations": (
        cm.sphere_grid(3).rep,
        cm.sphere_grid(2).rep,
        [cm.rotation_grid(2, samples=3), cm.sphere_grid(2, samples=3)],
    ),
    "finite": (vertices, 3 * Scalar(G), [cm.orbit_grid(vertices), cm.orbit_grid(Regular(G))]),
}


@pytest.mark.parametrize(("rep_in", "rep_out", "grids"), CASES.values(), ids=CASES)
def test_spherical_networks_commute_with_the_group(rep_in, rep_out, grids):
    # of polynomials of degree 2, grids with (3 · (bandwidth - 1)) / 2 + 1 samples lose nothing
    m = cm.spherical_cnn(rep_in, rep_out, grids, channels=[2, 3], function=lambda f: f + f**2)
    params = once(lambda key: m.init(key, jnp.float64), jax.random.key(0))
    group, x = m.rep_in.group, normal(0, (4, rep_in.dim)) / 4
    tangent = np.tensordot(np.arange(1, 1 + len(group.lie_algebra)), group.lie_algebra, 1)
    for g in (*group.discrete_generators, expm(tangent)):
        before, after = np.split(once(m.apply, params, np.concatenate([x, rep_in.act(g, x)])), 2)
        np.testing.assert_allclose(after, m.rep_out.act(g, before), rtol=0, atol=1e-11)
        assert np.abs(before).max() > 1e-3


def test_a_spherical_network_is_what_its_layers_compute_one_after_the_other():
    grids = [cm.sphere_grid(3, samples=4), cm.sphere_grid(2)]
    m = cm.spherical_cnn(grids[0].rep, w, grids, channels=2)
    params = once(lambda key: m.init(key, jnp.float64), jax.random.key(0))
    # a weight for each degree and pair of channels, and a bias for each channel
    assert [jax.tree.map(jnp.size, each) for each in params.values()] == [
        {"w": 3 * 2, "b": 2},
        {"w": 2 * 2 * 2, "b": 2},
        {"w": 2},
    ]
    x = y = normal(1, (3, 9))
    for name, layer in m.layers.items():
        y = once(layer.apply, params.get(name, {}), y)
    np.testing.assert_allclose(once(m.apply, params, x), y, atol=1e-12)


def test_values_keep_their_size_through_many_layers():
    grid = cm.sphere_grid(6, samples=8)
    m = cm.spherical_cnn(8 * grid.rep, 8 * grid.rep, 6 * [grid], channels=32)
    x = normal(2, (16, m.rep_in.dim)) / 6
    params = once(lambda key: m.init(key, jnp.float64), jax.random.key(0))
    assert 0.3 < np.std(once(m.apply, params, x)) / np.std(x) < 1.5


def wrong(**arguments: Any) -> dict[str, Any]:
    """Arguments of a type that they must not have."""
    return arguments


one = cm.sphere_grid(2)


@pytest.mark.parametrize(
    ("args", "options", "error", "message"),
    [
        ((one.rep, w, one), {}, TypeError, "`grids` should be a sequence of grids"),
        ((one.rep, w, [one, 3]), {}, TypeError, "`grids` should be a sequence of grids"),
        ((one.rep, w, []), {}, ValueError, "`grids` should have an entry"),
        ((one.rep, w, [one]), {"channels": [2, 3]}, ValueError, "each of the 1 grids. Got 2."),
        ((one.rep, w, [one]), {"channels": 0}, ValueError, "`channels` should be positive"),
        ((one.rep, w, [one]), wrong(channels="x"), TypeError, "`channels` should be a whole"),
        ((one.rep, w, [one]), wrong(function=2), TypeError, "`function` should be"),
        ((one.rep, v, [one]), {}, ValueError, "different groups"),
        ((cm.sphere_grid(2, v).rep, w, [one]), {}, ValueError, "different groups"),
        (
            (one.rep, 1 + w, [cm.sphere_grid(1)]),
            {},
            NoEquivariantMapError,
            "shares no irreducible with V of `rep_out`",
        ),
        ((one.rep, w, [one]), {"parametrization": "full"}, ValueError, "`parametrization` should"),
    ],
)
def test_spherical_networks_refuse_what_does_not_fit(args, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        cm.spherical_cnn(*args, **options)
