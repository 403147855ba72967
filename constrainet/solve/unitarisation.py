"""Coordinates in which the representations of a compact group are unitary.

A compact group given in skew coordinates preserves an inner product, only not the standard one.
The mean of the standard one over the group is such an inner product H; it is the projection of the
identity onto the invariant forms, along the directions that average to zero, and no integral is
needed for it. In the coordinates S x with H = Sᴴ S every element is unitary.

References:
    Weyl, "The classical groups" (1939), chapter VIII.11, on the unitarian trick.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.errors import AmbiguousRankError, IllConditionedError
from constrainet.linalg import to_dense
from constrainet.solve.nullspace import nullspace
from constrainet.solve.problem import Atom, Symmetry

LARGEST = 30
"""Atoms of more dimensions are left as they are: forms on them have the square of that."""

WORST_CONDITION = 1e6
"""Coordinates more skew than this would spend the digits that the certificate needs."""


def unitarised(atoms: Sequence[Atom]) -> tuple[list[Atom], list[np.ndarray]] | None:
    """Atoms in unitary coordinates, and the matrices S that lead there.

    Args:
        atoms: of one symmetry.

    Returns:
        None if an atom preserves no inner product, or is too large to look for one.
    """
    changes = {atom: _change(atom) for atom in dict.fromkeys(atoms)}
    found = [changes[atom] for atom in atoms]
    if any(change is None for change in found):
        return None
    matrices = [change for change in found if change is not None]
    moved = [_conjugate(atom, S) for atom, S in zip(atoms, matrices, strict=True)]
    symmetry = Symmetry(moved[0].discrete, moved[0].infinitesimal, atoms[0].symmetry.label)
    moved = [Atom(symmetry, a.discrete, a.infinitesimal, a.dim) for a in moved]
    return (moved, matrices) if all(atom.is_adjoint_closed for atom in moved) else None


def _change(atom: Atom) -> np.ndarray | None:
    """The matrix S, or None."""
    first = _step(atom)
    if first is None:
        return None
    # from there the form is close to the standard one, and found to full precision
    second = _step(_conjugate(atom, first))
    return None if second is None else second @ first


def _step(atom: Atom) -> np.ndarray | None:
    if atom.dim > LARGEST:
        return None
    try:
        forms = nullspace([atom.dual.conj, atom.dual])[0].columns
        duals = nullspace([atom.conj, atom])[0].columns
    except (AmbiguousRankError, IllConditionedError):
        return None
    pairing = duals.T @ forms
    rows, columns = pairing.shape
    if rows != columns or rows == 0 or np.linalg.cond(pairing) > WORST_CONDITION:
        return None
    mean = forms @ np.linalg.solve(pairing, duals.T @ np.eye(atom.dim).ravel())
    form = mean.reshape(atom.dim, atom.dim)
    values, vectors = np.linalg.eigh((form + form.conj().T) / 2)
    if values[0] <= 0 or values[-1] / values[0] > WORST_CONDITION:
        return None
    return np.sqrt(values)[:, None] * vectors.conj().T


def _conjugate(atom: Atom, S: np.ndarray) -> Atom:
    inverse = np.linalg.inv(S)
    discrete = tuple(S @ to_dense(h) @ inverse for h in atom.discrete)
    return Atom(atom.symmetry, discrete, S @ atom.infinitesimal @ inverse, atom.dim)
