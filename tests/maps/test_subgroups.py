"""Maps of a subgroup compute what those of the group did, and may do more."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.groups import SO, SU, A, C, D, Group, Icosahedral, O, S
from constrainet.reps import Regular, Scalar, V, restrict
from tests.maps.precision import normal, once, random_like

SPIN, LESS = D(4) * SU(2), C(4) * SU(2)
half_turn = Group(discrete_generators=[-np.eye(2)], name="half turns")
v, plane, space = V(D(4)), V(SO(2)), V(O(3))
regular = Regular(D(4))

CASES = {
    "linear": (cm.linear(2 * V(S(4)) + 1, V(S(4)) ** 2), A(4), ()),
    "linear, coefficients": (cm.linear(space + 1, space**2, parametrization="basis"), SO(3), ()),
    "linear, without": (cm.linear(V(SPIN), V(SPIN), with_bias=False), LESS, ()),
    "grid": (cm.convolution(v + 1, regular, 3), C(4), (4, 4)),
    "to the grid": (cm.convolution(plane + 1, plane + 1, 5), C(4), (5, 5)),
    "harmonics": (cm.convolution(plane, plane + 1, 5, parametrization="projector"), C(8), (4, 4)),
    "harmonics asked for": (cm.convolution(plane, plane, 3, basis="harmonics"), C(2), (4, 4)),
    "volumes": (cm.convolution(space, space + 1, 3), Icosahedral(), (3, 3, 3)),
    "transposed": (cm.transposed_convolution(v, regular, 4, 2), half_turn, (3, 3)),
    "products": (
        cm.convolution(V(SPIN, factor=1), V(SPIN), 3, space=V(SPIN, factor=0)), LESS, (3, 3)
    ),
    "chain": (
        cm.chain(
            cm.convolution(Scalar(D(4)), cm.with_gates(v + regular), 3),
            cm.gated(v + regular),
            cm.downsample(v + regular),
            cm.residual(cm.linear(v + regular, v + regular)),
            cm.global_avg_pool(v + regular),
        ),
        C(4), (4, 4),
    ),
    "pointwise": (cm.chain(cm.linear(regular, regular), cm.pointwise(regular)), C(4), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_maps_of_a_subgroup_compute_the_same(name):
    m, subgroup, grid = CASES[name]
    params = random_like(jax.eval_shape(lambda: m.init(jax.random.key(0), float)))
    x = normal(9, (3, *grid, m.rep_in.dim), complex if m.rep_in.is_complex else float)
    smaller, found = cm.restrict(m, params, subgroup)
    assert smaller.rep_out == restrict(m.rep_out, subgroup)
    expected = once(m.apply, params, x)
    y = once(smaller.apply, found, x)
    np.testing.assert_allclose(y, expected, atol=1e-10 * np.abs(expected).max())


def test_there_are_more_parameters_than_before():
    m, subgroup, _ = CASES["grid"]
    smaller, found = cm.restrict(m, m.init(jax.random.key(0)), subgroup)
    # from three coordinates to regular fields, filters of 3 × 3 places are arbitrary
    assert m.kernels.rank == 3 * 9 and smaller.kernels.rank == 2 * 3 * 9 == found["w"].size
    m, subgroup, _ = CASES["to the grid"]
    smaller, _ = cm.restrict(m, m.init(jax.random.key(0)), subgroup)
    assert (m.kernels.basis, smaller.kernels.basis) == ("harmonics", "grid")
    assert smaller.kernels.rank > m.kernels.rank


def test_what_is_another_function_under_a_subgroup_is_refused():
    norm = cm.layer_norm(regular)
    with pytest.raises(TypeError, match=r"Under C\(4\), `layer_norm` would be another function"):
        cm.restrict(norm, norm.init(jax.random.key(0)), C(4))
    gated = cm.gated(v)  # under nothing at all, vectors need no gates
    with pytest.raises(TypeError, match="`gated_nonlinearity` would be another"):
        cm.restrict(gated, {}, Group(discrete_generators=[np.eye(2)], name="nothing"))
    m = cm.linear(v, v)
    with pytest.raises(ValueError, match="lies outside the group"):
        cm.restrict(m, m.init(jax.random.key(0)), C(8))
    with pytest.raises(TypeError, match=r"`restrict.m=....` should be a map"):
        cm.restrict(v, {}, C(4))
    with pytest.raises(ValueError, match="needs parameters 'w'"):
        cm.restrict(m, {}, C(4))
