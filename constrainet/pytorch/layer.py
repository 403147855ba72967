"""One PyTorch module around any map."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import torch  # pyright: ignore[reportMissingImports]
from torch.autograd.function import (  # pyright: ignore[reportMissingImports]
    once_differentiable,
)

from constrainet.maps import Map, checked


class Layer(torch.nn.Module):
    """A map as a PyTorch module.

    Its parameters are called as those of the map are nested: `params.linear.w`. They and inputs
    should be on a device that JAX has, too. Derivatives are of first order.

    Args:
        map: the map.
        key: a JAX random key, from which parameters are drawn.
        params: parameters of the map, instead of a key.

    Attributes:
        map: the map.

    Raises:
        TypeError: if `map` is no map, or there are parameters and neither `key` nor `params`.
        ValueError: if `params` are those of another map.

    Example:
        >>> import jax, torch
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.pytorch import Layer
        >>> from constrainet.reps import V
        >>> layer = Layer(cm.linear(2 * V(SO(3)), V(SO(3))), key=jax.random.key(0))
        >>> layer(torch.ones(8, 6)).shape, [name for name, _ in layer.named_parameters()]
        (torch.Size([8, 3]), ['params.w', 'params.b'])
    """

    def __init__(
        self, map: Map, *, key: jax.Array | None = None, params: Mapping[str, Any] | None = None
    ):
        super().__init__()
        if not isinstance(map, Map):
            raise TypeError(f"`Layer(map)` should be a map of `constrainet.maps`. Got {map!r:.60}.")
        if params is not None:
            params = checked(map.kind, map.parameters, params)
        elif not map.parameters:
            params = {}
        elif key is not None:
            params = map.init(key)
        else:
            raise TypeError(
                "`Layer(key=...)` should be a JAX random key, because parameters are drawn from "
                "it. Got None. Pass `key=jax.random.key(0)`, or `params=`."
            )
        self.map = map
        self.params = _module(params)

    def forward(self, *xs: Any, **external: Any) -> Any:
        """The map applied, as by `Map.apply`, to tensors.

        Args:
            *xs: for each of the map's `reps_in` a tensor (..., rep.dim), or a dictionary.
            **external: weights that come from outside, for maps that take such.
        """
        leaves, structure = jax.tree.flatten((_tensors(self.params), xs, external))
        structures: list[Any] = []
        results = _Applied.apply(self.map, structure, structures, *leaves)
        return jax.tree.unflatten(structures[0], results)


class _Applied(torch.autograd.Function):
    """A map applied to the leaves of parameters and inputs."""

    @staticmethod
    def forward(ctx: Any, map: Map, structure: Any, structures: list[Any], *leaves: Any):
        arrays = jax.tree.unflatten(structure, [_to_jax(leaf) for leaf in leaves])
        if any(ctx.needs_input_grad):
            y, ctx.pullback = _with_pullback(map, *arrays)
            ctx.save_for_backward(*leaves)  # so that PyTorch sees if one is written to
        else:
            y = _apply(map, *arrays)
        ys, ctx.structure = jax.tree.flatten(y)
        structures.append(ctx.structure)
        return tuple(torch.from_dlpack(each) for each in ys)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: torch.Tensor):
        _ = ctx.saved_tensors
        cotangent = jax.tree.unflatten(ctx.structure, [_to_jax(each) for each in cotangents])
        gradients = jax.tree.leaves(_pulled_back(ctx.pullback, cotangent))
        return None, None, None, *(torch.from_dlpack(each) for each in gradients)


@partial(jax.jit, static_argnums=0)
def _apply(map: Map, params: Any, xs: Any, external: Any) -> Any:
    return map.apply(params, *xs, **external)


@partial(jax.jit, static_argnums=0)
def _with_pullback(map: Map, *arrays: Any) -> Any:
    return jax.vjp(partial(_apply, map), *arrays)


@jax.jit
def _pulled_back(pullback: Any, cotangent: Any) -> Any:
    return pullback(cotangent)


def _to_jax(tensor: Any) -> jax.Array:
    """A tensor as an array, on the same memory if it can be."""
    # conjugates of PyTorch are marks, which are not handed on
    return jnp.from_dlpack(torch.as_tensor(tensor).detach().resolve_conj().contiguous())


def _module(params: Mapping[str, Any]) -> torch.nn.Module:
    """Parameters, nested as modules."""
    module = torch.nn.Module()
    for name, each in params.items():
        if isinstance(each, Mapping):
            module.add_module(name, _module(each))
        else:
            tensor = torch.from_dlpack(jnp.asarray(each)).clone()
            module.register_parameter(name, torch.nn.Parameter(tensor))
    return module


def _tensors(module: torch.nn.Module) -> dict[str, Any]:
    """The inverse of `_module`."""
    inner = {name: _tensors(each) for name, each in module.named_children()}
    return dict(module.named_parameters(recurse=False)) | inner
