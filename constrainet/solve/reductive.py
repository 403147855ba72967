"""The generators that are closed under the adjoint by themselves, within a larger symmetry.

In SE(n) these are the rotations, in the upper triangular matrices the diagonal ones. Their
invariants are read off from irreducibles, and contain those of the whole symmetry.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.errors import AmbiguousRankError
from constrainet.linalg import null_space
from constrainet.solve.problem import Atom, Symmetry, is_unitary
from constrainet.tolerances import EXACT


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
    combinations = _closed_combinations(symmetry.infinitesimal)
    if not unitary and not len(combinations):
        return None

    def restrict(discrete, infinitesimal):
        mixed = np.tensordot(combinations, infinitesimal, 1)
        return tuple(discrete[i] for i in unitary), mixed

    part = Symmetry(*restrict(symmetry.discrete, symmetry.infinitesimal), symmetry.label)
    restricted = [Atom(part, *restrict(a.discrete, a.infinitesimal), a.dim) for a in atoms]
    return restricted if all(atom.is_adjoint_closed for atom in restricted) else None


def _closed_combinations(matrices: np.ndarray) -> np.ndarray:
    """Real combinations (k, D) of the matrices that span all A in their span with Aᴴ in it."""
    if not matrices.any():
        return np.zeros((0, len(matrices)))
    flat = _as_real(matrices)
    left, values, _ = np.linalg.svd(flat.T, full_matrices=False)
    span = left[:, values > EXACT * values[0]]
    adjoints = _as_real(matrices.conj().swapaxes(1, 2)).T
    outside = adjoints - span @ (span.T @ adjoints)
    try:
        closed, _ = null_space(outside, EXACT * values[0])
    except AmbiguousRankError:  # almost closed is not closed
        return np.zeros((0, len(matrices)))
    # combinations that vanish as matrices constrain nothing
    size = np.linalg.norm(flat.T @ closed, axis=0)
    return closed.T[size > EXACT * values[0]]


def _as_real(matrices: np.ndarray) -> np.ndarray:
    flat = matrices.reshape(len(matrices), -1)
    return np.concatenate([np.real(flat), np.imag(flat)], axis=1)
