"""Method `nullspace`: whatever the generators are, by a rank decision, as columns.

The decision is made by `nullspace.py`. Where there are invariants that contain the answer, it is
made within those: generators of a compact group in skew coordinates are made unitary first
(`self_adjoint.py`), and if some of the generators are closed under the adjoint by themselves
(`reductive.py`), as the rotations are in SE(n), method `isotypic` answers for them.

Columns are kept on disk, and when read are checked to be complete, at a part of the cost of finding
them. With G the Gram matrix of the constraints and Q the columns, G + Q Qᴴ has no small eigenvalue
if and only if every vector that is nearly invariant lies in the columns' span. Where the space is
small, a Cholesky decomposition shows it. Where it is large, a few random vectors do: what is left
of them when their components along the columns and those with non-zero constraint are removed, the
latter by conjugate gradients, is a component along an invariant vector that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from constrainet.errors import CertificateError, MethodNotApplicableError
from constrainet.linalg import KroneckerProduct, canonical_basis, digest, to_dense
from constrainet.solve.isotypic import Isotypic
from constrainet.solve.method import UNBOUNDED, Method, StoredForm, constant
from constrainet.solve.nullspace import (
    constraints,
    nullspace,
    polished,
    without_constrained_part,
)
from constrainet.solve.problem import Atom, Question, dim_of, factors_of
from constrainet.solve.reductive import reductive_part
from constrainet.solve.self_adjoint import self_adjoint
from constrainet.tolerances import EXACT, START

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


@dataclass(frozen=True, eq=False)
class DenseForm(StoredForm):
    """Orthonormal columns.

    Args:
        columns: shape (size, rank).
    """

    columns: np.ndarray
    method = "nullspace"

    @property
    def size(self) -> int:
        return self.columns.shape[0]

    @property
    def rank(self) -> int:
        return self.columns.shape[1]

    @property
    def is_complex(self) -> bool:
        return np.iscomplexobj(self.columns)

    @property
    def nbytes(self) -> int:
        return self.columns.nbytes

    def expand(self, coefficients):
        return coefficients @ constant(self.columns.T, coefficients)

    def coefficients(self, vectors):
        return vectors @ constant(self.columns.conj(), vectors)

    def violations(self, rows, columns, known):
        if not np.isfinite(self.columns).all():
            return UNBOUNDED
        residual = 0.0
        for constraint in constraints(factors_of(rows, columns), relative=True):
            lengths = np.linalg.norm(constraint @ self.columns, axis=0)
            residual = np.maximum(residual, lengths.max(initial=0))
        gram = self.columns.conj().T @ self.columns
        return residual, np.abs(gram - np.eye(self.rank)).max(initial=0)

    def pack(self):
        return self.columns

    @classmethod
    def unpack(cls, matrix, question):
        size, rank = matrix.shape
        if size != dim_of((*question[0], *question[1])) or rank > size:
            raise ValueError("it belongs to another problem")
        return cls(matrix)

    def fault(self, question, rtol):
        if not np.abs(canonical_basis(self.columns) - self.columns).max(initial=0) <= EXACT:
            return "its basis is not the canonical one"
        if not _is_complete(self.columns, factors_of(*question), rtol):
            return "it misses a part of the solution"
        return None


class Nullspace(Method):
    """Method `nullspace`."""

    form = DenseForm

    def __init__(self, rtol: float | None = None):
        super().__init__(rtol)
        self._isotypic = Isotypic()

    def obstacle(self, question):
        return None

    def candidates(self, question):
        for columns, gap in self._found(question):
            yield DenseForm(canonical_basis(columns)), gap

    def _found(self, question: Question):
        """Columns in any basis, and their gaps."""
        rows, columns = question
        atoms = factors_of(rows, columns)
        if self.rtol is not None or not self._isotypic.obstacle(question):
            # approximate generators are closed under nothing; and where all are closed, this run
            # is the reference for `isotypic`
            yield nullspace(atoms, self.rtol)
            return
        if found := self_adjoint((*rows, *columns)):
            moved, changes = found
            basis, gap = self._irreducible_basis(moved, question)
            if basis is not None:
                inverses = [np.linalg.inv(S) for S in changes[: len(rows)]]
                back = KroneckerProduct([*inverses, *(S.T for S in changes[len(rows) :])])
                # the rank was decided in those coordinates, without doubt
                yield polished(atoms, np.linalg.qr(back @ basis)[0]), gap
        part = reductive_part((*rows, *columns))
        start = None if part is None else self._irreducible_basis(part, question)[0]
        yield nullspace(atoms, None, start)

    def _irreducible_basis(
        self, atoms: Sequence[Atom], question: Question
    ) -> tuple[np.ndarray | None, float]:
        """The invariants of other atoms in the place of the question's, as columns, and the gap."""
        count = len(question[0])
        other = (tuple(atoms[:count]), tuple(atoms[count:]))
        try:
            found = self._isotypic.solve(other, START)
        except (MethodNotApplicableError, CertificateError):
            return None, 0.0
        return found.form.to_columns(), found.gap


def _is_complete(columns: np.ndarray, atoms: Sequence[Atom], rtol: float | None) -> bool:
    """Whether no vector outside the span of columns, which pass their certificate, is invariant.

    Also False where that cannot be told from rounding.
    """
    size, rank = columns.shape
    if rank == size:
        return True
    maps = constraints(atoms)
    if size <= SMALL:
        least = ROUNDING if rtol is None else max(ROUNDING, rtol**2)
        total = columns @ columns.conj().T - least * np.eye(size)
        for constraint in maps:
            dense = to_dense(constraint)
            total = total + dense.conj().T @ dense
        try:
            scipy.linalg.cholesky(total, check_finite=False)
        except np.linalg.LinAlgError:
            return False
        return True
    # drawn by the columns' content, so that no columns can be made to fit the draw
    rng = np.random.RandomState(np.frombuffer(digest(columns), np.uint32))
    vectors = rng.normal(size=(size, NUM_PROBES))
    vectors = vectors - columns @ (columns.conj().T @ vectors)
    rest = without_constrained_part(maps, vectors)
    return bool(np.linalg.norm(rest, axis=0).max() <= ABSENT)
