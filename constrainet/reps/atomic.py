"""Representations that are known by the images of the generators.

To the solver such a representation is one atom. Where only one factor of the group acts, the atom
belongs to that factor, and products with representations of other factors stay products; where
several act on it together, all generators of the group are put to the solver as one symmetry.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from constrainet.linalg import KroneckerProduct, Matrix, Monomial, even_sizes, tidied, to_dense
from constrainet.reps.rep import Rep
from constrainet.reps.symmetries import Symmetries, logarithm_of_stretch
from constrainet.solve import Atom
from constrainet.tolerances import EXACT

ROUNDING = 1e-12
"""Entries of unitary matrices below this are zero: a hundred times what a product of them loses."""


@dataclass(frozen=True, eq=False, repr=False)
class AtomicRep(Rep):
    """A representation given by matrices, and not composed of others."""

    @abstractmethod
    def matrices(self, place: int) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray]]:
        """The dense images of one factor's discrete generators, and of its Lie generators."""

    @cached_property
    def _all_images(self) -> tuple[tuple[tuple[Matrix, ...], np.ndarray], ...]:
        """For each factor the images of its discrete generators, and of its Lie generators."""
        found = []
        for place in range(len(self.group.factors)):
            discrete, lie = self.matrices(place)
            stacked = np.zeros((len(lie), self.dim, self.dim), np.result_type(float, *lie))
            sizes = even_sizes(self.group.factors[place].lie_algebra)
            for row, matrix, size in zip(stacked, lie, sizes, strict=True):
                if np.abs(matrix).max(initial=0) > ROUNDING * size:
                    row[:] = matrix
            found.append((tuple(tidied(matrix) for matrix in discrete), stacked))
        return tuple(found)

    def _images(self, place):
        discrete, lie = self._all_images[place]
        return list(discrete), list(lie)

    @cached_property
    def is_permutation(self) -> bool:
        return all(
            not lie.any() and all(isinstance(h, Monomial) and h.is_permutation for h in discrete)
            for discrete, lie in self._all_images
        )

    @cached_property
    def is_unitary(self) -> bool:
        return all(
            all(isinstance(h, Monomial) or _is_unitary(h) for h in discrete)
            and _are_anti_hermitian(lie)
            for discrete, lie in self._all_images
        )

    @cached_property
    def acting(self) -> tuple[int, ...]:
        """The places of the factors of the group that move anything."""
        return tuple(
            place
            for place, (discrete, lie) in enumerate(self._all_images)
            if lie.any() or not all(_is_identity(h) for h in discrete)
        )

    @cached_property
    def is_joint(self) -> bool:
        # a stretch is put to the solver by its logarithm, whose image is not always known
        factors = [self.group.factors[place] for place in self.acting]
        return len(factors) > 1 or any(
            logarithm_of_stretch(h) is not None for f in factors for h in f.discrete_matrices
        )

    def pieces(self, symmetries):
        if not self.acting:
            return [((), np.arange(self.dim))]
        if symmetries.is_joint:
            atom = joint_atom(self, symmetries)
        else:
            (place,) = self.acting
            atom = symmetries.of(self.group)[place].atom(*self._all_images[place])
        return [((atom,), np.arange(self.dim)[None])]


def joint_atom(rep: Rep, symmetries: Symmetries) -> Atom:
    """The images of all generators of a group, as those of one symmetry."""
    places = range(len(rep.group.factors))
    discrete = [_matrix(h) for place in places for h in rep._images(place)[0]]
    lie = [A for place in places for A in dense_images(rep, place)[1]]
    stacked = np.array(lie).reshape(-1, rep.dim, rep.dim)
    return symmetries.of(rep.group)[0].atom(discrete, stacked)


def dense_images(rep: Rep, place: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The images of the discrete and Lie generators of one factor of a group, as arrays."""
    discrete, lie = rep._images(place)
    return [to_dense(KroneckerProduct([h])) for h in discrete], [
        to_dense(KroneckerProduct([A])) for A in lie
    ]


def _matrix(operator) -> Matrix:
    return operator if isinstance(operator, Monomial) else to_dense(KroneckerProduct([operator]))


def _is_unitary(matrix: np.ndarray) -> bool:
    return bool(np.abs(matrix @ matrix.conj().T - np.eye(len(matrix))).max(initial=0) <= EXACT)


def _are_anti_hermitian(matrices: np.ndarray) -> bool:
    """Whether each is, relative to its own size: generators may differ in size by any factor."""
    misses = np.abs(matrices + matrices.conj().swapaxes(1, 2)).max(axis=(1, 2), initial=0)
    return bool(np.all(misses <= EXACT * np.abs(matrices).max(axis=(1, 2), initial=0)))


def _is_identity(matrix: Matrix) -> bool:
    if isinstance(matrix, Monomial):
        return matrix.is_permutation and np.array_equal(
            matrix.images, np.arange(len(matrix.images))
        )
    return bool(np.abs(matrix - np.eye(len(matrix))).max(initial=0) <= ROUNDING)
