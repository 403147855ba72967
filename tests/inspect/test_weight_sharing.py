"""Patterns against brute force, and what a pattern promises of every equivariant matrix."""

import numpy as np
import pytest

from constrainet.groups import SE, SL, SO, SU, A, C, Cube, D, Hyperoctahedral, Lorentz, O, S, Z
from constrainet.inspect import weight_sharing
from constrainet.inspect.pattern import _assemble, _by_first_appearance
from constrainet.reps import Question, Scalar, V
from tests.catalogue import jordan_block, phases, quaternion_group, unipotent_algebra
from tests.inspect.oracles import null_projector, reynolds_projector, slow_labels

FINITE = {
    "S(4)": lambda: S(4),
    "A(4)": lambda: A(4),
    "Z(5)": lambda: Z(5),
    "C(3)": lambda: C(3),
    "D(4)": lambda: D(4),
    "Cube": Cube,
    "Hyperoctahedral(3)": lambda: Hyperoctahedral(3),
    "quaternion": quaternion_group,
    "phases": phases,
    "Z(2)*S(3)": lambda: Z(2) * S(3),
}

LIE = {
    "SO(3)": lambda: SO(3),
    "O(3)": lambda: O(3),
    "SU(2)": lambda: SU(2),
    "SL(2)": lambda: SL(2),
    "Lorentz": Lorentz,
    "SE(2)": lambda: SE(2),
    "jordan": jordan_block,
    "heisenberg": unipotent_algebra,
}

MAPS = {
    "V to V": lambda v, one: (v, v),
    "sum to sum": lambda v, one: (2 * one + v, v + one + v),
    "pairs to V": lambda v, one: (v * v.T, v),
    "V to sum with pairs": lambda v, one: (v, one + v**2),
    "bias": lambda v, one: (one, v + one + v**2),
}


def solved_by(rep_in, rep_out, method):
    """The labels of a basis that was found by a given method."""
    subspace = Question(rep_in, rep_out).solve(method=method)
    return _by_first_appearance(*_assemble(subspace))[0]


@pytest.mark.parametrize("maps", MAPS)
@pytest.mark.parametrize("name", FINITE)
def test_labels_agree_with_the_average_over_the_enumerated_group(name, maps):
    group = FINITE[name]()
    rep_in, rep_out = MAPS[maps](V(group), Scalar(group))
    pattern = weight_sharing(rep_in, rep_out)
    projector = reynolds_projector(rep_in, rep_out)
    np.testing.assert_array_equal(pattern.labels, slow_labels(projector, pattern.shape))
    assert pattern.num_free == round(np.trace(projector).real)


@pytest.mark.parametrize("maps", MAPS)
@pytest.mark.parametrize("name", LIE)
def test_labels_agree_with_the_null_space_of_all_constraints(name, maps):
    group = LIE[name]()
    rep_in, rep_out = MAPS[maps](V(group), Scalar(group))
    pattern = weight_sharing(rep_in, rep_out)
    projector = null_projector(rep_in, rep_out)
    np.testing.assert_array_equal(pattern.labels, slow_labels(projector, pattern.shape))
    assert pattern.num_free == round(np.trace(projector).real)


@pytest.mark.parametrize("maps", MAPS)
@pytest.mark.parametrize("name", FINITE | LIE)
def test_every_weight_is_its_scale_times_the_first_of_its_class(name, maps):
    group = (FINITE | LIE)[name]()
    rep_in, rep_out = MAPS[maps](V(group), Scalar(group))
    pattern = weight_sharing(rep_in, rep_out)
    subspace = Question(rep_in, rep_out).solve()
    coefficients = np.random.default_rng(0).normal(size=subspace.rank)
    matrix = subspace.expand(coefficients).reshape(pattern.shape)
    expected = np.zeros_like(matrix)
    for label in range(1, pattern.num_classes + 1):
        members = pattern.labels == label
        expected[members] = pattern.scale[members] * matrix[members][0]
        assert abs(pattern.scale[members][0] - 1) < 1e-12
    np.testing.assert_allclose(matrix, expected, atol=1e-9)


@pytest.mark.parametrize("method", ["isotypic", "nullspace"])
@pytest.mark.parametrize("name", ["S(4)", "Cube", "Hyperoctahedral(3)", "Z(2)*S(3)"])
def test_labels_do_not_depend_on_the_method(name, method):
    v = V(FINITE[name]())
    expected = weight_sharing(v**2, v + v**2).labels
    np.testing.assert_array_equal(solved_by(v**2, v + v**2, method), expected)


def test_labels_are_numbered_by_first_appearance():
    pattern = weight_sharing(V(Z(4)) + Scalar(Z(4)), 2 * V(Z(4)))
    first = [np.flatnonzero(pattern.labels == i + 1)[0] for i in range(pattern.num_classes)]
    assert first == sorted(first)


def test_a_million_weights_of_a_cyclic_group_are_a_circulant_matrix():
    pattern = weight_sharing(V(Z(1024)), V(Z(1024)))
    i, j = np.indices((1024, 1024))
    np.testing.assert_array_equal(pattern.labels, (j - i) % 1024 + 1)
    assert pattern.is_tying and pattern.num_free == 1024


def test_a_million_weights_of_tensors_of_a_permutation_group():
    pattern = weight_sharing(V(S(4)) ** 5, V(S(4)) ** 5)
    # orbits of 4! permutations on 4¹⁰ indices, by Burnside's lemma
    fixed = {4: 1, 2: 6, 1: 8}
    assert pattern.num_free == sum(n * k**10 for k, n in fixed.items()) // 24
    assert pattern.is_tying


def test_the_pattern_of_a_bias_is_that_of_a_map_from_a_scalar():
    rep = V(SO(3)) + 2 * Scalar(SO(3))
    pattern = weight_sharing(None, rep)
    assert pattern.labels.tolist() == [[0], [0], [0], [1], [2]]
    np.testing.assert_array_equal(pattern.labels, weight_sharing(Scalar(SO(3)), rep).labels)


def test_signs_are_in_the_scale():
    pattern = weight_sharing(None, V(SO(3)) ** 3)
    levi_civita = np.zeros((3, 3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        levi_civita[i, j, k], levi_civita[i, k, j] = 1, -1
    np.testing.assert_allclose(pattern.scale.reshape(3, 3, 3), levi_civita, atol=1e-12)
    assert pattern.num_classes == pattern.num_free == 1


def test_phases_are_in_the_scale():
    v = V(phases())
    pattern = weight_sharing(v * v.T, v * v.T)
    assert np.iscomplexobj(pattern.scale)
    np.testing.assert_allclose(np.abs(pattern.scale[pattern.labels > 0]), 1, atol=1e-12)


def test_relations_among_classes_are_reported():
    pattern = weight_sharing(V(SO(3)) ** 2, V(SO(3)) ** 2)
    assert (pattern.num_free, pattern.num_classes, pattern.is_tying) == (3, 4, False)
    assert weight_sharing(V(SO(3)), V(SO(3))).is_tying


def test_copies_of_a_summand_share_nothing():
    pattern = weight_sharing(2 * V(SO(3)), 3 * V(SO(3)))
    expected = np.kron(np.arange(1, 7).reshape(3, 2), np.eye(3, dtype=int))
    np.testing.assert_array_equal(pattern.labels, expected)


def test_a_space_of_dimension_zero_has_an_empty_pattern():
    pattern = weight_sharing(0 * V(SO(3)), V(SO(3)))
    assert pattern.labels.shape == (3, 0)
    assert (pattern.num_classes, pattern.num_free, pattern.is_tying) == (0, 0, True)


def test_no_map_has_a_blank_pattern():
    pattern = weight_sharing(V(SO(3)), Scalar(SO(3)))
    assert not pattern.labels.any() and not pattern.scale.any()
    assert (pattern.num_classes, pattern.num_free) == (0, 0)


def test_arrays_are_read_only():
    pattern = weight_sharing(V(S(3)), V(S(3)))
    with pytest.raises(ValueError, match="read-only"):
        pattern.labels[0, 0] = 7
    with pytest.raises(ValueError, match="read-only"):
        pattern.scale[0, 0] = 7


def test_what_is_no_representation_is_refused():
    with pytest.raises(TypeError, match=r"`weight_sharing\(rep_in=...\)` should be a rep"):
        weight_sharing(3, V(S(3)))
    with pytest.raises(TypeError, match=r"`weight_sharing\(rep_out=...\)` should be a rep"):
        weight_sharing(V(S(3)), None)
    with pytest.raises(ValueError, match="different groups"):
        weight_sharing(V(S(3)), V(Z(3)))
