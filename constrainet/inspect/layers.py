"""A model, layer by layer, while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp

from constrainet.inspect.description import Description
from constrainet.inspect.equivariance import EquivarianceError, equivariance_error
from constrainet.inspect.report import describe
from constrainet.maps import EquivariantMap, Map, TensorProductMap, walk
from constrainet.reps import Rep


@dataclass(frozen=True, eq=False)
class WatchedLayer:
    """What was seen of one layer.

    Attributes:
        name: the module's, such as "emlp/emlp_block/linear".
        description: of the layer.
        error: how far it is from equivariance; None if that was not measured.
    """

    name: str
    description: Description
    error: EquivarianceError | None


class LayerWatch:
    """Describes and measures each layer of a model.

    `watch` goes through a map; and a watch is an interceptor for `hk.intercept_methods`, which sees
    each layer called: any module with attributes `rep_in` and `rep_out`, and the maps and modules
    inside it. Each is measured alone, at random inputs, so an error is that of the layer itself and
    not of those before it; those of several inputs are described alone. A Haiku model is to be run
    without `jax.jit`.

    Args:
        key: a JAX random key, for group elements and inputs; layers are not measured without one.

    Attributes:
        layers: what was seen of each layer, in the order of their first calls.

    Example:
        >>> import haiku as hk, jax
        >>> import constrainet.maps as cm, constrainet.nn as cnn
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> m = cm.chain(cm.linear(V(SO(3)), 2 * V(SO(3))), cm.layer_norm(2 * V(SO(3))))
        >>> watch = LayerWatch(jax.random.key(1))
        >>> watch.watch(m, m.init(jax.random.key(0)))
        >>> [layer.name for layer in watch.layers]
        ['linear', 'layer_norm', 'chain']
        >>> model = hk.without_apply_rng(hk.transform(
        ...     lambda x: cnn.EMLPBlock(2 * V(SO(3)), 2 * V(SO(3)))(x)))
        >>> x = jax.numpy.ones((4, 6))
        >>> params = model.init(jax.random.key(0), x)
        >>> watch = LayerWatch(jax.random.key(1))
        >>> with hk.intercept_methods(watch):
        ...     y = model.apply(params, x)
        >>> [layer.name for layer in watch.layers]
        ['emlp_block/linear', 'emlp_block/bi_linear', 'emlp_block/gated_nonlinearity', 'emlp_block']
        >>> all(layer.error.is_equivariant for layer in watch.layers)
        True
    """

    def __init__(self, key: jax.Array | None = None):
        self.key = key
        self.layers: list[WatchedLayer] = []
        self._is_measuring = False

    def watch(self, m: Map, params: Mapping[str, Any], dtype: Any = jnp.float32) -> None:
        """Goes through a map and the maps inside it.

        Args:
            m: the map.
            params: its parameters.
            dtype: of the random inputs.
        """
        self._watch(m, params, dtype, "")
        self._see(m.kind, m, partial(m.apply, params), dtype)

    def _watch(self, m: Map, params: Mapping[str, Any], dtype: Any, prefix: str) -> None:
        for path, layer in walk(m):
            if path:
                own = reduce(lambda p, name: p.get(name, {}), path.split("/"), params)
                self._see(f"{prefix}{path}", layer, partial(layer.apply, own), dtype)

    def __call__(self, next_f: Any, args: tuple, kwargs: dict, context: Any) -> Any:
        """Called by Haiku for every method of every module, with the method itself."""
        result = next_f(*args, **kwargs)
        if self._is_measuring or context.method_name != "__call__":
            return result
        module = context.module
        if isinstance(getattr(module, "map", None), Map):
            name, params = module.module_name, {}
            for path, array in module.params_dict().items():
                *inner, last = path.removeprefix(f"{name}/").split("/")
                reduce(lambda p, part: p.setdefault(part, {}), inner, params)[last] = array
            self._watch(module.map, params, args[0].dtype, f"{name}/")

        def alone(x):
            # the module and not `next_f`, so that Haiku counts inner modules from the start again
            return module(x, *args[1:], **kwargs)

        if args and hasattr(args[0], "dtype"):
            self._see(module.module_name, module, alone, args[0].dtype)
        return result

    def _see(self, name: str, layer: Any, apply: Callable, dtype: Any) -> None:
        """Describes and measures a layer that was not seen before, if it says how it transforms."""
        rep_in, rep_out = getattr(layer, "rep_in", None), getattr(layer, "rep_out", None)
        is_known = any(seen.name == name for seen in self.layers)
        if not is_known and isinstance(rep_in, Rep) and isinstance(rep_out, Rep):
            # a field is not a vector: its places are moved, too; nor are several inputs one
            on_fields = getattr(layer, "acts_on_fields", False)
            is_alone = getattr(layer, "reps_in", (rep_in,)) == (rep_in,) and not on_fields
            error = self._measure(apply, rep_in, rep_out, dtype) if is_alone else None
            self.layers.append(WatchedLayer(name, _described(layer, rep_in, rep_out), error))

    def _measure(
        self, apply: Callable, rep_in: Rep, rep_out: Rep, dtype: Any
    ) -> EquivarianceError | None:
        if self.key is None:
            return None
        self._is_measuring = True
        try:
            key = jax.random.fold_in(self.key, len(self.layers))
            # Haiku's parameters cannot be read inside JAX's own transformations
            return equivariance_error(apply, rep_in, rep_out, key, dtype=dtype, infinitesimal=False)
        finally:
            self._is_measuring = False

    def __str__(self):
        if not self.layers:
            return "no layers with `rep_in` and `rep_out` were called"
        width = max(len(layer.name) for layer in self.layers)
        lines = []
        for layer in self.layers:
            error = layer.error
            text = "" if error is None else f"{error.largest:.1e}"
            verdict = "" if error is None or error.is_equivariant else "  NOT equivariant"
            lines.append(f"{layer.name:<{width}}  {text:<7}  {layer.description.title}{verdict}")
        return "\n".join(lines)


def _described(layer: Any, rep_in: Rep, rep_out: Rep) -> Description:
    m = layer if isinstance(layer, Map) else getattr(layer, "map", None)
    if isinstance(getattr(m, "map", None), EquivariantMap | TensorProductMap):
        return describe(layer)
    name = type(layer).__name__
    return Description(f"{name}: {rep_in} → {rep_out}", (), {"layer": name})
