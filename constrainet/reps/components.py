"""Elements as words in the discrete generators, times elements of the identity component."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg

from constrainet.reps.lie_images import LieImages
from constrainet.reps.relations import Extension, compare
from constrainet.tolerances import AGREE, CLEARLY, SAMPLED

NUM_SHIFTS = 60
"""Known elements that are divided off before an element is said to have no logarithm. Each leads
to a principal logarithm with a probability of a third or more in the classical groups."""

MAX_COMPONENTS = 48
"""Cosets of the identity component that are kept."""


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
        # inverses of words, their images, and how they are spelt
        self._cosets: list[tuple[np.ndarray, np.ndarray, tuple[int, ...]]] = []
        self._cosets.append((np.eye(d), np.eye(n), ()))
        self._check_integrates(algebra, lie, rng)
        for inverse, image, word in self._cosets:  # grows on the way
            for i, (h, h_image) in enumerate(pairs):
                g, expected = h @ np.linalg.inv(inverse), h_image @ image
                found = self.image(g, AGREE)
                if found is None and len(self._cosets) < MAX_COMPONENTS:
                    self._cosets.append((np.linalg.inv(g), expected, (i, *word)))
                elif found is not None:
                    compare(found, expected, (i, *word), "a shorter word times an exponential")

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
                    closed = scipy.linalg.expm(period * image)
                compare(closed, image_one, f"exp({period:.4g} A{i})", "1")
        for _ in range(NUM_SHIFTS // 4 if len(self._shifts) > 1 else 0):
            i, j = rng.randint(1, len(self._shifts), 2)
            (a, a_image), (b, b_image) = self._shifts[i], self._shifts[j]
            found = self.image(np.linalg.inv(b @ a), AGREE)
            if found is not None:
                left = "a product of two exponentials"
                compare(a_image @ b_image, found, left, "a product of others")

    def image(self, g, within=SAMPLED):
        for inverse_shift, shift_image in self._shifts:
            for inverse, image, _ in self._cosets:
                found = self.algebra.exponential_image(inverse @ g @ inverse_shift, within)
                if found is not None:
                    return image @ found @ shift_image
        return None
