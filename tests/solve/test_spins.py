"""Rotations of high degree, against exact fractions and against random elements."""

from fractions import Fraction
from itertools import product
from math import factorial, sqrt

import numpy as np
import pytest

from constrainet.groups import SO, SU, Group, O, embed, wreath
from constrainet.linalg import couplings
from constrainet.reps import V, clebsch_gordan, decompose, irreducible
from constrainet.reps.question import common_spaces
from constrainet.solve.irreps import Catalogue


def racah(a: int, b: int, c: int, m1: int, m2: int) -> float:
    """⟨a/2, m₁/2; b/2, m₂/2 | c/2, (m₁+m₂)/2⟩ by Racah's sum of exact fractions."""
    m = m1 + m2

    def f(twice: int) -> int:
        return factorial(twice // 2)

    square = Fraction((c + 1) * f(a + b - c) * f(a - b + c) * f(b + c - a), f(a + b + c + 2))
    square *= f(c + m) * f(c - m) * f(a - m1) * f(a + m1) * f(b - m2) * f(b + m2)
    total = Fraction(0)
    for k in range(max(0, (b - c - m1) // 2, (a - c + m2) // 2), (a + b - c) // 2 + 1):
        rest = a + b - c - 2 * k, a - m1 - 2 * k, b + m2 - 2 * k
        rest = *rest, c - b + m1 + 2 * k, c - a - m2 + 2 * k
        if min(rest) >= 0:
            total += Fraction((-1) ** k, factorial(k) * np.prod([f(r) for r in rest], dtype=object))
    return float(np.sign(total)) * sqrt(square * total**2)


@pytest.mark.parametrize("a, b", [(1, 1), (2, 3), (4, 4), (64, 64), (64, 17)])
def test_couplings_are_those_of_condon_and_shortley(a, b):
    for c, coupling in couplings(a, b).items():
        grid = list(product(range(0, a + 1, max(1, a // 5)), range(0, b + 1, max(1, b // 7))))
        for i, j in grid:
            k = (2 * i - a + 2 * j - b + c) // 2
            expected = racah(a, b, c, 2 * i - a, 2 * j - b) if 0 <= k <= c else 0.0
            found = coupling[i, j, k] if 0 <= k <= c else 0.0
            assert abs(found - expected) < 1e-12


@pytest.mark.parametrize(
    "rep",
    [
        V(SO(3)) ** 4,
        irreducible(SO(3), 4) * irreducible(SO(3), 3),
        irreducible(O(3), "2o") * V(O(3)) ** 2,
        V(SU(2)) ** 4,
        irreducible(SU(2), 2) * irreducible(SU(2), "3/2"),
    ],
    ids=str,
)
def test_spins_are_what_random_elements_find(rep):
    (space,) = common_spaces(rep)
    (term,) = space.terms
    symmetry = term.atoms[0].symmetry
    by_spins, by_draws = (Catalogue(symmetry, rep.is_complex, 0) for _ in range(2))
    assert by_spins._spins is not None
    by_draws._spins = None
    found, expected = (d.decompose(term.atoms) for d in (by_spins, by_draws))
    assert [c.shape for c in found.values()] == [c.shape for c in expected.values()]
    for (i, copies), (j, others) in zip(found.items(), expected.items(), strict=True):
        images = [d.recipes[k].images for d, k in ((by_spins, i), (by_draws, j))]
        assert np.abs(images[0].infinitesimal - images[1].infinitesimal).max() < 1e-10
        # copies are determined up to a phase of the irreducible's basis, which all of them share
        phase = np.vdot(copies, others) / np.vdot(copies, copies)
        assert abs(abs(phase) - 1) < 1e-10
        assert np.abs(phase * copies - others).max() < 1e-9


def test_squares_of_high_degrees_split_to_rounding():
    rep = irreducible(SO(3), 16) ** 2
    parts = decompose(rep)
    assert [(irrep.dim, count) for irrep, count in parts.irreps] == [
        (2 * degree + 1, 1) for degree in range(33)
    ]
    M, A = parts.matrix, SO(3).lie_algebra[1]
    probes = np.random.default_rng(0).normal(size=(rep.dim, 3))
    moved = M.T @ (rep.drho(A) @ (M @ probes))
    stops = np.cumsum([irrep.dim for irrep, _ in parts.irreps])
    blocks = np.split(probes, stops[:-1])
    expected = [irrep.drho(A) @ x for (irrep, _), x in zip(parts.irreps, blocks, strict=True)]
    assert np.abs(M.T @ (M @ probes) - probes).max() < 1e-12
    assert np.abs(moved - np.concatenate(expected)).max() < 1e-10


@pytest.mark.parametrize(
    "group, a, b, c",
    [
        (SO(3), 15, 15, 30),
        (SO(3), 32, 1, 32),
        (O(3), "32e", "1o", "31o"),
        (SU(2), "31/2", "1/2", 16),
    ],
)
def test_couplings_of_high_degrees_are_equivariant(group, a, b, c):
    a, b, c = (irreducible(group, label) for label in (a, b, c))
    (C,) = clebsch_gordan(a, b, c)
    A = group.lie_algebra[0]
    x, y, z = (rep.drho(A) for rep in (a, b, c))
    miss = np.tensordot(C, x, (1, 0)).swapaxes(1, 2) + C @ y - np.tensordot(z, C, 1)
    assert np.abs(miss).max() < 1e-10


def test_rotations_that_are_moved_are_no_group_of_rotations():
    """The exchanges take one copy of so(3) to others, which its brackets do not know of."""
    first = embed(SO(3), 6, [0, 1, 2])
    exchange = np.kron([[0.0, 1], [1, 0]], np.eye(3))
    group = Group(lie_algebra=first.lie_algebra, discrete_generators=[exchange])
    assert (V(group) ** 2 >> V(group) ** 2).equivariant_basis().rank == 6
    assert (V(wreath(SO(3), 2)) ** 2 >> V(wreath(SO(3), 2)) ** 2).equivariant_basis().rank == 6
