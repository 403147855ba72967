"""Every group of the catalogue is the one its name promises."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest

import constrainet.groups as cg
from constrainet.groups import (
    GL,
    P4,
    P4M,
    SE,
    SL,
    SO,
    SU,
    A,
    C,
    Cube,
    D,
    Group,
    Hyperoctahedral,
    Icosahedral,
    Lorentz,
    O,
    RubiksCube,
    S,
    Scaling,
    SOplus,
    Sp,
    Trivial,
    U,
    Z,
)
from constrainet.groups.stabiliser_chain import monomial_chain
from tests.catalogue import GROUPS, ORDERS

BRUTE_FORCE_LIMIT = 500


def brute_force_elements(generators: np.ndarray) -> np.ndarray:
    """All elements by multiplying until nothing new appears; slow on purpose."""
    dim = generators.shape[1]
    elements = [np.eye(dim, dtype=generators.dtype)]
    for element in elements:
        for g in generators:
            new = g @ element
            if not any(np.allclose(new, old, atol=1e-8) for old in elements):
                elements.append(new)
    return np.stack(elements)


def span_rank(matrices: np.ndarray) -> int:
    """Dimension of the span over the real numbers."""
    if not len(matrices):
        return 0
    flat = matrices.reshape(len(matrices), -1)
    return int(np.linalg.matrix_rank(np.hstack([flat.real, flat.imag])))


def eta(p, q):
    return np.diag([1.0] * p + [-1.0] * q)


def symplectic_form(m):
    return np.kron([[0, 1], [-1, 0]], np.eye(m))


def test_catalogue_covers_every_public_name():
    used = " ".join(GROUPS)
    # values that groups give, and functions that take one apart
    others = {"Group", "LieAlgebra", "ConjugacyClasses", "subgroup", "stabiliser"}
    # for the floors above
    others |= {"check_group", "check_precision", "double_precision", "is_known_finite"}
    others |= {"Homomorphism", "RelationError", "resembles"}
    for name in set(cg.__all__) - others:
        assert name in used


@pytest.mark.parametrize("name", [k for k, n in ORDERS.items() if n <= BRUTE_FORCE_LIMIT])
def test_group_has_its_order_by_brute_force(name):
    G = GROUPS[name]()
    assert not G.lie_algebra.any()
    assert len(brute_force_elements(G.discrete_generators)) == ORDERS[name]


def test_rubiks_cube_has_its_order():
    closed_formula = factorial(8) * 3**7 * factorial(12) * 2**11 // 2
    assert closed_formula == ORDERS["RubiksCube"] == 43_252_003_274_489_856_000
    assert monomial_chain(RubiksCube().discrete_matrices, 48).order == closed_formula


def test_rubiks_cube_turns_move_twenty_stickers_and_have_order_four():
    for turn in RubiksCube().discrete_matrices:
        assert np.sum(turn.images != np.arange(48)) == 20
        assert turn @ turn @ turn @ turn == turn.H @ turn


def test_rubiks_cube_has_one_orbit_of_corner_and_one_of_edge_stickers():
    reached = np.eye(48, dtype=bool)
    for _ in range(48):
        for turn in RubiksCube().discrete_matrices:
            reached |= reached[:, turn.images]
    assert sorted(set(reached.sum(axis=1))) == [24]


@pytest.mark.parametrize("n", [1, 2, 3, 6, 7, 10])
def test_permutation_groups_have_their_orders(n):
    def order(G):
        return monomial_chain(G.discrete_matrices, n).order

    assert order(S(n)) == factorial(n)
    assert order(A(n)) == max(1, factorial(n) // 2)
    assert order(Z(n)) == n
    assert order(Hyperoctahedral(n)) == 2**n * factorial(n)


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_torus_groups_have_their_orders(n):
    assert monomial_chain(P4(n).discrete_matrices, n * n).order == 4 * n**2
    assert monomial_chain(P4M(n).discrete_matrices, n * n).order == 8 * n**2


@pytest.mark.parametrize("n", [3, 6])
def test_alternating_group_holds_even_permutations_only(n):
    assert np.allclose(np.linalg.det(A(n).discrete_generators), 1)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6, 12])
def test_plane_groups_have_their_orders(k):
    assert len(brute_force_elements(C(k).discrete_generators)) == k
    assert len(brute_force_elements(D(k).discrete_generators)) == 2 * k
    assert np.allclose(np.linalg.det(C(k).discrete_generators), 1)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_plane_groups_with_quarter_turns_are_exact(k):
    assert np.all(np.isin(D(k).discrete_generators, [-1.0, 0.0, 1.0]))


def test_icosahedral_group_keeps_the_icosahedron():
    phi = (1 + 5**0.5) / 2
    corners = np.array([[0, s, t * phi] for s in (-1, 1) for t in (-1, 1)])
    vertices = np.concatenate([np.roll(corners, k, axis=1) for k in range(3)])
    for g in Icosahedral().discrete_generators:
        assert np.isclose(np.linalg.det(g), 1)
        distances = np.linalg.norm((vertices @ g.T)[:, None] - vertices, axis=2)
        assert np.all(distances.min(axis=1) < 1e-12)


def test_cube_keeps_opposite_faces_opposite():
    for turn in Cube().discrete_matrices:
        assert np.all(turn.images[[1, 3, 5]] == turn.images[[0, 2, 4]] ^ 1)


def test_torus_generators_move_pixels_as_documented():
    image = np.arange(16.0).reshape(4, 4)
    translation, turn, mirror = P4M(4).discrete_generators
    assert np.array_equal((translation @ image.ravel()).reshape(4, 4), np.roll(image, 1, axis=0))
    # about pixel (0, 0): turn about the centre, then move the border pixels back
    turned = np.roll(np.rot90(image), 1, axis=0)
    assert np.array_equal((turn @ image.ravel()).reshape(4, 4), turned)
    assert np.array_equal(
        (mirror @ image.ravel()).reshape(4, 4), np.roll(image[:, ::-1], 1, axis=1)
    )


DIMENSIONS = {
    **{f"SO({n})": (lambda n=n: SO(n), n * (n - 1) // 2) for n in (1, 2, 3, 5)},
    **{f"O({n})": (lambda n=n: O(n), n * (n - 1) // 2) for n in (1, 2, 3)},
    "SO(2,3)": (lambda: SO(2, 3), 10),
    "O(1,3)": (lambda: O(1, 3), 6),
    "SOplus(1,3)": (lambda: SOplus(1, 3), 6),
    **{f"SU({n})": (lambda n=n: SU(n), n * n - 1) for n in (1, 2, 3, 4)},
    **{f"U({n})": (lambda n=n: U(n), n * n) for n in (1, 2, 3)},
    **{f"SL({n})": (lambda n=n: SL(n), n * n - 1) for n in (1, 2, 3)},
    **{f"GL({n})": (lambda n=n: GL(n), n * n) for n in (1, 2, 3)},
    **{f"Sp({m})": (lambda m=m: Sp(m), m * (2 * m + 1)) for m in (1, 2, 3)},
    **{f"SE({n})": (lambda n=n: SE(n), n * (n + 1) // 2) for n in (1, 2, 3)},
    "Scaling(3)": (lambda: Scaling(3), 1),
    "Trivial(3)": (lambda: Trivial(3), 0),
}


@pytest.mark.parametrize("name", DIMENSIONS)
def test_lie_algebra_has_its_dimension(name):
    make, dimension = DIMENSIONS[name]
    G = make()
    assert len(G.lie_algebra) == span_rank(G.lie_algebra) == dimension
    assert G.name == name.replace("plus", "⁺")


@pytest.mark.parametrize("name", GROUPS)
def test_lie_algebra_is_closed_under_brackets_and_discrete_generators(name):
    G = GROUPS[name]()
    algebra = G.lie_algebra
    if not len(algebra):
        return
    algebra = algebra / np.abs(algebra).max(axis=(1, 2), keepdims=True)
    products = algebra[:, None] @ algebra
    brackets = (products - products.swapaxes(0, 1)).reshape(-1, G.dim, G.dim)
    moved = [h @ algebra @ np.linalg.inv(h) for h in G.discrete_generators]
    assert span_rank(np.concatenate([algebra, brackets, *moved])) == span_rank(algebra)


@pytest.mark.parametrize(
    ("G", "form"),
    [
        (SO(3), eta(3, 0)),
        (O(4), eta(4, 0)),
        (SO(1, 3), eta(1, 3)),
        (SOplus(2, 2), eta(2, 2)),
        (O(2, 1), eta(2, 1)),
        (Lorentz(), eta(1, 3)),
        (Sp(1), symplectic_form(1)),
        (Sp(3), symplectic_form(3)),
    ],
    ids=repr,
)
def test_generators_preserve_the_bilinear_form(G, form):
    for a in G.lie_algebra:
        assert np.array_equal(a.T @ form + form @ a, np.zeros_like(form))
    for g in G.discrete_generators:
        assert np.array_equal(g.T @ form @ g, form)


@pytest.mark.parametrize("G", [SU(1), SU(3), U(1), U(3)], ids=repr)
def test_unitary_algebras_are_anti_hermitian(G):
    assert np.array_equal(G.lie_algebra, -G.lie_algebra.conj().swapaxes(1, 2))


@pytest.mark.parametrize("G", [SU(3), SL(3), SO(3), SO(1, 3), Sp(2)], ids=repr)
def test_special_algebras_are_traceless(G):
    assert np.allclose(np.trace(G.lie_algebra, axis1=1, axis2=2), 0)


@pytest.mark.parametrize(
    ("G", "determinants"),
    [
        (O(1), [-1]),
        (O(3), [-1]),
        (SO(1, 3), [1]),
        (SO(2, 2), [1]),
        (O(1, 3), [-1, -1]),
        (GL(2), [-1]),
        (SOplus(1, 3), []),
    ],
    ids=repr,
)
def test_discrete_generators_reach_the_other_components(G, determinants):
    assert np.allclose(np.linalg.det(G.discrete_generators), determinants)


def test_special_indefinite_group_leaves_the_identity_component():
    g = SO(1, 3).discrete_generators[0]
    assert g[0, 0] == -1  # time is reversed, which no product of exponentials does


def test_euclidean_algebra_moves_points_in_homogeneous_coordinates():
    velocities = SE(2).lie_algebra @ [3.0, 5.0, 1.0]
    assert np.array_equal(velocities, [[5, -3, 0], [1, 0, 0], [0, 1, 0]])
    assert not SE(2).lie_algebra[:, 2].any()


def test_definite_signatures_are_the_ordinary_groups():
    assert SO(3, 0) == SO(3) == SOplus(3) == SOplus(3, 0)
    assert O(3, 0) == O(3)
    assert Lorentz() == O(1, 3)


def test_small_parameters_give_trivial_groups():
    assert SO(1) == SL(1) == S(1) == Z(1) == A(1) == Trivial(1)
    assert A(2) == Trivial(2) == C(1)
    assert SU(1) == Group(lie_algebra=np.zeros((0, 1, 1), complex))


FUNCTIONS = [Trivial, SO, O, SOplus, SU, U, SL, GL, Sp, SE, Scaling, Z, S, A, C, D]
FUNCTIONS += [Hyperoctahedral, P4, P4M]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("value", [2.0, "3", None, True, np.array([3])])
def test_catalogue_refuses_what_is_no_integer(function, value):
    with pytest.raises(
        TypeError, match=rf"`{function.__name__}\(\w=...\)` should be a whole number"
    ):
        function(value)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("value", [0, -1])
def test_catalogue_refuses_small_sizes(function, value):
    with pytest.raises(ValueError, match=rf"`{function.__name__}\(\w=...\)`.*Got {value}\."):
        function(value)


@pytest.mark.parametrize("function", [SO, O, SOplus])
def test_indefinite_groups_refuse_a_negative_q(function):
    with pytest.raises(ValueError, match=r"\(q=...\)` should be at least 0. Got -1"):
        function(2, -1)


@pytest.mark.parametrize("function", [P4, P4M])
def test_torus_groups_refuse_sides_below_three(function):
    with pytest.raises(ValueError, match=r"at least 3\. Got 2"):
        function(2)


def test_catalogue_takes_numpy_integers():
    assert SO(np.int64(3)) == SO(3)


@pytest.mark.parametrize("function", [Z, S, A])
def test_large_permutation_groups_form_no_matrices(function):
    G = function(4096)
    assert G.is_permutation and G.is_orthogonal and G.key
    assert "discrete_generators" not in vars(G)
