"""From the parameters of one parametrization to those of the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import haiku as hk
import jax

from constrainet.arguments import check_function, check_option
from constrainet.maps import PARAMETRIZATIONS
from constrainet.maps import convert as convert_of_map
from constrainet.nn.layer import Layer, from_haiku, to_haiku


def convert(forward: Callable[..., Any], params: hk.Params, x: Any, parametrization: str) -> Any:
    """Parameters with which linear layers compute the same in another parametrization.

    `constrainet.maps.convert` for all layers of a Haiku model.

    Args:
        forward: the function given to `hk.transform`, whose layers have the parametrization that
            `params` are in.
        params: its parameters.
        x: an input.
        parametrization: of the result, "projector" or "basis".

    Returns:
        Parameters for the same model built with `parametrization`.

    Raises:
        TypeError: if `forward` is no function.
        ValueError: if the parametrization is unknown, or a layer's parameters are missing.

    Example:
        >>> import haiku as hk, jax, jax.numpy as jnp
        >>> import constrainet.nn as cnn
        >>> from constrainet.groups import O
        >>> from constrainet.reps import V
        >>> def model(kind):
        ...     return lambda x: cnn.Linear(2 * V(O(3)), V(O(3)), parametrization=kind)(x)
        >>> x = jnp.ones((4, 6))
        >>> params = hk.transform(model("projector")).init(jax.random.key(0), x)
        >>> convert(model("projector"), params, x, "basis")["linear"]["w"].shape
        (2,)
    """
    check_function("convert(forward=...)", forward, "the one given to `hk.transform`")
    check_option("convert(parametrization=...)", parametrization, PARAMETRIZATIONS)
    layers: dict[str, Layer] = {}

    def watch(next_function, args, kwargs, context):
        if isinstance(context.module, Layer) and context.method_name == "__call__":
            layers[context.module.module_name] = context.module
        return next_function(*args, **kwargs)

    def watched(x):
        with hk.intercept_methods(watch):
            return forward(x)

    jax.eval_shape(hk.transform(watched).apply, params, jax.random.key(0), x)
    converted = dict(params)
    for name, layer in layers.items():
        own = convert_of_map(layer.map, from_haiku(params, name), parametrization)
        converted |= to_haiku(own, name)
    return converted
