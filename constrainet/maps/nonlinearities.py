"""Equivariant non-linearities.

Functions of single coordinates commute with the group where it permutes coordinates, and nowhere
else: a sign or a phase is not a permutation. Elsewhere copies are multiplied by invariant numbers:
by scalars of their own (gates), or by functions of their own norms. For a finite group there is
one more way: any copies are the coefficients of functions on the group, which it permutes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, sqrt
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import roots_genlaguerre

from constrainet.arguments import check_flag
from constrainet.maps.channels import with_gates
from constrainet.maps.features import Features
from constrainet.maps.functions_on_groups import GroupFunctions, group_functions
from constrainet.maps.gating import Gates, gates
from constrainet.maps.map import Map, Parameter, Parameters, check_rep, ones, zeros
from constrainet.maps.norms import InvariantSquares, invariant_squares
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep

SWISH_GAIN = 1.6765
"""1 / √E[swish(z)²] for a normal z: with it, swish keeps the mean square."""

SIGMOID_GAIN = 1.8462
"""1 / √E[sigmoid(z)²] for a normal z."""

LARGEST_ORDER = 1024
"""Of groups for which there are functions on the group: the Fourier transform is a dense matrix."""


@dataclass(frozen=True)
class Nonlinearity(Map):
    """What all non-linearities have in common.

    Args:
        rep: the representation that is returned.
        normalized: whether results are scaled so that normal inputs keep their mean square.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Attributes:
        map: what it computes with.
    """

    rep: Rep
    normalized: bool = False
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        check_rep("rep", self.rep)
        check_flag("normalized", self.normalized)
        check_shared(self.shared, self.rtol)
        _ = self.map

    @property
    def rep_in(self) -> Rep:
        """The representation that is taken."""
        return self.rep

    @property
    def rep_out(self) -> Rep:
        """How results transform."""
        return self.rep

    @property
    @abstractmethod
    def map(self) -> Any:
        """What it computes with, if the representation fits."""

    @property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        return {}


@dataclass(frozen=True)
class GatedNonlinearity(Nonlinearity):
    """Swish on what the group only permutes, and gates on everything else.

    Functions of single coordinates commute with the group on scalars and on permutation
    representations. Every other copy of a summand is multiplied by the sigmoid of a scalar of its
    own. Of complex scalars, the real and imaginary parts are treated as two real ones, and the real
    part gates.

    Args:
        rep: the representation that is returned; `gated(rep)` is taken.
        normalized: whether results are scaled so that normal inputs keep their mean square.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> GatedNonlinearity(V(SO(3))).apply({}, jnp.array([2.0, 4.0, 6.0, 0.0]))
        Array([1., 2., 3.], dtype=float32)

    References:
        Weiler, Geiger, Welling, Boomsma, Cohen, "3D steerable CNNs" (2018), section 4.3.
    """

    arguments: ClassVar[tuple[str, ...]] = ("gated(rep)",)

    @property
    def rep_in(self) -> Rep:
        """How the first argument transforms."""
        return with_gates(self.rep)

    @cached_property
    def map(self) -> Gates:
        return gates(self.rep_in, self.rep, self.frame)

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        functions = (
            (normalized_swish, _normalized_sigmoid) if self.normalized else (swish, _sigmoid)
        )
        return self.map(x, *functions)


@dataclass(frozen=True)
class PointwiseNonlinearity(Nonlinearity):
    """Swish on every coordinate of a permutation representation.

    Args:
        rep: how inputs and outputs transform: sums and products of permutation representations.
        normalized: whether results are scaled so that normal inputs keep their mean square.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if the group does not merely permute its coordinates.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> PointwiseNonlinearity(V(S(3))).apply({}, jnp.zeros(3))
        Array([0., 0., 0.], dtype=float32)
    """

    arguments: ClassVar[tuple[str, ...]] = ("rep",)

    @cached_property
    def map(self) -> Gates:
        if not self.rep.is_permutation:
            part = next(part for part, _ in self.rep.summands if not part.is_permutation)
            raise ValueError(
                f"`{type(self).__name__}` needs a representation whose coordinates are only "
                "permuted, because a function of single coordinates commutes with nothing else. "
                f"{part} of {self.rep.group} is none. Use `GatedNonlinearity` or "
                "`NormNonlinearity`."
            )
        return gates(self.rep, self.rep, self.frame)

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        return self.map(x, normalized_swish if self.normalized else swish, _sigmoid)


@dataclass(frozen=True)
class NormNonlinearity(Nonlinearity):
    """Each copy of an irreducible times the sigmoid of a function of its own invariant square.

    z becomes sigmoid(a q(z) + b) z, with q the mean square of the copy's coordinates (or of the
    invariant form, for groups like the Lorentz group that keep no norm), and a and b learned for
    each copy. Invariant components become their swish.

    Args:
        rep: how inputs and outputs transform.
        normalized: whether results are scaled so that normal inputs keep their mean square at the
            start; roughly, where the group keeps no norm.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if one of its components has no invariant square.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> m = NormNonlinearity(2 * V(SO(3)))
        >>> m.apply(m.init(jax.random.key(0)), jnp.ones(6)).shape
        (6,)

    References:
        Worrall, Garbin, Turmukhambetov, Brostow, "Harmonic networks" (2017), section 4.
    """

    arguments: ClassVar[tuple[str, ...]] = ("rep",)

    @cached_property
    def map(self) -> InvariantSquares:
        return complete_squares(self, self.rep)

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        copies = self.frame.coordinates(self.rep).copies
        count = sum(n for i, n in copies.items() if i != self.frame.trivial)
        return {
            "slope": Parameter((count,), ones, is_random=False),
            "offset": Parameter((count,), zeros, is_random=False),
        }

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        components = dict(x.components)
        others = {i: z for i, z in components.items() if i != self.frame.trivial}
        slopes, offsets = params["slope"], params["offset"]
        start, parts = 0, 2 if jnp.iscomplexobj(jnp.zeros(0, x.dtype)) else 1
        for i, square in self.map(others).items():
            copies = slice(start, start := start + len(square))
            gain = _norm_gain(parts * others[i].shape[1]) if self.normalized else 1
            factors = gain * jax.nn.sigmoid(slopes[copies, None] * square + offsets[copies, None])
            components[i] = others[i] * factors[:, None]
        if self.frame.trivial in components:
            function = normalized_swish if self.normalized else swish
            components[self.frame.trivial] = function(components[self.frame.trivial])
        return Features(x.coordinates, x.batch, x.dtype, components=components)


@dataclass(frozen=True)
class RegularNonlinearity(Nonlinearity):
    """Swish on the values of functions on a finite group, whose coefficients the copies are.

    Functions on the group make up its regular representation, which only permutes their values.
    Copies of irreducibles are dealt to channels, a function f on the group for each, of which they
    are Fourier coefficients; f becomes swish(f + b), with b learned for each channel, and of its
    coefficients those are kept that there are copies of. Invariants that are left over, when all
    others are dealt, become their swish. So all copies of a channel act on each
    other, and those of a multiple of the regular representation are just permuted coordinates: one
    such layer between two linear ones, wide enough, approximates every equivariant function. Where
    a channel holds an invariant, b starts at zero, and elsewhere at one: without either, the odd
    part of swish, which is linear, would be all that acts on irreducibles that change sign.

    Channels cost two products with a matrix of as many rows as the group has elements. A layer is
    built in seconds; where tensor products of dimension 1000 to 2048 are taken apart, in half a
    minute, once for each representation.

    Args:
        rep: how inputs and outputs transform, under a finite group.
        normalized: whether results are scaled so that normal inputs keep their mean square.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if the group is infinite, or has more than 1024 elements, or a tensor product in
            `rep` has more than 2048 dimensions.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from constrainet.groups import D
        >>> from constrainet.reps import V
        >>> m = RegularNonlinearity(2 * V(D(4)))
        >>> m.apply(m.init(jax.random.key(0)), jnp.ones(4)).shape
        (4,)

    References:
        Cohen, Welling, "Group equivariant convolutional networks" (2016), on functions on a group.
        Ravanbakhsh, "Universal equivariant multilayer perceptrons" (2020), on what they suffice
        for. Cesa, Lang, Weiler, "A program to build E(N)-equivariant steerable CNNs" (2022), on
        non-linearities by Fourier transforms.
    """

    arguments: ClassVar[tuple[str, ...]] = ("rep",)

    @cached_property
    def map(self) -> GroupFunctions:
        group = self.rep.group
        order = group.order
        if order > LARGEST_ORDER:
            count = "infinitely many" if order == inf else f"{order:,}"
            raise ValueError(
                f"`{type(self).__name__}` needs a finite group of at most {LARGEST_ORDER:,} "
                "elements, because it computes with all values of functions on the group. "
                f"{group} has {count}. Use `GatedNonlinearity` or `NormNonlinearity`."
            )
        return group_functions(self.rep, self.frame)

    @cached_property
    def _start(self) -> np.ndarray:
        return 1.0 - self.map.has_invariant

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        return {"offset": Parameter(self._start.shape, self._init, is_random=False)}

    def _init(self, key, shape, dtype) -> jax.Array:
        return jnp.asarray(self._start, dtype)

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        functions, real = self.map, jnp.finfo(x.dtype).dtype
        start, offsets = self._start, params["offset"]
        gains = np.ones(len(start) + 1)
        if self.normalized:
            gains = functions.gains(_swish_of_numbers, start)
        components = functions(x.components, swish, offsets, jnp.asarray(gains, real))
        return Features(x.coordinates, x.batch, x.dtype, components=components)


def _norm_gain(count: int) -> float:
    """1 / √E[σ(q)² q], with σ the sigmoid and q the mean of the squares of `count` normal numbers.

    q has a gamma distribution of shape count / 2, for which Laguerre's quadrature is exact.
    """
    nodes, weights = roots_genlaguerre(32, count / 2 - 1)
    q = 2 / count * nodes
    return float(1 / np.sqrt(weights @ (q / (1 + np.exp(-q)) ** 2) / weights.sum()))


def complete_squares(layer: Map, rep: Rep) -> InvariantSquares:
    """The invariant squares of a representation of whose components each has one."""
    squares = invariant_squares(rep, layer.frame)
    if squares.missing:
        raise ValueError(
            f"`{type(layer).__name__}` needs an invariant square of every component of {rep}, and "
            f"{len(squares.missing)} of them have none under {rep.group}: the group changes the "
            "size of their vectors, or they were not decomposed. Use `GatedNonlinearity`."
        )
    return squares


def swish(x: jax.Array) -> jax.Array:
    """x sigmoid(x); of complex numbers, of the real and the imaginary part."""
    if jnp.iscomplexobj(x):
        return jax.lax.complex(jax.nn.swish(x.real), jax.nn.swish(x.imag))
    return jax.nn.swish(x)


def _swish_of_numbers(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-x))


def normalized_swish(x: jax.Array) -> jax.Array:
    """Swish, scaled to keep the mean square of normal numbers, real or complex."""
    if jnp.iscomplexobj(x):  # of mean square 1, so that real and imaginary parts have 1/2
        return SWISH_GAIN / sqrt(2) * swish(sqrt(2) * x)
    return SWISH_GAIN * swish(x)


def _sigmoid(x: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(x.real)


def _normalized_sigmoid(x: jax.Array) -> jax.Array:
    real = sqrt(2) * x.real if jnp.iscomplexobj(x) else x
    return SIGMOID_GAIN * jax.nn.sigmoid(real)


NONLINEARITIES = {
    "gated": GatedNonlinearity,
    "norm": NormNonlinearity,
    "pointwise": PointwiseNonlinearity,
    "regular": RegularNonlinearity,
}
