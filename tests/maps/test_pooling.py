"""Pooling against loops, resampling by others, and the group's own elements."""

from __future__ import annotations

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.groups import SU, C, D, Group, Hyperoctahedral, O
from constrainet.maps.kernels import offsets
from constrainet.reps import Permutation, Regular, Scalar, V
from tests.maps.fields import LINE, QUARTER, moved
from tests.maps.precision import element, normal, once

v, one = V(D(4)), Scalar(D(4))
cube, SPIN = V(Hyperoctahedral(3)), D(4) * SU(2)
CASES = {
    "mean": (v, cm.avg_pool(v + 1, 2), (6, 6)),
    "mean, padded": (v, cm.avg_pool(v, 3, 2), (7, 7)),
    "mean, inside": (v, cm.avg_pool(v, 3, 1, "VALID"), (5, 5)),
    "mean, periodic": (v, cm.avg_pool(v, 3, 1, "CIRCULAR"), (4, 4)),
    "all": (cube, cm.global_avg_pool(cube), (4, 4, 4)),
    "coarser": (V(O(2)), cm.downsample(V(O(2))), (7, 7)),
    "coarser, even": (cube, cm.downsample(cube, 3), (4, 4, 4)),
    "finer": (V(LINE), cm.upsample(V(LINE) + 1, 3), (4,)),
    "finer, plane": (V(C(8)), cm.upsample(Regular(C(8))), (4, 4)),
    "product": (V(SPIN, factor=0), cm.downsample(V(SPIN), space=V(SPIN, factor=0)), (5, 5)),
}


@pytest.mark.parametrize("name", CASES)
def test_pooling_over_the_grid_commutes_with_elements_that_permute_it(name):
    space, m, grid = CASES[name]
    g = QUARTER if space.group in (O(2), C(8)) else element(m.rep_in.group)
    field = normal(0, (2, *grid, m.rep.dim))
    field = field + 1j * field[::-1] if m.rep.is_complex else field
    both = np.concatenate([field, moved(space, m.rep, g, field)])
    before, after = np.split(once(m.apply, {}, both), 2)
    expected = m.rep.act(g, before) if name == "all" else moved(space, m.rep, g, before)
    np.testing.assert_allclose(after, expected, atol=1e-12)
    assert m.parameters == {} and pickle.loads(pickle.dumps(m)) == m


@pytest.mark.parametrize(
    ("width", "stride", "padding", "size"),
    [(2, 2, "SAME", 6), (3, 2, "SAME", 7), (3, 1, "VALID", 6), (4, 2, "CIRCULAR", 8)],
)
def test_average_pooling_is_the_mean_of_what_is_there(width, stride, padding, size):
    line = V(LINE)
    x = normal(0, (1, size, 1))
    y = np.asarray(cm.avg_pool(line, width, stride, padding).apply({}, x))[0, :, 0]
    inside = padding == "VALID"
    first = 0 if inside else -(max(0, (-(-size // stride) - 1) * stride + width - size) // 2)
    for i, found in enumerate(y):
        places = np.arange(width) + first + i * stride
        wraps = padding == "CIRCULAR"
        own = places % size if wraps else places[(places >= 0) & (places < size)]
        np.testing.assert_allclose(found, x[0, own, 0].mean(), atol=1e-12)
    assert len(y) == ((size - width) // stride + 1 if inside else -(-size // stride))


def test_means_over_all_places_stand_before_maps_of_vectors():
    m = cm.chain(cm.convolution(one, v, 3), cm.global_avg_pool(v), cm.linear(v, 2 * v))
    params, field = m.init(jax.random.key(0), jnp.float64), normal(0, (3, 5, 6, 1))
    inner = cm.convolution(one, v, 3).apply(params["convolution"], field).mean(axis=(1, 2))
    expected = cm.linear(v, 2 * v).apply(params["linear"], inner)
    np.testing.assert_allclose(m.apply(params, field), expected, atol=1e-12)


@pytest.mark.parametrize("factor", [2, 3])
def test_interpolation_is_that_of_others(factor):
    x = normal(0, (2, 5, 4, 1))
    y = cm.upsample(one, factor).apply({}, x)
    shape = (2, 5 * factor, 4 * factor, 1)
    np.testing.assert_allclose(y, jax.image.resize(x, shape, "linear"), atol=1e-12)


@pytest.mark.parametrize("factor", [2, 3])
def test_smoothing_damps_waves_alike_in_all_directions(factor):
    """A Gaussian of variance s² multiplies exp(i k x) by exp(-s² k² / 2)."""
    size = 8 * factor + 1
    points = offsets((size, size))
    for k in (np.array([0.5, 0.0]), np.array([0.3, 0.4])):
        wave = np.cos(points @ k).reshape(1, size, size, 1)
        y = np.asarray(cm.downsample(one, factor).apply({}, wave))[0, ..., 0]
        middle = len(y) // 2  # which is the middle of the finer grid
        damped = np.exp(-(factor**2 - 1) / 8 * (k @ k))
        np.testing.assert_allclose(y[middle, middle], damped, atol=1e-5)
    constant = cm.downsample(one, factor).apply({}, np.ones((1, 7, 4, 1)))
    np.testing.assert_allclose(constant, 1, atol=1e-12)


def test_a_factor_of_one_changes_nothing():
    x = normal(0, (1, 4, 5, 2))
    for m in (cm.downsample(v, 1), cm.upsample(v, 1), cm.avg_pool(v, 1)):
        np.testing.assert_allclose(m.apply({}, x), x, atol=1e-12)


@pytest.mark.parametrize("reduce", ["max", "mean"])
def test_pooling_over_the_group_is_that_over_all_that_elements_make(reduce):
    points = np.array(
        [[1, 0], [0, 1], [-1, 0], [0, -1], [0, 0], [1, 1], [1, -1], [-1, 1], [-1, -1]]
    )
    quotient = Permutation(D(4), points=points)
    rep = 2 * Regular(D(4)) + 3 + quotient
    m = cm.group_pool(rep, reduce)
    assert m.rep_out == 8 * one  # two copies, three scalars, and three orbits of points
    x = normal(0, (4, rep.dim))
    moved_x = np.stack([rep.act(g, x) for g in D(4).elements()])
    y = once(m.apply, {}, moved_x)
    np.testing.assert_allclose(y, np.broadcast_to(y[0], y.shape), atol=1e-12)
    all_values = getattr(moved_x, reduce)(axis=0)  # of a coordinate, wherever it is taken
    firsts = [0, 8, 16, 17, 18, 19, 23, 24]
    np.testing.assert_allclose(y[0], all_values[:, firsts], atol=1e-12)


def test_group_pooling_acts_on_fields_at_each_place():
    m = cm.chain(cm.convolution(one, Regular(D(4)), 3), cm.group_pool(Regular(D(4))))
    params, field = m.init(jax.random.key(0), jnp.float64), normal(0, (2, 5, 5, 1))
    y = once(m.apply, params, np.concatenate([field, moved(v, one, QUARTER, field)]))
    np.testing.assert_allclose(y[2:], moved(v, one, QUARTER, y[:2]), atol=1e-12)


SHEAR = Group(discrete_generators=[[[1.0, 1.0], [0.0, 1.0]]], name="shears")
BAD = [
    (cm.avg_pool, (v, 2), {"padding": "FULL"}, ValueError, "`padding` should be"),
    (cm.avg_pool, (v, (2, 3)), {}, ValueError, "`window_shape` should be equal along axes 0 and 1"),
    (cm.avg_pool, (v, 2, (1, 2)), {}, ValueError, r"`stride` should be equal .* D\(4\) takes one"),
    (cm.avg_pool, (2,), {}, TypeError, "`rep` should be a representation"),
    (cm.downsample, (v, 0), {}, ValueError, "`factor` should be positive"),
    (cm.upsample, (v, 1.5), {}, TypeError, "`factor` should be a whole number"),
    (cm.downsample, (V(SHEAR),), {}, ValueError, "`Downsample` needs a group that keeps lengths"),
    (cm.global_avg_pool, (V(SPIN),), {}, ValueError, "`space` should say how points move"),
    (cm.group_pool, (v,), {}, ValueError, "coordinates are only permuted.* V of D.4. is none"),
    (cm.group_pool, (Regular(D(4)), "min"), {}, ValueError, "`reduce` should be 'max' or 'mean'"),
    (cm.convolution, (v, v, 3), {"rate": (1, 2)}, ValueError, "`rate` should be equal along axes"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "args", "options", "error", "message"), BAD)
def test_pooling_refuses_what_does_not_fit(make, args, options, error, message):
    with pytest.raises(error, match=message):
        make(*args, **options)


def test_windows_that_lie_unevenly_warn():
    with pytest.warns(UserWarning, match=r"not symmetric about the middle of grid axes .0, 1."):
        cm.avg_pool(v, 2).apply({}, jnp.ones((1, 5, 5, 2)))
