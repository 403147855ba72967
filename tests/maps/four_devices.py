"""A step of training on a batch that is spread over four devices, in every way that JAX has.

Run by `test_devices.py` in a process of its own, which has so many. Prints for each model and way
how far the step is from that on one device, relative to it, and how often activations are moved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import constrainet.maps as cm
from constrainet.groups import C, O
from constrainet.reps import V
from tests.maps.every_layer import inputs, random_parameters

v, c = V(O(3)), V(C(4))  # of real and of complex type
MODELS = {
    "blocks": cm.chain(  # what `emlp` and `tensor_product_net` are made of
        cm.emlp_block(v + 1, 2 * v + 1), cm.tensor_product_block(2 * v + 1)
    ),
    "regular": cm.chain(cm.linear(2 * c, 8 * c), cm.regular(8 * c)),
}
BATCH = 256  # large enough to be filled up to whole cache lines, if that were needed
MOVED = r"all-gather|all-to-all|collective-permute"
HAS_AXIS_TYPES = hasattr(jax.sharding, "auto_axes")

DATA, EVERYWHERE = PartitionSpec("data"), PartitionSpec()
MESH = Mesh(np.array(jax.devices()), ("data",))


def step(m: cm.Map, average: Callable = lambda gradient: gradient) -> Callable:
    """From parameters and inputs to the parameters after a step, and outputs."""

    def loss(params, x):
        y = m.apply(params, x)
        return jnp.mean(y**2), y

    def function(params, x):
        gradient, y = jax.grad(loss, has_aux=True)(params, x)
        return jax.tree.map(lambda p, g: p - 0.1 * average(g), params, gradient), y

    return function


def spread(mesh: Mesh, is_told: bool, m: cm.Map, params: Any, x: jax.Array) -> tuple[Any, int]:
    """Compiled for inputs that are spread over a mesh; and how often activations are moved."""
    function, x = jax.jit(step(m)), jax.device_put(x, NamedSharding(mesh, DATA))
    with jax.set_mesh(mesh) if is_told else nullcontext():
        compiled = function.lower(params, x).compile()
        return compiled(params, x), len(re.findall(MOVED, compiled.as_text()))


def mapped(m: cm.Map, params: Any, x: jax.Array) -> tuple[Any, int]:
    specs = {"mesh": MESH, "in_specs": (EVERYWHERE, DATA), "out_specs": (EVERYWHERE, DATA)}
    if HAS_AXIS_TYPES:  # the gradient of what is everywhere is summed over devices
        function = jax.shard_map(step(m, lambda g: g / MESH.size), **specs)
    else:
        from jax.experimental.shard_map import shard_map

        average = partial(jax.lax.pmean, axis_name="data")
        function = shard_map(step(m, average), check_rep=False, **specs)
    return jax.jit(function)(params, x), 0


def parallel(m: cm.Map, params: Any, x: jax.Array) -> tuple[Any, int]:
    average = partial(jax.lax.pmean, axis_name="data")
    function = jax.pmap(step(m, average), "data", in_axes=(None, 0))
    params, y = function(params, x.reshape(MESH.size, -1, x.shape[1]))
    return (jax.tree.map(lambda p: p[0], params), y.reshape(len(x), -1)), 0


WAYS = {"shard_map": mapped, "pmap": parallel}
if HAS_AXIS_TYPES:
    EXPLICIT = Mesh(MESH.devices, ("data",), axis_types=(jax.sharding.AxisType.Explicit,))
    WAYS["explicit axes"] = partial(spread, EXPLICIT, False)
    WAYS["automatic axes"] = partial(spread, MESH, True)
else:
    WAYS["automatic axes"] = lambda *arguments: (spread(MESH, False, *arguments)[0], 0)


def folded(m: cm.Map, params: Any, x: jax.Array) -> dict[str, Any]:
    """What a folded model, which is exported for one device, computes on spread inputs."""
    model = cm.fold(m.apply, params, x)
    found = {"folded": model(jax.device_put(x, NamedSharding(MESH, DATA)))}
    if HAS_AXIS_TYPES:
        told = jax.device_put(x, NamedSharding(EXPLICIT, DATA))
        found["folded, explicit axes"] = jax.jit(model)(told)
        apart = jax.shard_map(model, mesh=EXPLICIT, in_specs=DATA, out_specs=DATA)
        found["folded, shard_map"] = apart(told)
        assert found["folded, shard_map"].sharding == told.sharding
    return found


def deviation(found: Any, expected: Any) -> float:
    """The largest of all arrays', each relative to the array."""
    pairs = zip(
        *(map(np.asarray, jax.tree.leaves(tree)) for tree in (found, expected)), strict=True
    )
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def main() -> None:
    results = {}
    for name, m in MODELS.items():
        params, (x,) = random_parameters(m), inputs(m, BATCH)
        expected = jax.jit(step(m))(params, x)
        for way, compute in WAYS.items():
            found, moved = compute(m, params, x)
            results[f"{name}, {way}"] = deviation(found, expected), moved
        for way, found in folded(m, params, x).items():
            results[f"{name}, {way}"] = deviation(found, m.apply(params, x)), 0
    print(json.dumps(results))


if __name__ == "__main__":
    main()
