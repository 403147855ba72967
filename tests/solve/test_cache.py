"""What is remembered in memory, and that it is never wrong."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import SE, SO, SU, Group, S
from constrainet.reps import Rep, T, V
from constrainet.solve import Subspace, clear_memory
from tests.catalogue import phases

REPS = {
    "orbits": lambda: V(S(4)) ** 2 >> V(S(4)),
    "phases": lambda: V(phases()) >> V(phases()),
    "isotypic": lambda: V(SO(3)) ** 3 >> V(SO(3)) ** 2,
    "complex": lambda: V(SU(3)) ** 2 >> V(SU(3)).T,
    "nullspace": lambda: V(SE(2)) ** 2 >> V(SE(2)) ** 2,
    "rank 0": lambda: V(SO(3)),
    "parts": lambda: V(SO(3)) * V(S(3)) + 2 * V(SO(3)) >> V(S(3)) * V(SO(3)),
}
EVERY = pytest.mark.parametrize("name", REPS)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.delenv("CONSTRAINET_CACHE", raising=False)
    clear_memory()
    yield
    clear_memory()


def bits(rep: Rep, **options) -> bytes:
    return rep.equivariant_basis(**options).to_dense().tobytes()


def found(basis: Subspace) -> set:
    """Its solutions, which equal nothing but themselves."""
    return set(basis.solutions.values())


@EVERY
def test_second_call_gives_the_same_bits(name):
    first = bits(REPS[name]())
    assert bits(REPS[name]()) == first
    clear_memory()
    assert bits(REPS[name]()) == first


@EVERY
def test_result_does_not_depend_on_what_was_solved_before(name):
    alone = bits(REPS[name]())
    clear_memory()
    for other in REPS.values():
        bits(other())
    for k in (3, 2, 5):
        bits(T(k, group=SO(3)))
    assert bits(REPS[name]()) == alone


def test_second_call_does_not_solve_again(monkeypatch):
    from constrainet.solve import invariants

    rep = V(SO(3)) ** 2 >> V(SO(3)) ** 2
    first = rep.equivariant_basis()
    monkeypatch.setattr(invariants.Solver, "solve", None)  # would raise
    again = (V(SO(3)) ** 2 >> V(SO(3)) ** 2).equivariant_basis()
    assert found(again) == found(first)


def test_groups_that_differ_in_one_entry_share_nothing():
    base = SO(3).lie_algebra
    expected = T(3, group=SO(3)).equivariant_basis().to_dense()
    for place in np.ndindex(base.shape):
        other = base.copy()
        other[place] = np.nextafter(other[place], 9)
        group = Group(lie_algebra=other, name="SO(3)")
        assert group != SO(3) and T(3, group=group) != T(3, group=SO(3))
        basis = T(3, group=group).equivariant_basis()
        assert not found(basis) & found(T(3, group=SO(3)).equivariant_basis())
        dense = basis.to_dense()
        assert np.abs(dense @ dense.T - expected @ expected.T).max() < 1e-12


def test_groups_of_one_name_share_nothing():
    """EMLP returns the first one's invariant for both, because their `repr` is equal."""
    generators = np.zeros((2, 1, 3, 3))
    generators[0, 0, :2, :2] = generators[1, 0, 1:, 1:] = [[0, -1], [1, 0]]
    first, second = (Group(lie_algebra=A, name="SO(2)") for A in generators)
    assert repr(first) == repr(second)
    assert np.allclose(abs(V(first).equivariant_basis().to_dense()), [[0], [0], [1]])
    assert np.allclose(abs(V(second).equivariant_basis().to_dense()), [[1], [0], [0]])


def test_options_have_entries_of_their_own():
    rep = V(S(3)) ** 2
    assert rep.equivariant_basis().method == "orbits"
    assert rep.equivariant_basis(method="nullspace").method == "nullspace"
    assert rep.equivariant_basis(method="isotypic").method == "isotypic"
    assert rep.equivariant_basis().method == "orbits"
    a = rep.equivariant_basis(method="nullspace", rtol=1e-3)
    assert not found(a) & found(rep.equivariant_basis(method="nullspace", rtol=1e-4))


def test_memory_is_bounded(monkeypatch):
    from constrainet.solve import cache

    monkeypatch.setattr(cache, "MEMORY_BOUND", 10_000)
    for k in range(1, 6):
        T(k, group=S(5)).equivariant_basis()
    assert sum(n for _, n in cache._memory.values()) <= 10_000 or len(cache._memory) == 1
    assert T(2, group=S(5)).equivariant_basis().rank == 2
