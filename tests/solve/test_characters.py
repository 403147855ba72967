"""Counting and averaging: Burnside sums, Reynolds operators, and Weyl's integral formula."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from constrainet.groups import SO, SU, Group, U
from constrainet.reps import Scalar, T, V
from tests.catalogue import GROUPS, ORDERS
from tests.solve import oracles

SMALL = [name for name, order in ORDERS.items() if order <= 200]


@functools.cache
def group(name: str) -> Group:
    return GROUPS[name]()


@pytest.mark.parametrize("name", SMALL)
def test_listed_elements_are_as_many_as_the_order(name):
    assert len(oracles.elements(group(name))) == ORDERS[name]


@pytest.mark.parametrize("name", SMALL)
def test_rank_is_the_mean_of_the_character(name):
    v = V(group(name))
    for rep in (v, v**2, v >> v, v**3, v.T >> v**2, (v + Scalar(v.group)) ** 2 >> v):
        if rep.dim <= 3000:
            assert rep.equivariant_basis().rank == oracles.burnside(rep)


@pytest.mark.parametrize("name", SMALL)
def test_span_is_that_of_the_reynolds_operator(name):
    v = V(group(name))
    for rep in (v, v >> v, v**3):
        if rep.dim <= 256:
            mean = oracles.reynolds(rep)
            assert np.allclose(mean @ mean, mean, atol=1e-10)
            basis = rep.equivariant_basis().to_dense()
            # the mean is a projector along another complement where ρ is not unitary
            assert np.allclose(mean @ basis, basis, atol=1e-10)
            assert np.linalg.matrix_rank(mean, tol=1e-6) == basis.shape[1]
            if rep.is_unitary:
                assert np.abs(basis @ basis.conj().T - mean).max() < 1e-10


# --- Weyl integration: class functions over a maximal torus, exact for trigonometric polynomials --

POINTS = 64
"""More than twice the highest frequency that occurs, so the sums are the integrals."""

ANGLES = 2 * np.pi * np.arange(POINTS) / POINTS


def mean_so3(p: int, dual: int = 0) -> float:
    character = (1 + 2 * np.cos(ANGLES)) ** (p + dual)
    return np.mean(character * (1 - np.cos(ANGLES)))


def mean_su2(p: int, q: int) -> float:
    return np.mean((2 * np.cos(ANGLES)) ** (p + q) * 2 * np.sin(ANGLES) ** 2)


def mean_u2(p: int, q: int) -> complex:
    a, b = np.meshgrid(np.exp(1j * ANGLES), np.exp(1j * ANGLES))
    character = (a + b) ** p * (a + b).conj() ** q
    return np.mean(character * np.abs(a - b) ** 2) / 2


def mean_su3(p: int, q: int) -> complex:
    a, b = np.meshgrid(np.exp(1j * ANGLES), np.exp(1j * ANGLES))
    c = 1 / (a * b)
    density = np.abs((a - b) * (a - c) * (b - c)) ** 2 / 6
    trace = a + b + c
    return np.mean(trace**p * trace.conj() ** q * density)


@pytest.mark.parametrize(
    ("make", "mean", "most"),
    [
        (lambda: SO(3), mean_so3, 9),
        (lambda: SU(2), mean_su2, 9),
        (lambda: U(2), mean_u2, 8),
        (lambda: SU(3), mean_su3, 6),
    ],
    ids=["SO(3)", "SU(2)", "U(2)", "SU(3)"],
)
def test_rank_is_the_weyl_integral(make, mean, most):
    G = make()
    for p in range(most + 1):
        for q in range(most + 1 - p):
            expected = mean(p, q)
            assert abs(expected - round(expected.real)) < 1e-6
            assert T(p, q, group=G).equivariant_basis().rank == round(expected.real), (p, q)


def test_rank_of_sums_is_the_weyl_integral_of_their_character():
    """A representation that no table lists: (V² ⊕ 2V ⊕ 3)³ of SO(3)."""
    v = V(SO(3))
    rep = (v**2 + 2 * v + 3 * Scalar(SO(3))) ** 3
    chi = 1 + 2 * np.cos(ANGLES)
    expected = np.mean((chi**2 + 2 * chi + 3) ** 3 * (1 - np.cos(ANGLES)))
    assert rep.equivariant_basis().rank == round(expected)
