"""Layers as Equinox modules: the maps, under Equinox's transformations."""

from __future__ import annotations

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import constrainet.maps as cm
from constrainet.maps import with_gates
from tests.maps.every_layer import (
    DECLARED,
    declared,
    inputs,
    mixed,
    random_parameters,
    small_model,
    v,
)

eqx = pytest.importorskip("equinox")
ceq = pytest.importorskip("constrainet.eqx")

KEY = jax.random.key(0)


@pytest.mark.parametrize("name", DECLARED)
def test_every_layer_computes_what_its_map_does(name):
    layer_name, args, options, m = declared(name)
    params, xs = random_parameters(m), inputs(m, 4)
    layer = getattr(ceq, layer_name)(*args, params=params, **options)
    assert layer.map == m
    y = m.apply(params, *xs)
    tolerance = 1e-6 * np.abs(y).max()
    np.testing.assert_allclose(layer(*xs), y, rtol=0, atol=tolerance)
    np.testing.assert_allclose(m.apply(layer.params, *xs), y, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", DECLARED)
def test_every_layer_draws_the_parameters_of_its_map(name):
    layer_name, args, options, m = declared(name)
    layer = getattr(ceq, layer_name)(*args, key=KEY, dtype=jnp.bfloat16, **options)
    drawn = m.init(KEY, jnp.bfloat16) if m.parameters else {}
    assert jax.tree.structure(layer.params) == jax.tree.structure(drawn)
    for found, expected in zip(jax.tree.leaves(layer.params), jax.tree.leaves(drawn), strict=True):
        assert found.dtype == expected.dtype and (found == expected).all()


def test_a_step_of_training_lowers_the_loss_and_compiles_once():
    traced = []

    def loss(model, x, y):
        traced.append(1)
        return jnp.mean((model(x) - y) ** 2)

    optimiser = optax.adam(1e-2)

    @eqx.filter_jit
    def step(model, state, x, y):
        value, gradients = eqx.filter_value_and_grad(loss)(model, x, y)
        updates, state = optimiser.update(gradients, state, eqx.filter(model, eqx.is_array))
        return eqx.apply_updates(model, updates), state, value

    model = ceq.Layer(small_model(), key=KEY)
    state = optimiser.init(eqx.filter(model, eqx.is_array))
    (x,) = inputs(model.map, 32)
    losses = []
    for _ in range(30):
        model, state, value = step(model, state, x, x[:, -3:])
        losses.append(float(value))
    assert losses[-1] < losses[1] < losses[0]
    # one that is declared anew is the same to the compiler
    step(ceq.Layer(small_model(), key=KEY), state, x, x[:, -3:])
    assert len(traced) == 1


def test_layers_mix_with_those_of_equinox():
    scalars = 8 * cm.uniform_rep(1, v.group)
    model = eqx.nn.Sequential(
        [
            ceq.Linear(mixed, with_gates(mixed), key=KEY),
            ceq.GatedNonlinearity(mixed),
            ceq.BiLinear(mixed, scalars, key=KEY),
            eqx.nn.Lambda(jax.nn.relu),
            eqx.nn.Linear(scalars.dim, 1, key=KEY),
        ]
    )
    x = jnp.ones((4, mixed.dim))
    g = v.group.sample(jax.random.key(1))
    y = jax.vmap(model)(x)
    assert y.shape == (4, 1)
    np.testing.assert_allclose(jax.vmap(model)(mixed.act(g, x)), y, rtol=1e-4)


def test_ensembles_are_made_by_vmap():
    keys = jax.random.split(KEY, 3)
    ensemble = eqx.filter_vmap(lambda key: ceq.Linear(mixed, v, key=key))(keys)
    (x,) = inputs(ensemble.map, 4)
    y = eqx.filter_vmap(lambda layer, x: layer(x), in_axes=(eqx.if_array(0), None))(ensemble, x)
    assert y.shape == (3, 4, 3)
    np.testing.assert_allclose(y[1], ceq.Linear(mixed, v, key=keys[1])(x), rtol=1e-5, atol=1e-6)


def test_weights_from_outside_are_passed_on():
    layer = ceq.TensorProduct(mixed, v, v, weights="external")
    x, y = inputs(layer.map, 4)
    weights = jnp.ones((4, layer.map.num_weights))
    assert (layer(x, y, weights=weights) == layer.map.apply({}, x, y, weights=weights)).all()


def test_parameters_are_replaced_by_those_of_the_map():
    layer, given = ceq.Layer(small_model(), key=KEY), random_parameters(small_model(), seed=3)
    (x,) = inputs(layer.map, 4)
    replaced = eqx.tree_at(lambda layer: layer.params, layer, given)
    assert (replaced(x) == layer.map.apply(given, x)).all()


def test_checkpoints_restore_the_layer(tmp_path):
    layer = ceq.Layer(small_model(), params=random_parameters(small_model()))
    (x,) = inputs(layer.map, 4)
    eqx.tree_serialise_leaves(tmp_path / "model.eqx", layer)
    new = eqx.filter_eval_shape(lambda key: ceq.Layer(small_model(), key=key), KEY)
    restored = eqx.tree_deserialise_leaves(tmp_path / "model.eqx", new)
    assert (restored(x) == layer(x)).all()


def test_layers_are_pickled():
    layer = ceq.EMLP(mixed, v, channels=12, num_layers=1, key=KEY)
    (x,) = inputs(layer.map, 4)
    copy = pickle.loads(pickle.dumps(layer))
    assert copy.map == layer.map and (copy(x) == layer(x)).all()


def test_a_missing_key_is_refused_where_there_are_parameters():
    with pytest.raises(TypeError, match=r"`Linear\(key=\.\.\.\)` should be a JAX random key.*None"):
        ceq.Linear(mixed, v)
    assert ceq.GatedNonlinearity(mixed).params == {}


def test_parameters_of_another_map_are_refused():
    with pytest.raises(ValueError, match=r"'w' of `linear` should have shape.*Got \(3,\)"):
        ceq.Linear(mixed, v, params={"w": jnp.ones(3), "b": jnp.ones(3)})


def test_what_is_no_map_is_refused():
    with pytest.raises(TypeError, match=r"`Layer\(map\)` should be a map.*Got 3"):
        ceq.Layer(3, key=KEY)
