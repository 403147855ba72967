"""Equivariant products of components, along the paths that Clebsch-Gordan coefficients allow.

Two components λ₁ and λ₂ couple to a third, μ, in as many ways as there are equivariant maps from
λ₁ ⊗ λ₂ to μ; a *path* is one of these ways, and the solver finds them for any group. A *product* is
a path with a copy of λ₁ and a copy of λ₂: its result is a copy of μ. Channel by channel, copies are
dealt to paths in turn (to those of many entries once), and each copy of μ in the target is the
weighted sum of a product or a few; fully connected, it is a weighted sum of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import chain, cycle, islice, product

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.coordinates import Coordinates, concatenate, split
from constrainet.maps.features import Features
from constrainet.maps.rows import RowProducts
from constrainet.maps.shared_frame import SharedFrame, frame
from constrainet.reps import Rep, Scalar, under_one_group

NEGLIGIBLE = 1e-12
"""Entries of normalised couplings below this are rounding."""

LARGEST_PAIR = 4096
"""Pairs of components of more dimensions together are left out: they would take all the time."""

MOST_PRODUCTS = 2**22
"""Of a fully connected map: more would take gigabytes for a batch."""

MOST_ENTRIES = 12
"""Channel by channel, paths with more entries for one coordinate of the result are dear: they occur
once, and do not take turns, or they would take most of the time."""

MOST_DEAR_ENTRIES = 10
"""Of all dear paths together, for each coordinate of the target on average. Where they have more,
they are left out, except for components to which no other path leads."""

CONNECTIONS = ("channelwise", "full")
"""Which products of copies there are."""


@dataclass(frozen=True, eq=False)
class Path:
    """One way to couple two components to a third.

    Args:
        left, right, result: the components.
        coupling: shape (d, d_left, d_right), of Frobenius norm 1.
        symmetry: of a component with itself, 1 if the coupling is symmetric, -1 if it is
            antisymmetric; 0 for different components, or arguments.
    """

    left: int
    right: int
    result: int
    coupling: np.ndarray
    symmetry: int

    @property
    def cost(self) -> tuple[int, int]:
        """The most entries for one coordinate of the result, and the entries of all."""
        entries = np.sum(np.abs(self.coupling) > NEGLIGIBLE, axis=(1, 2))
        return int(entries.max()), int(entries.sum())


Product = tuple[Path, int, int]
"""A path, and the copies of its left and its right component."""


class TensorProductMap:
    """Equivariant bilinear maps of two representations to a third, or quadratic maps of one.

    Args:
        rep_a: the first argument's representation.
        rep_b: the second's; None for quadratic maps, in which both arguments are the same.
        rep_out: the target.
        connections: "channelwise", or "full" for every equivariant bilinear (quadratic) map.
        frame: common coordinates of these representations, and perhaps of others.

    Attributes:
        num_weights: of them.
        multiplications: per sample.

    Raises:
        ValueError: if `connections` is unknown, or a full map would have too many products.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> inner = TensorProductMap(V(O(3)), V(O(3)), Scalar(O(3)))
        >>> x, y = jnp.array([1.0, 2.0, 2.0]), jnp.array([3.0, 0.0, 1.0])
        >>> abs(inner.apply(jnp.ones(1), x, y) * 3**0.5).round(3)
        Array([5.], dtype=float32)
    """

    def __init__(
        self,
        rep_a: Rep,
        rep_b: Rep | None,
        rep_out: Rep,
        connections: str = "channelwise",
        frame: SharedFrame | None = None,
        rtol: float | None = None,
    ):
        if connections not in CONNECTIONS:
            raise ValueError(
                f"`connections` should be 'channelwise' or 'full'. Got {connections!r}."
            )
        self.is_quadratic = rep_b is None
        self.connections = connections
        self.rep_a, self.rep_b, self.rep_out = _lifted(rep_a, rep_b, rep_out)
        self.frame = frame or _frame(self.rep_a, self.rep_b, self.rep_out, rtol=rtol)
        self._left, self._right, self._target = map(
            self.frame.coordinates, (self.rep_a, self.rep_b, self.rep_out)
        )
        paths = {i: found for i, found in self._paths().items() if found}
        if connections == "full":
            products = {i: self._all(found) for i, found in paths.items()}
        else:
            products = {i: self._dealt(i, *found) for i, found in self._by_cost(paths).items()}
        products = {i: found for i, found in products.items() if found}
        # for each component, how many products each of its copies sums, and its copies
        self._shapes = {}
        for i, found in products.items():
            copies = self._target.copies[i]
            self._shapes[i] = (
                len(found) if connections == "full" else len(found) // copies,
                copies,
            )
        self.num_weights = sum(rounds * copies for rounds, copies in self._shapes.values())
        self._form = _form(
            [p for found in products.values() for p in found], self._left, self._right
        )
        self.multiplications = 2 * len(self._form.coefficients)
        sides = (self._left, self._right, self._target)
        self.multiplications += sum(side.multiplications for side in sides)
        if connections == "full":
            self.multiplications += sum(
                q * n * self._target.dims[i] for i, (q, n) in self._shapes.items()
            )

    @property
    def sources(self) -> tuple[Coordinates, Coordinates]:
        """The coordinates of the two arguments."""
        return self._left, self._right

    @property
    def is_complex(self) -> bool:
        """Whether the maps are complex; as `EquivariantMap.is_complex`."""
        return self.frame.is_complex

    def _paths(self) -> dict[int, list[Path]]:
        """All paths, by result, cheap ones first."""
        paths: dict[int, list[Path]] = {i: [] for i in self._target.copies}
        dims = [component.dim for component in self.frame.components]
        for left, right in product(sorted(self._left.copies), sorted(self._right.copies)):
            if (self.is_quadratic and left > right) or dims[left] * dims[right] > LARGEST_PAIR:
                continue
            couplings = self.frame.couplings(left, right, sorted(paths))
            for result, coupling in couplings.items():
                if self.is_quadratic and left == right:
                    parts = _by_symmetry(coupling)
                    alone = self._left.copies[left] == 1
                    parts = [(c, s) for c, s in parts if not (alone and s < 0)]
                else:
                    parts = [(c, 0) for c in coupling]
                paths[result] += [Path(left, right, result, c, s) for c, s in parts]
        return {i: sorted(found, key=lambda path: path.cost) for i, found in paths.items()}

    def _by_cost(self, paths: dict[int, list[Path]]) -> dict[int, tuple[list[Path], list[Path]]]:
        """Of each component, the cheap paths, at least one, and the dear ones that are kept."""
        parts = {}
        for i, found in paths.items():
            cheap = max(1, sum(path.cost[0] <= MOST_ENTRIES for path in found))
            parts[i] = found[:cheap], found[cheap:]
        rows = sum(self._target.copies[i] * self._target.dims[i] for i in paths)
        entries = sum(path.cost[1] for _, dear in parts.values() for path in dear)
        if entries > MOST_DEAR_ENTRIES * rows:
            return {i: (cheap, []) for i, (cheap, _) in parts.items()}
        return parts

    def _dealt(self, result: int, cheap: list[Path], dear: list[Path]) -> list[Product]:
        """Products for each copy of a component, round by round: every path occurs, cheap ones over
        and over.
        """
        copies = self._target.copies[result]
        rounds = -(-(len(cheap) + len(dear)) // copies)
        left, right = self._turns
        return [
            (path, next(left[path.left]), next(right[path.right]))
            for path in islice(chain(cheap, dear, cycle(cheap)), rounds * copies)
        ]

    @cached_property
    def _turns(self) -> tuple[dict[int, cycle[int]], dict[int, cycle[int]]]:
        """For each component of the two arguments, whose turn it is: its copies over and over."""
        left = {i: cycle(range(copies)) for i, copies in self._left.copies.items()}
        right = {i: cycle(range(copies)) for i, copies in self._right.copies.items()}
        return left, left if self.is_quadratic else right

    def _all(self, paths: list[Path]) -> list[Product]:
        """All products: of a component with itself, each pair of copies once."""
        size = sum(self._left.copies[p.left] * self._right.copies[p.right] for p in paths)
        if size > MOST_PRODUCTS:
            raise ValueError(
                f"`connections='full'` would take {size:,} products of copies for one component of "
                f"{self.rep_out}, more than {MOST_PRODUCTS:,}. Use 'channelwise', or fewer copies."
            )
        return [
            (path, i, j)
            for path in paths
            for i in range(self._left.copies[path.left])
            for j in range(self._right.copies[path.right])
            if path.symmetry == 0 or i < j or (i == j and path.symmetry > 0)
        ]

    @property
    def scales(self) -> np.ndarray:
        """Shape (num_weights,): the weights' deviations for which independent inputs of variance
        one give outputs of variance one.
        """
        scales = [np.zeros(0)]
        for i, (summed, copies) in self._shapes.items():
            scales.append(np.full(summed * copies, np.sqrt(self._target.dims[i] / summed)))
        return np.concatenate(scales)

    def on_features(self, weights: jax.Array, a: Features, b: Features) -> Features:
        """The map applied to a batch of pairs of features."""
        dtype = jnp.result_type(weights, a.dtype, b.dtype)
        if not self._shapes:
            return Features(self._target, a.batch, dtype, components={})
        components = self._apply(weights.astype(dtype), a.components, b.components)
        return Features(self._target, a.batch, dtype, components=components)

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def _apply(self, weights, a, b) -> dict[int, jax.Array]:
        left, right = (
            concatenate(
                [z.reshape(z.shape[0] * z.shape[1], z.shape[2]) for _, z in sorted(side.items())]
            )
            for side in (a, b)
        )
        rows = self._form(left, right)
        batch = rows.shape[1]
        is_full = self.connections == "full"
        sizes = [
            q * (1 if is_full else n) * self._target.dims[i] for i, (q, n) in self._shapes.items()
        ]
        parts = split(rows, sizes)
        ws = split(weights, [q * n for q, n in self._shapes.values()])
        components = {}
        for part, w, (i, (q, n)) in zip(parts, ws, self._shapes.items(), strict=True):
            w = w.reshape(q, n)
            if is_full:
                z = w.T @ part.reshape(q, self._target.dims[i] * batch)
            else:
                z = part.reshape(q, n, self._target.dims[i] * batch)
                z = jnp.sum(w[:, :, None] * z, axis=0)
            components[i] = z.reshape(n, self._target.dims[i], batch)
        return components

    def apply(self, weights: jax.Array, x: jax.Array, y: jax.Array | None = None) -> jax.Array:
        """The map applied to vectors, (..., dim_a) and (..., dim_b) to (..., dim_out)."""
        a = Features.of(self._left, x)
        b = a if y is None else Features.of(self._right, y)
        return self.on_features(weights, a, b).array(x.shape[:-1])


def _form(products: list[Product], left: Coordinates, right: Coordinates) -> RowProducts:
    """All products, result by result, as one map of rows."""
    starts_left, rows_left = _starts(left)
    starts_right, rows_right = _starts(right)
    places, coefficients, row = [np.zeros((3, 0), int)], [np.zeros(0)], 0
    for path, i, j in products:
        d, d_left, d_right = path.coupling.shape
        entries = np.argwhere(np.abs(path.coupling) > NEGLIGIBLE)
        offset = (row, starts_left[path.left] + i * d_left, starts_right[path.right] + j * d_right)
        places.append((entries + offset).T)
        coefficients.append(path.coupling[tuple(entries.T)])
        row += d
    sizes = (row, rows_left, rows_right)
    return RowProducts(np.concatenate(places, 1), np.concatenate(coefficients), sizes)


def _starts(side: Coordinates) -> tuple[dict[int, int], int]:
    """Where each component's rows begin, and how many there are."""
    starts, row = {}, 0
    for i in sorted(side.copies):
        starts[i] = row
        row += side.copies[i] * side.dims[i]
    return starts, row


def _by_symmetry(couplings: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Couplings of a component with itself, recombined to symmetric and antisymmetric ones."""
    if len(couplings):
        swapped = couplings.transpose(0, 1, 3, 2)
        swap = np.einsum("pkij,qkij->pq", couplings.conj(), swapped)
        signs, vectors = np.linalg.eigh((swap + swap.conj().T) / 2)
        for sign, vector in zip(signs, vectors.T, strict=True):
            yield np.tensordot(vector, couplings, 1), int(np.sign(sign))


def _lifted(a: Rep, b: Rep | None, out: Rep) -> tuple[Rep, Rep, Rep]:
    """The representations as ones of one group."""
    b = a if b is None else b
    one = Scalar(under_one_group(a * b, out)[0].group)
    return tuple(under_one_group(rep, one)[0] for rep in (a, b, out))  # pyright: ignore[reportReturnType]


def _frame(*reps: Rep, rtol: float | None) -> SharedFrame:
    return frame(*dict.fromkeys(reps), rtol=rtol)


@lru_cache(maxsize=256)
def tensor_product_map(
    rep_a: Rep,
    rep_b: Rep | None,
    rep_out: Rep,
    connections: str = "channelwise",
    frame: SharedFrame | None = None,
    rtol: float | None = None,
) -> TensorProductMap:
    """`TensorProductMap`, remembered: it is asked for again whenever a layer is traced."""
    return TensorProductMap(rep_a, rep_b, rep_out, connections, frame, rtol)
