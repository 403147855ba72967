"""Large problems whose answers are known, as far as they are cheap."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import (
    SE,
    SO,
    D,
    Group,
    Hyperoctahedral,
    Lorentz,
    RubiksCube,
    S,
    Sp,
    Z,
    wreath,
)
from constrainet.reps import Scalar, T, V
from tests.solve import oracles


def sampled_residual(basis, rep, count=3):
    """The largest violation by a few random combinations of basis vectors."""
    rng = np.random.default_rng(0)
    x = basis.expand(rng.normal(size=(count, basis.rank)) / np.sqrt(max(1, basis.rank)))
    worst = 0.0
    for h in rep.group.discrete_generators:
        worst = max(worst, np.abs(rep.act(h, x) - x).max())
    return worst


def test_so3_seventh_powers():
    basis = (T(7, group=SO(3)) >> T(7, group=SO(3))).equivariant_basis()
    assert basis.shape == (4_782_969, 30_537)
    assert basis.rank == oracles.count_special_orthogonal(3, 14)
    assert basis.residual < 1e-12


def test_so3_fifth_powers():
    assert (T(5, group=SO(3)) >> T(5, group=SO(3))).equivariant_basis().rank == 603


@pytest.mark.parametrize(("source", "target"), [(0, 10), (10, 0), (1, 9), (7, 3), (5, 5)])
def test_uneven_maps_are_cut_anew(source, target):
    """T(10) has 59,049 coordinates: decomposed as a whole, it would be slow and large."""
    basis = (T(source, group=SO(3)) >> T(target, group=SO(3))).equivariant_basis()
    assert basis.rank == 603 and basis.method == "isotypic"


@pytest.mark.parametrize(("source", "target"), [(0, 8), (7, 1), (8, 0), (1, 7), (4, 4), (3, 5)])
@pytest.mark.parametrize("make", [lambda: SO(3), lambda: Sp(1)], ids=["SO(3)", "Sp(1)"])
def test_cuts_do_not_change_the_subspace(make, source, target):
    """Maps and tensors are the same vectors for a self-dual V, up to the dual's coordinates."""
    v = V(make())
    rep = v**source >> v**target
    basis = rep.equivariant_basis()
    assert basis.rank == (v**8).equivariant_basis().rank
    rng = np.random.default_rng(0)
    x = basis.expand(rng.normal(size=(2, basis.rank)))
    assert np.allclose(basis.expand(basis.coefficients(x)), x, atol=1e-10)
    for A in v.group.lie_algebra:
        # exp(A) from the series, exactly enough
        g = np.linalg.matrix_power(np.eye(v.dim) + A / 2**20, 2**20)
        assert np.abs(rep.act(g, x) - x).max() < 1e-4


def test_large_cyclic_group():
    v = V(Z(1024))
    basis = (v >> v).equivariant_basis()
    assert basis.shape == (1024**2, 1024) and basis.method == "orbits"
    x = np.random.default_rng(0).normal(size=1024)
    matrix = basis.expand(x).reshape(1024, 1024)
    # a circulant matrix: the class functions of the difference of indices
    assert np.array_equal(matrix[1:, 1:], matrix[:-1, :-1])
    assert np.array_equal(matrix[1:, 0], matrix[:-1, -1])


def test_large_symmetric_group():
    rep = T(2, group=S(16)) >> T(2, group=S(16))
    basis = rep.equivariant_basis()
    assert basis.shape == (65_536, 15) and basis.method == "orbits"
    assert sampled_residual(basis, rep) < 1e-13


@pytest.mark.parametrize(
    ("make", "k", "rank"), [(lambda: S(6), 6, 203), (lambda: Hyperoctahedral(4), 6, None)]
)
def test_monomial_tensor_powers(make, k, rank):
    basis = T(k, group=make()).equivariant_basis()
    # for signed permutations only set partitions into even blocks count: 1, 4 and 31 at k = 2, 4, 6
    assert basis.rank == (31 if rank is None else rank)


def test_rubiks_cube_has_nine():
    """EMLP finds 6, because its generators are those of another group."""
    v = V(RubiksCube())
    basis = (v >> v).equivariant_basis()
    assert (basis.shape, basis.rank) == ((2304, 9), 9)


@pytest.mark.parametrize(
    ("make", "k"),
    [(lambda: SO(3), 7), (lambda: Sp(1), 10), (lambda: S(4), 6), (lambda: D(3), 10), (Lorentz, 5)],
    ids=["SO(3)", "Sp(1)", "S(4)", "D(3)", "Lorentz"],
)
def test_matrix_free_nullspace_agrees_with_the_structured_methods(make, k):
    """Above 1000 dimensions no matrix is formed."""
    rep = T(k, group=make())
    assert rep.dim > 1000
    found = rep.equivariant_basis(method="nullspace")
    expected = rep.equivariant_basis()
    assert found.rank == expected.rank
    x = np.random.default_rng(0).normal(size=(5, rep.dim))
    assert np.abs(found.project(x) - expected.project(x)).max() < 1e-10
    assert found.residual <= 1e-10


def test_matrix_free_nullspace_of_se3():
    rep = T(2, 1, group=SE(3)) >> T(2, 1, group=SE(3))
    basis = rep.equivariant_basis()
    assert basis.shape[0] == 4096 and basis.method == "nullspace"
    direct = rep.equivariant_basis(rtol=1e-8)
    assert basis.rank == direct.rank


def test_matrix_free_nullspace_of_random_generators():
    """Generic shears in a random basis: no part is closed under the adjoint."""
    rng = np.random.default_rng(0)
    p = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    v = V(Group(lie_algebra=p @ np.array([[[0.0, 1.0], [0.0, 0.0]]]) @ p.T))
    for k in (10, 11):
        from math import comb

        assert (v**k).equivariant_basis().rank == comb(k, k // 2)


def test_many_generators_cost_little():
    """EMLP takes 15 s and 2.8 GiB for the first, and more than 29 s for the last."""
    assert (V(SO(14)) >> V(SO(14))).equivariant_basis().rank == 1
    assert V(SO(40)).equivariant_basis().rank == 0


def test_many_commuting_reflections():
    """More generators than random words: whatever method runs, the rank is right."""
    rng = np.random.default_rng(0)
    for n in (12, 20):
        q = np.linalg.qr(rng.normal(size=(n, n)))[0]
        v = V(Group(discrete_generators=np.eye(n) - 2 * q[:, :, None] * q[:, None, :]))
        assert (v >> v).equivariant_basis().rank == n


@pytest.mark.parametrize(
    ("make", "p", "q", "r"), [(lambda: SO(3), 30, 20, 10), (lambda: S(5), 30, 20, 10)]
)
def test_large_multiplicities(make, p, q, r):
    """Copies are counted, never repeated: the subspace takes no more room than one of each."""
    v = V(make())
    rep = p * Scalar(v.group) + q * v + r * v**2
    basis = (rep >> rep).equivariant_basis()
    powers = [(v**k).equivariant_basis().rank for k in range(5)]
    counts = {0: p, 1: q, 2: r}
    expected = sum(counts[i] * counts[j] * powers[i + j] for i in counts for j in counts)
    assert basis.rank == expected
    assert basis.nbytes < 10**6


def test_large_orbits_pass_their_certificate():
    G = wreath(S(36), 36)
    basis = (V(G) >> V(G)).equivariant_basis()
    assert (basis.rank, basis.method, basis.residual) == (3, "orbits", 0.0)
