"""The report of equivariance of fields: each error, by maps that have it and that do not."""

from __future__ import annotations

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.groups import SO, SU, C, D, O
from constrainet.inspect import field_equivariance
from constrainet.maps import Kernels
from constrainet.reps import Scalar, V

v, one, plane = V(D(4)), Scalar(D(4)), V(O(2))
SPIN = D(4) * SU(2)
KEY = jax.random.key(3)


def measured(m, grid_shape, **options):
    return field_equivariance(m, m.init(jax.random.key(0)), grid_shape, KEY, **options)


def test_a_layer_on_its_own_grid_is_equivariant_to_rounding():
    error = measured(cm.convolution(v, one + v, 3), 5)
    assert error.is_equivariant and error.grid < 1e-5 and error.kernels == {"": 0.0}
    assert error.num_grid == 7 and error.sampling is None and error.num_others == 0
    assert str(error).startswith("equivariant under D(4), in float32, on a grid of (5, 5)\n")
    assert "permuting the grid" in str(error) and "sampling" not in str(error)


@pytest.mark.parametrize("parametrization", ["basis", "projector"])
def test_sampling_is_told_apart_from_mistakes(parametrization):
    m = cm.convolution(plane, plane + 1, 5, parametrization=parametrization)
    error = measured(m, 15)
    assert error.is_equivariant and error.kernels[""] < 1e-12 and error.grid < 1e-5
    assert 1e-4 < error.sampling < 1e-2 and error.num_others == 8
    assert "others, by sampling" in str(error)


def test_sampling_costs_nothing_where_places_stay_as_they_are_and_boxes_do():
    same, box = cm.downsample(plane, 1), cm.avg_pool(plane, 5, 1)
    assert measured(same, 15).sampling < 1e-6
    assert measured(box, 15).sampling > 3e-4


def test_all_kernels_of_a_model_are_measured_and_vectors_compared():
    group = C(8)
    m = cm.steerable_cnn(Scalar(group), V(group), channels=8, num_blocks=1, kernel_shape=3)
    error = measured(m, (15, 15), num_elements=2, num_inputs=2)
    paths = {"convolution", "residual/convolution", "residual/convolution_1"}
    assert set(error.kernels) == paths and error.is_equivariant
    assert error.num_grid == 2 and 0 < error.sampling < 0.5
    assert "(the largest of 3, " in str(error)


def test_products_move_places_and_values():
    error = measured(cm.convolution(V(SPIN, factor=1), V(SPIN), 3, space=V(SPIN, factor=0)), 4)
    assert error.is_equivariant and error.dtype == np.complex64 and error.group == SPIN
    mixed = cm.convolution(Scalar(SPIN), V(SPIN, factor=0), 3, space=v)
    assert measured(mixed, 4).is_equivariant


def test_wrong_kernels_and_broken_symmetries_are_found(monkeypatch):
    m = cm.convolution(V(SO(2)), V(SO(2)), 3)
    at = Kernels.at
    monkeypatch.setattr(
        Kernels, "at", lambda self, x, c: at(self, x, c) * (1 + 1e-8 * x[:, :1, None])
    )
    error = measured(m, 15, num_elements=2)
    assert error.kernels[""] > 1e-9 and not error.is_equivariant and error.grid < 1e-5
    m = cm.convolution(v, v, 3, stride=2)
    with pytest.warns(UserWarning, match="not symmetric"):
        error = measured(m, 6)
    assert not error.is_equivariant and error.grid > 0.1 and error.kernels[""] == 0
    assert str(error).startswith("NOT equivariant")


def test_a_broken_symmetry_warns_once():
    m = cm.convolution(v, v, 2)
    params = m.init(jax.random.key(0))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            m.apply(params, jnp.ones((1, 6, 6, 2)))
    assert ["not symmetric about the middle" in str(each.message) for each in caught] == [True]


BAD = [
    ((cm.linear(v, v), 5), TypeError, "should be a map of fields, such as `convolution`"),
    ((cm.convolution(v, v, 3), (5, 5, 5)), ValueError, "should have 2 entries.*Got .5, 5"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "error", "message"), BAD)
def test_what_does_not_fit_is_refused(args, error, message):
    with pytest.raises(error, match=message):
        measured(*args)
