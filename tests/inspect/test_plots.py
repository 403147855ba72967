"""Pictures, by what they draw: colours, lines, texts and values, never pixels of a file."""

import sys

import jax
import matplotlib
import numpy as np
import pytest

from constrainet.groups import SO, SU, S, Z
from constrainet.inspect import plot_basis, plot_projection, plot_weight_sharing, weight_sharing
from constrainet.inspect.colors import class_colors, tint
from constrainet.inspect.plots import sparse_basis
from constrainet.reps import Question, Scalar, V

matplotlib.use("agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def colors_of(ax):
    return np.asarray(ax.images[0].get_array())


@pytest.mark.parametrize(
    ("rep_in", "rep_out"),
    [(V(S(4)), V(S(4)) ** 2), (V(Z(40)), V(Z(40))), (V(SO(3)) ** 2, V(SO(3)))],
    ids=["S(4)", "Z(40)", "SO(3)"],
)
def test_each_class_has_a_colour_of_its_own(rep_in, rep_out):
    pattern = weight_sharing(rep_in, rep_out)
    colors = colors_of(plot_weight_sharing(rep_in, rep_out))
    seen = set()
    for label in range(1, pattern.num_classes + 1):
        members = pattern.labels == label
        positive = np.unique(colors[members & (pattern.scale > 0)], axis=0)
        assert len(positive) == 1
        seen.add(tuple(positive[0]))
        negative = np.unique(colors[members & (pattern.scale < 0)], axis=0)
        np.testing.assert_allclose(negative, np.broadcast_to(tint(positive), negative.shape))
    assert len(seen) == pattern.num_classes
    assert (colors[pattern.labels == 0] == 1).all()
    assert (1.0, 1.0, 1.0) not in seen


def test_negative_weights_carry_a_sign():
    pattern = weight_sharing(V(SO(3)) ** 2, V(SO(3)))
    ax = plot_weight_sharing(V(SO(3)) ** 2, V(SO(3)))
    signs = {tuple(text.get_position()[::-1]) for text in ax.texts if text.get_text() == "−"}
    assert signs == set(zip(*np.nonzero(pattern.scale < -0.5), strict=True))


def test_other_factors_are_written_out():
    scalings = SU(2)
    pattern = weight_sharing(None, V(scalings) ** 4)
    ax = plot_weight_sharing(None, V(scalings) ** 4)
    assert len(ax.texts) == np.sum((pattern.labels > 0) & (np.abs(pattern.scale - 1) > 1e-9))


def test_summands_have_borders_and_names():
    group = SO(3)
    rep_in, rep_out = 5 * Scalar(group) + 5 * V(group), V(group) + 2 * Scalar(group)
    ax = plot_weight_sharing(rep_in, rep_out)
    black = [line for line in ax.lines if line.get_color() == "black"]
    vertical = [line for line in black if line.get_xdata()[0] == line.get_xdata()[1]]
    thick = {line.get_xdata()[0] for line in vertical if line.get_linewidth() > 1}
    thin = {line.get_xdata()[0] for line in vertical if line.get_linewidth() < 1}
    assert thick == {4.5}
    assert thin == {7.5, 10.5, 13.5, 16.5}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["5V⁰", "5V"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["V", "2V⁰"]
    np.testing.assert_allclose(ax.get_xticks(), [2, 12])
    np.testing.assert_allclose(ax.get_yticks(), [1, 3.5])


def test_the_title_names_group_representations_and_free_weights():
    ax = plot_weight_sharing(V(S(5)) ** 2, V(S(5)) ** 2)
    assert ax.get_title() == "S(5):  V² → V²\n15 free weights of 625"
    ax = plot_weight_sharing(V(SO(3)) ** 2, V(SO(3)) ** 2)
    assert ax.get_title() == "SO(3):  V² → V²\n3 free weights of 81, in 4 related classes"
    ax = plot_weight_sharing(None, V(SO(3)) + Scalar(SO(3)))
    assert ax.get_title() == "SO(3):  bias on V⊕V⁰\n1 free weight of 4"


def test_it_draws_on_the_axes_given():
    figure, ax = plt.subplots()
    assert plot_weight_sharing(V(S(3)), V(S(3)), ax) is ax
    assert plt.get_fignums() == [figure.number]


def test_the_first_row_is_at_the_top():
    ax = plot_weight_sharing(V(Z(4)), V(Z(4)))
    bottom, top = ax.get_ylim()
    assert bottom > top


def test_a_large_pattern_is_one_image_without_texts():
    ax = plot_weight_sharing(V(Z(256)), V(Z(256)))
    assert colors_of(ax).shape == (256, 256, 3)
    assert not ax.texts and len(ax.lines) == 0


def test_blank_and_empty_patterns_can_be_drawn():
    ax = plot_weight_sharing(V(SO(3)), Scalar(SO(3)))
    assert (colors_of(ax) == 1).all()
    assert "0 free weights" in ax.get_title()


@pytest.mark.parametrize("count", [1, 8, 9, 30, 1000])
def test_colours_differ(count):
    colors = class_colors(count)
    assert colors.shape == (count, 3)
    assert colors.min() >= 0 and colors.max() <= 1
    assert len(np.unique(colors.round(9), axis=0)) == count
    near = np.linalg.norm(np.diff(colors, axis=0), axis=1)
    assert near.min(initial=1) > 0.15  # neighbouring numbers are told apart at a glance
    if count <= 30:
        distances = np.linalg.norm(colors[:, None] - colors[None], axis=-1) + np.eye(count)
        assert distances.min() > 0.08


@pytest.mark.parametrize(
    ("rep_in", "rep_out"),
    [(V(SO(3)) ** 2, V(SO(3)) ** 2), (V(S(4)), V(S(4)) ** 2), (V(SU(2)) ** 2, V(SU(2)) ** 2)],
    ids=["SO(3)", "S(4)", "SU(2)"],
)
def test_the_sparse_basis_spans_the_same_space(rep_in, rep_out):
    subspace = Question(rep_in, rep_out).solve()
    elements = sparse_basis(rep_in, rep_out).reshape(subspace.rank, -1)
    np.testing.assert_allclose(subspace.project(elements), elements, atol=1e-12)
    assert np.linalg.matrix_rank(elements) == subspace.rank
    own = [
        np.flatnonzero((np.abs(elements - np.eye(len(elements))[i][:, None]) < 1e-9).all(axis=0))
        for i in range(len(elements))
    ]
    assert all(len(entries) for entries in own)


def test_basis_elements_are_small_multiples():
    axes = plot_basis(V(SO(3)) ** 2, V(SO(3)) ** 2)
    elements = sparse_basis(V(SO(3)) ** 2, V(SO(3)) ** 2)
    for ax, element in zip(axes, elements, strict=True):
        np.testing.assert_allclose(np.asarray(ax.images[0].get_array()), element, atol=1e-12)
    kinds = {round(float(element.trace()), 9) for element in elements}
    assert kinds == {9, 3}  # the identity; the transposition and the trace


def test_no_more_basis_elements_than_wanted_are_drawn():
    axes = plot_basis(V(S(5)) ** 2, V(S(5)) ** 2, max_elements=5)
    assert len(axes) == 5
    assert "15 basis elements, 5 of them shown" in axes[0].figure.get_suptitle()


def test_an_empty_basis_can_be_drawn():
    assert len(plot_basis(V(SO(3)), Scalar(SO(3)))) == 0


def test_a_random_matrix_stands_beside_its_projection():
    v = V(Z(8))
    axes = plot_projection(v, v, jax.random.key(0))
    matrix, projected = (np.asarray(ax.images[0].get_array()) for ax in axes)
    expected = np.mean([np.roll(matrix, (k, k), (0, 1)) for k in range(8)], axis=0)
    np.testing.assert_allclose(projected, expected, atol=1e-6)
    again = plot_projection(v, v, jax.random.key(0))
    np.testing.assert_array_equal(np.asarray(again[0].images[0].get_array()), matrix)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.delattr(matplotlib, "pyplot")
    with pytest.raises(ImportError, match=r"pip install 'constrainet\[plot\]'"):
        plot_weight_sharing(V(S(3)), V(S(3)))
