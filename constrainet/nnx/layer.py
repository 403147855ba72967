"""Maps as Flax NNX modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax.numpy as jnp
from flax import nnx

from constrainet.maps import Map, Parameter, Parameters, checked


def _given(map: Map) -> Map:
    """The map, if it is one."""
    if not isinstance(map, Map):
        raise TypeError(f"`Layer(map)` should be a map of `constrainet.maps`. Got {map!r:.60}.")
    return map


class Layer(nnx.Module):
    """A map as a Flax NNX module.

    This class takes any map, and each of the others the arguments of a map of its own kind. The map
    is static; its parameters are attributes of type `nnx.Param` under the names that the map gives
    them, those of maps inside it in an `nnx.Dict`. So the state is nested as `map.apply` takes it.

    Args:
        *args: the map, or the arguments of its kind.
        rngs: from which parameters are drawn, by its stream "params".
        params: parameters of the map, instead of `rngs`.
        dtype: the precision of parameters that are drawn, as of `Map.init`.
        **options: those of the map.

    Attributes:
        map: the map.

    Raises:
        TypeError: if there are parameters, and neither `rngs` nor `params`.
        ValueError: if `params` are those of another map.
        As the map.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> import constrainet.nnx as cnx
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> from flax import nnx
        >>> v = V(SO(3))
        >>> m = cm.chain(cm.linear(v, 4 * v), cm.layer_norm(4 * v))
        >>> layer = cnx.Layer(m, rngs=nnx.Rngs(0))
        >>> layer(jax.numpy.ones((8, 3))).shape, layer.linear.w.shape, sorted(layer.params)
        ((8, 12), (12, 3), ['layer_norm', 'linear'])
    """

    map: Map
    make: ClassVar[Callable[..., Map]] = _given

    def __init_subclass__(cls, make: Callable[..., Map] | None = None, **options: Any):
        super().__init_subclass__(**options)
        cls.make = make or cls.make

    def __init__(
        self,
        *args: Any,
        rngs: nnx.Rngs | None = None,
        params: Mapping[str, Any] | None = None,
        dtype: Any = jnp.float32,
        **options: Any,
    ):
        self.map = type(self).make(*args, **options)
        if params is not None:
            params = checked(self.map.kind, self.map.parameters, params)
        elif not self.map.parameters:
            params = {}
        elif isinstance(rngs, nnx.Rngs):
            params = self.map.init(rngs.params(), dtype)
        else:
            raise TypeError(
                f"`{type(self).__name__}(rngs=...)` should be `nnx.Rngs`, because parameters are "
                f"drawn from them. Got {rngs!r}. Pass `rngs=nnx.Rngs(0)`, or `params=`."
            )
        for name, each in params.items():
            setattr(self, name, _variables(each))

    @property
    def params(self) -> dict[str, Any]:
        """The parameters as arrays, nested as `map.init` makes them."""
        return _arrays(self, self.map.parameters)

    def __call__(self, *xs: Any, **external: Any) -> Any:
        """The map applied, as by `Map.apply`.

        Args:
            *xs: for each of its `reps_in` an array (..., rep.dim).
            **external: weights that come from outside, for maps that take such.
        """
        return self.map.apply(self.params, *xs, **external)


def _variables(params: Any) -> Any:
    if isinstance(params, Mapping):
        return nnx.Dict({name: _variables(each) for name, each in params.items()})
    return nnx.Param(params)


def _arrays(module: nnx.Module, parameters: Parameters) -> dict[str, Any]:
    found = {name: (getattr(module, name), each) for name, each in parameters.items()}
    return {
        name: value[...] if isinstance(each, Parameter) else _arrays(value, each)
        for name, (value, each) in found.items()
    }
