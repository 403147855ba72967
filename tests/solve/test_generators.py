"""Lie algebras given by any of their bases, redundantly, at any scale and in any units."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import GL, SE, SL, SO, SU, Group, Lorentz, O, Sp, conjugate
from constrainet.reps import T, V
from tests.catalogue import unipotent_algebra


def galilei() -> Group:
    """Of space and time, on vectors (x, t, 1)."""
    turns = np.zeros((3, 5, 5))
    turns[:, :3, :3] = SO(3).lie_algebra
    moves = np.zeros((7, 5, 5))
    for k, (i, j) in enumerate([(0, 3), (1, 3), (2, 3), (0, 4), (1, 4), (2, 4), (3, 4)]):
        moves[k, i, j] = 1
    return Group(lie_algebra=np.concatenate([turns, moves]))


MAKERS = {
    "SO(3)": lambda: SO(3),
    "O(3)": lambda: O(3),
    "Lorentz": Lorentz,
    "Sp(2)": lambda: Sp(2),
    "SU(2)": lambda: SU(2),
    "SU(3)": lambda: SU(3),
    "GL(2)": lambda: GL(2),
    "SL(3)": lambda: SL(3),
    "SE(2)": lambda: SE(2),
    "SE(3)": lambda: SE(3),
    "Galilei": galilei,
    "Heisenberg": unipotent_algebra,
}
EVERY = pytest.mark.parametrize("name", MAKERS)
RANKS = [(1, 0), (0, 1), (1, 1), (2, 1), (2, 2)]


def projector(group: Group, rank: tuple[int, int]) -> np.ndarray:
    basis = T(*rank, group=group).equivariant_basis()
    assert basis.residual <= 1e-10
    dense = basis.to_dense()
    return dense @ dense.conj().T


def require_same_answer(group: Group, mix: np.ndarray, allowed: float = 1e-10) -> None:
    other = Group(
        lie_algebra=np.tensordot(mix, group.lie_algebra, 1),
        discrete_generators=group.discrete_generators if len(group.discrete_generators) else None,
    )
    for rank in RANKS:
        miss = projector(other, rank) - projector(group, rank)
        assert np.abs(miss).max(initial=0) < allowed, rank


@EVERY
@pytest.mark.parametrize("seed", range(3))
def test_random_combinations(name, seed):
    group = MAKERS[name]()
    rng = np.random.default_rng(seed)
    count = len(group.lie_algebra)
    require_same_answer(group, rng.normal(size=(count, count)), 1e-9)
    require_same_answer(group, rng.normal(size=(count + 3, count)))


@EVERY
def test_combinations_that_almost_depend_on_each_other(name):
    group = MAKERS[name]()
    rng = np.random.default_rng(0)
    count = len(group.lie_algebra)
    left, right = (np.linalg.qr(rng.normal(size=(count, count)))[0] for _ in range(2))
    require_same_answer(group, left @ np.diag(np.geomspace(1, 1e-5, count)) @ right, 1e-9)


@EVERY
def test_sizes_far_apart_repetition_and_order(name):
    group = MAKERS[name]()
    count = len(group.lie_algebra)
    sizes = np.diag(10.0 ** np.linspace(-14, 14, count))
    require_same_answer(group, np.concatenate([sizes[::-1], sizes[:1], 1e-9 * np.eye(count)]))


@pytest.mark.parametrize("size", [1e-100, 1e-30, 1e-14, 1e14, 1e100])
def test_generator_of_another_size_is_not_dropped(size):
    L = SO(3).lie_algebra
    v = V(Group(lie_algebra=[L[0], size * L[1]]))
    assert (v**2 >> v).equivariant_basis().rank == 1


@EVERY
def test_combinations_in_other_units(name):
    group = MAKERS[name]()
    rng = np.random.default_rng(1)
    count = len(group.lie_algebra)
    units = np.diag(10 ** rng.uniform(-3, 3, group.dim))
    moved = conjugate(group, units)
    mix = rng.normal(size=(count + 1, count))
    other = Group(
        lie_algebra=np.tensordot(mix, moved.lie_algebra, 1),
        discrete_generators=moved.discrete_generators if len(group.discrete_generators) else None,
    )
    for rank in RANKS:
        found, expected = (T(*rank, group=g).equivariant_basis() for g in (other, group))
        assert found.rank == expected.rank, rank
        assert found.residual <= 1e-10
