"""The closure of Lie algebra generators, with images of its elements."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from constrainet.groups.span import Span
from constrainet.groups.words import RelationError
from constrainet.linalg import as_real_rows, from_real_rows
from constrainet.tolerances import CLEARLY, EXACT

MOST_FOUND = 2**20
"""Entries of matrices beyond those given: to close those of a thousand of 32 × 32 takes minutes,
and of many more digits are lost, too."""

SHOWN = 4
"""Terms of a relation written out in a message."""


class Closure:
    """The smallest Lie algebra that contains some matrices, with the images of its elements.

    Brackets and conjugates are added until nothing new comes. Where an element comes out a second
    time, its image has to come out the same: so images of generators are those under a
    homomorphism exactly if the pairs of matrices and images close to an algebra of no greater
    dimension.

    Args:
        generators: A0, A1, ..., shape (D, d, d), of any scales, in even units.
        discrete: h0, h1, ..., shape (M, d, d), whose conjugations map the algebra to itself.
        name: of the group, for messages.
        lie_images: of A0, A1, ..., shape (D, n, n); if missing, only the algebra is closed.
        discrete_images: of h0, h1, ..., shape (M, n, n).

    Attributes:
        given: which generators do not depend on earlier ones.

    Raises:
        RelationError: if linear relations or brackets of the generators do not hold among images.
        ValueError: if float64 does not suffice to tell which elements depend on others, or there
            are too many.
    """

    def __init__(
        self,
        generators: np.ndarray,
        discrete: np.ndarray,
        name: str,
        lie_images: np.ndarray | None = None,
        discrete_images: np.ndarray | None = None,
    ):
        lie = np.zeros((len(generators), 0, 0)) if lie_images is None else lie_images
        rho = np.zeros((len(discrete), 0, 0)) if discrete_images is None else discrete_images
        d, n = generators.shape[1], lie.shape[1]
        dtype, image_dtype = np.result_type(generators, discrete), np.result_type(lie, rho)
        self._name = name
        self._shapes = (d, dtype.kind == "c"), (n, image_dtype.kind == "c")
        # pairs of matrix and image as real rows: the basis, and what was met, of norm 1
        self._rows = self._met = self._as_rows(np.zeros((0, d, d)), np.zeros((0, n, n)))
        # what these are called, and the logarithms of their sizes
        self._names: list[str] = []
        self._logs: list[float] = []
        self._largest = 1.0  # of the images of these
        sizes = sizes_of(generators)
        sizes = np.where(sizes > 0, sizes, 1)
        generators, lie = generators / sizes[:, None, None], lie / sizes[:, None, None]
        rows = self._as_rows(generators, lie)
        names = [f"A{i}" for i in range(len(rows))]
        self.given = self._meet(names, rows, np.log(sizes), sizes_of(lie))
        h, back, r, r_back, stretches = _conjugations(discrete, rho)
        image_stretches = sizes_of(r) * sizes_of(r_back)
        given = len(self._names)
        for done, name in enumerate(self._names):  # grows on the way
            if (len(self._names) - given) * self._length > MOST_FOUND:
                raise ValueError(
                    f"The Lie algebra of {self._name} cannot be closed: {given} generators of "
                    f"shape ({d}, {d}) generate more than {len(self._names) - 1} elements. Give a "
                    "basis as `lie_algebra=`. Solving and sampling do without."
                )
            others, their_images = self._as_pairs(self._met)
            a, image = others[done], their_images[done]
            sizes = np.linalg.norm(their_images, axis=(1, 2))
            names = [f"[{name}, {other}]" for other in self._names]
            names += [f"h{i} {name} h{i}⁻¹" for i in range(len(h))]
            new = np.concatenate([a @ others - others @ a, h @ a @ back])
            brackets = image @ their_images - their_images @ image
            images = np.concatenate([brackets, r @ image @ r_back])
            logs = self._logs[done] + np.concatenate([self._logs, np.log(stretches)])
            bounds = sizes[done] * np.concatenate([sizes, image_stretches])
            self._meet(names, self._as_rows(new, images), logs, bounds)

    @cached_property
    def basis(self) -> np.ndarray:
        """Orthonormal over the real numbers, that of the given generators first: (K, d, d)."""
        return self._as_pairs(self._rows)[0]

    @cached_property
    def images(self) -> np.ndarray:
        """Of the basis, shape (K, n, n)."""
        return self._as_pairs(self._rows)[1]

    def _as_rows(self, matrices: np.ndarray, images: np.ndarray) -> np.ndarray:
        pairs = zip((matrices, images), self._shapes, strict=True)
        return np.hstack([as_real_rows(part, is_complex) for part, (_, is_complex) in pairs])

    def _as_pairs(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = zip(np.split(rows, [self._length], axis=1), self._shapes, strict=True)
        matrices, images = (from_real_rows(part, *shape) for part, shape in parts)
        return matrices, images

    @property
    def _length(self) -> int:
        """Of the part of a row that is the matrix."""
        d, is_complex = self._shapes[0]
        return d * d * (1 + is_complex)

    def _meet(
        self, names: list[str], rows: np.ndarray, logs: np.ndarray, bounds: np.ndarray
    ) -> np.ndarray:
        """Takes elements of norms up to order one; which are no combinations of others.

        Brackets that should vanish consist of rounding, so what counts as zero is measured by
        bounds on the sizes of images that follow from how they were made.
        """
        before, cut = len(self._names), self._length
        rests = self._rest(rows)
        is_new = np.linalg.norm(rests[:, :cut], axis=1) > EXACT
        for k in np.flatnonzero(is_new).tolist():
            rest = rests[k] if len(self._names) == before else self._rest(rows[k])
            norm = float(np.linalg.norm(rest[:cut]))
            if EXACT < norm < CLEARLY:
                raise ValueError(
                    f"The Lie algebra of {self._name} cannot be closed: {names[k]}, of its "
                    f"generators A0, A1, ... and h0, h1, ..., lies {norm:.1e} from what they span, "
                    f"neither inside (within {EXACT:.0e}) nor clearly outside. Give the generators "
                    "with more digits, or in coordinates closer to orthogonal ones."
                )
            if norm >= CLEARLY:
                size = float(np.linalg.norm(rows[k, :cut]))
                self._rows = np.concatenate([self._rows, rest[None] / norm])
                self._met = np.concatenate([self._met, rows[k][None] / size])
                self._largest = max(self._largest, float(np.linalg.norm(self._met[-1, cut:])))
                self._logs.append(logs[k] + np.log(size))
                self._names.append(names[k])
            else:
                is_new[k], rests[k] = False, rest
        misses = np.abs(rests[:, cut:]).max(axis=1, initial=0)
        # the negation catches NaN
        is_wrong = ~is_new & ~(misses <= EXACT * np.maximum(bounds, self._largest))
        if is_wrong.any():
            k = int(np.argmax(is_wrong))
            what = self._combination(rows[k, :cut], logs[k])
            raise RelationError.between(names[k], what, float(misses[k] * np.exp(logs[k])))
        return np.flatnonzero(is_new)

    def _rest(self, rows: np.ndarray) -> np.ndarray:
        """What is left of pairs without a combination of the basis."""
        basis, cut = self._rows, self._length
        for _ in range(2):  # a second pass removes what rounding left in the first
            rows = rows - rows[..., :cut] @ basis[:, :cut].T @ basis
        return rows

    def _combination(self, row: np.ndarray, log: np.ndarray) -> str:
        """How exp(log) times a matrix is written in what was met."""
        if np.linalg.norm(row) <= EXACT:
            return "0"
        coefficients = np.linalg.lstsq(self._met[:, : self._length].T, row, rcond=None)[0]
        terms = [
            f"{c * np.exp(log - other):.3g} {name}"
            for c, name, other in zip(coefficients, self._names, self._logs, strict=True)
            if abs(c) > EXACT
        ]
        terms = terms[:SHOWN] + ["..."] * (len(terms) > SHOWN)
        return " + ".join(terms).replace("+ -", "- ")

    @cached_property
    def span(self) -> Span:
        """The algebra, with logarithms in it."""
        return Span(self.basis)

    def image(self, A):
        """The image of the part of A in the algebra; NumPy or JAX."""
        xp = A.__array_namespace__()
        return xp.tensordot(self.span.coefficients(A), xp.asarray(self.images), axes=1)


def sizes_of(matrices: np.ndarray) -> np.ndarray:
    """Frobenius norms, shape (...), that neither overflow nor vanish."""
    largest = np.abs(matrices).max(axis=(-2, -1), initial=0)
    scales = np.where(largest > 0, largest, 1)
    return scales * np.linalg.norm(matrices / scales[..., None, None], axis=(-2, -1))


def _conjugations(h: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, ...]:
    """Matrices and inverses, divided by the most they stretch, the same of images, and that.

    So A -> h A h⁻¹, and its image, are divided by one number.
    """
    back, images_back = np.linalg.inv(h), np.linalg.inv(images)
    size, size_back = (np.linalg.norm(x, 2, axis=(1, 2), keepdims=True) for x in (h, back))
    parts = h / size, back / size_back, images / size, images_back / size_back
    return *parts, (size * size_back).ravel()
