"""Representations and their algebra: direct sums, tensor products, duals, multiplicities.

A `Rep` is a typed vector space: it belongs to a group and says how the group's elements act on its
coordinates. It is atomic (`atomic.py`, `defining.py`), or it is a function of others: the sums,
products and linear maps here, and those of `atomic.py`, which are both.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import prod
from typing import NoReturn

import numpy as np

from constrainet.arguments import as_count, names_elsewhere
from constrainet.groups import Group
from constrainet.linalg import BlockDiagonal, KroneckerProduct, KroneckerSum, digest
from constrainet.reps.action import Action, block_diagonal
from constrainet.reps.notation import with_multiplicity, with_power
from constrainet.reps.question import Piece, Question, outer, to_common_group, under_one_group

MOST_FACTORS = 60
"""Of a tensor product, each an axis of an array; two axes more are needed beside them."""


@names_elsewhere(
    {"size": "rep.dim", "rho_dense": "rep.rho(g)", "drho_dense": "rep.drho(A)", "G": "rep.group"}
)
@dataclass(frozen=True, eq=False, repr=False)
class Rep(Action):
    """A finite-dimensional representation of a group, in coordinates.

    Made by `V`, `T` and `Scalar`, and composed by `a + b` (direct sum), `a * b` (tensor product),
    `a ** k` (tensor power), `3 * a` (multiplicity), `a + 3` (three scalars more), `a.T` (dual) and
    `a >> b` (the linear maps from a to b). Representations of different groups compose to one of
    the product of the groups. Immutable; equal if group and structure are.

    Attributes:
        group: the group that acts.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> rep = 5 * Scalar(SO(3)) + 5 * V(SO(3))
        >>> print(rep, rep.dim)
        5V⁰⊕5V 20
        >>> (rep >> V(SO(3))).equivariant_basis().rank
        5
    """

    @property
    @abstractmethod
    def T(self) -> Rep:
        """The dual: `ρ*(g) = ρ(g)⁻ᵀ`, `dρ*(A) = -dρ(A)ᵀ`. The dual of the dual is `self`."""

    @property
    def question(self) -> Question:
        """The maps whose entries, row by row, are the invariant vectors of this."""
        return Question(tensor_product(self.group, []), self)

    def __add__(self, other) -> Rep:
        other = self._as_summand(other)
        if other is None:
            return NotImplemented
        a, b = to_common_group(self, other)
        return direct_sum(a.group, [*a.summands, *b.summands])

    def __radd__(self, other) -> Rep:
        scalars = self._as_summand(other)
        return NotImplemented if scalars is None else scalars + self

    def _as_summand(self, other) -> Rep | None:
        """A representation itself; n as n scalars, so that `sum` may start from 0."""
        if isinstance(other, Rep):
            return other
        count = as_count(other, "a number of scalars")
        return None if count is None else tensor_product(self.group, []) * count

    def __mul__(self, other) -> Rep:
        if isinstance(other, Rep):
            a, b = to_common_group(self, other)
            return tensor_product(a.group, [*a.tensor_factors, *b.tensor_factors])
        count = as_count(other, "a multiplicity")
        if count is None:
            return NotImplemented
        return direct_sum(self.group, self.summands * count)

    def __rmul__(self, other) -> Rep:
        return self * other

    def __pow__(self, power) -> Rep:
        count = as_count(power, "a tensor power")
        if count is None:
            return NotImplemented
        return tensor_product(self.group, self.tensor_factors * count)

    def __rshift__(self, other) -> LinearMaps:
        if not isinstance(other, Rep):
            return NotImplemented
        source, target = under_one_group(self, other)
        factors = (*target.tensor_factors, *source.T.tensor_factors)
        return LinearMaps(source.group, factors, source, target)

    def __lshift__(self, other) -> NoReturn:
        raise TypeError(
            f"There is no `<<`: write `a >> b` for the linear maps from a to b = {self}."
        )

    def __call__(self, *args) -> NoReturn:
        raise TypeError(
            f"{self} is a representation of {self.group} and is not called: representations belong "
            "to a group from birth. Leave the call out; for another group G, write it with `V(G)`."
        )

    @property
    def summands(self) -> tuple[tuple[Rep, int], ...]:
        """Pairs (representation, multiplicity) that this is the direct sum of, in order."""
        return ((self, 1),)

    @property
    def tensor_factors(self) -> tuple[Rep, ...]:
        """The representations that this is the tensor product of, in order."""
        return (self,)

    def __repr__(self):
        return f"Rep({self}, group={self.group})"


@dataclass(frozen=True, eq=False, repr=False)
class Derived(Rep):
    """A representation that is a function of others, its operands.

    The dual is the same function of their duals, and what is said of its kind holds if it holds of
    all of them.
    """

    @property
    @abstractmethod
    def operands(self) -> tuple[Rep, ...]:
        """The representations that it is a function of."""

    @abstractmethod
    def of(self, group: Group, operands: Sequence[Rep]) -> Rep:
        """The same function of other representations, a representation of `group`."""

    @cached_property
    def T(self) -> Rep:
        duals = tuple(rep.T for rep in self.operands)
        return self if duals == self.operands else self.of(self.group, duals)

    def lift(self, group, places):
        return self.of(group, [rep.lift(group, places) for rep in self.operands])

    @cached_property
    def is_permutation(self) -> bool:
        return all(rep.is_permutation for rep in self.operands)

    @cached_property
    def is_unitary(self) -> bool:
        return all(rep.is_unitary for rep in self.operands)

    @cached_property
    def is_complex(self) -> bool:
        return any(rep.is_complex for rep in self.operands)

    @cached_property
    def is_joint(self) -> bool:
        return any(rep.is_joint for rep in self.operands)


@dataclass(frozen=True, eq=False, repr=False)
class DirectSum(Derived):
    """The direct sum of representations of one group; made by `direct_sum`.

    Attributes:
        parts: pairs (representation, multiplicity); neighbours differ.
    """

    parts: tuple[tuple[Rep, int], ...]

    @cached_property
    def dim(self) -> int:
        return sum(rep.dim * count for rep, count in self.parts)

    @property
    def operands(self) -> tuple[Rep, ...]:
        return tuple(rep for rep, _ in self.parts)

    def of(self, group, operands):
        counts = (count for _, count in self.parts)
        return direct_sum(group, list(zip(operands, counts, strict=True)))

    @property
    def summands(self) -> tuple[tuple[Rep, int], ...]:
        return self.parts

    @cached_property
    def key(self) -> bytes:
        return digest("sum", self.group.key, tuple((rep.key, count) for rep, count in self.parts))

    def pieces(self, symmetries):
        pieces, start = [], 0
        for rep, count in self.parts:
            starts = start + rep.dim * np.arange(count)
            for atoms, indices in rep.pieces(symmetries):
                shifted = np.add.outer(starts, indices)
                pieces.append((atoms, shifted.reshape(-1, *indices.shape[1:])))
            start += rep.dim * count
        return pieces

    def _rho(self, blocks):
        return self._copies(blocks, [(rep._rho(blocks), count) for rep, count in self.parts])

    def _drho(self, blocks):
        return self._copies(blocks, [(rep._drho(blocks), count) for rep, count in self.parts])

    def _copies(self, blocks, matrices):
        g = blocks[0]
        xp = g.__array_namespace__()
        copies = [xp.kron(np.eye(count, dtype=m.dtype), m) for m, count in matrices]
        return block_diagonal(copies or [xp.zeros((0, 0), dtype=g.dtype)])

    def _act(self, blocks, x):
        results, start = [x[..., :0]], 0
        for rep, count in self.parts:
            stop = start + rep.dim * count
            part = x[..., start:stop].reshape(*x.shape[:-1], count, rep.dim)
            results.append(rep._act(blocks, part).reshape(*x.shape[:-1], stop - start))
            start = stop
        return x.__array_namespace__().concat(results, axis=-1)

    def _images(self, place):
        factor = self.group.factors[place]
        images = [(rep._images(place), count) for rep, count in self.parts]
        numbers = len(factor.discrete_matrices), len(factor.lie_algebra)
        return tuple(
            [
                BlockDiagonal([(KroneckerProduct([image[kind][i]]), n) for image, n in images])
                for i in range(number)
            ]
            for kind, number in enumerate(numbers)
        )

    def __str__(self):
        return "⊕".join(with_multiplicity(str(rep), count) for rep, count in self.parts) or "0"


@dataclass(frozen=True, eq=False, repr=False)
class TensorProduct(Derived):
    """The tensor product of representations of one group; made by `tensor_product`.

    Coordinates are in row-major order of the factors. The empty product is the trivial
    representation.

    Attributes:
        factors: the factors, none of them a product itself.
    """

    factors: tuple[Rep, ...]

    def __post_init__(self):
        if len(self.factors) > MOST_FACTORS:
            raise ValueError(
                f"A tensor product should have at most {MOST_FACTORS} factors, because NumPy's "
                f"arrays have at most 64 axes. Got {len(self.factors)}."
            )

    @cached_property
    def dim(self) -> int:
        return prod(rep.dim for rep in self.factors)

    @property
    def operands(self) -> tuple[Rep, ...]:
        return self.factors

    def of(self, group, operands):
        return tensor_product(group, operands)

    @property
    def tensor_factors(self) -> tuple[Rep, ...]:
        return self.factors

    @cached_property
    def key(self) -> bytes:
        return digest("product", self.group.key, tuple(rep.key for rep in self.factors))

    def pieces(self, symmetries):
        products: list[Piece] = [((), np.zeros(1, np.intp))]
        for rep in self.factors:
            products = [
                (left_atoms + right_atoms, outer(left, right, rep.dim))
                for left_atoms, left in products
                for right_atoms, right in rep.pieces(symmetries)
            ]
        return products

    @property
    def question(self):
        dims = [rep.dim for rep in self.factors]
        # both sides are as close in size as can be
        cut = min(range(len(dims), -1, -1), key=lambda k: max(prod(dims[:k]), prod(dims[k:])))
        source = tensor_product(self.group, [rep.T for rep in self.factors[cut:]])
        return Question(source, tensor_product(self.group, self.factors[:cut]))

    def _rho(self, blocks):
        xp = blocks[0].__array_namespace__()
        matrix = xp.ones((1, 1), dtype=blocks[0].dtype)
        for rep in self.factors:
            matrix = xp.kron(matrix, rep._rho(blocks))
        return matrix

    def _drho(self, blocks):
        xp = blocks[0].__array_namespace__()
        total, dims = xp.zeros((self.dim, self.dim), dtype=blocks[0].dtype), 1
        for rep in self.factors:
            before = xp.eye(dims, dtype=blocks[0].dtype)
            dims *= rep.dim
            after = xp.eye(self.dim // dims, dtype=blocks[0].dtype)
            total = total + xp.kron(xp.kron(before, rep._drho(blocks)), after)
        return total

    def _act(self, blocks, x):
        xp = x.__array_namespace__()
        lead, first = x.shape[:-1], x.ndim - 1
        tensor = x.reshape((*lead, *(rep.dim for rep in self.factors)))
        for i, rep in enumerate(self.factors):
            moved = rep._act(blocks, xp.moveaxis(tensor, first + i, -1))
            tensor = xp.moveaxis(moved, -1, first + i)
        return tensor.reshape(*lead, self.dim)

    def _images(self, place):
        images = [rep._images(place) for rep in self.factors]
        if not images:
            factor = self.group.factors[place]
            ones = [KroneckerProduct([]) for _ in factor.discrete_matrices]
            return ones, [KroneckerSum([]) for _ in factor.lie_algebra]
        discrete, infinitesimal = zip(*images, strict=True)
        return (
            [KroneckerProduct(matrices) for matrices in zip(*discrete, strict=True)],
            [KroneckerSum(matrices) for matrices in zip(*infinitesimal, strict=True)],
        )

    def __str__(self):
        powers = [(rep, len(list(run))) for rep, run in groupby(self.factors)]
        texts = (f"({rep})" if isinstance(rep, DirectSum) else str(rep) for rep, _ in powers)
        pairs = zip(texts, powers, strict=True)
        return "⊗".join(with_power(text, count) for text, (_, count) in pairs) or "V⁰"


@dataclass(frozen=True, eq=False, repr=False)
class LinearMaps(TensorProduct):
    """The linear maps from one representation to another; made by `a >> b`.

    A map is the vector of its matrix's entries, row by row, so this is the tensor product of the
    target and the dual of the source; but two of them are equal only if both sides are.

    Attributes:
        factors: those of the target, and of the dual of the source.
        source: what is mapped from.
        target: what is mapped to.
    """

    source: Rep
    target: Rep

    @property
    def operands(self) -> tuple[Rep, ...]:
        return self.source, self.target

    def of(self, group, operands):
        source, target = operands
        return source >> target

    @cached_property
    def key(self) -> bytes:
        return digest("maps", self.source.key, self.target.key)

    @property
    def question(self):
        return Question(self.source, self.target)

    def __str__(self):
        return str(tensor_product(self.group, self.factors))


def direct_sum(group: Group, summands: Sequence[tuple[Rep, int]]) -> Rep:
    """The direct sum, in its simplest form: equal neighbours joined, a single summand itself."""
    runs = groupby((s for s in summands if s[1]), key=lambda summand: summand[0])
    parts = tuple((rep, sum(count for _, count in run)) for rep, run in runs)
    return parts[0][0] if len(parts) == 1 and parts[0][1] == 1 else DirectSum(group, parts)


def tensor_product(group: Group, factors: Sequence[Rep]) -> Rep:
    """The tensor product; of a single factor, that factor."""
    return factors[0] if len(factors) == 1 else TensorProduct(group, tuple(factors))
