"""Duals of representations that know no better way to write them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from constrainet.linalg import digest
from constrainet.reps.atomic import AtomicRep
from constrainet.reps.notation import dual_label
from constrainet.reps.rep import Rep


@dataclass(frozen=True, eq=False, repr=False)
class Dual(AtomicRep):
    """ρ*(g) = ρ(g)⁻ᵀ; made by `dual`.

    Attributes:
        rep: ρ.
    """

    rep: AtomicRep

    @property
    def dim(self) -> int:
        return self.rep.dim

    @property
    def is_complex(self) -> bool:
        return self.rep.is_complex

    @property
    def T(self) -> Rep:
        return self.rep

    @cached_property
    def key(self) -> bytes:
        return digest("dual", self.rep.key)

    def lift(self, group, places):
        return self.rep.lift(group, places).T

    def matrices(self, place):
        discrete, lie = self.rep.matrices(place)
        return [np.linalg.inv(h).T for h in discrete], [-A.T for A in lie]

    def _rho(self, blocks):
        matrix = self.rep._rho(blocks)
        if self.is_unitary:
            return matrix.conj()
        return matrix.__array_namespace__().linalg.inv(matrix).T

    def _drho(self, blocks):
        return -self.rep._drho(blocks).T

    def _act(self, blocks, x):
        return x @ self._rho(blocks).T

    def __str__(self):
        return dual_label(str(self.rep))


def dual(rep: AtomicRep) -> Rep:
    """The dual; of a real orthogonal representation the representation itself."""
    return rep if rep.is_unitary and not rep.is_complex else Dual(rep.group, rep)
