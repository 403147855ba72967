"""What generators ask of an invariant vector, as operators that vanish on it and no other.

Each is relative to its generator's size, so that the smallest numbers by which vectors miss being
invariant can be told from rounding, unless coordinates are too skew.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator

from constrainet.linalg import Matrix, Monomial, tight_combinations
from constrainet.solve.problem import Atom, images
from constrainet.solve.progress import steps
from constrainet.tolerances import EXACT

MAX_ITERATIONS = 5000
"""Of conjugate gradients; enough for condition numbers up to about 1e3."""

LEAST_MOVE = 1e-5
"""An element that moves vectors by less than this fraction of their length is taken as moving them
by this: where it moves them at all, rounding is not far below."""


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


def stretch(atoms: Sequence[Atom]) -> float:
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
