"""Equivariant convolutions of fields on grids, and their transposes."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from constrainet.arguments import check_flag, check_number, check_option, check_rtol
from constrainet.errors import NoEquivariantMapError
from constrainet.maps.grids import PADDINGS, FieldMap, Window, per_axis
from constrainet.maps.kernels import BASES, Kernels, grid_kernels
from constrainet.maps.linear_layer import PARAMETRIZATIONS
from constrainet.maps.map import Parameter, Parameters, zeros
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import Subspace, constant


@dataclass(frozen=True)
class KernelMap(FieldMap):
    """What convolutions have in common: kernels that commute with the group, and a bias.

    Args:
        rep_in, rep_out, kernel_shape, ...: as of `Convolution`.

    Attributes:
        kernels: what kernels are made with.
    """

    rep_in: Rep
    rep_out: Rep
    kernel_shape: int | Sequence[int]
    stride: int | Sequence[int] = 1
    rate: int | Sequence[int] = 1
    padding: str = "SAME"
    basis: str = "auto"
    space: Rep | None = None
    with_bias: bool = True
    parametrization: str = "basis"
    gain: float = 1.0
    rtol: float | None = None
    shared: SharedFrame | None = None
    spreads: ClassVar[bool] = False
    """Whether an input counts in all places about it, and not the places about an output in it."""

    def __post_init__(self):
        for name in ("kernel_shape", "stride", "rate"):
            object.__setattr__(self, name, per_axis(name, getattr(self, name), self.place_rep))
        check_option("padding", self.padding, PADDINGS)
        check_option("basis", self.basis, BASES)
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_flag("with_bias", self.with_bias)
        check_number("gain", self.gain)
        check_rtol(self.rtol)
        self._check()
        if self.kernels.rank or not self.rep_in.dim or not self.rep_out.dim:
            return
        what = f"no kernel from {self.rep_in} to {self.rep_out} but zero commutes with the group"
        if self.bias is None or not self.bias.rank:
            raise NoEquivariantMapError(
                f"{what}, and no bias is invariant, so the layer would always return zero. Use a "
                "larger kernel, or summands that share an irreducible with the other side."
            )
        warnings.warn(
            f"{what}: the layer returns its bias, whatever the input.", UserWarning, stacklevel=4
        )

    @cached_property
    def kernels(self) -> Kernels:
        """What kernels are made with."""
        shape = tuple(self.kernel_shape)  # pyright: ignore[reportArgumentType]
        return grid_kernels(self.rep_in, self.rep_out, shape, self.space, self.basis, self.rtol)

    @cached_property
    def window(self) -> Window:
        """How the kernel goes over a grid."""
        sizes: Any = {"shape": self.kernel_shape, "stride": self.stride, "rate": self.rate}
        return Window(**sizes, padding=self.padding, place_rep=self.place_rep)

    @cached_property
    def bias(self) -> Subspace | None:
        """The invariant vectors; None without a bias."""
        return self.kernels.rep_out.equivariant_basis(rtol=self.rtol) if self.with_bias else None

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        is_full, is_complex = self.parametrization == "projector", self.kernels.is_complex
        shape = self.kernels.shape if is_full else (self.kernels.rank,)
        found = {"w": Parameter(shape, self._init, is_complex)}
        if self.bias is not None and (is_full or self.bias.rank):
            shape = (self.rep_out.dim,) if is_full else (self.bias.rank,)
            found["b"] = Parameter(shape, zeros, is_complex, is_random=False)
        return found

    def _init(self, key, shape, dtype) -> jax.Array:
        # of the offsets of what is spread, one in so many reaches a place
        gain = self.gain * prod(self.window.stride) ** (0.5 * self.spreads)
        noise = gain * jax.random.normal(key, (self.kernels.rank,), dtype)
        coefficients = noise * constant(self.kernels.scales, noise)
        is_full = self.parametrization == "projector"
        return self.kernels.weights(coefficients) if is_full else coefficients

    def kernel(self, params: Mapping[str, Any]) -> jax.Array:
        """The kernel as an array (*kernel_shape, rep_in.dim, rep_out.dim).

        Args:
            params: of the map.
        """
        w = params["w"]
        coefficients = self.kernels.coefficients(w) if self.parametrization == "projector" else w
        kernel = self.kernels.kernel(coefficients)
        return kernel.reshape(*self.kernel_shape, *kernel.shape[1:])  # pyright: ignore[reportGeneralTypeIssues]

    @abstractmethod
    def convolved(self, name: str, kernel: jax.Array, x: jax.Array) -> jax.Array:
        """What the kernel makes of fields.

        Args:
            name: of the layer, for messages.
            kernel: shape (*kernel_shape, rep_in.dim, rep_out.dim).
            x: the fields, shape (batch, *grid, rep_in.dim), of its dtype.
        """

    def on_grid(self, name: str, params: Mapping[str, Any], x: jax.Array) -> jax.Array:
        kernel = self.kernel(params)
        dtype = jnp.result_type(x.dtype, kernel.dtype)
        y = self.convolved(name, kernel.astype(dtype), x.astype(dtype))
        if self.bias is not None and self.bias.rank:
            b = params["b"]
            y = y + (
                self.bias.project(b) if self.parametrization == "projector" else self.bias.expand(b)
            )
        return y

    def converted(self, params: Mapping[str, Any], parametrization: str) -> dict[str, Any]:
        """Parameters with which the map in another parametrization computes the same."""
        if parametrization == self.parametrization:
            return dict(params)
        to_basis = parametrization == "basis"
        convert = self.kernels.coefficients if to_basis else self.kernels.weights
        found = {"w": convert(params["w"])}
        if self.bias is not None and self.bias.rank:
            convert = self.bias.coefficients if to_basis else self.bias.expand
            found["b"] = jnp.asarray(convert(params["b"]))
        elif self.bias is not None and not to_basis:
            found["b"] = jnp.zeros(self.rep_out.dim, params["w"].dtype)
        return found


@dataclass(frozen=True)
class Convolution(KernelMap):
    """`y(p) = Σ_x k(x) f(p + x) + b`, with a kernel that commutes with the group.

    A field f has at each place p of a grid a vector, that transforms by `rep_in`; an element g of
    the group moves the places as well, (g f)(p) = ρ(g) f(g⁻¹ p), about the grid's centre. The
    kernel is a matrix for each offset x with k(g x) = ρ_out(g) k(x) ρ_in(g)⁻¹, and b is invariant.
    It takes arrays (batch, *grid, rep_in.dim), with as many grid axes as `space` has coordinates:
    axis i is coordinate i.

    If the group permutes the offsets, all such kernels are found ("grid"), and the layer is exactly
    equivariant. Under another group that keeps lengths, kernels are sampled from functions that
    commute with it: harmonics of the direction times Gaussian rings ("harmonics"). Elements that
    permute the grid still commute with the layer exactly; the others up to the error of sampling.

    The kernel is expanded from its coefficients once for each call, and what follows is a plain
    convolution; `fold` leaves nothing else. At initialisation, outputs have the variance of the
    inputs in each summand of `rep_out` that can be reached.

    Args:
        rep_in: how the values of inputs transform.
        rep_out: how those of outputs do.
        kernel_shape: the number of offsets along each axis, or along all. Odd sizes have a centre.
        stride: between the places of outputs, along each axis or all.
        rate: between the offsets, likewise.
        padding: "SAME" pads with zeros, so that outputs stand at every stride-th place; "VALID"
            pads nothing; "CIRCULAR" is "SAME" on a grid that is periodic.
        basis: "grid", "harmonics", or "auto" for the first that applies.
        space: how offsets move; `V(group)` by default. For a product of groups, the
            representation of the factor that moves them.
        with_bias: whether to add b.
        parametrization: what parameters are. With "basis" the coefficients of kernel and bias. With
            "projector" an unconstrained array `w` of shape (rep_out.dim, functions, rep_in.dim),
            where there is a function for each offset, or for each harmonic on each ring, and
            `b` of shape (rep_out.dim,), which are projected in each call.
        gain: what the deviation of outputs is multiplied by at initialisation.
        rtol: relative cutoff for approximate generators, as of `Rep.equivariant_basis`.

    Attributes:
        kernels: what kernels are made with; `kernels.basis` says which basis was chosen.

    Raises:
        TypeError: if a representation is none.
        ValueError: if an option is unknown or does not apply, or representations are of different
            groups.
        NoEquivariantMapError: if only the zero kernel commutes, and no bias is invariant.

    Example:
        A vector field from an image, under quarter turns and reflections:

        >>> import jax
        >>> from constrainet.groups import D
        >>> from constrainet.reps import Scalar, V
        >>> m = Convolution(Scalar(D(4)), V(D(4)), kernel_shape=3)
        >>> params = m.init(jax.random.key(0))
        >>> image = jax.random.normal(jax.random.key(1), (1, 28, 28, 1))
        >>> m.kernels.basis, params["w"].shape, m.apply(params, image).shape
        ('grid', (2,), (1, 28, 28, 2))
        >>> turned = jax.numpy.rot90(image, axes=(1, 2))
        >>> g = jax.numpy.array([[0.0, -1.0], [1.0, 0.0]])
        >>> expected = V(D(4)).act(g, jax.numpy.rot90(m.apply(params, image), axes=(1, 2)))
        >>> bool(jax.numpy.allclose(m.apply(params, turned), expected, atol=1e-5))
        True

    References:
        Cohen and Welling, "Steerable CNNs" (2017). Weiler, Geiger, Welling, Boomsma, Cohen, "3D
        steerable CNNs" (2018). Weiler and Cesa, "General E(2)-equivariant steerable CNNs" (2019).
    """

    def _check(self):
        pass

    def convolved(self, name: str, kernel: jax.Array, x: jax.Array) -> jax.Array:
        return self.window.convolve(x, kernel, self.window.margins(name, x.shape[1:-1]))


@dataclass(frozen=True)
class TransposedConvolution(KernelMap):
    """`y(s p + x) = Σ k(x) f(p) + b`, over all places p and offsets x, for strides s.

    Each input is spread over the places about it, so that strides make grids finer. It has the
    kernels of `Convolution(rep_in, rep_out, ...)`, and is the transpose of the convolution from
    `rep_out.T` to `rep_in.T` with the transposed kernel: of what takes a field to a coarser grid,
    if it strides, back to the finer one.

    Args:
        rep_in: how the values of inputs transform.
        rep_out: how those of outputs do.
        kernel_shape: the number of offsets along each axis, or along all.
        stride: between the places of inputs, in steps of the outputs' grid.
        rate: between the offsets, likewise.
        padding: that of the convolution whose transpose it is.
        basis: as of `Convolution`, and so are the others that follow.
        space: how offsets move.
        with_bias: whether to add b.
        parametrization: "basis" or "projector".
        gain: what the deviation of outputs is multiplied by at initialisation.
        rtol: relative cutoff for approximate generators.
        output_shape: the grid of outputs, which that convolution takes to the grid of inputs: with
            "SAME" and n places, any size from (n - 1) stride + 1 to n stride. By default the
            largest that is symmetric, which is n stride if kernel and stride are both even or odd.

    Raises:
        TypeError, ValueError, NoEquivariantMapError: as `Convolution`; and `ValueError` when it is
            applied to a grid to which no convolution takes `output_shape`.

    Example:
        >>> import jax
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> m = TransposedConvolution(V(SO(2)), Scalar(SO(2)), kernel_shape=4, stride=2)
        >>> params = m.init(jax.random.key(0))
        >>> m.apply(params, jax.numpy.ones((1, 7, 7, 2))).shape
        (1, 14, 14, 1)

    References:
        Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), section 4.
    """

    output_shape: int | Sequence[int] | None = None
    spreads: ClassVar[bool] = True

    def _check(self):
        if self.output_shape is not None:
            shape = per_axis("output_shape", self.output_shape, self.place_rep, alike=False)
            object.__setattr__(self, "output_shape", shape)

    def convolved(self, name: str, kernel: jax.Array, x: jax.Array) -> jax.Array:
        window, grid = self.window, self._grid(name, x.shape[1:-1])
        margins, kernel = window.margins(name, grid), jnp.swapaxes(kernel, -1, -2)
        outputs = jax.ShapeDtypeStruct((x.shape[0], *grid, self.rep_out.dim), x.dtype)
        spread = jax.linear_transpose(lambda y: window.convolve(y, kernel, margins), outputs)
        return spread(x)[0]

    def _grid(self, name: str, grid: tuple[int, ...]) -> tuple[int, ...]:
        """The grid of outputs."""
        window = self.window
        sizes = zip(grid, window.widths, window.stride, strict=True)
        symmetric = tuple(_largest_symmetric(*each, window.padding == "VALID") for each in sizes)
        if self.output_shape is None:
            return symmetric
        found: Any = self.output_shape
        if window.num_outputs(found) != grid:
            raise ValueError(
                f"`{name}(output_shape=...)` should be a grid that a convolution of stride "
                f"{window.stride} and padding {window.padding!r} takes to that of the input, "
                f"{grid}. Got {found}. Leave it out for {symmetric}."
            )
        return found


def _largest_symmetric(size: int, width: int, stride: int, is_whole: bool) -> int:
    """The largest grid that a kernel, going over it evenly, takes to one of a given size."""
    last = (size - 1) * stride
    if is_whole:
        return last + width
    largest = last + min(stride, width)
    return largest - ((last + width - largest) % 2 if largest > last + 1 else 0)
