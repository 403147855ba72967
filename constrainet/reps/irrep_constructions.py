"""How the irreducible representations with usual names are made.

Of the plane's rotations and reflections, all come from those in which the rotation by θ acts as
that by kθ, and the reflection of the second axis as itself.

Of SO(3), O(3) and SU(2), the one of spin j is the part of highest spin in the product of two of
half the spin, or of the one before with the defining one. The Clebsch-Gordan coefficients of this
stretched coupling are square roots of ratios of binomial coefficients.

Of the symmetric groups, they are made in Young's orthogonal form, by partitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import comb, sqrt

import numpy as np

from constrainet.groups import Group
from constrainet.linalg import digest, real_harmonics
from constrainet.reps.atomic import AtomicRep
from constrainet.reps.decomposition import Irrep, Type, irrep
from constrainet.reps.defining import Det, Scalar, V
from constrainet.reps.generated import from_generators
from constrainet.reps.rep import Rep


def trivial(group: Group, label: str) -> Irrep:
    """The trivial representation."""
    return irrep(Scalar(group), np.eye(1), "real", label)


def determinant(group: Group, label: str) -> Irrep:
    """The determinant."""
    return irrep(Det(group), np.eye(1), "real", label)


@dataclass(frozen=True, eq=False, repr=False)
class Turning(AtomicRep):
    """Rotation by kθ for the rotation by θ of the plane, and a reflection for a reflection.

    Attributes:
        group: of matrices of size 2, and no product.
        k: the frequency.
    """

    k: int

    @property
    def dim(self) -> int:
        return 2

    @property
    def is_complex(self) -> bool:
        return False

    @cached_property
    def key(self) -> bytes:
        return digest("turning", self.group.key, self.k)

    def matrices(self, place):
        discrete = [self._turned(h) for h in self.group.discrete_generators]
        return discrete, list(self.k * self.group.lie_algebra)

    def _rho(self, blocks):
        return self._turned(blocks[0])

    def _drho(self, blocks):
        return self.k * blocks[0]

    def _turned(self, g):
        xp = g.__array_namespace__()
        x, y = 1.0, 0.0  # x + iy is a power of the first column, by squares and products
        for digit in f"{self.k:b}":
            x, y = x * x - y * y, 2 * x * y
            if digit == "1":
                x, y = x * g[0, 0] - y * g[1, 0], x * g[1, 0] + y * g[0, 0]
        sign = g[0, 0] * g[1, 1] - g[0, 1] * g[1, 0]
        return xp.stack([xp.stack([x, -sign * y]), xp.stack([y, sign * x])])

    def __str__(self):
        return f"[{self.k}]"


def turning(group: Group, k: int, type: Type, label: str) -> Irrep:
    """`Turning`, k >= 1; of dimension 2."""
    return irrep(_turning(group, k), np.eye(2), type, label)


def half_turning(group: Group, k: int, axis: int, label: str) -> Irrep:
    """One axis of `turning` where every kθ is a multiple of a half turn; of dimension 1."""
    return irrep(_turning(group, k), np.eye(2)[:, [axis]], "real", label)


def _turning(group: Group, k: int) -> Rep:
    return V(group) if k == 1 else Turning(group, k)


def harmonic(group: Group, degree: int, label: str) -> Irrep:
    """The harmonic polynomials of one degree, for SO(3) and O(3)."""
    if degree == 0:
        return trivial(group, label)
    if degree == 1:
        return irrep(V(group), np.eye(3)[:, [1, 2, 0]], "real", label)
    parts = _halves(degree)
    smaller = [V(group) if p == 1 else harmonic(group, p, f"[ℓ={p}]") for p in parts]
    # the columns (x, y, z) of the vectors, in the order (y, z, x) of the harmonics
    sides = [real_harmonics(1)[:, [2, 0, 1]] if p == 1 else real_harmonics(p) for p in parts]
    coupling = _stretched(2 * parts[0], 2 * parts[1])
    basis = np.kron(*sides).conj().T @ coupling @ real_harmonics(degree)
    return irrep(smaller[0] * smaller[1], np.ascontiguousarray(basis.real), "real", label)


def twisted_harmonic(group: Group, degree: int, label: str) -> Irrep:
    """`harmonic` times the determinant: of the other parity under the inversion of O(3)."""
    parent = harmonic(group, degree, label) * Det(group)
    return irrep(parent, np.eye(parent.dim), "real", label)


def spin(group: Group, twice: int, label: str) -> Irrep:
    """Spin j = `twice` / 2 of SU(2), m = j, ..., -j, with the signs of Condon and Shortley."""
    if twice == 0:
        return trivial(group, label)
    if twice == 1:
        return irrep(V(group), np.eye(2), "quaternionic", label)
    parts = _halves(twice)
    smaller = [V(group) if p == 1 else spin(group, p, f"[j={p}/2]") for p in parts]
    # from m = -j, ..., j to m = j, ..., -j
    basis = _stretched(*parts)[::-1, ::-1].copy()
    type = "quaternionic" if twice % 2 else "real"
    return irrep(smaller[0] * smaller[1], basis, type, label)


def _halves(spin: int) -> tuple[int, int]:
    """Two equal parts, or one of them 1: so high degrees are few products away."""
    return (spin // 2, spin // 2) if spin % 2 == 0 else (spin - 1, 1)


def _stretched(a: int, b: int) -> np.ndarray:
    """⟨a/2, m₁; b/2, m₂ | (a + b)/2, m⟩ for m = -j, ..., j: ((a+1)(b+1), a+b+1)."""
    coupling = np.zeros((a + 1, b + 1, a + b + 1))
    for i in range(a + 1):
        for j in range(b + 1):
            coupling[i, j, i + j] = sqrt(comb(a, i) * comb(b, j) / comb(a + b, i + j))
    return coupling.reshape(-1, a + b + 1)


def specht(group: Group, partition: tuple[int, ...], label: str) -> Irrep:
    """Young's orthogonal form of S(n), in the basis of the standard tableaux.

    The transposition of i and i + 1 acts on a tableau T as 1/r on T and √(1 - 1/r²) to the tableau
    with the two exchanged, r being how many steps to the right or up lead from i to i + 1.

    References:
        James, Kerber, "The representation theory of the symmetric group" (1981), section 3.4.
    """
    n = sum(partition)
    tableaux = sorted(_tableaux(partition))
    places = {tableau: i for i, tableau in enumerate(tableaux)}
    swaps = []
    for i in range(n - 1):
        matrix = np.zeros((len(tableaux), len(tableaux)))
        for tableau, place in places.items():
            contents = _contents(tableau)
            distance = contents[i + 1] - contents[i]
            matrix[place, place] = 1 / distance
            if abs(distance) > 1:  # else they share a row or column, and stay in their places
                exchanged = (*tableau[:i], tableau[i + 1], tableau[i], *tableau[i + 2 :])
                matrix[places[exchanged], place] = np.sqrt(1 - 1 / distance**2)
        swaps.append(matrix)
    # the cycle of all is the product of the neighbours' transpositions; see `groups.S`
    cycle = np.eye(len(tableaux))
    for matrix in swaps:
        cycle = cycle @ matrix
    images = [cycle, swaps[0]] if n > 2 else [cycle] * (n - 1)
    rho = np.array(images).reshape(-1, len(tableaux), len(tableaux))
    parent = from_generators(group, rho=rho, label=label)
    return irrep(parent, np.eye(len(tableaux)), "real", label)


def partitions(n: int, largest: int | None = None) -> Iterator[tuple[int, ...]]:
    """The partitions of n in decreasing lexicographic order: (n), (n-1, 1), ..."""
    if n == 0:
        yield ()
    for first in range(min(n, n if largest is None else largest), 0, -1):
        for rest in partitions(n - first, first):
            yield (first, *rest)


def _tableaux(partition: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Standard tableaux, as the sequence of the rows of 1, ..., n."""
    if not sum(partition):
        yield ()
        return
    for row, length in enumerate(partition):
        below = partition[row + 1] if row + 1 < len(partition) else 0
        if length > below:
            smaller = (*partition[:row], length - 1, *partition[row + 1 :])
            for rest in _tableaux(smaller):
                yield (*rest, row)


def _contents(tableau: tuple[int, ...]) -> list[int]:
    """Column minus row of each entry."""
    lengths: dict[int, int] = {}
    contents = []
    for row in tableau:
        contents.append(lengths.get(row, 0) - row)
        lengths[row] = lengths.get(row, 0) + 1
    return contents
