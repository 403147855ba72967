"""The answer does not depend on the units of coordinates.

Solutions in other units are mapped back to natural ones, column by column, and span there what is
found for the group in natural units.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from constrainet.groups import (
    SE,
    SO,
    SU,
    C,
    Group,
    Hyperoctahedral,
    Icosahedral,
    Lorentz,
    O,
    S,
    SOplus,
    Sp,
    conjugate,
)
from constrainet.linalg import to_dense
from constrainet.reps import Det, Scalar, Sym, T, V
from constrainet.solve import clear_memory
from constrainet.solve.problem import _discrete_in_units
from constrainet.solve.units import certify_in_units, departure, in_units, log_units

RANKS = [(1, 0), (1, 1), (0, 2), (2, 1), (2, 2), (0, 3), (3, 0)]


def natural(columns: np.ndarray, units: np.ndarray, rank: tuple[int, int]) -> np.ndarray:
    """The projector onto what columns in units span in natural coordinates."""
    logs = np.zeros(1)
    for sign in (1,) * rank[0] + (-1,) * rank[1]:
        logs = np.add.outer(logs, sign * np.log(units)).ravel()
    with np.errstate(divide="ignore"):
        sizes = np.log(np.abs(columns)) - logs[:, None]
    # each column on its own: sizes differ by more than a float64 holds digits
    columns = columns * np.exp(-logs[:, None] - sizes.max(axis=0, initial=-700))
    columns = np.linalg.qr(columns)[0]
    return columns @ columns.conj().T


def require_same_answer(group: Group, units: np.ndarray, ranks=RANKS) -> None:
    moved = conjugate(group, np.diag(units))
    for rank in ranks:
        expected = T(*rank, group=group).equivariant_basis()
        found = T(*rank, group=moved).equivariant_basis()
        assert found.rank == expected.rank, rank
        assert found.residual <= 1e-10
        columns = found.to_dense()
        assert np.abs(columns.conj().T @ columns - np.eye(found.rank)).max(initial=0) < 1e-10
        basis = expected.to_dense()
        miss = natural(columns, units, rank) - basis @ basis.conj().T
        assert np.abs(miss).max(initial=0) < 1e-10, rank


@pytest.mark.parametrize("c", [1, 10, 50, 1000, 1e6, 299_792_458])
def test_lorentz_group_at_every_speed_of_light(c):
    require_same_answer(Lorentz(), np.array([1 / c, 1, 1, 1]), [*RANKS, (3, 3)])
    require_same_answer(SOplus(1, 2), np.array([1 / c, 1, 1]))


GROUPS = {
    "SO(3)": lambda: SO(3),
    "O(3)": lambda: O(3),
    "Icosahedral": Icosahedral,
    "SE(2)": lambda: SE(2),
    "SE(3)": lambda: SE(3),
    "Sp(2)": lambda: Sp(2),
    "S(3)": lambda: S(3),
    "S(4)": lambda: S(4),
    "Hyperoctahedral(3)": lambda: Hyperoctahedral(3),
    "C(5)": lambda: C(5),
    "SU(3)": lambda: SU(3),
}
EVERY = pytest.mark.parametrize("name", GROUPS)


@EVERY
@pytest.mark.parametrize("seed", range(2))
def test_every_diagonal_change_of_units(name, seed):
    group = GROUPS[name]()
    units = 10 ** np.random.default_rng(seed).uniform(-4, 4, group.dim)
    require_same_answer(group, units, [*RANKS, (3, 3)] if group.dim < 4 and not seed else RANKS)


@EVERY
@pytest.mark.parametrize("size", [1e8, 1e-8])
def test_one_coordinate_in_other_units(name, size):
    group = GROUPS[name]()
    require_same_answer(group, np.append(size, np.ones(group.dim - 1)))


def test_permutations_are_solved_by_orbits_in_any_units():
    moved = conjugate(S(4), np.diag([1e-7, 1e3, 1.0, 3.0]))
    for method in ("orbits", "isotypic", "nullspace"):
        basis = (V(moved) ** 2 >> V(moved)).equivariant_basis(method=method)
        assert basis.rank == 5 and basis.residual <= 1e-10


def test_units_of_one_factor_of_a_product():
    v, w = V(conjugate(SO(3), np.diag([1e-6, 1.0, 1e3]))), V(S(3))
    assert ((v * w) ** 2 >> v * w).equivariant_basis().rank == 5
    assert (2 * v + Scalar(v.group) >> v**2).equivariant_basis().rank == 3


def test_representations_that_are_no_tensors_in_other_units():
    group = conjugate(O(3), np.diag([1e-6, 1.0, 1e3]))
    assert (Det(group) * V(group) ** 2 >> V(group)).equivariant_basis().rank == 1


def test_answers_in_other_units_are_kept_on_disk(tmp_path):
    v = V(conjugate(SO(3), np.diag([1e-7, 1.0, 1.0])))
    first = (v**2 >> v**2).equivariant_basis(cache_dir=str(tmp_path)).to_dense()
    clear_memory()
    basis = (v**2 >> v**2).equivariant_basis(cache_dir=str(tmp_path))  # a warning is an error
    assert basis.rank == 3 and np.array_equal(basis.to_dense(), first)


def test_certificate_does_not_vouch_for_a_contracted_group():
    """What is invariant under the Galilei group passes in SI units, and fails in even ones."""
    c = 299_792_458.0
    rep = T(2, group=conjugate(SOplus(1, 2), np.diag([1 / c, 1, 1])))
    (question,) = rep.equivariant_basis().solutions
    logs = log_units(question, None)
    assert logs is not None
    metric = rep.equivariant_basis().to_dense()
    assert certify_in_units(metric, question, logs).worst <= 1e-10
    contracted = np.diag([0.0, 1.0, 1.0]).reshape(9, 1) / 2**0.5
    assert np.abs(contracted - metric).max() < 1e-15 or np.abs(contracted + metric).max() < 1e-15
    assert certify_in_units(contracted, question, logs).worst > 0.1
    twice = np.concatenate([metric, metric + 1e-17], axis=1)
    assert certify_in_units(twice, question, logs).worst > 0.1


def test_what_may_be_rounding_does_not_become_a_unit():
    """SE(2) with rounding in its last row is no group in which it counts as much as the rest."""
    rng = np.random.default_rng(0)
    for size in (1e-17, 1e-15, 1e-13):
        noisy = Group(lie_algebra=SE(2).lie_algebra + size * rng.normal(size=(3, 3, 3)))
        for rank in RANKS:
            found, expected = (T(*rank, group=g).equivariant_basis() for g in (noisy, SE(2)))
            assert found.rank == expected.rank
            a, b = found.to_dense(), expected.to_dense()
            assert np.abs(a @ a.T - b @ b.T).max(initial=0) < 1e-10


def test_products_of_generators_that_are_the_identity_but_for_rounding_change_no_rank():
    units = np.array([2.76e-3, 14.4])
    cos, sin = np.cos(0.01), np.sin(0.01)
    generators = [np.array([[cos, -sin], [sin, cos]]), np.diag([1.0, -1.0])]
    generators = [h * units[:, None] / units for h in generators]
    rounded = np.array([[1.0, 1.5e-22], [4e-15, 1.0]])  # 2e-11 in even units
    for more in ([], [rounded]):
        v = V(Group(discrete_generators=generators + more))
        assert (v**4).equivariant_basis().rank == 3


def test_what_only_is_small_in_its_units_is_no_rounding():
    shear = np.array([[1.0, 1e-13], [0.0, 1.0]])
    found = to_dense(_discrete_in_units(shear, np.array([1e10, 1e-3])))
    np.testing.assert_allclose(found, [[1, 1], [0, 1]])


@pytest.mark.parametrize("left", [0, 1e-15, 5e-32, 1e-40])
def test_images_of_generators_that_are_large_in_even_units_are_kept(left):
    """SL(2) beside a vector that stays, with what subtraction may have left of an entry."""
    up, down, turn = np.zeros((3, 3, 3))
    up[1, [0, 2]] = 1
    down[2, 1], down[1, [0, 2]] = 1, left
    turn[2, [0, 2]], turn[1, 1] = 1, -1
    G = Group(lie_algebra=[up, down, turn])
    ranks = [(a >> b).equivariant_basis().rank for a, b in [(V(G), Sym(V(G), 2)), (V(G), V(G))]]
    assert ranks == [2, 2]


@pytest.mark.parametrize("size", [1e-14, 1.0, 1e14])
def test_determinant_is_not_its_own_dual_whatever_the_generators_size(size):
    v = V(Group(lie_algebra=[[[size]]]))
    det = Det(v.group)
    assert (det.T >> det).equivariant_basis().rank == 0
    assert (v.T >> det.T).equivariant_basis().rank == 1
    assert (v * v >> det.T * v).equivariant_basis().rank == 0


def test_memory_of_going_back_to_the_callers_units():
    """No matrix with the square of the coordinates' number, for a few vectors."""
    columns = np.linalg.qr(np.random.RandomState(0).normal(size=(20_000, 2)))[0]
    tracemalloc.start()
    found = in_units(columns, np.repeat([0.0, -5.0], 10_000))
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()
    assert found.shape == (20_000, 2)


def test_what_is_lost_on_the_way_back_to_the_callers_units_shows():
    """A component on a level above that was taken for rounding."""
    columns, logs = np.array([[3e-10], [1.0], [0.0]]), np.log([1e9, 1, 1])
    assert departure(in_units(columns, logs), logs, columns) > 1e-10
    columns = np.linalg.qr(np.random.RandomState(0).normal(size=(3, 2)))[0]
    assert departure(in_units(columns, logs), logs, columns) < 1e-14
