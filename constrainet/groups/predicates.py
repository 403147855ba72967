"""What the generators say about every element of a group: its form, its size, its order.

Some of it is seen at a glance (is it orthogonal? does it permute the coordinates?). Whether the
elements are bounded, so that the closure of the group is compact, is found by the unitarian trick
(`invariant_form`), and an infinite group by an element of infinite order.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg

from constrainet.errors import AmbiguousRankError
from constrainet.linalg import Matrix, Monomial, adjoint_relation, is_unitary, null_space, to_dense
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

LARGEST_ORDER = 10**5
"""An element that is not of finite order up to this counts as of infinite order.

The angle of an eigenvalue, as a fraction of the circle, is known to 1e-15 or so from a short word.
That tells p/q from its neighbours, for q up to this, with some digits to spare.
"""

QUALITY = 1e-3
"""An angle that a fraction p/q misses by less than this / q² may be meant to be that fraction.

Irrational numbers are missed by about 0.1/q² to 1/q² by their best approximations, and only one in
some dozens has a much better one. So generators known to few digits do not pass for irrational.
What is missed by more than `CLEARLY` is not meant to be that fraction, however small q is.
"""

NUM_WORDS = 64

MAX_LENGTH = 8
"""Random words that are tried, and the longest of them; a longer one would carry more rounding."""


class Predicates(ABC):
    """The part of `Group` that looks at the generators one by one.

    Attributes:
        name: what `repr` shows.
        dim: the size of the matrices.
        dtype: of the generators.
        lie_algebra: generators of the Lie algebra, shape (D, dim, dim).
        discrete_matrices: the discrete generators in the form they are kept in.
        discrete_generators: the same as an array, shape (M, dim, dim).
        factors: those of a direct product, none of them a product; else the group alone.
        split: of an element, its blocks for these.
    """

    # properties of `Group`
    name: Any
    dim: Any
    dtype: Any
    lie_algebra: Any
    discrete_matrices: Any
    discrete_generators: Any
    factors: Any
    split: Any

    @property
    def is_complex(self) -> bool:
        """Whether the generators are complex; zero imaginary parts do not make them real."""
        return self.dtype.kind == "c"

    @cached_property
    def is_discrete(self) -> bool:
        """Whether the group has no Lie algebra (or only zero in it)."""
        return not any(f.lie_algebra.any() for f in self.factors)

    @cached_property
    def is_unitary(self) -> bool:
        """Whether every element is a unitary matrix."""
        return all(
            all(is_unitary(matrix) for matrix in factor.discrete_matrices)
            and _is_anti_hermitian(_normalised(factor.lie_algebra))
            for factor in self.factors
        )

    @property
    def is_orthogonal(self) -> bool:
        """Whether every element is a real orthogonal matrix."""
        return self.is_unitary and not self.is_complex

    @cached_property
    def is_monomial(self) -> bool:
        """Whether every element permutes the coordinates, up to phases; then it is discrete."""
        return self.is_discrete and all(
            isinstance(matrix, Monomial) for f in self.factors for matrix in f.discrete_matrices
        )

    @cached_property
    def is_permutation(self) -> bool:
        """Whether every element permutes the coordinates, without signs or phases."""
        return self.is_discrete and all(
            isinstance(matrix, Monomial) and matrix.is_permutation
            for factor in self.factors
            for matrix in factor.discrete_matrices
        )

    @cached_property
    def is_adjoint_closed(self) -> bool:
        """Whether the conjugate transposes of the generators stay among what they generate.

        That is: the span of `lie_algebra` contains the adjoints of its elements, and the discrete
        generators are unitary. Representations of such a group are sums of irreducible ones.
        """
        return all(
            all(is_unitary(matrix) for matrix in factor.discrete_matrices)
            and adjoint_relation(_normalised(factor.lie_algebra)) is not None
            for factor in self.factors
        )


def _is_anti_hermitian(algebra: np.ndarray) -> bool:
    return bool(np.abs(algebra + algebra.conj().swapaxes(1, 2)).max(initial=0) < EXACT)


def _normalised(algebra: np.ndarray) -> np.ndarray:
    """The non-zero Lie generators, each scaled so that its largest entry has modulus 1."""
    scales = np.abs(algebra).max(axis=(1, 2), keepdims=True, initial=0)
    keep = scales[:, 0, 0] > 0
    return algebra[keep] / scales[keep]


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
    algebra = _normalised(algebra)
    dense = [to_dense(matrix) for matrix in matrices]
    if all(map(is_unitary, dense)) and _is_anti_hermitian(algebra):
        return np.eye(dim, dtype=np.result_type(algebra, *dense))
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


def has_infinite_order_element(matrices: Sequence[Matrix]) -> bool:
    """Whether some short word in the generators is found to have infinite order.

    A finitely generated infinite group of matrices has an element of infinite order (Schur), and
    in a bounded group such an element has an eigenvalue that is no root of unity.

    References:
        Schur, "Über Gruppen periodischer linearer Substitutionen" (1911).

    Args:
        matrices: generators of a bounded group, at least one.

    Returns:
        True if such an element is found; False says nothing.
    """
    rng = np.random.RandomState(0)
    words = list(matrices)
    for length in range(2, NUM_WORDS + 2):
        chosen = rng.randint(len(matrices), size=min(length, MAX_LENGTH)).tolist()
        word = matrices[chosen[0]]
        for i in chosen[1:]:
            word = _product(word, matrices[i])
        words.append(word)
    return any(_is_irrational(x) for word in words for x in _angles(word))


def _product(a: Matrix, b: Matrix) -> Matrix:
    if isinstance(a, Monomial) and isinstance(b, Monomial):
        return a @ b
    return to_dense(a) @ to_dense(b)


def _angles(matrix: Matrix) -> np.ndarray:
    """Angles of numbers that are roots of unity if and only if the eigenvalues are, in circles."""
    if isinstance(matrix, np.ndarray):
        return np.angle(np.linalg.eigvals(matrix)) / (2 * np.pi)
    # the product of the phases along each cycle is a power of the eigenvalues that belong to it
    start = now = np.arange(len(matrix.images))
    met, products = np.ones(len(start)), []
    while len(start):
        met, now = met * matrix.phases[now], matrix.images[now]
        is_open = now != start
        products.append(met[~is_open])
        start, now, met = start[is_open], now[is_open], met[is_open]
    return np.angle(np.concatenate(products)) / (2 * np.pi)


def _is_irrational(x: float) -> bool:
    for power in range(7):
        nearest = Fraction(float(x)).limit_denominator(10**power)
        miss = abs(x - nearest)
        if miss < CLEARLY and miss * nearest.denominator**2 < QUALITY:
            return False
    return True
