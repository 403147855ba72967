"""Coordinates in which the generators, together, are closed under the adjoint, if there are such.

A compact group given in skew coordinates preserves an inner product, only not the standard one; a
reductive Lie algebra, such as that of the Lorentz group, is closed under the adjoint for some inner
product. Coordinates in which the standard one is such are those in which the generators are
shortest: the sum of the squares of discrete ones, and the logarithm of the volume that those of the
Lie algebra span. Both are convex along the curves exp(tX) S, X Hermitian, of coordinates S x, so
that Newton's method finds the minimum.

A normal discrete generator h = u p, with u unitary and p positive, leaves the same vectors alone as
u and the Lie algebra generator log p together, and so do its tensor powers.

References:
    Kempf, Ness, "The length of vectors in representation spaces" (1979).
    Bürgisser, Franks, Garg, Oliveira, Walter, Wigderson, "Towards a theory of non-commutative
    optimization" (2019), on its computation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator, minres

from constrainet.linalg import adjoint, to_dense
from constrainet.solve.problem import Atom, Symmetry
from constrainet.tolerances import CLEARLY, EXACT, START

LARGEST = 100
"""Distinct atoms of more dimensions together are left as they are: a step would take a second."""

WORST_CONDITION = 1e6
"""Coordinates more skew than this would spend the digits that the certificate needs."""

MAX_STEPS = 60
"""Of Newton's method: of length one half or less, until the coordinates are nearly the right
ones."""

DEGENERATE = 1e-9
"""Where the trace form has a value below this, nilpotent elements are in its radical."""

SHORT = 1e-3
"""Steps below this become much shorter each time, unless they are rounding."""

LAST = 1e-7
"""A step below this is the last: what is left is of the order of its square, or rounding."""


def self_adjoint(atoms: Sequence[Atom]) -> tuple[list[Atom], list[np.ndarray]] | None:
    """Atoms that leave the same vectors alone, closed under the adjoint in other coordinates.

    Args:
        atoms: of one symmetry.

    Returns:
        The atoms, whose generators are not those of the ones given, and the matrices S that lead
        to their coordinates; None if there are no such coordinates, or too skew ones.
    """
    distinct = list(dict.fromkeys(atoms))
    ends = np.cumsum([0, *(atom.dim for atom in distinct)])
    if ends[-1] > LARGEST:
        return None
    block = dict(zip(distinct, (slice(*both) for both in pairwise(ends)), strict=True))
    discrete, lie = (
        np.reshape(
            [scipy.linalg.block_diag(*map(to_dense, each)) for each in zip(*images, strict=True)],
            (-1, ends[-1], ends[-1]),
        )
        for images in zip(*((a.discrete, a.infinitesimal) for a in distinct), strict=True)
    )
    blocks = scipy.linalg.block_diag(*(np.ones((a.dim, a.dim), bool) for a in distinct))
    change = _shortest(discrete, lie, blocks)
    if change is None:
        return None
    inverse = np.linalg.inv(change)
    discrete, lie = change @ discrete @ inverse, change @ lie @ inverse
    # what has become of the rounding of generators, by which their adjoints may be missed
    skew = np.linalg.cond(change) ** 2 * max(map(np.linalg.cond, discrete), default=1)
    rounding = max(EXACT, np.finfo(float).eps * skew)
    parts = _polar(discrete, rounding)
    if rounding > START or parts is None:
        return None
    lie = _closed(np.concatenate([lie, parts[1]]), rounding)
    if lie is None:
        return None
    symmetry = Symmetry(tuple(parts[0]), lie, atoms[0].symmetry.label, START)
    moved = [
        Atom(symmetry, tuple(parts[0][:, b, b]), lie[:, b, b], a.dim)
        for a, b in ((a, block[a]) for a in atoms)
    ]
    return moved, [change[block[a], block[a]] for a in atoms]


def _shortest(discrete: np.ndarray, lie: np.ndarray, blocks: np.ndarray) -> np.ndarray | None:
    """The matrix S in whose coordinates generators are shortest, or None.

    Args:
        discrete: shape (M, n, n).
        lie: shape (D, n, n).
        blocks: where S may differ from zero, shape (n, n).
    """
    change, before = np.eye(len(blocks)), np.inf
    for _ in range(MAX_STEPS):
        inverse = np.linalg.inv(change)
        basis, _ = _span(change @ lie @ inverse)
        form = np.real(np.tensordot(basis, basis, ((1, 2), (2, 1))))
        if np.abs(np.linalg.eigvalsh(form)).min(initial=1) < DEGENERATE:
            return None
        step = _newton(change @ discrete @ inverse, basis, blocks)
        length = float(np.linalg.norm(step, 2))
        change = scipy.linalg.expm(step / (1 + 2 * length)) @ change
        if not np.linalg.cond(change) < WORST_CONDITION:
            return None
        if length < LAST or before / 2 < length < SHORT:
            return change
        before = length
    return None


def _newton(discrete: np.ndarray, basis: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """The Hermitian X of Newton's step for `Σ |h|² + log det (A_i, A_j)`, A an orthonormal basis.

    Along exp(tX) the first derivative is 2 Σ ([X, G], G) over all matrices G of both kinds, and
    the second 4 Σ |[X, G]|², for Lie algebra generators without the part of [X, G] in their span.
    """
    both = np.concatenate([discrete, basis])
    adjoints = _adjoints(both)
    dtype, shape = both.dtype, blocks.shape

    def gradient(vectors: np.ndarray) -> np.ndarray:
        """X ↦ Σ (V, [X, G]) as a Hermitian matrix, in real coordinates."""
        total = np.tensordot(vectors, adjoints, ((0, 2), (0, 1)))
        total = total - np.tensordot(adjoints, vectors, ((0, 2), (0, 1)))
        return np.where(blocks, total + adjoint(total), 0).view(float).ravel()

    def curvature(x: np.ndarray) -> np.ndarray:
        X = x.view(dtype).reshape(shape)
        vectors = X @ both - both @ X
        inside = np.real(np.tensordot(vectors[len(discrete) :], basis.conj(), ((1, 2), (1, 2))))
        vectors[len(discrete) :] -= np.tensordot(inside, basis, 1)
        return 2 * gradient(vectors)

    target = -gradient(both)
    operator = LinearOperator((target.size, target.size), matvec=curvature, dtype=float)
    return minres(operator, target, rtol=1e-6, maxiter=200)[0].view(dtype).reshape(shape)


def _polar(discrete: np.ndarray, rounding: float) -> tuple[np.ndarray, np.ndarray] | None:
    """The unitary factors of normal matrices, and the logarithms of positive ones but 1; or None.

    What is almost unitary may be a unitary matrix typed with few digits.
    """
    unitary, logarithms = np.zeros_like(discrete), []
    for i, h in enumerate(discrete):
        left, values, right = np.linalg.svd(h)
        unitary[i] = left @ right
        logs = np.log(np.maximum(values, np.finfo(float).tiny))
        is_one = np.abs(logs) <= rounding
        if is_one.all():
            continue
        miss = np.abs(h @ adjoint(h) - adjoint(h) @ h).max()
        if miss > rounding * values[0] ** 2 or np.any(~is_one & (np.abs(logs) < CLEARLY)):
            return None
        logarithms.append((adjoint(right) * np.where(is_one, 0, logs)) @ right)
    return unitary, np.reshape(logarithms, (-1, *discrete.shape[1:]))


def _closed(lie: np.ndarray, rounding: float) -> np.ndarray | None:
    """A basis of the span of matrices that is closed under the adjoint; None if it is not."""
    basis, _ = _span(lie, rounding)
    closed, values = _span(np.concatenate([basis, _adjoints(basis)]))
    if values[len(basis) :].max(initial=0) > rounding:
        return None
    return closed[: len(basis)]


def _span(matrices: np.ndarray, rounding: float = EXACT) -> tuple[np.ndarray, np.ndarray]:
    """An orthonormal basis of the real span of matrices (D, n, n), and the singular values."""
    if not matrices.any():
        return matrices[:0], np.zeros(0)
    flat = np.ascontiguousarray(matrices).reshape(len(matrices), -1).view(float)
    sizes = np.linalg.norm(flat, axis=1)
    flat = flat[sizes > 0] / sizes[sizes > 0, None]
    _, values, right = np.linalg.svd(flat, full_matrices=False)
    basis = right[values > rounding * values[0]].view(matrices.dtype)
    return basis.reshape(-1, *matrices.shape[1:]), values


def _adjoints(matrices: np.ndarray) -> np.ndarray:
    return matrices.conj().swapaxes(1, 2)
