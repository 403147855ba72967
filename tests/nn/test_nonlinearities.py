"""Non-linearities and normalisation: equivariant where they are allowed, refused elsewhere."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SL, SO, SU, C, D, Icosahedral, Lorentz, O, S, Sp, Z
from constrainet.maps.nonlinearities import SIGMOID_GAIN, SWISH_GAIN
from constrainet.reps import Scalar, V
from tests.catalogue import GROUPS, phases, quaternion_group
from tests.maps.precision import normal, once
from tests.nn.models import equivariance_error, pure, random_params

WITH_SQUARES = ["SO(3)", "O(2)", "Lorentz", "SU(2)", "Z(5)", "D(4)", "phases", "SO(3)*S(3)", "S(4)"]


@pytest.mark.parametrize("layer", [cnn.NormNonlinearity, cnn.LayerNorm])
@pytest.mark.parametrize("name", WITH_SQUARES)
def test_norms_are_equivariant(name, layer):
    v = V(GROUPS[name]())
    rep = 2 * Scalar(v.group) + 3 * v + v * v.T
    assert equivariance_error(lambda: layer(rep), rep, rep) < 1e-9


@pytest.mark.parametrize("layer", [cnn.NormNonlinearity, cnn.LayerNorm])
@pytest.mark.parametrize("group", [SL(3), Sp(2)], ids=str)
def test_norms_are_refused_where_the_group_keeps_none(group, layer):
    with pytest.raises(ValueError, match=rf"`{layer.__name__}\(.*\)` needs an invariant square"):
        pure(lambda: layer(V(group))).init(jax.random.key(0), jnp.ones(group.dim))


def test_lorentz_norms_are_those_of_the_metric():
    v = V(Lorentz())
    layer = pure(lambda: cnn.NormNonlinearity(v))
    light = jnp.array([1.0, 0.6, 0.8, 0.0])
    params = layer.init(jax.random.key(0), light)
    np.testing.assert_allclose(layer.apply(params, light), light / 2, atol=1e-6)


def test_layer_norm_leaves_unit_mean_squares():
    rep = 8 * Scalar(O(3)) + 6 * V(O(3))
    layer, x = pure(lambda: cnn.LayerNorm(rep)), 30 * normal(0, (50, 26)) + 7
    y = layer.apply(layer.init(jax.random.key(0), x), x)
    np.testing.assert_allclose(np.mean(y[:, :8], axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.mean(y[:, :8] ** 2, axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(np.mean(y[:, 8:] ** 2, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("layer", [cnn.NormNonlinearity, cnn.LayerNorm, cnn.RegularNonlinearity])
def test_gradients_at_zero_are_finite(layer):
    rep = 2 * Scalar(D(4)) + 3 * V(D(4))
    model, x = pure(lambda: layer(rep)), jnp.zeros(8, float)
    params = random_params(model, x)
    hessian = once(jax.hessian(lambda x: jnp.sum(model.apply(params, x) ** 2)), x)
    assert np.isfinite(hessian).all()


def test_pointwise_functions_act_on_permutations_and_on_nothing_else():
    rep = V(S(3)) ** 2 + Scalar(S(3))
    x = normal(0, (4, 10))
    y = pure(lambda: cnn.PointwiseNonlinearity(rep)).apply({}, x)
    np.testing.assert_allclose(y, x / (1 + np.exp(-x)), atol=1e-12)
    for wrong in (V(SO(2)), V(D(4)), Scalar(O(1)) + V(O(1))):  # rotations, signs, a sign
        with pytest.raises(ValueError, match=r"`PointwiseNonlinearity\(.*\)` needs a rep"):
            pure(lambda w=wrong: cnn.PointwiseNonlinearity(w)).init(
                jax.random.key(0), jnp.ones(wrong.dim)
            )


@pytest.mark.parametrize("kind", ["gated", "norm", "pointwise", "regular"])
def test_models_take_each_kind(kind):
    v = V(S(4))
    make = lambda: cnn.EMLP(v, v, 2 * v, num_layers=2, nonlinearity=kind)  # noqa: E731
    assert equivariance_error(make, v, v) < 1e-10
    with pytest.raises(ValueError, match=r"`EMLP\(emlp\)`: `nonlinearity` should be 'gated', "):
        pure(lambda: cnn.EMLP(v, v, 2 * v, nonlinearity="relu")).init(
            jax.random.key(0), jnp.ones(4)
        )


def test_normalized_functions_keep_mean_squares():
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    weights = weights / weights.sum()
    sigmoid = 1 / (1 + np.exp(-nodes))
    assert abs(SIGMOID_GAIN**2 * weights @ sigmoid**2 - 1) < 1e-4
    assert abs(SWISH_GAIN**2 * weights @ (nodes * sigmoid) ** 2 - 1) < 1e-4


@pytest.mark.parametrize("group", [SO(3), O(5), SU(2), phases(), S(4), Z(5)], ids=str)
@pytest.mark.parametrize("kind", ["gated", "norm"])
def test_normalized_layers_keep_mean_squares(group, kind):
    rep = 3 * Scalar(group) + 2 * V(group) + V(group) ** 2
    rep_in = cnn.gated(rep) if kind == "gated" else rep
    layer = pure(lambda: getattr(cnn, f"{kind.title()}Nonlinearity")(rep, normalized=True))
    x = normal(0, (20000, rep_in.dim), np.complex64 if rep.is_complex else np.float32)
    y = once(layer.apply, layer.init(jax.random.key(0), x), x)
    assert abs(np.mean(np.abs(y) ** 2) - 1) < 0.03


# --- in the regular representation ---------------------------------------------------------------


def regular(rep, **options):
    return pure(lambda: cnn.RegularNonlinearity(rep, **options))


@pytest.mark.parametrize("group", [Z(5), C(4), D(3), S(4), quaternion_group()], ids=str)
def test_regular_acts_on_irreducibles_alone_and_together(group):
    v = V(group)
    for rep in (v, v * v + 3 * v, Scalar(group) + v):
        layer, x = regular(rep), normal(0, (rep.dim,))

        def derivatives(x, layer=layer):
            apply = lambda x: layer.apply(layer.init(jax.random.key(0), x), x)  # noqa: E731
            return jax.jacobian(apply)(x), jax.hessian(apply)(x)

        jacobian, hessian = once(derivatives, x)
        assert np.linalg.matrix_rank(jacobian, tol=1e-3) == rep.dim
        assert np.abs(hessian).max() > 1e-3, "it is not linear"


def test_regular_starts_with_functions_that_are_not_linear():
    # of sign representations alone, nothing but the linear part of swish(b) - swish(-b) is odd
    rep = 2 * V(O(1))
    layer, x = regular(rep), normal(0, (5, 2))
    y = layer.apply(layer.init(jax.random.key(0), x), x)
    swish = lambda u: u / (1 + np.exp(-u))  # noqa: E731
    np.testing.assert_allclose(y, (swish(1 + x) - swish(1 - x)) / 2, atol=1e-12)


@pytest.mark.parametrize("group", [Z(5), D(4), Icosahedral(), S(4)], ids=str)
def test_regular_keeps_mean_squares_when_it_is_normalized(group):
    for rep in (3 * V(group), 4 * Scalar(group) + 2 * V(group) + V(group) ** 2):
        layer, x = regular(rep, normalized=True), normal(0, (20000, rep.dim), np.float32)
        y = once(layer.apply, layer.init(jax.random.key(0), x), x)
        assert abs(np.mean(y**2) - 1) < 0.03


@pytest.mark.parametrize(
    ("group", "size"),
    [(SO(3), "infinitely many"), (Lorentz(), "infinitely many"), (S(7), "5,040")],
    ids=str,
)
def test_regular_refuses_groups_that_are_too_large(group, size):
    message = (
        rf"`RegularNonlinearity(\(.*\))?` needs a finite group of at most 1,024 .* has {size}\."
    )
    with pytest.raises(ValueError, match=message):
        regular(V(group)).init(jax.random.key(0), jnp.ones(group.dim))
    with pytest.raises(ValueError, match=message):
        make = lambda: cnn.EMLP(V(group), V(group), V(group), 1, nonlinearity="regular")  # noqa: E731
        pure(make).init(jax.random.key(0), jnp.ones(group.dim))


def test_regular_refuses_components_that_are_too_large(monkeypatch):
    monkeypatch.setattr("constrainet.maps.fourier.LARGEST_COMPONENT", 143)
    message = (
        r"`RegularNonlinearity\(.*\)`: Functions on Z\(12\) need .* dimension 144 in V²\. Take"
    )
    with pytest.raises(ValueError, match=message):
        regular(V(Z(12)) ** 2).init(jax.random.key(0), jnp.ones(144))


@pytest.mark.parametrize(("rep", "batch"), [(0 * V(D(4)), 2), (3 * Scalar(D(4)), 2), (V(D(4)), 0)])
def test_regular_takes_what_has_no_dimensions_no_functions_or_no_samples(rep, batch):
    layer, x = regular(rep), normal(0, (batch, rep.dim))
    y = layer.apply(layer.init(jax.random.key(0), x), x)
    assert y.shape == x.shape
    if rep == 3 * Scalar(D(4)):
        np.testing.assert_allclose(y, x / (1 + np.exp(-x)), atol=1e-12)


@pytest.mark.filterwarnings("ignore:.*a part of dimension 1 of V² is always zero:UserWarning")
@pytest.mark.parametrize(("kind", "is_reached"), [("regular", True), ("gated", False)])
def test_regular_leads_from_one_irreducible_to_another(kind, is_reached):
    # products of a vector's coordinates, by a hidden layer at random and a last one that fits
    group = D(4)
    v = V(group)
    hidden = 8 * (Scalar(group) + v + v * v)
    make = lambda: cnn.EMLP(v, v * v, hidden, 1, bilinear=False, nonlinearity=kind)  # noqa: E731
    model, x = pure(make), normal(0, (200, 2))
    params = random_params(model, x)
    last = params["emlp/linear"]

    def error(w):
        products = x[:, :, None] * x[:, None]
        predicted = model.apply(params | {"emlp/linear": last | {"w": w}}, x)
        return (predicted - products.reshape(-1, 4)).ravel()

    nothing = jnp.zeros_like(last["w"])
    residual, jacobian = once(lambda w: (error(w), jax.jacobian(error)(w)), nothing)
    design = jacobian.reshape(len(residual), -1)
    solution = np.linalg.lstsq(design, -residual, rcond=None)[0]
    assert (np.mean((design @ solution + residual) ** 2) < 1e-2) == is_reached
