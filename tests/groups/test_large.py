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


@pytest.mark.parametrize("group", [SO(60), SO(300)], ids=str)
def test_a_lie_algebra_too_large_to_be_closed_is_refused(group):
    with pytest.raises(ValueError, match=r"2 generators of shape .* Give a basis"):
        _ = group.algebra
