"""What maps of fields on grids have in common, and how a window goes over a grid."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from numbers import Integral
from typing import Any, NoReturn, Self

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.arguments import check_count
from constrainet.maps.features import Features
from constrainet.maps.kernels import checked_space
from constrainet.maps.map import Map
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.tolerances import AGREE

PADDINGS = ("SAME", "VALID", "CIRCULAR")


class FieldMap(Map):
    """A map of whole fields: arrays (batch, *grid, rep.dim), whose places the group moves, too.

    Subclasses have a field `space`.
    """

    space: Rep | None

    @abstractmethod
    def _check(self) -> None:
        """Refuses what does not fit, of its own arguments."""

    @abstractmethod
    def on_grid(self, name: str, params: Mapping[str, Any], x: jax.Array) -> jax.Array:
        """`apply` on arrays (batch, *grid, rep_in.dim) that were checked, with one batch axis.

        Args:
            name: of the layer, for messages.
            params: of the map.
            x: the fields.
        """

    @cached_property
    def place_rep(self) -> Rep:
        """How places move."""
        return checked_space(self.reps_in[0], self.rep_out, self.space)

    @property
    def acts_on_fields(self) -> bool:
        """Whether it takes whole fields, and not each vector by itself."""
        return True

    def on_arrays(
        self, name: str, params: Mapping[str, Any], *xs: jax.Array, **external: Any
    ) -> jax.Array:
        (x,), axes = xs, self.place_rep.dim
        if x.ndim <= axes:
            raise ValueError(
                f"`{name}` takes arrays of shape (batch, *grid, {self.reps_in[0].dim}) with {axes} "
                f"axes of the grid, as many as `space` has coordinates. Got {x.shape}."
            )
        lead = x.shape[: -axes - 1]
        if len(lead) == 1:  # a batch that is left open, in folding, stays as it is
            return self.on_grid(name, params, x)
        y = self.on_grid(name, params, x.reshape(prod(lead), *x.shape[len(lead) :]))
        return y.reshape(*lead, *y.shape[1:])

    def within(self, shared: SharedFrame) -> Self:
        """The same map: it computes in the coordinates of its fields."""
        return self

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> NoReturn:
        raise TypeError(
            f"`{self.kind}` takes whole fields, so it cannot stand inside a map of vectors. Apply "
            "it to arrays, or put it into a `chain`."
        )


@dataclass(frozen=True)
class Window:
    """How a kernel, or what is averaged over, goes over a grid.

    Args:
        shape: its number of places along each axis.
        stride: between the places of outputs.
        rate: between its own places.
        padding: "SAME", "VALID" or "CIRCULAR".
        place_rep: how places move.
    """

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    rate: tuple[int, ...]
    padding: str
    place_rep: Rep

    @property
    def widths(self) -> list[int]:
        """The places from its first to its last."""
        return [(n - 1) * rate + 1 for n, rate in zip(self.shape, self.rate, strict=True)]

    def num_outputs(self, grid: Sequence[int]) -> tuple[int, ...]:
        """The grid of outputs on a grid of inputs."""
        sizes = zip(grid, self.widths, self.stride, strict=True)
        if self.padding == "VALID":
            return tuple((size - width) // stride + 1 for size, width, stride in sizes)
        return tuple(-(-size // stride) for size, _, stride in sizes)

    def margins(self, name: str, grid: Sequence[int]) -> list[tuple[int, int]]:
        """How many places are added before and after each axis; warns if they lie unevenly.

        Args:
            name: of the layer, for messages.
            grid: the number of places along each axis.

        Raises:
            ValueError: if the grid is narrower than the window, and nothing is added.
        """
        margins, uneven = [], []
        for axis, (size, width, stride) in enumerate(
            zip(grid, self.widths, self.stride, strict=True)
        ):
            if self.padding == "VALID" and size < width:
                raise ValueError(
                    f"`{name}` takes fields as wide as its kernel, because its padding is 'VALID': "
                    f"at least {width} along grid axis {axis}. Got {size}."
                )
            total = 0 if self.padding == "VALID" else (-(-size // stride) - 1) * stride + width
            total = max(total - size, 0)
            margins.append((total // 2, total - total // 2))
            if (total % 2 or (size + total - width) % stride) and self._turned[axis]:
                uneven.append(axis)
        if uneven:
            warnings.warn(
                f"`{name}` is not symmetric about the middle of grid axes {uneven}: with kernel "
                f"{self.shape}, stride {self.stride} and {self.padding!r} padding, its "
                f"places on a grid of {tuple(grid)} lie closer to one end, so it commutes with the "
                "group only up to a shift. Use an odd kernel, and sizes that are one more than a "
                "multiple of the stride; or, for multiples of an even stride, an even kernel.",
                UserWarning,
                stacklevel=4,
            )
        return margins

    @cached_property
    def _turned(self) -> np.ndarray:
        """Of each axis, whether the group does more to it than to exchange it with others."""
        discrete, infinitesimal = self.place_rep.generator_images
        one = np.eye(self.place_rep.dim)
        moved = [np.abs(np.sort(h @ one) - np.sort(one)).max(axis=1) for h in discrete]
        moved += [np.abs(A @ one).max(axis=1) for A in infinitesimal]
        return np.max([np.zeros(len(one)), *moved], axis=0) > 0

    def convolve(self, x: jax.Array, kernel: jax.Array, margins: Sequence) -> jax.Array:
        """Σ_x k(x) f(p + x), a plain convolution.

        Args:
            x: fields, shape (batch, *grid, in).
            kernel: shape (*shape, in, out).
            margins: what is added along each axis.
        """
        axes = len(self.shape)
        if self.padding == "CIRCULAR":
            x = jnp.pad(x, [(0, 0), *margins, (0, 0)], mode="wrap")
            margins = [(0, 0)] * axes
        order = tuple(range(axes + 2))
        places = (0, axes + 1, *order[1:-1])  # batch and channels, or channels out and in, first
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            self.stride,
            margins,
            rhs_dilation=self.rate,
            dimension_numbers=jax.lax.ConvDimensionNumbers(
                places, (axes + 1, axes, *order[:axes]), places
            ),
        )


def per_axis(name: str, sizes: Any, place_rep: Rep, alike: bool = True) -> tuple[int, ...]:
    """A positive whole number for each axis of the grid.

    Args:
        name: of the argument.
        sizes: a number for all axes, or one for each.
        place_rep: how places move.
        alike: whether they should be equal along axes that the group takes to each other.

    Raises:
        TypeError, ValueError: if there are not as many, one is no such number, or they should be
            equal and are not.
    """
    axes = place_rep.dim
    if isinstance(sizes, Integral):
        sizes = (sizes,) * axes
    if not isinstance(sizes, Sequence) or isinstance(sizes, str) or len(sizes) != axes:
        raise ValueError(
            f"`{name}` should be a whole number, or {axes} of them, as many as `space` has "
            f"coordinates. Got {sizes!r}."
        )
    for size in sizes:
        check_count(name, size, least=1)
    if alike and len(set(sizes)) > 1:
        discrete, infinitesimal = place_rep.generator_images
        for h in (*discrete, *infinitesimal):
            for i, j in np.argwhere(np.abs(h @ np.eye(axes)) > AGREE):
                if sizes[i] != sizes[j]:
                    raise ValueError(
                        f"`{name}` should be equal along axes {min(i, j)} and {max(i, j)}, because "
                        f"{place_rep.group} takes one to the other. Got {tuple(sizes)}."
                    )
    return tuple(int(size) for size in sizes)
