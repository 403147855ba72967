"""Equivariant products of components with each other, channel by channel.

Two components λ₁ and λ₂ couple to a third, μ, in as many ways as there are equivariant maps from
λ₁ ⊗ λ₂ to μ: the Clebsch-Gordan coefficients, which the solver finds for any group. A *path* is one
of these ways. Copy c of μ in the target is a weighted sum over the paths that lead to μ, and along
each the c-th pair of copies is multiplied; which copies make a pair is fixed by counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations_with_replacement, groupby, pairwise
from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.coordinates import Coordinates
from constrainet.reps import Rep, under_one_group
from constrainet.solve import Component, Space, constant, decompose, intertwiners

NEGLIGIBLE = 1e-12
"""Entries of normalised couplings below this are rounding."""

FEW = 16
"""Couplings with at most so many entries (of scalars, dot and cross products) are applied entry by
entry, which the compiler fuses into one pass over the batch."""

LARGEST_PAIR = 4096
"""Pairs of components of more dimensions together are left out: they would take all the time."""


@dataclass(frozen=True, eq=False)
class Path:
    """One way to couple two components to a third.

    Args:
        left, right: the components that are multiplied.
        result: what they couple to.
        coupling: shape (d, d_left, d_right), of Frobenius norm 1.
    """

    left: int
    right: int
    result: int
    coupling: np.ndarray


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two components that are multiplied, and where their products go.

    Args:
        left, right: the components.
        copies: shape (2, count): which copies are multiplied with each other.
        results: for each component coupled to, the couplings (paths, d, d_left, d_right) and
            the place of their weights.
    """

    left: int
    right: int
    copies: np.ndarray
    results: dict[int, tuple[np.ndarray, slice]]


class BilinearMap:
    """Equivariant quadratic maps from one representation to another, channel by channel.

    Args:
        rep_in: the source, whose components are multiplied with each other.
        rep_out: the target.
        budget: multiplications per sample that the products may take. Where all paths would take
            more, the cheapest are used, and at least one to each component.

    Attributes:
        num_weights: one for each path and copy in the target.
        multiplications: per sample.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> inner = BilinearMap(V(O(3)), Scalar(O(3)), budget=100)
        >>> x = jnp.array([1.0, 2.0, 2.0])
        >>> abs(inner.apply(jnp.ones(1), x) * 3**0.5).round(3)
        Array([9.], dtype=float32)
    """

    def __init__(self, rep_in: Rep, rep_out: Rep, budget: int):
        self.rep_in, self.rep_out = rep_in, rep_out
        source, target = under_one_group(rep_in, rep_out)
        decomposition = decompose(source.space, target.space)
        self._source = Coordinates(source.space, decomposition.parts[0])
        self._target = Coordinates(target.space, decomposition.parts[1])
        copies = self._target.copies
        paths = _paths(decomposition.components, self._source.copies, copies)
        paths = _within_budget(paths, copies, budget)
        self.multiplications = self._source.multiplications + self._target.multiplications
        self.multiplications += sum(p.coupling.size * copies[p.result] for p in paths)
        self._num_paths = Counter(path.result for path in paths)
        self._pairs, self.num_weights = [], 0
        for (left, right), group in groupby(paths, key=lambda path: (path.left, path.right)):
            results = {}
            for result, parts in groupby(group, key=lambda path: path.result):
                couplings = np.stack([path.coupling for path in parts])
                stop = self.num_weights + len(couplings) * copies[result]
                results[result] = (couplings, slice(self.num_weights, stop))
                self.num_weights = stop
            count = max(copies[result] for result in results)
            self._pairs.append(_Pair(left, right, self._partners(left, right, count), results))

    def _partners(self, left: int, right: int, count: int) -> np.ndarray:
        """Which copies are multiplied: neighbours first, others every time round."""
        numbers = np.arange(count)
        num_left, num_right = self._source.copies[left], self._source.copies[right]
        return np.stack([numbers % num_left, (numbers + 1 + numbers // num_left) % num_right])

    @property
    def scales(self) -> np.ndarray:
        """Shape (num_weights,): the weights' deviations for which independent inputs of variance
        one give outputs of variance one.
        """
        scales = np.zeros(self.num_weights)
        for pair in self._pairs:
            for result, (couplings, place) in pair.results.items():
                scales[place] = np.sqrt(couplings.shape[1] / self._num_paths[result])
        return scales

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnames="self")
    def apply(self, weights: jax.Array, x: jax.Array) -> jax.Array:
        """The map applied to vectors, (..., dim_in) to (..., dim_out)."""
        if not self._pairs:
            return jnp.zeros((*x.shape[:-1], self.rep_out.dim), x.dtype)
        z = self._source.analyse(x.reshape(prod(x.shape[:-1]), self.rep_in.dim))
        totals: dict = {}
        for pair in self._pairs:
            left = _take_runs(z[pair.left], pair.copies[0])
            right = _take_runs(z[pair.right], pair.copies[1])
            for result, (couplings, place) in pair.results.items():
                count = self._target.copies[result]
                w = weights[place].reshape(len(couplings), count)
                part = _couple(couplings, w, left[..., :count], right[..., :count])
                totals[result] = totals[result] + part if result in totals else part
        return self._target.synthesise(totals).reshape(*x.shape[:-1], self.rep_out.dim)


def _take_runs(x: jax.Array, indices: np.ndarray) -> jax.Array:
    """`x[..., indices]` as slices: the gradient of a gather would be a slow scatter."""
    runs = np.split(indices, np.flatnonzero(np.diff(indices) != 1) + 1)
    return jnp.concatenate([x[..., run[0] : run[-1] + 1] for run in runs], axis=-1)


def _couple(couplings: np.ndarray, w: jax.Array, left: jax.Array, right: jax.Array) -> jax.Array:
    """The weighted sum over paths of products, copy by copy.

    Args:
        couplings: shape (paths, d, d_left, d_right).
        w: shape (paths, copies).
        left: shape (d_left, batch, copies).
        right: shape (d_right, batch, copies).

    Returns:
        shape (d, batch, copies).
    """
    parts = [_product(coupling, left, right) * w[p] for p, coupling in enumerate(couplings)]
    return sum(parts[1:], start=parts[0])


def _product(coupling: np.ndarray, left: jax.Array, right: jax.Array) -> jax.Array:
    """The products along one path, shape (d, batch, copies)."""
    entries = np.argwhere(np.abs(coupling) > NEGLIGIBLE)
    if len(entries) > FEW:
        return jnp.einsum("kij,ibc,jbc->kbc", constant(coupling, left), left, right)
    terms: list = [[] for _ in coupling]
    for k, i, j in entries:
        terms[k].append(constant(coupling[k, i, j], left) * left[i] * right[j])
    zero = jnp.zeros_like(left[0] * right[0])
    return jnp.stack([sum(each[1:], start=each[0]) if each else zero for each in terms])


@lru_cache(maxsize=256)
def bilinear_map(rep_in: Rep, rep_out: Rep, budget: int) -> BilinearMap:
    """`BilinearMap`, remembered: it is asked for again whenever a layer is traced."""
    return BilinearMap(rep_in, rep_out, budget)


def _paths(
    components: Sequence[Component], held: Iterable[int], wanted: Iterable[int]
) -> list[Path]:
    """All paths from pairs of held components to wanted ones, pair by pair."""
    paths, targets = [], sorted(wanted)
    for left, right in combinations_with_replacement(sorted(held), 2):
        if components[left].dim * components[right].dim > LARGEST_PAIR:
            continue
        found = couplings(components[left], components[right], [components[i] for i in targets])
        for target, each in zip(targets, found, strict=True):
            paths += [Path(left, right, target, coupling) for coupling in each]
    return paths


def _within_budget(paths: list[Path], copies: Mapping[int, int], budget: int) -> list[Path]:
    """The cheapest paths that stay within a budget, and one to each component, in order."""
    costs = [path.coupling.size * copies[path.result] for path in paths]
    kept, spent, reached = set(), 0, set()
    for i in sorted(range(len(paths)), key=lambda i: costs[i]):
        if spent + costs[i] <= budget or paths[i].result not in reached:
            kept.add(i)
            spent += costs[i]
            reached.add(paths[i].result)
    return [path for i, path in enumerate(paths) if i in kept]


def couplings(left: Component, right: Component, results: Sequence[Component]) -> list[np.ndarray]:
    """The Clebsch-Gordan coefficients from a pair of components to each of several others.

    Returns:
        For each result, shape (paths, d, d_left, d_right), orthonormal.
    """
    atoms = (*left.atoms, *right.atoms)
    indices = np.arange(left.dim * right.dim).reshape(1, *(atom.dim for atom in atoms))
    starts = np.cumsum([0, *(result.dim for result in results)])
    pieces = [
        (result.atoms, start + np.arange(result.dim).reshape(1, *(a.dim for a in result.atoms)))
        for result, start in zip(results, starts[:-1], strict=True)
    ]
    basis = intertwiners(Space.collect([(atoms, indices)]), Space.collect(pieces))
    dense = basis.to_dense().T.reshape(basis.rank, starts[-1], left.dim, right.dim)
    found = []
    for start, stop in pairwise(starts):
        # each basis vector lies in the rows of one result
        inside = np.abs(dense[:, start:stop]).max(axis=(1, 2, 3), initial=0) > 0
        found.append(dense[inside, start:stop])
    return found
