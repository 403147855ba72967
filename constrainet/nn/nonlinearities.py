"""Equivariant non-linearities.

Functions of single coordinates commute with the group where it permutes coordinates, and nowhere
else: a sign or a phase is not a permutation. Elsewhere copies are multiplied by invariant numbers:
by scalars of their own (gates), or by functions of their own norms.
"""

from __future__ import annotations

from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.maps import Features, SharedFrame, gates, invariant_squares
from constrainet.maps import frame as make_frame
from constrainet.nn.channels import gated
from constrainet.nn.checks import check_rep, enter, parameter, title
from constrainet.reps import Rep

SWISH_GAIN = 1.6765
"""1 / √E[swish(z)²] for a normal z: with it, swish keeps the mean square."""

SIGMOID_GAIN = 1.8462
"""1 / √E[sigmoid(z)²] for a normal z."""


class GatedNonlinearity(hk.Module):
    """Swish on what the group only permutes, and gates on everything else.

    Functions of single coordinates commute with the group on scalars and on permutation
    representations. Every other copy of a summand is multiplied by the sigmoid of a scalar of its
    own. Of complex scalars, the real and imaginary parts are treated as two real ones, and the real
    part gates.

    Args:
        rep: the representation that is returned; `gated(rep)` is taken.
        normalized: whether results are scaled so that normal inputs keep their mean square.
        frame: common coordinates of the representations of a model, which its layers share.
        name: of the module.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        >>> import haiku as hk, jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> gate = hk.without_apply_rng(hk.transform(lambda x: GatedNonlinearity(V(SO(3)))(x)))
        >>> gate.apply({}, jnp.array([2.0, 4.0, 6.0, 0.0]))
        Array([1., 2., 3.], dtype=float32)

    References:
        Weiler, Geiger, Welling, Boomsma, Cohen, "3D steerable CNNs" (2018), section 4.3.
    """

    def __init__(
        self,
        rep: Rep,
        normalized: bool = False,
        frame: SharedFrame | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("GatedNonlinearity", "rep", rep)
        self.rep, self.normalized = rep, normalized
        self.rep_in = gated(rep)
        self.gates = gates(self.rep_in, rep, frame or make_frame(self.rep_in, rep))

    def __call__(self, x) -> Any:
        """(..., gated(rep).dim) to (..., rep.dim)."""
        x, leave = enter(self, x, self.rep_in, self.gates.source)
        functions = (
            (normalized_swish, _normalized_sigmoid) if self.normalized else (swish, _sigmoid)
        )
        return leave(self.gates(x, *functions))


class PointwiseNonlinearity(hk.Module):
    """Swish on every coordinate of a permutation representation.

    Args:
        rep: how inputs and outputs transform: sums and products of permutation representations.
        normalized: whether results are scaled so that normal inputs keep their mean square.
        frame: common coordinates of the representations of a model, which its layers share.
        name: of the module.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if the group does not merely permute its coordinates.

    Example:
        >>> import haiku as hk, jax.numpy as jnp
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> layer = hk.without_apply_rng(hk.transform(lambda x: PointwiseNonlinearity(V(S(3)))(x)))
        >>> layer.apply({}, jnp.zeros(3))
        Array([0., 0., 0.], dtype=float32)
    """

    def __init__(
        self,
        rep: Rep,
        normalized: bool = False,
        frame: SharedFrame | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("PointwiseNonlinearity", "rep", rep)
        if not rep.is_permutation:
            part = next(part for part, _ in rep.summands if not part.is_permutation)
            raise ValueError(
                f"`{title(self)}` needs a representation whose coordinates are only permuted, "
                f"because a function of single coordinates commutes with nothing else. {part} of "
                f"{rep.group} is none. Use `GatedNonlinearity` or `NormNonlinearity`."
            )
        self.rep = self.rep_in = rep
        self.normalized = normalized
        self.gates = gates(rep, rep, frame or make_frame(rep))

    def __call__(self, x) -> Any:
        """(..., rep.dim) to (..., rep.dim)."""
        x, leave = enter(self, x, self.rep, self.gates.source)
        return leave(self.gates(x, normalized_swish if self.normalized else swish, _sigmoid))


class NormNonlinearity(hk.Module):
    """Each copy of an irreducible times the sigmoid of a function of its own invariant square.

    z becomes sigmoid(a q(z) + b) z, with q the mean square of the copy's coordinates (or of the
    invariant form, for groups like the Lorentz group that keep no norm), and a and b learned for
    each copy. Invariant components become their swish.

    Args:
        rep: how inputs and outputs transform.
        normalized: whether results are scaled so that normal inputs roughly keep their mean square.
        frame: common coordinates of the representations of a model, which its layers share.
        name: of the module.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if one of its components has no invariant square.

    Example:
        >>> import haiku as hk, jax, jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> layer = hk.without_apply_rng(hk.transform(lambda x: NormNonlinearity(2 * V(SO(3)))(x)))
        >>> params = layer.init(jax.random.key(0), jnp.ones(6))
        >>> layer.apply(params, jnp.ones(6)).shape
        (6,)

    References:
        Worrall, Garbin, Turmukhambetov, Brostow, "Harmonic networks" (2017), section 4.
    """

    def __init__(
        self,
        rep: Rep,
        normalized: bool = False,
        frame: SharedFrame | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("NormNonlinearity", "rep", rep)
        self.rep = self.rep_in = rep
        self.normalized = normalized
        self.frame = frame or make_frame(rep)
        self.squares = invariant_squares(rep, self.frame)
        check_squares(self, self.squares, rep)

    def __call__(self, x) -> Any:
        """(..., rep.dim) to (..., rep.dim)."""
        x, leave = enter(self, x, self.rep, self.squares.coordinates)
        real = jnp.finfo(x.dtype).dtype
        components = dict(x.components)
        others = {i: z for i, z in components.items() if i != self.frame.trivial}
        count = sum(len(z) for z in others.values())
        slopes = parameter(self, "slope", (count,), real, jnp.ones)
        offsets = parameter(self, "offset", (count,), real, jnp.zeros)
        start, gain = 0, SIGMOID_GAIN if self.normalized else 1
        for i, square in self.squares(others).items():
            copies = slice(start, start := start + len(square))
            factors = gain * jax.nn.sigmoid(slopes[copies, None] * square + offsets[copies, None])
            components[i] = others[i] * factors[:, None]
        if self.frame.trivial in components:
            scalars = components[self.frame.trivial]
            components[self.frame.trivial] = (normalized_swish if self.normalized else swish)(
                scalars
            )
        return leave(Features(self.squares.coordinates, x.batch, x.dtype, components=components))


def check_squares(layer: hk.Module, squares, rep: Rep) -> None:
    """Refuses representations with components that have no invariant square."""
    if squares.missing:
        raise ValueError(
            f"`{title(layer)}` needs an invariant square of every component of {rep}, and "
            f"{len(squares.missing)} of them have none under {rep.group}: the group changes the "
            "size of their vectors, or they were not decomposed. Use `GatedNonlinearity`."
        )


def swish(x: jax.Array) -> jax.Array:
    """x sigmoid(x); of complex numbers, of the real and the imaginary part."""
    if jnp.iscomplexobj(x):
        return jax.lax.complex(jax.nn.swish(x.real), jax.nn.swish(x.imag))
    return jax.nn.swish(x)


def normalized_swish(x: jax.Array) -> jax.Array:
    """Swish, scaled to keep the mean square of normal numbers."""
    return SWISH_GAIN * swish(x)


def _sigmoid(x: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(x)


def _normalized_sigmoid(x: jax.Array) -> jax.Array:
    return SIGMOID_GAIN * jax.nn.sigmoid(x)


NONLINEARITIES = {
    "gated": GatedNonlinearity,
    "norm": NormNonlinearity,
    "pointwise": PointwiseNonlinearity,
}
