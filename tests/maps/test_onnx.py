"""ONNX files compute what models do. Runs where jax2onnx and onnxruntime are installed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.groups import C, O, S
from constrainet.reps import Regular, Scalar, V, named
from tests.maps.every_layer import inputs, random_parameters

pytest.importorskip("jax2onnx")
onnxruntime = pytest.importorskip("onnxruntime")

v, c, p = V(O(3)), V(C(4)), V(S(4))
mixed = 2 * Scalar(v.group) + 2 * v
MODELS = {
    "linear": cm.linear(mixed, v**2),
    "linear of complex type": cm.linear(2 * c, c),
    "bilinear": cm.bilinear(mixed, v),
    "emlp": cm.emlp(mixed, v, channels=16, num_layers=2),
    "emlp of permutations": cm.emlp(2 * p, p, channels=16, num_layers=1),
    "tensor_product_net": cm.tensor_product_net(mixed, v, channels=4, num_blocks=1),
    "layer_norm": cm.layer_norm(mixed),
    "norm": cm.norm(mixed),
    "regular": cm.regular(2 * Regular(C(4))),
    "regular with channels to spare": cm.regular(5 * p + 2 * Scalar(p.group)),
}


@pytest.mark.parametrize("name", MODELS)
def test_files_compute_the_same_for_every_batch(name, tmp_path):
    m = MODELS[name]
    params = m.init(jax.random.key(0), jnp.float32)
    cm.save_onnx(tmp_path / "model.onnx", m.apply, params, inputs(m, 3)[0])
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for batch in (1, 5, 300):
        (x,) = inputs(m, batch)
        (found,) = session.run(["y"], {"x": np.asarray(x)})
        expected = np.asarray(m.apply(params, x))
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_dictionaries_are_named_inputs_and_outputs(tmp_path):
    m = cm.linear(
        named({"a": v, "b": Scalar(v.group)}), named({"torque": v, "power": Scalar(v.group)})
    )
    params = random_parameters(m)
    x = {"a": jnp.ones((4, 3), jnp.float32), "b": jnp.full((4, 1), 2, jnp.float32)}
    cm.save_onnx(tmp_path / "model.onnx", m.apply, params, x)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    found = session.run(["torque", "power"], {k: np.asarray(a) for k, a in x.items()})
    y = m.apply(params, x)
    for got, name in zip(found, ("torque", "power"), strict=True):
        np.testing.assert_allclose(got, y[name], rtol=1e-5, atol=1e-5)


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(NotImplementedError, match=r"`save_onnx\(apply=...\)` .* Use `fold`"):
        cm.save_onnx(
            tmp_path / "no.onnx", lambda params, x: jnp.linalg.svd(x)[0], {}, jnp.ones((2, 3, 3))
        )
