"""Groups from permutations, tables, rotations and functions, and what each refuses."""

from __future__ import annotations

import pickle
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from constrainet.groups import SE, SO, SU, A, Cube, D, Group, Icosahedral, S, Z
from constrainet.linalg import Monomial


def cayley_table(G: Group) -> np.ndarray:
    elements = np.array(list(G.elements())).reshape(G.order, -1)
    dim = (G.dim, G.dim)
    products = [(a.reshape(dim) @ b.reshape(dim)).ravel() for a, b in product(elements, repeat=2)]
    nearest = np.abs(np.array(products)[:, None] - elements).max(axis=2).argmin(axis=1)
    return nearest.reshape(G.order, G.order)


# --- permutations ----------------------------------------------------------------------------


def test_permutations_send_coordinates_to_their_images():
    G = Group.from_permutations([[1, 2, 0]], name="shift")
    assert Z(3) == G and G.name == "shift"
    assert Group.from_permutations(np.array([[0, 1]])).order == 1


def test_cycles_are_permutations():
    assert Group.from_cycles([[(0, 1, 2, 3)], [(0, 1)]]) == S(4)
    two = Group.from_cycles([[(0, 1), (2, 3)], []], num_points=5)
    assert two == Group.from_permutations([[1, 0, 3, 2, 4], [0, 1, 2, 3, 4]])


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ([[0, 0, 1]], ValueError, r"permutations of 0 ... 2. Got \[0, 0, 1\] at index 0"),
        ([[1, 2, 3]], ValueError, r"Got \[1, 2, 3\] at index 0. Cycles are for"),
        ([1, 0], ValueError, r"Got shape \(2,\). Wrap a single permutation in a list"),
        ([[1, 0], [0, 1, 2]], ValueError, "rows of different lengths"),
        ([], ValueError, r"Got shape \(0,\)"),
        ([[1.0, 0.0]], TypeError, "integers, counted from 0. Got dtype float64"),
    ],
)
def test_permutations_refuse_other_rows(images, error, message):
    with pytest.raises(error, match=rf"`Group.from_permutations\(images=...\)` should.*{message}"):
        Group.from_permutations(images)


@pytest.mark.parametrize(
    ("generators", "num_points", "error", "message"),
    [
        ([(0, 1)], None, TypeError, r"a sequence of cycles.*Got the generator \(0, 1\)"),
        ([[(0, 1), (1, 2)]], None, ValueError, "disjoint cycles.*a point comes twice"),
        ([[(0, 5)]], 5, ValueError, r"points 0 ... 4.*Got the point 5"),
        ([[(0, -1)]], None, ValueError, "at least 0. Got -1"),
        ([[(0, 0.5)]], None, TypeError, "should be a whole number"),
    ],
)
def test_cycles_refuse_other_shapes(generators, num_points, error, message):
    with pytest.raises(error, match=message):
        Group.from_cycles(generators, num_points=num_points)


# --- Cayley tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("G", [Z(1), Z(6), S(3), A(4), D(4), Cube(), Icosahedral()], ids=repr)
def test_cayley_table_gives_the_regular_representation(G):
    table = cayley_table(G)
    regular = Group.from_cayley_table(table)
    assert regular.dim == regular.order == G.order and regular.is_permutation
    assert len(regular.discrete_matrices) <= 2
    assert len(regular.conjugacy_classes().sizes) == len(G.conjugacy_classes().sizes)
    # left multiplication by every element is one of the group's
    assert all(regular.contains(Monomial(row)) for row in table)


# a loop: identity and inverses, but not associative
LOOP = [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]]


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (np.subtract.outer(range(5), range(5)) % 5, ValueError, "No element e has e x = x e = x"),
        ([[0, 1], [1, 1]], ValueError, "Element 1 has no inverse: no x with 1 x = x 1 = 0"),
        (
            [[0, 1], [1, 2]],
            ValueError,
            r"indices 0 ... 1.*Got 2 as the product of elements 1 and 1",
        ),
        ([[0, 1, 2]], ValueError, r"square.*Got shape \(1, 3\)"),
        ([[0, 1], [1]], ValueError, "rows of different lengths"),
        ([[0.0, 1.0], [1.0, 0.0]], TypeError, "indices of products. Got dtype float64"),
    ],
)
def test_cayley_table_refuses_what_is_no_group(table, error, message):
    with pytest.raises(error, match=rf"`Group.from_cayley_table\(table=...\)` should.*{message}"):
        Group.from_cayley_table(table)


def test_cayley_table_names_three_elements_that_are_not_associative():
    with pytest.raises(ValueError, match=r"should be associative") as caught:
        Group.from_cayley_table(LOOP)
    # "... associative. (x a) y = p, but x (a y) = q."
    left, right = str(caught.value).split("associative. ")[1].split(", but ")
    triples = [[int(w.strip("()")) for w in side.split(" = ")[0].split()] for side in (left, right)]
    x, a, y = triples[0]
    table = np.array(LOOP)
    assert triples[0] == triples[1] and table[table[x, a], y] != table[x, table[a, y]]


# --- rotations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "order"), [("T", 12), ("O", 24), ("I", 60), ("C5", 5), ("D6", 12), ("C1", 1)]
)
def test_rotations_of_scipy_give_their_groups(kind, order):
    G = Group.from_rotations(Rotation.create_group(kind), name=kind)
    assert G.order == order and len(G.discrete_matrices) <= 2 and G.is_orthogonal
    assert np.allclose(np.linalg.det(G.discrete_generators), 1)
    elements = np.array(list(G.elements()))
    for g in Rotation.create_group(kind).as_matrix():
        assert np.abs(elements - g).max(axis=(1, 2)).min() < 1e-12


def test_rotations_of_the_cube_are_signed_permutations():
    assert Group.from_rotations(Rotation.create_group("O")).is_monomial


@pytest.mark.parametrize(
    ("rotations", "error", "message"),
    [
        (Rotation.create_group("O")[:5], ValueError, "all elements of a group. Got 5 rotations"),
        (Rotation.concatenate([Rotation.identity(2)]), ValueError, "every element once"),
        (np.eye(3), TypeError, "scipy.spatial.transform.Rotation"),
    ],
)
def test_rotations_refuse_what_is_no_group(rotations, error, message):
    with pytest.raises(error, match=rf"`Group.from_rotations\(rotations=...\)` should.*{message}"):
        Group.from_rotations(rotations)


# --- functions -------------------------------------------------------------------------------


def euler(angles):
    """Rotations of R³ by angles about z, y and x."""
    (c1, c2, c3), (s1, s2, s3) = jnp.cos(angles), jnp.sin(angles)
    about_z = jnp.array([[c1, -s1, 0], [s1, c1, 0], [0, 0, 1]])
    about_y = jnp.array([[c2, 0, s2], [0, 1, 0], [-s2, 0, c2]])
    about_x = jnp.array([[1, 0, 0], [0, c3, -s3], [0, s3, c3]])
    return about_z @ about_y @ about_x


def motion(theta):
    top = jnp.hstack([jnp.array([[1, -theta[0]], [theta[0], 1]]) / jnp.hypot(1, theta[0]),
                      theta[1:, None]])  # fmt: skip
    return jnp.vstack([top, jnp.array([[0, 0, 1.0]])])


def phase(theta):
    return jnp.exp(1j * theta[0]) * jnp.eye(2)


@pytest.mark.parametrize(
    ("function", "count", "G"),
    [
        (euler, 3, SO(3)),
        (lambda t: euler(jnp.array([t[0], t[1], 0.0])), 2, SO(3)),
        (motion, 3, SE(2)),
    ],
    ids=["Euler angles", "two of them", "motions"],
)
def test_function_generates_its_group(function, count, G):
    made = Group.from_function(function, count)
    assert made.lie_algebra.shape == (count, G.dim, G.dim) and made.dtype == float
    assert made.algebra.dim == G.algebra.dim
    assert all(a in made.algebra for a in G.lie_algebra)
    assert pickle.loads(pickle.dumps(made)) == made


def test_function_is_differentiated_in_double_precision():
    before = jax.config.jax_enable_x64
    G = Group.from_function(lambda t: jnp.exp(t[0] / 3) * jnp.eye(2), 1)
    assert np.array_equal(G.lie_algebra, np.eye(2)[None] / 3)
    assert jax.config.jax_enable_x64 == before and jnp.ones(1).dtype == jnp.float32


def test_function_may_be_complex_and_have_discrete_partners():
    G = Group.from_function(phase, 1, discrete_generators=SU(2).lie_algebra[:1], name="phases")
    assert np.array_equal(G.lie_algebra, [1j * np.eye(2)]) and len(G.discrete_matrices) == 1
    assert G.name == "phases"


@pytest.mark.parametrize(
    ("function", "count", "error", "message"),
    [
        (lambda t: euler(t) + 0.1, 3, ValueError, "be the identity matrix where all parameters"),
        (lambda t: euler(jnp.sqrt(t)), 3, ValueError, "analytic at the identity.*(nan|inf)"),
        (lambda t: euler(jnp.abs(t)), 3, ValueError, "analytic.*misses its linear approximation"),
        (lambda t: euler(t / jnp.linalg.norm(t)), 3, ValueError, "analytic.*not finite"),
        (lambda t: jnp.eye(2) + t[0] * jnp.array([[0, -1], [1, 0]]), 1, ValueError,
         "stay in the group that its derivatives at zero generate, of dimension 1"),
        (lambda t: euler(jnp.array([t[0], t[1] ** 2, 0])), 2, ValueError, "enters only squared"),
        (lambda t: jnp.ones((2, 3)) * t[0], 1, ValueError, r"square matrix. Got shape \(2, 3\)"),
        (lambda t: np.diag(np.asarray(t)) + np.eye(2), 2, TypeError, "Write it with `jax.numpy`"),
        (np.eye(2), 1, TypeError, "be a function from parameters"),
    ],
    ids=["not 1", "root", "kink", "0/0", "leaves", "squared", "oblong", "numpy", "matrix"],
)  # fmt: skip
def test_function_refuses_what_is_no_group(function, count, error, message):
    with pytest.raises(error, match=rf"`Group.from_function\(function=...\)` should .*{message}"):
        Group.from_function(function, count)


def test_function_refuses_bad_counts():
    with pytest.raises(ValueError, match=r"`Group.from_function\(num_parameters=...\)`.*Got 0"):
        Group.from_function(phase, 0)
