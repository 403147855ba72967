"""Coordinates that change places and signs, such as a robot's joints under a reflection."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import SO, O, S, Z
from constrainet.reps import Permutation, Scalar, Sign, V, from_generators, signed_permutation

mirror = Z(2)


def test_signs_go_with_the_coordinate_that_is_moved():
    rep = signed_permutation(mirror, [[1, 0, 2]], [[-1, -1, 1]])
    expected = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert np.array_equal(rep.rho(mirror.discrete_generators[0]), expected)
    assert rep == from_generators(mirror, rho=expected[None])
    # by hand, as a Kronecker product of the exchange of sides and the signs of axes
    legs = signed_permutation(mirror, [[3, 4, 5, 0, 1, 2]], [[-1, 1, 1] * 2])
    by_hand = np.kron([[0, 1], [1, 0]], np.diag([-1.0, 1.0, 1.0]))
    assert np.array_equal(legs.rho(mirror.discrete_generators[0]), by_hand)
    assert str(legs) == "P±[6]" and not legs.is_permutation and legs.is_unitary
    assert (legs >> legs).equivariant_basis().rank == 18


def test_several_generators_and_a_lie_algebra():
    # a transposition and a cycle of four, both odd
    odd = signed_permutation(S(4), [[0], [0]], [[-1], [-1]])
    assert (odd >> Sign(S(4))).equivariant_basis().rank == 1
    flip = signed_permutation(O(2), [[0, 1]], [[1, -1]], label="flip")
    assert str(flip) == "flip" and (Scalar(O(2)) >> flip).equivariant_basis().rank == 1


def test_without_signs_it_is_a_permutation():
    images = [[1, 2, 0]]
    assert signed_permutation(Z(3), images, np.ones((1, 3))) == Permutation(Z(3), images=images)
    assert (V(Z(3)) >> signed_permutation(Z(3), images, [[1, 1, 1]])).equivariant_basis().rank == 3


@pytest.mark.parametrize(
    ("images", "signs", "message"),
    [
        ([[0, 0]], [[1, 1]], r"`signed_permutation\(images=...\)` should be permutations of 0"),
        ([0, 1], [1, 1], r"`signed_permutation\(images=...\)` should be ints of shape \(1, n\)"),
        ([[0.0, 1.0]], [[1, 1]], "should be ints of shape"),
        ([[0, 1]], [[1, 2]], r"`signed_permutation\(signs=...\)` should hold 1 or -1"),
        ([[0, 1]], [[1]], r"so be of shape \(1, 2\). Got \[\[1\]\], of shape \(1, 1\)"),
        ([[0, 1]], [["a", "b"]], "should hold 1 or -1"),
        ([[1, 0]], [[-1, 1]], "should get the images under a homomorphism"),
    ],
)
def test_mistakes_are_named(images, signs, message):
    with pytest.raises(ValueError, match=message):
        signed_permutation(mirror, images, signs)


def test_what_is_no_group_or_does_not_fit_is_refused(monkeypatch):
    with pytest.raises(TypeError, match=r"`signed_permutation\(group=...\)` should be a group"):
        signed_permutation(SO, [[0]], [[1]])  # pyright: ignore[reportArgumentType]
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", "1000")
    with pytest.raises(ProblemTooLargeError, match="Permutations of 100 things"):
        signed_permutation(mirror, [np.arange(100)], np.ones((1, 100)))
