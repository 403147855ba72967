"""Maps made of maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import jax

from constrainet.maps.features import Features
from constrainet.maps.map import Map, Parameters
from constrainet.maps.shared_frame import SharedFrame


class Composite(Map):
    """A map made of others, its layers, whose parameters stand under their names.

    By itself it applies one after the other; subclasses may do otherwise.
    """

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        return {name: layer.parameters for name, layer in self.layers.items() if layer.parameters}

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        for name, layer in self.layers.items():
            xs = (layer.run(params.get(name, {}), *xs),)
        return xs[0]

    def on_arrays(
        self, name: str, params: Mapping[str, Any], *xs: jax.Array, **external: Any
    ) -> jax.Array:
        if not self.acts_on_fields:
            return super().on_arrays(name, params, *xs, **external)
        for key, layer in self.layers.items():
            xs = (layer.on_arrays(f"{name}/{key}", params.get(key, {}), *xs),)
        return xs[0]


@dataclass(frozen=True)
class Chain(Composite):
    """Maps one after the other, in the coordinates that suit all of them.

    What is linear, bilinear, gated or normalised in irreducible coordinates never leaves them.

    Args:
        maps: each takes what the one before returns. Use `chain` to make one.
        rtol: that of the maps.
        shared: coordinates shared with other maps, in another chain.
    """

    maps: tuple[Map, ...]
    rtol: float | None = None
    shared: SharedFrame | None = None

    @property
    def reps_in(self):
        """How each argument transforms."""
        return self.maps[0].reps_in

    @property
    def rep_in(self):
        """How the first argument transforms."""
        return self.reps_in[0]

    @property
    def rep_out(self):
        """How results transform."""
        return self.maps[-1].rep_out

    @cached_property
    def reps(self):
        """The representations whose coordinates it computes in."""
        first = self.maps[0].reps
        rest = [rep for each in self.maps[1:] for rep in each.reps]
        return (*first, *rest)

    @property
    def acts_on_fields(self):
        """Whether one of its maps does; then each computes in coordinates of its own."""
        return any(each.acts_on_fields for each in self.maps)

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        if self.acts_on_fields:
            return named(self.maps)
        return named(each.within(self.frame) for each in self.maps)


def chain(*maps: Map) -> Chain:
    """Maps one after the other.

    Args:
        *maps: each takes what the one before returns.

    Returns:
        A map, whose parameters are those of the maps under their kinds, numbered where there are
        several of one kind.

    Raises:
        TypeError: if an argument is no map.
        ValueError: if there is none, or one does not take what the one before returns, or their
            `rtol` differ.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> v = V(SO(3))
        >>> m = cm.chain(cm.linear(v, 4 * v), cm.layer_norm(4 * v), cm.linear(4 * v, v))
        >>> params = m.init(jax.random.key(0))
        >>> list(params)
        ['linear', 'layer_norm', 'linear_1']
        >>> m.apply(params, jax.numpy.ones((8, 3))).shape
        (8, 3)
    """
    if not maps:
        raise ValueError("`chain(*maps)` should be given at least one map. Got none.")
    for each in maps:
        if not isinstance(each, Map):
            raise TypeError(f"`chain(*maps)` should be given maps, such as `linear`. Got {each!r}.")
        if getattr(each, "weights", None) == "external":
            raise ValueError(
                "`chain(*maps)` should be given maps that need no weights from outside, because it "
                f"hands on vectors alone. Got {each}."
            )
    for before, after in pairwise(maps):
        if after.reps_in != (before.rep_out,):
            raise ValueError(
                "`chain(*maps)` should be given maps each of which takes what the one before "
                f"returns. {after.kind} takes {' and '.join(map(str, after.reps_in))}, and "
                f"{before.kind} returns {before.rep_out}."
            )
    cutoffs = {each.rtol for each in maps}
    if len(cutoffs) > 1:
        raise ValueError(f"`chain(*maps)` should be given maps of one `rtol`. Got {cutoffs}.")
    return Chain(maps, rtol=cutoffs.pop())


@dataclass(frozen=True)
class Residual(Map):
    """x + m(x), with the parameters of m.

    Args:
        inner: m, which returns what it takes.

    Raises:
        TypeError: if it is no map.
        ValueError: if it returns another representation than it takes.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> m = cm.residual(cm.linear(V(SO(3)), V(SO(3)), parametrization="basis"))
        >>> zero = jax.tree.map(jax.numpy.zeros_like, m.init(jax.random.key(0)))
        >>> m.apply(zero, jax.numpy.ones(3))
        Array([1., 1., 1.], dtype=float32)
    """

    inner: Map

    def __post_init__(self):
        if not isinstance(self.inner, Map):
            raise TypeError(f"`inner` should be a map, such as `linear`. Got {self.inner!r}.")
        if self.inner.reps_in != (self.inner.rep_out,):
            raise ValueError(
                "`inner` should return what it takes, because that is added. It takes "
                f"{' and '.join(map(str, self.inner.reps_in))} and returns {self.inner.rep_out}."
            )

    @property
    def rtol(self):
        """That of the maps inside."""
        return self.inner.rtol

    @property
    def shared(self):
        """The coordinates shared with other maps, if any."""
        return self.inner.shared

    @property
    def reps_in(self):
        """How each argument transforms."""
        return self.inner.reps_in

    @property
    def rep_in(self):
        """How the argument transforms."""
        return self.reps_in[0]

    @property
    def rep_out(self):
        """How results transform."""
        return self.inner.rep_out

    @property
    def reps(self):
        """The representations whose coordinates it computes in."""
        return self.inner.reps

    @property
    def layers(self):
        """The maps that it is made of, by the names of their parameters."""
        return self.inner.layers

    @property
    def parameters(self):
        """What `init` makes."""
        return self.inner.parameters

    @property
    def acts_on_fields(self):
        """Whether the map inside does."""
        return self.inner.acts_on_fields

    def on_arrays(
        self, name: str, params: Mapping[str, Any], *xs: jax.Array, **external: Any
    ) -> jax.Array:
        if not self.acts_on_fields:
            return super().on_arrays(name, params, *xs, **external)
        return xs[0] + self.inner.on_arrays(name, params, *xs)

    @cached_property
    def frame(self) -> SharedFrame:
        return self.inner.frame

    def within(self, shared: SharedFrame) -> Self:
        return type(self)(self.inner.within(shared))

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        return xs[0] + self.inner.run(params, *xs, **external)


def named(maps) -> dict[str, Map]:
    """Maps by the names of their kinds, numbered where there are several of one kind."""
    found: dict[str, Map] = {}
    for each in maps:
        name, count = each.kind, 1
        while name in found:
            name, count = f"{each.kind}_{count}", count + 1
        found[name] = each
    return found
