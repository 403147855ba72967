"""Irreducible representations: those without invariant subspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from constrainet.reps.rep import Rep
from constrainet.reps.subquotient import Subquotient, flattened

Type = Literal["real", "complex", "quaternionic"]


@dataclass(frozen=True, eq=False, repr=False)
class Irrep(Subquotient):
    """An irreducible representation, as part of a representation in which it occurs.

    Made by `decompose` and `irreducible`. It has matrices ρ(g) = Bᴴ parent.ρ(g) B, and is an
    ordinary representation: it can be added, multiplied, mapped from and to.

    Attributes:
        type: of a real one, by the dimension 1, 2 or 4 of the algebra of equivariant maps to
            itself: "real", "complex" or "quaternionic". Of a complex one, "real" if it is real in
            other coordinates, "complex" if it differs from its conjugate, and "quaternionic" if it
            is equivalent to it but not real (Frobenius and Schur).

    References:
        Bröcker, tom Dieck, "Representations of compact Lie groups" (1985), section II.6.
    """

    type: Type


def irrep(parent: Rep, basis: np.ndarray, type: Type, label: str) -> Irrep:
    """The part of a representation spanned by orthonormal columns, known to be irreducible."""
    parent, basis = flattened(parent, basis)
    return Irrep(parent.group, parent, basis, label, type)
