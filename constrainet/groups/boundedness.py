"""Whether the elements of a matrix group are bounded: then its closure is compact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

from constrainet.errors import AmbiguousRankError
from constrainet.linalg import Matrix, null_space, to_dense
from constrainet.tolerances import CLEARLY, EXACT, RANK

LARGEST = 40
"""Groups that are not unitary as they stand are examined up to this dimension: the forms on them
have the square of it, and their null space takes a minute."""

DEGENERATE = 1e-13
"""What is smaller than this, of two spaces paired or of a form, is zero up to rounding."""

MAX_STEPS = 500
MOST_SKEW = 1e7
"""Steps towards unitary coordinates, and the condition number at which there are thought to be
none."""

CUTOFF = 1e-7
"""Constraints on forms that are violated by less than this may hold; then they have to, to `EXACT`.

A generator with seven digits is neither taken for exact nor, on account of its errors, for one
whose powers grow without bound.
"""


def invariant_form(
    algebra: np.ndarray, matrices: Sequence[Matrix], dim: int, name: str
) -> np.ndarray | None:
    """A positive definite Hermitian form X that the group keeps, if its elements are bounded.

    The group acts linearly on forms, by X -> gᴴ X g. If it is bounded, the mean of the standard
    form over its closure is invariant and positive definite. That mean is a projection, which
    needs no integral: onto the invariant forms, along those orthogonal to the invariants of the
    adjoint action. If on the other hand some positive definite form is invariant, all elements are
    unitary for it, hence bounded. So looking at this one form decides.

    References:
        Weyl, "The Classical Groups" (1939), chapter VIII.11 (the unitarian trick).

    Args:
        algebra: generators of the Lie algebra, shape (D, dim, dim), of any scales.
        matrices: the discrete generators.
        dim: their size.
        name: of the group, for messages.

    Returns:
        X of shape (dim, dim) with `gᴴ X g = X` and `Aᴴ X + X A = 0`; None if the elements are not
        bounded.

    Raises:
        ValueError: if the generators are too large, or known too poorly, to decide.
    """
    scales = np.abs(algebra).max(axis=(1, 2), keepdims=True, initial=0)
    algebra = algebra[scales[:, 0, 0] > 0] / scales[scales[:, 0, 0] > 0]
    dense = [to_dense(matrix) for matrix in matrices]
    eye = np.eye(dim)
    if all(np.abs(g.conj().T @ g - eye).max() < EXACT for g in dense) and (
        np.abs(algebra + algebra.conj().swapaxes(1, 2)).max(initial=0) < EXACT
    ):
        return eye.astype(np.result_type(algebra, *dense))
    # in a bounded group, eigenvalues have modulus 1, and those of the algebra are imaginary
    if any(_are_off(np.abs(values) - 1, errors) for values, errors in map(_eigenvalues, dense)):
        return None
    if any(_are_off(np.real(values), errors) for values, errors in map(_eigenvalues, algebra)):
        return None
    if dim > LARGEST:
        raise ValueError(
            f"Whether {name} is bounded cannot be found out for matrices of size {dim} that are "
            f"not unitary; the limit is {LARGEST}. Write the group in coordinates in which its "
            "elements are orthogonal or unitary (`conjugate`), or as a product of smaller groups."
        )
    try:
        form = _mean_form(algebra, dense, dim)
    except AmbiguousRankError as error:
        raise ValueError(
            f"Whether {name} is bounded cannot be decided: singular values {error.above:.1e} and "
            f"{error.below:.1e} lie on either side of the cutoff {error.cutoff:.1e}. Give its "
            "generators with more digits, or in coordinates closer to orthogonal ones."
        ) from None
    if form is None and _looks_unitary(algebra, dense):
        raise ValueError(
            f"Whether {name} is bounded cannot be decided: its generators look like rotations in "
            "coordinates that are so far from orthogonal ones that float64 does not suffice. Give "
            "them in coordinates closer to orthogonal ones."
        )
    if form is None:
        return None
    violations = [_miss(g.conj().T @ form @ g - form, g) for g in dense]
    violations += [_miss(a.conj().T @ form + form @ a, a) for a in algebra]
    if max(violations) > EXACT:
        raise ValueError(
            f"Whether {name} is bounded cannot be decided: its generators keep an inner product to "
            f"{max(violations):.1e}, and it should be {EXACT:.0e}. Give them with more digits."
        )
    return form


def _eigenvalues(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, and what rounding may have made of each (Golub and Van Loan, section 7.2.2)."""
    values, left, right = scipy.linalg.eig(matrix, left=True)
    aligned = np.maximum(np.abs(np.sum(left.conj() * right, axis=0)), np.finfo(float).tiny)
    return values, np.finfo(float).eps * np.linalg.norm(matrix) / aligned


def _are_off(misses: np.ndarray, errors: np.ndarray) -> bool:
    return bool(np.any(np.abs(misses) > np.maximum(CLEARLY, 100 * errors)))


def _miss(difference: np.ndarray, generator: np.ndarray) -> float:
    return float(np.linalg.norm(difference, 2) / max(1.0, np.linalg.norm(generator, 2) ** 2))


def _mean_form(algebra: np.ndarray, dense: Sequence[np.ndarray], dim: int) -> np.ndarray | None:
    eye = np.eye(dim)
    # on forms as row-major vectors: X -> gᴴ X g is gᴴ ⊗ gᵀ, and X -> Aᴴ X + X A its derivative
    constraints = [np.kron(g.conj().T, g.T) - np.eye(dim**2) for g in dense]
    constraints += [np.kron(a.conj().T, eye) + np.kron(eye, a.T) for a in algebra]
    constraints = [c / max(1.0, np.linalg.norm(c, 2)) for c in constraints]
    invariants, _ = null_space(np.concatenate(constraints), CUTOFF)
    dual, _ = null_space(np.concatenate([c.conj().T for c in constraints]), CUTOFF)
    # an average exists only if the two pair without degeneration
    pairing = dual.conj().T @ invariants
    if pairing.shape[0] != pairing.shape[1] or pairing.size == 0:
        return None
    if not _is_clear(np.linalg.svd(pairing, compute_uv=False)[-1], RANK):
        return None
    mean = invariants @ np.linalg.solve(pairing, dual.conj().T @ eye.ravel())
    form = mean.reshape(dim, dim)
    form = (form + form.conj().T) / 2
    values = np.linalg.eigvalsh(form)
    if not _is_clear(values[0] / np.abs(values).max(), EXACT):
        return None
    return form / values[-1]


def _looks_unitary(algebra: np.ndarray, dense: Sequence[np.ndarray]) -> bool:
    """Whether the generators are unitary in other coordinates, up to what rounding makes there.

    Descends along geodesics to the coordinates in which the generators' norms have the least
    product. Those of a bounded group are the ones in which it is unitary.

    References:
        Kempf, Ness, "The length of vectors in representation spaces" (1979).
    """
    matrices = np.stack([*dense, *algebra])
    moved, change = matrices, np.eye(matrices.shape[1])
    for _ in range(MAX_STEPS):
        squares = np.sum(np.abs(moved) ** 2, axis=(1, 2), keepdims=True)
        adjoints = moved.conj().swapaxes(1, 2)
        slope = np.sum((moved @ adjoints - adjoints @ moved) / squares, axis=0)
        values, vectors = np.linalg.eigh(slope)
        if np.abs(values).max() < EXACT:
            break
        step = (vectors * np.exp(-values / (4 * len(moved)))) @ vectors.conj().T
        change = step @ change
        inverse = np.linalg.inv(change)
        moved = change @ matrices @ inverse
        if np.linalg.cond(change) > MOST_SKEW:
            break
    known = np.finfo(float).eps * np.linalg.cond(change)
    for i, (m, original) in enumerate(zip(moved, matrices, strict=True)):
        is_element, one = i < len(dense), np.eye(len(m))
        miss = np.linalg.norm(m @ m.conj().T - one if is_element else m + m.conj().T)
        size = np.linalg.norm(m - one if is_element else m)  # a shear misses by its whole size
        if miss > min(100 * known * np.linalg.norm(original), max(0.01 * size, known)):
            return False
    return True


def _is_clear(value: float, limit: float) -> bool:
    """Whether a number is positive, and not zero or negative.

    Raises:
        AmbiguousRankError: if that cannot be told.
    """
    if DEGENERATE < value < limit:
        raise AmbiguousRankError(value, DEGENERATE, limit)
    return value > DEGENERATE
