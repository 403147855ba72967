"""The linear layer: complete, of unit gain, of the input's precision, and honest about zero."""

from __future__ import annotations

import warnings
from itertools import pairwise

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.errors import NoEquivariantMapError
from constrainet.groups import SE, SO, SU, Lorentz, O, S
from constrainet.maps import equivariant_map
from constrainet.reps import Rep, Scalar, V
from tests.catalogue import GROUPS, phases, quaternion_group
from tests.maps.precision import normal, once, random_like
from tests.nn.models import pure, random_params
from tests.solve.oracles import svd_projector


def pairs() -> dict[str, tuple[Rep, Rep]]:
    v, s4, su2, so2 = V(SO(3)), V(S(4)), V(SU(2)), V(SO(2))
    q8, se2, lorentz = V(quaternion_group()), V(SE(2)), V(Lorentz())
    return {
        "SO(3)": (2 * Scalar(v.group) + 2 * v, v * v + 2 * v + Scalar(v.group)),
        "SO(2)": (2 * so2, so2 * so2 + so2),
        "S(4)": (s4 + Scalar(s4.group), 2 * s4 + Scalar(s4.group)),
        "quaternion": (2 * q8, q8 + Scalar(q8.group)),
        "SE(2)": (se2 + Scalar(se2.group), se2 + 2 * se2.T),
        "Lorentz": (lorentz * lorentz.T + lorentz, lorentz + lorentz * lorentz),
        "SU(2)": (su2 + su2.T, su2 + Scalar(su2.group)),
        "phases": (2 * V(phases()), V(phases()) + Scalar(phases())),
        "SO(3)*S(4)": (v * s4 + v, s4 + v + v * s4),
    }


PAIRS = pairs()
EVERY_PAIR = pytest.mark.parametrize("name", PAIRS)
EVERY_KIND = pytest.mark.parametrize("kind", ["projector", "basis"])


def layer(name: str, kind: str, **options) -> hk.Transformed:
    rep_in, rep_out = PAIRS[name]
    return pure(lambda: cnn.Linear(rep_in, rep_out, parametrization=kind, **options))


def dtype_of(name: str):
    return complex if any(rep.is_complex for rep in PAIRS[name]) else float


# --- the function class --------------------------------------------------------------------------


@EVERY_KIND
@EVERY_PAIR
def test_linear_reaches_every_equivariant_map_and_bias_and_no_other(name, kind):
    rep_in, rep_out = PAIRS[name]
    n, m, dtype = rep_in.dim, rep_out.dim, dtype_of(name)
    model = layer(name, kind)
    P, rank = svd_projector(rep_out * rep_in.T)
    P_bias, bias_rank = svd_projector(rep_out)
    x = np.concatenate([np.eye(n), np.zeros((1, n))]).astype(dtype)
    shapes = jax.eval_shape(model.init, jax.random.key(0), x)["linear"]
    sizes: dict = {"w": (m, n), "b": (m,)} if kind == "projector" else {"w": (rank,)}
    if kind == "basis" and bias_rank:
        sizes["b"] = (bias_rank,)
    assert {key: shape.shape for key, shape in shapes.items()} == sizes
    assert {shape.dtype for shape in shapes.values()} == {np.dtype(dtype)}
    # the layer is linear in its parameters: its values at each of them are the Jacobian
    count = {key: int(np.prod(shape.shape)) for key, shape in shapes.items()}
    each = np.eye(sum(count.values()), dtype=dtype)
    params = {"w": each[:, : count["w"]].reshape(-1, *shapes["w"].shape)}
    if "b" in shapes:
        params["b"] = each[:, count["w"] :].reshape(-1, *shapes["b"].shape)
    y = once(jax.vmap(lambda p: model.apply({"linear": p}, x)), params)
    bias = y[:, -1]
    matrices = (y[:, :-1] - bias[:, None]).transpose(0, 2, 1).reshape(len(each), m * n)
    for found, projector, dim in ((matrices, P, rank), (bias, P_bias, bias_rank)):
        np.testing.assert_allclose(found @ projector.T, found, atol=1e-9)
        assert np.linalg.matrix_rank(found, tol=1e-8) == dim
    assert np.linalg.matrix_rank(y.reshape(len(each), -1), tol=1e-8) == rank + bias_rank


@EVERY_PAIR
def test_both_parametrizations_are_the_same_function_after_converting(name):
    rep_in, rep_out = PAIRS[name]
    x = normal(1, (3, rep_in.dim), dtype_of(name))
    full, small = layer(name, "projector"), layer(name, "basis")
    weights, bias = (
        equivariant_map(rep_in, rep_out),
        equivariant_map(Scalar(rep_out.group), rep_out),
    )
    params = random_params(full, x)["linear"]
    converted = {
        "w": weights.coefficients(np.asarray(params["w"])),
        "b": bias.coefficients(np.asarray(params["b"])),
    }
    y = once(full.apply, {"linear": params}, x)
    y_small = once(small.apply, {"linear": converted}, x)
    np.testing.assert_allclose(y, y_small, rtol=0, atol=1e-10)


@EVERY_KIND
def test_the_product_does_not_change_the_function(kind):
    rep_in, _ = PAIRS["SO(3)"]
    x = normal(1, (3, rep_in.dim))
    layers = {p: layer("SO(3)", kind, product=p) for p in ("auto", "dense", "irreducible")}
    params = random_params(layers["auto"], x)
    results = [once(model.apply, params, x) for model in layers.values()]
    np.testing.assert_allclose(results[1], results[0], atol=1e-12)
    np.testing.assert_allclose(results[2], results[0], atol=1e-12)


@EVERY_KIND
def test_without_bias_zero_goes_to_zero(kind):
    rep_in, _ = PAIRS["SO(3)"]
    model = layer("SO(3)", kind, with_bias=False)
    x = jnp.zeros((2, rep_in.dim))
    params = random_params(model, x)
    assert list(params["linear"]) == ["w"]
    assert not np.any(model.apply(params, x))


# --- initialisation ------------------------------------------------------------------------------


@EVERY_KIND
@pytest.mark.parametrize("name", [*PAIRS, "low rank", "high rank"])
def test_outputs_start_with_the_variance_of_the_inputs(name, kind):
    v = V(O(3))
    extremes = {"low rank": (v**3, v), "high rank": (40 * v, 3 * v)}
    rep_in, rep_out = extremes[name] if name in extremes else PAIRS[name]
    dtype = np.complex64 if rep_in.is_complex else np.float32
    make = lambda: cnn.Linear(rep_in, rep_out, parametrization=kind)  # noqa: E731
    model, x = pure(make), normal(0, (4000, 4, rep_in.dim), dtype)
    y = once(
        jax.vmap(lambda key, x: model.apply(model.init(key, x), x)),
        jax.random.split(jax.random.key(1), len(x)),
        x,
    )
    # in each summand by itself, those aside that nothing but zero reaches
    variances = np.mean(np.abs(y) ** 2, axis=(0, 1))
    starts = np.cumsum([0, *(part.dim * count for part, count in rep_out.summands)])
    for start, stop in pairwise(starts):
        if variances[start:stop].any():
            assert 0.8 < np.mean(variances[start:stop]) < 1.2


# not decomposed, because they are not orthogonal
WHOLE = [
    *("SE(1)", "SE(2)", "SE(3)", "semidirect-E(2)", "jordan", "heisenberg"),
    *("conjugated-SO(3)", "conjugated-icosahedral", "conjugate(D(4))"),
]


@pytest.mark.parametrize(
    ("name", "is_uniform"), [*((name, False) for name in GROUPS), *((name, True) for name in WHOLE)]
)
def test_ten_layers_keep_the_variance(name, is_uniform):
    v = V(GROUPS[name]())
    rep = cnn.uniform_rep(192, v.group) if is_uniform else cnn.matched_rep(32, v, v)
    layer = pure(lambda: cnn.Linear(rep, rep, kept="component", parametrization="basis"))

    def network(key, x):
        keys = jax.random.split(key, 10)
        return jax.lax.scan(lambda x, key: (layer.apply(layer.init(key, x), x), None), x, keys)[0]

    x = normal(0, (64, 8, rep.dim), np.complex64 if rep.is_complex else np.float32)
    y = once(jax.vmap(network), jax.random.split(jax.random.key(0), len(x)), x)
    assert 0.8 < np.mean(np.abs(y) ** 2) < 1.2


@EVERY_KIND
def test_initialisers_can_be_given(kind):
    rep_in, _ = PAIRS["SO(3)"]
    model = layer("SO(3)", kind, w_init=jnp.ones, b_init=hk.initializers.Constant(2.0))
    params = model.init(jax.random.key(0), jnp.ones(rep_in.dim))["linear"]
    assert (params["w"] == 1).all()
    assert (params["b"] == 2).all()


def test_biases_start_at_zero():
    params = layer("S(4)", "projector").init(jax.random.key(0), jnp.ones(5))["linear"]
    assert not params["b"].any()


# --- nothing equivariant -------------------------------------------------------------------------


@EVERY_KIND
def test_a_layer_that_is_always_zero_is_refused(kind):
    v = V(SO(3))
    message = "`Linear\\(linear\\)`: no linear map from V⁰ to 2V but zero .* under SO\\(3\\)"
    with pytest.raises(NoEquivariantMapError, match=message):
        model = pure(lambda: cnn.Linear(Scalar(v.group), 2 * v, parametrization=kind))
        model.init(jax.random.key(0), jnp.ones(1))
    with pytest.raises(NoEquivariantMapError, match="always return zero"):
        pure(lambda: cnn.Linear(v, Scalar(v.group), with_bias=False, parametrization=kind)).init(
            jax.random.key(0), jnp.ones(3)
        )


@EVERY_KIND
@pytest.mark.parametrize("v", [V(SO(3)), V(SU(2))], ids=["SO(3)", "SU(2)"])
def test_a_layer_that_is_only_its_bias_warns(kind, v):
    model = pure(lambda: cnn.Linear(v, 2 * Scalar(v.group), parametrization=kind))
    x = jnp.asarray(normal(0, (2, v.dim), np.complex64 if v.is_complex else np.float32))
    with pytest.warns(UserWarning, match="returns its bias, whatever the input"):
        params = random_params(model, x)
    with pytest.warns(UserWarning, match="no linear map from V to 2V⁰"):
        y = model.apply(params, x)
    assert (y[0] == y[1]).all()
    assert y.all()


def test_a_layer_with_maps_but_without_biases_says_nothing():
    v = V(SO(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pure(lambda: cnn.Linear(v, v)).init(jax.random.key(0), jnp.ones(3))


def test_blocks_and_models_refuse_what_linear_refuses():
    v = V(SO(3))
    with pytest.raises(NoEquivariantMapError):
        make = lambda: cnn.EMLP(v, v, channels=3 * Scalar(v.group), num_layers=0)  # noqa: E731
        pure(make).init(jax.random.key(0), jnp.ones(3))
        make = lambda: cnn.EMLP(Scalar(v.group), v, channels=4, num_layers=1)  # noqa: E731
        pure(make).init(jax.random.key(0), jnp.ones(1))


# --- precision -----------------------------------------------------------------------------------


@EVERY_KIND
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16, jnp.float64])
def test_linear_keeps_the_precision_of_its_input(dtype, kind):
    rep_in, _ = PAIRS["SO(3)"]
    model = layer("SO(3)", kind)
    x = jnp.asarray(normal(0, (4, rep_in.dim))).astype(dtype)
    params = random_params(model, x)
    y = once(model.apply, params, x)
    assert {p.dtype for p in jax.tree.leaves(params)} == {jnp.dtype(dtype)}
    assert y.dtype == dtype
    exact = once(
        model.apply,
        jax.tree.map(lambda p: p.astype(float), params),
        x.astype(float),
    )
    np.testing.assert_allclose(np.asarray(y, float), exact, atol=30 * float(jnp.finfo(dtype).eps))


def test_complex_groups_make_complex_parameters_of_the_same_precision():
    model = layer("SU(2)", "basis")
    for dtype, expected in ((np.float32, np.complex64), (np.complex64, np.complex64)):
        x = jnp.asarray(normal(0, (2, 4), dtype))
        params = model.init(jax.random.key(0), x)
        assert {p.dtype for p in jax.tree.leaves(params)} == {np.dtype(expected)}
        assert model.apply(params, x).dtype == expected
    x = jnp.asarray(normal(0, (2, 4), complex))
    shapes = jax.eval_shape(model.init, jax.random.key(0), x)
    assert {s.dtype for s in jax.tree.leaves(shapes)} == {np.dtype(complex)}


def test_real_groups_keep_real_parameters_for_complex_inputs():
    rep_in, _ = PAIRS["SO(3)"]
    model = layer("SO(3)", "projector")
    x = normal(0, (2, rep_in.dim), np.complex64)
    params = random_params(model, x)
    assert {p.dtype for p in jax.tree.leaves(params)} == {np.dtype(np.float32)}
    apply = jax.jit(model.apply)
    real, imaginary = apply(params, x.real), apply(params, x.imag)
    zero = apply(params, np.zeros_like(x.real))
    np.testing.assert_allclose(apply(params, x), real + 1j * (imaginary - zero), atol=1e-4)


# --- no dimensions -------------------------------------------------------------------------------


@EVERY_KIND
def test_representations_without_dimensions_are_layers_without_entries(kind):
    v = V(SO(3))
    nothing = pure(lambda: cnn.Linear(v, 0 * v, parametrization=kind))
    assert nothing.apply(nothing.init(jax.random.key(0), jnp.ones(3)), jnp.ones((2, 3))).shape == (
        (2, 0)
    )
    only_bias = pure(lambda: cnn.Linear(0 * v, Scalar(v.group), parametrization=kind))
    x = jnp.ones((2, 0))
    params = random_like(jax.eval_shape(only_bias.init, jax.random.key(0), x))
    assert only_bias.apply(params, x).all()
