"""Layers and models of groups whose generators are only approximately known."""

from __future__ import annotations

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
import constrainet.nn as cnn
from constrainet.errors import AmbiguousRankError
from constrainet.groups import SO, Group
from constrainet.inspect import describe
from constrainet.reps import Rep, Scalar, V

ERROR, RTOL = 1e-4, 3e-3


def group(symmetric: bool) -> Group:
    """SO(3), with every generator off by about ERROR, antisymmetric or not."""
    noise = np.random.RandomState(0).standard_normal((3, 3, 3))
    noise -= 0 if symmetric else noise.swapaxes(1, 2)
    return Group(lie_algebra=SO(3).lie_algebra + ERROR / 3 * noise, name="learned")


LEARNED = group(symmetric=True)


def sides(G: Group) -> tuple[Rep, Rep]:
    return 2 * V(G) + Scalar(G), V(G) ** 2 + V(G)


LAYERS = {
    "Linear": lambda a, b, x, **options: cnn.Linear(a, b, **options)(x),
    "Linear, basis": lambda a, b, x, **options: cnn.Linear(
        a, b, parametrization="basis", **options
    )(x),
    "BiLinear": lambda a, b, x, **options: cnn.BiLinear(a, b, **options)(x),
    "TensorProduct": lambda a, b, x, **options: cnn.TensorProduct(a, a, b, **options)(x, 2 * x),
    "EMLPBlock": lambda a, b, x, **options: cnn.EMLPBlock(a, b, **options)(x),
    "EMLP": lambda a, b, x, **options: cnn.EMLP(a, b, channels=8, num_layers=1, **options)(x),
    "TensorProductNet": lambda a, b, x, **options: cnn.TensorProductNet(
        a, b, channels=2, num_blocks=1, **options
    )(x),
}
EVERY_LAYER = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())


def built(layer, G: Group, **options):
    a, b = sides(G)
    model = hk.without_apply_rng(hk.transform(lambda x: layer(a, b, x, **options)))
    x = jax.random.normal(jax.random.key(0), (5, a.dim))
    return model, model.init(jax.random.key(1), x), x


@pytest.mark.parametrize("layer", [LAYERS["Linear"], LAYERS["Linear, basis"]])
def test_linear_layers_have_the_weights_of_the_exact_group(layer):
    (_, params, _), (_, exact, _) = built(layer, LEARNED, rtol=RTOL), built(layer, SO(3))
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(jnp.shape, exact)


@EVERY_LAYER
def test_layers_are_as_equivariant_as_the_generators_are_exact(layer):
    model, params, x = built(layer, LEARNED, rtol=RTOL)
    a, b = sides(SO(3))
    y = model.apply(params, x)
    g = SO(3).sample(jax.random.key(2))
    moved = model.apply(params, a.act(g, x))
    error = jnp.abs(moved - b.act(g, y)).max() / jnp.abs(y).max()
    assert float(jnp.abs(y).max()) > 0 and float(error) < 100 * ERROR


@EVERY_LAYER
def test_without_rtol_they_are_refused(layer):
    with pytest.raises(AmbiguousRankError):
        built(layer, LEARNED)


def test_generators_that_are_antisymmetric_and_approximate():
    """Their closure would be decomposed, if they were taken for exact."""
    model, params, x = built(LAYERS["Linear, basis"], group(symmetric=False), rtol=RTOL)
    assert params["linear"]["w"].shape == (2 * 1 + 2 * 1 + 1,)
    assert model.apply(params, x).shape == (5, 12)


def test_the_cutoff_is_that_of_all_maps_in_a_chain():
    a, b = sides(LEARNED)
    m = cm.chain(cm.linear(a, b, rtol=RTOL), cm.linear(b, a, rtol=RTOL))
    assert m.frame.rtol == RTOL
    assert {layer.frame for layer in m.layers.values()} == {m.frame}
    with pytest.raises(ValueError, match="should be given maps of one `rtol`"):
        cm.chain(cm.linear(a, b, rtol=RTOL), cm.linear(b, a, rtol=2 * RTOL))


@pytest.mark.parametrize("rtol", [0, 1, -1e-3, "tight"])
@EVERY_LAYER
def test_a_cutoff_is_a_fraction(layer, rtol):
    with pytest.raises(ValueError, match="`rtol` should lie between 0 and 1"):
        built(layer, LEARNED, rtol=rtol)


def test_describe_says_what_layers_have():
    a, b = sides(LEARNED)

    def describes(x):
        layer = cnn.Linear(a, b, rtol=RTOL)
        model = cnn.EMLP(a, b, channels=8, num_layers=1, rtol=RTOL)
        found.extend([describe(layer), describe(model)])
        return x

    found: list = []
    hk.transform(describes).init(jax.random.key(0), jnp.ones((1, 7)))
    assert found[0].data["num_free"] == 5 and found[0].data["method"] == "nullspace"
    assert len(found[1].parts) == 2
