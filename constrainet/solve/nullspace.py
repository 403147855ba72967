"""Method `nullspace`: the invariants of any generators, by a rank decision.

The constraints `ρ(h) v = v` and `dρ(A) v = 0` are stacked, each relative to its generator's size.
Where the space is small, a first pass finds the small eigenvalues of the Gram matrix `Σ CᵢᴴCᵢ`,
generously; where it is large, the same candidates come from random vectors whose components with
non-zero constraint are removed by conjugate gradients, without any matrix. Either way a singular
value decomposition of the constraints *on the candidates* then decides the rank at full precision:
squaring costs half the digits, and only the first pass squares.

If some of the generators are closed under the adjoint by themselves, as the rotations are in SE(n),
their invariants are read off from irreducibles first, and everything else happens inside those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator

from constrainet.errors import (
    AmbiguousRankError,
    IllConditionedError,
    ProblemTooLargeError,
)
from constrainet.linalg import Matrix, Monomial, numerical_rank, tight_combinations, to_dense
from constrainet.memory import memory_limit
from constrainet.solve.forms import DenseForm
from constrainet.solve.problem import Atom, dim_of, images
from constrainet.solve.progress import steps
from constrainet.tolerances import EXACT, GAP, RANK, STRETCH

DENSE_LIMIT = 1000
"""Dimensions up to this are solved with a dense Gram matrix: half a second at the limit."""

CANDIDATE = 1e-3
"""Singular values below this fraction are candidates for zero: the square root of what the Gram
matrix's eigenvalues, accurate to 1e-16, can tell from zero with certainty."""

MAX_ITERATIONS = 5000
"""Of conjugate gradients; enough for condition numbers up to about 1e3."""

LEAST_MOVE = 1e-5
"""An element that moves vectors by less than this fraction of their length is taken as moving them
by this: where it moves them at all, rounding is not far below."""

INEXACT = 1e-11
"""Constraints of a result above this are polished away: candidates from skew coordinates lose a
digit with each tensor factor."""

FEW = 4
"""Random combinations of Lie generators in the first pass, which need not see every generator."""


def nullspace(
    atoms: Sequence[Atom], rtol: float | None = None, start: np.ndarray | None = None
) -> tuple[DenseForm, float]:
    """The invariants of a tensor product of atoms of one symmetry.

    Args:
        atoms: the factors.
        rtol: singular values below this fraction of their generator's size count as zero;
            `tolerances.RANK` if missing.
        start: orthonormal columns (size, k) of a subspace that contains the invariants.

    Returns:
        The invariants, and the gap of the rank decision.

    Raises:
        AmbiguousRankError: if singular values lie close to the cutoff; without `rtol` also if
            there is a second gap that may be the one that separates zero from the rest.
        IllConditionedError: if exact generators are given in coordinates too skew to decide.
        ProblemTooLargeError: if the arrays would not fit in memory.
    """
    cutoff = RANK if rtol is None else rtol
    size = dim_of(atoms)
    _require(8 * FEW * size, f"Vectors of dimension {size:,}")
    if rtol is None and (stretch := _stretch(atoms)) > STRETCH:
        raise IllConditionedError(stretch, STRETCH)
    rows = constraints(atoms)
    if not rows:  # nothing moves, so every vector is invariant
        if start is None:
            _require(8 * size * size, f"The identity of dimension {size:,}")
            start = np.eye(size)
        return DenseForm(start), float("inf")
    rejected = 1.0  # the smallest singular value that the first pass set aside
    if start is None:
        first = constraints(_few(atoms))
        margin = max(CANDIDATE, 10 * cutoff)
        if size <= DENSE_LIMIT:
            start, rejected = _small_eigenvectors(first, size, margin)
        else:
            start = _project_random(first, size)
    if start.shape[1] == 0:
        return DenseForm(start), rejected / cutoff
    _require(len(rows) * start.nbytes, f"Constraints on {start.shape[1]} candidates")
    stacked = np.concatenate([row @ start for row in rows])
    values, combinations = singular(stacked)
    _, gap = numerical_rank(np.append(values, rejected), cutoff)
    kept = values <= cutoff
    if rtol is None and not all(atom.is_adjoint_closed for atom in atoms):
        _require_one_gap(np.append(values, rejected), cutoff)
    return polished(atoms, start @ combinations[:, kept]), gap


def _require_one_gap(values: np.ndarray, cutoff: float) -> None:
    """Refuses singular values with a second gap: what is approximate has one at its error.

    Where generators are approximate, small values are what is left of the symmetry; where they are
    exact, zero is, and the values above it are spread. Exactly unitary ones are never approximate.
    """
    above = np.sort(values[values > cutoff])
    second = (above[:-1] < CANDIDATE) & (above[1:] > GAP * above[:-1])
    if second.any():
        below = values[values <= cutoff].max(initial=0)
        raise AmbiguousRankError(above[:-1][second].max(), below, cutoff)


def singular(stacked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All singular values, and the combinations of columns that belong to them, as columns."""
    triangle = scipy.linalg.qr(stacked, mode="r")[0][: stacked.shape[1]]
    _, values, vectors = np.linalg.svd(triangle, full_matrices=True)
    missing = np.zeros(stacked.shape[1] - len(values))
    return np.append(values, missing), vectors.conj().T


def polished(atoms: Sequence[Atom], columns: np.ndarray) -> DenseForm:
    """The invariants close to given orthonormal columns (size, k), as accurate as can be."""
    rows = constraints(atoms)
    norms = (np.linalg.norm(row @ columns, axis=0) for row in rows)
    worst = max((norm.max(initial=0) for norm in norms), default=0.0)
    if worst <= INEXACT:
        return DenseForm(columns)
    if len(columns) <= DENSE_LIMIT:
        _, vectors = singular(np.concatenate([to_dense(row) for row in rows]))
        return DenseForm(vectors[:, len(columns) - columns.shape[1] :])
    columns = without_constrained_part(rows, columns, reduction=1e-3)
    return DenseForm(np.linalg.qr(columns)[0])


def constraints(atoms: Sequence[Atom], *, relative: bool = False) -> list[LinearOperator]:
    """`ρ(h) - 1` and `dρ(A)`, each over the size of its generator.

    Args:
        atoms: the factors, of one symmetry.
        relative: whether the first are taken over the norm of ρ(h), where that exceeds 1, or over
            its square root and the size of ρ(h) - 1, where that is small. In skew coordinates
            rounding grows with the norm and true constraints do not: half-way, both stay clear of
            the cutoff as long as the norm is below `STRETCH`. And close to the identity an element
            moves everything by little.
    """
    discrete, infinitesimal = images(atoms)
    rows = []
    for i, operator in enumerate(discrete):
        norm = prod(_extremes(atom.discrete[i])[0] for atom in atoms)
        identity = scipy.sparse.linalg.aslinearoperator(
            scipy.sparse.eye_array(operator.shape[0], dtype=operator.dtype)
        )
        row, size = operator - identity, max(1.0, norm)
        if not relative:
            size = size**0.5 * min(1.0, max(_norm(row), LEAST_MOVE))
        rows.append(row * (1 / size))
    for i, operator in enumerate(infinitesimal):
        norm = max(np.linalg.norm(atom.infinitesimal[i], 2) for atom in atoms)
        if norm:
            rows.append(operator * (1 / float(norm)))
    return rows


def _norm(operator: LinearOperator) -> float:
    """About the largest singular value."""
    x = np.random.RandomState(0).normal(size=(operator.shape[1], 2))
    for _ in range(3):
        x = operator.H @ (operator @ (x / max(np.linalg.norm(x), np.finfo(float).tiny)))
    return float(np.linalg.norm(x)) ** 0.5


def _stretch(atoms: Sequence[Atom]) -> float:
    """How much longer generators, their inverses and small Lie elements make some vectors."""
    worst = 1.0
    for i in range(len(atoms[0].discrete)):
        extremes = [_extremes(atom.discrete[i]) for atom in atoms]
        worst = max(worst, prod(s for s, _ in extremes), prod(1 / s for _, s in extremes))
    combinations = _separated(atoms[0].symmetry.infinitesimal)
    mixed = [np.tensordot(combinations, atom.infinitesimal, 1) for atom in atoms]
    for matrices in zip(*mixed, strict=True):
        norm = max(np.linalg.norm(m, 2) for m in matrices)
        if norm < EXACT:
            continue
        radius = max(np.abs(np.linalg.eigvals(m)).max() for m in matrices)
        # what rotates or grows sets its own scale; a nilpotent generator has none, though rounding
        # gives it eigenvalues of up to about eps^(1/n), if hardly a trace of its square
        n = max(len(m) for m in matrices)
        spurious = 10 * np.finfo(float).eps ** (1 / n)
        square = max(np.abs(np.sum(m * m.T)) for m in matrices)
        is_nilpotent = radius < spurious * norm and square < EXACT * norm**2
        unit = 2 * (norm if is_nilpotent else radius)
        elements = (scipy.linalg.expm(m / unit) for m in matrices)
        worst = max(worst, prod(float(np.linalg.norm(g, 2)) for g in elements))
    return worst


def _separated(matrices: np.ndarray) -> np.ndarray:
    """Combinations (D, D) of Lie generators in which nilpotent ones are apart from the others.

    They are orthogonal also with respect to the trace form, of which the nilpotent ones are the
    null space: a translation added to a rotation would look like skew coordinates.
    """
    if not len(matrices):
        return np.zeros((0, 0))
    tight = tight_combinations(matrices)
    even = np.tensordot(tight, matrices, 1)
    form = np.real(np.tensordot(even, even, ((1, 2), (2, 1))))
    return np.linalg.eigh(form)[1].T @ tight


def _extremes(matrix: Matrix) -> tuple[float, float]:
    """The largest and the smallest singular value."""
    if isinstance(matrix, Monomial):
        return 1.0, 1.0
    values = np.linalg.svd(matrix, compute_uv=False)
    return float(values[0]), float(values[-1])


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
    _require(6 * 16 * size * size, f"A dense solve of dimension {size:,}")
    gram = np.zeros((size, size), np.result_type(*(row.dtype for row in rows)))
    for row in rows:
        dense = to_dense(row)
        gram += dense.conj().T @ dense
    values, vectors = np.linalg.eigh(gram)
    count = int(np.sum(values < margin**2))
    rejected = np.sqrt(values[count]) if count < size else 1.0
    return vectors[:, :count], float(rejected)


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
        _require(8 * size * width * dtype.itemsize, f"A matrix-free solve of dimension {size:,}")
        x = rng.normal(size=(size, width)).astype(dtype)
        invariant = without_constrained_part(rows, x)
        left, values, _ = np.linalg.svd(invariant, full_matrices=False)
        rank = int(np.sum(values > 1e-6 * np.sqrt(size)))
        if rank < width:
            return left[:, :rank]
        width *= 2


def without_constrained_part(
    rows: list[LinearOperator], x: np.ndarray, reduction: float = 1e-13
) -> np.ndarray:
    """Vectors without their component outside the null space, to a relative `reduction` of it."""

    def gram(y):
        return np.sum([row.H @ (row @ y) for row in rows], axis=0)

    return x - _conjugate_gradients(gram, gram(x), reduction)


def _conjugate_gradients(operator, b: np.ndarray, reduction: float) -> np.ndarray:
    """Solves `operator(x) = b` column by column for a positive semidefinite operator."""
    x, r = np.zeros_like(b), b.copy()
    p, rho = r.copy(), np.sum(np.abs(r) ** 2, axis=0)
    target = reduction**2 * rho.max(initial=0)
    for _ in steps(range(MAX_ITERATIONS), f"null space of dimension {len(b):,}"):
        if rho.max(initial=0) <= target:
            break
        q = operator(p)
        curvature = np.sum((p.conj() * q).real, axis=0)
        step = np.where(curvature > 0, rho / np.where(curvature > 0, curvature, 1), 0)
        x += step * p
        r -= step * q
        rho, before = np.sum(np.abs(r) ** 2, axis=0), rho
        p = r + np.where(before > 0, rho / np.where(before > 0, before, 1), 0) * p
    return x


def _require(num_bytes: int, what: str) -> None:
    if num_bytes > memory_limit():
        raise ProblemTooLargeError(what, num_bytes, memory_limit())
