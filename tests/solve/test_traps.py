"""What went wrong in EMLP on these floors, one test for each; see its baseline."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import SE, SL, SO, SU, D, Group, O, S, Trivial
from constrainet.reps import Scalar, V


def embedded_rotation(start: int) -> Group:
    A = np.zeros((1, 3, 3))
    A[0, start : start + 2, start : start + 2] = [[0, -1], [1, 0]]
    return Group(lie_algebra=A, name="Embed(SO(2), 3)")


def test_trap_cache_by_repr():
    first = V(embedded_rotation(0)).equivariant_basis().to_dense()
    second = V(embedded_rotation(1)).equivariant_basis().to_dense()
    assert np.allclose(abs(first), [[0], [0], [1]]) and np.allclose(abs(second), [[1], [0], [0]])


def test_trap_scalar_changes_a_global_object():
    one = Scalar(SO(3))
    assert Scalar(S(5)).group == S(5)
    assert one.group == SO(3) and one.dim == 1
    assert Scalar(SO(3)) is not Scalar(S(5)) and Scalar(SO(3)) != Scalar(S(5))


def test_trap_factor_of_a_product_changes_its_dimension():
    v, w = V(SO(3)), V(S(5))
    mixed = v * w
    assert mixed.dim == 15 and v.dim == 3 and w.dim == 5
    assert V(SO(3)).dim == 3
    assert (mixed * V(SO(3))).dim == 45
    assert (V(SO(3)) >> mixed).dim == 45
    assert (v >> v).equivariant_basis().rank == 1


def test_trap_single_and_repeated_summands():
    v = V(SO(3))
    for rep in (v, 1 * v, v + v, 2 * v, v + Scalar(SO(3)) + v):
        assert (rep >> rep).equivariant_basis().rank > 0


def test_trap_basis_of_a_sum_has_an_adjoint():
    v = V(SU(2))
    basis = (v + 2 * v * v.T >> v.T + v * v.T).equivariant_basis()
    dense = basis.to_dense()
    x = np.random.default_rng(0).normal(size=dense.shape[0]) * (1 + 1j)
    assert np.allclose(basis.coefficients(x), dense.conj().T @ x)


@pytest.mark.parametrize("call", [lambda v: v == 3, lambda v: v + v**2 == "x", lambda v: v == None])  # noqa: E711
def test_trap_comparison_with_anything_else(call):
    assert call(V(SO(3))) is False


def test_trap_negative_multiplicity():
    with pytest.raises(ValueError, match=r"multiplicity should not be negative. Got -1"):
        -1 * V(SO(3))


def test_trap_group_class_instead_of_a_group():
    for call in (V, Scalar):
        with pytest.raises(TypeError, match=r"should be a group. Got SO. Call it"):
            call(SO)


def test_trap_maps_between_different_groups():
    with pytest.raises(ValueError, match="Cannot map between representations of different groups"):
        V(SO(3)) >> V(SO(4))


@pytest.mark.parametrize(
    "make", [lambda: S(1), lambda: SO(1), lambda: SU(1), lambda: Trivial(1), lambda: SL(1)]
)
def test_trap_dimension_one_and_no_generators(make):
    v = V(make())
    rep = 2 * v + v**2 + Scalar(v.group)
    assert (rep >> rep).equivariant_basis().rank == 16
    assert np.allclose(rep.rho(np.eye(1)), np.eye(4))
    for method in ("isotypic", "nullspace"):
        assert (rep >> rep).equivariant_basis(method=method).rank == 16


def test_trap_no_generators_in_three_dimensions():
    for method in ("auto", "orbits", "isotypic", "nullspace"):
        basis = (V(Trivial(3)) >> V(Trivial(3))).equivariant_basis(method=method)
        assert basis.rank == 9
        assert np.allclose(basis.to_dense() @ basis.to_dense().T, np.eye(9))


def test_trap_reflection_is_no_permutation():
    v = V(D(1))
    assert not v.is_permutation and v == v.T
    assert v.equivariant_basis().rank == 1


def test_trap_generators_far_apart_in_scale():
    scales = np.array([1e-6, 1.0, 1e6])[:, None, None]
    rep = V(Group(lie_algebra=scales * SO(3).lie_algebra)) ** 3
    assert (rep >> rep).equivariant_basis().rank == 15


def test_trap_no_equivariant_map_is_rank_zero_and_says_so():
    basis = (V(O(3)) >> Scalar(O(3))).equivariant_basis()
    assert basis.rank == 0 and basis.to_dense().shape == (3, 0)
    assert np.array_equal(basis.project(np.ones(3)), np.zeros(3))


def test_trap_shears_and_translations():
    v = V(SE(2))
    assert (v >> v).equivariant_basis().residual < 1e-10


# beyond EMLP: found while these tests were written


@pytest.mark.parametrize("scale", [10.0, -1.0, 1e-6])
def test_trap_factors_that_differ_only_in_scale_act_independently(scale):
    a, b = V(SO(3)), V(Group(lie_algebra=scale * SO(3).lie_algebra))
    for x, y in ((a, b), (b, a)):
        assert (x * y).equivariant_basis().rank == 0
        assert (x**2 * y**2).equivariant_basis().rank == 1
        assert (x * y >> x * y).equivariant_basis().rank == 1
