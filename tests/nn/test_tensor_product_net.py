"""The recommended model learns, and its hidden representations match the task."""

from __future__ import annotations

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import constrainet.nn as cnn
from constrainet.groups import SL, Lorentz, O, S
from constrainet.reps import Scalar, V
from tests.maps.precision import normal, once
from tests.nn.models import pure


@pytest.mark.parametrize("group", [O(3), Lorentz(), S(4)], ids=str)
def test_what_a_block_adds_at_the_start_has_the_deviation_asked_for(group):
    rep, gain = cnn.matched_rep(24, V(group), V(group)), 0.3
    block = hk.without_apply_rng(
        hk.transform(lambda x: cnn.TensorProductBlock(rep, gain, parametrization="basis")(x) - x)
    )
    x = normal(0, (64, 8, rep.dim), np.float32)
    keys = jax.random.split(jax.random.key(0), len(x))
    y = once(jax.vmap(lambda key, x: block.apply(block.init(key, x), x)), keys, x)
    assert 0.6 < np.mean(np.abs(y) ** 2) / gain**2 < 1.4


def test_two_blocks_learn_a_polynomial_of_degree_three():
    v = V(O(3))
    rep_in = Scalar(v.group) + 2 * v
    model = pure(lambda: cnn.TensorProductNet(rep_in, v, channels=8, readout=0))
    x = jnp.asarray(normal(0, (200, 7), np.float32))
    y = x[:, :1] * jnp.sum(x[:, 1:4] * x[:, 4:], axis=1, keepdims=True) * x[:, 1:4] / 3
    params = model.init(jax.random.key(0), x)
    optimiser = optax.adam(optax.cosine_decay_schedule(2e-2, 600))

    def step(carry, _):
        params, state = carry
        loss, gradient = jax.value_and_grad(lambda p: jnp.mean((model.apply(p, x) - y) ** 2))(
            params
        )
        updates, state = optimiser.update(gradient, state)
        return (optax.apply_updates(params, updates), state), loss

    start = (params, optimiser.init(params))
    losses = jax.jit(lambda c: jax.lax.scan(step, c, length=600))(start)[1]
    assert losses[-1] < 0.02 * jnp.mean(y**2)


def test_hidden_representations_match_the_task():
    G = O(3)
    assert cnn.matched_rep(4, 2 * V(G), V(G) ** 2) == 4 * Scalar(G) + 4 * V(G) + 4 * V(G) ** 2
    w = V(SL(3))  # its dual is of another kind
    assert cnn.matched_rep(2, w, w) == 2 * Scalar(SL(3)) + 2 * w + 2 * w.T
    with pytest.raises(ValueError, match=r"`matched_rep\(channels=...\)` should be positive"):
        cnn.matched_rep(0, w, w)
