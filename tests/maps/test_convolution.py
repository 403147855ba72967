"""Convolutions against hand-written ones, group averages, and the group's own elements."""

from __future__ import annotations

import pickle
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.errors import NoEquivariantMapError
from constrainet.groups import (
    SO,
    SU,
    C,
    D,
    Group,
    Hyperoctahedral,
    Icosahedral,
    O,
    S,
)
from constrainet.inspect import LayerWatch, describe
from constrainet.maps.kernels import offsets
from constrainet.reps import Regular, Scalar, V
from tests.maps.fields import LINE, QUARTER, moved
from tests.maps.precision import element, normal, once

SPIN = D(4) * SU(2)
cube = V(Hyperoctahedral(3))
v, one, regular = V(D(4)), Scalar(D(4)), Regular(D(4))


CASES = {
    "a line": (V(LINE), 2 * V(LINE) + 1, V(LINE) + 2, 3, {}, (9,)),
    "circular": (V(LINE), V(LINE), 1 + V(LINE), 5, {"padding": "CIRCULAR"}, (8,)),
    "square": (v, 2 * one + v, regular + v, 3, {}, (6, 6)),
    "even": (v, v, one + v, 4, {"padding": "VALID"}, (7, 7)),
    "strides": (v, v, regular, 3, {"stride": 2, "padding": "VALID"}, (7, 7)),
    "even strides": (v, v, v, 4, {"stride": 2}, (8, 8)),
    "rates": (v, one, v, 3, {"rate": 2}, (7, 7)),
    "a point": (V(SO(2)), V(SO(2)), V(SO(2)) + 1, 1, {}, (4, 4)),
    "circle": (V(O(2)), V(O(2)), 1 + V(O(2)), 5, {}, (7, 7)),
    "eighths": (V(C(8)), Regular(C(8)), V(C(8)) + 1, 3, {"rate": 2}, (5, 5)),
    "space": (V(SO(3)), V(SO(3)), V(SO(3)) + 1, 3, {}, (3, 3, 3)),
    "cube": (cube, cube, 1 + cube, 3, {}, (3, 3, 3)),
    "spinors": (V(SPIN, factor=0), V(SPIN, factor=1), V(SPIN), 3, {}, (3, 3)),
}  # fmt: skip
ON_GRID = {
    "circle": QUARTER,
    "a point": QUARTER,
    "eighths": QUARTER,
    "space": np.diag([1.0, -1, -1]),
}


def made(name: str, **options):
    """A case: space, the map, its parameters, all random, a field, and an element."""
    space, rep_in, rep_out, shape, own, grid = CASES[name]
    m = cm.convolution(rep_in, rep_out, shape, space=space, **own, **options)
    shapes = jax.eval_shape(lambda: m.init(jax.random.key(0), jnp.float64))
    params = {key: normal(i, a.shape, a.dtype) for i, (key, a) in enumerate(shapes.items())}
    field = normal(5, (2, *grid, rep_in.dim))
    field = field + 1j * field[::-1] if rep_in.is_complex else field
    return space, m, params, field, ON_GRID.get(name, element(rep_in.group))


@pytest.mark.parametrize("name", CASES)
def test_convolutions_commute_with_elements_that_permute_the_grid(name):
    space, m, params, field, g = made(name)
    both = np.concatenate([field, moved(space, m.rep_in, g, field)])
    before, after = np.split(once(m.apply, params, both), 2)
    expected = moved(space, m.rep_out, g, before)
    np.testing.assert_allclose(after, expected, atol=1e-12 * np.abs(after).max())
    assert before.shape[-1] == m.rep_out.dim and np.abs(before).max() > 1e-3


@pytest.mark.parametrize("group", [SO(2), O(2), C(8), O(3), Icosahedral()], ids=str)
def test_kernels_commute_with_every_element_at_continuous_points(group):
    space = V(group)
    rep_out = Regular(group) if group == C(8) else space * space + 1
    kernels = cm.Kernels(space, rep_out, offsets((5,) * group.dim))
    assert kernels.basis == "harmonics"
    coefficients, x = normal(0, kernels.rank), 2 * normal(1, (20, group.dim))
    k = kernels.at(x, coefficients)
    for seed in range(2):
        g = element(group, seed)
        turned = kernels.at(x @ g.T, coefficients)
        expected = rep_out.rho(g) @ k @ space.rho(g).T
        np.testing.assert_allclose(turned, expected, atol=1e-12 * np.abs(k).max())


@pytest.mark.parametrize(("rep_in", "rep_out"), [(v, regular), (v * v, one), (regular, regular)])
@pytest.mark.parametrize("shape", [(3, 3), (4, 4), (1, 1)])
def test_kernel_basis_is_that_of_the_group_average(rep_in, rep_out, shape):
    """Rank: the mean over the group of the product of the three characters."""
    points = offsets(shape)
    basis = cm.kernel_basis(rep_in, rep_out, points)
    group, rank = rep_in.group, 0.0
    for g in group.elements():
        fixed = np.sum(np.abs(points @ g.T - points).max(axis=1) < 1e-9)
        rank += fixed * np.trace(rep_in.rho(g)) * np.trace(rep_out.rho(g)) / group.order
    assert basis.shape == (round(rank), rep_out.dim, len(points), rep_in.dim)
    flat = basis.reshape(len(basis), -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(len(flat)), atol=1e-12)


@pytest.mark.parametrize("lifts", [True, False])
def test_convolutions_of_regular_fields_are_group_convolutions(lifts):
    """p4m: (f ⋆ ψ)(p, g) = Σ_x Σ_h ψ(g⁻¹ x, g⁻¹ h) f(p + x, h), as sums over everything."""
    elements = list(D(4).elements())
    place = {tuple(np.rint(g).astype(int).ravel()): i for i, g in enumerate(elements)}
    find = lambda g: place[tuple(np.rint(g).astype(int).ravel())]  # noqa: E731
    m = cm.convolution(one if lifts else regular, regular, 3, padding="VALID", with_bias=False)
    filter_size = 9 if lifts else 9 * 8
    assert m.kernels.rank == filter_size  # any function of an offset and an element is a filter
    w = normal(0, filter_size)
    field = normal(1, (1, 5, 5, 1 if lifts else 8))
    result = np.asarray(m.apply({"w": w}, field))[0]
    kernel = np.asarray(m.kernel({"w": w})).reshape(9, -1, 8)
    points = [tuple(x) for x in offsets((3, 3)).astype(int)]
    psi = {
        (x, h): kernel[i, h, find(np.eye(2))]
        for i, x in enumerate(points)
        for h in range(kernel.shape[1])
    }
    expected = np.zeros((3, 3, 8))
    for (p, q), (i, g) in product(product(range(3), repeat=2), enumerate(elements)):
        for x, h in product(points, range(kernel.shape[1])):
            back = tuple(np.rint(np.linalg.inv(g) @ x).astype(int))
            other = h if lifts else find(np.linalg.inv(g) @ elements[h])
            expected[p, q, i] += psi[back, other] * field[0, p + 1 + x[0], q + 1 + x[1], h]
    np.testing.assert_allclose(result, expected, atol=1e-12)


@pytest.mark.parametrize("rep", [4 * Regular(D(8)), 8 * V(SO(2)) + 8, 4 * v + 4 * regular], ids=str)
@pytest.mark.parametrize("parametrization", ["basis", "projector"])
def test_convolutions_keep_the_variance_of_each_summand(rep, parametrization):
    m = cm.convolution(rep, rep, 5, padding="CIRCULAR", parametrization=parametrization)
    params = m.init(jax.random.key(1), jnp.float64)
    y = once(m.apply, params, normal(2, (8, 12, 12, rep.dim)))
    start = 0
    for part, count in rep.summands:
        own = y[..., start : (start := start + part.dim * count)]
        assert 0.8 < own.var() < 1.25


@pytest.mark.parametrize("name", ["square", "eighths", "spinors"])
def test_parametrizations_compute_the_same(name):
    _, m, params, field, _ = made(name)
    _, full, *_ = made(name, parametrization="projector")
    whole = cm.convert(m, params, "projector")
    assert whole["w"].shape == m.kernels.shape
    y = once(m.apply, params, field)
    np.testing.assert_allclose(once(full.apply, whole, field), y, atol=1e-12)
    anything = {key: a + normal(9, a.shape, a.dtype) for key, a in whole.items()}
    back = cm.convert(full, anything, "basis")
    y = once(full.apply, anything, field)
    np.testing.assert_allclose(once(m.apply, back, field), y, atol=1e-12)


def test_folded_convolutions_are_plain_ones():
    rep = 3 * V(SO(2)) + 2
    m = cm.chain(
        cm.convolution(V(SO(2)), rep, 4, 2, parametrization="projector"),
        cm.transposed_convolution(rep, V(SO(2)), 4, 2, with_bias=False),
    )
    params = m.init(jax.random.key(0))
    x = jnp.asarray(normal(0, (3, 6, 6, 2)), jnp.float32)
    folded = cm.fold(m.apply, params, x)
    assert sorted(w.shape for w in folded.weights) == [(1, 1, 1, 8), (4, 4, 2, 8), (4, 4, 2, 8)]
    np.testing.assert_allclose(folded(x[:2]), m.apply(params, x[:2]), atol=1e-5)


def test_turning_by_an_eighth_commutes_up_to_sampling():
    """At the middle of a smooth field, which is turned before it is sampled."""
    m = cm.convolution(Scalar(SO(2)) + V(SO(2)), V(SO(2)) + 1, 5, padding="VALID", with_bias=False)
    params = m.init(jax.random.key(0), jnp.float64)
    c = np.sqrt(0.5)
    g = np.array([[c, -c], [c, c]])
    centre, spread = np.array([0.7, -0.4]), 2.0

    def field(turn):
        bump = np.exp(-np.sum((offsets((5, 5)) - turn @ centre) ** 2, axis=1) / (2 * spread**2))
        vector = turn @ np.array([1.0, 0.5])
        return (bump[:, None] * np.array([1.0, *vector])).reshape(1, 5, 5, 3)

    before, after = (m.apply(params, field(turn))[0, 0, 0] for turn in (np.eye(2), g))
    np.testing.assert_allclose(after, m.rep_out.act(g, before), atol=0.02 * np.abs(after).max())


def test_convolutions_stand_in_chains_and_residuals_beside_maps_of_vectors():
    hidden = 4 * one + 4 * v
    block = cm.chain(
        cm.convolution(hidden, cm.with_gates(hidden), 3), cm.gated(hidden), cm.layer_norm(hidden)
    )
    m = cm.chain(
        cm.convolution(one, hidden, 3), cm.residual(block), cm.residual(block), cm.linear(hidden, v)
    )
    params = m.init(jax.random.key(0), jnp.float64)
    assert list(params) == ["convolution", "residual", "residual_1", "linear"]
    field = normal(0, (2, 5, 5, 1))
    y = once(m.apply, params, np.concatenate([field, moved(v, one, QUARTER, field)]))
    np.testing.assert_allclose(y[2:], moved(v, v, QUARTER, y[:2]), atol=1e-12)
    by_hand = cm.convolution(one, hidden, 3).apply(params["convolution"], field)
    for name in ("residual", "residual_1"):
        by_hand = by_hand + block.apply(params[name], by_hand)
    by_hand = cm.linear(hidden, v).apply(params["linear"], by_hand)
    np.testing.assert_allclose(by_hand, y[:2], atol=1e-12)
    watch = LayerWatch(jax.random.key(0))
    watch.watch(m, params)
    assert [layer.name for layer in watch.layers][-1] == "chain"


def test_convolutions_are_values_and_take_fields_without_a_batch():
    m = cm.convolution(one, v, 3)
    assert m == cm.convolution(one, v, (3, 3)) != cm.convolution(one, v, 3, rate=2)
    assert pickle.loads(pickle.dumps(m)) == m
    assert "Convolution" in str(describe(m))
    params = m.init(jax.random.key(0))
    field = jnp.ones((2, 3, 4, 5, 1), jnp.float32)
    y = m.apply(params, field)
    np.testing.assert_allclose(m.apply(params, field[1, 2]), y[1, 2], atol=1e-6)
    assert y.dtype == jnp.float32 and y.shape == (2, 3, 4, 5, 2)


TRANSPOSED = {
    "a line": (V(LINE), V(LINE) + 1, 2 * V(LINE), 3, {"stride": 2}, (4,), (7,)),
    "even": (v, one + v, v, 4, {"stride": 2}, (3, 3), (6, 6)),
    "inside": (v, v, regular, 3, {"stride": 2, "padding": "VALID"}, (3, 3), (7, 7)),
    "periodic": (v, one, v, 2, {"stride": 2, "padding": "CIRCULAR", "rate": 3}, (3, 3), (6, 6)),
    "space": (V(SO(3)), 1 + V(SO(3)), V(SO(3)), 3, {}, (3, 3, 3), (3, 3, 3)),
    "spinors": (V(SPIN, factor=0), V(SPIN, factor=1), V(SPIN), 3, {}, (3, 3), (3, 3)),
    "points": (V(O(2)), V(O(2)), 1 + V(O(2)), 1, {"stride": 3}, (3, 3), (7, 7)),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSPOSED)
def test_transposed_convolutions_are_transposes_and_commute_with_the_group(name):
    """⟨T f, h⟩ = ⟨f, C h⟩ for the convolution C with the transposed kernel."""
    space, rep_in, rep_out, shape, own, grid, finer = TRANSPOSED[name]
    m = cm.transposed_convolution(rep_in, rep_out, shape, space=space, with_bias=False, **own)
    dtype = complex if m.kernels.is_complex else float
    w = normal(0, m.kernels.rank, dtype)
    f, h = normal(1, (2, *grid, rep_in.dim), dtype), normal(2, (2, *finer, rep_out.dim), dtype)
    g = ON_GRID.get({"points": "circle"}.get(name, name), element(rep_in.group))
    f = np.concatenate([f, moved(space, rep_in, g, f)])
    y, after = np.split(once(m.apply, {"w": w}, f), 2)
    assert y.shape == h.shape
    np.testing.assert_allclose(after, moved(space, rep_out, g, y), atol=1e-12 * np.abs(y).max())
    back = cm.convolution(rep_out.T, rep_in.T, shape, space=space, with_bias=False, **own)
    kernel = np.swapaxes(np.asarray(m.kernel({"w": w})), -1, -2)
    params = {"w": back.kernels.coefficients(weights_of(back, kernel))}
    np.testing.assert_allclose(back.kernel(params), kernel, atol=1e-12)  # which commutes, too
    expected = np.sum(f[:2] * once(back.apply, params, h))
    np.testing.assert_allclose(np.sum(y * h), expected, rtol=1e-10)


def weights_of(m, kernel: np.ndarray) -> np.ndarray:
    """Weights (rep_out.dim, functions, rep_in.dim) of a kernel (*shape, in, out)."""
    flat = kernel.reshape(-1, *kernel.shape[-2:])
    if m.kernels.samples is None:
        return np.transpose(flat, (2, 0, 1))
    inverse = np.linalg.pinv(m.kernels.samples)
    return np.einsum("ap,pio->oai", inverse, flat)


def test_transposed_convolutions_keep_the_variance():
    rep = 8 * V(SO(2)) + 8
    m = cm.transposed_convolution(rep, rep, 4, stride=2, padding="CIRCULAR")
    y = once(m.apply, m.init(jax.random.key(0), jnp.float64), normal(0, (4, 8, 8, rep.dim)))
    assert y.shape == (4, 16, 16, 24) and 0.8 < y.var() < 1.25


def test_transposed_convolutions_reach_the_grid_that_is_asked_for():
    m = cm.transposed_convolution(one, v, 3, 2, output_shape=[8, 7], padding="SAME")
    params, x = m.init(jax.random.key(0)), jnp.ones((1, 4, 4, 1))
    with pytest.warns(UserWarning, match="not symmetric about the middle of grid axes .0.:"):
        assert m.apply(params, x).shape == (1, 8, 7, 2)
    with pytest.raises(
        ValueError, match=r"grid that a convolution.*\(5, 4\). Got \(8, 7\). .*\(9, 7\)"
    ):
        m.apply(params, jnp.ones((1, 5, 4, 1)))
    with pytest.raises(ValueError, match="`output_shape` should be a whole number, or 2 of them"):
        cm.transposed_convolution(one, v, 3, output_shape=(8, 8, 8))


SHEAR = Group(discrete_generators=[[[1.0, 1.0], [0.0, 1.0]]], name="shears")
BAD = [
    ((one, V(O(3)), 3), {}, ValueError, "different groups"),
    ((one, v, 3), {"space": V(SO(2))}, ValueError, "different groups"),
    ((one, v, 3), {"space": 2}, TypeError, "`space` should be a representation"),
    ((one, V(SPIN), 3), {}, ValueError, "`space` should say how points move.*factor=0"),
    ((V(SU(2)), V(SU(2)), 3), {}, ValueError, r"`space` should be real. V of SU\(2\)"),
    ((one, v, (3, 3, 3)), {}, ValueError, r"`kernel_shape` should be .* 2 of them"),
    ((one, v, "33"), {}, ValueError, "`kernel_shape` should be"),
    ((one, v, 0), {}, ValueError, "`kernel_shape` should be positive"),
    ((one, v, 3), {"stride": 1.5}, ValueError, "`stride` should be a whole number"),
    ((one, v, 3), {"padding": "FULL"}, ValueError, "`padding` should be 'SAME', 'VALID' or"),
    ((one, v, 3), {"basis": "fourier"}, ValueError, "`basis` should be 'auto', 'grid' or"),
    ((one, v, 3), {"gain": None}, TypeError, "`gain` should be"),
    ((V(C(8)), V(C(8)), 3), {"basis": "grid"}, ValueError,
     r"Discrete generator 0 of C\(8\) moves \(-1, -1\) to .* Use `basis='harmonics'`"),
    ((V(SO(2)), V(SO(2)), 3), {"basis": "grid"}, ValueError,
     r"Lie generator 0 of SO\(2\) moves \(-1, -1\) continuously"),
    ((V(SHEAR), V(SHEAR), 3), {}, ValueError, "`basis='harmonics'` needs a group that keeps"),
    ((one, v, 1), {"with_bias": False}, NoEquivariantMapError, "no kernel from V⁰ to V"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "options", "error", "message"), BAD)
def test_convolutions_refuse_what_does_not_fit(args, options, error, message):
    with pytest.raises(error, match=message):
        cm.convolution(*args, **options)


def test_fields_that_do_not_fit_are_refused():
    m = cm.convolution(one, v, 3, padding="VALID")
    params = m.init(jax.random.key(0))
    with pytest.raises(ValueError, match=r"shape \(..., 1\), because rep_in = V⁰.*\(2, 5, 5, 3\)"):
        m.apply(params, jnp.ones((2, 5, 5, 3)))
    with pytest.raises(ValueError, match=r"\(batch, \*grid, 1\) with 2 axes of the grid.*\(5, 1\)"):
        m.apply(params, jnp.ones((5, 1)))
    with pytest.raises(ValueError, match=r"at least 3 along grid axis 1\. Got 2"):
        m.apply(params, jnp.ones((1, 5, 2, 1)))
    with pytest.raises(TypeError, match=r"takes 1 arrays. Got 2"):
        m.apply(params, jnp.ones((1, 5, 5, 1)), jnp.ones((1, 5, 5, 1)))
    with pytest.raises(TypeError, match="takes whole fields"):
        cm.emlp_block(one, one).run({}, m.run({}))
    with pytest.raises(ValueError, match=r"`points` should have shape .n, 2."):
        cm.kernel_basis(one, v, np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"`kernels.at.points.` needs kernels that are functions"):
        m.kernels.at(np.ones((3, 2)), np.ones(m.kernels.rank))


@pytest.mark.parametrize(
    ("shape", "stride", "padding", "size"),
    [(2, 1, "SAME", 6), (3, 2, "SAME", 6), (3, 2, "VALID", 6), (2, 1, "CIRCULAR", 6)],
)
def test_what_is_not_symmetric_warns(shape, stride, padding, size):
    m = cm.convolution(v, v, shape, stride, padding=padding)
    params = m.init(jax.random.key(0))
    with pytest.warns(UserWarning, match=r"not symmetric about the middle of grid axes .0, 1."):
        m.apply(params, jnp.ones((1, size, size, 2)))


def test_axes_that_are_only_exchanged_do_not_warn():
    m = cm.convolution(V(S(2)), V(S(2)), 2, stride=2)
    space, field = V(S(2)), normal(0, (1, 5, 5, 2))
    params = m.init(jax.random.key(0), jnp.float64)
    swap = S(2).discrete_generators[0]
    y = once(m.apply, params, np.concatenate([field, moved(space, space, swap, field)]))
    np.testing.assert_allclose(y[1:], moved(space, space, swap, y[:1]), atol=1e-12)


def test_a_layer_without_kernels_returns_its_bias():
    with pytest.warns(UserWarning, match=r"no kernel from V to V⁰ .* the layer returns its bias"):
        m = cm.convolution(V(LINE), Scalar(V(LINE).group), 1)
    params = m.init(jax.random.key(0))
    assert m.apply({**params, "b": jnp.ones(1)}, jnp.ones((1, 3, 1))).tolist() == [[[1]] * 3]
