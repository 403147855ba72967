"""Which group acts where representations of different groups meet."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from constrainet.groups import SO, O, S, Trivial, Z
from constrainet.reps import Scalar, T, V

A, B = V(SO(3)), V(S(5))


def test_mixing_gives_a_representation_of_the_product():
    for rep in (A * B, A + B, 2 * A + B * A):
        assert rep.group == SO(3) * S(5)
    assert (A * B).dim == 15 and (A + B).dim == 8
    assert (B * A).group == S(5) * SO(3)
    assert A.dim == 3 and A.group == SO(3) and B.dim == 5


def test_each_factor_acts_where_it_belongs():
    g = scipy.linalg.expm(SO(3).lie_algebra[0] * 0.7)
    h = S(5).discrete_generators[0]
    both = scipy.linalg.block_diag(g, h)
    assert np.allclose((A * B).rho(both), np.kron(g, h))
    assert np.allclose((A + B).rho(both), both)
    assert np.allclose((B * A).rho(scipy.linalg.block_diag(h, g)), np.kron(h, g))
    assert np.allclose((B * A + A * B).rho(scipy.linalg.block_diag(h, g))[15:, 15:], np.kron(g, h))
    assert V(SO(3) * S(5)) == A + B


def test_each_factor_keeps_its_own_dimension():
    mixed = A * B
    assert (mixed * A).dim == 45 and (mixed + A).dim == 18 and (mixed >> A).dim == 45
    assert (mixed * A).group == mixed.group == (A >> mixed).group


def test_invariants_of_products_multiply():
    for k in range(4):
        for m in range(4):
            expected = (A**k).equivariant_basis().rank * (B**m).equivariant_basis().rank
            assert (A**k * B**m).equivariant_basis().rank == expected
            assert (B**m * A**k).equivariant_basis().rank == expected


def test_baseline_case_of_three_groups():
    rep = 2 * V(Z(3)) * V(S(4)) + V(O(3)) ** 2
    basis = (rep >> rep).equivariant_basis()
    assert basis.shape == (1089, 31) and basis.residual < 1e-12


def test_three_groups_in_any_order():
    a, b, c = V(SO(3)), V(S(3)), V(Z(4))
    for rep in (a * b * c, c * (a * b), (b * c) * a, b * (c * a)):
        assert rep.dim == 36 and len(rep.group.factors) == 3
        assert (rep * a).equivariant_basis().rank == 1
        assert (rep >> rep).equivariant_basis().rank == 1 * 2 * 4


def test_equal_factors_act_independently():
    torus = Z(5) * Z(5)
    x, y = V(torus, factor=0), V(torus, factor=1)
    assert x != y and x.dim == y.dim == 5
    basis = (x * y >> x * y).equivariant_basis()
    assert basis.shape == (625, 25)
    assert (x >> y).equivariant_basis().rank == 1
    assert (x >> x).equivariant_basis().rank == 5
    assert (V(torus) >> V(torus)).equivariant_basis().rank == 5 + 5 + 1 + 1


TORUS = Z(5) * Z(5)
X, Y, W = V(TORUS, factor=0), V(TORUS, factor=1), V(S(3))


@pytest.mark.parametrize("rep", [X * Y * W, W * (X * Y), X * Y + 0 * W, W**0 * (X * Y)], ids=str)
def test_equal_factors_stay_independent_when_another_joins(rep):
    """Both once became the first of the two, and these products had five invariants."""
    assert len(rep.group.factors) == 3
    assert rep.equivariant_basis().rank == 1
    shift, rest = np.roll(np.eye(5), 1, 0), np.eye(5)

    def element(*fives):
        fives = list(fives)
        blocks = [fives.pop(0) if f == Z(5) else np.eye(3) for f in rep.group.factors]
        return scipy.linalg.block_diag(*blocks)

    assert np.allclose(rep.rho(element(shift, rest)), kron_all(rep, shift, rest))
    assert np.allclose(rep.rho(element(rest, shift)), kron_all(rep, rest, shift))


def kron_all(rep, *fives):
    fives = list(fives)
    matrix = np.eye(1)
    for factor in getattr(rep, "factors", ()):
        matrix = np.kron(matrix, np.eye(3) if factor.dim == 3 else fives.pop(0))
    return matrix


def test_groups_equal_by_content_are_one_group():
    assert S(2) == Z(2)
    assert (V(S(2)) * V(Z(2))).group == S(2)
    x, y = V(S(2) * Z(2), factor=0), V(S(2) * Z(2), factor=1)
    assert (x * y).equivariant_basis().rank == 1  # told apart by their place


def test_ambiguous_joins_are_refused():
    torus = Z(5) * Z(5)
    for other in (V(Z(5)), V(Z(5) * S(3), factor=0), Scalar(Z(5))):
        for join in (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a >> b):
            for a, b in ((V(torus, factor=0), other), (other, V(torus))):
                with pytest.raises(ValueError, match=r"Z\(5\) occurs more often in one"):
                    join(a, b)


def test_maps_between_unrelated_groups_are_refused():
    message = "Cannot map between representations of different groups"
    for a, b in ((V(SO(3)), V(SO(4))), (A, B), (A, Scalar(S(5))), (A * B, A * V(Z(3)))):
        with pytest.raises(ValueError, match=message) as info:
            a >> b
        assert str(a.group) in str(info.value) and str(b.group) in str(info.value)
        with pytest.raises(ValueError, match=message):
            b >> a


def test_maps_into_a_product_that_contains_the_group():
    assert (A >> A * B).equivariant_basis().rank == 1  # the sum over the five
    assert (A * B >> A).equivariant_basis().rank == 1
    assert (A * Scalar(S(5)) >> A * B).equivariant_basis().rank == 1
    assert (A * B >> B * A).equivariant_basis().rank == 2
    assert (A * Scalar(S(5)) >> B * Scalar(SO(3))).equivariant_basis().rank == 0


def test_trivial_factors_change_nothing():
    rep = A * V(Trivial(2))
    assert (rep >> rep).equivariant_basis().rank == 4
    assert (rep * A).equivariant_basis().rank == 2


def test_tensors_of_products():
    group = SO(3) * S(3)
    a, b = V(SO(3)), V(S(3))
    expected = sum(
        count * (a**i * b**j).equivariant_basis().rank
        for i, j, count in ((3, 0, 1), (2, 1, 3), (1, 2, 3), (0, 3, 1))
    )
    assert T(3, group=group).equivariant_basis().rank == expected
