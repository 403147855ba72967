"""Irreducible representations of SO(3), O(3) and SU(2).

The one of spin j is the part of highest spin in the product of that of spin j - 1 (j - 1/2 for
SU(2)) with the defining one. The Clebsch-Gordan coefficients of this stretched coupling are square
roots of ratios of binomial coefficients.
"""

from __future__ import annotations

from math import comb, sqrt

import numpy as np

from constrainet.groups import Group
from constrainet.reps.constructions import Scalar, V
from constrainet.reps.determinant import Det
from constrainet.reps.irrep import Irrep, irrep
from constrainet.reps.rep import Rep


def harmonic(group: Group, degree: int, label: str) -> Irrep:
    """The harmonic polynomials of one degree, for SO(3) and O(3)."""
    return irrep(*_harmonics(group, degree), "real", label)


def twisted_harmonic(group: Group, degree: int, label: str) -> Irrep:
    """`harmonic` times the determinant: of the other parity under the inversion of O(3)."""
    parent = harmonic(group, degree, label) * Det(group)
    return irrep(parent, np.eye(parent.dim), "real", label)


def spin(group: Group, twice: int, label: str) -> Irrep:
    """Spin j = `twice` / 2 of SU(2), m = j, ..., -j, with the signs of Condon and Shortley."""
    return irrep(*_spins(group, twice), "quaternionic" if twice % 2 else "real", label)


def _harmonics(group: Group, degree: int) -> tuple[Rep, np.ndarray]:
    if degree == 0:
        return Scalar(group), np.eye(1)
    # the columns (x, y, z) of the vectors, in the order (y, z, x) of the harmonics
    vectors = _real_basis(1)[:, [2, 0, 1]]
    if degree == 1:
        return V(group), np.eye(3)[:, [1, 2, 0]]
    smaller = irrep(*_harmonics(group, degree - 1), "real", f"[ℓ={degree - 1}]")
    coupling = _stretched(2 * (degree - 1), 2)
    sides = np.kron(_real_basis(degree - 1), vectors)
    basis = sides.conj().T @ coupling @ _real_basis(degree)
    return smaller * V(group), np.ascontiguousarray(basis.real)


def _spins(group: Group, twice: int) -> tuple[Rep, np.ndarray]:
    if twice == 0:
        return Scalar(group), np.eye(1)
    if twice == 1:
        return V(group), np.eye(2)
    smaller = irrep(*_spins(group, twice - 1), "real", f"[j={twice - 1}/2]")
    # from m = -j, ..., j to m = j, ..., -j
    return smaller * V(group), _stretched(twice - 1, 1)[::-1, ::-1].copy()


def _stretched(a: int, b: int) -> np.ndarray:
    """⟨a/2, m₁; b/2, m₂ | (a + b)/2, m⟩ for m = -j, ..., j: ((a+1)(b+1), a+b+1)."""
    coupling = np.zeros((a + 1, b + 1, a + b + 1))
    for i in range(a + 1):
        for j in range(b + 1):
            coupling[i, j, i + j] = sqrt(comb(a, i) * comb(b, j) / comb(a + b, i + j))
    return coupling.reshape(-1, a + b + 1)


def _real_basis(degree: int) -> np.ndarray:
    """Columns: the real harmonics m = -ℓ, ..., ℓ in terms of the complex ones |ℓ, m⟩."""
    matrix = np.zeros((2 * degree + 1, 2 * degree + 1), complex)
    matrix[degree, degree] = 1
    for m in range(1, degree + 1):
        plus, minus, sign = degree + m, degree - m, (-1) ** m
        matrix[[minus, plus], plus] = 1 / sqrt(2), sign / sqrt(2)
        matrix[[minus, plus], minus] = 1j / sqrt(2), -1j * sign / sqrt(2)
    return matrix
