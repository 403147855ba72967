"""Method `nullspace`: the invariants of any generators, by a rank decision.

The constraints `ρ(h) v = v` and `dρ(A) v = 0` are stacked, each relative to its generator's size.
Where the space is small, a first pass finds the small eigenvalues of the Gram matrix `Σ CᵢᴴCᵢ`,
generously; where it is large, the same candidates come from random vectors whose components with
non-zero constraint are removed by conjugate gradients, without any matrix. Either way a singular
value decomposition of the constraints *on the candidates* then decides the rank at full precision:
squaring costs half the digits, and only the first pass squares.

Where there are coordinates in which generators are closed under the adjoint (`self_adjoint.py`),
the invariants are read off from irreducibles there. If some of the generators are closed by
themselves (`reductive.py`), as the rotations are in SE(n), theirs are read off, and everything else
happens inside those.

Columns are kept on disk, and when read are checked to be complete, at a part of the cost of finding
them. With G the Gram matrix and Q the columns, G + Q Qᴴ has no small eigenvalue if and only if
every vector that is nearly invariant lies in the columns' span. Where the space is small, a
Cholesky decomposition shows it. Where it is large, a few random vectors do: what is left of them
when their components along the columns and those with non-zero constraint are removed is a
component along an invariant vector that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator

from constrainet.errors import (
    AmbiguousRankError,
    CertificateError,
    IllConditionedError,
    MethodNotApplicableError,
)
from constrainet.linalg import (
    KroneckerProduct,
    canonical_basis,
    digest,
    numerical_rank,
    orthonormalised,
    outside_span,
    to_dense,
)
from constrainet.solve.constraints import constraints, stretch, without_constrained_part
from constrainet.solve.isotypic import Isotypic
from constrainet.solve.limits import require_memory
from constrainet.solve.method import UNBOUNDED, Method, Solution, StoredForm, constant
from constrainet.solve.problem import Atom, Question, dim_of, factors_of
from constrainet.solve.reductive import reductive_part
from constrainet.solve.self_adjoint import self_adjoint
from constrainet.tolerances import EXACT, GAP, RANK, START, STRETCH

DENSE_LIMIT = 1000
"""Dimensions up to this are solved with a dense Gram matrix: half a second at the limit."""

CANDIDATE = 1e-3
"""Singular values below this fraction are candidates for zero: the square root of what the Gram
matrix's eigenvalues, accurate to 1e-16, can tell from zero with certainty."""

ALMOST = 1e-2
"""Generators with errors of `CANDIDATE` are closed under the adjoint up to about this."""

INEXACT = 1e-11
"""Constraints of a result found without any matrix are polished away above this."""

FEW = 4
"""Random combinations of Lie generators in the first pass, which need not see every generator."""

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
        if closed := self_adjoint((*rows, *columns)):
            moved, changes = closed
            if found := self._from_irreducibles(moved, question):
                inverses = [np.linalg.inv(S) for S in changes[: len(rows)]]
                back = KroneckerProduct([*inverses, *(S.T for S in changes[len(rows) :])])
                # the rank was decided in those coordinates, without doubt
                yield orthonormalised(back @ found.form.to_columns()), found.gap
        part = reductive_part((*rows, *columns))
        found = None if part is None else self._from_irreducibles(part, question)
        yield nullspace(atoms, None, None if found is None else found.form.to_columns())

    def _from_irreducibles(self, atoms: Sequence[Atom], question: Question) -> Solution | None:
        """What `isotypic` finds for other atoms in the place of the question's."""
        count = len(question[0])
        other = (tuple(atoms[:count]), tuple(atoms[count:]))
        try:
            return self._isotypic.solve(other, START)
        except (MethodNotApplicableError, CertificateError):
            return None


def nullspace(
    atoms: Sequence[Atom], rtol: float | None = None, start: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """The invariants of a tensor product of atoms of one symmetry.

    Args:
        atoms: the factors.
        rtol: singular values below this fraction of their generator's size count as zero;
            `tolerances.RANK` if missing.
        start: orthonormal columns (size, k) of a subspace that contains the invariants.

    Returns:
        The invariants as orthonormal columns (size, rank), and the gap of the rank decision.

    Raises:
        AmbiguousRankError: if singular values lie close to the cutoff; without `rtol` also if
            there is a second gap that may be the one that separates zero from the rest.
        IllConditionedError: if exact generators are given in coordinates too skew to decide.
        ProblemTooLargeError: if the arrays would not fit in memory.
    """
    cutoff = RANK if rtol is None else rtol
    size = dim_of(atoms)
    require_memory(8 * FEW * size, f"Vectors of dimension {size:,}")
    if rtol is None and (worst := stretch(atoms)) > STRETCH:
        raise IllConditionedError(worst, STRETCH)
    rows = constraints(atoms)
    if not rows:  # nothing moves, so every vector is invariant
        if start is None:
            require_memory(8 * size * size, f"The identity of dimension {size:,}")
            start = np.eye(size)
        return start, float("inf")
    rejected = 1.0  # the smallest singular value that the first pass set aside
    if start is None:
        first = constraints(_few(atoms))
        margin = max(CANDIDATE, 10 * cutoff)
        if size <= DENSE_LIMIT:
            start, rejected = _small_eigenvectors(first, size, margin)
        else:
            start = _project_random(first, size)
    if start.shape[1] == 0:
        return start, rejected / cutoff
    require_memory(len(rows) * start.nbytes, f"Constraints on {start.shape[1]} candidates")
    stacked = np.concatenate([row @ start for row in rows])
    values, combinations = singular(stacked)
    _, gap = numerical_rank(np.append(values, rejected), cutoff)
    kept = values <= cutoff
    if rtol is None:
        _require_one_gap(atoms, np.append(values, rejected), cutoff)
    columns = start @ combinations[:, kept]
    return columns if size <= DENSE_LIMIT else _polished(rows, columns), gap


def _require_one_gap(atoms: Sequence[Atom], values: np.ndarray, cutoff: float) -> None:
    """Refuses singular values with a second gap if generators look like approximate ones.

    Where generators are approximate, small values are what is left of the symmetry; where they are
    exact, zero is. They look approximate if they are almost, but not quite, closed under the
    adjoint, as measured rotations are.
    """
    above = np.sort(values[values > cutoff])
    second = (above[:-1] < CANDIDATE) & (above[1:] > GAP * above[:-1])
    closed = all(atom.is_adjoint_closed for atom in atoms)
    if second.any() and not closed and all(map(_is_almost_closed, atoms)):
        below = values[values <= cutoff].max(initial=0)
        raise AmbiguousRankError(above[:-1][second].max(), below, cutoff)


def _is_almost_closed(atom: Atom) -> bool:
    """Whether the adjoints of the images are almost those of the generators' inverses, or span."""
    discrete = [to_dense(h) for h in atom.discrete]
    lie = [A / np.linalg.norm(A) for A in atom.infinitesimal if A.any()]
    misses = [h @ h.conj().T - np.eye(atom.dim) for h in discrete]
    misses += [outside_span(A.conj().T, lie) for A in lie]
    return all(np.abs(miss).max() < ALMOST for miss in misses)


def singular(stacked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All singular values, and the combinations of columns that belong to them, as columns."""
    triangle = scipy.linalg.qr(stacked, mode="r")[0][: stacked.shape[1]]
    _, values, vectors = np.linalg.svd(triangle, full_matrices=True)
    missing = np.zeros(stacked.shape[1] - len(values))
    return np.append(values, missing), vectors.conj().T


def _polished(rows: list[LinearOperator], columns: np.ndarray) -> np.ndarray:
    """The invariants close to given orthonormal columns (size, k), as accurate as can be."""
    norms = (np.linalg.norm(row @ columns, axis=0) for row in rows)
    if max(norm.max(initial=0) for norm in norms) <= INEXACT:
        return columns
    return np.linalg.qr(without_constrained_part(rows, columns, reduction=1e-3))[0]


def _few(atoms: Sequence[Atom]) -> Sequence[Atom]:
    """The atoms with a few random combinations of their Lie generators, if there are many."""
    count = len(atoms[0].infinitesimal)
    if count <= FEW:
        return atoms
    weights = np.linalg.qr(np.random.RandomState(0).normal(size=(count, FEW)))[0].T
    whole = atoms[0].symmetry
    symmetry = replace(whole, infinitesimal=np.tensordot(weights, whole.infinitesimal, 1))
    return [
        replace(atom, symmetry=symmetry, infinitesimal=np.tensordot(weights, atom.infinitesimal, 1))
        for atom in atoms
    ]


def _small_eigenvectors(
    rows: list[LinearOperator], size: int, margin: float
) -> tuple[np.ndarray, float]:
    """Columns that span every vector with constraints below `margin`, and the next constraint."""
    require_memory(6 * 16 * size * size, f"A dense solve of dimension {size:,}")
    gram = np.zeros((size, size), np.result_type(*(row.dtype for row in rows)))
    for row in rows:
        dense = to_dense(row)
        gram += dense.conj().T @ dense
    values, vectors = np.linalg.eigh(gram)
    count = int(np.sum(values < margin**2))
    if count == size:
        return vectors, 1.0
    found, others = vectors[:, :count], vectors[:, count:]
    # the matrix has rounding of 1e-16, and its eigenvectors that over the gap; this is a step of
    # Newton's method, with constraints that are not squared
    missed = others.conj().T @ sum(row.H @ (row @ found) for row in rows)
    found = found - others @ (missed / values[count:, None])
    return found, float(np.sqrt(values[count]))


def _project_random(rows: list[LinearOperator], size: int) -> np.ndarray:
    """Orthonormal columns that span the null space, from random vectors, matrix-free.

    A block of random vectors X loses its component outside the null space: Y with `G Y = G X` for
    the Gram operator G, found by conjugate gradients from zero, is just that component. A block
    wider than the null space shows its dimension; the block is doubled until it is.
    """
    dtype = np.result_type(*(row.dtype for row in rows))
    rng = np.random.default_rng(0)
    width = 32
    while True:
        require_memory(
            8 * size * width * dtype.itemsize, f"A matrix-free solve of dimension {size:,}"
        )
        x = rng.normal(size=(size, width)).astype(dtype)
        invariant = without_constrained_part(rows, x)
        left, values, _ = np.linalg.svd(invariant, full_matrices=False)
        rank = int(np.sum(values > 1e-6 * np.sqrt(size)))
        if rank < width:
            return left[:, :rank]
        width *= 2


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
