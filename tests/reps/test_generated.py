"""Representations from images and functions: what they agree with, and what they refuse."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import block_diag, expm

from constrainet.groups import (
    SE,
    SL,
    SO,
    SU,
    Group,
    Icosahedral,
    O,
    RubiksCube,
    S,
    Scaling,
    Z,
    span,
)
from constrainet.linalg import logarithm, to_dense
from constrainet.reps import Det, Rep, V, from_function, from_generators, irreducible
from tests.catalogue import GROUPS
from tests.reps.constructions import by_images
from tests.reps.test_axioms import close, elements

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@pytest.mark.parametrize("name", [name for name in GROUPS if name != "weyl-E6"])
def test_defining_representation_comes_back_from_its_images(name):
    v = V(GROUPS[name]())
    rep = by_images(v)
    for g in elements(v.group, 4):
        assert close(rep.rho(g), v.rho(g), 1e-9)
    for A in v.group.lie_algebra:
        assert close(rep.drho(A), A, 1e-11)
    assert (rep >> v).equivariant_basis().rank == (v >> v).equivariant_basis().rank


def test_solver_answers_for_groups_too_large_to_evaluate():
    """64! elements, and 64 levels of stabilisers with images of size 64, are too many."""
    rep = by_images(V(S(64)))
    assert (rep >> rep).equivariant_basis().rank == 2
    with pytest.raises(ValueError, match="has to be found among the products"):
        rep.rho(np.eye(64)[::-1])


def test_labels_do_not_count():
    shift = np.roll(np.eye(5), 1, axis=0)
    rep, other = (from_generators(Z(5), rho=[shift], label=label) for label in ("ρ", "σ"))
    assert rep == other and str(rep + other) == "2ρ"
    assert close(rep.rho(shift @ shift), shift @ shift)


def test_large_permutation_groups_are_factored():
    signs = [[[-1.0]]] * 6
    rep = from_generators(RubiksCube(), rho=signs)  # a quarter turn is odd on corners and edges
    g, h = elements(RubiksCube(), 2)
    assert rep.rho(g @ h) == rep.rho(g) @ rep.rho(h) and rep.rho(g) == (-1.0) ** 3


# --- no homomorphism -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "images", "relation"),
    [
        (
            SO(3),
            {"drho": SO(3).lie_algebra[[1, 0, 2]]},
            r"\[A\d, A\d\] = -?1 A\d in the group, but",
        ),
        (SO(3), {"drho": 2 * SO(3).lie_algebra}, r"\[A\d, A\d\] = -?1 A\d in the group, but"),
        (SO(2), {"drho": SO(2).lie_algebra / 2}, r"exp\(6.283 A0\) = 1 in the group, but"),
        (SO(2), {"drho": SO(2).lie_algebra * 1.001}, r"exp\(6.283 A0\) = 1 in the group, but"),
        # spin 1/2 of SU(2) is no representation of SO(3)
        (
            SO(3),
            {"drho": PAULI[[2, 1, 0]] * np.array([-0.5j, 0.5j, -0.5j])[:, None, None]},
            r"= -?1 A\d in",
        ),
        (
            O(2),
            {"drho": O(2).lie_algebra, "rho": [np.eye(2)]},
            "h0 A0 h0⁻¹ = -1 A0 in the group, but",
        ),
        (
            O(2),
            {"drho": [[[0.0]]], "rho": [[[2.0]]]},
            "h0 h0 = a shorter word times an exponential in the group, but",
        ),
        (S(3), {"rho": [[[-1.0]], [[-1.0]]]}, "h0 h0 h0 = 1 in the group, but"),
        (S(3), {"rho": [np.eye(2), np.diag([1.0, 2.0])]}, "h1 h1 = 1 in the group, but"),
        (S(4), {"rho": [[[1.0]], [[-1.0]]]}, "in the group, but the two sides' images differ"),
        (Z(5), {"rho": [np.eye(4)[[1, 2, 3, 0]]]}, "h0 h0 h0 h0 h0 = 1 in the group, but"),
        (
            Group(lie_algebra=[np.zeros((2, 2))]),
            {"drho": [np.eye(2)]},
            "A0 = 0 in the group, but the two sides' images differ by 1.0e",
        ),
        (
            Group(lie_algebra=np.stack([SO(2).lie_algebra[0]] * 2)),
            {"drho": np.array([1, 2])[:, None, None] * SO(2).lie_algebra},
            "A1 = 1 A0 in the group, but",
        ),
        (
            SO(2) * Z(2),
            {"drho": SO(2).lie_algebra, "rho": [np.diag([1.0, -1.0])]},
            "A0 of factor 0 and h0 of factor 1 commute in the group, but their images do not",
        ),
    ],
)
def test_images_that_are_no_homomorphism(group, images, relation):
    with pytest.raises(ValueError, match="should get the images under a homomorphism") as info:
        from_generators(group, **images)
    assert re.search(relation, str(info.value)), info.value


def test_spin_one_half_is_a_representation_of_su2_in_any_order():
    v = V(SU(2))
    assert close(
        from_generators(SU(2), drho=SU(2).lie_algebra).drho(SU(2).lie_algebra[0]),
        v.drho(SU(2).lie_algebra[0]),
    )
    half = from_generators(Group(lie_algebra=SU(2).lie_algebra[::-1]), drho=SU(2).lie_algebra[::-1])
    assert half.is_complex and half.equivariant_basis().rank == 0


@pytest.mark.parametrize(
    ("group", "images", "message"),
    [
        (SO(3), {}, r"`from_generators\(drho=...\)` should hold the image of each Lie generator"),
        (
            S(3),
            {},
            r"`from_generators\(rho=...\)` should hold the image of each discrete generator",
        ),
        (SO(3), {"drho": SO(3).lie_algebra[:2]}, r"should have shape \(3, n, n\)"),
        (S(3), {"rho": np.ones((2, 2, 3))}, r"should have shape \(2, n, n\).* Got \(2, 2, 3\)"),
        (S(3), {"rho": np.full((2, 1, 1), np.nan)}, "should be finite numbers"),
        (S(3), {"rho": np.zeros((2, 1, 1))}, "Image 0 is singular"),
        (S(3), {"rho": np.zeros((2, 0, 0))}, "should be of size 1 × 1 or larger"),
        (O(2), {"drho": O(2).lie_algebra, "rho": [[[1.0]]]}, "matrices of one size. Got 1 and 2"),
    ],
)
def test_images_of_the_wrong_form(group, images, message):
    with pytest.raises(ValueError, match=message):
        from_generators(group, **images)


def test_group_instead_of_a_function():
    for call in (lambda: from_generators(SO, drho=[]), lambda: from_function(SO, lambda g: g, 3)):
        with pytest.raises(TypeError, match=r"should be a group. Got SO"):
            call()


@pytest.mark.parametrize(
    ("rep", "g"),
    [
        (by_images(V(SO(3))), np.diag([1.0, 1.0, -1.0])),
        (by_images(V(SO(3))), 2 * np.eye(3)),
        (by_images(V(S(3))), np.diag([1.0, 1.0, -1.0])),
        (by_images(V(Z(4))), np.eye(4)[[1, 0, 2, 3]]),
        (irreducible(S(4), (3, 1)), np.ones((4, 4))),
    ],
    ids=str,
)
def test_elements_outside_the_group(rep: Rep, g):
    with pytest.raises(ValueError, match=r"should get an element of .* Got a matrix that was not"):
        rep.rho(g)


# --- functions -----------------------------------------------------------------------------------


def power(g):
    """|det g|^(1/2), a density."""
    return jnp.abs(jnp.linalg.det(g))[None, None] ** 0.5


def test_function_in_double_precision_whatever_the_configuration():
    rep = from_function(Scaling(2), power, 1)
    before = jnp.ones(1).dtype
    assert rep.rho(np.eye(2) * 3).dtype == float
    assert abs(rep.rho(np.eye(2) * 3).item() - 3) < 1e-14
    assert abs(rep.drho(np.eye(2)).item() - 1) < 1e-14
    assert jnp.ones(1).dtype == before
    gradient = jax.grad(lambda s: rep.act(s * jnp.eye(2), jnp.ones(1))[0])(2.0)
    assert abs(gradient - 1) < 1e-5


def test_function_agrees_with_what_it_computes():
    rep = from_function(O(3), lambda g: jnp.linalg.det(g) * g, 3)
    same = Det(O(3)) * V(O(3))
    (g,) = elements(O(3), 1)
    assert close(rep.rho(g), same.rho(g), 1e-13)
    assert (rep >> same).equivariant_basis().rank == 1
    assert rep == from_function(O(3), lambda g: g * jnp.linalg.det(g), 3, label="pseudovector")


@pytest.mark.parametrize(
    ("group", "function", "dim", "message"),
    [
        (SL(2), lambda g: g.T, 2, r"should get a homomorphism. ρ\(exp A0\) ρ\(exp A1\) and"),
        (SO(2), lambda g: 2 * g, 2, r"should get a homomorphism. ρ\(1\) and 1 differ by 1.0e\+00"),
        (S(3), lambda g: g + g.T - jnp.eye(3), 3, r"ρ\(h0\) ρ\(h0\) and ρ\(h0 h0\) differ by"),
        (SO(2), lambda g: g @ g[:, ::-1], 2, "should get a homomorphism"),
        (SO(3), lambda g: g, 2, r"should return matrices of shape \(2, 2\). Got .* \(3, 3\)"),
        (SO(2), lambda g: jnp.sqrt(1 - g[:1, :1]) + 1, 1, "finite values and derivatives"),
        (SO(2), lambda g: np.asarray(g) @ np.asarray(g), 2, "written with `jax.numpy`"),
        # right for all positive numbers on one side of the identity
        (Scaling(2), lambda g: jnp.maximum(g[:1, :1], 1), 1, "exp -A0"),
        (SO(2), lambda g: g, 0, "should be positive"),
    ],
)
def test_functions_that_are_no_representation(group, function, dim, message):
    with pytest.raises(ValueError, match=message):
        from_function(group, function, dim)


def test_function_of_the_wrong_kind():
    with pytest.raises(TypeError, match=r"should be a function. Got 3"):
        from_function(SO(3), 3, 3)
    with pytest.raises(TypeError, match=r"should be a whole number. Got 3.0"):
        from_function(SO(3), lambda g: g, 3.0)


def test_non_reductive_images():
    """The translations of SE(2) alone in the images: the point group is divided out."""
    rotations = from_generators(SE(2), drho=[SO(2).lie_algebra[0], *np.zeros((2, 2, 2))])
    (g,) = elements(SE(2), 1)
    assert close(rotations.rho(g), g[:2, :2])
    assert to_dense(rotations.generator_images[1][0]).shape == (2, 2)


def test_rotation_of_infinite_order_has_any_image():
    """It generates the integers, of which every matrix gives a representation."""
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    rep = from_generators(Group(discrete_generators=[turn]), rho=[[[2.0]]])
    assert np.allclose(rep.rho(turn @ turn @ turn), 8)
    assert np.allclose(rep.rho(turn.T), 0.5)


def test_many_components_are_told_apart_by_what_commutes_with_the_connected_one(monkeypatch):
    """Motions of space with the icosahedral group as point group: 60 cosets of the translations."""
    translations = np.zeros((3, 4, 4))
    translations[[0, 1, 2], [0, 1, 2], 3] = 1
    turns = [block_diag(to_dense(h), 1) for h in Icosahedral().discrete_generators]
    group = Group(lie_algebra=translations, discrete_generators=turns)
    calls = []

    def counted(g):
        calls.append(g)
        return logarithm(g)

    monkeypatch.setattr(span, "logarithm", counted)
    rep = from_generators(group, drho=np.zeros((3, 3, 3)), rho=[h[:3, :3] for h in turns])
    assert len(calls) < 1000
    g = expm(2 * translations[0]) @ turns[0] @ turns[1] @ turns[0]
    assert close(rep.rho(g), g[:3, :3])


def test_words_that_all_overflow_are_none():
    """A contraction has infinitely many words; those whose images are numbers run out."""
    G = Group(discrete_generators=[[[3.0]]])
    rep = from_generators(G, rho=[np.diag([3.0**7, 3.0, 1.0])])
    assert (V(G) ** 7 + V(G) >> rep).equivariant_basis().rank == 2
