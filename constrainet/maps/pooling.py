"""Pooling: over places of a grid, and over what a group permutes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from constrainet.arguments import check_count, check_option, check_rtol
from constrainet.maps.features import Features
from constrainet.maps.grids import PADDINGS, FieldMap, Window, per_axis
from constrainet.maps.map import Map, Parameters, check_rep
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep, Scalar
from constrainet.solve import constant


@dataclass(frozen=True)
class GridPooling(FieldMap):
    """What all maps have in common that mix places, and leave the vectors there as they are.

    Args:
        rep: how values transform.
        space: how places move; `V(group)` by default.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.
    """

    rep: Rep
    space: Rep | None = field(default=None, kw_only=True)
    rtol: float | None = field(default=None, kw_only=True)
    shared: SharedFrame | None = field(default=None, kw_only=True)
    arguments: ClassVar[tuple[str, ...]] = ("rep",)

    def __post_init__(self):
        check_rep("rep", self.rep)
        check_rtol(self.rtol)
        if not self.place_rep.is_unitary:
            raise ValueError(
                f"`{type(self).__name__}` needs a group that keeps lengths, because it averages "
                f"over all places at a distance alike. {self.place_rep.group} does not keep them "
                f"in {self.place_rep}."
            )
        self._check()

    @property
    def rep_in(self) -> Rep:
        """How inputs transform."""
        return self.rep

    @property
    def rep_out(self) -> Rep:
        """How results transform."""
        return self.rep

    @property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        return {}


@dataclass(frozen=True)
class Resampling(GridPooling):
    """Takes fields to another grid: a matrix for each axis."""

    @abstractmethod
    def matrices(self, name: str, grid: Sequence[int]) -> list[np.ndarray]:
        """For each axis the weights of its places in those of the result, (places after, before).

        Args:
            name: of the layer, for messages.
            grid: the number of places along each axis.
        """

    def on_grid(self, name: str, params: Mapping[str, Any], x: jax.Array) -> jax.Array:
        for axis, matrix in enumerate(self.matrices(name, x.shape[1:-1]), start=1):
            # fast matrix units round to three digits, and fields are not worth less than kernels
            x = jnp.tensordot(x, constant(matrix, x), (axis, 1), precision="highest")
            x = jnp.moveaxis(x, -1, axis)
        return x


@dataclass(frozen=True)
class AvgPool(Resampling):
    """The mean over a window about each place.

    Windows are boxes, so that elements which permute the grid commute with it exactly, and others
    only roughly; `Downsample` is better for both ends: it lets pass less of what the coarser grid
    cannot carry.

    Args:
        rep: how values transform.
        window_shape: the number of places along each axis, or along all.
        stride: between the places of outputs; by default the window's shape.
        padding: "SAME", "VALID" or "CIRCULAR", as of `Convolution`; what is padded does not count.
        space: how places move; `V(group)` by default.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if sizes differ along axes that the group exchanges, or it keeps no lengths.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import D
        >>> from constrainet.reps import V
        >>> AvgPool(V(D(4)), 2).apply({}, jnp.ones((1, 8, 8, 2))).shape
        (1, 4, 4, 2)
    """

    window_shape: int | Sequence[int] = 2
    stride: int | Sequence[int] | None = None
    padding: str = "SAME"

    def _check(self):
        check_option("padding", self.padding, PADDINGS)
        if self.stride is None:
            object.__setattr__(self, "stride", self.window_shape)
        for name in ("window_shape", "stride"):
            object.__setattr__(self, name, per_axis(name, getattr(self, name), self.place_rep))

    @cached_property
    def window(self) -> Window:
        """How it goes over a grid."""
        rate = (1,) * self.place_rep.dim
        sizes: Any = {"shape": self.window_shape, "stride": self.stride, "rate": rate}
        return Window(**sizes, padding=self.padding, place_rep=self.place_rep)

    def matrices(self, name: str, grid: Sequence[int]) -> list[np.ndarray]:
        window, found = self.window, []
        sizes = (grid, window.num_outputs(grid), window.shape, window.stride)
        margins = window.margins(name, grid)
        for before, after, width, stride, (margin, _) in zip(*sizes, margins, strict=True):
            matrix = np.zeros((after, before))
            places = np.arange(after)[:, None] * stride - margin + np.arange(width)
            rows = np.repeat(np.arange(after), width)
            is_inside = (places >= 0) & (places < before) | (self.padding == "CIRCULAR")
            np.add.at(matrix, (rows, places.ravel() % before), is_inside.ravel())
            found.append(matrix / matrix.sum(axis=1, keepdims=True))
        return found


@dataclass(frozen=True)
class Downsample(Resampling):
    """Fields on a grid that is coarser by a factor, smoothed first.

    Each place of the result is the mean of the field, weighted with a Gaussian about it. Its
    variance is (factor² - 1) / 4, that of three boxes of `factor` places one after the other, so
    that little is left of what the coarser grid would mistake for longer waves (aliasing). Places
    stand symmetrically about the grid's middle, whatever its size, and weights are the same in all
    directions: elements that permute the grid commute with it exactly, others but for aliasing.

    Args:
        rep: how values transform.
        factor: the ratio of the steps; a side of n places becomes one of n / factor, rounded up.
        space: how places move; `V(group)` by default.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation, or `factor` no whole number.
        ValueError: if the group does not keep lengths.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> Downsample(V(SO(2))).apply({}, jnp.ones((1, 9, 8, 2))).shape
        (1, 5, 4, 2)

    References:
        Zhang, "Making convolutional networks shift-invariant again" (2019).
    """

    factor: int = 2

    def _check(self):
        check_count("factor", self.factor, least=1)

    def matrices(self, name: str, grid: Sequence[int]) -> list[np.ndarray]:
        return [_smoothing(size, -(-size // self.factor), self.factor) for size in grid]


@dataclass(frozen=True)
class Upsample(Resampling):
    """Fields on a grid that is finer by a factor, interpolated linearly along each axis.

    Places stand symmetrically about the grid's middle; beyond the outermost of the coarser grid,
    values are those there. Elements that permute the grid commute with it exactly.

    Args:
        rep: how values transform.
        factor: the ratio of the steps; a side of n places becomes one of n · factor.
        space: how places move; `V(group)` by default.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation, or `factor` no whole number.
        ValueError: if the group does not keep lengths.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar
        >>> x = jnp.arange(2.0)[None, :, None, None] * jnp.ones((1, 1, 2, 1))
        >>> Upsample(Scalar(SO(2))).apply({}, x)[0, :, 0, 0]
        Array([0.  , 0.25, 0.75, 1.  ], dtype=float32)
    """

    factor: int = 2

    def _check(self):
        check_count("factor", self.factor, least=1)

    def matrices(self, name: str, grid: Sequence[int]) -> list[np.ndarray]:
        return [_interpolation(size, self.factor) for size in grid]


@dataclass(frozen=True)
class GlobalAvgPool(GridPooling):
    """The mean over all places: a vector for each field, (batch, *grid, rep.dim) to (batch, ...).

    Args:
        rep: how values transform.
        space: how places move; `V(group)` by default.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if the group does not keep lengths.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import V
        >>> GlobalAvgPool(V(O(3))).apply({}, jnp.ones((2, 5, 5, 5, 3))).shape
        (2, 3)
    """

    def _check(self):
        pass

    def on_grid(self, name: str, params: Mapping[str, Any], x: jax.Array) -> jax.Array:
        return jnp.mean(x, axis=tuple(range(1, x.ndim - 1)))


@lru_cache(maxsize=256)
def _smoothing(before: int, after: int, factor: int) -> np.ndarray:
    """Gaussian weights of places in those of a coarser grid, shape (after, before)."""
    deviation = max(np.sqrt(factor**2 - 1) / 2, 1e-3)  # of a factor of one, nothing is smoothed
    distances = factor * _centred(after)[:, None] - _centred(before)
    # less the nearest one's, so that some weight is there
    nearest = np.abs(distances).min(axis=1, keepdims=True)
    weights = np.exp((nearest**2 - distances**2) / (2 * deviation**2))
    return weights / weights.sum(axis=1, keepdims=True)


@lru_cache(maxsize=256)
def _interpolation(before: int, factor: int) -> np.ndarray:
    """Linear weights of places in those of a finer grid, shape (before · factor, before)."""
    last = (before - 1) / 2
    places = np.clip(_centred(before * factor) / factor, -last, last)
    return np.maximum(0, 1 - np.abs(places[:, None] - _centred(before)))


def _centred(size: int) -> np.ndarray:
    return np.arange(size) - (size - 1) / 2


@dataclass(frozen=True)
class GroupPool(Map):
    """The maximum, or mean, over the coordinates that the group takes to each other: invariants.

    The coordinates of a permutation representation fall into orbits: one of a regular one, or of
    functions on the cosets of a subgroup. Each orbit of each copy becomes a scalar. It acts on the
    last axis, so that of fields at each place.

    Args:
        rep: how inputs transform: sums of permutation representations.
        reduce: "max" or "mean".
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if the group does not merely permute its coordinates.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import D
        >>> from constrainet.reps import Regular
        >>> GroupPool(2 * Regular(D(4))).apply({}, jnp.arange(16.0))
        Array([ 7., 15.], dtype=float32)

    References:
        Cohen, Welling, "Group equivariant convolutional networks" (2016), section 6.3.
    """

    rep: Rep
    reduce: str = "max"
    rtol: float | None = None
    shared: SharedFrame | None = None
    arguments: ClassVar[tuple[str, ...]] = ("rep",)

    def __post_init__(self):
        check_rep("rep", self.rep)
        check_option("reduce", self.reduce, list(REDUCTIONS))
        check_shared(self.shared, self.rtol)
        for part, _ in self.rep.summands:
            if not part.is_permutation:
                raise ValueError(
                    "`GroupPool` needs a representation whose coordinates are only permuted, "
                    "because the largest of others is not invariant. "
                    f"{part} of {part.group} is none. Use `Linear` to scalars, after a "
                    "non-linearity."
                )

    @property
    def rep_in(self) -> Rep:
        """How inputs transform."""
        return self.rep

    @cached_property
    def rep_out(self) -> Rep:
        """A scalar for each orbit."""
        count = sum(count * len(_orbits(part)) for part, count in self.rep.summands)
        return count * Scalar(self.rep.group)

    @property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        return {}

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,), found, start = xs, [], 0
        for part, count in self.rep.summands:
            rows = x.rows[start : (start := start + part.dim * count)]
            rows = rows.reshape(count, part.dim, x.batch)
            pools = [REDUCTIONS[self.reduce](rows[:, orbit], axis=1) for orbit in _orbits(part)]
            found.append(jnp.stack(pools, axis=1).reshape(-1, x.batch))
        coordinates = self.frame.coordinates(self.rep_out)
        return Features(coordinates, x.batch, x.dtype, rows=jnp.concatenate(found))


REDUCTIONS = {"max": jnp.max, "mean": jnp.mean}


@lru_cache(maxsize=256)
def _orbits(part: Rep) -> list[np.ndarray]:
    """The coordinates of a permutation representation that are taken to each other."""
    places = np.arange(part.dim)
    images = [np.rint(np.real(h @ places)).astype(int) for h in part.generator_images[0]]
    edges = np.concatenate([places, *images]), np.tile(places, len(images) + 1)
    graph = coo_array((np.ones(len(edges[0])), edges), shape=(part.dim, part.dim))
    count, labels = connected_components(graph, directed=False)
    orbits = [np.flatnonzero(labels == i) for i in range(count)]
    return sorted(orbits, key=lambda orbit: orbit[0])
