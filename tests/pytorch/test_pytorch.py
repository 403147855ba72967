"""Maps in PyTorch: values, gradients and training. Runs where PyTorch is installed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.groups import O
from constrainet.reps import Scalar, V, named
from tests.maps.every_layer import inputs, random_parameters

torch = pytest.importorskip("torch")

v = V(O(3))
MODEL = cm.emlp(2 * v + 1, v, channels=12, num_layers=1)


def layer(m, params):
    from constrainet.pytorch import Layer

    return Layer(m, params=params)


def test_values_and_gradients_are_those_of_jax():
    params, (x,) = random_parameters(MODEL), inputs(MODEL, 5)
    module, given = layer(MODEL, params), torch.tensor(np.asarray(x), requires_grad=True)
    y = module(given)
    np.testing.assert_allclose(y.detach().numpy(), MODEL.apply(params, x), atol=1e-5)
    (y**2).sum().backward()
    loss = lambda params, x: jnp.sum(MODEL.apply(params, x) ** 2)  # noqa: E731
    by_params, by_x = jax.grad(loss, (0, 1))(params, x)
    np.testing.assert_allclose(given.grad, by_x, rtol=1e-3, atol=1e-3)
    for path, gradient in jax.tree_util.tree_leaves_with_path(by_params):
        own = module.params.get_parameter(".".join(key.key for key in path)).grad
        np.testing.assert_allclose(own, gradient, rtol=1e-3, atol=1e-3)


def test_it_trains_and_its_state_is_saved(tmp_path):
    torch.manual_seed(0)
    module = layer(MODEL, MODEL.init(jax.random.key(0)))
    x = torch.randn(64, 7)
    y = x[:, :3] + 0.5 * x[:, 6:] * x[:, 3:6]
    optimiser, losses = torch.optim.Adam(module.parameters(), 1e-2), []
    for _ in range(30):
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(module(x), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0], losses
    torch.save(module.state_dict(), tmp_path / "state.pt")
    other = layer(MODEL, MODEL.init(jax.random.key(1)))
    other.load_state_dict(torch.load(tmp_path / "state.pt"))
    with torch.no_grad():
        torch.testing.assert_close(other(x), module(x))
        turn = torch.linalg.qr(torch.randn(3, 3)).Q
        turned = torch.cat([x[:, :3] @ turn.T, x[:, 3:6] @ turn.T, x[:, 6:]], 1)
        torch.testing.assert_close(module(turned), module(x) @ turn.T, rtol=1e-3, atol=1e-4)


def test_dictionaries_and_writing_to_inputs():
    m = cm.linear(named({"a": v, "b": Scalar(v.group)}), named({"c": v}))
    module = layer(m, random_parameters(m))
    a, b = torch.ones(4, 3, requires_grad=True), torch.ones(4, 1)
    c = module({"a": a, "b": b})["c"]
    assert c.shape == (4, 3)
    b.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        c.sum().backward()


def test_what_is_no_map_or_has_no_parameters_is_refused():
    from constrainet.pytorch import Layer

    with pytest.raises(TypeError, match=r"`Layer\(map\)` should be a map"):
        Layer("linear")
    with pytest.raises(TypeError, match=r"`Layer\(key=...\)` should be a JAX random key"):
        Layer(MODEL)
