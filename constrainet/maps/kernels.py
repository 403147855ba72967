"""Kernels of convolutions that commute with a group: a matrix for each offset.

A kernel k(x) commutes with the group if k(g x) = ρ_out(g) k(x) ρ_in(g)⁻¹. With functions Y of x
that the group mixes among themselves, Y(g x) = φ(g) Y(x), these are k(x) = W (Y(x) ⊗ ·) for
equivariant maps W from φ ⊗ ρ_in to ρ_out. Where the group permutes the offsets, Y is one function
for each offset, and nothing is left out; else Y are harmonics of the direction, on rings.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache, partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.arguments import check_option
from constrainet.maps.harmonic_polynomials import Harmonics, default_space
from constrainet.maps.map import check_rep
from constrainet.maps.variance import summand_scales
from constrainet.reps import Permutation, Question, Rep, under_one_group
from constrainet.solve import Subspace, constant
from constrainet.tolerances import AGREE

BASES = ("auto", "grid", "harmonics")

WAVES = 2
"""The highest degree on a ring, for each step of its radius: waves on it are π steps long, which is
clear of the two steps below which samples mistake them for longer ones."""

WIDTH, RIM = 0.6, 0.4
"""Deviations of the Gaussian rings, in steps; of the outermost, less of which the kernel's square
edge cuts off. They are those of escnn (Weiler and Cesa, 2019)."""


class Rings:
    """Harmonics of the direction times Gaussian rings (shells, in space) that are a step apart.

    Each ring has the degrees that its circumference can carry. Each degree on a ring is scaled so
    that its squares, summed over the offsets, are its dimension: as good as orthonormal.

    Args:
        space: how points move; the group keeps lengths.
        points: the offsets, shape (n, space.dim).

    Attributes:
        rep: how the functions transform.
    """

    def __init__(self, space: Rep, points: np.ndarray):
        rim = np.abs(points).max(axis=0).min()
        self._rings = [
            (radius, RIM if radius == rim and radius else WIDTH, directions(space, radius))
            for radius in np.arange(rim, -AGREE, -1)
        ]
        first, *others = (h.rep for *_, h in self._rings)
        self.rep: Rep = sum(others, start=first)
        self._sizes = np.ones(self.rep.dim)
        squares, start = np.sum(self(points) ** 2, axis=0), 0
        for *_, h in self._rings:
            for count in np.bincount(h.degrees):
                own = slice(start, start := start + count)
                self._sizes[own] = np.sqrt(np.mean(squares[own])) or 1

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """The functions at any points (n, space.dim): shape (n, rep.dim)."""
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        values = [
            np.exp(-((lengths - radius) ** 2) / (2 * width**2)) * h(points)
            for radius, width, h in self._rings
        ]
        return np.concatenate(values, axis=1) / self._sizes


@lru_cache(maxsize=64)
def directions(space: Rep, radius: float) -> Harmonics:
    """The harmonics on a ring; remembered."""
    return Harmonics(space, int(WAVES * radius + AGREE), normalized=True)


class Kernels:
    """All kernels at a list of offsets that commute with a group, with coefficients.

    Args:
        rep_in: how the values of inputs transform.
        rep_out: how those of outputs do.
        points: the offsets, shape (n, space.dim), in steps of the grid.
        space: how offsets move; `V(group)` by default.
        basis: "grid", "harmonics", or "auto" for the first that applies.
        rtol: as of `Rep.equivariant_basis`.

    Attributes:
        basis: "grid" or "harmonics".
        functions: the representation of Y.
        rings: Y, a function of points; None for one function for each offset.
        samples: Y at the offsets, shape (n, functions.dim); None likewise.
        subspace: the maps W.
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        points: np.ndarray,
        space: Rep | None = None,
        basis: str = "auto",
        rtol: float | None = None,
    ):
        self.space = checked_space(rep_in, rep_out, space)
        check_option("basis", basis, BASES)
        points = np.asarray(points, float)
        if points.ndim != 2 or points.shape[1] != self.space.dim or not len(points):
            raise ValueError(
                f"`points` should have shape (n, {self.space.dim}), because space = {self.space} "
                f"of {self.space.group} has dimension {self.space.dim}. Got {points.shape}."
            )
        images, obstacle = _images(self.space, points)
        if basis == "grid" and obstacle:
            raise ValueError(
                f"`basis='grid'` needs a group that permutes the offsets. {obstacle} Use "
                "`basis='harmonics'`, whose kernels commute with every element before they are "
                "sampled at the offsets."
            )
        self.basis = "harmonics" if obstacle and basis == "auto" else basis.replace("auto", "grid")
        self.rings, self.samples = None, None
        if self.basis == "grid":
            rows = np.array(images, int).reshape(-1, len(points))  # of no generators, too
            self.functions = Permutation(self.space.group, images=rows)
        else:
            self._check_lengths(obstacle)
            self.rings = Rings(self.space, points)
            self.functions, self.samples = self.rings.rep, self.rings(points)
        self.shape = rep_out.dim, self.functions.dim, rep_in.dim
        self.rep_in, self.rep_out = self.functions * rep_in, rep_out
        self.subspace: Subspace = Question(self.rep_in, rep_out).solve(rtol=rtol)
        self.rank = self.subspace.rank

    def _check_lengths(self, obstacle: str) -> None:
        if not self.space.is_unitary:
            raise ValueError(
                "`basis='harmonics'` needs a group that keeps the lengths of offsets. "
                f"{self.space.group} does not keep them in {self.space}. {obstacle}".rstrip()
            )

    @property
    def is_complex(self) -> bool:
        """Whether kernels are complex."""
        return self.rep_in.is_complex or self.rep_out.is_complex

    @cached_property
    def scales(self) -> np.ndarray:
        """Shape (rank,): deviations of coefficients for which outputs have the inputs' variance."""
        return summand_scales(self.subspace)

    # these are compiled by themselves, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def kernel(self, coefficients: jax.Array) -> jax.Array:
        """The kernel (n, rep_in.dim, rep_out.dim) with given coefficients (rank,)."""
        w = self.weights(coefficients)
        if self.samples is None:
            return w.transpose(1, 2, 0)
        return jnp.einsum("oai,pa->pio", w, constant(self.samples, w.real))

    def at(self, points: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """The kernel as a function of continuous offsets, where it is one.

        Args:
            points: shape (n, space.dim).
            coefficients: shape (rank,).

        Returns:
            Shape (n, rep_out.dim, rep_in.dim).

        Raises:
            ValueError: if kernels are only known at the offsets of the grid.
        """
        if self.rings is None:
            raise ValueError(
                "`kernels.at(points)` needs kernels that are functions, those of "
                "`basis='harmonics'`. These have a value for each offset of the grid alone."
            )
        w = self.subspace.expand(coefficients).reshape(self.shape)
        return np.einsum("oai,pa->poi", w, self.rings(points))

    @partial(jax.jit, static_argnums=0)
    def coefficients(self, w: jax.Array) -> jax.Array:
        """The coefficients (rank,) of the projection of weights (rep_out.dim, functions, in)."""
        return jnp.asarray(self.subspace.coefficients(w.reshape(-1)))

    @partial(jax.jit, static_argnums=0)
    def weights(self, coefficients: jax.Array) -> jax.Array:
        """W with given coefficients (rank,), shape (rep_out.dim, functions.dim, rep_in.dim)."""
        return self.subspace.expand(coefficients).reshape(self.shape)


def checked_space(rep_in: Rep, rep_out: Rep, space: Rep | None) -> Rep:
    """How points move, if it fits the fields."""
    check_rep("rep_in", rep_in)
    check_rep("rep_out", rep_out)
    group = under_one_group(rep_in, rep_out)[0].group
    space = default_space(group) if space is None else space
    check_rep("space", space)
    if space.is_complex:
        raise ValueError(f"`space` should be real. {space} of {space.group} is complex.")
    under_one_group(space, rep_in)
    under_one_group(space, rep_out)
    return space


@lru_cache(maxsize=256)
def grid_kernels(
    rep_in: Rep,
    rep_out: Rep,
    kernel_shape: tuple[int, ...],
    space: Rep | None,
    basis: str,
    rtol: float | None,
) -> Kernels:
    """The kernels at the offsets of a grid; remembered, because layers are made at each trace."""
    return Kernels(rep_in, rep_out, offsets(kernel_shape), space, basis, rtol)


def offsets(kernel_shape: Sequence[int]) -> np.ndarray:
    """The places of a kernel's entries in row-major order, centred: shape (n, axes)."""
    axes = (np.arange(size) - (size - 1) / 2 for size in kernel_shape)
    return np.array(list(product(*axes)))


def kernel_basis(
    rep_in: Rep,
    rep_out: Rep,
    points: Any,
    space: Rep | None = None,
    *,
    basis: str = "auto",
    rtol: float | None = None,
) -> np.ndarray:
    """A basis of the kernels that commute with a group, at a list of offsets.

    A kernel is a matrix k(x) for each offset x with k(g x) = ρ_out(g) k(x) ρ_in(g)⁻¹. If the group
    permutes the offsets, it is an orthonormal basis of all of them ("grid"). Else they are sampled
    from functions: harmonics of the direction times Gaussian rings a step apart, each with the
    waves that its circumference can carry ("harmonics").

    Args:
        rep_in: how the values of inputs transform.
        rep_out: how those of outputs do.
        points: the offsets, shape (n, space.dim), in steps of the grid.
        space: how offsets move; `V(group)` by default.
        basis: "grid", "harmonics", or "auto" for the first that applies.
        rtol: as of `Rep.equivariant_basis`.

    Returns:
        Shape (rank, rep_out.dim, n, rep_in.dim), float64 or complex128.

    Raises:
        TypeError: if a representation is none.
        ValueError: if points have another shape, the representations are of different groups,
            `basis="grid"` and an element does not permute the points, or "harmonics" and one does
            not keep their lengths.

    Example:
        The kernels of 3 × 3 that turn a scalar field into one commute with quarter turns if the
        corners are equal, and the edges:

        >>> import numpy as np
        >>> from constrainet.groups import C
        >>> from constrainet.reps import Scalar, V
        >>> points = np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)])
        >>> kernels = kernel_basis(Scalar(C(4)), Scalar(C(4)), points, V(C(4)))
        >>> kernels.shape, kernels[0].reshape(3, 3).round(2)
        ((3, 1, 9, 1), array([[0.5, 0. , 0.5],
               [0. , 0. , 0. ],
               [0.5, 0. , 0.5]]))

    References:
        Cohen, Geiger, Weiler, "A general theory of equivariant CNNs on homogeneous spaces" (2019).
        Weiler and Cesa, "General E(2)-equivariant steerable CNNs" (2019), section 2.5.
    """
    kernels = Kernels(rep_in, rep_out, points, space, basis, rtol)
    dense = kernels.subspace.to_dense().T.reshape(kernels.rank, *kernels.shape)
    if kernels.samples is None:
        return dense
    return np.einsum("roai,pa->ropi", dense, kernels.samples)


def _images(space: Rep, points: np.ndarray) -> tuple[list[np.ndarray], str]:
    """Where each generator takes each point, and what is wrong if one is taken to none of them."""
    found, size = [], max(1.0, np.abs(points).max())
    discrete, infinitesimal = space.generator_images
    for i, A in enumerate(infinitesimal):
        speeds = np.abs(A @ points.T).max(axis=0)
        if speeds.max() > AGREE * size * np.abs(A @ np.eye(space.dim)).max():
            place = _written(points[int(speeds.argmax())])
            return [], f"Lie generator {i} of {space.group} moves {place} continuously."
    for i, h in enumerate(discrete):
        moved = (h @ points.T).T.real
        distances = np.abs(moved[:, None] - points).max(axis=2)
        images = distances.argmin(axis=1)
        worst = int(distances.min(axis=1).argmax())
        if distances[worst, images[worst]] > AGREE * size or len(set(images)) < len(points):
            place, other = _written(points[worst]), _written(moved[worst])
            what = f"moves {place} to {other}, which is none of them, or not of them alone."
            return [], f"Discrete generator {i} of {space.group} {what}"
        found.append(images)
    return found, ""


def _written(point: np.ndarray) -> str:
    return f"({', '.join(f'{x:.3g}' for x in point + 0.0)})"
