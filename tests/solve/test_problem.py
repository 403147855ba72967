"""The normal form: sorting, joining, and places in the caller's coordinates."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from constrainet.linalg import Monomial
from constrainet.solve import TRIVIAL, Atom, Space, Symmetry, intertwiners

ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])


def rotation(label=0) -> Atom:
    symmetry = Symmetry((), ROTATION[None], label)
    return Atom(symmetry, (), ROTATION[None], 2)


def swap(n=2, label=0) -> Atom:
    h = Monomial(np.roll(np.arange(n), 1))
    symmetry = Symmetry((h,), np.zeros((0, n, n)), label)
    return Atom(symmetry, (h,), np.zeros((0, n, n)), n)


def space(*atoms: Atom, multiplicity=1) -> Space:
    dims = [a.dim for a in atoms]
    size = int(np.prod(dims)) * multiplicity
    return Space.collect([(atoms, np.arange(size).reshape(multiplicity, *dims))])


def test_symmetry_and_atom_are_equal_by_content():
    for make in (rotation, swap):
        a, b = make(), make()
        assert a == b and hash(a) == hash(b) and a.symmetry == b.symmetry
        assert a != make(label=1) and a.symmetry != make(label=1).symmetry
        assert copy.deepcopy(a) == a and pickle.loads(pickle.dumps(a)) == a
        assert a != 3 and a.symmetry != 3
    assert rotation() != swap()


def test_atom_dual():
    h = np.array([[1.0, 2.0], [0.0, 1.0]])
    A = np.array([[0.0, 1.0], [0.0, 3.0]])
    atom = Atom(Symmetry((h,), A[None]), (h,), A[None], 2)
    assert np.allclose(atom.dual.discrete[0], np.linalg.inv(h).T)
    assert np.allclose(atom.dual.infinitesimal, -A.T[None])
    assert not atom.is_adjoint_closed and not atom.is_monomial
    assert rotation().is_adjoint_closed and not rotation().is_monomial
    assert swap().is_adjoint_closed and swap().is_monomial
    assert rotation().dual == rotation() and swap(3).dual == swap(3)


def test_space_joins_equal_terms_and_keeps_places():
    a, b = rotation(), swap(3, label=1)
    pieces = [
        ((a, b), np.arange(6).reshape(1, 2, 3)),
        ((b, a), np.arange(6, 12).reshape(1, 3, 2)),
        ((), np.array([12, 13])[:, None].reshape(2)),
        ((a,), np.arange(14, 18).reshape(2, 2)),
    ]
    joined = Space.collect(pieces)
    assert joined.dim == 18
    # in the order of their first coordinates: 0, 12, 14
    assert [t.atoms for t in joined.terms] == [(a, b), (), (a,)]
    assert [t.multiplicity for t in joined.terms] == [2, 2, 2]
    assert np.array_equal(np.sort(joined.order), np.arange(18))
    # the two products are the same term, one with its axes exchanged
    first, second = joined.terms[0].indices.reshape(2, 2, 3)
    assert np.array_equal(first, np.arange(6).reshape(2, 3))
    assert np.array_equal(second, np.arange(6, 12).reshape(3, 2).T)


def test_space_is_independent_of_the_order_of_its_pieces():
    a, b = rotation(), swap(3, label=1)
    pieces = [((a, b), np.arange(6).reshape(1, 2, 3)), ((b,), np.array([[6, 7, 8]]))]
    assert Space.collect(pieces).key == Space.collect(pieces[::-1]).key


def test_atoms_of_one_symmetry_stand_in_the_order_of_their_first_coordinates():
    symmetry = Symmetry((), ROTATION[None])
    slow, fast = (Atom(symmetry, (), n * ROTATION[None], 2) for n in (1, 2))
    for first, second in ((slow, fast), (fast, slow)):
        joined = Space.collect(
            [
                ((second, first), 2 + np.arange(4).reshape(1, 2, 2)),
                ((first,), np.array([[0, 1]])),
            ]
        )
        assert [term.atoms for term in joined.terms] == [(first,), (first, second)]
        assert joined.order.tolist() == [0, 1, 2, 4, 3, 5]


def test_different_symmetries_have_different_labels():
    with pytest.raises(ValueError, match=r"different labels.* Got the labels \[0, 0\]"):
        space(rotation(), swap())


def test_empty_pieces_are_dropped():
    assert Space.collect([((rotation(),), np.zeros((0, 2), int))]).terms == ()
    assert Space.collect([]).dim == 0
    assert intertwiners(TRIVIAL, Space.collect([])).shape == (0, 0)


def test_intertwiners_without_groups():
    assert intertwiners(space(rotation()), space(rotation())).rank == 2
    assert intertwiners(space(rotation()), space(rotation(label=1))).rank == 0
    assert intertwiners(TRIVIAL, space(rotation(), rotation())).rank == 2
    assert intertwiners(TRIVIAL, space(rotation(), rotation(label=1))).rank == 0
    assert intertwiners(space(swap(), multiplicity=3), space(swap(), multiplicity=2)).rank == 12
    assert intertwiners(TRIVIAL, TRIVIAL).rank == 1


@pytest.mark.parametrize("method", ["isotypic", "nullspace", "auto"])
def test_atoms_that_are_no_defining_representation(method):
    """Rotations at double speed beside ordinary ones: characters 2 cos 2θ and 2 cos θ."""
    symmetry = Symmetry((), ROTATION[None])
    slow = Atom(symmetry, (), ROTATION[None], 2)
    fast = Atom(symmetry, (), 2 * ROTATION[None], 2)
    assert intertwiners(space(slow), space(fast), method=method).rank == 0
    assert intertwiners(space(slow, slow), space(fast), method=method).rank == 2
    # weights ±3, ±1 on the left; ±3 once and ±1 three times on the right; pairs of complex type
    maps = intertwiners(space(fast, slow), space(slow, slow, slow), method=method)
    assert maps.rank == 2 * (1 + 3)
