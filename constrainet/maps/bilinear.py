"""Equivariant products of components with each other, channel by channel.

Two components λ₁ and λ₂ couple to a third, μ, in as many ways as there are equivariant maps from
λ₁ ⊗ λ₂ to μ: the Clebsch-Gordan coefficients, which the solver finds for any group. A *path* is one
of these ways. Every copy of μ in the target is the product of two input copies along one path, with
a weight of its own; which path and which copies is fixed by counting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations_with_replacement, pairwise

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.coordinates import Coordinates
from constrainet.reps import Rep, under_one_group
from constrainet.solve import Component, Space, constant, decompose, intertwiners

LARGEST_PAIR = 4096
"""Pairs of components of more dimensions together are left out: they would take all the time."""


@dataclass(frozen=True, eq=False)
class Path:
    """One way to couple two components to a third.

    Args:
        left, right: the components that are multiplied.
        coupling: shape (d, d_left, d_right), of Frobenius norm 1.
    """

    left: int
    right: int
    coupling: np.ndarray

    @property
    def dim(self) -> int:
        """Of the result."""
        return len(self.coupling)


@dataclass(frozen=True, eq=False)
class _Slot:
    """Copies of the target that are products along one path.

    Args:
        path: the path.
        left, right: for each copy, which copies of the source are multiplied.
    """

    path: Path
    left: np.ndarray
    right: np.ndarray

    @property
    def count(self) -> int:
        return len(self.left)


class BilinearMap:
    """Equivariant quadratic maps from one representation to another, channel by channel.

    Every copy in the target is one product of two copies in the source. The copies of a component
    are dealt out among the paths that lead to it, cheap paths first.

    Args:
        rep_in: the source, whose components are multiplied with each other.
        rep_out: the target.

    Attributes:
        num_weights: the number of weights, one for each copy in the target that a path leads to.
        multiplications: per sample.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> inner = BilinearMap(V(O(3)), Scalar(O(3)))
        >>> x = jnp.array([1.0, 2.0, 2.0])
        >>> abs(inner.apply(jnp.ones(1), x) * 3**0.5).round(3)
        Array([9.], dtype=float32)
    """

    def __init__(self, rep_in: Rep, rep_out: Rep):
        self.rep_in, self.rep_out = rep_in, rep_out
        source, target = under_one_group(rep_in, rep_out)
        decomposition = decompose(source.space, target.space)
        self._source = Coordinates(source.space, decomposition.parts[0])
        self._target = Coordinates(target.space, decomposition.parts[1])
        paths = _paths(decomposition.components, self._source.copies, self._target.copies)
        self._slots = {
            component: self._deal(paths[component], copies)
            for component, copies in self._target.copies.items()
            if paths[component]
        }
        slots = [slot for group in self._slots.values() for slot in group]
        self.num_weights = sum(slot.count for slot in slots)
        self.multiplications = self._source.multiplications + self._target.multiplications
        self.multiplications += sum(slot.path.coupling.size * slot.count for slot in slots)

    def _deal(self, paths: Sequence[Path], copies: int) -> list[_Slot]:
        """Deals copies out among paths, and input copies among those."""
        paths = paths[:copies]
        shares = [copies // len(paths) + (i < copies % len(paths)) for i in range(len(paths))]
        slots, start = [], 0
        for path, count in zip(paths, shares, strict=True):
            numbers = start + np.arange(count)
            left = numbers % self._source.copies[path.left]
            # each copy meets another one every time round
            right = (numbers + 1 + numbers // self._source.copies[path.left]) % (
                self._source.copies[path.right]
            )
            slots.append(_Slot(path, left, right))
            start += count
        return slots

    @property
    def scales(self) -> np.ndarray:
        """Shape (num_weights,): the weights' deviations for which independent inputs of variance
        one give outputs of variance one.
        """
        slots = [slot for group in self._slots.values() for slot in group]
        return np.concatenate([np.zeros(0), *(np.full(s.count, s.path.dim**0.5) for s in slots)])

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnames="self")
    def apply(self, weights: jax.Array, x: jax.Array) -> jax.Array:
        """The map applied to vectors, (..., dim_in) to (..., dim_out)."""
        if not self._slots:
            return jnp.zeros((*x.shape[:-1], self.rep_out.dim), x.dtype)
        z = self._source.analyse(x.reshape(-1, self.rep_in.dim))
        results, start = {}, 0
        for component, slots in self._slots.items():
            stop = start + sum(slot.count for slot in slots)
            products = jnp.concatenate([_product(slot, z) for slot in slots], axis=-1)
            results[component] = products * weights[start:stop]
            start = stop
        return self._target.synthesise(results).reshape(*x.shape[:-1], self.rep_out.dim)


@lru_cache(maxsize=256)
def bilinear_map(rep_in: Rep, rep_out: Rep) -> BilinearMap:
    """`BilinearMap`, remembered: it is asked for again whenever a layer is traced."""
    return BilinearMap(rep_in, rep_out)


def _product(slot: _Slot, z) -> jax.Array:
    """The coupling of two components, copy by copy: (d, batch, count)."""
    left = jnp.take(z[slot.path.left], slot.left, axis=2)
    right = jnp.take(z[slot.path.right], slot.right, axis=2)
    d, a, b = slot.path.coupling.shape
    pairs = (left[:, None] * right[None]).reshape(a * b, -1)
    product = constant(slot.path.coupling.reshape(d, a * b), pairs) @ pairs
    return product.reshape(d, *left.shape[1:])


def _paths(
    components: Sequence[Component], held: Iterable[int], wanted: Iterable[int]
) -> dict[int, list[Path]]:
    """For each wanted component, the paths from pairs of held ones, cheap ones first."""
    targets = sorted(wanted)
    paths: dict[int, list[Path]] = {target: [] for target in targets}
    for left, right in combinations_with_replacement(sorted(held), 2):
        if components[left].dim * components[right].dim > LARGEST_PAIR:
            continue
        found = couplings(components[left], components[right], [components[i] for i in targets])
        for target, each in zip(targets, found, strict=True):
            paths[target] += [Path(left, right, coupling) for coupling in each]
    for target in targets:
        paths[target].sort(key=lambda path: path.coupling.size)
    return paths


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
