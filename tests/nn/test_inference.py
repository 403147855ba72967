"""Folded models and converted parameters compute what the model did."""

from __future__ import annotations

import os
import subprocess
import sys

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SE, O, S
from constrainet.maps import fingerprint
from constrainet.reps import Scalar, V
from tests.maps.precision import normal
from tests.nn.models import pure, random_params

v, p, a = V(O(3)), V(S(3)), V(SE(2))
MODELS = {
    "EMLP": lambda kind: cnn.EMLP(2 * v, v * v, 2 * v + v * v, 1, parametrization=kind),
    "net": lambda kind: cnn.TensorProductNet(2 * v, v * v, channels=3, parametrization=kind),
    "permutations": lambda kind: cnn.EMLP(2 * p, p, 3 * p, 1, parametrization=kind),
    "affine": lambda kind: cnn.EMLP(2 * a, a, Scalar(a.group) + a, 1, parametrization=kind),
}
EVERY_MODEL = pytest.mark.parametrize("name", MODELS)


def prepared(name: str):
    """A model, parameters and inputs."""
    model = pure(lambda: MODELS[name]("projector"))
    x = jnp.asarray(normal(0, (4, 6), np.float32))
    return model, random_params(model, x), x


@EVERY_MODEL
def test_folded_models_compute_the_same_for_every_batch(name, tmp_path):
    model, params, x = prepared(name)
    folded = cnn.fold(model.apply, params, x)
    folded.save(tmp_path / "model.npz")
    loaded = cnn.load_folded(tmp_path / "model.npz")
    assert loaded.fingerprint == folded.fingerprint == fingerprint(model.apply, params, x[:1])
    for batch in (x, jnp.tile(x, (3, 1)) + 1):
        y = np.asarray(jax.jit(model.apply)(params, batch))
        np.testing.assert_allclose(folded(batch), y, rtol=0, atol=1e-5 * np.abs(y).max())
        np.testing.assert_array_equal(loaded(batch), folded(batch))


SCRIPT = """
import sys, numpy as np, jax
from constrainet.nn import load_folded
print(np.asarray(load_folded(sys.argv[1])(np.load(sys.argv[2]))).tobytes().hex())
"""


def test_folded_models_compute_the_same_bits_in_another_process(tmp_path):
    model, params, x = prepared("EMLP")
    folded = cnn.fold(model.apply, params, x)
    folded.save(tmp_path / "model.npz")
    np.save(tmp_path / "x.npy", np.asarray(x))
    arguments = [tmp_path / "model.npz", tmp_path / "x.npy"]
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "0"},
    )
    assert result.stdout.strip() == np.asarray(folded(x)).tobytes().hex()


def test_folding_refuses_what_it_cannot_fold(tmp_path):
    model, params, x = prepared("EMLP")
    with pytest.raises(ValueError, match=r"`fold\(x=...\)` should have a batch axis"):
        cnn.fold(model.apply, params, x[0])
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(ValueError, match=r"holds no folded model"):
        cnn.load_folded(tmp_path / "other.npz")


@EVERY_MODEL
def test_parameters_are_converted_both_ways(name):
    model, params, x = prepared(name)
    y = np.asarray(model.apply(params, x))
    small = cnn.convert(lambda x: MODELS[name]("projector")(x), params, x, "basis")
    in_basis = pure(lambda: MODELS[name]("basis"))
    shapes = jax.eval_shape(in_basis.init, jax.random.key(0), x)
    assert jax.tree.map(jnp.shape, small) == jax.tree.map(lambda s: s.shape, shapes)
    np.testing.assert_allclose(in_basis.apply(small, x), y, atol=1e-4 * np.abs(y).max())
    back = cnn.convert(lambda x: MODELS[name]("basis")(x), small, x, "projector")
    np.testing.assert_allclose(model.apply(back, x), y, atol=1e-4 * np.abs(y).max())
    with pytest.raises(ValueError, match="should be 'projector' or 'basis'"):
        cnn.convert(lambda x: MODELS[name]("basis")(x), small, x, "dense")


def test_models_may_compute_in_another_precision():
    import jmp

    policy = jmp.get_policy("params=float32,compute=bfloat16,output=float32")
    model, _, x = prepared("net")
    hk.mixed_precision.set_policy(cnn.TensorProductNet, policy)
    try:
        params = model.init(jax.random.key(0), x)
        y = model.apply(params, x)
    finally:
        hk.mixed_precision.clear_policy(cnn.TensorProductNet)
    exact = model.apply(params, x)
    assert {q.dtype for q in jax.tree.leaves(params)} == {jnp.dtype(jnp.float32)}
    assert y.dtype == jnp.float32
    assert 0 < np.abs(y - exact).max() < 0.1 * np.abs(exact).max()
