"""The defining representations: those from which all others are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import aslinearoperator

from constrainet.groups import Group
from constrainet.linalg import Monomial, digest
from constrainet.reps.atomic import joint_atom
from constrainet.reps.notation import with_factor
from constrainet.reps.rep import Rep


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

    @property
    def is_joint(self) -> bool:
        return False

    @cached_property
    def key(self) -> bytes:
        return digest("defining", self.group.key, self.place, self.is_dual)

    def lift(self, group, places):
        return replace(self, group=group, place=places[self.place])

    def pieces(self, symmetries):
        if symmetries.is_joint:
            atom = joint_atom(self, symmetries)
        else:
            atom = symmetries.of(self.group)[self.place].defining
            atom = atom.dual if self.is_dual else atom
        return [((atom,), np.arange(self.dim)[None])]

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
        return with_factor("V", self.group, self.place) + "*" * self.is_dual
