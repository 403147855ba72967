"""Equivariant normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from constrainet.arguments import check_number
from constrainet.maps.features import Features
from constrainet.maps.map import Map, Parameter, Parameters, check_rep, ones, zeros
from constrainet.maps.nonlinearities import complete_squares
from constrainet.maps.norms import InvariantSquares
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep


@dataclass(frozen=True)
class LayerNorm(Map):
    """Divides the copies of each irreducible by their root mean square.

    The mean is taken over the copies of one irreducible and its coordinates, so that irreducibles
    are normalised independently of each other. Of invariant components the mean is taken off first,
    if there are several. Where the group keeps no norm but an indefinite form q (that of
    four-vectors, say), the divisor is the fourth root of the mean of q². Each copy is then
    multiplied by a learned scale, and invariant ones get a learned offset.

    Args:
        rep: how inputs and outputs transform.
        eps: added to mean squares, so that vectors near zero stay small.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if one of its components has no invariant square.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> m = LayerNorm(2 * V(SO(3)))
        >>> x = 100 * jnp.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        >>> m.apply(m.init(jax.random.key(0)), x).round(3)
        Array([1.732, 0.   , 0.   , 0.   , 1.732, 0.   ], dtype=float32)

    References:
        Ba, Kiros, Hinton, "Layer normalization" (2016). Liao, Smidt, "Equiformer" (2023),
        section 4.1, for the normalisation of each irreducible by itself.
    """

    rep: Rep
    eps: float = 1e-5
    rtol: float | None = None
    shared: SharedFrame | None = None
    arguments: ClassVar[tuple[str, ...]] = ("rep",)

    def __post_init__(self):
        check_rep("rep", self.rep)
        check_number("eps", self.eps)
        if self.eps <= 0:
            raise ValueError(
                f"`eps` should be positive, because vectors may be zero. Got {self.eps}."
            )
        check_shared(self.shared, self.rtol)
        _ = self.squares

    @property
    def rep_in(self) -> Rep:
        """How inputs transform."""
        return self.rep

    @property
    def rep_out(self) -> Rep:
        """How results transform."""
        return self.rep

    @cached_property
    def squares(self) -> InvariantSquares:
        """What sizes are computed with."""
        return complete_squares(self, self.rep)

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        copies = self.frame.coordinates(self.rep).copies
        found = {"scale": Parameter((sum(copies.values()),), ones, is_random=False)}
        if self.frame.trivial in copies:
            shape = (copies[self.frame.trivial],)
            found["offset"] = Parameter(shape, zeros, is_random=False)
        return found

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        components, trivial = dict(x.components), self.frame.trivial
        if trivial in components and len(components[trivial]) > 1:
            scalars = components[trivial]
            components[trivial] = scalars - jnp.mean(scalars, axis=0)
        scales = params["scale"]
        start = 0
        for i, square in self.squares(components).items():
            copies = slice(start, start := start + len(square))
            if self.squares.is_definite:
                size = jnp.mean(square, axis=0)
            else:
                size = jnp.sqrt(jnp.mean(square**2, axis=0) + self.eps**2)
            factors = scales[copies, None] * jax.lax.rsqrt(size + self.eps)
            components[i] = components[i] * factors[:, None]
        if trivial in components:
            components[trivial] = components[trivial] + params["offset"][:, None, None]
        return Features(self.squares.coordinates, x.batch, x.dtype, components=components)
