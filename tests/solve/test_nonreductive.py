"""Groups whose representations are not sums of irreducibles, by hand and by dense SVD."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import SE, SO, Group
from constrainet.reps import Scalar, T, V
from tests.catalogue import SHEAR, jordan_block, unipotent_algebra
from tests.solve import oracles


def upper_triangular(n: int) -> Group:
    """All invertible upper triangular matrices (of the identity component)."""
    units = np.eye(n * n).reshape(n, n, n, n)
    return Group(lie_algebra=[units[i, j] for i in range(n) for j in range(i, n)])


def test_jordan_block_by_hand():
    v = V(jordan_block())
    # (1, 0) is fixed by the shear, and (0, 1) by its inverse transpose
    assert np.allclose(abs(v.equivariant_basis().to_dense()), [[1], [0]])
    assert np.allclose(abs(v.T.equivariant_basis().to_dense()), [[0], [1]])
    # what commutes with a Jordan block is a polynomial in it
    basis = (v >> v).equivariant_basis().to_dense()
    assert basis.shape == (4, 2)
    for polynomial in (np.eye(2), SHEAR):
        x = polynomial.ravel()
        assert np.allclose(basis @ (basis.T @ x), x)


@pytest.mark.parametrize("k", range(1, 8))
def test_jordan_block_tensor_powers(k):
    """V^⊗k of a 2 × 2 Jordan block has C(k, ⌊k/2⌋) blocks, each with one invariant vector."""
    from math import comb

    assert T(k, group=jordan_block()).equivariant_basis().rank == comb(k, k // 2)


def test_lie_and_discrete_shears_have_equal_invariants():
    lie = Group(lie_algebra=[[[0.0, 1.0], [0.0, 0.0]]])
    for k in range(1, 6):
        a = T(k, group=lie).equivariant_basis().to_dense()
        b = T(k, group=jordan_block()).equivariant_basis().to_dense()
        assert np.allclose(a @ a.T, b @ b.T, atol=1e-10)


def test_maps_both_ways_differ_where_not_completely_reducible():
    v, one = V(SE(2)), Scalar(SE(2))
    assert (v >> one).equivariant_basis().rank == 1  # the homogeneous coordinate
    assert (one >> v).equivariant_basis().rank == 0  # no point is fixed


@pytest.mark.parametrize("n", [2, 3])
def test_euclidean_group_by_hand(n):
    v = V(SE(n))
    (last,) = v.T.equivariant_basis().to_dense().T
    assert np.allclose(abs(last), np.eye(n + 1)[-1], atol=1e-12)
    basis = (v >> v).equivariant_basis()
    assert basis.rank == (2 if n == 1 else 1)
    assert basis.method == "nullspace"


@pytest.mark.parametrize(
    "make",
    [
        lambda: SE(1),
        lambda: SE(2),
        lambda: SE(3),
        jordan_block,
        unipotent_algebra,
        lambda: upper_triangular(2),
        lambda: upper_triangular(3),
    ],
    ids=["SE(1)", "SE(2)", "SE(3)", "jordan", "heisenberg", "borel(2)", "borel(3)"],
)
@pytest.mark.parametrize("rank", [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1), (2, 2), (0, 4)])
def test_nullspace_is_that_of_a_dense_svd(make, rank):
    rep = T(*rank, group=make())
    expected, count = oracles.svd_projector(rep)
    basis = rep.equivariant_basis()
    dense = basis.to_dense()
    assert basis.rank == count
    assert np.abs(dense @ dense.T - expected).max() < 1e-10
    assert basis.residual <= 1e-10


@pytest.mark.parametrize("make", [lambda: SE(2), lambda: SE(3), lambda: upper_triangular(3)])
def test_reductive_part_does_not_change_the_answer(make, monkeypatch):
    """Starting from the invariants of the rotations or going at it directly is the same."""
    from constrainet.solve import clear_memory, nullspace

    rep = T(2, 2, group=make())
    with_part = rep.equivariant_basis().to_dense()
    monkeypatch.setattr(nullspace, "reductive_part", lambda atoms: None)
    clear_memory()
    without = rep.equivariant_basis().to_dense()
    clear_memory()
    assert np.abs(with_part @ with_part.T - without @ without.T).max() < 1e-10


def test_product_with_a_reductive_group():
    a, b = V(SE(2)), V(SO(3))
    assert (a * b >> a * b).equivariant_basis().rank == 1
    assert (a.T * b**2).equivariant_basis().rank == 1
