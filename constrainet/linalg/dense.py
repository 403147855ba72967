"""Decompositions of dense matrices that come with a decision about rank."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array

from constrainet.errors import AmbiguousRankError
from constrainet.linalg.balance import are_orthogonal
from constrainet.tolerances import EXACT, GAP


def numerical_rank(singular_values: np.ndarray, cutoff: float) -> tuple[int, float]:
    """How many singular values lie above a cutoff, and how sure that is.

    Args:
        singular_values: non-negative, in any order.
        cutoff: absolute; values below it count as zero.

    Returns:
        The rank, and the gap: the ratio of the smallest value above the cutoff to the largest one
        below it (to the rounding of the largest value of all, where that is greater); infinite if
        nothing lies above, or nothing below.

    Raises:
        AmbiguousRankError: if the gap is smaller than `tolerances.GAP`.
    """
    values = np.sort(np.asarray(singular_values))[::-1]
    rank = int(np.sum(values > cutoff))
    if rank == 0 or rank == len(values):
        # one-sided decisions are still doubtful close to the cutoff
        edge = values[-1] / cutoff if rank else np.inf
        if rank and edge < GAP**0.5:
            raise AmbiguousRankError(values[-1], 0.0, cutoff)
        return rank, float("inf")
    noise = max(values[rank], values[0] * np.finfo(float).eps)
    gap = float(values[rank - 1] / noise)
    if gap < GAP:
        raise AmbiguousRankError(values[rank - 1], values[rank], cutoff)
    return rank, gap


def null_space(matrix: np.ndarray, cutoff: float) -> tuple[np.ndarray, float]:
    """An orthonormal basis of the null space, as columns, and the gap of the rank decision.

    Args:
        matrix: shape (m, n).
        cutoff: absolute; singular values below it count as zero.

    Raises:
        AmbiguousRankError: if singular values lie close to the cutoff.
    """
    m, n = matrix.shape
    if m > n:  # the triangular factor has the same null space, and is smaller
        matrix = scipy.linalg.qr(matrix, mode="r")[0][:n]
    _, values, rows = np.linalg.svd(matrix, full_matrices=True)
    rank, gap = numerical_rank(np.concatenate([values, np.zeros(n - len(values))]), cutoff)
    return rows[rank:].conj().T, gap


def orthonormalised(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the span of independent columns, shape (n, k).

    It combines columns, so that small coordinates keep their digits, as in skew or uneven
    coordinates they must; the reflections of a QR decomposition would spread the rounding of the
    large ones.
    """
    for _ in range(2):  # once more, for what the first time left by rounding
        columns = columns @ np.linalg.inv(np.linalg.qr(columns, mode="r"))
    return columns


def adjoint_relation(matrices: np.ndarray) -> np.ndarray | None:
    """The coefficients c with `A_iᴴ = Σ_j c[i, j] A_j`, if the span is closed under the adjoint.

    Args:
        matrices: shape (D, d, d).

    Returns:
        c of shape (D, D), real for real matrices; None if the span is not closed.
    """
    count = len(matrices)
    if count == 0:
        return np.zeros((0, 0), matrices.dtype)
    flat = matrices.reshape(count, -1).T
    target = matrices.conj().swapaxes(1, 2).reshape(count, -1).T
    norms = np.linalg.norm(flat, axis=0)
    norms = np.where(norms == 0, 1, norms)
    if not np.iscomplexobj(matrices) and are_orthogonal(matrices):
        solution = np.asarray(csr_array((flat / norms).T) @ (target / norms))
    else:
        solution = np.linalg.lstsq(flat / norms, target / norms, rcond=EXACT)[0]
    if not np.abs(flat / norms @ solution - target / norms).max(initial=0) <= EXACT:
        return None
    return (solution * norms / norms[:, None]).T


def closed_combinations(matrices: np.ndarray) -> np.ndarray:
    """Real combinations (k, D) of matrices that span all A in their span with Aᴴ in it.

    Args:
        matrices: shape (D, n, n).
    """
    if not matrices.any():
        return np.zeros((0, len(matrices)))
    flat = as_real_rows(matrices, True)
    left, values, _ = np.linalg.svd(flat.T, full_matrices=False)
    span = left[:, values > EXACT * values[0]]
    adjoints = as_real_rows(matrices.conj().swapaxes(1, 2), True).T
    outside = adjoints - span @ (span.T @ adjoints)
    try:
        closed, _ = null_space(outside, EXACT * values[0])
    except AmbiguousRankError:  # almost closed is not closed
        return np.zeros((0, len(matrices)))
    # combinations that vanish as matrices constrain nothing
    size = np.linalg.norm(flat.T @ closed, axis=0)
    return closed.T[size > EXACT * values[0]]


def as_real_rows(matrices: np.ndarray, is_complex: bool) -> np.ndarray:
    """Matrices as real rows, (..., d, d) to (..., d²) or (..., 2d²)."""
    *shape, d, _ = matrices.shape
    flat = matrices.reshape(*shape, d * d)
    return np.concatenate([np.real(flat), np.imag(flat)], axis=-1) if is_complex else flat


def from_real_rows(rows: np.ndarray, d: int, is_complex: bool) -> np.ndarray:
    """The same back, (k, d²) or (k, 2d²) to (k, d, d)."""
    if is_complex:
        real, imaginary = np.split(rows, 2, axis=1)
        rows = real + 1j * imaginary
    return rows.reshape(len(rows), d, d)


def kronecker_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Kronecker products of all pairs: (m, p, q) and (n, r, s) to (mn, pr, qs)."""
    product = np.einsum("mpq,nrs->mnprqs", a, b)
    (m, p, q), (n, r, s) = a.shape, b.shape
    return product.reshape(m * n, p * r, q * s)
