"""Maps by themselves: values with `init` and `apply`, and what is made of them."""

from __future__ import annotations

import copy
import pickle
import re
from dataclasses import replace
from functools import partial

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
import constrainet.nn as cnn
from constrainet.groups import SO, SU, D, Lorentz, O, S
from constrainet.inspect import LayerWatch, assert_equivariant, describe
from constrainet.reps import Scalar, V, irreducible
from tests.maps.precision import in_double_precision, normal, once

o3 = V(O(3))
one = Scalar(O(3))
mixed = 3 * one + 2 * o3 + o3**2
shifts, flips = V(S(4)), V(D(4))

MAPS = {
    "linear": lambda: cm.linear(mixed, o3 + one),
    "linear, basis": lambda: cm.linear(mixed, o3 + one, parametrization="basis"),
    "linear, complex": lambda: cm.linear(2 * V(SU(2)), V(SU(2))),
    "bilinear": lambda: cm.bilinear(mixed, o3**2 + one),
    "tensor_product": lambda: cm.tensor_product(mixed, o3, o3**2 + one),
    "gated": lambda: cm.gated(mixed),
    "norm": lambda: cm.norm(mixed, normalized=True),
    "pointwise": lambda: cm.pointwise(shifts**2),
    "regular": lambda: cm.regular(3 * flips + flips**2),
    "layer_norm": lambda: cm.layer_norm(mixed),
    "emlp_block": lambda: cm.emlp_block(mixed, o3),
    "emlp": lambda: cm.emlp(mixed, o3**2, channels=32, num_layers=2),
    "tensor_product_block": lambda: cm.tensor_product_block(mixed),
    "tensor_product_net": lambda: cm.tensor_product_net(mixed, o3**2, channels=4, readout=5),
    "chain": lambda: cm.chain(cm.linear(o3, 4 * o3), cm.layer_norm(4 * o3), cm.linear(4 * o3, o3)),
    "residual": lambda: cm.residual(cm.emlp_block(mixed, mixed)),
}
EVERY_MAP = pytest.mark.parametrize("name", MAPS)


def made(name: str):
    """A map, its parameters, all random, and inputs."""
    m = MAPS[name]()
    leaves, tree = jax.tree.flatten(m.init(jax.random.key(0)))
    params = jax.tree.unflatten(tree, [normal(i, a.shape, a.dtype) for i, a in enumerate(leaves)])
    xs = [
        normal(7 + i, (5, rep.dim), np.complex64 if rep.is_complex else np.float32)
        for i, rep in enumerate(m.reps_in)
    ]
    return m, params, xs


@EVERY_MAP
def test_parameters_are_known_without_a_batch(name):
    m = MAPS[name]()
    params = m.init(jax.random.key(0))
    is_parameter = lambda node: isinstance(node, cm.Parameter)  # noqa: E731
    shapes = jax.tree.map(lambda p: p.shape, dict(m.parameters), is_leaf=is_parameter)
    assert jax.tree.map(jnp.shape, params) == shapes
    again = m.init(jax.random.key(0))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), params, again))
    with in_double_precision():
        wide = m.init(jax.random.key(0), dtype=jnp.float64)
        assert {a.dtype.name for a in jax.tree.leaves(wide)} <= {"float64", "complex128"}


@pytest.mark.parametrize("name", ["chain", "residual"])
def test_maps_are_equivariant(name):
    m, params, _ = made(name)
    assert_equivariant(partial(m.apply, params), m.rep_in, m.rep_out, jax.random.key(0))


@EVERY_MAP
def test_maps_are_values(name):
    m, params, xs = made(name)
    for other in (MAPS[name](), pickle.loads(pickle.dumps(m)), copy.deepcopy(m)):
        assert other == m
        assert hash(other) == hash(m)
        np.testing.assert_array_equal(other.apply(params, *xs), m.apply(params, *xs))
    assert m != cm.linear(o3, o3)
    apply = jax.jit(lambda m, params, *xs: m.apply(params, *xs), static_argnums=0)
    assert apply(m, params, *xs).shape == (5, m.rep_out.dim)
    apply(MAPS[name](), params, *xs)
    assert apply._cache_size() == 1


@EVERY_MAP
def test_haiku_modules_compute_what_their_maps_do(name):
    m, params, xs = made(name)
    model = hk.without_apply_rng(hk.transform(lambda *xs: cnn.Layer(m, name="model")(*xs)))
    in_haiku = cnn.to_haiku(params, "model")
    shapes = jax.eval_shape(model.init, jax.random.key(0), *xs)
    assert jax.tree.map(jnp.shape, in_haiku) == jax.tree.map(lambda s: s.shape, dict(shapes))
    assert jax.tree.structure(cnn.from_haiku(in_haiku, "model")) == jax.tree.structure(params)
    y = once(m.apply, params, *xs)
    np.testing.assert_allclose(once(model.apply, in_haiku, *xs), y, rtol=1e-6, atol=1e-6)


def test_a_chain_is_its_maps_one_after_the_other():
    v, hidden = V(Lorentz()), 4 * V(Lorentz()) + 3 * Scalar(Lorentz())
    maps = cm.linear(v, cm.with_gates(hidden)), cm.gated(hidden), cm.linear(hidden, v)
    m = cm.chain(*maps)
    with in_double_precision():
        params = m.init(jax.random.key(0), dtype=jnp.float64)
        assert list(params) == ["linear", "linear_1"]
        x = y = jnp.asarray(normal(0, (5, 4), float))
        for each, own in zip(maps, (params["linear"], {}, params["linear_1"]), strict=True):
            y = each.apply(own, y)
        np.testing.assert_allclose(m.apply(params, x), y, rtol=1e-10, atol=1e-12)


def test_residual_maps_add_their_input():
    m = cm.linear(mixed, mixed)
    params, x = m.init(jax.random.key(0)), normal(0, (5, mixed.dim))
    y = cm.residual(m).apply(params, x)
    np.testing.assert_allclose(y, x + m.apply(params, x), rtol=1e-5, atol=1e-5)


# --- weights from outside ------------------------------------------------------------------------


@pytest.mark.parametrize("connections", ["channelwise", "full"])
@pytest.mark.parametrize("group", [O(3), Lorentz(), S(4), SU(2)], ids=str)
def test_weights_from_outside_do_what_parameters_do(connections, group):
    v = V(group)
    a, b, out = 3 * v + 2 * Scalar(group), v, 2 * v + v * v
    inside = cm.tensor_product(a, b, out, connections=connections)
    outside = cm.tensor_product(a, b, out, connections=connections, weights="external")
    assert outside.init(jax.random.key(0)) == {}
    with in_double_precision():
        dtype = complex if v.is_complex else float
        x, y = (jnp.asarray(normal(i, (7, rep.dim), dtype)) for i, rep in enumerate((a, b)))
        weights = jnp.asarray(normal(3, (7, outside.num_weights), dtype))
        scales = outside.map.scales
        one_by_one = [inside.apply({"w": w * scales}, x[i], y[i]) for i, w in enumerate(weights)]
        found = outside.apply({}, x, y, weights=weights)
        np.testing.assert_allclose(found, np.stack(one_by_one), rtol=1e-9, atol=1e-10)
        shared = outside.apply({}, x, y, weights=weights[0])
        expected = inside.apply({"w": weights[0] * scales}, x, y)
        np.testing.assert_allclose(shared, expected, rtol=1e-9, atol=1e-10)
        # an axis of batches before, and batches that are filled up to whole lines of the cache
        wide = [jnp.concatenate([z] * 42).reshape(42, 7, -1) for z in (x, y, weights)]
        found = outside.apply({}, *wide[:2], weights=wide[2])
        np.testing.assert_allclose(found[41], np.stack(one_by_one), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("copies", [1, 2, 7, 8])
def test_every_product_is_an_output_with_a_weight_of_its_own(copies):
    """Also where two paths share an input and copies are even in number."""
    a, b, kinds = copies * o3, one + irreducible(O(3), "2e"), o3 + irreducible(O(3), "2o")
    out = cm.product_rep(a, b, kinds)
    m = cm.tensor_product(a, b, out, weights="external")
    assert out == 2 * copies * o3 + copies * irreducible(O(3), "2o")
    assert m.num_weights == 3 * copies
    x, y = normal(0, (1, a.dim), np.float32), normal(1, (1, b.dim), np.float32)
    weights = np.eye(m.num_weights, dtype=np.float32)
    apply = lambda w: m.apply({}, x, y, weights=w)[0]  # noqa: E731
    results = np.asarray(jax.vmap(apply)(weights))
    assert np.linalg.matrix_rank(results, tol=1e-4) == m.num_weights
    assert (np.count_nonzero(np.abs(results) > 1e-5, axis=1) <= 5).all()


def test_weights_from_outside_have_gradients():
    m = cm.tensor_product(3 * o3, o3, one + o3, weights="external")
    with in_double_precision():
        x, y, w, d = (
            jnp.asarray(normal(i, (5, n), float))
            for i, n in enumerate((9, 3, m.num_weights, m.num_weights))
        )
        loss = lambda w: jnp.sum(m.apply({}, x, y, weights=w) ** 2)  # noqa: E731
        slope = jnp.vdot(jax.grad(loss)(w), d)
        step = 1e-6
        measured = (loss(w + step * d) - loss(w - step * d)) / (2 * step)
        np.testing.assert_allclose(slope, measured, rtol=1e-7)


def test_a_batch_of_weights_starts_with_outputs_of_variance_one():
    m = cm.bilinear(8 * o3 + 8 * one, 8 * o3 + 4 * one, weights="external")
    x = normal(0, (4000, 32), np.float32)
    y = m.apply({}, x, weights=normal(1, (4000, m.num_weights), np.float32))
    variances = np.mean(np.asarray(y) ** 2, axis=0)
    assert 0.5 < np.mean(variances) < 2


# --- what works on maps --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linear", "emlp", "tensor_product_net", "chain", "residual"])
def test_parametrizations_are_converted(name):
    m, params, xs = made(name)
    others = {kind: _in_parametrization(m, kind) for kind in ("projector", "basis")}
    for kind, other in others.items():
        converted = cm.convert(m, params, kind)
        y, z = m.apply(params, *xs), other.apply(converted, *xs)
        np.testing.assert_allclose(z, y, rtol=1e-3, atol=1e-4 * np.abs(y).max())


def _in_parametrization(m, kind):
    if hasattr(m, "maps"):
        return cm.chain(*(_in_parametrization(each, kind) for each in m.maps))
    if hasattr(m, "inner"):
        return cm.residual(_in_parametrization(m.inner, kind))
    return replace(m, parametrization=kind) if hasattr(m, "parametrization") else m


def test_models_are_folded():
    m, params, (x,) = made("emlp")
    folded = cm.fold(m.apply, params, x)
    np.testing.assert_allclose(folded(x), m.apply(params, x), rtol=1e-4, atol=1e-3)


def test_models_are_described_and_measured_layer_by_layer():
    m = cm.emlp(mixed, o3**2, channels=32, num_layers=1)
    assert "linear maps" in str(describe(m.layers["linear"]))
    assert len(describe(m).parts) == 2
    watch = LayerWatch(jax.random.key(0))
    watch.watch(m, m.init(jax.random.key(1)))
    assert [layer.name for layer in watch.layers] == [
        "emlp_block/linear",
        "emlp_block/bi_linear",
        "emlp_block/gated_nonlinearity",
        "emlp_block",
        "linear",
        "emlp",
    ]
    assert all(layer.error.is_equivariant for layer in watch.layers)
    assert [path for path, _ in cm.walk(m)][:-1] == [layer.name for layer in watch.layers][:-1]


# --- bad input -----------------------------------------------------------------------------------


def test_parameters_of_another_map_are_refused():
    m = cm.emlp(o3, o3, channels=8, num_layers=1)
    params, x = m.init(jax.random.key(0)), np.ones((2, 3), np.float32)
    lacking = {name: each for name, each in params.items() if name != "linear"}
    with pytest.raises(ValueError, match="`emlp` needs parameters 'linear', and got none"):
        m.apply(lacking, x)
    wrong = jax.tree.map(lambda a: a[:-1], params)
    with pytest.raises(ValueError, match="Parameter 'emlp_block/linear/w' of `emlp` should have"):
        m.apply(wrong, x)
    of_another_kind = jax.tree.map(lambda a: a.astype(np.complex64), params)
    with pytest.raises(TypeError, match="should be real, because the layer's weights are"):
        m.apply(of_another_kind, x)


@pytest.mark.parametrize(
    ("call", "exception", "message"),
    [
        (lambda: cm.chain(), ValueError, "at least one map"),
        (lambda: cm.chain(o3), TypeError, "should be given maps"),
        (
            lambda: cm.chain(cm.linear(o3, 2 * o3), cm.linear(o3, o3)),
            ValueError,
            "linear takes V, and linear returns 2V",
        ),
        (
            lambda: cm.chain(cm.bilinear(o3, o3, weights="external")),
            ValueError,
            "no weights from outside",
        ),
        (lambda: cm.residual(cm.linear(o3, one + o3)), ValueError, "should return what it takes"),
        (lambda: cm.residual(o3), TypeError, "should be a map"),
        (lambda: cm.tensor_product(o3, o3, o3, weights="mine"), ValueError, "`weights` should be"),
        (lambda: cnn.Layer.make(3), TypeError, "should be given a map"),
    ],
)
def test_maps_that_do_not_fit_are_refused(call, exception, message):
    with pytest.raises(exception, match=message):
        call()


@pytest.mark.parametrize(
    ("make", "flag"),
    [
        (lambda f: cm.pointwise(V(S(3)), f), "normalized"),
        (lambda f: cm.linear(o3, o3, with_bias=f), "with_bias"),
        (lambda f: cm.convolution(o3, o3, 3, with_bias=f), "with_bias"),
        (lambda f: cm.emlp(o3, o3, channels=4, bilinear=f), "bilinear"),
        (lambda f: cm.emlp_block(o3, o3, bilinear=f), "bilinear"),
        (lambda f: cm.steerable_cnn(V(D(4)), V(D(4)), channels=4, pool=f), "pool"),
        (lambda f: cm.harmonics(o3, 1, normalized=f), "harmonics(normalized=...)"),
    ],
)
def test_what_is_no_flag_is_refused(make, flag):
    with pytest.raises(TypeError, match=re.escape(f"`{flag}` should be True or False. Got <")):
        make(jax.nn.relu)


def test_arguments_that_do_not_fit_are_refused():
    x = np.ones((4, 3), np.float32)
    linear = cm.linear(o3, o3)
    params = linear.init(jax.random.key(0))
    with pytest.raises(TypeError, match=r"`linear` takes 1 arrays\. Got 2"):
        linear.apply(params, x, x)
    with pytest.raises(TypeError, match=r"`linear` takes arrays alone\. Got also weights"):
        linear.apply(params, x, weights=x)
    with pytest.raises(ValueError, match=r"`linear` takes arrays of shape \(..., 3\)"):
        linear.apply(params, x[:, :2])
    outside = cm.tensor_product(o3, o3, one, weights="external")
    with pytest.raises(TypeError, match=r"takes `weights` from outside.* Got none"):
        outside.apply({}, x, x)
    with pytest.raises(ValueError, match=r"weights of shape \(1,\) for all inputs, or \(4, 1\)"):
        outside.apply({}, x, x, weights=np.ones((3, 1)))
    with pytest.raises(TypeError, match="floating point weights"):
        outside.apply({}, x, x, weights=np.ones((4, 1), int))
    net = cm.tensor_product_net(o3, one + o3, channels=2)
    with pytest.raises(TypeError, match="its representations are real"):
        net.apply(net.init(jax.random.key(0)), x.astype(np.complex64))


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda m: m.init(), "m.init(jax.random.key(0))"),
        (lambda m: m.apply(), "m.apply(params, x)"),
        (lambda m: m.apply(jnp.ones(3)), "m.apply(params, x)"),
        (lambda m: m.rep_in.group.samples(), "G.samples(jax.random.key(0), 10)"),
        (lambda m: m.rep_in.group.samples(jax.random.key(0)), "G.samples(jax.random.key(0), 10)"),
    ],
)
def test_a_call_that_lacks_an_argument_is_told_the_line(call, line):
    m = cm.linear(V(SO(3)), V(SO(3)))
    with pytest.raises(TypeError, match=re.escape(f"Write `{line}`.")):
        call(m)
