"""Equivariant convolutions of fields on grids."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from constrainet.arguments import check_number, check_option, check_rtol
from constrainet.errors import NoEquivariantMapError
from constrainet.maps.grids import PADDINGS, FieldMap, Window, per_axis
from constrainet.maps.kernels import BASES, Kernels, grid_kernels
from constrainet.maps.linear_layer import PARAMETRIZATIONS
from constrainet.maps.map import Parameter, Parameters, zeros
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import Subspace, constant


@dataclass(frozen=True)
class Convolution(FieldMap):
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

    def __post_init__(self):
        for name in ("kernel_shape", "stride", "rate"):
            object.__setattr__(self, name, per_axis(name, getattr(self, name), self.place_rep))
        check_option("padding", self.padding, PADDINGS)
        check_option("basis", self.basis, BASES)
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_number("gain", self.gain)
        check_rtol(self.rtol)
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
        noise = self.gain * jax.random.normal(key, (self.kernels.rank,), dtype)
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

    def on_grid(self, name: str, params: Mapping[str, Any], x: jax.Array) -> jax.Array:
        kernel = self.kernel(params)
        dtype = jnp.result_type(x.dtype, kernel.dtype)
        margins = self.window.margins(name, x.shape[1:-1])
        y = self.window.convolve(x.astype(dtype), kernel.astype(dtype), margins)
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
