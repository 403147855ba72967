"""Hidden representations: their dimension, their gates, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SO, SU, D, Hyperoctahedral, Lorentz, S, Z
from constrainet.maps.channels import hidden_reps
from constrainet.reps import Scalar, V
from tests.catalogue import GROUPS

SIZES = [1, 2, 3, 7, 20, 64, 101]


@pytest.mark.parametrize("name", GROUPS)
def test_uniform_rep_has_exactly_the_dimension_asked_for(name):
    group = GROUPS[name]()
    for channels in SIZES:
        rep = cnn.uniform_rep(channels, group)
        assert rep.dim == channels
        assert rep.group == group
        assert rep == cnn.uniform_rep(channels, GROUPS[name]())


@pytest.mark.parametrize("group", [Z(4) * Z(4), SO(3) * SO(3) * S(2), SU(2) * SU(2)], ids=str)
def test_uniform_rep_takes_products_with_equal_factors(group):
    for channels in SIZES:
        assert cnn.uniform_rep(channels, group).dim == channels


def test_uniform_rep_holds_duals_where_they_differ():
    letters = {str(part) for part, _ in cnn.uniform_rep(384, Lorentz()).summands}
    assert {"V⁰", "V", "V*", "V²", "V⊗V*", "V*²"} <= letters


@pytest.mark.parametrize("wrong", [2.0, True, "8", None])
def test_uniform_rep_refuses_widths_that_are_none(wrong):
    with pytest.raises(TypeError, match=r"`uniform_rep\(channels=...\)` should be a whole number"):
        cnn.uniform_rep(wrong, SO(3))


@pytest.mark.parametrize("wrong", [0, -3])
def test_uniform_rep_refuses_widths_that_are_not_positive(wrong):
    with pytest.raises(ValueError, match=rf"should be positive\. Got {wrong}"):
        cnn.uniform_rep(wrong, SO(3))


def test_uniform_rep_refuses_a_class_of_groups():
    with pytest.raises(TypeError, match=r"should be a group\. Got SO"):
        cnn.uniform_rep(8, SO)


def test_whole_numbers_of_numpy_are_widths():
    assert cnn.uniform_rep(np.int64(20), SO(3)) == cnn.uniform_rep(20, SO(3))


GATES = {
    "S(4)": 0,
    "Z(5)": 0,
    "Trivial(3)": 0,
    "SO(1)": 0,
    "RubiksCube": 0,
    "Z(3)*S(4)": 0,
    "D(1)": 1,
    "O(1)": 1,
    "C(4)": 1,
    "D(4)": 1,
    "Hyperoctahedral(3)": 1,
    "phases": 1,
    "quaternion": 1,
    "U(1)": 1,
    "SO(3)": 1,
    "SE(2)": 1,
    "Scaling(2)": 1,
    "SO(3)*S(3)": 1,
}


@pytest.mark.parametrize(("name", "count"), GATES.items())
def test_only_permuted_coordinates_need_no_gate(name, count):
    v = V(GROUPS[name]())
    scalar = Scalar(v.group)
    assert cnn.gated(3 * v + 2 * scalar) == 3 * v + 2 * scalar + 3 * count * scalar


def test_every_copy_of_every_summand_has_a_gate_of_its_own():
    v = V(D(4))
    assert cnn.gated(2 * v + v * v + v).dim == 6 + 4 + 4
    assert cnn.gated(0 * v).dim == 0
    assert cnn.gated(V(Hyperoctahedral(3)) ** 2).dim == 10


def test_gated_refuses_what_is_no_representation():
    with pytest.raises(TypeError, match=r"`gated\(rep=...\)` should be a representation"):
        cnn.gated(SO(3))


def test_channels_are_widths_representations_or_a_sequence_of_either():
    v = V(SO(3))
    width = cnn.uniform_rep(9, v.group)
    assert hidden_reps(9, 2, v.group) == [width, width]
    assert hidden_reps(2 * v, 2, v.group) == [2 * v, 2 * v]
    assert hidden_reps((9, 2 * v), 2, v.group) == [width, 2 * v]
    assert hidden_reps([], 0, v.group) == []


@pytest.mark.parametrize("channels", [[8], (8, 8, 8), []])
def test_channels_of_another_number_than_layers_are_refused(channels):
    with pytest.raises(ValueError, match=f"num_layers=2 hidden layers. Got {len(channels)}"):
        hidden_reps(channels, 2, SO(3))


@pytest.mark.parametrize("channels", ["8", 8.0, None, V, SO(3)])
def test_channels_of_another_type_are_refused(channels):
    with pytest.raises(TypeError, match=r"should be an int, a representation, or a sequence"):
        hidden_reps(channels, 2, SO(3))


def test_a_group_in_the_place_of_channels_is_told_to_be_left_out():
    with pytest.raises(TypeError, match=r"Got SO\(3\). Representations know their group"):
        hidden_reps(SO(3), 2, SO(3))


@pytest.mark.parametrize("entry", ["8", 8.0, None, True])
def test_entries_of_channels_of_another_type_are_refused(entry):
    with pytest.raises(TypeError, match=r"should be a whole number"):
        hidden_reps([8, entry], 2, SO(3))


def test_a_number_of_layers_that_is_none_is_refused():
    with pytest.raises(TypeError, match=r"`num_layers` should be a whole number. Got 2.0"):
        hidden_reps(8, 2.0, SO(3))
