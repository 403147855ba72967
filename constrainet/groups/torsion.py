"""Elements of infinite order, by which an infinite matrix group is recognised."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constrainet.linalg import Matrix, Monomial, to_dense

LARGEST_ORDER = 10**6
"""An element that is not of finite order up to this counts as of infinite order.

The angle of an eigenvalue, as a fraction of the circle, comes with an error of about 1e-15. Two
fractions with denominators up to 10⁶ differ by at least 1e-12, so each is told from the others,
and from most irrational numbers; with denominators of 10⁸ that would be no longer so.
"""

QUALITY = 1e-2
"""An angle x is taken for irrational if the best fraction p/q misses it by more than this / q².

Irrational numbers are missed by some 0.1 / q² to 1 / q²; a rational one by rounding alone, which
is 1e-3 / q² for q at `LARGEST_ORDER` and less below it.
"""

NUM_WORDS = 64
MAX_LENGTH = 8
"""Random words that are tried, and the longest of them; a longer one would carry more rounding."""


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
    rng = np.random.default_rng(0)
    words = list(matrices)
    for length in range(2, NUM_WORDS + 2):
        word = matrices[rng.integers(len(matrices))]
        for _ in range(min(length, MAX_LENGTH) - 1):
            word = _product(word, matrices[rng.integers(len(matrices))])
        words.append(word)
    return any(_is_irrational(x) for word in words for x in _angles(word))


def _product(a: Matrix, b: Matrix) -> Matrix:
    if isinstance(a, Monomial) and isinstance(b, Monomial):
        return a @ b
    return to_dense(a) @ to_dense(b)


def _angles(matrix: Matrix) -> np.ndarray:
    """Angles of numbers that are roots of unity if and only if the eigenvalues are, in circles."""
    if not isinstance(matrix, Monomial):
        return np.angle(np.linalg.eigvals(matrix)) / (2 * np.pi)
    # the product of the phases along each cycle is a power of the eigenvalues that belong to it
    products, power, length = [], matrix, 1
    done = np.zeros(len(matrix.images), bool)
    while not done.all() and length <= len(done):
        closed = ~done & (power.images == np.arange(len(done)))
        products.extend(power.phases[closed])
        done |= closed
        power, length = matrix @ power, length + 1
    return np.angle(np.array(products)) / (2 * np.pi)


def _is_irrational(x: float) -> bool:
    nearest = Fraction(float(x)).limit_denominator(LARGEST_ORDER)
    return abs(x - nearest) * nearest.denominator**2 > QUALITY
