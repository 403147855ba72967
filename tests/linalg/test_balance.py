"""Even units: what they are, and that they do not depend on the units given."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import SE, SO, SU, Group, Icosahedral, Lorentz, O, S, Sp
from constrainet.linalg import (
    are_hermitian,
    are_orthogonal,
    even_sizes,
    even_units,
    moved,
    outside_span,
    tight_combinations,
    to_dense,
)

GROUPS = {
    "SO(3)": SO(3),
    "O(3)": O(3),
    "SU(3)": SU(3),
    "Lorentz": Lorentz(),
    "Icosahedral": Icosahedral(),
    "S(5)": S(5),
}
EVERY = pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)


def matrices(group: Group) -> tuple[list[np.ndarray], np.ndarray]:
    return [to_dense(h) for h in group.discrete_matrices], group.lie_algebra


@EVERY
def test_orthogonal_groups_are_in_even_units(group):
    assert np.abs(even_units(*matrices(group)) - 1).max() < 1e-13


@EVERY
@pytest.mark.parametrize("seed", range(3))
def test_even_units_undo_any_units_and_any_combinations(group, seed):
    rng = np.random.default_rng(seed)
    discrete, lie = matrices(group)
    given = 10 ** rng.uniform(-8, 8, group.dim)
    mix = rng.normal(size=(len(lie) + 2, len(lie))) * 10 ** rng.uniform(-9, 9, (len(lie) + 2, 1))
    lie = np.tensordot(mix, moved(lie, given), 1) if len(lie) else lie
    total = even_units([moved(h, given) for h in discrete], lie) * given
    assert np.abs(total / total[0] - 1).max() < 1e-11


def test_triangular_matrices_stay_bounded():
    shear = np.array([[1.0, 1e6], [0.0, 1.0]])
    assert np.allclose(moved(shear, even_units([shear], np.zeros((0, 2, 2)))), [[1, 1], [0, 1]])
    units = even_units([], np.array([[[1.0, 1e6], [0.0, 1.0]]]))
    assert np.allclose(moved(np.array([[1, 1e6], [0, 1]]), units), [[1, 1], [0, 1]])


def test_a_rotation_keeps_its_units_beside_a_shear():
    turn, none = np.array([[[0.0, -1.0], [1.0, 0.0]]]), np.zeros((0, 2, 2))
    for size in (1.0, 1e3):
        shear = np.array([[1.0, size], [0.0, 1.0]])
        assert np.allclose(even_units([shear], turn), 1, rtol=1e-12)
        assert np.allclose(even_units([], np.concatenate([turn, [shear - np.eye(2)]])), 1)
        assert even_units([shear], none)[0] <= 1


def test_entries_that_are_rounding_do_not_change_units():
    lie = np.array([[[0.5, 1.0], [0.0, -0.5]], [[0.0, 1.0], [0.0, 0.0]]])
    rounded = lie + np.array([[[0, 1e-17], [3e-17, 0]], [[1e-17, 0], [0, -2e-17]]])
    assert np.allclose(even_units([], rounded), even_units([], lie), rtol=1e-12)
    shear = np.array([[1.0, 1e6], [0.0, 1.0]])
    rounded = shear + np.array([[0, 0], [1e-21, 0]])
    assert np.allclose(even_units([rounded], lie[:0]), even_units([shear], lie[:0]), rtol=1e-12)


def test_singular_and_diagonal_matrices_have_units():
    none = np.zeros((0, 2, 2))
    assert np.allclose(even_units([np.array([[0.0, 1.0], [0.0, 0.0]])], none), 1)
    assert np.allclose(even_units([np.diag([1e9, 1.0])], none), 1)
    assert np.allclose(even_units([], np.zeros((1, 2, 2))), 1)


def test_even_sizes_are_those_of_a_group_in_its_own_units():
    units = np.array([1e-6, 1.0, 1e3])
    assert np.allclose(even_sizes(moved(SO(3).lie_algebra, units)), even_sizes(SO(3).lie_algebra))


@pytest.mark.parametrize("group", [SO(3), SU(3), Sp(2), SE(3)], ids=["SO", "SU", "Sp", "SE"])
def test_tight_combinations_cover_the_span_evenly(group):
    rng = np.random.default_rng(0)
    lie = group.lie_algebra
    mix = rng.normal(size=(len(lie) + 2, len(lie)))
    even = np.tensordot(tight_combinations(x := np.tensordot(mix, lie, 1)), x, 1)
    flat = even.reshape(len(even), -1)
    flat = np.concatenate([flat.real, flat.imag], axis=1)
    projector = flat.T @ flat
    assert np.abs(projector @ projector - projector).max() < 1e-12
    assert np.isclose(np.trace(projector), len(lie))
    assert all(np.abs(outside_span(A, even)).max() < 1e-12 for A in lie)


def test_predicates_of_stacks_of_matrices():
    assert are_hermitian(Lorentz().lie_algebra) and are_orthogonal(Lorentz().lie_algebra)
    assert are_orthogonal(SE(3).lie_algebra) and not are_hermitian(SE(3).lie_algebra)
    assert not are_orthogonal(np.ones((2, 3, 3)))


@pytest.mark.parametrize("factor", [1, 1j])
def test_outside_span_is_orthogonal_to_the_span(factor):
    rng = np.random.default_rng(0)
    others = rng.normal(size=(3, 4, 4)) * factor
    matrix = rng.normal(size=(4, 4)) * factor
    left = outside_span(matrix, others)
    assert np.abs(np.tensordot(others.conj(), left, 2).real).max() < 1e-12
    assert np.abs(outside_span(matrix - left, others)).max() < 1e-12
