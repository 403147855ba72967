"""Embeddings, conjugates and products: the catalogue's groups come out of them."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from math import factorial

import jax
import numpy as np
import pytest
from scipy.linalg import block_diag

from constrainet.groups import (
    GL,
    P4,
    P4M,
    SE,
    SO,
    SU,
    C,
    D,
    Group,
    Hyperoctahedral,
    Icosahedral,
    O,
    S,
    Trivial,
    U,
    Z,
    conjugate,
    diagonal,
    double_precision,
    embed,
    semidirect,
    stabiliser,
    subgroup,
    wreath,
)
from constrainet.linalg import Monomial
from tests.groups.isometries import are_equal, homogeneous, translations

SKEW = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -0.3], [0.2, 0.0, 1.5]])


def lattice(basis: np.ndarray) -> Group:
    """Translations by integer combinations of the columns of a matrix."""
    shifts = np.tile(np.eye(3), (2, 1, 1))
    shifts[:, :2, 2] = basis.T
    return Group(discrete_generators=shifts, name="lattice")


HEXAGONAL = np.array([[1, 0.5], [0, 3**0.5 / 2]])


def torus(n: int, point_group: Group) -> Group:
    pixels = np.indices((n, n)).reshape(2, -1)

    def permutation(moved):
        return np.eye(n * n)[:, n * moved[0] + moved[1]]

    shifts = [permutation((pixels + t) % n) for t in ([[1], [0]], [[0], [1]])]
    return semidirect(
        Group(discrete_generators=shifts),
        point_group,
        lambda h: permutation(np.rint(h @ pixels).astype(int) % n),
    )


def sign_changes(n: int) -> Group:
    return Group(discrete_generators=[np.diag(1.0 - 2 * row) for row in np.eye(n)])


# --- semidirect products ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("G", "H"),
    [
        (semidirect(translations(1), SO(1), homogeneous), SE(1)),
        (semidirect(translations(2), SO(2), homogeneous), SE(2)),
        (semidirect(translations(3), SO(3), homogeneous), SE(3)),
        (semidirect(sign_changes(4), S(4), lambda p: p), Hyperoctahedral(4)),
        (torus(4, C(4)), P4(4)),
        (torus(3, D(4)), P4M(3)),
        (wreath(O(1), 4), Hyperoctahedral(4)),
        (
            semidirect(
                Group(lie_algebra=(SO(2) * SO(2) * SO(2)).lie_algebra),
                S(3),
                lambda p: np.kron(p, np.eye(2)),
            ),
            wreath(SO(2), 3),
        ),
        (
            semidirect(Group(discrete_generators=(S(3) * S(3)).discrete_generators), S(2),
                       lambda p: np.kron(p, np.eye(3))),
            wreath(S(3), 2),
        ),
    ],
    ids=["SE1", "SE2", "SE3", "signs", "P4", "P4M", "wreath O1", "wreath SO2", "wreath S3"],
)  # fmt: skip
def test_groups_of_the_catalogue_come_out_of_products(G, H):
    assert are_equal(G, H) and G.order == H.order


def test_isometries_are_more_than_motions():
    G = semidirect(translations(3), O(3), homogeneous)
    assert G.dim == 4 and G.algebra.dim == 6 and not G.is_compact and not G.is_finite
    mirror = np.diag([-1.0, 1, 1, 1])
    assert G.contains(mirror) and not SE(3).contains(mirror) and not are_equal(G, SE(3))


@pytest.mark.parametrize(
    ("basis", "point_group"), [(np.eye(2), D(4)), (HEXAGONAL, D(6)), (np.diag([1.0, 2]), D(2))]
)
def test_wallpaper_groups_are_infinite_and_discrete(basis, point_group):
    G = semidirect(lattice(basis), point_group, homogeneous)
    assert G.dim == 3 and G.is_discrete and not G.is_finite and not G.is_compact
    # their point group is what they do to directions
    directions = Group(discrete_generators=G.discrete_generators[:, :2, :2])
    assert directions.order == point_group.order


def test_semidirect_uses_both_spaces_where_one_does_not_suffice():
    # Z(4) acts on Z(3) by inversion, the square of its generator trivially: the dicyclic group
    inversion = np.eye(3)[:, [0, 2, 1]]
    G = semidirect(Z(3), Z(4), lambda h: inversion if h[1, 0] + h[3, 0] else np.eye(3))
    assert G.dim == 7 and G.order == 12 and len(G.conjugacy_classes().sizes) == 6
    assert all(not np.allclose(g, np.eye(7)) or i == 0 for i, g in enumerate(G.elements()))
    # a trivial action gives the direct product
    assert semidirect(S(3), S(3), lambda h: np.eye(3)).order == 36
    assert are_equal(semidirect(SO(3), SO(3), lambda h: np.eye(3)), SO(3) * SO(3))
    # SO(3) acting on itself: n a(h) = 1 for n = a(h)⁻¹
    inner = semidirect(SO(3), SO(3), lambda h: h)
    assert inner.dim == 6 and inner.algebra.dim == 6 and inner.is_semisimple


def test_semidirect_takes_the_derivative_of_the_action():
    # tensors of rank 3, moved by translations and by h ⊗ h ⊗ h
    shifts = np.zeros((8, 9, 9))
    shifts[range(8), range(8), 8] = 1
    N = Group(lie_algebra=shifts)
    G = semidirect(N, GL(2), lambda h: block_diag(np.kron(h, np.kron(h, h)), 1))
    one = np.eye(2)
    for a, found in zip(GL(2).lie_algebra, G.lie_algebra[8:, :8, :8], strict=True):
        expected = np.kron(a, np.eye(4)) + np.kron(one, np.kron(a, one)) + np.kron(np.eye(4), a)
        assert np.allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize(
    ("N", "H", "action", "error", "message"),
    [
        (translations(2), SO(2), lambda h: h, ValueError, r"shape \(3, 3\). Got shape \(2, 2\)"),
        (translations(2), SO(2), lambda h: homogeneous(h) + 0.1, ValueError, "be a homomorphism"),
        (
            translations(3),
            SO(3),
            lambda h: homogeneous(h.T),
            ValueError,
            "be a homomorphism.*fails",
        ),
        (translations(2), D(3), lambda h: 0 * homogeneous(h), ValueError, "identity of H"),
        (translations(2), D(3), lambda h: np.nan * homogeneous(h), ValueError, "be finite. Got"),
        (SO(3), GL(3), lambda h: h, ValueError, r"moves the Lie algebra of SO\(3\) out"),
        (lattice(HEXAGONAL), D(4), homogeneous, ValueError, "discrete generators of lattice out"),
        (Z(3), D(1), lambda h: np.diag([1, 1, h[1, 1]]), ValueError, "map N to itself"),
        (SO(2), S(2), np.eye(2), TypeError, "should be a function from matrices of H"),
    ],
)
def test_semidirect_refuses_what_is_no_action(N, H, action, error, message):
    with pytest.raises(error, match=rf"(?s)`semidirect\(action=...\)`.*{message}"):
        semidirect(N, H, action)


def test_semidirect_says_what_it_cannot_decide():
    turn = homogeneous(C(5).discrete_generators[0])
    step = lattice(0.1 * np.eye(2)).discrete_generators[0]
    crystal = Group(discrete_generators=[step, turn], name="quasicrystal")
    # reflections in a line between the mirrors of a quasicrystal, whose translations are dense
    shift = np.array([[1, 0, 0.02], [0, 1, 0], [0, 0, 1]])
    mirror = shift @ np.diag([-1, 1, 1]) @ np.linalg.inv(shift)
    with pytest.raises(ValueError, match="map N to itself, and that cannot be decided"):
        semidirect(crystal, O(1), lambda h: mirror if h[0, 0] < 0 else np.eye(3))


# --- wreath products, embeddings, conjugates, diagonals --------------------------------------


def test_wreath_products_have_their_orders():
    assert wreath(O(1), 3) == Hyperoctahedral(3)
    for G, n in ((S(3), 3), (C(5), 2), (Icosahedral(), 2), (Trivial(2), 4)):
        assert wreath(G, n).order == G.order**n * factorial(n)
    G = wreath(S(4), 3)
    assert G.is_permutation and G.dim == 12 and G.name == "S(4) ≀ S(3)"
    assert wreath(SU(2), 3).algebra.dim == 9 and wreath(SU(2), 3).is_unitary
    assert wreath(SO(3), 1).lie_algebra.shape == (3, 3, 3)


def test_embed_moves_the_given_coordinates_only():
    G = embed(C(4), 4, [3, 1], name="turns")
    g = G.discrete_generators[0]
    # e_x -> e_y -> -e_x, with x = 3 and y = 1
    assert np.array_equal(g @ np.eye(4), np.eye(4)[:, [0, 3, 2, 1]] * [1, -1, 1, 1])
    assert G.name == "turns" and G.is_monomial and G.order == 4
    assert np.array_equal(embed(SO(3), 5, [0, 2, 4]).lie_algebra[:, ::2, ::2], SO(3).lie_algebra)
    assert embed(SO(3), 3, range(3)) == SO(3)


def test_conjugates_are_isomorphic_and_undone():
    for G in (SO(3), O(3), Icosahedral(), Hyperoctahedral(3)):
        H = conjugate(G, SKEW)
        assert H.order == G.order and H.algebra.dim == G.algebra.dim
        assert np.allclose(
            H.discrete_generators, SKEW @ G.discrete_generators @ np.linalg.inv(SKEW)
        )
        assert are_equal(conjugate(H, np.linalg.inv(SKEW)), G)
    swapped = conjugate(Hyperoctahedral(3), Monomial([2, 0, 1], [1, -1, 1]))
    assert swapped.is_monomial and are_equal(swapped, Hyperoctahedral(3))
    assert conjugate(SO(2), np.array([[1, 1j], [1, -1j]])).is_complex


def test_diagonal_acts_alike_on_every_copy():
    G = diagonal(O(3), 2)
    assert np.array_equal(G.lie_algebra[0], block_diag(*[O(3).lie_algebra[0]] * 2))
    assert diagonal(S(4), 3).is_permutation and diagonal(S(4), 3).order == 24
    assert diagonal(SU(2), 1) == SU(2)


@pytest.mark.parametrize(
    "G",
    [
        embed(SU(2), 3, [2, 0]),
        conjugate(SO(3) * S(2), np.eye(5) + 0.2 * np.eye(5, k=2)),
        conjugate(Icosahedral(), SKEW),
        diagonal(O(2), 3),
        wreath(U(1), 3),
        semidirect(translations(2), O(2), homogeneous),
        stabiliser(O(3), [1, 2, 2]),
    ],
    ids=repr,
)
def test_constructions_are_values_with_samples_of_their_own(G):
    with double_precision():
        drawn = np.asarray(G.samples(jax.random.key(0), 3))
        for H in (pickle.loads(pickle.dumps(G)), copy.deepcopy(G)):
            assert H == G and hash(H) == hash(G) and H.name == G.name and H.order == G.order
            assert np.array_equal(H.samples(jax.random.key(0), 3), drawn)
    assert all(G.contains(g) for g in drawn)


def test_constructions_do_not_depend_on_the_hash_seed():
    code = (
        "from constrainet.groups import *\n"
        "from scipy.linalg import block_diag\n"
        "G = [wreath(S(3), 2), diagonal(SO(3), 2), embed(D(5), 4, [1, 3]),\n"
        "     stabiliser(RubiksCube(), [1] + 47 * [0])]\n"
        "T = Group(lie_algebra=SE(2).lie_algebra[1:])\n"
        "G.append(semidirect(T, O(2), lambda h: block_diag(h, 1)))\n"
        "G.append(Group.from_cayley_table([[0, 1], [1, 0]]))\n"
        "print([(g.key.hex(), g.order, g.algebra.dim) for g in G])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "JAX_PLATFORMS": "cpu"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "77")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: embed(SO(3), 5, [0, 1]), ValueError, r"3 different coordinates.*Got \[0, 1\]"),
        (lambda: embed(SO(3), 5, [0, 1, 1]), ValueError, r"different coordinates.*\[0, 1, 1\]"),
        (lambda: embed(SO(3), 3, [0, 1, 3]), ValueError, r"from 0 to 2. Got \[0, 1, 3\]"),
        (lambda: embed(SO(3), 5, [0, 1, -1]), ValueError, "at least 0. Got -1"),
        (lambda: embed(SO(3), 5.0, [0, 1, 2]), TypeError, r"`embed\(dim=...\)`"),
        (lambda: embed(SO, 5, [0]), TypeError, r"`embed\(group=...\)`.*Call it, as in `SO\(3\)`"),
        (lambda: conjugate(SO(3), np.eye(2)), ValueError, r"shape \(3, 3\).*Got \(2, 2\)"),
        (lambda: conjugate(SO(3), np.ones((3, 3))), ValueError, "invertible.*singular"),
        (lambda: conjugate(SO(3), np.full((3, 3), np.nan)), ValueError, "singular or not finite"),
        (lambda: conjugate(SO(3), [["a"] * 3] * 3), TypeError, "hold numbers. Got dtype <U1"),
        (lambda: diagonal(SO(3), 0), ValueError, r"`diagonal\(copies=...\)`.*Got 0"),
        (lambda: wreath(SO(3), 0), ValueError, r"`wreath\(n=...\)`.*Got 0"),
        (lambda: wreath(3, 3), TypeError, r"`wreath\(group=...\)` should be a group. Got 3"),
        (lambda: semidirect(3, SO(3), None), TypeError, r"`semidirect\(N=...\)`"),
        (lambda: subgroup("SO(3)"), TypeError, r"`subgroup\(group=...\)`"),
        (lambda: stabiliser(None, [1]), TypeError, r"`stabiliser\(group=...\)`"),
    ],
)
def test_constructions_refuse_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
