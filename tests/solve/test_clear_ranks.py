"""Ranks that are clear are decided, and those that are not are refused."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from constrainet.errors import AmbiguousRankError, IllConditionedError
from constrainet.groups import (
    GL,
    SE,
    SL,
    SO,
    D,
    Group,
    Icosahedral,
    S,
    SOplus,
    Sp,
    conjugate,
)
from constrainet.reps import T, V, decompose
from tests.solve import oracles


def maps(group: Group, k: int):
    return (V(group) ** k >> V(group) ** k).equivariant_basis()


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("angle", [1e-2, 1e-4, 2 * np.pi / 100_003, 1e-6])
def test_small_rotations(angle, k):
    basis = maps(Group(discrete_generators=[rotation(angle)]), k)
    expected = maps(SO(2), k)
    assert basis.rank == expected.rank == comb(2 * k, k)
    a, b = basis.to_dense(), expected.to_dense()
    assert np.abs(a @ a.T - b @ b.T).max() < 1e-9


def test_a_small_rotation_beside_a_large_one():
    turns = np.zeros((4, 4))
    turns[:2, :2], turns[2:, 2:] = rotation(1.0), rotation(1e-4)
    group = Group(discrete_generators=[turns])
    assert maps(group, 1).rank == 4 and maps(group, 2).rank == 36


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3, 1e6])
def test_shears_of_every_size(size, k):
    """What commutes with one Jordan block: as many maps as for a rotation."""
    shear = [[1, size], [0, 1]]
    for group in (Group(discrete_generators=[shear]), Group(lie_algebra=[shear])):
        basis = maps(group, k)
        assert basis.rank == comb(2 * k, k) and basis.residual <= 1e-10


def test_approximate_generators_are_still_refused():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(3, 3, 3))
    for size in (1e-8, 1e-6, 1e-5):
        with pytest.raises(AmbiguousRankError, match="The rank is ambiguous"):
            maps(Group(lie_algebra=SO(3).lie_algebra + size * noise), 2)
        with pytest.raises(IllConditionedError, match="stretch"):
            maps(Group(lie_algebra=SE(2).lie_algebra + size * noise), 2)
    typed = Group(discrete_generators=[np.round(rotation(2 * np.pi / 3), 8)])
    with pytest.raises(AmbiguousRankError, match="The rank is ambiguous"):
        maps(typed, 3)


COMPACT = {
    "Icosahedral": (Icosahedral, 3),
    "S(3)": (lambda: S(3), 14),
    "SO(3)": (lambda: SO(3), 3),
    "D(4)": (lambda: D(4), 4),
}


@pytest.mark.parametrize("name", COMPACT)
@pytest.mark.parametrize("condition", [10, 30, 100, 300])
def test_compact_groups_in_skew_bases(name, condition):
    make, rank = COMPACT[name]
    group = make()
    n = group.dim
    for seed in range(20 if condition == 300 else 5):
        rng = np.random.default_rng(seed)
        left, right = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
        skew = left @ np.diag(np.geomspace(1, condition, n)) @ right
        basis = maps(conjugate(group, skew), 2)
        assert basis.rank == rank, seed
        assert basis.residual <= 1e-10


REDUCTIVE = {
    "SO+(1,3)": (lambda: SOplus(1, 3), 2),
    "SL(2)": (lambda: SL(2), 2),
    "GL(2)": (lambda: GL(2), 2),
    "Sp(2)": (lambda: Sp(2), 2),
    "SL(2) and a contraction": (lambda: SL(2) * Group(discrete_generators=[[[2.0]]]), 1),
}


@pytest.mark.parametrize("name", REDUCTIVE)
@pytest.mark.parametrize("condition", [10, 100])
def test_reductive_groups_in_skew_bases(name, condition):
    """They are closed under the adjoint in some coordinates, and are solved there."""
    make, k = REDUCTIVE[name]
    group = make()
    n = group.dim
    rng = np.random.default_rng(n)
    left, right = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
    skew = left @ np.diag(np.geomspace(1, condition, n)) @ right
    found, expected = maps(conjugate(group, skew), k), maps(group, k)
    assert found.rank == expected.rank and found.residual <= 1e-10
    # W commutes with ρ in the natural coordinates exactly if S W S⁻¹ does in the skew ones
    S = kronecker_power(skew, k)
    inside = found.to_dense()
    for column in expected.to_dense().T:
        W = (S @ column.reshape(n**k, n**k) @ np.linalg.inv(S)).ravel()
        missed = W - inside @ (inside.T @ W)
        assert np.linalg.norm(missed) < 1e-9 * np.linalg.norm(W)


def kronecker_power(matrix: np.ndarray, k: int) -> np.ndarray:
    return matrix if k == 1 else np.kron(matrix, kronecker_power(matrix, k - 1))


SHIFT = np.roll(np.eye(3), 1, axis=0)


@pytest.mark.parametrize("factor", [1.0003, 1.001, 2.0])
def test_contractions_leave_what_their_logarithms_leave(factor):
    """h = exp(A) leaves the vectors alone that A does, whether h is close to the identity or not.

    It is normal, so no measured rotation.
    """
    stretch = np.diag([factor, factor, 1.0])
    for extra in ([], [np.diag([-1.0, 1.0, 1.0])], [SHIFT]):
        moved = Group(discrete_generators=[stretch, *extra])
        flow = Group(discrete_generators=extra, lie_algebra=[np.diag([1.0, 1.0, 0.0])])
        for rank in ((1, 1), (2, 1), (2, 2)):
            found, expected = (T(*rank, group=g).equivariant_basis() for g in (moved, flow))
            a, b = found.to_dense(), expected.to_dense()
            assert a.shape == b.shape
            assert np.abs(a @ a.T - b @ b.T).max(initial=0) < 1e-10


def test_nilpotent_generators_in_uneven_units():
    """Small singular values beside large ones are no sign of approximate generators here."""
    upper = np.zeros((3, 3, 3))
    upper[0, 0, 1] = upper[1, 1, 2] = upper[2, 0, 2] = 1
    group = Group(lie_algebra=upper)
    for units in ([1, 1e-3, 1], [1, 1e3, 1e-2], [1, 1, 1e4]):
        for rank in ((1, 1), (2, 1), (2, 2)):
            moved = T(*rank, group=conjugate(group, np.diag(units))).equivariant_basis()
            assert moved.rank == T(*rank, group=group).equivariant_basis().rank
            assert moved.residual <= 1e-10


def test_a_redundant_identity_does_no_harm():
    quarter = np.array([[0, -1 / 30], [30, 0]])
    for extra in ([], [np.eye(2)], [quarter], [quarter @ quarter], [np.linalg.inv(quarter)]):
        basis = maps(Group(discrete_generators=[quarter, *extra]), 2)
        assert basis.rank == 8 and basis.residual <= 1e-10


def boosts(group: Group) -> Group:
    return Group(lie_algebra=[A for A in group.lie_algebra if np.array_equal(A, A.T)])


def symmetric(n: int) -> Group:
    units = np.eye(n)
    pairs = [(i, j) for i in range(n) for j in range(i + 1)]
    return Group(
        lie_algebra=[np.outer(units[i], units[j]) + np.outer(units[j], units[i]) for i, j in pairs]
    )


HALVES = {
    "SO+(1,3)": (boosts(SOplus(1, 3)), SOplus(1, 3)),
    "SO+(1,2)": (boosts(SOplus(1, 2)), SOplus(1, 2)),
    "SL(2)": (Group(lie_algebra=[np.diag([1.0, -1.0]), [[0, 1], [1, 0]]]), SL(2)),
    "GL(3)": (symmetric(3), GL(3)),
}


@pytest.mark.parametrize("name", HALVES)
def test_symmetric_generators_alone_generate_the_group(name):
    half, whole = HALVES[name]
    for rank in ((1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 0)):
        found, expected = (T(*rank, group=g).equivariant_basis() for g in (half, whole))
        a, b = found.to_dense(), expected.to_dense()
        assert a.shape == b.shape
        assert np.abs(a @ a.T - b @ b.T).max(initial=0) < 1e-10
        assert found.method == "isotypic"
    parts = [decompose(V(g) ** 2) for g in (half, whole)]
    dims = [sorted(irrep.dim for irrep, _ in part.irreps) for part in parts]
    assert dims[0] == dims[1]


def test_dense_svd_agrees_where_singular_values_are_small():
    for group in (
        Group(lie_algebra=[[[1, 1], [0, 1]]]),
        Group(discrete_generators=[rotation(1e-3), [[1, 0], [0, -1]]]),
        Group(lie_algebra=[[[1, 1, 0], [0, 1, 1], [0, 0, 1]]]),
    ):
        for rank in ((1, 1), (2, 1), (2, 2)):
            rep = T(*rank, group=group)
            expected, count = oracles.svd_projector(rep)
            basis = rep.equivariant_basis().to_dense()
            assert basis.shape[1] == count
            assert np.abs(basis @ basis.T - expected).max(initial=0) < 1e-9


@pytest.mark.parametrize("angle", [1e-2, 1e-3, 1e-4])
def test_slow_turns_have_the_maps_of_all_turns(angle):
    """Sums of short words, all close to the identity, would tell irreducibles apart badly."""
    c, s = np.cos(angle), np.sin(angle)
    v, w = V(Group(discrete_generators=[[[c, -s], [s, c]]])), V(SO(2))
    found = (v**3 + v >> v**3).equivariant_basis().to_dense()
    expected = (w**3 + w >> w**3).equivariant_basis().to_dense()
    assert found.shape == expected.shape
    assert np.linalg.norm(found - expected @ (expected.T @ found), 2) < 1e-11
