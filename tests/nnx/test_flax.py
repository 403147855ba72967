"""Layers as Flax NNX modules: the maps, under Flax's transformations."""

from __future__ import annotations

import pickle
from copy import deepcopy

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from constrainet.maps import uniform_rep, with_gates
from tests.maps.every_layer import (
    DECLARED,
    declared,
    inputs,
    mixed,
    random_parameters,
    small_model,
    v,
)

nnx = pytest.importorskip("flax.nnx")
cnx = pytest.importorskip("constrainet.nnx")


def shapes(tree):
    return jax.tree.map(lambda array: (array.shape, array.dtype), tree)


@pytest.mark.parametrize("name", DECLARED)
def test_every_layer_computes_what_its_map_does(name):
    layer_name, args, options, m = declared(name)
    params, xs = random_parameters(m), inputs(m, 4)
    layer = getattr(cnx, layer_name)(*args, params=params, **options)
    assert layer.map == m
    y = m.apply(params, *xs)
    tolerance = 1e-6 * np.abs(y).max()
    np.testing.assert_allclose(layer(*xs), y, rtol=0, atol=tolerance)
    np.testing.assert_allclose(m.apply(layer.params, *xs), y, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", DECLARED)
def test_the_state_of_every_layer_is_nested_as_the_parameters_of_its_map(name):
    layer_name, args, options, m = declared(name)
    layer = getattr(cnx, layer_name)(*args, rngs=nnx.Rngs(0), dtype=jnp.bfloat16, **options)
    drawn = m.init(nnx.Rngs(0).params(), jnp.bfloat16) if m.parameters else {}
    state = nnx.to_pure_dict(nnx.state(layer, nnx.Param))
    assert shapes(state) == shapes(drawn) == shapes(layer.params)
    for found, expected in zip(jax.tree.leaves(state), jax.tree.leaves(drawn), strict=True):
        assert (found == expected).all()


def test_a_step_of_training_lowers_the_loss_and_compiles_once():
    traced = []

    def loss(model, x, y):
        traced.append(1)
        return jnp.mean((model(x) - y) ** 2)

    optimiser = optax.adam(1e-2)

    @nnx.jit
    def step(model, state, x, y):
        value, gradients = nnx.value_and_grad(loss)(model, x, y)
        params = nnx.state(model, nnx.Param)
        updates, state = optimiser.update(gradients, state, params)
        nnx.update(model, optax.apply_updates(params, updates))
        return state, value

    model = cnx.Layer(small_model(), rngs=nnx.Rngs(0))
    state = optimiser.init(nnx.state(model, nnx.Param))
    (x,) = inputs(model.map, 32)
    losses = []
    for _ in range(30):
        state, value = step(model, state, x, x[:, -3:])
        losses.append(float(value))
    assert losses[-1] < losses[1] < losses[0]
    # one that is declared anew is the same to the compiler
    step(cnx.Layer(small_model(), rngs=nnx.Rngs(0)), state, x, x[:, -3:])
    assert len(traced) == 1


def test_layers_mix_with_those_of_flax():
    scalars, rngs = 8 * uniform_rep(1, v.group), nnx.Rngs(0)
    model = nnx.Sequential(
        cnx.Linear(mixed, with_gates(mixed), rngs=rngs),
        cnx.GatedNonlinearity(mixed),
        cnx.BiLinear(mixed, scalars, rngs=rngs),
        nnx.relu,
        nnx.Linear(scalars.dim, 1, rngs=rngs),
    )
    x = jnp.ones((4, mixed.dim))
    g = v.group.sample(jax.random.key(1))
    assert model(x).shape == (4, 1)
    np.testing.assert_allclose(model(mixed.act(g, x)), model(x), rtol=1e-4)


def test_ensembles_are_made_by_vmap():
    @nnx.vmap
    def ensemble_of(key):
        return cnx.Linear(mixed, v, rngs=nnx.Rngs(key))

    keys = jax.random.split(jax.random.key(0), 3)
    ensemble = ensemble_of(keys)
    (x,) = inputs(ensemble.map, 4)
    y = nnx.vmap(lambda layer, x: layer(x), in_axes=(0, None))(ensemble, x)
    assert y.shape == (3, 4, 3)
    one = cnx.Linear(mixed, v, rngs=nnx.Rngs(keys[1]))
    np.testing.assert_allclose(y[1], one(x), rtol=1e-5, atol=1e-6)


def test_weights_from_outside_are_passed_on():
    layer = cnx.TensorProduct(mixed, v, v, weights="external")
    x, y = inputs(layer.map, 4)
    weights = jnp.ones((4, layer.map.num_weights))
    assert (layer(x, y, weights=weights) == layer.map.apply({}, x, y, weights=weights)).all()


def test_checkpoints_restore_the_layer(tmp_path):
    ocp = pytest.importorskip("orbax.checkpoint")
    layer = cnx.Layer(small_model(), params=random_parameters(small_model()))
    (x,) = inputs(layer.map, 4)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "model", nnx.state(layer))
    definition, new = nnx.split(cnx.Layer(small_model(), rngs=nnx.Rngs(0)))
    with ocp.StandardCheckpointer() as checkpointer:
        restored = nnx.merge(definition, checkpointer.restore(tmp_path / "model", new))
    assert (restored(x) == layer(x)).all()


@pytest.mark.parametrize("copied", [deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_layers_are_copied_and_pickled(copied):
    layer = cnx.EMLP(mixed, v, channels=12, num_layers=1, rngs=nnx.Rngs(0))
    (x,) = inputs(layer.map, 4)
    assert copied(layer).map == layer.map
    assert (copied(layer)(x) == layer(x)).all()


@pytest.mark.parametrize("given", [None, 0])
def test_missing_rngs_are_refused_where_there_are_parameters(given):
    with pytest.raises(TypeError, match=r"`Linear\(rngs=\.\.\.\)` should be `nnx.Rngs`.*Got"):
        cnx.Linear(mixed, v, rngs=given)
    assert cnx.GatedNonlinearity(mixed).params == {}


def test_parameters_of_another_map_are_refused():
    with pytest.raises(ValueError, match=r"'w' of `linear` should have shape.*Got \(3,\)"):
        cnx.Linear(mixed, v, params={"w": jnp.ones(3), "b": jnp.ones(3)})


def test_what_is_no_map_is_refused():
    with pytest.raises(TypeError, match=r"`Layer\(map\)` should be a map.*Got 3"):
        cnx.Layer(3, rngs=nnx.Rngs(0))
