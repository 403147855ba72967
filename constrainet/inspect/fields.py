"""How far a map of fields is from being equivariant: mistakes told apart from sampling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import permutations, product
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.arguments import check_count
from constrainet.groups import Group, double_precision
from constrainet.inspect.equivariance import FLOOR, act, relative_errors, samples
from constrainet.maps import FieldMap, KernelMap, Map, offsets, walk
from constrainet.reps import Rep, Scalar, V, under_one_group
from constrainet.tolerances import AGREE, EXACT

SPREAD = 2.0
"""The deviation of the bumps that smooth fields are made of, in places: what samples a place
apart miss of them is 1e-8 of their size."""

SPREAD_OUT = 1.0
"""The deviation of the Gaussian in whose mean fields that come out are compared, in places."""

NUM_BUMPS = 4


@dataclass(frozen=True, eq=False)
class FieldEquivariance:
    """What `field_equivariance` measured; errors are relative and dimensionless.

    Attributes:
        kernels: by the path of each convolution, the error of its kernel.
        grid: the largest error under elements that permute the grid; None if there are none but
            the identity.
        sampling: the largest under other elements; None if there are none.
        num_grid: how many elements that permute the grid were tried.
        num_others: how many others.
        grid_shape: the grid.
        group: the group.
        dtype: the precision of the fields.
    """

    kernels: Mapping[str, float]
    grid: float | None
    sampling: float | None
    num_grid: int
    num_others: int
    grid_shape: tuple[int, ...]
    group: Group
    dtype: np.dtype

    @property
    def is_equivariant(self) -> bool:
        """Whether kernels, and the map under elements that permute the grid, are to rounding."""
        tolerance = FLOOR * float(jnp.finfo(self.dtype).eps)
        return max(self.kernels.values(), default=0.0) <= EXACT and (self.grid or 0) <= tolerance

    def __str__(self):
        verdict = "equivariant" if self.is_equivariant else "NOT equivariant"
        lines = [f"{verdict} under {self.group}, in {self.dtype}, on a grid of {self.grid_shape}"]
        if self.kernels:
            worst = max(self.kernels, key=lambda path: self.kernels[path])
            where = f"the largest of {len(self.kernels)}, {worst}" if worst else "of the map"
            lines.append(f"  kernels                {self.kernels[worst]:.1e}  ({where})")
        for name, error, count in (
            ("permuting the grid  ", self.grid, self.num_grid),
            ("others, by sampling ", self.sampling, self.num_others),
        ):
            if error is not None:
                lines.append(f"  {name}   {error:.1e}  ({count} elements)")
        return "\n".join(lines)


def field_equivariance(
    m: Map,
    params: Mapping[str, Any],
    grid_shape: int | Sequence[int],
    key: jax.Array,
    *,
    num_elements: int = 8,
    num_inputs: int = 4,
    dtype: Any = None,
) -> FieldEquivariance:
    """Measures how far a map of fields is from commuting with its group, by three errors.

    - Of the kernels: ‖k(g x) - ρ_out(g) k(x) ρ_in(g)⁻¹‖, for random elements g, at the offsets, or
      at any points for kernels that are functions. It is rounding in float64, 1e-12, or the
      solution is wrong.
    - Under elements that permute the places of the grid, for random fields. It is rounding in the
      map's precision, or a stride, an even kernel or a layer of one's own breaks the symmetry.
    - Under others, for smooth fields that are moved before they are sampled: bumps of deviation 2
      about the grid's middle. What comes out is compared in its mean about the middle, weighted
      with a Gaussian of deviation 1. This is what sampling loses, no mistake: it is less for larger
      kernels and smoother fields. Grids should have 15 places or more along each axis, so that
      bumps do not reach over the edge.

    An error is relative to the larger of the two sides (in the root mean square over fields).

    Args:
        m: the map: a convolution, a chain, `steerable_cnn`; from fields to fields or vectors.
        params: its parameters.
        grid_shape: of the fields, along each axis or all.
        key: a JAX random key; elements and fields depend on it.
        num_elements: how many elements of each kind are tried, at most.
        num_inputs: how many fields with each.
        dtype: of the fields; by default JAX's default precision.

    Returns:
        The errors, which print as a report.

    Raises:
        TypeError: if `m` is no map of fields.
        ValueError: if `grid_shape` has not as many entries as `space` has coordinates.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import C
        >>> from constrainet.reps import Scalar, V
        >>> m = cm.convolution(Scalar(C(8)), V(C(8)), kernel_shape=5)
        >>> error = field_equivariance(m, m.init(jax.random.key(0)), 15, jax.random.key(1))
        >>> error.is_equivariant, error.kernels[""] < 1e-12, error.grid < 1e-5
        (True, True, True)
        >>> 1e-4 < error.sampling < 0.1
        True
    """
    if not isinstance(m, Map) or not m.acts_on_fields:
        raise TypeError(
            "`field_equivariance(m=...)` should be a map of fields, such as `convolution`. Got "
            f"{m!r:.60}. Use `equivariance_error` for functions of vectors."
        )
    check_count("field_equivariance(num_elements=...)", num_elements, least=1)
    check_count("field_equivariance(num_inputs=...)", num_inputs, least=1)
    measured = _Measurement(m, params, grid_shape, key, num_inputs, dtype)
    on_grid, others = measured.elements(key, num_elements)
    return FieldEquivariance(
        kernels=measured.kernel_errors((*on_grid, *others)),
        grid=measured.grid_error(on_grid),
        sampling=measured.sampling_error(others),
        num_grid=len(on_grid),
        num_others=len(others),
        grid_shape=measured.grid,
        group=measured.group,
        dtype=measured.dtype,
    )


class _Measurement:
    """A map, and the fields that it is tried on."""

    def __init__(self, m, params, grid_shape, key, num_inputs: int, dtype):
        space = next(each.place_rep for _, each in walk(m) if isinstance(each, FieldMap))
        reps = m.reps_in[0], m.rep_out, space
        self.group = max((rep.group for rep in reps), key=lambda group: len(group.factors))
        self.rep_in, self.rep_out, self.space = (self.of_group(rep) for rep in reps)
        self.m, self.params, self.num_inputs = m, params, num_inputs
        is_number = isinstance(grid_shape, Integral)
        self.grid = (int(grid_shape),) * space.dim if is_number else tuple(grid_shape)
        if len(self.grid) != space.dim:
            raise ValueError(
                f"`field_equivariance(grid_shape=...)` should have {space.dim} entries, as many as "
                f"space = {space} has coordinates. Got {self.grid}."
            )
        dtype = jnp.zeros(()).dtype if dtype is None else dtype
        if self.rep_in.is_complex:
            dtype = jnp.promote_types(dtype, jnp.complex64)
        self.dtype = np.dtype(dtype)
        self.rng = np.random.RandomState(int(jax.random.bits(key) >> 1))
        self.apply = jax.jit(m.apply)

    def of_group(self, rep: Rep) -> Rep:
        """The same representation, of the whole group."""
        return under_one_group(rep, Scalar(self.group))[0]

    def normal(self, *shape: int) -> np.ndarray:
        """Random numbers, complex if inputs are."""
        numbers = self.rng.standard_normal(shape)
        return numbers + 1j * self.rng.standard_normal(shape) if self.rep_in.is_complex else numbers

    def evaluate(self, fields: np.ndarray) -> np.ndarray:
        """The map, in its own precision."""
        return np.asarray(self.apply(self.params, jnp.asarray(fields.astype(self.dtype))), complex)

    def elements(self, key: jax.Array, count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Elements of the group that permute the grid, but for the identity, and others."""
        d, drawn = self.space.dim, list(samples(self.group, key, 2 * count))
        found = [
            g
            for signs in product((1.0, -1.0), repeat=d)
            for order in permutations(range(d))
            for g in self._with_matrix(np.diag(signs)[list(order)], drawn[0])
        ]
        found = [found[i] for i in self.rng.permutation(len(found))] or drawn
        places = [(g, images(self.space, g, self.grid)) for g in (*found, *drawn)]
        on_grid = [g for g, own in places[: len(found)] if own is not None and self._moves(g)]
        others = [g for g, own in places[len(found) :] if own is None]
        return on_grid[:count], others[:count]

    def _moves(self, g: np.ndarray) -> bool:
        return np.abs(self.rep_in.rho(g) - np.eye(self.rep_in.dim)).max() > AGREE or (
            np.abs(self.space.rho(g) - np.eye(self.space.dim)).max() > AGREE
        )

    def _with_matrix(self, matrix: np.ndarray, g: np.ndarray) -> list[np.ndarray]:
        """The group's element that moves places by a matrix, and is g in other factors."""
        factors = self.group.factors
        for place, factor in enumerate(factors):
            if V(self.group, factor=place) == self.space and factor.contains(matrix):
                g, start = np.array(g), sum(f.dim for f in factors[:place])
                own = slice(start, start + factor.dim)
                g[own, own] = matrix
                return [g]
        return []

    def kernel_errors(self, elements: Sequence[np.ndarray]) -> dict[str, float]:
        """For each convolution inside, at continuous points where its kernel is a function."""
        found = {}
        for path, layer in walk(self.m):
            if isinstance(layer, KernelMap):
                own = reduce(lambda p, name: p[name], path.split("/") if path else (), self.params)
                with double_precision():
                    found[path] = self._kernel_error(layer, own, elements)
        return found

    def _kernel_error(self, layer: KernelMap, params, elements) -> float:
        kernels, w = layer.kernels, np.asarray(params["w"])
        w = w.astype(np.result_type(w, np.float64))
        is_full = layer.parametrization == "projector"
        coefficients = np.asarray(kernels.coefficients(w)) if is_full else w
        points = offsets(layer.window.shape)
        if kernels.rings is not None:
            size = np.abs(points).max() or 1.0
            points = size * self.rng.uniform(-1, 1, (20, kernels.space.dim))
        worst = 0.0
        for g in elements:
            if kernels.rings is None:
                before = np.asarray(kernels.kernel(coefficients)).transpose(0, 2, 1)
                after = before[images(self.space, g, layer.window.shape)]
            else:
                before = kernels.at(points, coefficients)
                after = kernels.at(act(self.space, g, points), coefficients)
            rho_out, rho_in = (self.of_group(r).rho(g) for r in (layer.rep_out, layer.rep_in))
            expected = rho_out @ before @ np.linalg.inv(rho_in)
            size = np.abs(expected).max()
            worst = max(worst, float(np.abs(after - expected).max() / (size or 1)))
        return worst

    def grid_error(self, elements: Sequence[np.ndarray]) -> float | None:
        """Under elements that permute the grid."""
        x = self.normal(self.num_inputs, *self.grid, self.rep_in.dim)
        y, worst = self.evaluate(x), None
        for g in elements:
            got = self.evaluate(moved(self.space, self.rep_in, g, x))
            expected = (
                moved(self.space, self.rep_out, g, y) if y.ndim > 2 else act(self.rep_out, g, y)
            )
            worst = max(worst or 0.0, _error(got, expected))
        return worst

    def sampling_error(self, elements: Sequence[np.ndarray]) -> float | None:
        """Under others, for smooth fields."""
        shape = self.num_inputs, NUM_BUMPS
        vectors = self.normal(*shape, self.rep_in.dim)
        reach = (min(self.grid) - 1) / 10  # a fifth of the way to the edge
        centres = reach * self.rng.uniform(-1, 1, (*shape, self.space.dim))
        y, worst = self._near_the_middle(self._bumps(centres, vectors)), None
        for g in elements:
            turned = act(self.space, g, centres), act(self.rep_in, g, vectors)
            got = self._near_the_middle(self._bumps(*turned))
            worst = max(worst or 0.0, _error(got, act(self.rep_out, g, y)))
        return worst

    def _bumps(self, centres: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Σ vector exp(-|p - centre|² / 2 SPREAD²), shape (num_inputs, *grid, rep_in.dim)."""
        squares = ((offsets(self.grid)[:, None] - centres[:, None]) ** 2).sum(axis=-1)
        fields = np.exp(-squares / (2 * SPREAD**2)) @ vectors
        return fields.reshape(self.num_inputs, *self.grid, -1)

    def _near_the_middle(self, x: np.ndarray) -> np.ndarray:
        """Vectors that come out; of fields, a mean about their middle."""
        y = self.evaluate(x)
        if y.ndim == 2:
            return y
        squares = (offsets(y.shape[1:-1]) ** 2).sum(axis=-1)
        weights = np.exp(-squares / (2 * SPREAD_OUT**2))
        return weights @ y.reshape(len(y), len(weights), -1) / weights.sum()


def _error(got: np.ndarray, expected: np.ndarray) -> float:
    errors, _ = relative_errors(got.reshape(1, len(got), -1), expected.reshape(1, len(got), -1))
    return float(errors.max())


def images(space: Rep, g: np.ndarray, grid: Sequence[int]) -> np.ndarray | None:
    """Where an element takes each place of a grid, in row-major order; None if it is none.

    Args:
        space: how places move.
        g: the element.
        grid: the number of places along each axis.
    """
    places = offsets(grid)
    moved = act(space, g, places)
    index = np.rint(moved + (np.array(grid) - 1) / 2).astype(int)
    if not ((index >= 0) & (index < np.array(grid))).all():
        return None
    found = np.asarray(np.ravel_multi_index(tuple(index.T), tuple(grid)))
    return found if np.abs(places[found] - moved).max() <= AGREE * max(grid) else None


def moved(space: Rep, rep: Rep, g: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """(g f)(p) = ρ(g) f(g⁻¹ p), for an element that permutes the grid.

    Args:
        space: how places move.
        rep: how values transform.
        g: the element.
        fields: shape (batch, *grid, rep.dim).

    Raises:
        ValueError: if the element does not permute the grid.
    """
    places = images(space, g, fields.shape[1:-1])
    if places is None:
        raise ValueError(
            f"`moved(g=...)` should permute the places of a grid of {fields.shape[1:-1]}. Got {g}."
        )
    flat = act(rep, g, fields.reshape(len(fields), len(places), rep.dim))
    result = np.empty_like(flat)
    result[:, places] = flat
    return result.reshape(fields.shape)
