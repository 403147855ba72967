"""Elements of infinite order, by which an infinite matrix group is recognised."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constrainet.linalg import Matrix, Monomial, to_dense
from constrainet.tolerances import CLEARLY

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
