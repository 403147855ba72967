"""What must not matter: scale, repetition, order, and the basis of the generators."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from constrainet.groups import SE, SO, SU, C, D, Group, Icosahedral, Lorentz, O, S, Sp
from constrainet.reps import Rep, T, V
from tests.catalogue import BASIS, jordan_block
from tests.solve import oracles


def changed(group: Group, lie=lambda x: x, discrete=lambda x: x) -> Group:
    return Group(
        lie_algebra=lie(group.lie_algebra) if len(group.lie_algebra) else None,
        discrete_generators=(
            discrete(group.discrete_generators) if len(group.discrete_generators) else None
        ),
    )


def projector(rep: Rep, method="auto") -> np.ndarray:
    basis = rep.equivariant_basis(method=method).to_dense()
    return basis @ basis.conj().T


MAKERS = {
    "SO(3)": lambda: SO(3),
    "O(3)": lambda: O(3),
    "Lorentz": Lorentz,
    "Sp(2)": lambda: Sp(2),
    "SU(2)": lambda: SU(2),
    "SE(2)": lambda: SE(2),
    "D(4)": lambda: D(4),
    "S(3)": lambda: S(3),
    "Icosahedral": Icosahedral,
    "jordan": jordan_block,
}
EVERY = pytest.mark.parametrize("name", MAKERS)
RANKS = [(1, 0), (1, 1), (2, 1), (2, 2)]


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 0.1, -1.0, 10.0, 100.0, 1e6])
@pytest.mark.parametrize("method", ["isotypic", "nullspace"])
def test_scaled_lie_generators(scale, method):
    """EMLP finds 729, 11 and 0 dimensions at scales 1e-6, 10 and 100; there are 15."""
    group = changed(SO(3), lie=lambda x: scale * x)
    rep = T(3, group=group) >> T(3, group=group)
    assert rep.equivariant_basis(method=method).rank == 15
    expected = projector(T(3, group=SO(3)) >> T(3, group=SO(3)))
    assert np.abs(projector(rep, method) - expected).max() < 1e-10


@pytest.mark.parametrize("name", ["SO(3)", "Lorentz", "Sp(2)", "SU(2)", "SE(2)"])
@pytest.mark.parametrize("seed", [0, 1])
def test_unevenly_scaled_lie_generators(name, seed):
    group = MAKERS[name]()
    scales = 10.0 ** np.random.default_rng(seed).uniform(-6, 6, len(group.lie_algebra))
    other = changed(group, lie=lambda x: scales[:, None, None] * x)
    for rank in RANKS:
        difference = projector(T(*rank, group=other)) - projector(T(*rank, group=group))
        assert np.abs(difference).max() < 1e-9


@EVERY
def test_repeated_generators(name):
    group = MAKERS[name]()

    def repeat(x):
        return np.concatenate([x, x, x[:1]])

    other = changed(group, repeat, repeat)
    for rank in RANKS:
        difference = projector(T(*rank, group=other)) - projector(T(*rank, group=group))
        assert np.abs(difference).max() < 1e-10


@EVERY
def test_redundant_generators(name):
    """Products of discrete generators, sums and brackets of Lie generators, zeros, the identity."""
    group = MAKERS[name]()

    def lie(x):
        a, b = x[0], x[-1]
        return np.concatenate([x, [a + 0.3 * b, a @ b - b @ a, 0 * a]])

    def discrete(x):
        return np.concatenate([x, [x[0] @ x[-1], np.linalg.inv(x[0]), np.eye(group.dim)]])

    other = changed(group, lie, discrete)
    for rank in RANKS:
        difference = projector(T(*rank, group=other)) - projector(T(*rank, group=group))
        assert np.abs(difference).max() < 1e-10


@EVERY
def test_reordered_generators(name):
    group = MAKERS[name]()
    other = changed(group, lambda x: x[::-1], lambda x: x[::-1])
    for rank in RANKS:
        difference = projector(T(*rank, group=other)) - projector(T(*rank, group=group))
        assert np.abs(difference).max() < 1e-10


@EVERY
def test_rotated_basis(name):
    """All generators conjugated by one unitary matrix: the invariants are rotated with them."""
    group = MAKERS[name]()
    n = group.dim
    rng = np.random.default_rng(0)
    q = rng.normal(size=(n, n)) + (1j * rng.normal(size=(n, n)) if group.is_complex else 0)
    q = np.linalg.qr(q)[0]

    def turn(x):
        return q @ x @ q.conj().T

    other = changed(group, turn, turn)
    for rank in RANKS:
        rep = T(*rank, group=group)
        turned = oracles.slow_rho(rep, q)
        expected = turned @ projector(rep) @ turned.conj().T
        assert np.abs(projector(T(*rank, group=other)) - expected).max() < 1e-10


@EVERY
def test_general_basis(name):
    """Conjugated by a matrix that is not orthogonal: the span of the invariants moves with it."""
    group = MAKERS[name]()
    n = group.dim
    p = np.eye(n) + 0.4 * np.random.default_rng(1).normal(size=(n, n))
    if n == 3:
        p = BASIS
    inverse = np.linalg.inv(p)

    def turn(x):
        return p @ x @ inverse

    other = changed(group, turn, turn)
    for rank in RANKS:
        rep, moved = T(*rank, group=group), T(*rank, group=other)
        # not ρ(p): the dual of an orthogonal group's V is written as V
        move = functools.reduce(np.kron, [p] * rank[0] + [inverse.T] * rank[1])
        basis = move @ rep.equivariant_basis().to_dense()
        basis = np.linalg.qr(basis)[0] if basis.size else basis
        expected = basis @ basis.conj().T
        assert np.abs(projector(moved) - expected).max() < 1e-9


UNEVEN = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6]


@pytest.mark.parametrize("make", [lambda: SO(3), Icosahedral], ids=["SO(3)", "Icosahedral"])
def test_ill_conditioned_basis_gives_the_rank_or_an_error(make):
    group = make()
    for scale in UNEVEN:
        p = np.diag([scale, 1.0, 1.0])
        inverse = np.diag([1 / scale, 1.0, 1.0])
        other = changed(group, lambda x: p @ x @ inverse, lambda x: p @ x @ inverse)  # noqa: B023
        for rank in ((1, 1), (3, 0), (4, 0), (2, 2)):
            expected = T(*rank, group=group).equivariant_basis().rank
            try:
                basis = T(*rank, group=other).equivariant_basis()
            except (ValueError, ArithmeticError):
                continue
            assert basis.rank == expected, (scale, rank)


SKEW = {
    "C(5)": lambda: C(5),
    "D(4)": lambda: D(4),
    "Icosahedral": Icosahedral,
    "SO(3)": lambda: SO(3),
}


def skewed(name: str, condition: float, seed: int) -> Group:
    group = SKEW[name]()
    n = group.dim
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
    p = left @ np.diag(np.geomspace(1, condition, n)) @ right
    inverse = np.linalg.inv(p)
    return changed(group, lambda x: p @ x @ inverse, lambda x: p @ x @ inverse)


@pytest.mark.parametrize("condition", [3.0, 10.0, 30.0])
@pytest.mark.parametrize("name", ["D(4)", "Icosahedral", "SO(3)"])
def test_skew_basis_gives_the_rank(name, condition):
    for seed in range(2):
        for rank in ((1, 1), (2, 1), (2, 2), (4, 0)):
            expected = T(*rank, group=SKEW[name]()).equivariant_basis().rank
            moved = T(*rank, group=skewed(name, condition, seed))
            try:
                found = moved.equivariant_basis().rank
            except (ArithmeticError, ValueError):
                # stretched 1e5 times, a few digits of the generators are all that is left
                assert condition ** sum(rank) > 1e5, rank
                continue
            assert found == expected, rank


@pytest.mark.parametrize(
    ("name", "condition", "rank"),
    [("C(5)", 100.0, (2, 1)), ("C(5)", 1000.0, (2, 2)), ("D(4)", 300.0, (2, 2))],
)
def test_very_skew_basis_gives_the_rank_or_an_error(name, condition, rank):
    expected = T(*rank, group=SKEW[name]()).equivariant_basis().rank
    try:
        basis = T(*rank, group=skewed(name, condition, 0)).equivariant_basis()
    except (ValueError, ArithmeticError):
        return
    assert basis.rank == expected


@pytest.mark.parametrize("scale", [1e5, 1e6])
def test_discrete_stretch_gives_the_rank_or_an_error(scale):
    """diag(a, 1/a) commutes with the diagonal matrices alone."""
    v = V(Group(discrete_generators=[np.diag([scale, 1 / scale])]))
    try:
        basis = (v >> v).equivariant_basis()
    except (ValueError, ArithmeticError):
        return
    assert basis.rank == 2


@pytest.mark.parametrize("scale", [2.0, 10.0, 1e3, 1e4])
def test_discrete_stretch_of_moderate_size(scale):
    v = V(Group(discrete_generators=[np.diag([scale, 1 / scale])]))
    assert (v >> v).equivariant_basis().rank == 2
    assert (v >> v.T).equivariant_basis().rank == 2
    assert v.equivariant_basis().rank == 0
