"""The generators that are closed under the adjoint by themselves, within a larger symmetry.

In SE(n) these are the rotations, in the upper triangular matrices the diagonal ones. Their
invariants are read off from irreducibles, and contain those of the whole symmetry.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.linalg import closed_combinations
from constrainet.solve.problem import Atom, Symmetry, is_unitary


def reductive_part(atoms: Sequence[Atom]) -> list[Atom] | None:
    """The images of the closed generators, or None if there are none or not closed in the atoms.

    Args:
        atoms: of one symmetry, whose generators are not all closed under the adjoint.
    """
    symmetry = atoms[0].symmetry
    unitary = [
        i
        for i in range(len(symmetry.discrete))
        if all(
            is_unitary(images[i]) for images in (symmetry.discrete, *(a.discrete for a in atoms))
        )
    ]
    combinations = closed_combinations(symmetry.infinitesimal)
    if not unitary and not len(combinations):
        return None

    def restrict(discrete, infinitesimal):
        mixed = np.tensordot(combinations, infinitesimal, 1)
        return tuple(discrete[i] for i in unitary), mixed

    part = Symmetry(*restrict(symmetry.discrete, symmetry.infinitesimal), symmetry.label)
    restricted = [Atom(part, *restrict(a.discrete, a.infinitesimal), a.dim) for a in atoms]
    return restricted if all(atom.is_adjoint_closed for atom in restricted) else None
