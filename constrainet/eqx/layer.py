"""Maps as Equinox modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from constrainet.maps import Map, checked


def _given(map: Map) -> Map:
    """The map, if it is one."""
    if not isinstance(map, Map):
        raise TypeError(f"`Layer(map)` should be a map of `constrainet.maps`. Got {map!r:.60}.")
    return map


class Layer(eqx.Module):
    """A map as an Equinox module.

    This class takes any map, and each of the others the arguments of a map of its own kind. The map
    is static; its parameters are leaves, in the nested dictionary that `map.apply` takes.

    Args:
        *args: the map, or the arguments of its kind.
        key: a JAX random key, from which parameters are drawn.
        params: parameters of the map, instead of a key.
        dtype: the precision of parameters that are drawn, as of `Map.init`.
        **options: those of the map.

    Attributes:
        map: the map.
        params: its parameters, nested as `map.init` makes them.

    Raises:
        TypeError: if there are parameters, and neither `key` nor `params`.
        ValueError: if `params` are those of another map.
        As the map.

    Example:
        >>> import jax
        >>> import constrainet.eqx as ceq
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> v = V(SO(3))
        >>> m = cm.chain(cm.linear(v, 4 * v), cm.layer_norm(4 * v))
        >>> layer = ceq.Layer(m, key=jax.random.key(0))
        >>> layer(jax.numpy.ones((8, 3))).shape, sorted(layer.params)
        ((8, 12), ['layer_norm', 'linear'])
    """

    map: Map = eqx.field(static=True)
    params: dict[str, Any]
    make: ClassVar[Callable[..., Map]] = _given

    def __init_subclass__(cls, make: Callable[..., Map] | None = None, **options: Any):
        super().__init_subclass__(**options)
        cls.make = make or cls.make

    def __init__(
        self,
        *args: Any,
        key: jax.Array | None = None,
        params: Mapping[str, Any] | None = None,
        dtype: Any = jnp.float32,
        **options: Any,
    ):
        self.map = type(self).make(*args, **options)
        if params is not None:
            self.params = checked(self.map.kind, self.map.parameters, params)
        elif not self.map.parameters:
            self.params = {}
        elif key is not None:
            self.params = self.map.init(key, dtype)
        else:
            raise TypeError(
                f"`{type(self).__name__}(key=...)` should be a JAX random key, because parameters "
                "are drawn from it. Got None. Pass `key=jax.random.key(0)`, or `params=`."
            )

    def __call__(self, *xs: Any, key: Any = None, **external: Any) -> Any:
        """The map applied, as by `Map.apply`.

        Args:
            *xs: for each of its `reps_in` an array (..., rep.dim).
            key: not used; `eqx.nn.Sequential` passes one to every layer.
            **external: weights that come from outside, for maps that take such.
        """
        return self.map.apply(self.params, *xs, **external)
