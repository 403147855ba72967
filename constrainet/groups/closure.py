"""The closure of Lie algebra generators, and elements of its group by their logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import scipy.linalg

from constrainet.groups.words import RelationError
from constrainet.linalg import logarithm
from constrainet.tolerances import CLEARLY, CLUSTER, EXACT

SHOWN = 4
"""Terms of a relation written out in a message."""

NUM_SHIFTS = 60
"""Known elements that are divided off before an element is said to have no logarithm. Each leads
to a principal logarithm with a probability of a third or more in the classical groups."""

LONGEST = 100.0
"""Norm of the longest steps, of which the exponentials are far from overflow."""


class Closure:
    """The smallest Lie algebra that contains some matrices, with the images of its elements.

    Brackets and conjugates are added until nothing new comes. Where an element comes out a second
    time, its image has to come out the same: so images of generators are those under a
    homomorphism exactly if the pairs of matrices and images close to an algebra of no greater
    dimension.

    Args:
        generators: A0, A1, ..., shape (D, d, d), of any scales, in even units.
        discrete: h0, h1, ..., each (d, d), whose conjugations map the algebra to itself.
        name: of the group, for messages.
        images: of both; if missing, only the algebra is closed.

    Attributes:
        given: which generators do not depend on earlier ones.
        basis: orthonormal over the real numbers, these first, shape (K, d, d).
        images: of the basis, shape (K, n, n).

    Raises:
        RelationError: if linear relations or brackets of the generators do not hold among images.
        ValueError: if float64 does not suffice to tell which elements depend on others.
    """

    def __init__(
        self,
        generators: np.ndarray,
        discrete: Sequence[np.ndarray],
        name: str,
        images: tuple[np.ndarray, Sequence[np.ndarray]] | None = None,
    ):
        lie, rho = images or (np.zeros((len(generators), 0, 0)), [np.zeros((0, 0))] * len(discrete))
        d, n = generators.shape[1], lie.shape[1]
        dtype, image_dtype = np.result_type(generators, *discrete), np.result_type(lie, *rho)
        self._name, self._is_complex = name, dtype.kind == "c"
        self.given: list[int] = []
        self.basis, self.images = np.zeros((0, d, d), dtype), np.zeros((0, n, n), image_dtype)
        # what was met, of norm 1, with images; the name of each, and the logarithm of its size
        self._met, self._met_images = self.basis, self.images
        self._names: list[str] = []
        self._logs = np.zeros(0)
        for i, (A, image) in enumerate(zip(generators, lie, strict=True)):
            size = size_of(A) or 1.0
            unit = image[None] / size
            if self._meet([f"A{i}"], A[None] / size, unit, np.log([size]), sizes_of(unit)):
                self.given.append(i)
        h, r = np.reshape(discrete, (-1, d, d)), np.reshape(rho, (len(discrete), n, n))
        h, back, r, r_back, stretches = _conjugations(h, r)
        bounds = sizes_of(r) * sizes_of(r_back)
        for done, name in enumerate(self._names):  # grows on the way
            (a, image), log = (self._met[done], self._met_images[done]), self._logs[done]
            others, images_of_others = self._met, self._met_images
            names = [f"[{name}, {other}]" for other in self._names]
            names += [f"h{i} {name} h{i}⁻¹" for i in range(len(h))]
            brackets = image @ images_of_others - images_of_others @ image
            self._meet(
                names,
                np.concatenate([a @ others - others @ a, h @ a @ back]),
                np.concatenate([brackets, r @ image @ r_back]),
                log + np.concatenate([self._logs, np.log(stretches)]),
                sizes_of(image) * np.concatenate([sizes_of(images_of_others), bounds]),
            )

    def _meet(
        self,
        names: Sequence[str],
        matrices: np.ndarray,
        images: np.ndarray,
        logs: np.ndarray,
        bounds: np.ndarray,
    ) -> bool:
        """Takes elements of norms up to order one; whether any is no combination of others.

        Brackets that should vanish consist of rounding, so what counts as zero is measured by
        bounds on the sizes of images that follow from how they were made.
        """
        bounds = np.maximum(bounds, sizes_of(self._met_images).max(initial=1))
        before = len(self._names)
        left, left_images = self._rest(matrices, images)
        is_new = sizes_of(left) > EXACT
        for k in np.flatnonzero(is_new):
            (rest,), (rest_image,) = self._rest(matrices[[k]], images[[k]])
            norm = size_of(rest)
            if EXACT < norm < CLEARLY:
                raise ValueError(
                    f"The Lie algebra of {self._name} cannot be closed: {names[k]}, of its "
                    f"generators A0, A1, ... and h0, h1, ..., lies {norm:.1e} from what they span, "
                    f"neither inside (within {EXACT:.0e}) nor clearly outside. Give the generators "
                    "with more digits, or in coordinates closer to orthogonal ones."
                )
            if norm >= CLEARLY:
                size = size_of(matrices[k])
                self.basis = np.concatenate([self.basis, rest[None] / norm])
                self.images = np.concatenate([self.images, rest_image[None] / norm])
                self._met = np.concatenate([self._met, matrices[[k]] / size])
                self._met_images = np.concatenate([self._met_images, images[[k]] / size])
                self._logs = np.append(self._logs, logs[k] + np.log(size))
                self._names.append(names[k])
            else:
                is_new[k], left_images[k] = False, rest_image
        misses = np.abs(left_images).max(axis=(1, 2), initial=0)
        # the negation catches NaN
        wrong = np.flatnonzero(~is_new & ~(misses <= EXACT * bounds))
        if len(wrong):
            k = wrong[0]
            what = self._combination(matrices[k], logs[k])
            raise RelationError.between(names[k], what, misses[k] * np.exp(logs[k]))
        return len(self._names) > before

    def _rest(self, matrices: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is left of elements and their images without the combination of the basis."""
        for _ in range(2):  # a second pass removes what rounding left in the first
            along = (
                as_real_rows(matrices, self._is_complex)
                @ as_real_rows(self.basis, self._is_complex).T
            )
            matrices = matrices - np.tensordot(along, self.basis, 1)
            images = images - np.tensordot(along, self.images, 1)
        return matrices, images

    def _combination(self, matrix: np.ndarray, log: float) -> str:
        """How exp(log) times a matrix is written in what was met."""
        if size_of(matrix) <= EXACT:
            return "0"
        columns = as_real_rows(self._met, self._is_complex).T
        coefficients = np.linalg.lstsq(columns, as_real_rows(matrix, self._is_complex), rcond=None)[
            0
        ]
        terms = [
            f"{c * np.exp(log - other):.3g} {name}"
            for c, name, other in zip(coefficients, self._names, self._logs, strict=True)
            if abs(c) > EXACT
        ]
        terms = terms[:SHOWN] + ["..."] * (len(terms) > SHOWN)
        return " + ".join(terms).replace("+ -", "- ")

    def coefficients(self, A):
        """Of the part of A in the algebra, in the basis; NumPy or JAX."""
        xp = A.__array_namespace__()
        return xp.real(xp.tensordot(xp.asarray(self.basis.conj()), A, axes=([1, 2], [0, 1])))

    def project(self, A: np.ndarray) -> np.ndarray:
        """The part of A in the algebra."""
        return np.tensordot(self.coefficients(A), self.basis, 1)

    def image(self, A):
        """The image of the part of A in the algebra; NumPy or JAX."""
        xp = A.__array_namespace__()
        return xp.tensordot(self.coefficients(A), xp.asarray(self.images), axes=1)

    @cached_property
    def shifts(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Zero and random elements X of the algebra, with exp(-X)."""
        rng = np.random.RandomState(0)
        d = self.basis.shape[1]
        shifts = [(np.zeros((d, d)), np.eye(d))]
        for _ in range(NUM_SHIFTS if len(self.basis) else 0):
            weights = rng.normal(size=len(self.basis))
            weights *= rng.uniform(0.5, 4) / np.linalg.norm(weights)
            X = np.tensordot(weights, self.basis, 1)
            shifts.append((X, scipy.linalg.expm(-X)))
        return shifts

    def logarithms(
        self,
        matrices: Sequence[np.ndarray],
        within: float,
        starts: int | None = None,
        steps: int = 1,
    ) -> tuple[int, list[np.ndarray]] | None:
        """X, Y, ... of the algebra with exp X exp Y ... = g, for the first matrix g that has any.

        They are found if log g is in the algebra; if not, the projection of log g is split off, and
        random exponentials are, until it is, or the attempts are used up.

        Args:
            matrices: each (d, d).
            within: the distance of log g from the algebra, relative to it, that is allowed.
            starts: how many random exponentials are tried, all if missing.
            steps: how many projections are.

        Returns:
            Which of the matrices it is, and X, Y, ...; None if none is found.
        """
        if not len(self.basis):
            found = [
                i for i, g in enumerate(matrices) if np.abs(g - np.eye(len(g))).max() <= within
            ]
            return (found[0], []) if found else None
        for shift, inverse in self.shifts[:starts]:
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


def as_real_rows(matrices: np.ndarray, is_complex: bool) -> np.ndarray:
    """Matrices as real rows, (..., d, d) to (..., d²) or (..., 2d²)."""
    *shape, d, _ = matrices.shape
    flat = matrices.reshape(*shape, d * d)
    return np.concatenate([np.real(flat), np.imag(flat)], axis=-1) if is_complex else flat


def sizes_of(matrices: np.ndarray) -> np.ndarray:
    """Frobenius norms, shape (...), that neither overflow nor vanish."""
    largest = np.abs(matrices).max(axis=(-2, -1), initial=0)
    scales = np.where(largest > 0, largest, 1)
    return scales * np.linalg.norm(matrices / scales[..., None, None], axis=(-2, -1))


def size_of(matrix: np.ndarray) -> float:
    """That of a single one, shape (d, d)."""
    return float(sizes_of(matrix))


def _conjugations(h: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, ...]:
    """Matrices and inverses, divided by the most they stretch, the same of images, and that.

    So A -> h A h⁻¹, and its image, are divided by one number.
    """
    back, images_back = np.linalg.inv(h), np.linalg.inv(images)
    size, size_back = (np.linalg.norm(x, 2, axis=(1, 2), keepdims=True) for x in (h, back))
    parts = h / size, back / size_back, images / size, images_back / size_back
    return *parts, (size * size_back).ravel()
