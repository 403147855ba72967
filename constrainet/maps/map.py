"""What every layer, block and model is: parameters with names, and a pure function of them.

A map is a value: it is compared by what it was declared with, pickles, and can be an argument of
`jax.jit` that does not change. What it computes with is found when it is made, and remembered.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.arguments import Declared, called_as
from constrainet.maps.features import Features
from constrainet.maps.sharding import compute
from constrainet.maps.shared_frame import SharedFrame, frame
from constrainet.reps import NamedSum, Rep

Initialiser = Callable[[jax.Array, tuple[int, ...], Any], jax.Array]
"""A function of a random key, a shape and a dtype."""

WORDS = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
"""Where a word of a class's name begins."""

ADVICE = "Were these parameters made for another model?"


def zeros(key: jax.Array | None, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """An initialiser that draws nothing."""
    return jnp.zeros(shape, dtype)


def ones(key: jax.Array | None, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """An initialiser that draws nothing."""
    return jnp.ones(shape, dtype)


@dataclass(frozen=True)
class Parameter:
    """What is known of a parameter before there is one.

    Args:
        shape: of the array.
        init: makes it.
        is_complex: whether its numbers are complex.
        is_random: whether `init` draws from its key.
    """

    shape: tuple[int, ...]
    init: Initialiser
    is_complex: bool = False
    is_random: bool = True

    def dtype(self, real: Any) -> Any:
        """The dtype at the precision of a real one."""
        return jnp.result_type(real, jnp.complex64) if self.is_complex else jnp.dtype(real)

    def check(self, what: str, array: Any, advice: str = ADVICE) -> jax.Array:
        """The array, if it has the shape and kind.

        Args:
            what: which parameter of which map, for messages.
            array: what was given for it.
            advice: what may be the matter.

        Raises:
            ValueError: if it has another shape.
            TypeError: if it is real and should be complex, or the other way round, or of integers.
        """
        if np.shape(array) != self.shape:
            raise ValueError(
                f"{what} should have shape {self.shape}. Got {np.shape(array)}. {advice}"
            )
        array = jnp.asarray(array)
        if jnp.iscomplexobj(array) != self.is_complex or not jnp.issubdtype(
            array.dtype, jnp.inexact
        ):
            kind, why = "real", "the layer's weights are"
            if self.is_complex:
                kind, why = "complex", "its representations are"
            raise TypeError(f"{what} should be {kind}, because {why}. Got {array.dtype}. {advice}")
        return array


Parameters = Mapping[str, Any]
"""By name, a `Parameter`, or the parameters of a map inside."""


class Map(metaclass=Declared):
    """An equivariant function with parameters.

    `init` makes parameters and `apply` computes; there is no other state. Subclasses are frozen
    dataclasses, whose fields declare the map.

    Attributes:
        reps_in: how each argument transforms.
        rep_out: how the result transforms.
        parameters: by name a `Parameter`, or the parameters of a map inside, in the order in which
            they are used.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> m = cm.linear(2 * V(SO(3)), V(SO(3)), parametrization="basis")
        >>> params = m.init(jax.random.key(0))
        >>> params["w"].shape, m.apply(params, jax.numpy.ones((8, 6))).shape
        ((2,), (8, 3))
    """

    rep_in: Rep
    rep_out: Rep
    rtol: float | None
    shared: SharedFrame | None
    arguments: ClassVar[tuple[str, ...]] = ("rep_in",)
    """What the representations of the arguments are called, for messages."""

    @property
    def reps_in(self) -> tuple[Rep, ...]:
        """How each argument transforms."""
        return (self.rep_in,)

    @property
    def acts_on_fields(self) -> bool:
        """Whether it takes whole fields, (batch, *grid, rep.dim), and not each vector by itself."""
        return False

    @property
    @abstractmethod
    def parameters(self) -> Parameters:
        """What `init` makes."""

    @abstractmethod
    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        """`apply` on features, as maps inside others are called."""

    @property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        return (*self.reps_in, self.rep_out)

    @property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names that their parameters have."""
        return {}

    @cached_property
    def frame(self) -> SharedFrame:
        """The coordinates in which it computes: its own, or those shared with other maps."""
        return self.shared or frame(*dict.fromkeys(self.reps), rtol=self.rtol)

    @property
    def kind(self) -> str:
        """What it is called, in messages and in the names of parameters."""
        return re.sub(WORDS, "_", type(self).__name__).lower()

    def within(self, shared: SharedFrame) -> Self:
        """The same map, computing in the coordinates of others."""
        return replace(self, shared=shared, rtol=None)  # pyright: ignore[reportArgumentType]

    @called_as("m.init(jax.random.key(0))")
    def init(self, key: jax.Array, dtype: Any = jnp.float32) -> dict[str, Any]:
        """New parameters.

        Args:
            key: a JAX random key.
            dtype: the precision, a real dtype; parameters between complex representations are
                complex numbers of that precision.

        Returns:
            Nested dictionaries of arrays.
        """
        leaves = jax.tree.leaves(self.parameters, is_leaf=_is_parameter)
        keys = iter(jax.random.split(key, max(1, len(leaves))))
        return _initialised(self.parameters, keys, jnp.finfo(dtype).dtype)

    @called_as("m.apply(params, x)")
    def apply(self, params: Mapping[str, Any], *xs: Any, **external: Any) -> Any:
        """The map applied to arrays.

        Args:
            params: what `init` makes, or other arrays of those shapes.
            *xs: for each of `reps_in` an array (..., rep.dim), with the same leading axes; of a
                `named` representation also a dictionary of its parts.
            **external: weights that come from outside, for maps that take such.

        Returns:
            Shape (..., rep_out.dim); a dictionary, if one came in and `rep_out` is named, too.

        Raises:
            ValueError: if an array or a parameter has another shape.
            TypeError: if one is no floating point array, or real where it should be complex.
        """
        if not (xs or external):
            raise TypeError("`apply` takes parameters and arrays. Write `m.apply(params, x)`.")
        return self.applied(
            self.kind, lambda _: checked(self.kind, self.parameters, params), xs, external
        )

    def applied(
        self,
        name: str,
        params: Callable[[Any], Mapping[str, Any]],
        xs: Sequence[Any],
        external: Mapping[str, Any] | None = None,
    ) -> Any:
        """`apply`, for adapters that look up parameters when they know the precision.

        Args:
            name: of the layer, for messages.
            params: a function of a real dtype that returns the parameters.
            xs: as in `apply`.
            external: as in `apply`.
        """
        if len(xs) != len(self.reps_in):
            raise TypeError(f"`{name}` takes {len(self.reps_in)} arrays. Got {len(xs)}.")
        arrays = [
            check_input(name, x, rep, argument)
            for x, rep, argument in zip(xs, self.reps_in, self.arguments, strict=True)
        ]
        lead = arrays[0].shape[:-1]
        if any(x.shape[:-1] != lead for x in arrays):
            shapes = " and ".join(str(x.shape) for x in arrays)
            raise ValueError(
                f"`{name}` takes arrays of equal shapes but for the last axis. Got {shapes}."
            )
        real = jnp.finfo(jnp.result_type(*arrays)).dtype
        given = self.checked_external(name, lead, external or {})

        def function(arrays, params, given):
            return self.on_arrays(name, params, *arrays, **given)

        y = compute(function, arrays, params(real), given)
        return like_input(y, self.rep_out, *xs)

    def on_arrays(
        self, name: str, params: Mapping[str, Any], *xs: jax.Array, **external: Any
    ) -> jax.Array:
        """`apply` on arrays that were checked.

        Args:
            name: of the layer, for messages.
            params: of the map.
            *xs: as in `apply`.
            **external: what came from outside, as `run` takes it.
        """
        features = [
            Features.of(self.frame.coordinates(rep), x)
            for rep, x in zip(self.reps, xs, strict=False)
        ]
        return self.run(params, *features, **external).array(xs[0].shape[:-1])

    def checked_external(
        self, name: str, lead: tuple[int, ...], external: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What came from outside, as `run` takes it; most maps take nothing.

        Args:
            name: of the layer, for messages.
            lead: the leading axes of the arguments.
            external: what was given.
        """
        if external:
            raise TypeError(
                f"`{name}` takes arrays alone. Got also {', '.join(external)}; only products "
                "declared with `weights='external'` take weights."
            )
        return external

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # pyright: ignore[reportArgumentType]

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


def _initialised(parameters: Parameters, keys: Iterator[jax.Array], real: Any) -> dict[str, Any]:
    return {
        name: p.init(next(keys), p.shape, p.dtype(real))
        if isinstance(p, Parameter)
        else _initialised(p, keys, real)
        for name, p in parameters.items()
    }


def walk(m: Map, path: str = "") -> Iterator[tuple[str, Map]]:
    """All maps inside a map, with the paths of their parameters, and the map itself at the end.

    Args:
        m: the map.
        path: of its own parameters.

    Example:
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> v = V(SO(3))
        >>> [path for path, _ in walk(cm.emlp_block(v, v))]
        ['linear', 'bi_linear', 'gated_nonlinearity', '']
    """
    for name, layer in m.layers.items():
        yield from walk(layer, f"{path}/{name}" if path else name)
    yield path, m


def checked(name: str, parameters: Parameters, params: Any, path: str = "") -> dict[str, Any]:
    """The parameters given, if they are those of the map.

    Args:
        name: the map, for messages.
        parameters: what it has.
        params: what was given for them.
        path: where these stand in the parameters of a larger map.

    Raises:
        ValueError: if one is missing, or has another shape.
        TypeError: if one is of another kind.
    """
    found = {}
    for key, parameter in parameters.items():
        place = f"{path}/{key}" if path else key
        if not isinstance(params, Mapping) or key not in params:
            raise ValueError(f"`{name}` needs parameters {place!r}, and got none. {ADVICE}")
        if isinstance(parameter, Parameter):
            found[key] = parameter.check(f"Parameter {place!r} of `{name}`", params[key])
        else:
            found[key] = checked(name, parameter, params[key], place)
    return found


def check_input(name: str, x, rep: Rep, argument: str = "rep_in") -> jax.Array:
    """The input as an array, if its last axis is the representation's.

    Args:
        name: the layer, for the message.
        x: the input, or of a named representation a dictionary of its parts.
        rep: what the layer takes.
        argument: what the layer calls it.

    Raises:
        ValueError: if the last axis has another size.
        TypeError: if the input is no array, or holds whole numbers.
    """
    if isinstance(x, Mapping):
        if not isinstance(rep, NamedSum):
            raise TypeError(
                f"`{name}` takes arrays, because the parts of {argument} = {rep} have no names. Got"
                f" a dictionary of {sorted(x)}. Make {argument} by `named({{...}})`."
            )
        try:
            x = rep.pack(x)
        except ValueError as error:
            raise ValueError(f"`{name}`: {error}") from None
    try:
        # older versions of JAX take None for NaN
        array = None if x is None else jnp.asarray(x)
    except (TypeError, ValueError):
        array = None
    if array is None:
        raise TypeError(f"`{name}` takes arrays. Got {x!r:.60}, of {type(x)}.")
    x = array
    if x.ndim == 0 or x.shape[-1] != rep.dim:
        raise ValueError(
            f"`{name}` takes arrays of shape (..., {rep.dim}), because {argument} = {rep} has "
            f"dimension {rep.dim}. Got an array of shape {x.shape}."
        )
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        raise TypeError(
            f"`{name}` takes floating point arrays. Got {x.dtype}; use `x.astype(float)`."
        )
    return x


def like_input(y: jax.Array, rep: Rep, *xs: Any) -> Any:
    """A result as a dictionary, if an input was one and the result's parts have names."""
    is_named = any(isinstance(x, Mapping) for x in xs)
    return rep.unpack(y) if is_named and isinstance(rep, NamedSum) else y


def check_rep(argument: str, rep) -> None:
    """Refuses what is not a representation, by the name of the argument that it was given for."""
    if not isinstance(rep, Rep):
        raise TypeError(
            f"`{argument}` should be a representation, such as `V(SO(3))`. Got {rep!r}."
        )


def _is_parameter(node: Any) -> bool:
    return isinstance(node, Parameter)
