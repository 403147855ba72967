"""The image of a Lie algebra, and of the exponentials of its elements.

Of a representation only the images of the generators are given. Their brackets, and what the
discrete generators conjugate them to, are added until nothing new comes; wherever an element comes
out a second time, its image must come out the same. Elements near the identity then have an image
by their logarithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import scipy.linalg

from constrainet.linalg import logarithm
from constrainet.tolerances import CLEARLY, EXACT

SHOWN = 4
"""Terms of a relation written out in a message."""


class RelationError(ValueError):
    """Two ways to compute an image disagree; the message is the relation."""


class LieImages:
    """A Lie algebra closed under brackets and conjugations, with the images of its elements.

    Args:
        algebra: its generators, shape (D, d, d).
        images: theirs, shape (D, n, n).
        discrete: pairs of a discrete generator (d, d) and its image (n, n).

    Raises:
        RelationError: if linear relations or brackets of the generators do not hold among images.
        ValueError: if float64 does not suffice to tell which elements depend on others.
    """

    def __init__(
        self,
        algebra: np.ndarray,
        images: np.ndarray,
        discrete: Sequence[tuple[np.ndarray, np.ndarray]],
    ):
        # what was met: a name, the matrix and its image, both divided by a size
        self._met: list[tuple[str, np.ndarray, np.ndarray, float]] = []
        # orthonormal combinations of these, with their images
        self._basis: list[tuple[np.ndarray, np.ndarray]] = []
        # the largest image among these, if it is larger than they are
        self._largest = 1.0
        self._dim, self._image_dim = algebra.shape[1], images.shape[1]
        inverses = [(np.linalg.inv(h), np.linalg.inv(image)) for h, image in discrete]
        stretches = [
            (_size(h) * _size(back), _size(rho) * _size(b))
            for (h, rho), (back, b) in zip(discrete, inverses, strict=True)
        ]
        new = [
            item
            for i, (A, image) in enumerate(zip(algebra, images, strict=True))
            if (item := self._meet(f"A{i}", A, image, 1.0, (_size(A), _size(image))))
        ]
        while new:
            name, A, image, size = new.pop()
            found = [
                (
                    f"[{name}, {other}]",
                    A @ B - B @ A,
                    image @ b - b @ image,
                    size * other_size,
                    (1.0, _size(image) * _size(b)),
                )
                for other, B, b, other_size in list(self._met)
            ]
            found += [
                (
                    f"h{i} {name} h{i}⁻¹",
                    h @ A @ back,
                    rho @ image @ rho_back,
                    size,
                    (stretch, image_stretch * _size(image)),
                )
                for i, ((h, rho), (back, rho_back), (stretch, image_stretch)) in enumerate(
                    zip(discrete, inverses, stretches, strict=True)
                )
            ]
            new += [item for each in found if (item := self._meet(*each))]

    @classmethod
    def zero(cls, dim: int, image_dim: int) -> LieImages:
        """The zero algebra of matrices of one size, with images of another."""
        return cls(np.zeros((0, dim, dim)), np.zeros((0, image_dim, image_dim)), [])

    def _meet(
        self,
        name: str,
        A: np.ndarray,
        image: np.ndarray,
        factor: float,
        bounds: tuple[float, float],
    ):
        """Takes an element, `factor` times A; None if it is a combination of earlier ones.

        Brackets that should vanish consist of rounding, so what counts as zero is measured by
        bounds on the sizes of A and its image that follow from how they were made.
        """
        size, (bound, image_bound) = _size(A), bounds
        scale = max(image_bound, bound * self._largest)
        if size <= EXACT * bound:  # most brackets vanish
            self._compare(name, A, image, 0 * image, factor, scale or 1.0)
            return None
        rest, rest_image = A, image
        for _ in range(2):  # a second pass removes what rounding left in the first
            for B, b in self._basis:
                along = np.vdot(B, rest).real
                rest, rest_image = rest - along * B, rest_image - along * b
        left = _size(rest)
        if EXACT * bound < left < CLEARLY * bound:
            raise ValueError(
                f"The Lie algebra cannot be closed: {name} lies {left / bound:.1e} from what "
                f"others span, neither inside (within {EXACT:.0e}) nor clearly outside. Give the "
                "group's generators with more digits, or in coordinates closer to orthogonal ones."
            )
        if left > CLEARLY * bound:
            self._basis.append((rest / left, rest_image / left))
            item = (name, A / size, image / size, factor * size)
            self._met.append(item)
            self._largest = max(self._largest, _size(item[2]))
            return item
        self._compare(name, A, image, image - rest_image, factor, scale)
        return None

    def _compare(self, name, A, image, expected, factor: float, scale: float) -> None:
        difference = np.abs(image - expected).max(initial=0)
        if difference > EXACT * scale:
            terms = self._combination(A, factor) if expected.any() else []
            what = " + ".join(terms).replace("+ -", "- ") or "0"
            raise RelationError(
                f"{name} = {what} in the group, but the two sides' images differ by "
                f"{difference:.1e}"
            )

    def _combination(self, A: np.ndarray, factor: float) -> list[str]:
        columns = np.stack([_real(B) for _, B, _, _ in self._met], axis=1)
        coefficients = np.linalg.lstsq(columns, _real(A), rcond=None)[0]
        terms = [
            f"{c * factor / size:.3g} {name}"
            for c, (name, _, _, size) in zip(coefficients, self._met, strict=True)
            if abs(c) > EXACT * np.abs(A).max()
        ]
        return terms[:SHOWN] + ["..."] * (len(terms) > SHOWN)

    @cached_property
    def basis(self) -> np.ndarray:
        """Of the algebra, orthonormal over the real numbers: shape (K, d, d)."""
        dtype = np.result_type(float, *(B for B, _ in self._basis))
        stacked = np.array([B for B, _ in self._basis], dtype)
        return stacked.reshape(-1, self._dim, self._dim)

    @cached_property
    def images(self) -> np.ndarray:
        """Of the basis: shape (K, n, n)."""
        dtype = np.result_type(float, *(b for _, b in self._basis))
        stacked = np.array([b for _, b in self._basis], dtype)
        return stacked.reshape(-1, self._image_dim, self._image_dim)

    def coefficients(self, A):
        """Of the part of A in the algebra, in the basis; NumPy or JAX."""
        xp = A.__array_namespace__()
        basis = xp.asarray(self.basis)
        return xp.real(xp.tensordot(xp.conj(basis), A, axes=([1, 2], [0, 1])))

    def image(self, A):
        """dρ(A) of the part of A in the algebra; NumPy or JAX."""
        xp = A.__array_namespace__()
        return xp.tensordot(self.coefficients(A), xp.asarray(self.images), axes=1)

    def outside(self, A: np.ndarray) -> float:
        """How far A is from the algebra, relative to its size."""
        inside = np.tensordot(self.coefficients(A), self.basis, 1)
        return float(np.linalg.norm(A - inside)) / max(1.0, float(np.linalg.norm(A)))

    def exponential_image(self, g: np.ndarray, within: float) -> np.ndarray | None:
        """ρ(g) for g = exp(A), if the principal logarithm of g lies in the algebra.

        Args:
            g: shape (d, d).
            within: the distance from the algebra, relative to the logarithm, that is allowed.
        """
        if not len(self.basis):
            is_one = np.abs(g - np.eye(len(g))).max() <= within
            return np.eye(self._image_dim) if is_one else None
        A = logarithm(g)
        if A is None or self.outside(A) > within:
            return None
        # what the logarithm lost near the negative axis is close to the identity
        inside = np.tensordot(self.coefficients(A), self.basis, 1)
        rest = logarithm(scipy.linalg.expm(-inside) @ g)
        if rest is None:
            return None
        return scipy.linalg.expm(self.image(A)) @ scipy.linalg.expm(self.image(rest))


def _size(matrix: np.ndarray) -> float:
    return float(np.linalg.norm(matrix))


def _real(matrix: np.ndarray) -> np.ndarray:
    return np.concatenate([np.real(matrix).ravel(), np.imag(matrix).ravel()])
