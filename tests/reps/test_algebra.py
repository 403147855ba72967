"""Sums, products, powers, multiplicities, duals, maps: structure, equality, notation."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from constrainet.groups import SE, SL, SO, SU, C, D, Group, Icosahedral, Lorentz, O, S, Sp, Z
from constrainet.reps import Rep, Scalar, T, V
from tests.catalogue import GROUPS

G = SL(2)
v, one = V(G), Scalar(G)


# --- structure -----------------------------------------------------------------------------------


def test_dimensions():
    assert (v.dim, one.dim, v.T.dim, (3 * v).dim, (v + one).dim, (v * v.T).dim) == (
        2,
        1,
        2,
        6,
        3,
        4,
    )
    assert (v**5).dim == 32 and (v**0).dim == 1 and (v >> v**2).dim == 8
    assert ((v + one) ** 3).dim == 27 and T(2, 3, group=G).dim == 32
    assert all(isinstance(rep.dim, int) for rep in (v, v + v, v * v, 0 * v))


def test_multiplicity_on_either_side():
    for count in (3, np.int64(3), np.int32(3), np.array(3)):
        assert count * v == v * count == v + v + v
    assert 1 * v == v == v**1
    assert 2 * (v + one) == v + one + v + one != 2 * v + 2 * one
    assert 2 * (3 * v) == 6 * v


def test_integers_are_scalars_in_sums():
    for count in (3, np.int64(3), np.int32(3), np.array(3)):
        assert v + count == v + 3 * one != count + v == 3 * one + v
    assert v + 1 + v == v + one + v and 1 + one == 2 * one
    assert v + 0 == 0 + v == v and 0 * v + 2 == 2 * one
    assert sum([v, v, one]) == 2 * v + one and sum([v], 1) == one + v
    assert (v * V(S(3)) + 1).group == G * S(3)


def test_equal_by_structure():
    assert v + v == 2 * v and v * v == v**2 and v * v.T == T(1, 1, group=G)
    assert v + one != one + v and v * v.T != v.T * v
    assert (v + one) + v == v + (one + v) and (v * v.T) * v == v * (v.T * v)
    assert one * v == v == v * one and v**0 == one == one**3
    assert v != v.T and 2 * v != v**2
    assert (v + one) * v != v * v + one * v  # equal spaces, in another structure
    maps = v >> v**2
    assert maps != v**2 * v.T and maps.tensor_factors == (v**2 * v.T).tensor_factors
    assert maps == (v >> v**2) != (one >> v**2 * v.T) and (one >> v) != v


def test_zero_multiplicity_is_the_zero_space():
    nothing = 0 * v
    assert nothing.dim == 0 and str(nothing) == "0"
    assert nothing + v == v + nothing == v
    assert nothing == nothing.T and nothing * 3 == nothing and 0 * one == nothing
    assert (nothing * v).dim == (v >> nothing).dim == 0
    assert nothing**0 == one
    assert nothing.rho(np.eye(2)).shape == (0, 0)
    assert nothing.drho(np.eye(2)).shape == (0, 0)
    assert nothing.act(np.eye(2), np.zeros((5, 0))).shape == (5, 0)
    assert (nothing >> v).equivariant_basis().shape == (0, 0)
    assert (nothing * v).equivariant_basis().rank == 0
    assert (nothing + one).equivariant_basis().rank == 1


def test_dual_of_composites():
    assert v.T + one + v == (v + one + v.T).T
    assert v.T * v == (v * v.T * one).T
    assert (v >> v**2).T == (v.T >> v.T**2) and (v >> v**2) == (v >> v**2).T.T
    assert (3 * (v * v + v)).T == 3 * (v.T * v.T + v.T)


@pytest.mark.parametrize(
    ("make", "is_self"),
    [
        (lambda: SO(3), True),
        (lambda: O(2), True),
        (lambda: S(4), True),
        (lambda: D(4), True),
        (lambda: C(5), True),
        (Icosahedral, True),
        (lambda: SU(2), False),
        (Lorentz, False),
        (lambda: Sp(1), False),
        (lambda: SE(2), False),
    ],
)
def test_defining_representation_of_an_orthogonal_group_is_its_own_dual(make, is_self):
    w = V(make())
    assert (w == w.T) == is_self
    assert T(1, 1, group=w.group) == (w**2 if is_self else w * w.T)


@pytest.mark.parametrize("name", GROUPS)
def test_tensors_and_scalars_of_every_group(name):
    group = GROUPS[name]()
    w = V(group)
    assert w.dim == group.dim and w.group == group
    assert T(1, group=group) == w and T(0, 1, group=group) == w.T
    assert T(0, group=group) == Scalar(group) and Scalar(group).dim == 1
    assert T(2, 1, group=group) == w**2 * w.T
    assert Scalar(group).equivariant_basis().rank == 1


# --- identity ------------------------------------------------------------------------------------

REPS = {
    "V": lambda: V(SL(2)),
    "V*": lambda: V(SL(2)).T,
    "1": lambda: Scalar(SO(3)),
    "sum": lambda: 3 * V(SO(3)) + Scalar(SO(3)),
    "product": lambda: V(SU(2)) * V(SU(2)).T,
    "maps": lambda: V(SE(2)) >> V(SE(2)) ** 2,
    "mixed": lambda: V(SO(3)) * V(S(3)) + V(S(3)),
    "torus": lambda: V(Z(5) * Z(5), factor=1),
    "0": lambda: 0 * V(SO(3)),
}


@pytest.mark.parametrize("name", REPS)
def test_copies_are_equal(name):
    rep = REPS[name]()
    rep.equivariant_basis()  # with whatever is kept after a solve
    for other in (
        REPS[name](),
        copy.copy(rep),
        copy.deepcopy(rep),
        pickle.loads(pickle.dumps(rep)),
    ):
        assert other == rep and hash(other) == hash(rep)
        assert other.key == rep.key and str(other) == str(rep) and other.dim == rep.dim
        a, b = other.equivariant_basis().to_dense(), rep.equivariant_basis().to_dense()
        assert np.array_equal(a, b)


def test_all_different():
    reps = [make() for make in REPS.values()] + [V(SO(3)), V(S(3)), V(SO(3)) ** 2]
    assert len(set(reps)) == len(reps)


def test_same_structure_of_different_groups_differs():
    assert V(SO(3)) != V(O(3)) and V(SO(3)) != V(S(3)) and Scalar(SO(3)) != Scalar(O(3))
    other = SO(3).lie_algebra.copy()
    other[0, 0, 1] = np.nextafter(other[0, 0, 1], 9)
    assert V(Group(lie_algebra=other, name="SO(3)")) != V(SO(3))
    assert V(Group(lie_algebra=SO(3).lie_algebra, name="other")) == V(SO(3))  # names do not count


@pytest.mark.parametrize("other", [3, None, "V", 1.5, SO(3), np.eye(3), object()])
def test_comparison_with_other_types(other):
    for rep in (V(SO(3)), V(SO(3)) + Scalar(SO(3)), V(SO(3)) ** 2):
        assert np.all((rep == other) is False) or not np.any(rep == other)
        assert np.all(rep != other)


def test_representations_are_immutable():
    for make in REPS.values():
        rep = make()
        with pytest.raises(AttributeError):
            rep.group = SO(3)


def test_keys_are_the_same_under_every_hash_seed():
    code = (
        "from constrainet.groups import S, SO; from constrainet.reps import V, Scalar;"
        "print((V(SO(3)) * V(S(3)) + 2 * Scalar(SO(3))).key.hex())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert outputs == {(V(SO(3)) * V(S(3)) + 2 * Scalar(SO(3))).key.hex() + "\n"}


# --- notation ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rep", "text"),
    [
        (v, "V"),
        (v.T, "V*"),
        (one, "V⁰"),
        (5 * one + 5 * v, "5V⁰⊕5V"),
        (v * v.T, "V⊗V*"),
        (v**2 * v.T, "V²⊗V*"),
        (v.T**3, "V*³"),
        (v**12, "V¹²"),
        (2 * v**2 + v, "2V²⊕V"),
        (2 * (v * v.T), "2(V⊗V*)"),
        ((v + one) * v, "(V⊕V⁰)⊗V"),
        ((v + one) ** 2, "(V⊕V⁰)²"),
        ((2 * v) ** 2, "(2V)²"),
        (v >> v**2, "V²⊗V*"),
        (V(SO(3)) >> V(SO(3)), "V²"),
        (0 * v, "0"),
        (V(SO(3)) * V(S(5)), "V_SO(3)⊗V_S(5)"),
        (V(SO(3)) + 2 * V(S(5)), "V_SO(3)⊕2V_S(5)"),
        (V(Z(5) * Z(5)), "V_Z(5)#0⊕V_Z(5)#1"),
        (V(SL(2)).T * V(S(2)), "V_SL(2)*⊗V_S(2)"),
    ],
)
def test_notation(rep: Rep, text):
    assert str(rep) == text
    assert repr(rep) == f"Rep({text}, group={rep.group})"
