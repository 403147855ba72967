"""Subgroups by generators, and stabilisers of vectors."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest

from constrainet.groups import (
    P4,
    SE,
    SO,
    SU,
    A,
    Cube,
    D,
    Group,
    Hyperoctahedral,
    Icosahedral,
    Lorentz,
    O,
    RubiksCube,
    S,
    Trivial,
    U,
    conjugate,
    diagonal,
    embed,
    semidirect,
    stabiliser,
    subgroup,
)
from tests.groups.isometries import are_equal, homogeneous, translations


def test_subgroups_are_generated_by_their_elements():
    turns = subgroup(O(3), discrete_generators=Icosahedral().discrete_generators, name="I")
    assert turns == Icosahedral() and turns.name == "I"
    axis = subgroup(SO(1, 3), lie_algebra=SO(1, 3).lie_algebra[3:4])
    assert axis.is_compact and axis.dim == 4 and axis.name == "subgroup of SO(1,3)"
    # an element of the closure, though none of the generators' span
    assert (
        subgroup(Group(lie_algebra=SO(3).lie_algebra[:2]), lie_algebra=SO(3).lie_algebra).dim == 3
    )
    assert subgroup(S(4)).order == 1


@pytest.mark.parametrize(
    ("G", "arguments", "message"),
    [
        (SO(3), {"discrete_generators": [np.eye(3), -np.eye(3)]}, r"elements of SO\(3\).*index 1"),
        (A(4), {"discrete_generators": S(4).discrete_generators}, r"elements of A\(4\).*index 0"),
        (RubiksCube(), {"discrete_generators": S(48).discrete_matrices}, "of RubiksCube.*index 0"),
        (SO(3), {"lie_algebra": [np.eye(3)]}, r"Lie algebra of SO\(3\).*index 0"),
        (S(3), {"lie_algebra": SO(3).lie_algebra}, r"Lie algebra of S\(3\).*index 0"),
        (U(2), {"lie_algebra": [np.eye(2)]}, r"Lie algebra of U\(2\)"),
        (SE(2), {"discrete_generators": [np.diag([-1.0, 1, 1])]}, r"elements of SE\(2\)"),
        (SO(3), {"lie_algebra": SO(2).lie_algebra}, r"Lie algebra of SO\(3\)"),
    ],
)
def test_subgroup_refuses_generators_outside_the_group(G, arguments, message):
    with pytest.raises(ValueError, match=rf"`subgroup\(.*=...\)` should be.*{message}"):
        subgroup(G, **arguments)


@pytest.mark.parametrize(
    ("G", "v"),
    [
        (S(5), [1, 1, 0, 0, 0]),
        (A(5), [1, 1, 2, 2, 2]),
        (D(6), [1, 0]),
        (Icosahedral(), [0, 0, 1]),
        (Icosahedral(), [1.0, 0.3, 0.2]),
        (Hyperoctahedral(3), [1, -1, 0]),
        (P4(4), np.eye(16)[5]),
        (conjugate(Cube(), np.eye(6) + 0.1 * np.eye(6, k=1)), np.eye(6)[0]),
        (S(3) * D(4), [1, 0, 0, 1, 1]),
        (Group(discrete_generators=[np.diag([1j, 1]), [[0, 1], [1, 0]]]), [0, 1 + 1j]),
    ],
    ids=repr,
)
def test_stabiliser_of_a_finite_group_by_brute_force(G, v):
    fixing = [g for g in G.elements() if np.allclose(g @ v, v, atol=1e-9)]
    H = stabiliser(G, v)
    assert H.order == len(fixing) and all(H.contains(g) for g in fixing)
    assert np.allclose(H.discrete_generators @ v, v)


@pytest.mark.parametrize(
    ("G", "v", "expected"),
    [
        (SO(3), [0, 0, 1], embed(SO(2), 3, [0, 1])),
        (O(4), [2, 0, 0, 0], embed(O(3), 4, [1, 2, 3])),
        (SO(2), [1, 1], Trivial(2)),
        (O(2), [1, 0], embed(O(1), 2, [1])),
        (SU(3), [0, 0, 1], embed(SU(2), 3, [0, 1])),
        (SE(3), [0, 0, 0, 1], embed(SO(3), 4, [0, 1, 2])),
        (semidirect(translations(2), O(2), homogeneous), [0, 0, 1], embed(O(2), 3, [0, 1])),
        (SO(3), [0, 0, 0], SO(3)),
        (SO(3) * S(3), [0, 0, 1, 0, 0, 1], embed(SO(2), 6, [0, 1])),
    ],
    ids=repr,
)
def test_stabiliser_of_a_lie_group(G, v, expected):
    H = stabiliser(G, v)
    assert H.algebra.dim == expected.algebra.dim
    if G.factors == (G,):
        assert are_equal(H, expected)
    for g in H.discrete_generators:
        assert np.allclose(g @ v, v, atol=1e-12)
    assert np.allclose(H.lie_algebra @ np.asarray(v), 0, atol=1e-12)


def test_stabiliser_orders_of_large_groups():
    assert stabiliser(RubiksCube(), np.eye(48)[0]).order == RubiksCube().order // 24
    assert stabiliser(S(100), np.eye(100)[0]).order == factorial(99)


@pytest.mark.parametrize(
    ("G", "v", "message"),
    [
        (SO(3), [1, 0], r"finite numbers of shape \(3,\).*Got \[1, 0\]"),
        (SO(3), [np.nan, 0, 0], r"finite numbers"),
        (SO(3), ["a", "b", "c"], r"finite numbers"),
        (Lorentz(), [1, 0, 0, 0], "cannot tell the components.*neither a sphere nor run through"),
        (diagonal(SO(3), 2), [1, 0, 0, 0, 1, 0], "cannot tell the components"),
        (S(9), np.arange(9), "orbit of fewer points.*more than 100000 points"),
    ],
)
def test_stabiliser_refuses(G, v, message):
    with pytest.raises(ValueError, match=rf"`stabiliser\(vector=...\)`.*{message}"):
        stabiliser(G, v)
