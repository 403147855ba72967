"""Whether a matrix is an element of a group that is known by its generators.

For finite groups this is a matter of permutations. For the others it is decided from both sides.
A matrix is an element if it is found to be a product of exponentials of the Lie algebra and of a
word in the discrete generators. It is none if it breaks what all elements keep: the Lie algebra,
an inner product, tensors, the values that determinants take on invariant subspaces, integrality.

Compact groups are looked at in unitary coordinates, where the second way is complete in principle:
the elements of a compact group are exactly the matrices that keep all its invariant tensors. A
group that is closed under the adjoint is K exp(p), with K its unitary elements and p the Hermitian
part of its Lie algebra, so by the polar decomposition it is left to decide about K.

References:
    Knapp, "Lie Groups Beyond an Introduction" (2002), Theorem 6.31 and Proposition 7.14 (polar
    decomposition); Chevalley, "Theory of Lie Groups" (1946), chapter VI (invariant tensors).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from constrainet.errors import AmbiguousRankError
from constrainet.groups.lie_algebra import LieAlgebra
from constrainet.groups.words import Words
from constrainet.linalg import KroneckerProduct, KroneckerSum, moved, null_space, to_dense
from constrainet.memory import memory_limit
from constrainet.tolerances import CLUSTER, EXACT, RANK, STRETCH

MAX_WORDS = 16
"""Words in the discrete generators that are tried beside exponentials, the shortest first."""

MAX_DISCRETE_WORDS = 1000
"""The same where there is no Lie algebra, so that words are only compared."""

NUM_STARTS = 30
NUM_STEPS = 8
"""Random elements of the identity component from which it is tried to reach a matrix, and steps."""

MAX_TENSOR = 350
"""Entries of the largest tensors whose invariants are compared: 7³, for the 3-form of G2."""


def belongs(
    g: np.ndarray,
    algebra: LieAlgebra,
    matrices: Sequence[np.ndarray],
    form: np.ndarray | None,
    is_adjoint_closed: bool,
) -> bool | None:
    """Whether a matrix is in the infinite group of a Lie algebra and some discrete generators.

    Args:
        g: invertible, shape (d, d), real if the group is.
        algebra: closed, on dimension d.
        matrices: the discrete generators, shapes (d, d).
        form: a positive definite form that the group keeps, shape (d, d); None if it is not
            bounded.
        is_adjoint_closed: whether the algebra is, and the discrete generators are unitary.

    Returns:
        True or False if one of them can be shown, else None.
    """
    if algebra.dim == 0 and (answer := _is_in_lattice(g, matrices)) is not None:
        return answer
    if 8 * algebra.dim * len(g) ** 4 > memory_limit():  # what commutes with it is not known
        return _belongs_to_large(g, algebra, matrices, form)
    if form is not None:
        change = np.linalg.cholesky(form).conj().T
        inverse = np.linalg.inv(change)
        g = change @ g @ inverse
        matrices = [change @ h @ inverse for h in matrices]
        algebra = LieAlgebra(change @ algebra.basis @ inverse)
    elif is_adjoint_closed:
        _, values, rows = np.linalg.svd(g)
        rounding = 10 * np.finfo(float).eps * values[0] / values[-1]
        if algebra.distance((rows.conj().T * np.log(values)) @ rows) > max(EXACT, rounding):
            return False
        is_adjoint_closed = rounding < EXACT  # else the polar decomposition is not known
        if is_adjoint_closed:
            g = g @ (rows.conj().T / values) @ rows
            algebra = LieAlgebra((algebra.basis - algebra.basis.conj().swapaxes(1, 2)) / 2)
    # most elements are reached at once, and to look for invariants takes longer
    if _is_reached(g, algebra, matrices, 1):
        return True
    if _breaks_an_invariant(g, algebra, matrices, form is not None or is_adjoint_closed):
        return False
    return True if algebra.dim and _is_reached(g, algebra, matrices, NUM_STARTS) else None


def _belongs_to_large(
    g: np.ndarray, algebra: LieAlgebra, matrices: Sequence[np.ndarray], form: np.ndarray | None
) -> bool | None:
    if form is not None and np.abs(g.conj().T @ form @ g - form).max() > EXACT:
        return False
    if _is_reached(g, algebra, matrices, 1):
        return True
    return False if _leaves_the_determinants(g, algebra, matrices, [np.eye(len(g))]) else None


def _is_in_lattice(g: np.ndarray, matrices: Sequence[np.ndarray]) -> bool | None:
    """Whether g is in a group of commuting unipotent matrices, such as translations of a crystal.

    Their logarithms are polynomials in them and commute too; so if these are independent, they
    are the basis of a lattice, and g is in the group exactly if log g is in the lattice.

    Returns:
        None if the group is of another kind.
    """
    d = len(g)
    nilpotent = [h - np.eye(d) for h in matrices]
    if any(np.abs(np.linalg.matrix_power(n, d)).max() > EXACT for n in nilpotent) or any(
        np.abs(a @ b - b @ a).max() > EXACT for a in nilpotent for b in nilpotent
    ):
        return None
    logs = np.array([_unipotent_logarithm(h).ravel() for h in matrices]).reshape(-1, d * d)
    if np.linalg.matrix_rank(logs, tol=RANK) < len(logs):
        return None
    if np.abs(np.linalg.matrix_power(g - np.eye(d), d)).max() > EXACT:
        return False
    log = _unipotent_logarithm(g).ravel()
    coefficients = np.rint(np.real(np.linalg.lstsq(logs.T, log, rcond=None)[0]))
    return bool(np.abs(coefficients @ logs - log).max() < EXACT * max(1, np.abs(log).max()))


def _unipotent_logarithm(g: np.ndarray) -> np.ndarray:
    """log(1 + n) = n - n²/2 + ..., a finite sum."""
    n = g - np.eye(len(g))
    total, power = n, n
    for k in range(2, len(g)):
        power = -power @ n
        total = total + power / k
    return total


def _breaks_an_invariant(
    g: np.ndarray, algebra: LieAlgebra, matrices: Sequence[np.ndarray], is_unitary: bool
) -> bool:
    inverse = np.linalg.inv(g)
    if is_unitary and np.abs(g.conj().T @ g - np.eye(len(g))).max() > EXACT:
        return True
    stretch = np.linalg.norm(g, 2) * np.linalg.norm(inverse, 2)
    units = [a / np.linalg.norm(a) for a in algebra.basis]
    if any(algebra.distance(g @ a @ inverse) > EXACT * stretch for a in units):
        return True
    spaces = _invariant_subspaces(len(g), algebra, matrices) if is_unitary else [np.eye(len(g))]
    if any(np.linalg.norm(g @ w - w @ (w.conj().T @ g @ w)) > EXACT * stretch for w in spaces):
        return True
    if _leaves_the_determinants(g, algebra, matrices, spaces):
        return True
    # where generators stretch, the constraints of tensors differ in size by powers of that
    stretches = [np.linalg.norm(h, 2) * np.linalg.norm(np.linalg.inv(h), 2) for h in matrices]
    return any(
        _moves_a_tensor(g, algebra, matrices, k, dual)
        for k, dual in _tensor_ranks(len(g), np.iscomplexobj(g))
        if max(stretches, default=1.0) ** (k + dual) <= STRETCH
    )


def are_integral(matrices: Sequence[np.ndarray] | np.ndarray) -> bool:
    """Whether matrices and their inverses consist of integers."""
    return all(
        np.abs(g - np.rint(g)).max() < EXACT and abs(abs(np.linalg.det(g)) - 1) < EXACT
        for g in matrices
    )


def _invariant_subspaces(
    d: int, algebra: LieAlgebra, matrices: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Orthonormal columns of irreducible subspaces of a unitary group: a generic splitting."""
    eye = np.eye(d)
    constraints = [np.kron(m, eye) - np.kron(eye, m.T) for m in (*algebra.basis, *matrices)]
    commutant = common_null_space(constraints, d * d)
    if commutant is None:
        return [eye]
    generic = commutant @ np.random.RandomState(0).normal(size=commutant.shape[1])
    generic = generic.reshape(d, d)
    values, vectors = np.linalg.eigh(generic + generic.conj().T)
    breaks = np.flatnonzero(np.diff(values) > CLUSTER * np.abs(values).max()) + 1
    return np.split(vectors, breaks, axis=1)


def _leaves_the_determinants(
    g: np.ndarray, algebra: LieAlgebra, matrices: Sequence[np.ndarray], spaces: list[np.ndarray]
) -> bool:
    """Whether the determinants on some invariant subspaces are together none that occur.

    Subspaces on which the Lie algebra has a trace are left out, as they take all values there.
    """
    fixed = [
        w
        for w in spaces
        if np.abs(np.einsum("ia,kij,ja->k", w.conj(), algebra.basis, w)).max(initial=0)
        < EXACT * np.abs(algebra.basis).max(initial=1)
    ]
    if not fixed:
        return False

    def determinants(m: np.ndarray) -> np.ndarray:
        return np.array([np.linalg.det(w.conj().T @ m @ w) for w in fixed])

    if np.abs(np.abs(determinants(g)) - 1).max() > EXACT and not matrices:
        return True
    steps = [determinants(h) for h in matrices]
    if any(np.abs(np.abs(step) - 1).max() > EXACT for step in steps):
        return False
    values = [np.ones(len(fixed), complex)]
    for value in values:
        for step in steps:
            if all(np.abs(value * step - old).max() > EXACT for old in values):
                values.append(value * step)
        if len(values) > MAX_DISCRETE_WORDS:
            return False
    return all(np.abs(determinants(g) - value).max() > EXACT * len(g) for value in values)


def _tensor_ranks(d: int, is_complex: bool) -> Iterator[tuple[int, int]]:
    """How many factors V, and how many of its dual or conjugate, tensors may have."""
    for k in count(1):
        if d**k > MAX_TENSOR or k > 6:
            return
        yield from ((k - q, q) for q in range(k // 2 + 1 if is_complex else 1))
        if not is_complex:
            yield 0, k


def _moves_a_tensor(
    g: np.ndarray, algebra: LieAlgebra, matrices: Sequence[np.ndarray], k: int, dual: int
) -> bool:
    """Whether a matrix moves an invariant of V^⊗k ⊗ V*^⊗dual."""

    def power(m: np.ndarray) -> np.ndarray:
        return to_dense(KroneckerProduct([m] * k + [np.linalg.inv(m).T] * dual))

    constraints = [to_dense(KroneckerSum([a] * k + [-a.T] * dual)) for a in algebra.basis]
    constraints += [power(h) - np.eye(len(h) ** (k + dual)) for h in matrices]
    invariants = common_null_space(constraints, len(g) ** (k + dual))
    if invariants is None:
        return False
    image = power(g)
    moved = np.abs(image @ invariants - invariants).max(initial=0)
    return bool(moved > EXACT * np.linalg.norm(image, 2))


def common_null_space(constraints: list[np.ndarray], size: int) -> np.ndarray | None:
    """What all constraints send to zero, as columns; None if that cannot be decided."""
    scaled = [c / max(np.linalg.norm(c, 2), EXACT) for c in constraints]
    try:
        return null_space(np.concatenate([np.zeros((1, size)), *scaled]), RANK)[0]
    except AmbiguousRankError:
        return None


def _is_reached(
    g: np.ndarray, algebra: LieAlgebra, matrices: Sequence[np.ndarray], starts: int
) -> bool:
    """Whether g is found to be a word in the generators times exponentials."""
    g, generators = moved(g, algebra.units), [moved(h, algebra.units) for h in matrices]
    limit = MAX_WORDS if algebra.dim else MAX_DISCRETE_WORDS
    words = Words(len(g), generators, is_finite=False, limit=limit)
    while True:
        rests = words.inverses @ g
        if algebra.span.logarithms(rests, EXACT, starts, NUM_STEPS) is not None:
            return True
        if not words.grow():
            return False
