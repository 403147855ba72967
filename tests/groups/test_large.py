"""Classical groups whose Lie algebra is given by elements that generate it."""

import jax
import numpy as np
import pytest

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import GL, SL, SO, SU, Group, O, SOplus, Sp, U
from constrainet.reps import V

LARGE = [SO(60), O(60), SOplus(1, 60), SO(30, 30), SU(50), U(50), SL(50), GL(50), Sp(30), SO(300)]


@pytest.mark.parametrize("group", LARGE, ids=str)
def test_large_groups_are_irreducible_on_vectors(group):
    """Only multiples of 1 commute with all elements."""
    assert len(group.lie_algebra) <= 4
    basis = (V(group) >> V(group)).equivariant_basis()
    assert basis.rank == 1 and basis.residual < 1e-10
    has_form = group.is_orthogonal or group in (SOplus(1, 60), SO(30, 30), Sp(30))
    assert (V(group) ** 2).equivariant_basis().rank == has_form
    assert group == Group(
        lie_algebra=group.lie_algebra, discrete_generators=group.discrete_matrices or None
    )


@pytest.mark.parametrize("group", [SO(60), SO(1, 60), Sp(30)], ids=str)
def test_large_groups_are_sampled(group):
    """Elements keep the form that the group keeps."""
    g = np.asarray(group.sample(jax.random.key(0)))
    assert np.linalg.norm(g, 2) < 1.01 * np.exp(1.5)
    if group == Sp(30):
        J = np.kron([[0, 1], [-1, 0]], np.eye(30))
        assert np.abs(g.T @ J @ g - J).max() < 1e-3
    elif group == SO(1, 60):
        form = np.diag([1.0] + [-1.0] * 60)
        assert np.abs(g.T @ form @ g - form).max() < 1e-3
    else:
        assert np.abs(g.conj().T @ g - np.eye(len(g))).max() < 1e-4


def test_generating_elements_are_in_the_algebra():
    A = Sp(30).lie_algebra
    J = np.kron([[0, 1], [-1, 0]], np.eye(30))
    assert np.abs(A.swapaxes(1, 2) @ J + J @ A).max() < 1e-14
    assert np.abs(np.trace(SL(50).lie_algebra, axis1=1, axis2=2)).max() < 1e-13


@pytest.mark.parametrize("make", [SO, O, SU, GL, SL, Sp], ids=lambda f: f.__name__)
def test_groups_too_large_for_memory_are_refused(make):
    with pytest.raises(ProblemTooLargeError, match="Matrices of size"):
        make(10**5)


@pytest.mark.parametrize("group", [g for g in LARGE if g.dim < 300], ids=str)
def test_large_groups_make_their_whole_algebra(group):
    """Of the dimension that is known, with the generators in it, and closed."""
    algebra, n = group.algebra, group.dim
    dims = {"SU": n**2 - 1, "SL": n**2 - 1, "U(": n**2, "GL": n**2, "Sp": n * (n + 1) // 2}
    assert algebra.dim == dims.get(group.name[:2], n * (n - 1) // 2)
    assert not algebra.is_spanned and algebra.is_semisimple == (group not in (U(50), GL(50)))
    assert all(A in algebra for A in group.lie_algebra)
    draws = np.random.RandomState(0).normal(size=(2, algebra.dim))
    X, Y = (np.tensordot(c, algebra.basis, 1) for c in draws)
    assert X @ Y - Y @ X in algebra
    assert (X @ X + np.eye(n) in algebra) == (group == GL(50))
    gram = np.tensordot(algebra.span.basis[-99:].conj(), algebra.span.basis[-99:], ((1, 2), (1, 2)))
    assert np.abs(gram.real - np.eye(99)).max() < 1e-13


def test_algebras_larger_than_memory_are_refused():
    with pytest.raises(ProblemTooLargeError, match="A basis of 44,850 matrices"):
        _ = SO(300).algebra
    with pytest.raises(ProblemTooLargeError, match="structure constants"):
        _ = SO(60).algebra.structure_constants


def test_elements_of_large_groups_are_told_from_others():
    g = np.linalg.qr(np.random.RandomState(0).normal(size=(60, 60)))[0]
    g[:, 0] *= np.sign(np.linalg.det(g))
    mirror = np.diag([-1.0] + [1] * 59)
    assert SO(60).contains(g) and O(60).contains(mirror @ g)
    assert not SO(60).contains(mirror @ g) and not O(60).contains(2 * g)


def test_a_classical_algebra_with_a_generator_that_leaves_it_is_closed():
    """Rotations and a shear along one axis, in units in which they are even."""
    shear = np.eye(3) + np.outer([1.0, 0, 0], [0, 1, 0])
    group = Group(lie_algebra=SO(3).lie_algebra, discrete_generators=[shear])
    assert group.algebra.dim == 8
