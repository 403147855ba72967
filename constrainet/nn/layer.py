"""Maps as Haiku modules.

A module makes the parameters of its map under Haiku's names: what the map calls
`params["emlp_block"]["linear"]["w"]` is `params["emlp/emlp_block/linear"]["w"]` of a module that is
called "emlp".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import Signature, signature
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np

from constrainet.errors import NoEquivariantMapError
from constrainet.maps import Map, Parameter, Parameters

NAMES = ("w_init", "b_init", "name")
"""What a module takes beside its map's arguments."""


class Layer(hk.Module):
    """A map as a Haiku module; attributes that it lacks are the map's.

    `Layer(m)` holds any map; its subclasses make maps of one kind.

    Args:
        *args: the map; of a subclass, the arguments of its map.
        w_init: a Haiku initialiser of the parameter `w`, instead of the map's.
        b_init: a Haiku initialiser of the parameter `b`, instead of the map's.
        name: of the module.
        **options: of a subclass, those of its map.

    Attributes:
        map: the map.

    Raises:
        TypeError: if it is no map, or an initialiser no function; for others, see the map.

    Example:
        >>> import haiku as hk, jax
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> v = V(SO(3))
        >>> m = cm.chain(cm.linear(v, 4 * v), cm.layer_norm(4 * v))
        >>> model = hk.without_apply_rng(hk.transform(lambda x: Layer(m, name="encoder")(x)))
        >>> list(model.init(jax.random.key(0), jax.numpy.ones((8, 3))))
        ['encoder/linear', 'encoder/layer_norm']
    """

    AUTO_REPR = False  # Haiku's binds the arguments before the map can say what is wrong with them

    @staticmethod
    def make(*args: Any, **options: Any) -> Map:
        """Makes the map of the arguments."""
        if options or len(args) != 1 or not isinstance(args[0], Map):
            raise TypeError(
                f"`Layer(m)` should be given a map, such as `constrainet.maps.linear`. Got "
                f"{', '.join(map(repr, (*args, *options)))}."
            )
        return args[0]

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        if "make" not in vars(cls) or "__init__" in vars(cls):
            return
        own = signature(Layer.__init__).parameters
        arguments = [p for p in signature(cls.make).parameters.values() if p.name != "shared"]

        def init(self, *args: Any, **options: Any):
            Layer.__init__(self, *args, **options)

        # Haiku reads a module's signature from its `__init__`
        init.__signature__ = Signature([own["self"], *arguments, *(own[n] for n in NAMES)])
        cls.__init__ = init

    def __init__(
        self,
        *args: Any,
        w_init: hk.initializers.Initializer | None = None,
        b_init: hk.initializers.Initializer | None = None,
        name: str | None = None,
        **options: Any,
    ):
        super().__init__(name=name)
        self.inits = {"w": w_init, "b": b_init}
        with naming(self):
            for argument, init in self.inits.items():
                _check_initialiser(f"{argument}_init", init)
            self.map: Map = type(self).make(*args, **options)
        self._auto_repr = f"{type(self).__name__}({self.map!r}, name={self.name!r})"

    def __call__(self, *xs: Any, **external: Any) -> Any:
        """The map applied to arrays (..., rep.dim), one for each of `reps_in`."""

        def parameters(dtype: Any) -> dict[str, Any]:
            return _parameters(self, self.map.parameters, dtype, self.inits)

        return self.map.applied(title(self), parameters, xs, external)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "map" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")
        return getattr(self.map, name)


class _Scope(hk.Module):
    """The name of a map inside another."""

    def __call__(self, parameters: Parameters, dtype: Any) -> dict[str, Any]:
        return _parameters(self, parameters, dtype, {})


def _parameters(
    module: hk.Module, parameters: Parameters, dtype: Any, inits: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        name: _parameter(module, name, each, dtype, inits.get(name))
        if isinstance(each, Parameter)
        else _Scope(name=name)(each, dtype)
        for name, each in parameters.items()
    }


def _parameter(
    module: hk.Module, name: str, parameter: Parameter, real: Any, init: Callable | None
) -> jax.Array:
    """`hk.get_parameter`, refusing arrays of another shape or kind.

    Raises:
        ValueError: if it is not among the parameters given, or has another shape there, or its
            initialiser returns another shape.
        TypeError: if it is real and should be complex, or the other way round, or of whole numbers.
    """
    advice, dtype = "Were these parameters made for another model?", parameter.dtype(real)

    def checked(shape, dtype):
        if init is not None:
            array = init(shape, dtype)
        else:
            key = hk.next_rng_key() if parameter.is_random else None
            array = parameter.init(key, shape, dtype)  # pyright: ignore[reportArgumentType]
        if np.shape(array) != tuple(shape):
            raise ValueError(
                f"The initialiser of parameter {name!r} of `{title(module)}` should return an "
                f"array of the shape that it is given, {tuple(shape)}. Got shape {np.shape(array)}."
            )
        return jnp.asarray(array)

    try:
        found = hk.get_parameter(name, parameter.shape, dtype, init=checked)
    except (AttributeError, ValueError) as error:
        if hk.running_init():  # a fault of the initialiser
            raise
        raise ValueError(
            f"`{title(module)}` needs a parameter {name!r} of shape {parameter.shape}. {advice} "
            f"Haiku says: {error}"
        ) from error
    if hk.running_init():
        advice = f"Its initialiser should return the dtype that it is given, {dtype}."
    return parameter.check(f"Parameter {name!r} of `{title(module)}`", found, advice)


def from_haiku(params: hk.Params, name: str) -> dict[str, Any]:
    """The parameters of a map, nested as `Map.apply` takes them, from those of a Haiku model.

    Haiku's are flat: what is `params["name/inner"]["w"]` there becomes `params["inner"]["w"]`.

    Args:
        params: of the model.
        name: of the module in it that is the map, such as "emlp".

    Returns:
        Nested dictionaries of arrays, which are also the parameters of the same layer in
        `constrainet.nnx` and `constrainet.eqx`; empty if there are none of that name.

    Example:
        >>> import haiku as hk, jax, jax.numpy as jnp
        >>> import constrainet.maps as cm
        >>> import constrainet.nn as cnn
        >>> from constrainet.groups import O
        >>> from constrainet.reps import V
        >>> v, x = V(O(3)), jnp.ones((4, 3))
        >>> model = hk.without_apply_rng(hk.transform(lambda x: cnn.EMLP(v, v, channels=8)(x)))
        >>> params = model.init(jax.random.key(0), x)
        >>> y = cm.emlp(v, v, channels=8).apply(from_haiku(params, "emlp"), x)
        >>> bool(jnp.allclose(y, model.apply(params, x)))
        True
    """
    found: dict[str, Any] = {}
    for path, own in params.items():
        if path == name or path.startswith(f"{name}/"):
            inner = found
            for part in path[len(name) + 1 :].split("/") if path != name else ():
                inner = inner.setdefault(part, {})
            inner.update(own)
    return found


def to_haiku(params: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """The parameters of a Haiku model whose one module is a map, from those of the map.

    Args:
        params: nested, as `Map.init` makes them.
        name: of the module, such as "emlp".

    Returns:
        What `from_haiku` takes. Of several modules, they are joined by `|`.

    Example:
        >>> to_haiku({"linear": {"w": 1.0}, "linear_1": {"w": 2.0}}, "chain")
        {'chain/linear': {'w': 1.0}, 'chain/linear_1': {'w': 2.0}}
    """
    own = {key: each for key, each in params.items() if not isinstance(each, Mapping)}
    found = {name: own} if own else {}
    for key, each in params.items():
        if isinstance(each, Mapping):
            found |= to_haiku(each, f"{name}/{key}")
    return found


def _check_initialiser(argument: str, init) -> None:
    """Refuses what is neither a function nor None."""
    if init is not None and not callable(init):
        raise TypeError(
            f"`{argument}` should be a function of a shape and a dtype, such as `jnp.zeros` or one "
            f"of `hk.initializers`, or None. Got {init!r}."
        )


@contextmanager
def naming(layer: hk.Module) -> Iterator[None]:
    """Within it, errors of arguments and of what is made of them begin with the layer's name.

    Exceptions of other types carry numbers, and stay what they are.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError, NoEquivariantMapError):
            raise
        kind, text = f"`{type(layer).__name__}`", str(error)
        text = text.removeprefix(kind) if text.startswith(kind) else f": {text}"
        raise type(error)(f"`{title(layer)}`{text}") from error


def title(layer: hk.Module) -> str:
    """How messages name a layer: by its kind, and its place in the model."""
    return f"{type(layer).__name__}({layer.module_name})"
