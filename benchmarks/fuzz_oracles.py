"""Two ways to know the rank that are independent of the package: averages and null spaces.

The number of invariants is the average of the character over the group. An average is a `Measure`:
elements and weights, such that the weighted sum over the elements is the average of a class
function. For a finite group these are all its elements, listed here by multiplication; for a small
compact Lie group they are the nodes of a quadrature on the maximal torus with Weyl's density, exact
for the degrees met here.

The invariants themselves are the null space of the constraints of all generators, written as
Kronecker products and stacked, by one dense singular value decomposition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations, product
from math import factorial

import numpy as np
from scipy.linalg import block_diag

from constrainet import groups as cg

Measure = tuple[np.ndarray, np.ndarray]  # elements (K, n, n), weights (K,)

MOST_ELEMENTS = 1500
"""Of a finite group that is listed; larger ones are checked by null spaces alone."""


@dataclass(frozen=True)
class Factor:
    """A group of matrices, by generators in natural coordinates.

    Attributes:
        lie: generators of the Lie algebra, shape (D, n, n).
        discrete: discrete generators, shape (M, n, n).
        measure: elements and weights that average class functions, or None.
        frame: the caller's coordinates are `frame @ x`.
        group: the package's own value of these generators, where it has a name.
    """

    lie: np.ndarray
    discrete: np.ndarray
    measure: Measure | None
    frame: np.ndarray
    group: cg.Group | None

    @property
    def dim(self) -> int:
        return self.lie.shape[1]

    @property
    def is_complex(self) -> bool:
        return np.iscomplexobj(self.lie) or np.iscomplexobj(self.discrete)

    @property
    def is_finite(self) -> bool:
        """Whether all elements are listed."""
        return len(self.lie) == 0 and self.measure is not None

    @property
    def elements(self) -> np.ndarray:
        """All elements of a finite factor, shape (K, n, n)."""
        if self.measure is None:
            raise ValueError("The elements of this factor are not listed.")
        return self.measure[0]


@dataclass(frozen=True)
class Sample:
    """A random group: its name for people, and its factors."""

    name: str
    factors: tuple[Factor, ...]


def factor(lie=(), discrete=(), measure=None, group=None, is_infinite=False) -> Factor:
    """A factor; a group without Lie generators is listed, unless it is known to be infinite."""
    lie, discrete = [np.asarray(part) for part in (lie, discrete)]
    n = (lie if lie.size else discrete).shape[-1]
    lie, discrete = lie.reshape(-1, n, n), discrete.reshape(-1, n, n)
    if measure is None and not lie.any() and not is_infinite:
        measure = listed(discrete)
    return Factor(lie, discrete, measure, np.eye(n), group)


def listed(generators: np.ndarray) -> Measure | None:
    """Every element of a finite group, by multiplying until nothing new comes; None if too many."""
    n = generators.shape[-1]
    if len(generators) and np.abs(np.abs(np.linalg.det(generators)) - 1).max() > 1e-9:
        return None
    elements = new = np.eye(n, dtype=generators.dtype)[None]
    seen = {_rounded(elements[0])}
    while len(new):
        candidates = np.einsum("aij,bjk->abik", generators, new).reshape(-1, n, n)
        if not np.abs(candidates).max(initial=0) < 1e3:
            return None
        fresh = []
        for g in candidates:
            name = _rounded(g)
            if name not in seen:
                seen.add(name)
                fresh.append(g)
        new = np.array(fresh).reshape(-1, n, n)
        elements = np.concatenate([elements, new])
        if len(elements) > MOST_ELEMENTS:
            return None
    return elements, np.full(len(elements), 1 / len(elements))


def _rounded(g: np.ndarray) -> bytes:
    # elements of the finite groups here are far apart, or there are too many of them; the shift
    # keeps entries such as 1/2 from the borders of rounding
    return np.floor(np.asarray(g, complex).view(float) * 1e7 + 0.3137).astype(np.int64).tobytes()


# --- averages over compact Lie groups ------------------------------------------------------------


def _angles(count: int) -> np.ndarray:
    return 2 * np.pi * np.arange(count) / count


def circle(at: Callable[[float], np.ndarray], density=lambda t: 1.0, count: int = 128) -> Measure:
    """The torus elements `at(θ)` for 128 angles, weighted by Weyl's density."""
    angles = _angles(count)
    return np.array([at(t) for t in angles]), np.array([density(t) / count for t in angles])


def turn(t: float) -> np.ndarray:
    return np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])


SO2 = circle(turn)
SO3 = circle(lambda t: block_diag(turn(t), 1), lambda t: 1 - np.cos(t))
SU2 = circle(lambda t: np.diag(np.exp([1j * t, -1j * t])), lambda t: 1 - np.cos(2 * t))
U1 = circle(lambda t: np.exp([[1j * t]]))


def weyl(n: int, special: bool) -> Measure:
    """Weyl's integration formula for U(n), or for SU(n) with the determinant taken out."""
    free = n - 1 if special else n
    angles = np.array(list(product(_angles(40), repeat=free)))
    if special:
        angles = np.column_stack([angles, -angles.sum(axis=1)])
    z = np.exp(1j * angles)
    vandermonde = np.prod([z[:, i] - z[:, j] for i, j in combinations(range(n), 2)], axis=0)
    weights = np.abs(vandermonde) ** 2 / factorial(n) / len(z)
    return z[:, :, None] * np.eye(n), weights


def with_coset(measure: Measure, h: np.ndarray, fixed: bool = False) -> Measure:
    """The average over H and its coset hH; `fixed` if all of the coset is conjugate to h."""
    elements, weights = measure
    if fixed:
        return np.concatenate([elements, h[None]]), np.append(weights / 2, 0.5)
    return np.concatenate([elements, h @ elements]), np.tile(weights / 2, 2)


# --- null spaces ---------------------------------------------------------------------------------


ZERO = 1e-9
"""Singular values above this are not zero: rounding here stays below 1e-12."""

ROUNDING = 1e-16
"""Singular values below this are not told from zero."""

CLEAR = 1e3
"""The least ratio of the values on either side of the cut at which a rank counts as clear."""


@dataclass(frozen=True)
class Spectrum:
    """Singular values of the constraints on maps, and the maps that satisfy them.

    Attributes:
        values: all N of them, largest first.
        rows: the right singular vectors in the same order, shape (N, N).
    """

    values: np.ndarray
    rows: np.ndarray

    @cached_property
    def cut(self) -> int:
        """How many values are not zero: those above the widest gap that ends below `ZERO`."""
        values = np.concatenate([[1.0], np.maximum(self.values, ROUNDING), [ROUNDING]])
        gaps = np.where(values[1:] < ZERO, values[:-1] / values[1:], 0)
        if self.values[-1] < ZERO:  # then the rank is not zero
            gaps[-1] = 0
        return int(np.argmax(gaps))

    @property
    def rank(self) -> int:
        return len(self.values) - self.cut

    @property
    def gap(self) -> float:
        """The ratio of the values on either side of the cut."""
        above = self.values[self.cut - 1] if self.cut else 1.0
        below = self.values[self.cut] if self.rank else ROUNDING
        return above / max(below, ROUNDING)

    @property
    def is_clear(self) -> bool:
        return self.gap > CLEAR

    @property
    def basis(self) -> np.ndarray:
        """Orthonormal columns, shape (N, rank)."""
        return self.rows[self.cut :].conj().T

    def __str__(self):
        near = ", ".join(f"{v:.1e}" for v in self.values[max(self.cut - 3, 0) : self.cut + 3])
        return f"singular values around the cut {near}; gap {self.gap:.0e}"


def spectrum(images: list[tuple[np.ndarray, np.ndarray, float]], unknowns: int) -> Spectrum:
    """Of the constraints b W = W a on matrices W, written row by row, for all pairs of images.

    Args:
        images: for each generator a = ρ_in(h), b = ρ_out(h) and its size, or those of a tangent.
        unknowns: the number N of entries of W.
    """
    stacked = [np.zeros((0, unknowns))]
    for a, b, size in images:
        constraint = np.kron(b, np.eye(len(a))) - np.kron(np.eye(len(b)), a.T)
        norm = np.linalg.norm(constraint)
        # generators differ in scale by any factor; one that acts trivially leaves only rounding
        if norm > 1e-13 * max(size, np.linalg.norm(a), np.linalg.norm(b)) * np.sqrt(unknowns):
            stacked.append(constraint / norm)
    rows = np.concatenate(stacked)
    if len(rows) == 0:
        return Spectrum(np.zeros(unknowns), np.eye(unknowns))
    _, values, vectors = np.linalg.svd(np.linalg.qr(rows, mode="r"))
    return Spectrum(values, vectors)


def average(measures: list[Measure], trace: Callable) -> float:
    """The average over a direct product of `trace(powers)`, where `powers(k)` are the elements gᵏ.

    Args:
        measures: of the factors.
        trace: from `powers` to the class function's values at all elements, shape (K,).
    """
    index = np.indices([len(weights) for _, weights in measures]).reshape(len(measures), -1)
    weights = np.prod([w[i] for (_, w), i in zip(measures, index, strict=True)], axis=0)
    elements = [g[i] for (g, _), i in zip(measures, index, strict=True)]

    @cache
    def powers(k: int) -> tuple[np.ndarray, ...]:
        return tuple(np.linalg.matrix_power(g, k) for g in elements)

    return float(np.sum(weights * np.real(trace(powers))))
