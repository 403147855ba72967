"""Layers and models under JAX's transformations, and built again from one key."""

from __future__ import annotations

import os
import subprocess
import sys

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps.shared_frame
import constrainet.nn as cnn
import constrainet.reps
from constrainet.groups import SO, SU, D, Group, O, S
from constrainet.reps import Scalar, V
from tests.maps.precision import in_double_precision, normal, once
from tests.nn.models import pure, random_params

v = V(O(3))
scalar = Scalar(v.group)
REP_IN, REP_OUT = 2 * v + scalar, v * v
EVERY_KIND = pytest.mark.parametrize("kind", ["projector", "basis"])


def emlp(kind: str = "projector") -> hk.Transformed:
    hidden = 2 * scalar + 2 * v + v * v
    return pure(lambda: cnn.EMLP(REP_IN, REP_OUT, hidden, num_layers=1, parametrization=kind))


def inputs(*lead: int, dtype=np.float32):
    return jnp.asarray(normal(0, (*lead, REP_IN.dim), dtype))


@EVERY_KIND
def test_compiled_results_are_those_of_eager_calls_whatever_the_leading_axes(kind):
    model, x = emlp(kind), inputs(2, 3)
    params = random_params(model, x)
    y = model.apply(params, x)
    assert y.shape == (2, 3, 9)
    tolerance = 1e-5 * np.abs(y).max()
    for found in (
        once(model.apply, params, x),
        once(jax.vmap(jax.vmap(model.apply, (None, 0)), (None, 0)), params, x),
        once(lambda p, x: jax.lax.scan(lambda c, a: (c, model.apply(p, a)), 0, x)[1], params, x),
    ):
        np.testing.assert_allclose(found, y, rtol=0, atol=tolerance)
    assert once(model.apply, params, inputs(0)).shape == (0, 9)


@EVERY_KIND
def test_gradients_are_those_of_finite_differences(kind):
    model, x = emlp(kind), inputs(4, dtype=float)
    params, direction = random_params(model, x), random_params(model, x, seed=50)

    def loss(t, params, direction):
        moved = jax.tree.map(lambda p, d: p + t * d, params, direction)
        return jnp.sum(jnp.sin(model.apply(moved, x)))

    def compare(params, direction):
        by_grad = jax.grad(loss, 1)(0.0, params, direction)
        slopes = jax.tree.map(lambda g, d: jnp.sum(g * d), by_grad, direction)
        step = 1e-5
        difference = loss(step, params, direction) - loss(-step, params, direction)
        return sum(jax.tree.leaves(slopes)), difference / (2 * step)

    found, expected = once(compare, params, direction)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_second_derivatives_at_zero_are_finite():
    model, x = emlp(), inputs(dtype=float)
    params = random_params(model, x)
    hessian = once(jax.hessian(lambda x: jnp.sum(model.apply(params, x))), jnp.zeros_like(x))
    assert np.isfinite(hessian).all()
    assert hessian.any()


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float32, jnp.float64])
def test_models_keep_the_precision_of_their_input(dtype):
    model, x = emlp(), inputs(2).astype(dtype)
    shapes = jax.eval_shape(model.init, jax.random.key(0), x)
    assert {s.dtype for s in jax.tree.leaves(shapes)} == {jnp.dtype(dtype)}
    y = jax.eval_shape(model.apply, shapes, x)
    assert (y.dtype, y.shape) == (jnp.dtype(dtype), (2, 9))


def test_complex_groups_make_complex_models():
    w = V(SU(2))
    one = Scalar(w.group)
    model = pure(lambda: cnn.EMLP(w + w.T, w, channels=one + w, num_layers=1))
    x = jnp.asarray(normal(0, (2, 4), np.complex64))
    params = random_params(model, x)
    y = once(model.apply, params, x)
    assert y.dtype == np.complex64
    assert np.isfinite(y).all()


@EVERY_KIND
def test_bases_are_solved_only_when_a_model_is_first_built(kind, monkeypatch):
    algebra = 1.5 * SO(3).lie_algebra  # content that no other test has
    w = V(Group(lie_algebra=algebra, name=f"for {kind}"))
    one = Scalar(w.group)
    model = pure(lambda: cnn.EMLP(w, w, channels=one + w, num_layers=1, parametrization=kind))
    params = random_params(model, jnp.ones((2, 3)))

    def solved(*args, **kwargs):
        raise AssertionError("solved again")

    monkeypatch.setattr(constrainet.reps.Question, "solve", solved)
    monkeypatch.setattr(constrainet.maps.shared_frame, "intertwiners", solved)
    monkeypatch.setattr(constrainet.maps.shared_frame, "decompose", solved)
    apply = jax.jit(model.apply)
    apply.lower(params, jnp.ones((2, 3)))
    apply.lower(params, jnp.ones((5, 3)))
    jax.jit(jax.grad(lambda p, x: jnp.sum(model.apply(p, x)))).lower(params, jnp.ones((7, 3)))


def test_there_is_one_compilation_for_each_shape():
    model = emlp()
    params = random_params(model, inputs(2))
    compiled, traced = [], []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: compiled.append(event) if "backend_compile" in event else None
    )

    @jax.jit
    def apply(params, x):
        traced.append(x.shape)
        return model.apply(params, x)

    for apply_to in (apply, model.apply):  # eagerly, too, pieces are compiled only once
        for x in (inputs(2), inputs(5)):
            before = len(compiled)
            first = apply_to(params, x)
            assert len(compiled) > before
            before = len(compiled)
            again = apply_to(params, x)
            assert len(compiled) == before
            np.testing.assert_array_equal(again, first)
    assert traced == [(2, 7), (5, 7)]


def test_models_live_beside_modules_with_state():
    def network(x, is_training):
        x = hk.BatchNorm(create_scale=False, create_offset=False, decay_rate=0.9)(x, is_training)
        hk.set_state("calls", hk.get_state("calls", (), init=jnp.zeros) + 1)
        return cnn.TensorProductNet(REP_IN, REP_OUT, channels=2, num_blocks=1)(x)

    model, x = hk.transform_with_state(network), inputs(4)
    params, state = model.init(jax.random.key(0), x, True)
    apply = jax.jit(model.apply, static_argnums=4)
    y, state = apply(params, state, None, x, True)
    y, state = apply(params, state, None, x, False)
    assert y.shape == (4, 9)
    assert state["~"]["calls"] == 2


def test_a_model_may_be_first_built_inside_a_compiled_scan():
    w = V(Group(lie_algebra=2.5 * SO(3).lie_algebra, name="fresh"))
    model = pure(lambda: cnn.EMLP(w, w, channels=Scalar(w.group) + 2 * w, num_layers=1))
    xs = jnp.ones((3, 2, 3), np.float32)

    @jax.jit
    def build_and_run(key, xs):
        params = model.init(key, xs[0])
        return params, jax.lax.scan(lambda c, x: (c, model.apply(params, x)), 0, xs)[1]

    params, ys = build_and_run(jax.random.key(0), xs)
    np.testing.assert_allclose(model.apply(params, xs[0]), ys[0], atol=1e-6)


def test_a_model_may_leave_double_precision():
    w = V(Group(lie_algebra=3.5 * SO(3).lie_algebra, name="both"))
    rep_in, rep_out = Scalar(w.group) + w + Scalar(w.group), w + Scalar(w.group) + w
    model = pure(lambda: cnn.Linear(rep_in, rep_out))
    x = np.ones((2, 5))
    y = jax.jit(model.apply)(random_params(model, x), x)
    with in_double_precision(False):
        x = np.ones((2, 5), np.float32)
        found = np.asarray(jax.jit(model.apply)(random_params(model, x), x))
    np.testing.assert_allclose(found, y, rtol=1e-5)


SCRIPT = """
import hashlib, sys
import haiku as hk, jax, jax.numpy as jnp, numpy as np
import constrainet.nn as cnn
from constrainet.groups import SO, S
from constrainet.reps import Scalar, V
a, b = V(SO(3)), V(S(3))
if len(sys.argv) > 1:
    np.random.seed(7)
    other = hk.transform(lambda x: cnn.EMLP(b + a, b, channels=12, num_layers=1)(x))
    other.init(jax.random.key(1), jnp.ones(6))
def net(x):
    values = cnn.EMLP(b, b, 3 * b, num_layers=1, nonlinearity="regular")(x[3:])
    return jnp.concatenate([cnn.EMLP(a + b, a * b, 20, num_layers=1)(x), values])
model = hk.without_apply_rng(hk.transform(net))
params = jax.jit(model.init)(jax.random.key(0), jnp.ones(6))
y = jax.jit(model.apply)(params, jnp.linspace(-1, 1, 6))
digest = hashlib.sha256(b"".join(np.asarray(p).tobytes() for p in jax.tree.leaves((params, y))))
print(digest.hexdigest())
"""


def test_one_key_builds_the_same_model_in_every_process():
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "JAX_PLATFORMS": "cpu"},
        )
        for seed, arguments in (("0", []), ("1", ["others first"]))
    ]
    digests = [run.communicate(timeout=120)[0] for run in runs]
    assert digests[0] == digests[1] != ""


def test_keys_decide_and_nothing_else_does():
    model, x = emlp(), inputs(2)
    np.random.seed(0)
    first = once(model.init, jax.random.key(0), x)
    np.random.seed(1)
    again, other = (once(emlp().init, jax.random.key(k), x) for k in (0, 1))
    assert all(map(np.array_equal, jax.tree.leaves(first), jax.tree.leaves(again)))
    assert not all(map(np.array_equal, jax.tree.leaves(first), jax.tree.leaves(other)))


@pytest.mark.parametrize("key", ["key", 1.5, np.random.default_rng(0)], ids=str)
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(ValueError, match=r"Init must be called with an RNG"):
        emlp().init(key, inputs(2))


SIGNS = 3 * Scalar(D(1)) + V(D(1)) + V(D(1))  # of dimension 7, like REP_IN
LAYERS = {
    "Linear": lambda x: cnn.Linear(REP_IN, REP_OUT)(x),
    "BiLinear": lambda x: cnn.BiLinear(REP_IN, REP_OUT)(x),
    "TensorProduct": lambda x: cnn.TensorProduct(REP_IN, REP_IN, REP_OUT)(jnp.ones((2, 7)), x),
    "GatedNonlinearity": lambda x: cnn.GatedNonlinearity(v + 3 * scalar)(x),
    "NormNonlinearity": lambda x: cnn.NormNonlinearity(REP_IN)(x),
    "PointwiseNonlinearity": lambda x: cnn.PointwiseNonlinearity(7 * scalar)(x),
    "RegularNonlinearity": lambda x: cnn.RegularNonlinearity(SIGNS)(x),
    "LayerNorm": lambda x: cnn.LayerNorm(REP_IN)(x),
    "EMLPBlock": lambda x: cnn.EMLPBlock(REP_IN, REP_OUT)(x),
    "EMLP": lambda x: cnn.EMLP(REP_IN, REP_OUT, channels=8, num_layers=1)(x),
    "TensorProductBlock": lambda x: cnn.TensorProductBlock(REP_IN)(x),
    "TensorProductNet": lambda x: cnn.TensorProductNet(REP_IN, REP_OUT, channels=2)(x),
    "MLP": lambda x: cnn.MLP(REP_IN, REP_OUT, channels=8, num_layers=1)(x),
}
EVERY_LAYER = pytest.mark.parametrize("name", LAYERS)


def layer(name: str) -> hk.Transformed:
    return hk.without_apply_rng(hk.transform(LAYERS[name]))


@EVERY_LAYER
@pytest.mark.parametrize("shape", [(2, 6), (6,), (), (7, 2)], ids=str)
def test_a_wrong_last_axis_names_both(name, shape):
    message = (
        f"`{name}\\(.*\\)` takes arrays of shape \\(..., 7\\), because .*Got an array of shape"
    )
    with pytest.raises(ValueError, match=message):
        layer(name).init(jax.random.key(0), jnp.ones(shape))


@EVERY_LAYER
@pytest.mark.parametrize("dtype", [int, bool])
def test_whole_numbers_are_refused(name, dtype):
    with pytest.raises(TypeError, match=rf"`{name}\(.*\)` takes floating point arrays"):
        layer(name).init(jax.random.key(0), jnp.ones((2, 7), dtype))


@EVERY_LAYER
@pytest.mark.parametrize("wrong", [None, "seven", [[1.0], [1.0, 2.0]]], ids=str)
def test_what_is_no_array_is_refused(name, wrong):
    with pytest.raises(TypeError, match=rf"`{name}\(.*\)` takes arrays\. Got"):
        layer(name).init(jax.random.key(0), wrong)


# the others have no parameters, or only those of Haiku's own layers
WITH_PARAMETERS = LAYERS.keys() - {"GatedNonlinearity", "PointwiseNonlinearity", "MLP"}


@pytest.mark.parametrize("name", sorted(WITH_PARAMETERS))
def test_parameters_of_another_model_are_refused_by_the_layer_that_misses_one(name):
    model, x = layer(name), jnp.ones((2, 7), np.float32)
    params = jax.tree.map(
        lambda p: jnp.ones(p.shape, p.dtype), jax.eval_shape(model.init, jax.random.key(0), x)
    )
    inner = r"`\w+\([\w/]+\)` needs a parameter '\w+' of shape \([\d, ]*\)\. Were these parameters"
    with pytest.raises(ValueError, match=inner):
        model.apply(jax.tree.map(lambda p: p[..., :-1], params), x)
    with pytest.raises(ValueError, match=inner):
        model.apply({f"other/{module}": own for module, own in params.items()}, x)
    of_another_kind = jax.tree.map(lambda p: p.astype(np.complex64), params)
    with pytest.raises(TypeError, match=r"Parameter '\w+' of `\w+\([\w/]+\)` should be real"):
        model.apply(of_another_kind, x)


@pytest.mark.parametrize("name", ["Linear", "BiLinear", "EMLP", "TensorProductNet"])
def test_real_weights_are_refused_between_complex_representations(name):
    w = V(SU(2))
    make = {
        "Linear": lambda: cnn.Linear(w, w, with_bias=False),
        "BiLinear": lambda: cnn.BiLinear(2 * w, Scalar(w.group)),
        "EMLP": lambda: cnn.EMLP(w, w, Scalar(w.group) + w, num_layers=1),
        "TensorProductNet": lambda: cnn.TensorProductNet(w, w, channels=2, num_blocks=1),
    }[name]
    model, x = pure(make), jnp.ones((2, 4 if name == "BiLinear" else 2), np.complex64)
    params = jax.tree.map(lambda p: p.real, random_params(model, x))
    message = r"Parameter 'w' of `\w+\([\w/]+\)` should be complex, because its representations are"
    with pytest.raises(TypeError, match=message):
        model.apply(params, x)


@pytest.mark.parametrize("layer", ["Linear", "BiLinear", "EMLPBlock", "EMLP", "MLP"])
@pytest.mark.parametrize("wrong", [O(3), V, 3, None], ids=["group", "function", "number", "None"])
def test_what_is_no_representation_is_refused(layer, wrong):
    make = getattr(cnn, layer)
    for arguments, which in (((wrong, v), "rep_in"), ((v, wrong), "rep_out")):
        with pytest.raises(TypeError, match=rf"`{layer}\(.*\)`: `{which}` should be a rep"):
            pure(lambda a=arguments: make(*a)).init(jax.random.key(0), jnp.ones(3))


def test_gates_refuse_what_is_no_representation():
    with pytest.raises(TypeError, match=r"`GatedNonlinearity\(.*\)`: `rep` should be a rep"):
        pure(lambda: cnn.GatedNonlinearity(S(3))).init(jax.random.key(0), jnp.ones(3))


def test_gates_act_as_they_should():
    p = V(S(3))
    gates = pure(lambda: cnn.GatedNonlinearity(p + 2 * Scalar(p.group)))
    x = normal(0, (4, 5))
    np.testing.assert_allclose(gates.apply({}, x), x / (1 + np.exp(-x)), atol=1e-12)
    gates, x = pure(lambda: cnn.GatedNonlinearity(2 * v + scalar)), normal(1, (4, 9))
    y = gates.apply({}, x)
    factors = 1 / (1 + np.exp(-x[:, 7:]))
    np.testing.assert_allclose(y[:, :3], x[:, :3] * factors[:, :1], atol=1e-12)
    np.testing.assert_allclose(y[:, 3:6], x[:, 3:6] * factors[:, 1:], atol=1e-12)
    np.testing.assert_allclose(y[:, 6], x[:, 6] / (1 + np.exp(-x[:, 6])), atol=1e-12)
    nothing = pure(lambda: cnn.GatedNonlinearity(0 * v))
    assert nothing.apply({}, jnp.ones((4, 0))).shape == (4, 0)


def test_mlp_has_the_shapes_asked_for():
    model = pure(lambda: cnn.MLP(REP_IN, REP_OUT, channels=(5, 6), num_layers=2))
    params = jax.eval_shape(model.init, jax.random.key(0), inputs(2))
    shapes = [p["w"].shape for p in params.values()]
    assert shapes == [(7, 5), (5, 6), (6, 9)]
    assert jax.eval_shape(model.apply, params, inputs(2, 3)).shape == (2, 3, 9)


@pytest.mark.parametrize("channels", [8.0, "8", V(O(3)), [8.0, 8], None, True])
def test_mlp_refuses_widths_that_are_none(channels):
    with pytest.raises((TypeError, ValueError), match=r"`MLP\(mlp\)`: `channels` should"):
        pure(lambda: cnn.MLP(v, v, channels=channels, num_layers=2)).init(
            jax.random.key(0), jnp.ones(3)
        )


def test_mlp_refuses_channels_of_another_number_than_layers():
    with pytest.raises(ValueError, match=r"num_layers=2 hidden layers. Got 1"):
        pure(lambda: cnn.MLP(v, v, channels=[8], num_layers=2)).init(jax.random.key(0), jnp.ones(3))


def test_bilinear_weights_start_at_unit_gain():
    model = pure(lambda: cnn.BiLinear(8 * v + 4 * scalar, 2 * scalar + v * v))
    x = normal(0, (2000, 4, 28), np.float32)
    keys = jax.random.split(jax.random.key(1), len(x))
    y = once(jax.vmap(lambda key, x: model.apply(model.init(key, x), x)), keys, x)
    assert 0.8 < np.mean(y**2) < 1.2
