"""The gallery's results, which are known from the literature or by hand, exactly."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from constrainet.groups import P4, P4M, SO, SU, Lorentz, O, RubiksCube, S, Z
from constrainet.inspect import weight_sharing
from constrainet.reps import Scalar, T, V
from tests.solve.oracles import elements

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.fixture(scope="module")
def gallery():
    spec = importlib.util.spec_from_file_location("gallery", FOLDER / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def set_pattern(n):
    """1 on the diagonal and 2 off it."""
    return 2 - np.eye(n, dtype=int)


def same_partition(a, b):
    """Whether two labellings have the same classes."""
    pairs = len(np.unique(np.stack([a.ravel(), b.ravel()]), axis=1).T)
    return pairs == len(np.unique(a)) == len(np.unique(b))


def orbits(source, target, group):
    """Classes of pairs under permutations, by walking through the whole group."""
    labels = np.zeros((target, source), int)
    for i, j in np.ndindex(target, source):
        if not labels[i, j]:
            number = labels.max() + 1
            for to_source, to_target in group:
                labels[to_target[i], to_source[j]] = number
    return labels


def test_the_page_is_current(gallery, tmp_path):
    gallery.main(tmp_path)
    assert (FOLDER / "README.md").read_text("utf-8") == (tmp_path / "README.md").read_text("utf-8")
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert drawn == {path.name for path in FOLDER.glob("*.png")}
    assert len(drawn) == len(gallery.PICTURES)


def test_sets():
    pattern = weight_sharing(V(S(8)), V(S(8)))
    np.testing.assert_array_equal(pattern.labels, set_pattern(8))
    assert (pattern.scale == 1).all()
    assert pattern.num_free == 2 and pattern.is_tying


def index_pattern(n, left, right):
    """Entries are tied if the same of their indices are equal."""
    indices = np.indices((n,) * (left + right)).reshape(left + right, -1)
    equal = (indices[:, None] == indices[None]).reshape(-1, indices.shape[1])
    return np.unique(equal, axis=1, return_inverse=True)[1].reshape(n**left, n**right)


@pytest.mark.parametrize(("power", "free"), [(1, 5), (2, 15), (3, 52)])
def test_pairs(power, free):
    v = V(S(5))
    pattern = weight_sharing(v**2, v**power)
    assert pattern.num_free == pattern.num_classes == free
    assert same_partition(pattern.labels, index_pattern(5, power, 2))
    assert (pattern.scale == 1).all()


def test_products_of_permutation_groups_are_kronecker_products():
    pattern = weight_sharing(V(S(3)) * V(S(4)), V(S(3)) * V(S(4)))
    expected = 2 * np.kron(set_pattern(3) - 1, np.ones((4, 4), int)) + np.kron(
        np.ones((3, 3), int), set_pattern(4)
    )
    np.testing.assert_array_equal(pattern.labels, expected)
    assert pattern.num_free == 4
    rep = V(S(2)) * V(S(3)) * V(S(4))
    larger = weight_sharing(rep, rep)
    np.testing.assert_array_equal(
        larger.labels,
        4 * np.kron(set_pattern(2) - 1, np.ones((12, 12), int))
        + np.kron(np.ones((2, 2), int), expected),
    )
    assert larger.num_free == 8


def test_cyclic_groups_are_convolutions():
    i, j = np.indices((8, 8))
    pattern = weight_sharing(V(Z(8)), V(Z(8)))
    np.testing.assert_array_equal(pattern.labels, (j - i) % 8 + 1)
    assert pattern.num_free == 8


def test_products_of_cyclic_groups_are_two_dimensional_convolutions():
    group = Z(3) * Z(4)
    pixels = V(group, factor=0) * V(group, factor=1)
    pattern = weight_sharing(pixels, pixels)
    r, c, s, d = np.indices((3, 4, 3, 4))
    offsets = (s - r) % 3 * 4 + (d - c) % 4
    np.testing.assert_array_equal(pattern.labels, offsets.reshape(12, 12) + 1)
    assert pattern.num_free == 12


def test_invariant_pooling():
    pattern = weight_sharing(V(S(8)), 3 * Scalar(S(8)))
    np.testing.assert_array_equal(pattern.labels, np.repeat([[1], [2], [3]], 8, axis=1))
    assert pattern.num_free == 3


def test_a_reflection_parts_even_from_odd_polynomials(gallery):
    labels = np.asarray(gallery.polynomials().images[0].get_array())
    i, j = np.indices((6, 6))
    assert ((labels == 1).all(axis=-1) == ((i + j) % 2 == 1)).all()


def test_a_hexagon_with_three_channels_is_a_group_convolution():
    pattern = weight_sharing(3 * V(Z(6)), 3 * V(Z(6)))
    filters = np.arange(9).reshape(3, 3)
    i, j = np.indices((6, 6))
    expected = 6 * np.kron(filters, np.ones((6, 6), int)) + np.tile((j - i) % 6, (3, 3))
    assert same_partition(pattern.labels, expected)
    assert pattern.num_free == 54


@pytest.mark.parametrize(
    ("family", "n", "free"), [(P4, 5, 7), (P4, 3, 3), (P4M, 5, 6), (P4M, 3, 3)]
)
def test_rotations_of_an_image_leave_isotropic_filters(family, n, free):
    group = family(n)
    pattern = weight_sharing(V(group), V(group))
    permutations = [g.argmax(axis=0) for g in elements(group)]
    expected = orbits(n * n, n * n, [(p, p) for p in permutations])
    np.testing.assert_array_equal(pattern.labels, expected)
    assert pattern.num_free == free


@pytest.mark.parametrize("family", [P4, P4M], ids=["P4", "P4M"])
def test_lifting_and_group_convolutions(gallery, family):
    group = family(3)
    order = len(elements(group))
    both = gallery.on_pixels_and_itself(group)
    pattern = weight_sharing(V(both), V(both))
    assert both.dim == 9 + order
    blocks = {
        "isotropic": (pattern.labels[:9, :9], 3),
        "lifting": (pattern.labels[9:, :9], 9),
        "pooling": (pattern.labels[:9, 9:], 9),
        "group": (pattern.labels[9:, 9:], order),
    }
    for labels, free in blocks.values():
        assert len(np.unique(labels)) == free
    assert pattern.num_free == 3 + 9 + 9 + order
    # every row of a group convolution holds the whole filter, once
    for row in pattern.labels[9:, 9:]:
        assert len(np.unique(row)) == order


def test_the_cross_product_is_the_levi_civita_tensor():
    levi_civita = np.zeros((3, 3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        levi_civita[i, j, k], levi_civita[i, k, j] = 1, -1
    pattern = weight_sharing(V(SO(3)) ** 2, V(SO(3)))
    np.testing.assert_allclose(pattern.scale, levi_civita.reshape(3, 9), atol=1e-12)
    assert pattern.num_free == 1
    assert weight_sharing(None, V(SO(3)) ** 3).num_free == 1
    # reflections leave none
    assert weight_sharing(V(O(3)) ** 2, V(O(3))).num_free == 0


def test_scalars_and_vectors_to_a_vector():
    group = SO(3)
    pattern = weight_sharing(5 * Scalar(group) + 5 * V(group), V(group))
    assert pattern.num_weights == 60 and pattern.num_free == 5 and pattern.is_tying
    expected = np.hstack([np.zeros((3, 5), int), np.kron(np.arange(1, 6), np.eye(3, dtype=int))])
    np.testing.assert_array_equal(pattern.labels, expected)
    assert not weight_sharing(None, V(group)).labels.any()


def test_a_four_vector_to_a_tensor():
    group = Lorentz()
    pattern = weight_sharing(V(group), T(2, 1, group=group))
    assert pattern.labels.shape == (64, 4)
    assert pattern.num_free == 3
    # η^{μν}η_{λκ}, δ^μ_λ δ^ν_κ and δ^ν_λ δ^μ_κ vanish unless indices are equal in pairs
    indices = np.indices((4, 4, 4, 4)).reshape(4, -1)
    paired = [
        sorted(np.bincount(column, minlength=4)) in ([0, 0, 2, 2], [0, 0, 0, 4])
        for column in indices.T
    ]
    np.testing.assert_array_equal(pattern.labels.ravel() > 0, paired)


def test_spin_and_colour():
    spins = weight_sharing(V(SU(2)) ** 2, V(SU(2)) ** 2)
    np.testing.assert_array_equal(
        spins.labels, [[1, 0, 0, 0], [0, 2, 3, 0], [0, 3, 2, 0], [0, 0, 0, 1]]
    )
    assert spins.num_free == 2
    rep = V(SU(3)) * V(SU(3)).T
    colours = weight_sharing(rep, rep)
    assert colours.num_free == 2
    assert weight_sharing(None, V(SU(3)) ** 3).num_free == 1  # three quarks make a baryon


def test_rubiks_cube():
    pattern = weight_sharing(V(RubiksCube()), V(RubiksCube()))
    assert pattern.num_free == 9 and pattern.is_tying
    assert (pattern.labels > 0).all()
    # 24 corner stickers: itself, the next and the last on its corner, all others; 24 edge stickers:
    # itself, the other on its edge, all others; from corners to edges, and back
    sizes = np.bincount(pattern.labels.ravel())[1:]
    assert sorted(sizes) == sorted([24, 24, 24, 24 * 21, 24, 24, 24 * 22, 24 * 24, 24 * 24])
