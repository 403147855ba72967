"""Equivariant products of components, along the paths that Clebsch-Gordan coefficients allow.

Two components λ₁ and λ₂ couple to a third, μ, in as many ways as there are equivariant maps from
λ₁ ⊗ λ₂ to μ; a *path* is one of these ways, and the solver finds them for any group. A *product* is
a path with a copy of λ₁ and a copy of λ₂: its result is a copy of μ. Channel by channel, each copy
of μ in the target is the weighted sum of a product or a few, all different ones; fully connected,
it is a weighted sum of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.linalg import canonical_basis
from constrainet.maps.coordinates import Coordinates, concatenate, split
from constrainet.maps.dealing import Path, Product, deal
from constrainet.maps.features import Features
from constrainet.maps.rows import RowProducts
from constrainet.maps.sharding import times
from constrainet.maps.shared_frame import SharedFrame, frame
from constrainet.reps import Rep, Scalar, under_one_group

LARGEST_PAIR = 4096
"""Pairs of components of more dimensions together are left out: they would take all the time."""

MOST_PRODUCTS = 2**22
"""Of a fully connected map: more would take gigabytes for a batch."""

CONNECTIONS = ("channelwise", "full")
"""Which products of copies there are."""


class TensorProductMap:
    """Equivariant bilinear maps of two representations to a third, or quadratic maps of one.

    Args:
        rep_a: the first argument's representation.
        rep_b: the second's; None for quadratic maps, in which both arguments are the same.
        rep_out: the target.
        connections: "channelwise", or "full" for every equivariant bilinear (quadratic) map.
        frame: common coordinates of these representations, and perhaps of others.

    Attributes:
        paths: those that are used, by the component they lead to.
        num_weights: how many weights there are.
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
            sources = [self._left.copies] + [self._right.copies] * (not self.is_quadratic)
            products = deal(paths, sources, self._target.copies)
        self.paths = {
            i: list(dict.fromkeys(path for path, _, _ in found)) for i, found in products.items()
        }
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
    def num_products(self) -> int:
        """How many products lead to a component of the target: to that which most lead to."""
        return max((summed for summed, _ in self._shapes.values()), default=0)

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
        pairs = [
            (left, right)
            for left, right in product(sorted(self._left.copies), sorted(self._right.copies))
            if dims[left] * dims[right] <= LARGEST_PAIR and not (self.is_quadratic and left > right)
        ]
        for (left, right), couplings in self.frame.couplings(pairs, sorted(paths)).items():
            for result, coupling in couplings.items():
                if self.is_quadratic and left == right:
                    parts = _by_symmetry(coupling)
                    alone = self._left.copies[left] == 1
                    parts = [(c, s) for c, s in parts if not (alone and s < 0)]
                else:
                    parts = [(c, 0) for c in coupling]
                paths[result] += [Path(left, right, result, c, s) for c, s in parts]
        return {i: sorted(found, key=lambda path: path.cost) for i, found in paths.items()}

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
        """The map applied to a batch of pairs of features; weights (num_weights,), or with an axis
        for the batch.
        """
        if weights.ndim == 2:
            weights = jnp.pad(weights, ((0, 0), (0, a.batch - weights.shape[1])), mode="edge")
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
            d = self._target.dims[i]
            if w.ndim == 2:  # weights of its own for each vector of the batch
                w = w.reshape(q, n, 1, batch)
                z = part.reshape(q, 1 if is_full else n, d, batch)
                z = jnp.sum(w * z, axis=0)
            elif is_full:
                z = times(w.reshape(q, n).T, part.reshape(q, d, batch))
            else:
                z = part.reshape(q, n, d, batch)
                z = jnp.sum(w.reshape(q, n, 1, 1) * z, axis=0)
            components[i] = z
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
        entries = path.entries
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
    """Couplings of a component with itself, recombined to symmetric and then antisymmetric ones.

    Exchanging the arguments acts on the coefficients of couplings, with eigenvalues 1 and -1. The
    parts have canonical bases there, so that they depend on no coordinates of the component.
    """
    swap = np.einsum("pkij,qkji->pq", couplings.conj(), couplings)
    signs, vectors = np.linalg.eigh((swap + swap.conj().T) / 2)
    for sign in (1, -1):
        part = canonical_basis(vectors[:, sign * signs > 0])
        yield from ((np.tensordot(vector, couplings, 1), sign) for vector in part.T)


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
    """The `TensorProductMap` of two representations, made once, for layers that are traced again.

    Args:
        rep_a: the first factor.
        rep_b: the second; None for products of the first with itself.
        rep_out: the target.
        connections: which copies are multiplied, as of `tensor_product`.
        frame: coordinates that it shares with other maps.
        rtol: as of `Rep.equivariant_basis`.
    """
    return TensorProductMap(rep_a, rep_b, rep_out, connections, frame, rtol)
