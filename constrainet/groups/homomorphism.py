"""Homomorphisms given on the generators of a group.

To find the image of an element, it is written in the generators. Permutations, with signs or
without, are factored through a chain of stabilisers (`stabiliser_chain.py`), so that groups of any
order are within reach; other finite groups are listed (`words.py`). Elements of a Lie group are
words in the discrete generators times exponentials (`closure.py`). Each of these carries images
along, and compares them wherever an element comes out twice: images are those under a homomorphism
exactly if the group that the pairs (h, ρ(h)) generate is no larger than that of the h.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.linalg

from constrainet.groups.closure import Closure
from constrainet.groups.group import Group
from constrainet.groups.stabiliser_chain import StabiliserChain, monomial_chain, signed_points
from constrainet.groups.words import Words, compare
from constrainet.linalg import Monomial, moved, units_of
from constrainet.tolerances import AGREE, CLEARLY, EXACT, SAMPLED

MAX_LISTED = 60_000
"""Elements of a finite group that are kept; listing these takes about two seconds."""

FEW_LISTED = 1000
"""Elements that are listed of an infinite group, or of one that is handled in another way."""

MAX_CHAIN_ENTRIES = 2**25
"""Entries of the matrices that are kept for a chain of stabilisers: 256 MiB."""

MAX_COMPONENTS = 48
"""Cosets of the identity component that are kept."""

NUM_PRODUCTS = 15
"""Products of two random exponentials that are compared with others."""

MOST_STRETCHED = 1e2
"""Those that stretch by more are not: their logarithms, or images of these, lose digits. What is to
be found out is whether closed paths close, and these are of compact groups."""

PART = 0.3716
"""Of a period, after which no usual rotation is back: in skew coordinates it stretches a lot before
it closes, and so does the rounding in it."""

LARGEST_SEARCHED = 16
"""Sizes of matrices up to which it is found out what commutes with the identity component."""

NEARLY = 1e-14
"""Squares of what commutes but for rounding, relative."""


class Homomorphism:
    """From a group that is no product to invertible matrices, given on generators.

    Args:
        group: the group.
        discrete: images of its discrete generators, shape (M, n, n).
        lie: images of its Lie generators, shape (D, n, n).

    Raises:
        RelationError: if relations among the generators do not hold among the images.
        ValueError: if float64 does not suffice to close the Lie algebra.
    """

    def __init__(self, group: Group, discrete: np.ndarray, lie: np.ndarray):
        self._units, self._image_units = group.units, units_of(discrete, lie)
        even = group.in_even_units
        discrete, lie = moved(discrete, self._image_units), moved(lie, self._image_units)
        h, rho = even.lie_algebra[:0], discrete[:0]
        if not group.is_discrete:
            h, rho = even.discrete_generators, discrete
        self._lie = Closure(even.lie_algebra, h, group.name, lie, rho)
        self._search = _search(even, discrete, self._lie)

    def image(self, g: np.ndarray, within: float = SAMPLED) -> np.ndarray | None:
        """ρ(g), shape (n, n); None if g is not found in the group, up to a relative distance."""
        found = self._search.image(moved(g, self._units), within)
        return None if found is None else moved(found, 1 / self._image_units)

    def tangent_image(self, A):
        """dρ(A) of the part of A in the Lie algebra; NumPy or JAX."""
        return moved(self._lie.image(moved(A, self._units)), 1 / self._image_units)


def _search(group: Group, discrete: np.ndarray, lie: Closure) -> Words | _Factored | _Components:
    if not group.is_discrete:
        return _Components(group, discrete, lie)
    monomials = [m for m in group.discrete_matrices if isinstance(m, Monomial)]
    # at most dim levels, with at most 2 dim permutations of 2 dim points, and inverses
    entries = 4 * group.dim**2 * (2 * group.dim + discrete.shape[1] ** 2)
    is_signed = len(monomials) == len(discrete) > 0 and all(
        np.all(np.abs(np.abs(np.real(m.phases)) - 1) < EXACT) for m in monomials
    )
    if is_signed and entries <= MAX_CHAIN_ENTRIES:
        # short words first, for the sake of short relations in messages
        Words(group.dim, monomials, discrete, is_finite=True, limit=FEW_LISTED).complete()
        return _Factored(monomial_chain(monomials, group.dim, discrete), group.dim)
    is_finite = is_known_finite(group)
    limit = MAX_LISTED if is_finite else FEW_LISTED
    words = Words(group.dim, group.discrete_matrices, discrete, is_finite=is_finite, limit=limit)
    return words.complete()


class _Factored:
    """Signed permutation matrices, factored through a chain of stabilisers."""

    def __init__(self, chain: StabiliserChain, dim: int):
        self._chain, self._dim = chain, dim

    def image(self, g: np.ndarray, within: float) -> np.ndarray | None:
        nearest = np.rint(np.real(g))
        monomial = Monomial.from_dense(nearest)
        if monomial is None or np.abs(g - nearest).max() > within:
            return None
        if self._chain.num_points == self._dim and not monomial.is_permutation:
            return None
        (points,) = signed_points([monomial], self._dim)
        return self._chain.image(points[: self._chain.num_points])


class _Components:
    """Words in the discrete generators, times elements of the identity component."""

    def __init__(self, group: Group, discrete: np.ndarray, lie: Closure):
        self._lie = lie
        generators = group.discrete_generators
        d, n = group.dim, lie.images.shape[1]
        self._invariant = _invariant(lie.basis) if len(generators) else np.eye(d)
        # inverses of words, their images, and how they are spelt
        self._cosets: list[tuple[np.ndarray, np.ndarray, tuple[int, ...]]] = []
        self._cosets.append((np.eye(d), np.eye(n), ()))
        for i, A in enumerate(group.lie_algebra):
            self._check_period(f"A{i}", A)
        self._check_products()
        for inverse, image, word in self._cosets:  # grows on the way
            for i, (h, h_image) in enumerate(zip(generators, discrete, strict=True)):
                g, expected = h @ np.linalg.inv(inverse), h_image @ image
                found = self._factors(g, AGREE)
                if found is None and len(self._cosets) < MAX_COMPONENTS:
                    self._cosets.append((np.linalg.inv(g), expected, (i, *word)))
                elif found is not None:
                    size = max(_size(h_image, image), _size(*found))
                    other = "a shorter word times an exponential"
                    compare(expected, np.linalg.multi_dot(found), (i, *word), other, size)

    def _check_period(self, name: str, A: np.ndarray) -> None:
        """A representation of the algebra is one of the group only if closed paths close."""
        values, vectors = np.linalg.eig(A)
        speeds = np.abs(values)
        slowest = speeds[speeds > CLEARLY * speeds.max(initial=0)].min(initial=np.inf)
        period = 2 * np.pi / slowest
        is_periodic = (
            np.isfinite(slowest)
            and np.all(np.abs(np.real(values)) < CLEARLY * speeds.max())
            and np.linalg.cond(vectors) < 1 / CLEARLY
            and np.abs(np.exp(period * values) - 1).max() < AGREE
        )
        if is_periodic:
            image = self._lie.image(A)
            with np.errstate(over="ignore", invalid="ignore"):  # wrong images may grow
                parts = [scipy.linalg.expm(t * period * image) for t in (PART, 1 - PART)]
                closed = parts[0] @ parts[1]
            compare(closed, np.eye(len(image)), f"exp({period:.4g} {name})", "1", _size(*parts))

    def _check_products(self) -> None:
        for i in range(1, 2 * NUM_PRODUCTS, 2):
            (X, x), (Y, y) = self._lie.span.shift(i), self._lie.span.shift(i + 1)
            X_image, Y_image = self._exponential_image(X), self._exponential_image(Y)
            size = _size(X_image, Y_image)
            if max(np.linalg.cond(y @ x), size / len(X_image)) > MOST_STRETCHED:
                continue
            found = self._factors(np.linalg.inv(y @ x), AGREE)
            if found is not None and _size(*found) / len(X_image) <= MOST_STRETCHED:
                left, right = "a product of two exponentials", "a product of others"
                compare(X_image @ Y_image, np.linalg.multi_dot(found), left, right, size)

    def _exponential_image(self, X: np.ndarray) -> np.ndarray:
        return scipy.linalg.expm(self._lie.image(X))

    def image(self, g: np.ndarray, within: float) -> np.ndarray | None:
        factors = self._factors(g, within)
        return None if factors is None else np.linalg.multi_dot(factors)

    def _factors(self, g: np.ndarray, within: float) -> tuple[np.ndarray, ...] | None:
        """Images of a word, an exponential and a shift, whose product is that of g."""
        undone = [
            (inverse @ g, image) for inverse, image, _ in self._cosets if self._may(inverse, g)
        ]
        found = self._lie.span.logarithms([rest for rest, _ in undone], within)
        if found is None:
            return None
        place, logarithms = found
        *parts, shift = map(self._exponential_image, logarithms)
        return undone[place][1], np.linalg.multi_dot(parts), shift

    def _may(self, inverse: np.ndarray, g: np.ndarray) -> bool:
        """Whether a product commutes as elements of the identity component do."""
        rest, invariant = inverse @ g, self._invariant
        miss = np.linalg.norm(rest @ invariant - invariant @ rest)
        return bool(miss <= SAMPLED * _size(inverse, g, invariant))


def _invariant(algebra: np.ndarray) -> np.ndarray:
    """A generic matrix that commutes with a Lie algebra (D, d, d), hence with its exponentials.

    The identity where the matrices are large, which says nothing.
    """
    d = algebra.shape[1]
    if d > LARGEST_SEARCHED:
        return np.eye(d)
    adjoints, eye = algebra.conj().swapaxes(1, 2), np.eye(d)
    # the Gram matrix of X -> A X - X A
    mixed = np.einsum("kab,kdc->acbd", adjoints, algebra).reshape(d * d, d * d)
    gram = np.kron(np.sum(adjoints @ algebra, axis=0), eye) - mixed - mixed.conj().T
    gram += np.kron(eye, np.sum(algebra @ adjoints, axis=0).conj())
    values, vectors = np.linalg.eigh(gram)
    # what commutes to 1e-7 only is no harm, since `SAMPLED` is far above
    kept = vectors[:, values < NEARLY * values.max()]
    return (kept @ np.random.RandomState(0).normal(size=kept.shape[1])).reshape(d, d)


def _size(*factors: np.ndarray) -> float:
    """What the rounding in a product is measured by: it may be much smaller than its factors."""
    with np.errstate(over="ignore"):
        return float(np.prod([np.linalg.norm(factor) for factor in factors]))


@lru_cache(maxsize=256)
def _recognition(group: Group) -> Homomorphism:
    """The trivial homomorphism, which knows the elements."""
    ones = np.ones((len(group.discrete_matrices), 1, 1))
    return Homomorphism(group, ones, np.zeros((len(group.lie_algebra), 1, 1)))


def resembles(group: Group, g: np.ndarray) -> bool:
    """Whether a matrix of the group's size, drawn in float32 perhaps, is close to an element.

    Only where it is known that it is close to one of several cosets; see `Group.contains`.
    """
    blocks = group.split(g)
    outside = moved(g - scipy.linalg.block_diag(*blocks), group.units)
    pairs = zip(group.factors, blocks, strict=True)
    return bool(np.abs(outside).max() < SAMPLED) and all(
        _recognition(factor).image(block) is not None for factor, block in pairs
    )


@lru_cache(maxsize=256)  # what cannot be decided takes the longest
def is_known_finite(group: Group) -> bool:
    """Whether a group is known to be finite; False also where that cannot be decided."""
    try:
        return group.is_finite
    except ValueError:
        return False
