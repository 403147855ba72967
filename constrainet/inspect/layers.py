"""A model, layer by layer, while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from constrainet.inspect.description import Description
from constrainet.inspect.equivariance import EquivarianceError, equivariance_error
from constrainet.inspect.report import describe
from constrainet.maps import EquivariantMap, TensorProductMap
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
    """An interceptor for `hk.intercept_methods` that describes and measures each layer called.

    A layer is any module with attributes `rep_in` and `rep_out`; modules inside it are layers of
    their own. Each is measured alone, at random inputs, so an error is that of the layer itself and
    not of those before it. The model is to be run without `jax.jit`.

    Args:
        key: a JAX random key, for group elements and inputs; layers are not measured without one.

    Attributes:
        layers: what was seen of each layer, in the order of their first calls.

    Example:
        >>> import haiku as hk, jax
        >>> import constrainet.nn as cnn
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
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

    def __call__(self, next_f: Any, args: tuple, kwargs: dict, context: Any) -> Any:
        """Called by Haiku for every method of every module, with the method itself."""
        result = next_f(*args, **kwargs)
        if self._is_measuring or context.method_name != "__call__":
            return result
        module = context.module
        rep_in, rep_out = getattr(module, "rep_in", None), getattr(module, "rep_out", None)
        if rep_out is None:
            rep_out = getattr(module, "rep", None)  # a nonlinearity names what it returns
        is_known = any(layer.name == module.module_name for layer in self.layers)
        if not is_known and isinstance(rep_in, Rep) and isinstance(rep_out, Rep):
            error = self._measure(module, rep_in, rep_out, args, kwargs)
            description = _described(module, rep_in, rep_out)
            self.layers.append(WatchedLayer(module.module_name, description, error))
        return result

    def _measure(self, module, rep_in: Rep, rep_out: Rep, args, kwargs) -> EquivarianceError | None:
        if self.key is None:
            return None

        def alone(x):
            # the module and not `next_f`, so that Haiku counts inner modules from the start again
            return module(x, *args[1:], **kwargs)

        self._is_measuring = True
        try:
            key = jax.random.fold_in(self.key, len(self.layers))
            # Haiku's parameters cannot be read inside JAX's own transformations
            return equivariance_error(
                alone, rep_in, rep_out, key, dtype=args[0].dtype, infinitesimal=False
            )
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


def _described(module: Any, rep_in: Rep, rep_out: Rep) -> Description:
    if isinstance(getattr(module, "map", None), EquivariantMap | TensorProductMap):
        return describe(module)
    name = type(module).__name__
    return Description(f"{name}: {rep_in} → {rep_out}", (), {"layer": name})
