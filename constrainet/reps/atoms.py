"""The atomic representations: those given by matrices and not composed of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import aslinearoperator

from constrainet.groups import Group
from constrainet.linalg import Matrix, Monomial, digest
from constrainet.reps.rep import Rep
from constrainet.solve import Atom, Symmetry
from constrainet.tolerances import EXACT

NEGLIGIBLE = 1e-14
"""A Lie generator smaller than this fraction of the largest is rounding, and is left out."""


@dataclass(frozen=True, eq=False, repr=False)
class Defining(Rep):
    """The defining representation of one factor of a group, or its dual.

    Attributes:
        place: which factor of `group.factors`.
        is_dual: whether this is the dual.
    """

    place: int = 0
    is_dual: bool = False

    @property
    def factor(self) -> Group:
        """The factor that acts."""
        return self.group.factors[self.place]

    @property
    def dim(self) -> int:
        return self.factor.dim

    @cached_property
    def T(self) -> Rep:
        # inverse transposes of orthogonal matrices are the matrices themselves
        return self if self.factor.is_orthogonal else replace(self, is_dual=not self.is_dual)

    @property
    def is_permutation(self) -> bool:
        return self.factor.is_permutation

    @property
    def is_unitary(self) -> bool:
        return self.factor.is_unitary

    @property
    def is_complex(self) -> bool:
        return self.factor.is_complex

    @cached_property
    def key(self) -> bytes:
        return digest("defining", self.group.key, self.place, self.is_dual)

    def lift(self, group, places):
        return replace(self, group=group, place=places[self.place])

    def pieces(self):
        # factors that differ only in the scale of their generators are one symmetry to the solver,
        # but act independently all the same
        symmetry = _defining_atom(self.factor, 0).symmetry
        earlier = self.group.factors[: self.place]
        copies = sum(_defining_atom(factor, 0).symmetry == symmetry for factor in earlier)
        atom = _defining_atom(self.factor, copies)
        return [((atom.dual if self.is_dual else atom,), np.arange(self.dim)[None])]

    def _rho(self, blocks):
        g = blocks[self.place]
        if not self.is_dual:
            return g
        return g.conj() if self.is_unitary else g.__array_namespace__().linalg.inv(g).T

    def _drho(self, blocks):
        A = blocks[self.place]
        return -A.T if self.is_dual else A

    def _act(self, blocks, x):
        return x @ self._rho(blocks).T

    def _images(self, place):
        generators = self.group.factors[place]
        if place != self.place:
            identity = Monomial(np.arange(self.dim))
            zero = aslinearoperator(csr_array((self.dim, self.dim)))
            return [identity for _ in generators.discrete_matrices], [
                zero for _ in generators.lie_algebra
            ]
        discrete, lie = generators.discrete_matrices, generators.lie_algebra
        if not self.is_dual:
            return list(discrete), list(lie)
        inverse_transposes = [
            h.conj() if isinstance(h, Monomial) or self.is_unitary else np.linalg.inv(h).T
            for h in discrete
        ]
        return inverse_transposes, [-A.T for A in lie]

    def __str__(self):
        name = "V" if len(self.group.factors) == 1 else f"V_{self.factor}"
        if self.group.factors.count(self.factor) > 1:
            name += f"#{self.place}"
        return name + "*" * self.is_dual


@lru_cache(maxsize=256)
def _defining_atom(factor: Group, copy: int) -> Atom:
    """The solver's atom for a group's own matrices, with Lie generators scaled to norm one.

    Args:
        factor: the group.
        copy: tells several factors of a product that are equal apart.
    """
    norms = np.linalg.norm(factor.lie_algebra, 2, axis=(1, 2))
    kept = norms > NEGLIGIBLE * norms.max(initial=0)
    lie = factor.lie_algebra[kept] / norms[kept, None, None]
    stretches = [log for h in factor.discrete_matrices if (log := _logarithm(h)) is not None]
    discrete = tuple(h for h in factor.discrete_matrices if _logarithm(h) is None)
    lie = np.concatenate([lie, *(log[None] for log in stretches)])
    symmetry = Symmetry(discrete, lie, copy)
    return Atom(symmetry, symmetry.discrete, symmetry.infinitesimal, factor.dim)


def _logarithm(matrix: Matrix) -> np.ndarray | None:
    """Of a stretch: of a Hermitian matrix with positive eigenvalues; None of any other.

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
