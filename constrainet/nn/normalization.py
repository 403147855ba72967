"""Equivariant normalisation."""

from __future__ import annotations

from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.maps import Features, SharedFrame, invariant_squares
from constrainet.maps import frame as make_frame
from constrainet.nn.checks import check_frame, check_number, check_rep, enter, naming, parameter
from constrainet.nn.nonlinearities import check_squares
from constrainet.reps import Rep


class LayerNorm(hk.Module):
    """Divides the copies of each irreducible by their root mean square.

    The mean is taken over the copies of one irreducible and its coordinates, so that irreducibles
    are normalised independently of each other. Of invariant components the mean is taken off first,
    if there are several. Where the group keeps no norm but an indefinite form q (that of
    four-vectors, say), the divisor is the fourth root of the mean of q². Each copy is then
    multiplied by a learned scale, and invariant ones get a learned offset.

    Args:
        rep: how inputs and outputs transform.
        eps: added to mean squares, so that vectors near zero stay small.
        frame: common coordinates of the representations of a model, which its layers share.
        name: of the module.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if one of its components has no invariant square.

    Example:
        >>> import haiku as hk, jax, jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> layer = hk.without_apply_rng(hk.transform(lambda x: LayerNorm(2 * V(SO(3)))(x)))
        >>> x = 100 * jnp.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        >>> layer.apply(layer.init(jax.random.key(0), x), x).round(3)
        Array([1.732, 0.   , 0.   , 0.   , 1.732, 0.   ], dtype=float32)

    References:
        Ba, Kiros, Hinton, "Layer normalization" (2016). Liao, Smidt, "Equiformer" (2023),
        section 4.1, for the normalisation of each irreducible by itself.
    """

    def __init__(
        self, rep: Rep, eps: float = 1e-5, frame: SharedFrame | None = None, name: str | None = None
    ):
        super().__init__(name=name)
        self.rep = self.rep_in = rep
        self.eps = eps
        with naming(self):
            check_rep("rep", rep)
            check_number("eps", eps)
            if eps <= 0:
                raise ValueError(
                    f"`eps` should be positive, because vectors may be zero. Got {eps}."
                )
            check_frame(frame)
            self.frame = frame or make_frame(rep)
            self.squares = invariant_squares(rep, self.frame)
        check_squares(self, self.squares, rep)

    def __call__(self, x) -> Any:
        """(..., rep.dim) to (..., rep.dim)."""
        x, leave = enter(self, x, self.rep, self.squares.coordinates, "rep")
        real = jnp.finfo(x.dtype).dtype
        components, trivial = dict(x.components), self.frame.trivial
        if trivial in components and len(components[trivial]) > 1:
            scalars = components[trivial]
            components[trivial] = scalars - jnp.mean(scalars, axis=0)
        count = sum(len(z) for z in components.values())
        scales = parameter(self, "scale", (count,), real, jnp.ones)
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
            offsets = parameter(self, "offset", (len(components[trivial]),), real, jnp.zeros)
            components[trivial] = components[trivial] + offsets[:, None, None]
        return leave(Features(self.squares.coordinates, x.batch, x.dtype, components=components))
