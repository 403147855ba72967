"""Elements of a Lie algebra in an orthonormal basis, and of its group by their logarithms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import scipy.linalg

from constrainet.linalg import logarithm
from constrainet.tolerances import CLUSTER, EXACT

NUM_SHIFTS = 60
"""Known elements that are divided off before an element is said to have no logarithm. Each leads
to a principal logarithm with a probability of a third or more in the classical groups."""

LONGEST = 100.0
"""Norm of the longest steps, of which the exponentials are far from overflow."""


class Span:
    """A Lie algebra of matrices, in a basis that is orthonormal over the real numbers.

    Args:
        basis: shape (K, d, d), orthonormal in Re tr(Aᴴ B).
    """

    def __init__(self, basis: np.ndarray):
        self.basis = basis
        self._shifts: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def coefficients(self, A):
        """Of the part of A in the algebra, in the basis; NumPy or JAX."""
        xp = A.__array_namespace__()
        return xp.real(xp.tensordot(xp.asarray(self.basis.conj()), A, axes=([1, 2], [0, 1])))

    def project(self, A: np.ndarray) -> np.ndarray:
        """The part of A in the algebra."""
        return np.tensordot(self.coefficients(A), self.basis, 1)

    def is_kept_by(self, matrices: Iterable[np.ndarray]) -> bool:
        """Whether A -> h A h⁻¹ maps the algebra to itself for some matrices h of its size."""
        # it is linear, so that one generic element tells
        A = np.tensordot(np.random.RandomState(1).normal(size=len(self.basis)), self.basis, 1)
        images = [h @ A @ np.linalg.inv(h) for h in matrices]
        return all(np.linalg.norm(B - self.project(B)) <= EXACT * np.linalg.norm(B) for B in images)

    @cached_property
    def _directions(self) -> np.ndarray:
        """Coefficients of zero and of random elements, shape (NUM_SHIFTS + 1, K)."""
        rng = np.random.RandomState(0)
        weights = rng.normal(size=(NUM_SHIFTS + 1, len(self.basis)))
        lengths = rng.uniform(0.5, 4, (NUM_SHIFTS + 1, 1))
        lengths[0] = 0
        return weights * lengths / np.linalg.norm(weights, axis=1, keepdims=True)

    def shift(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Zero or, for numbers up to `NUM_SHIFTS`, a random element X, and exp(-X)."""
        if number not in self._shifts:
            X = np.tensordot(self._directions[number], self.basis, 1)
            self._shifts[number] = X, scipy.linalg.expm(-X)
        return self._shifts[number]

    def logarithms(
        self,
        matrices: Sequence[np.ndarray] | np.ndarray,
        within: float,
        starts: int = NUM_SHIFTS + 1,
        steps: int = 1,
    ) -> tuple[int, list[np.ndarray]] | None:
        """X, Y, ... of the algebra with exp X exp Y ... = g, for the first matrix g that has any.

        They are found if log g is in the algebra; if not, the projection of log g is split off, and
        random exponentials are, until it is, or the attempts are used up.

        Args:
            matrices: each (d, d).
            within: the distance of log g from the algebra, relative to it, that is allowed.
            starts: how many exponentials of `shift` are tried.
            steps: how many projections are.

        Returns:
            Which of the matrices it is, and X, Y, ...; None if none is found.
        """
        if not len(self.basis):
            found = [
                i for i, g in enumerate(matrices) if np.abs(g - np.eye(len(g))).max() <= within
            ]
            return (found[0], []) if found else None
        for shift, inverse in map(self.shift, range(starts)):
            for i, g in enumerate(matrices):
                found = self._steps(g @ inverse, within, steps)
                if found is not None:
                    return i, [*found, shift]
        return None

    def _steps(self, g: np.ndarray, within: float, steps: int) -> list[np.ndarray] | None:
        found = []
        for _ in range(steps):
            log = logarithm(g)
            if log is None:
                return None
            inside = self.project(log)
            is_found = np.linalg.norm(log - inside) <= within * max(1.0, np.linalg.norm(log))
            if not is_found and (steps == 1 or not CLUSTER < np.linalg.norm(inside) < LONGEST):
                return None
            g = scipy.linalg.expm(-inside) @ g
            found.append(inside)
            if is_found:
                # what the logarithm lost near the negative axis is close to the identity
                rest = logarithm(g)
                return None if rest is None else [*found, self.project(rest)]
        return None
