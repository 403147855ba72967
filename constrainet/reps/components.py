"""Elements as words in the discrete generators, times elements of the identity component."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

from constrainet.reps.lie_images import LieImages
from constrainet.reps.relations import Extension, compare
from constrainet.tolerances import AGREE, CLEARLY, SAMPLED, STRETCH

NUM_SHIFTS = 60
"""Known elements that are divided off before an element is said to have no logarithm. Each leads
to a principal logarithm with a probability of a third or more in the classical groups."""

MAX_COMPONENTS = 48
"""Cosets of the identity component that are kept."""

PART = 0.3716
"""Of a period, after which no usual rotation is back: in skew coordinates it stretches a lot before
it closes, and so does the rounding in it."""

LARGEST_SEARCHED = 16
"""Sizes of matrices up to which it is found out what commutes with the identity component."""

NEARLY = 1e-14
"""Squares of what commutes but for rounding, relative."""


class Components(Extension):
    """Words in the discrete generators, times elements of the identity component.

    Args:
        generators: the discrete generators.
        discrete: their images.
        algebra: the Lie generators.
        lie: their images.
    """

    def __init__(
        self,
        generators: Sequence[np.ndarray],
        discrete: Sequence[np.ndarray],
        algebra: np.ndarray,
        lie: np.ndarray,
    ):
        pairs = list(zip(generators, discrete, strict=True))
        self.algebra = LieImages(algebra, lie, pairs)
        d, n = algebra.shape[1], lie.shape[1]
        rng = np.random.RandomState(0)
        count = len(self.algebra.basis)
        # inverses of shifts, and the images of shifts
        self._shifts = [(np.eye(d), np.eye(n))]
        for _ in range(NUM_SHIFTS if count else 0):
            weights = rng.normal(size=count)
            weights *= rng.uniform(0.5, 4) / np.linalg.norm(weights)
            inverse = scipy.linalg.expm(-np.tensordot(weights, self.algebra.basis, 1))
            image = scipy.linalg.expm(np.tensordot(weights, self.algebra.images, 1))
            self._shifts.append((inverse, image))
        self._invariant = _invariant(self.algebra.basis) if pairs and count else np.eye(d)
        # inverses of words, their images, and how they are spelt
        self._cosets: list[tuple[np.ndarray, np.ndarray, tuple[int, ...]]] = []
        self._cosets.append((np.eye(d), np.eye(n), ()))
        self._check_integrates(algebra, lie, rng)
        for inverse, image, word in self._cosets:  # grows on the way
            for i, (h, h_image) in enumerate(pairs):
                g, expected = h @ np.linalg.inv(inverse), h_image @ image
                found = self._factors(g, AGREE)
                if found is None and len(self._cosets) < MAX_COMPONENTS:
                    self._cosets.append((np.linalg.inv(g), expected, (i, *word)))
                elif found is not None:
                    size = max(_size(h_image, image), _size(*found))
                    other = "a shorter word times an exponential"
                    compare(expected, np.linalg.multi_dot(found), (i, *word), other, size)

    def _check_integrates(self, algebra, lie, rng: np.random.RandomState) -> None:
        """A representation of the algebra is one of the group only if closed paths close."""
        image_one = np.eye(lie.shape[1])
        for i, (A, image) in enumerate(zip(algebra, lie, strict=True)):
            values, vectors = np.linalg.eig(A)
            speeds = np.abs(values)
            slowest = speeds[speeds > CLEARLY * speeds.max(initial=0)].min(initial=np.inf)
            period = 2 * np.pi / slowest
            is_periodic = np.isfinite(slowest) and np.all(
                np.abs(np.real(values)) < CLEARLY * speeds.max()
            )
            if (
                is_periodic
                and np.linalg.cond(vectors) < 1 / CLEARLY
                and np.abs(np.exp(period * values) - 1).max() < AGREE
            ):
                with np.errstate(over="ignore", invalid="ignore"):  # wrong images may grow
                    parts = [scipy.linalg.expm(t * period * image) for t in (PART, 1 - PART)]
                    closed = parts[0] @ parts[1]
                compare(closed, image_one, f"exp({period:.4g} A{i})", "1", _size(*parts))
        for _ in range(NUM_SHIFTS // 4 if len(self._shifts) > 1 else 0):
            i, j = rng.randint(1, len(self._shifts), 2)
            (a, a_image), (b, b_image) = self._shifts[i], self._shifts[j]
            size = _size(a_image, b_image)
            if max(np.linalg.cond(b @ a), size / len(lie[0])) > STRETCH:
                continue  # its logarithm, or the image of that, would have too few digits
            found = self._factors(np.linalg.inv(b @ a), AGREE)
            if found is not None:
                left, right = "a product of two exponentials", "a product of others"
                size = max(size, _size(*found))
                compare(a_image @ b_image, np.linalg.multi_dot(found), left, right, size)

    def image(self, g, within=SAMPLED):
        factors = self._factors(g, within)
        return None if factors is None else factors[0] @ factors[1] @ factors[2]

    def _factors(self, g: np.ndarray, within: float) -> tuple[np.ndarray, ...] | None:
        """Images of a word, an exponential and a shift, whose product is that of g."""
        undone = [
            (inverse @ g, image) for inverse, image, _ in self._cosets if self._may(inverse, g)
        ]
        for inverse_shift, shift_image in self._shifts if undone else ():
            for rest, image in undone:
                found = self.algebra.exponential_image(rest @ inverse_shift, within)
                if found is not None:
                    return image, found, shift_image
        return None

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
