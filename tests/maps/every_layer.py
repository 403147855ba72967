"""One declaration of every layer that the frameworks have, by its name there."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

import constrainet.maps as cm
import constrainet.nn as cnn
from constrainet.groups import SU, D, Group, O, S
from constrainet.maps import Map
from constrainet.reps import Scalar, V
from tests.maps.precision import normal, random_like

v = V(O(3))
mixed = 2 * Scalar(v.group) + 2 * v
mirrored = V(Group(discrete_generators=[[[-1.0]]]))  # of which an array (places, dim) is a field
grid = cm.sphere_grid(2, v)
few: dict[str, Any] = {"channels": 12, "num_layers": 2}
graph: dict[str, Any] = {"channels": 2, "num_layers": 1}

DECLARED: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "Linear": ("Linear", (mixed, v**2), {}),
    "Linear, coefficients": ("Linear", (mixed, v**2), {"parametrization": "basis"}),
    "Linear, complex": ("Linear", (2 * V(SU(2)), V(SU(2))), {"with_bias": False}),
    "BiLinear": ("BiLinear", (mixed, v), {}),
    "TensorProduct": ("TensorProduct", (mixed, v, mixed), {"connections": "full"}),
    "Convolution": ("Convolution", (2 * mirrored, mirrored + 1, 3), {}),
    "TransposedConvolution": ("TransposedConvolution", (mirrored, mirrored + 1, 2, 2), {}),
    "AvgPool": ("AvgPool", (2 * mirrored, 2), {}),
    "GlobalAvgPool": ("GlobalAvgPool", (mirrored,), {}),
    "Downsample": ("Downsample", (mirrored,), {}),
    "Upsample": ("Upsample", (mirrored, 3), {}),
    "GroupPool": ("GroupPool", (2 * V(S(3)) + 1,), {"reduce": "mean"}),
    "GatedNonlinearity": ("GatedNonlinearity", (mixed,), {}),
    "NormNonlinearity": ("NormNonlinearity", (mixed,), {}),
    "PointwiseNonlinearity": ("PointwiseNonlinearity", (2 * V(S(3)),), {}),
    "RegularNonlinearity": ("RegularNonlinearity", (2 * V(D(4)),), {"normalized": True}),
    "SampledNonlinearity": ("SampledNonlinearity", (2 * grid.rep, jax.nn.swish, grid), {}),
    "LayerNorm": ("LayerNorm", (mixed,), {}),
    "EdgeConvolution": ("EdgeConvolution", (mixed, v), {"degree": 1, "channels": 4}),
    "EMLPBlock": ("EMLPBlock", (mixed, 2 * v), {}),
    "EMLP": ("EMLP", (mixed, v), {**few, "parametrization": "basis"}),
    "TensorProductBlock": ("TensorProductBlock", (mixed,), {}),
    "SteerableCNN": ("SteerableCNN", (mirrored, mirrored), {"channels": 4, "num_blocks": 1}),
    "SphericalCNN": ("SphericalCNN", (grid.rep, v, [grid]), {"channels": 2}),
    "TensorProductNet": ("TensorProductNet", (mixed, v), {"channels": 2, "num_blocks": 1}),
    "TensorFieldNet": ("TensorFieldNet", (mixed, v), {**graph, "degree": 1}),
    "VectorFieldNet": ("VectorFieldNet", (mixed, v), graph),
    "ScalarFieldNet": ("ScalarFieldNet", (mixed, v), graph),
}


def declared(name: str) -> tuple[str, tuple[Any, ...], dict[str, Any], Map]:
    """The class of a layer, its arguments and options, and the map that they declare."""
    layer, args, options = DECLARED[name]
    return layer, args, options, getattr(cnn, layer).make(*args, **options)


def random_parameters(m: Map, seed: int = 0) -> dict[str, Any]:
    """Parameters of which none is zero."""
    return random_like(jax.eval_shape(m.init, jax.random.key(0)), seed)


def inputs(m: Map, *lead: int) -> list[jax.Array]:
    """An array for each argument of a map; for one on graphs, of as many edges as nodes."""
    found = [
        jnp.asarray(normal(i, (*lead, rep.dim)), jnp.float32) for i, rep in enumerate(m.reps_in)
    ]
    if hasattr(m, "num_edge_features"):
        ends = jnp.arange(lead[0])
        found += [ends, ends[::-1]]
    return found


def small_model() -> Map:
    """A chain, of which one layer has no parameters, and one a parameter of no numbers."""
    return cm.chain(
        cm.linear(mixed, cm.with_gates(mixed)),
        cm.gated(mixed),
        cm.linear(mixed, v, parametrization="basis"),
    )
