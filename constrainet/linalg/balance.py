"""Units in which the matrices of a group are of even size: a diagonal change of coordinates.

Coordinates in metres and in nanometres give the same group entries that differ by 1e9 and more,
and a rank decided there is that of another group. Two steps lead to units that depend on the group
alone. The first makes the logarithms of all entries as equal as they can be, by least squares: a
change of units moves logarithms linearly, so what is left does not depend on the units given.
The second makes rows as long as columns, which in the units of an orthogonal group only the
orthogonal matrices are.

References:
    Osborne, "On pre-conditioning of matrices" (1960), on rows as long as columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from constrainet.linalg.operators import Matrix, to_dense
from constrainet.linalg.rounding import without_rounding
from constrainet.tolerances import EXACT

ROUNDING = 1e-13
"""Of the entries of one matrix in even units."""

PRESENT = 1e-12
"""Diagonal entries below this fraction of the others, which no unit changes, are rounding."""

MAX_STEPS = 200
"""Of the second step: it converges quadratically for one group element, and by about a half in
each step for a Lie algebra; where there are no even units it does not converge at all."""

CONVERGED = 1e-13
"""The last step's size, in logarithms."""


LARGEST_CONDITION = 1e13
"""Matrices with a greater condition number count as singular, dimensionless.

The inverse of such a matrix has fewer than three correct digits in float64, and a matrix that is
singular on paper gets about 1e16.
"""


def even_units(discrete: Sequence[np.ndarray], infinitesimal: np.ndarray) -> np.ndarray:
    """Units s such that the matrices `s A s⁻¹`, s as a diagonal matrix, are of even size.

    They depend on the span of the Lie algebra generators alone, not on their sizes, and not on
    entries that are likely to be rounding. Rows and columns that nothing connects keep their units.

    Args:
        discrete: the group elements, each of shape (n, n).
        infinitesimal: the Lie algebra generators, shape (D, n, n).

    Returns:
        Shape (n,), positive, with a product of 1.

    Example:
        >>> import numpy as np
        >>> even_units([np.array([[0.0, -100.0], [0.01, 0.0]])], np.zeros((0, 2, 2))).round(12)
        array([ 0.1, 10. ])
    """
    discrete = [without_rounding(h) for h in discrete]
    infinitesimal = np.array([without_rounding(A) for A in infinitesimal]).reshape(
        infinitesimal.shape
    )
    logs = _even_entries(discrete, infinitesimal)
    refined = _even_rows(discrete, infinitesimal, logs)
    logs = logs if refined is None else refined
    return np.exp(logs - logs.mean())


def units_of(matrices: Sequence[Matrix] | np.ndarray, algebra: np.ndarray) -> np.ndarray:
    """Units s in which the generators `s A s⁻¹` of a group are of even size.

    Args:
        matrices: the discrete generators.
        algebra: those of the Lie algebra, shape (D, d, d).

    Returns:
        Shape (d,), read-only, positive, of product 1; exactly 1 where the generators are even up
        to rounding, so that integers stay integers.
    """
    units = np.ones(algebra.shape[1])
    nonzero = algebra[algebra.any(axis=(1, 2))]
    if len(nonzero) or len(matrices):
        found = even_units([to_dense(h) for h in matrices], nonzero)
        units = units if np.abs(found - 1).max() < EXACT else found
    units.flags.writeable = False
    return units


def moved(matrices: np.ndarray, units: np.ndarray) -> np.ndarray:
    """`s A s⁻¹` for matrices of shape (..., n, n)."""
    return matrices * units[:, None] / units


def even_sizes(matrices: np.ndarray) -> np.ndarray:
    """The largest entries of Lie algebra generators, shape (D, n, n), in even units."""
    if len(matrices) and not are_hermitian(matrices):
        matrices = moved(matrices, even_units([], matrices))
    return np.abs(matrices).max(axis=(1, 2), initial=0)


def tight_combinations(matrices: np.ndarray) -> np.ndarray:
    """Combinations of matrices that cover their span evenly: `Σ Bᵢ Bᵢᴴ` is the span's projector.

    Args:
        matrices: shape (D, n, n).

    Returns:
        Shape (D, D), real: a function of the matrices that is continuous where their number is
        that of their dimensions, and of one in each direction of the span.
    """
    flat, sizes = _normalised(matrices)
    left, values, _ = np.linalg.svd(flat, full_matrices=False)
    kept = values > EXACT * values.max(initial=0)
    return (left[:, kept] / values[kept]) @ left[:, kept].T / sizes


def are_orthogonal(matrices: np.ndarray) -> bool:
    """Whether matrices, shape (D, n, n), are orthogonal to each other up to rounding."""
    flat, _ = _normalised(matrices)
    flat = csr_array(flat)  # those of the classical groups have a few entries each
    gram = flat @ flat.T
    gram.setdiag(0)
    return bool(np.abs(gram.data).max(initial=0) <= EXACT)


def are_hermitian(matrices: np.ndarray) -> bool:
    """Whether each of these matrices, shape (D, n, n), is Hermitian or anti-Hermitian."""
    adjoints = matrices.conj().swapaxes(1, 2)
    misses = [np.abs(matrices - sign * adjoints).max(axis=(1, 2), initial=0) for sign in (1, -1)]
    sizes = np.abs(matrices).max(axis=(1, 2), initial=0)
    return bool(np.all(np.minimum(*misses) <= ROUNDING * sizes))


def outside_span(matrix: np.ndarray, matrices: Sequence[np.ndarray]) -> np.ndarray:
    """What is left of a matrix (n, n) without its projection to the real span of others."""
    flat, _ = _normalised(np.array(matrices))
    whole = matrix.ravel()
    real, imaginary = np.real(whole), np.imag(whole)
    whole = np.concatenate([real, imaginary]) if flat.shape[1] > whole.size else real
    if are_orthogonal(np.array(matrices)):
        left = whole - (flat @ whole) @ flat
    else:
        left = whole - np.linalg.lstsq(flat.T, whole, rcond=EXACT)[0] @ flat
    if flat.shape[1] > matrix.size:
        left = left[: matrix.size] + 1j * left[matrix.size :]
    return left.reshape(matrix.shape)


def _normalised(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Matrices as real vectors of length one, shape (D, m), and their lengths."""
    flat = matrices.reshape(len(matrices), matrices.shape[1] * matrices.shape[2])
    if np.iscomplexobj(flat):
        flat = np.concatenate([np.real(flat), np.imag(flat)], axis=1)
    sizes = np.linalg.norm(flat, axis=1)
    sizes = np.where(sizes == 0, 1, sizes)
    return flat / sizes[:, None], sizes


def _even_entries(discrete: Sequence[np.ndarray], infinitesimal: np.ndarray) -> np.ndarray:
    """The logarithms of units in which the logarithms of all entries differ least.

    A Lie algebra generator's size means nothing, and is fitted along; that of a group element
    is the mean of its eigenvalues.
    """
    n = infinitesimal.shape[1] if len(infinitesimal) else len(discrete[0])
    normal, right = np.zeros((n, n)), np.zeros(n)
    for h in discrete:
        places, sizes = _entries(h)
        mean = np.linalg.slogdet(h)[1] / n
        sizes = sizes - (mean if np.isfinite(mean) else 0)
        normal += places.T @ places
        right -= places.T @ sizes
    alone, with_diagonal = (normal, right), (normal.copy(), right.copy())
    for A in infinitesimal:
        places, sizes = _entries(A)
        if not len(sizes):
            continue
        diagonal = np.abs(np.diag(A))
        diagonal = np.log(diagonal[diagonal > 0])
        diagonal = diagonal[diagonal > sizes.mean() + np.log(PRESENT)]
        zeros = np.zeros((len(diagonal), n))
        _add_centred(alone, places, sizes)
        _add_centred(
            with_diagonal, np.concatenate([places, zeros]), np.concatenate([sizes, diagonal])
        )
    return np.linalg.pinv(with_diagonal[0], rcond=1e-10, hermitian=True) @ with_diagonal[1]


def _entries(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a change of units adds to the logarithms of entries off the diagonal, and these."""
    rows, columns = np.nonzero(matrix - np.diag(np.diag(matrix)))
    eye = np.eye(len(matrix))
    return eye[rows] - eye[columns], np.log(np.abs(matrix[rows, columns]))


def _add_centred(equations: tuple[np.ndarray, np.ndarray], places, sizes) -> None:
    places, sizes = places - places.mean(axis=0), sizes - sizes.mean()
    equations[0][:] += places.T @ places
    equations[1][:] -= places.T @ sizes


def _even_rows(
    discrete: Sequence[np.ndarray], infinitesimal: np.ndarray, logs: np.ndarray
) -> np.ndarray | None:
    """The logarithms of units in which rows are as long as columns; None if there are none.

    They minimise a convex function of the logarithms, the volume spanned by the Lie algebra
    generators times the lengths of the group elements. Only entries on cycles count: the others
    could be made as small as one likes.
    """
    discrete = [h * _on_cycles(h) for h in discrete]
    if not discrete and are_hermitian(moved(infinitesimal, np.exp(logs))):
        return logs
    together = np.any(infinitesimal != 0, axis=0)
    infinitesimal = infinitesimal * _on_cycles(together)
    for _ in range(MAX_STEPS):
        squares = np.zeros((len(logs), len(logs)))
        units = np.exp(logs)
        for h in discrete:
            lengths = np.abs(moved(h, units)) ** 2
            squares += lengths / max(lengths.sum(), np.finfo(float).tiny)
        if infinitesimal.any():
            matrices = moved(infinitesimal, units)
            even = np.tensordot(tight_combinations(matrices), matrices, 1)
            squares += np.sum(np.abs(even) ** 2, axis=0)
        rows, columns = squares.sum(axis=1), squares.sum(axis=0)
        curvature = np.diag(rows + columns) - squares - squares.T
        # 1e-10: directions as flat as that are moved by nothing but rounding
        step = np.linalg.pinv(curvature, rcond=1e-10, hermitian=True) @ (columns - rows) / 2
        longest = np.abs(step).max(initial=0)
        logs = logs + step / max(1.0, longest)
        if longest < CONVERGED:
            return logs
    return None


def _on_cycles(matrix: np.ndarray) -> np.ndarray:
    """Off the diagonal, which pairs of coordinates the non-zero entries connect both ways."""
    _, labels = connected_components(matrix != 0, directed=True, connection="strong")
    return (labels[:, None] == labels) & ~np.eye(len(matrix), dtype=bool)


def is_singular(matrix: np.ndarray) -> bool:
    """Whether a matrix, shape (d, d), has no inverse in float64, whatever the units of its rows."""
    rows = np.linalg.norm(matrix, axis=1, keepdims=True)
    # the negation catches NaN
    return not (np.all(rows > 0) and np.linalg.cond(matrix / rows) < LARGEST_CONDITION)
