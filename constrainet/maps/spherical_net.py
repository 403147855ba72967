"""The ready model for functions on spheres and groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import jax

from constrainet.arguments import check_count, check_option
from constrainet.maps.composition import Composite, named
from constrainet.maps.linear_layer import PARAMETRIZATIONS, Linear
from constrainet.maps.map import Map, check_rep
from constrainet.maps.nonlinearities import normalized_swish
from constrainet.maps.reach import check_reached
from constrainet.maps.sampled_functions import SampledNonlinearity
from constrainet.maps.sampling import Grid
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep


@dataclass(frozen=True)
class SphericalCNN(Composite):
    """Convolutions of functions on a sphere or group, with a function of their values after each.

    Each grid stands for a hidden layer: a linear map to `channels` functions on it, which is a
    convolution or, from one space to another, a correlation, and a `SampledNonlinearity`. Grids of
    falling bandwidth pool: what a linear map does not take over are the higher degrees. A last
    linear layer leads to the output; to scalars, it takes the means over the space.

    It commutes with the group up to what the grids' samples do not resolve, as the
    `SampledNonlinearity` does. Inputs should have a mean square of about one for each function.

    Args:
        rep_in: how inputs transform, such as `3 * grid.rep` for three functions.
        rep_out: how outputs transform.
        grids: one for each hidden layer, on one space or several of one group; with twice as many
            samples as its bandwidth, a sphere's errors are small.
        channels: the number of functions in the hidden layers, or in each.
        function: of their values, for JAX.
        parametrization: of linear layers, "basis" or "projector".
        rtol: relative cutoff for approximate generators, as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if there is no grid, or there are not as many channels, or groups differ.
        NoEquivariantMapError: if a part of the output would always be zero, because functions on
            the last grid have nothing in common with it.

    Example:
        Ten numbers that do not change where a function on the sphere is turned:

        >>> import jax
        >>> import constrainet.maps as cm
        >>> from constrainet.reps import Scalar
        >>> grids = [cm.sphere_grid(4, samples=8), cm.sphere_grid(2, samples=4)]
        >>> rep = cm.sphere_grid(4).rep
        >>> m = SphericalCNN(rep, 10 * Scalar(rep.group), grids, channels=[8, 16])
        >>> params = jax.jit(m.init)(jax.random.key(0))
        >>> jax.jit(m.apply)(params, jax.numpy.ones((5, 16)) / 4).shape
        (5, 10)

    References:
        Esteves, Allen-Blanchette, Makadia, Daniilidis, "Learning SO(3) equivariant representations
        with spherical CNNs" (2018). Cohen, Geiger, Köhler, Welling, "Spherical CNNs" (2018).
    """

    rep_in: Rep
    rep_out: Rep
    grids: Sequence[Grid]
    channels: int | Sequence[int] = 16
    function: Callable[[jax.Array], jax.Array] = normalized_swish
    parametrization: str = "basis"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        check_rep("rep_in", self.rep_in)
        check_rep("rep_out", self.rep_out)
        grids = self.grids
        if not isinstance(grids, Sequence) or not all(isinstance(each, Grid) for each in grids):
            raise TypeError(
                "`grids` should be a sequence of grids, one for each hidden layer, such as "
                f"`[sphere_grid(16), sphere_grid(8)]`. Got {grids!r:.60}."
            )
        if not grids:
            raise ValueError("`grids` should have an entry for each hidden layer. Got none.")
        channels = self.channels
        if not isinstance(channels, Sequence):
            channels = (channels,) * len(grids)
        for count in channels:
            check_count("channels", count, least=1)
        if len(channels) != len(grids):
            raise ValueError(
                f"`channels` should have one entry for each of the {len(grids)} grids. Got "
                f"{len(channels)}."
            )
        object.__setattr__(self, "grids", tuple(grids))
        object.__setattr__(self, "channels", tuple(channels))
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_shared(self.shared, self.rtol)
        advice = "Make the last of `grids` one whose functions"
        check_reached(self.hidden[-1], self.rep_out, self.rtol, advice)
        _ = self.layers

    @cached_property
    def hidden(self) -> list[Rep]:
        """The representations of the hidden layers."""
        channels: Any = self.channels
        return [n * grid.rep for n, grid in zip(channels, self.grids, strict=True)]

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        return self.rep_in, *self.hidden, self.rep_out

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        layers: list[Map] = []
        for (before, after), grid in zip(pairwise(self.reps), (*self.grids, None), strict=True):
            layers.append(
                Linear(before, after, parametrization=self.parametrization, shared=self.frame)
            )
            if grid:
                layers.append(SampledNonlinearity(after, self.function, grid, shared=self.frame))
        return named(layers)
