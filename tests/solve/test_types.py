"""Irreducibles of real, complex and quaternionic type, by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from constrainet.groups import SO, SU, C, Group, Z
from constrainet.reps import Scalar, V
from tests.catalogue import ROTATION, quaternion_group
from tests.solve import oracles

METHODS = ("isotypic", "nullspace")

I2 = np.eye(2)
LEFT = np.stack([np.kron(I2, ROTATION), np.kron(ROTATION, np.diag([1.0, -1.0]))])
LEFT = np.stack([*LEFT, LEFT[0] @ LEFT[1]])


def su2_on_quaternions() -> Group:
    """Unit quaternions multiplying R⁴ from the left."""
    return Group(lie_algebra=LEFT)


def sum_rank(v, m, n, method):
    return (m * v >> n * v).equivariant_basis(method=method).rank


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 3), (4, 1)])
def test_real_type_gives_mn(m, n, method):
    assert sum_rank(V(SO(3)), m, n, method) == m * n


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("make", [lambda: SO(2), lambda: C(3), lambda: C(5)])
@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 3), (4, 1)])
def test_complex_type_gives_2mn(make, m, n, method):
    assert sum_rank(V(make()), m, n, method) == 2 * m * n


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("make", [quaternion_group, su2_on_quaternions], ids=["Q8", "SU(2)"])
@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 3), (4, 1)])
def test_quaternionic_type_gives_4mn(make, m, n, method):
    assert sum_rank(V(make()), m, n, method) == 4 * m * n


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8])
def test_cyclic_group_holds_pairs_of_complex_type(n):
    """Z(n) on Rⁿ: 1, for even n also the sign, and pairs of complex type: n maps in all."""
    v = V(Z(n))
    for method in ("orbits", *METHODS):
        assert (v >> v).equivariant_basis(method=method).rank == n
        assert (2 * v >> 3 * v).equivariant_basis(method=method).rank == 6 * n


@pytest.mark.parametrize("make", [quaternion_group, su2_on_quaternions], ids=["Q8", "SU(2)"])
def test_commutant_of_left_multiplication_is_right_multiplication(make):
    v = V(make())
    basis = (v >> v).equivariant_basis(method="isotypic").to_dense().T.reshape(-1, 4, 4)
    assert len(basis) == 4
    # quaternions: closed under products, and every element a multiple of a rotation
    flat = basis.reshape(4, 16)
    for a, b in product(basis, repeat=2):
        c = (a @ b).ravel()
        assert np.allclose(flat.T @ (flat @ c), c, atol=1e-12)
    for a in basis:
        assert np.allclose(a @ a.T, np.eye(4) / 4, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_types_meet_in_one_representation(method):
    """Q8 on R⁴ ⊗ R⁴ holds each of its four real characters four times."""
    v = V(quaternion_group())
    assert (v**2).equivariant_basis(method=method).rank == 4
    assert (v**2 >> v**2).equivariant_basis(method=method).rank == 4 * 16
    assert (v**2 >> v).equivariant_basis(method=method).rank == 0
    assert (v**3 >> v).equivariant_basis(method=method).rank == oracles.burnside(v**3 >> v)


@pytest.mark.parametrize("method", METHODS)
def test_su2_on_quaternions_by_characters(method):
    """R⁴ complexified is twice the spinor representation, of character 2 cos θ."""
    theta = 2 * np.pi * np.arange(64) / 64
    v = V(su2_on_quaternions())
    for k in (2, 4):
        mean = np.mean((4 * np.cos(theta)) ** k * 2 * np.sin(theta) ** 2)
        assert (v**k).equivariant_basis(method=method).rank == round(mean)


@pytest.mark.parametrize("method", METHODS)
def test_complex_group_tells_conjugate_from_dual(method):
    """V, V* of SU(2) are equivalent (Kramers pairs), those of SU(3) are not."""
    two, three = V(SU(2)), V(SU(3))
    assert (two >> two.T).equivariant_basis(method=method).rank == 1
    assert (three >> three.T).equivariant_basis(method=method).rank == 0
    assert (three >> three).equivariant_basis(method=method).rank == 1
    assert (three**2 >> three.T).equivariant_basis(method=method).rank == 1
    (epsilon,) = (two >> two.T).equivariant_basis(method=method).to_dense().T
    assert np.allclose(abs(epsilon), np.array([0, 1, 1, 0]) / np.sqrt(2), atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_dual_of_a_non_unitary_complex_group_is_no_conjugate(method):
    """diag(2i): the invariant of V ⊗ V* is the trace, whatever the modulus."""
    v = V(Group(lie_algebra=[[[1j + 0.5]]]))
    assert (v * v.T).equivariant_basis(method=method).rank == 1
    assert (v * v).equivariant_basis(method=method).rank == 0
    assert (v >> v).equivariant_basis(method=method).rank == 1


def test_complex_generators_with_real_entries_agree_with_the_real_group():
    real = SO(3)
    complexified = Group(lie_algebra=real.lie_algebra.astype(complex))
    for k in range(6):
        assert (V(complexified) ** k).equivariant_basis().rank == oracles.count_special_orthogonal(
            3, k
        )


def test_many_equivalent_and_inequivalent_copies():
    v = V(SO(3))
    rep = 3 * v**2 + 5 * v + 7 * Scalar(SO(3))
    scalars, vectors, tensors = 3 + 7, 3 + 5, 3
    expected = scalars**2 + vectors**2 + tensors**2
    for method in METHODS:
        assert (rep >> rep).equivariant_basis(method=method).rank == expected
