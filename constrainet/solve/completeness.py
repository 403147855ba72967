"""Whether a null space is all of it, at a part of the cost of finding it.

With G the Gram matrix of the constraints and Q the columns, G + Q Qᴴ has no small eigenvalue if and
only if every vector that is nearly invariant lies in the columns' span. Where the space is small, a
Cholesky decomposition shows it. Where it is large, a few random vectors do: what is left of them
when their components along the columns and those with non-zero constraint are removed, the latter
by conjugate gradients, is a component along an invariant vector that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

from constrainet.linalg import digest, to_dense
from constrainet.solve.forms import DenseForm
from constrainet.solve.nullspace import constraints, without_constrained_part
from constrainet.solve.problem import Atom

SMALL = 300
"""Dimensions up to this are decided by a Cholesky decomposition, which then takes less time."""

ROUNDING = 1e-11
"""Eigenvalues of G below this may be rounding. Singular values of the constraints above 3e-6 are
told from zero, others are not."""

NUM_PROBES = 4
"""Random vectors. A missing direction has a component of order one in each."""

ABSENT = 1e-4
"""What is left of the random vectors is rounding if it is shorter. Four normal numbers are all
below it once in 1e16 times."""


def is_complete(
    form: DenseForm, rows: Sequence[Atom], columns: Sequence[Atom], *, rtol: float | None
) -> bool:
    """Whether no vector outside the columns' span is invariant.

    Args:
        form: columns that pass their certificate.
        rows: atoms of one symmetry.
        columns: atoms of the same symmetry, not dualised.
        rtol: the cutoff below which singular values count as zero; none for exact generators.

    Returns:
        Also False where that cannot be told from rounding.
    """
    maps = constraints([*rows, *(atom.dual for atom in columns)])
    Q, size = form.columns, form.size
    if form.rank == size:
        return True
    if size <= SMALL:
        least = ROUNDING if rtol is None else max(ROUNDING, rtol**2)
        total = Q @ Q.conj().T - least * np.eye(size)
        for constraint in maps:
            dense = to_dense(constraint)
            total = total + dense.conj().T @ dense
        try:
            scipy.linalg.cholesky(total, check_finite=False)
        except np.linalg.LinAlgError:
            return False
        return True
    # drawn by the columns' content, so that no columns can be made to fit the draw
    rng = np.random.RandomState(np.frombuffer(digest(Q), np.uint32))
    vectors = rng.normal(size=(size, NUM_PROBES))
    vectors = vectors - Q @ (Q.conj().T @ vectors)
    rest = without_constrained_part(maps, vectors)
    return bool(np.linalg.norm(rest, axis=0).max() <= ABSENT)
