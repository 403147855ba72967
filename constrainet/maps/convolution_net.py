"""The ready model for images, volumes and other fields: a residual steerable network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from constrainet.arguments import check_count, check_flag, check_option
from constrainet.groups import Group
from constrainet.maps.channels import hidden_reps, num_hidden, under_group, uniform_rep, with_gates
from constrainet.maps.composition import Composite, Residual, chain, named
from constrainet.maps.convolution_layer import Convolution
from constrainet.maps.kernels import checked_space
from constrainet.maps.linear_layer import PARAMETRIZATIONS, Linear
from constrainet.maps.map import Map
from constrainet.maps.nonlinearities import NONLINEARITIES
from constrainet.maps.normalization import LayerNorm
from constrainet.maps.pooling import Downsample, GlobalAvgPool
from constrainet.maps.reach import check_reached
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Regular, Rep, Scalar, under_one_group

PADDINGS = ("SAME", "CIRCULAR")
"""Residual blocks return fields on the grid that they take."""


@dataclass(frozen=True)
class SteerableCNN(Composite):
    """Residual convolutions of a field, and one vector for it, or a field.

    A convolution leads to the hidden fields. Each block adds to its input two convolutions of it,
    normalised, with a non-linearity between them. Then the mean over all places, if one vector is
    asked for, and two linear layers with a non-linearity between them lead to the output.

    It commutes with the elements of the group that permute the grid up to rounding, if strides do
    not break the symmetry, and they do not: grids are made coarser by `Downsample`. With others it
    does up to what sampling on a grid loses, which `constrainet.inspect.field_equivariance`
    measures.

    Args:
        rep_in: how the values of inputs transform, arrays (batch, *grid, rep_in.dim).
        rep_out: how outputs transform.
        channels: the hidden fields: a width; a representation; or a sequence of either, one for
            each block. Of a width, finite groups that are not larger get as many regular fields as
            it holds, and scalars; others what `uniform_rep` chooses.
        num_blocks: the number of blocks; if not given, as many as `channels` has entries, and 3 if
            that is no sequence.
        kernel_shape: of all convolutions, odd.
        stride: by what factor the grid is made coarser before each block but the first.
        pool: whether there is one vector for each field, (batch, rep_out.dim), and not a field.
        padding: "SAME", or "CIRCULAR" for a periodic grid.
        nonlinearity: "gated", which fits every representation, "norm", "pointwise" or "regular".
        space: how places move; `V(group)` by default. For a product of groups, the representation
            of the factor that moves them.
        parametrization: of convolutions and linear layers, "basis" or "projector".
        rtol: relative cutoff for approximate generators, as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError, ValueError: as `Convolution` and the non-linearity.
        NoEquivariantMapError: if a part of the output would always be zero, because the last hidden
            field has nothing in common with it.

    Example:
        Ten numbers that do not change where an image is turned or reflected:

        >>> import jax
        >>> from constrainet.groups import D
        >>> from constrainet.reps import Scalar
        >>> G = D(4)
        >>> m = SteerableCNN(Scalar(G), 10 * Scalar(G), channels=[16, 32], stride=2)
        >>> params = jax.jit(m.init)(jax.random.key(0))
        >>> image = jax.random.normal(jax.random.key(1), (8, 8, 1))
        >>> y = jax.jit(m.apply)(params, jax.numpy.stack([image, jax.numpy.rot90(image)]))
        >>> y.shape, bool(jax.numpy.allclose(y[0], y[1], atol=1e-4))
        ((2, 10), True)

    References:
        Weiler and Cesa, "General E(2)-equivariant steerable CNNs" (2019). He, Zhang, Ren, Sun,
        "Identity mappings in deep residual networks" (2016), on the order in a block.
    """

    rep_in: Rep
    rep_out: Rep
    channels: int | Rep | Sequence[int | Rep] = 64
    num_blocks: int | None = None
    kernel_shape: int = 5
    stride: int = 1
    pool: bool = True
    padding: str = "SAME"
    nonlinearity: str = "gated"
    space: Rep | None = None
    parametrization: str = "basis"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        if isinstance(self.channels, list):
            object.__setattr__(self, "channels", tuple(self.channels))
        object.__setattr__(self, "num_blocks", num_hidden(self.channels, self.num_blocks))
        checked_space(self.rep_in, self.rep_out, self.space)
        check_count("num_blocks", self.num_blocks, least=1)
        check_count("kernel_shape", self.kernel_shape, least=1)
        if self.kernel_shape % 2 == 0:
            raise ValueError(
                "`kernel_shape` should be odd, because an even kernel has no middle, and moves the "
                f"field by half a step. Got {self.kernel_shape}."
            )
        check_count("stride", self.stride, least=1)
        check_flag("pool", self.pool)
        check_option("padding", self.padding, PADDINGS)
        check_option("nonlinearity", self.nonlinearity, list(NONLINEARITIES))
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_shared(self.shared, self.rtol)
        check_reached(self.hidden[-1], self.rep_out, self.rtol, "Pass `channels` that")
        _ = self.layers

    @property
    def acts_on_fields(self) -> bool:
        """Whether it takes whole fields, and not each vector by itself."""
        return True

    @cached_property
    def hidden(self) -> list[Rep]:
        """The representations of the hidden fields, one for each block."""
        group = under_one_group(self.rep_in, self.rep_out)[0].group
        found = hidden_reps(self.channels, self.num_blocks, group, hidden_fields)
        return [under_group(rep, group) for rep in found]

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        first, last = self.hidden[0], self.hidden[-1]
        layers: list[Map] = [self._convolution(self.rep_in, first), self._block(first)]
        for before, after in pairwise(self.hidden):
            if self.stride > 1:
                layers.append(Downsample(before, self.stride, space=self.space, rtol=self.rtol))
            if before != after:
                layers.append(self._linear(before, after))
            layers.append(self._block(after))
        layers.append(LayerNorm(last, rtol=self.rtol))
        if self.pool:
            layers.append(GlobalAvgPool(last, space=self.space, rtol=self.rtol))
        inner, nonlinearity = self._nonlinearity(last)
        head = chain(self._linear(last, inner), nonlinearity, self._linear(last, self.rep_out))
        return named([*layers, head])

    def _block(self, rep: Rep) -> Map:
        inner, nonlinearity = self._nonlinearity(rep)
        norm = LayerNorm(rep, rtol=self.rtol)
        # all blocks together add as much as there is
        last = self._convolution(rep, rep, gain=len(self.hidden) ** -0.5)
        return Residual(chain(norm, self._convolution(rep, inner), nonlinearity, last))

    def _nonlinearity(self, rep: Rep) -> tuple[Rep, Map]:
        """A non-linearity, and what it takes."""
        inner = with_gates(rep) if self.nonlinearity == "gated" else rep
        return inner, NONLINEARITIES[self.nonlinearity](rep, normalized=True, rtol=self.rtol)

    def _convolution(self, rep_in: Rep, rep_out: Rep, gain: float = 1.0) -> Map:
        return Convolution(
            rep_in,
            rep_out,
            self.kernel_shape,
            padding=self.padding,
            space=self.space,
            parametrization=self.parametrization,
            gain=gain,
            rtol=self.rtol,
        )

    def _linear(self, rep_in: Rep, rep_out: Rep) -> Map:
        return Linear(rep_in, rep_out, parametrization=self.parametrization, rtol=self.rtol)


def hidden_fields(channels: int, group: Group) -> Rep:
    """A hidden field of a given width.

    Args:
        channels: the dimension.
        group: the group.

    Returns:
        As many regular fields as there is room for, and scalars; `uniform_rep`, if there is no
        room for one.
    """
    if group.order > channels:
        return uniform_rep(channels, group)
    order = int(group.order)
    return channels // order * Regular(group) + channels % order * Scalar(group)
