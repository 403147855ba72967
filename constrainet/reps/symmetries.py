"""In which symmetries a representation is put to the solver.

The solver knows generators, as symmetries that act independently of each other. Each factor of a
product of groups is one, which is what makes `V(SO(3)) * V(S(5))` two small problems. That is not
always possible: an irreducible representation of SO(2) × SO(2) may turn under both factors at once
and be no tensor product. Then all generators of the product are one symmetry. Representations
that meet in a question are put to the solver in common symmetries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from constrainet.groups import Group
from constrainet.linalg import (
    Matrix,
    Monomial,
    are_hermitian,
    are_orthogonal,
    moved,
    tight_combinations,
    to_dense,
)
from constrainet.solve import Atom, Symmetry
from constrainet.tolerances import EXACT

Piece = tuple[tuple[Atom, ...], np.ndarray]
"""Atoms in any order, and the coordinates of their tensor product: (multiplicity, *dims)."""


@dataclass(frozen=True)
class Symmetries:
    """Which generators of a group act together, and how they are written.

    Args:
        is_joint: whether all factors of the group are one symmetry, not one each.
        is_real: whether only real representations meet; then complex generators are written as
            real matrices of twice the size, so that irreducibles and maps are real as well.
    """

    is_joint: bool = False
    is_real: bool = False

    def of(self, group: Group) -> tuple[Presentation, ...]:
        """The generators as the solver gets them: one presentation, or one for each factor."""
        if self.is_joint:
            return (_present(group, 0, False, self.is_real),)
        return tuple(
            _present(factor, place, True, self.is_real)
            for place, factor in enumerate(group.factors)
        )


ROUNDING = 1e-14
"""Weights of a combination below this fraction of the largest, and sums below this fraction of
their terms, are zero but for rounding."""


@dataclass(frozen=True, eq=False)
class Presentation:
    """Which generators of a group make a symmetry, and how they are scaled.

    Args:
        symmetry: the generators themselves.
        discrete: places of the discrete generators that are kept as such.
        lie: places of the Lie generators that are not zero.
        norms: what each of these is divided by.
        mix: the combinations, shape (D, D), that are then taken; None if none are needed.
    """

    symmetry: Symmetry
    discrete: tuple[int, ...]
    lie: np.ndarray
    norms: np.ndarray
    mix: np.ndarray | None = None

    @cached_property
    def defining(self) -> Atom:
        """The generators themselves."""
        symmetry = self.symmetry
        dim = symmetry.infinitesimal.shape[1]
        return Atom(symmetry, symmetry.discrete, symmetry.infinitesimal, dim)

    def atom(self, discrete: Sequence[Matrix], lie: np.ndarray) -> Atom:
        """The images of the symmetry's generators on another space.

        Args:
            discrete: the images of all discrete generators of the group.
            lie: the images of all Lie generators, shape (D, n, n).
        """
        kept = tuple(discrete[i] for i in self.discrete)
        infinitesimal = lie[self.lie] / self.norms[:, None, None]
        if self.mix is not None:
            infinitesimal = _mixed(self.mix, infinitesimal)
        return Atom(self.symmetry, kept, infinitesimal, lie.shape[1])


@lru_cache(maxsize=256)
def _present(group: Group, label: int, use_logarithms: bool, is_real: bool) -> Presentation:
    """The symmetry of a group's own matrices, with Lie generators scaled to norm one.

    Sizes are those in even units. Generators that are not orthogonal there, some of which may
    almost or entirely depend on others, give way to combinations that cover their span evenly.
    """
    kept = np.flatnonzero(group.lie_algebra.any(axis=(1, 2)))
    generators, mix = group.lie_algebra[kept], None
    units = np.ones(group.dim)
    if len(kept) and not are_hermitian(generators):
        sizes = np.linalg.norm(generators, axis=(1, 2), keepdims=True)
        symmetry = Symmetry(tuple(group.discrete_matrices), generators / sizes, label)
        given = Atom(symmetry, symmetry.discrete, symmetry.infinitesimal, group.dim)
        units = units if given.units is None else given.units
    norms = np.linalg.norm(moved(generators, units), 2, axis=(1, 2))
    generators = generators / norms[:, None, None]
    if len(kept) and not are_orthogonal(moved(generators, units)):
        mix = tight_combinations(moved(generators, units))
        mix[np.abs(mix) < ROUNDING * np.abs(mix).max()] = 0
        generators = _mixed(mix, generators)
    logarithms, discrete = [], []
    for i, h in enumerate(group.discrete_matrices):
        if use_logarithms and (log := logarithm_of_stretch(h)) is not None:
            logarithms.append(log)
        else:
            discrete.append(i)
    stretches = np.array(logarithms).reshape(-1, group.dim, group.dim)
    matrices = tuple(group.discrete_matrices[i] for i in discrete)
    lie = np.concatenate([generators, stretches])
    if is_real and group.is_complex:
        matrices = tuple(realified(to_dense(h)) for h in matrices)
        lie = realified(lie)
    symmetry = Symmetry(matrices, lie, label)
    return Presentation(symmetry, tuple(discrete), kept, norms, mix)


def _mixed(mix: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Combinations with zeros where terms cancel: units would be read from the rounding left."""
    found = np.tensordot(mix, matrices, 1)
    terms = np.tensordot(np.abs(mix), np.abs(matrices), 1)
    return np.where(np.abs(found) < ROUNDING * terms, 0, found)


def realified(matrices):
    """Complex matrices (..., n, n) on Cⁿ as real ones on R²ⁿ: real parts, then imaginary parts."""
    xp = matrices.__array_namespace__()
    real, imaginary = xp.real(matrices), xp.imag(matrices)
    upper = xp.concat([real, -imaginary], axis=-1)
    return xp.concat([upper, xp.concat([imaginary, real], axis=-1)], axis=-2)


def logarithm_of_stretch(matrix: Matrix) -> np.ndarray | None:
    """Of a Hermitian matrix with positive eigenvalues; None of any other.

    A stretch and its logarithm, taken as a Lie generator, have the same invariants in every tensor
    product; the logarithm stays of moderate size there, and is closed under the adjoint.
    """
    if isinstance(matrix, Monomial):
        return None
    scale = np.abs(matrix).max()
    if np.abs(matrix - matrix.conj().T).max() > EXACT * scale:
        return None
    values, vectors = np.linalg.eigh(matrix)
    if values[0] <= 0 or np.allclose(values, 1, rtol=0, atol=EXACT):
        return None
    logarithms = np.log(values)
    return (vectors * (logarithms / np.abs(logarithms).max())) @ vectors.conj().T


def outer(left: np.ndarray, right: np.ndarray, dim: int) -> np.ndarray:
    """The coordinates of the products of pieces: (m, *a) and (n, *b) to (m·n, *a, *b)."""
    outer = np.add.outer(left * dim, right)
    outer = np.moveaxis(outer, left.ndim, 1)
    return outer.reshape(-1, *left.shape[1:], *right.shape[1:])
