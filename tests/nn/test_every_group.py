"""Every layer commutes with every group of the catalogue, or refuses it by design."""

from __future__ import annotations

from collections.abc import Callable

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.reps import Rep
from tests.catalogue import GROUPS, ORDERS, small_rep
from tests.maps.precision import element, normal, once, random_like

# layers that map a representation to itself, as functions of it and of two inputs, of which most
# take the first
LAYERS: dict[str, Callable] = {
    "Linear": lambda rep, x, y: cnn.Linear(rep, rep)(x),
    "Linear, basis": lambda rep, x, y: cnn.Linear(rep, rep, parametrization="basis")(x),
    "BiLinear": lambda rep, x, y: cnn.BiLinear(rep, rep)(x),
    "BiLinear, full": lambda rep, x, y: cnn.BiLinear(rep, rep, "full")(x),
    "TensorProduct": lambda rep, x, y: cnn.TensorProduct(rep, rep, rep)(x, y),
    "TensorProduct, full": lambda rep, x, y: cnn.TensorProduct(rep, rep, rep, "full")(x, y),
    "GatedNonlinearity": lambda rep, x, y: cnn.GatedNonlinearity(rep)(with_gates(rep, x, y)),
    "NormNonlinearity": lambda rep, x, y: cnn.NormNonlinearity(rep)(x),
    "PointwiseNonlinearity": lambda rep, x, y: cnn.PointwiseNonlinearity(rep)(x),
    "RegularNonlinearity": lambda rep, x, y: cnn.RegularNonlinearity(rep)(x),
    "LayerNorm": lambda rep, x, y: cnn.LayerNorm(rep)(x),
    "EMLPBlock": lambda rep, x, y: cnn.EMLPBlock(rep, rep)(x),
    "EMLP": lambda rep, x, y: cnn.EMLP(rep, rep, rep, num_layers=1)(x),
    "TensorProductBlock": lambda rep, x, y: cnn.TensorProductBlock(rep)(x),
    "TensorProductNet": lambda rep, x, y: cnn.TensorProductNet(rep, rep, rep, 1, 4)(x),
}

# a norm is refused to groups that change the size of vectors and keep no symmetric form
STRETCHING = ["SOplus(1,1)", "SL(2)", "SL(3)", "GL(1)", "GL(2)", "Sp(1)", "Sp(2)", "Scaling(2)"]
# and to those that are not decomposed, because they are not orthogonal
NOT_ORTHOGONAL = [
    *("SE(1)", "SE(2)", "SE(3)", "semidirect-E(2)", "jordan", "heisenberg"),
    *("conjugated-SO(3)", "conjugated-icosahedral", "conjugate(D(4))"),
]


def with_gates(rep: Rep, x, y):
    """x, and as many gates as it needs: the scalar that y begins with."""
    return jnp.concatenate([x, *[y[..., :1]] * (cnn.gated(rep).dim - rep.dim)], axis=-1)


def expected_refusals(name: str) -> set[str]:
    group = GROUPS[name]()
    refused = set()
    if name in (*STRETCHING, *NOT_ORTHOGONAL):
        refused |= {"NormNonlinearity", "LayerNorm"}
    if ORDERS.get(name, np.inf) > 1024:
        refused.add("RegularNonlinearity")
    h = group.discrete_generators
    only_permutes = (np.count_nonzero(h, axis=1) == 1).all() and (h[h != 0] == 1).all()
    # of Rubik's cube an irreducible part is taken, in other coordinates
    if group.lie_algebra.any() or not only_permutes or name == "RubiksCube":
        refused.add("PointwiseNonlinearity")
    return refused


@pytest.mark.parametrize("name", GROUPS)
def test_every_layer_is_equivariant(name):
    rep = small_rep(name)
    refused = set()

    def every_layer(x, y):
        results = {}
        for layer, call in LAYERS.items():
            try:
                results[layer] = call(rep, x, y)
            except ValueError as error:
                assert f"`{layer}(" in str(error), "the layer should say that it is the one"
                refused.add(layer)
        return results

    model = hk.without_apply_rng(hk.transform(every_layer))
    g = rep.rho(element(rep.group))
    x = normal(0, (2, 2, rep.dim), complex if rep.is_complex else float)
    both = np.concatenate([x, x @ g.T], axis=1)
    single = np.complex64 if rep.is_complex else np.float32
    for dtype, tolerance in ((x.dtype, 1e-11), (single, 1e-5)):
        inputs = both.astype(dtype)
        params = random_like(jax.eval_shape(model.init, jax.random.key(0), *inputs))
        results = once(model.apply, params, *inputs)
        assert refused == expected_refusals(name)
        assert results.keys() == LAYERS.keys() - refused
        for layer, (y, moved) in ((layer, np.split(z, 2)) for layer, z in results.items()):
            assert y.dtype == dtype
            size = np.abs(moved).max()
            assert size > 1e-9, "zero is equivariant, but not what is wanted"
            assert np.abs(moved - y @ g.T).max() < tolerance * size, layer
