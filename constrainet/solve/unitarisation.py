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

from constrainet.errors import AmbiguousRankError
from constrainet.linalg import null_space, to_dense
from constrainet.solve.nullspace import constraints
from constrainet.solve.problem import Atom, Symmetry, dim_of
from constrainet.tolerances import RANK

LARGEST = 30
"""Atoms of more dimensions are left as they are: forms on them have the square of that."""

WORST_CONDITION = 1e6
"""Coordinates more skew than this would spend the digits that the certificate needs."""

MAX_STEPS = 5
"""Towards unitary coordinates; the first makes them so to about 1e-10, the second to rounding."""

UNITARY = 1e-11
"""A step that changes lengths by less is the last: rounding in coordinates of condition 1e3,
squared, makes about this of them."""


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
    if atom.dim > LARGEST or not _may_be_compact(atom):
        return None
    change = np.eye(atom.dim)
    for _ in range(MAX_STEPS):
        # each step finds the form in coordinates closer to unitary ones, so more accurately
        step = _step(_conjugate(atom, change))
        if step is None:
            return None
        change = step @ change
        if np.abs(step.conj().T @ step - np.eye(atom.dim)).max() < UNITARY:
            return change
    return None


def _may_be_compact(atom: Atom) -> bool:
    """Whether traces allow it: eigenvalues are imaginary, and of modulus 1, and not all trivial."""
    for A in atom.infinitesimal:
        square = np.trace(A @ A).real
        if A.any() and square > -np.finfo(float).eps * np.linalg.norm(A) ** 2:
            return False
    moduli = [np.abs(np.linalg.eigvals(to_dense(h))) for h in atom.discrete]
    return all(np.abs(values - 1).max() < 1e-3 for values in moduli)


def _step(atom: Atom) -> np.ndarray | None:
    """The root of the mean form, Hermitian."""
    dual = _dual(atom)
    forms, duals = _invariants([dual.conj, dual]), _invariants([atom.conj, atom])
    if forms is None or duals is None:
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
    return (vectors * np.sqrt(values)) @ vectors.conj().T


def _dual(atom: Atom) -> Atom:
    """By inverses also of what is unitary up to 1e-10, the difference being what is asked for."""
    inverses = tuple(np.linalg.inv(to_dense(h)).T for h in atom.discrete)
    return Atom(atom.symmetry, inverses, -atom.infinitesimal.swapaxes(1, 2), atom.dim)


def _invariants(atoms: Sequence[Atom]) -> np.ndarray | None:
    """Columns that span the invariants of a small product, however skew the coordinates are."""
    rows = constraints(atoms)
    if not rows:
        return np.eye(dim_of(atoms))
    try:
        return null_space(np.concatenate([to_dense(row) for row in rows]), RANK)[0]
    except AmbiguousRankError:
        return None


def _conjugate(atom: Atom, S: np.ndarray) -> Atom:
    inverse = np.linalg.inv(S)
    discrete = tuple(S @ to_dense(h) @ inverse for h in atom.discrete)
    return Atom(atom.symmetry, discrete, S @ atom.infinitesimal @ inverse, atom.dim)
