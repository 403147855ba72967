"""The ready model for fields: by the group's elements, and beside what it is made of."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.errors import NoEquivariantMapError
from constrainet.groups import SO, SU, C, D, Hyperoctahedral
from constrainet.reps import Regular, Scalar, V
from tests.maps.fields import QUARTER, moved
from tests.maps.precision import element, normal, once

v, one, cube = V(D(4)), Scalar(D(4)), V(Hyperoctahedral(3))
plane, SPIN = V(SO(2)), D(4) * SU(2)
small = {"kernel_shape": 3, "num_blocks": 1}
CASES = {
    "a class": (v, one, 3 * one, {"channels": (8, 16), "kernel_shape": 3, "stride": 2}, (6, 6)),
    "a vector": (v, one + v, v, {"channels": 9, "nonlinearity": "regular", **small}, (5, 5)),
    "a field": (plane, Scalar(SO(2)), plane + 1, {"channels": 12, "pool": False, **small}, (5, 5)),
    "periodic": (v, v, one, {"channels": 4 * v + 4, "padding": "CIRCULAR", **small}, (4, 4)),
    "a volume": (cube, cube, 1 + cube, {"channels": 2 * cube + 2, **small}, (3, 3, 3)),
    "spinors": (
        V(SPIN, factor=0),
        V(SPIN, factor=1),
        V(SPIN, factor=1),
        {"channels": 2 * V(SPIN, factor=1) + 2, "space": V(SPIN, factor=0), **small},
        (3, 3),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_steerable_networks_commute_with_elements_that_permute_the_grid(name):
    space, rep_in, rep_out, options, grid = CASES[name]
    m = cm.steerable_cnn(rep_in, rep_out, **options)
    params = once(lambda key: m.init(key, jnp.float64), jax.random.key(0))
    field = normal(0, (2, *grid, rep_in.dim), complex if rep_in.is_complex else float)
    g = QUARTER if space == plane else element(rep_in.group)
    y = once(m.apply, params, np.concatenate([field, moved(space, rep_in, g, field)]))
    before, after = np.split(y, 2)
    is_field = not options.get("pool", True)
    expected = moved(space, rep_out, g, before) if is_field else rep_out.act(g, before)
    assert before.shape == (2, *(grid if is_field else ()), rep_out.dim)
    np.testing.assert_allclose(after, expected, atol=1e-10 * np.abs(before).max())
    assert np.abs(before).max() > 1e-3


def test_widths_are_regular_fields_where_there_is_room():
    group = C(8)
    m = cm.steerable_cnn(Scalar(group), Scalar(group), channels=[20, 7], kernel_shape=3)
    assert m.hidden == [2 * Regular(group) + 4, cm.uniform_rep(7, group)]
    assert m.num_blocks == 2


def test_a_steerable_network_is_what_its_layers_compute_one_after_the_other():
    m = cm.steerable_cnn(one, v, channels=(8, v + 1), kernel_shape=3, stride=2)
    params = once(lambda key: m.init(key, jnp.float64), jax.random.key(0))
    x = normal(0, (2, 5, 5, 1))
    names = ["convolution", "residual", "downsample", "linear", "residual_1", "layer_norm",
             "global_avg_pool", "chain"]  # fmt: skip
    assert list(m.layers) == names
    y = x
    for name, layer in m.layers.items():
        y = once(layer.apply, params.get(name, {}), y)
    np.testing.assert_allclose(once(m.apply, params, x), y, atol=1e-12)


def test_parametrizations_and_folded_models_compute_the_same():
    full = cm.steerable_cnn(one, one, channels=8, parametrization="projector", **small)
    m = cm.steerable_cnn(one, one, channels=8, **small)
    params = once(m.init, jax.random.key(0))
    whole = cm.convert(m, params, "projector")
    x = jnp.asarray(normal(0, (3, 5, 5, 1)), jnp.float32)
    folded = cm.fold(full.apply, whole, x)
    np.testing.assert_allclose(folded(x), once(m.apply, params, x), atol=1e-5)
    kernels = [w.shape for w in folded.weights if w.ndim == 4 and w.shape[0] == 3]
    assert sorted(kernels) == [(3, 3, 1, 8), (3, 3, 8, 8), (3, 3, 8, 8)]


BAD = [
    ((one, v), {"kernel_shape": 4}, ValueError, "`kernel_shape` should be odd"),
    ((one, v), {"stride": 0}, ValueError, "`stride` should be positive"),
    ((one, v), {"padding": "VALID"}, ValueError, "`padding` should be 'SAME' or 'CIRCULAR'"),
    ((one, v), {"nonlinearity": "relu"}, ValueError, "`nonlinearity` should be 'gated'"),
    ((one, v), {"parametrization": "full"}, ValueError, "`parametrization` should be"),
    ((one, v), {"channels": "many"}, TypeError, "`channels` should be an int, a representation"),
    ((one, v), {"num_blocks": 0}, ValueError, "`num_blocks` should be positive"),
    ((one, v), {"channels": [8], "num_blocks": 2}, ValueError, "one entry for each of num_layers"),
    ((one, V(SO(2))), {}, ValueError, "different groups"),
    ((one, V(SPIN)), {}, ValueError, "`space` should say how points move"),
    ((one, one + v), {"channels": 4 * one}, NoEquivariantMapError,
     "4V⁰ of D.4., shares no irreducible with V of `rep_out`.*as `4V⁰ . V` does"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "options", "error", "message"), BAD)
def test_steerable_networks_refuse_what_does_not_fit(args, options, error, message):
    with pytest.raises(error, match=message):
        cm.steerable_cnn(*args, **options)
