"""Orders, elements, classes, finiteness, compactness and members, against independent oracles."""

from __future__ import annotations

from math import factorial, inf

import jax
import numpy as np
import pytest
from scipy.linalg import block_diag, expm
from sympy.combinatorics import Permutation, PermutationGroup

from constrainet.groups import (
    GL,
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
    Sp,
    U,
    Z,
    conjugate,
)
from constrainet.groups.permutations import PermutationGroup as Permutations
from constrainet.groups.permutations import cycle_lengths
from constrainet.linalg import Monomial
from tests.catalogue import GROUPS, ORDERS, SHEAR, jordan_block

FINITE = pytest.mark.parametrize("name", ORDERS)


def plane_rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def coxeter(n: int, edges: list[tuple[int, int, int]]) -> Group:
    """The reflections of a Coxeter diagram in the basis of the roots, which is not orthogonal."""
    gram = np.eye(n)
    for i, j, m in edges:
        gram[i, j] = gram[j, i] = -np.cos(np.pi / m)
    reflections = [np.eye(n) - 2 * np.outer(np.eye(n)[i], gram[i]) for i in range(n)]
    return Group(discrete_generators=reflections, name=f"Coxeter({n})")


# --- order and finiteness --------------------------------------------------------------------


@pytest.mark.parametrize("name", GROUPS)
def test_order_is_that_of_the_literature(name):
    G = GROUPS[name]()
    assert G.order == ORDERS.get(name, inf)
    assert G.is_finite == (name in ORDERS)


@pytest.mark.parametrize(
    "G",
    [S(6), A(7), Z(12), P4M(4), Cube(), RubiksCube(), Hyperoctahedral(4)],
    ids=repr,
)
def test_order_agrees_with_sympy(G):
    # a signed permutation moves the points ±e_j
    generators = []
    for m in G.discrete_matrices:
        shift = G.dim * (m.phases < 0)
        generators.append(Permutation([*(m.images + shift), *(m.images + G.dim - shift)]))
    assert PermutationGroup(generators).order() == G.order


@pytest.mark.parametrize(
    ("G", "order"),
    [
        (S(100), factorial(100)),
        (A(101), factorial(101) // 2),
        (Z(500), 500),
        (C(5000), 5000),
        (D(30), 60),
        (S(5) * C(7) * Icosahedral(), 120 * 7 * 60),
        (S(3) * SO(2), inf),
        # Coxeter, "Regular Polytopes" (1973), section 11.5
        (coxeter(4, [(0, 1, 5), (1, 2, 3), (2, 3, 3)]), 14_400),
        (coxeter(4, [(0, 1, 3), (1, 2, 4), (2, 3, 3)]), 1152),
        (coxeter(8, [*((i, i + 1, 3) for i in range(6)), (2, 7, 3)]), 696_729_600),
        (coxeter(3, [(0, 1, 3), (1, 2, 3), (0, 2, 3)]), inf),
        (coxeter(3, [(0, 1, 3), (1, 2, 7)]), inf),
        (conjugate(S(5), np.eye(5) + 0.3 * np.eye(5, k=1)), 120),
    ],
    ids=["S100", "A101", "Z500", "C5000", "D30", "product", "mixed", "H4", "F4", "E8", "affine A2",
         "hyperbolic", "skew S5"],
)  # fmt: skip
def test_order_of_large_and_skew_groups(G, order):
    assert G.order == order


@pytest.mark.parametrize(
    ("generators", "order"),
    [
        ([plane_rotation(1.0)], inf),
        ([[[0.6, -0.8], [0.8, 0.6]]], inf),
        ([SHEAR], inf),
        ([2 * np.eye(2)], inf),
        ([[[2, 1], [1, 1]]], inf),
        # the phases are irrational, but of determinant one around every cycle
        ([Monomial([1, 0], [np.exp(1j), np.exp(-1j)])], 2),
        ([Monomial([1, 0], [np.exp(1j), 1])], inf),
        ([np.diag([1, np.exp(2j * np.pi / 7)]), [[0, 1], [1, 0]]], 98),
        # generators of finite order, but an infinite dihedral group
        ([np.diag([1, -1]), plane_rotation(1) @ np.diag([1, -1])], inf),
        ([np.array([[-1, 1], [0, 1]]), np.diag([-1, 1])], inf),
    ],
)
def test_finiteness_is_decided(generators, order):
    G = Group(discrete_generators=generators)
    assert G.order == order and G.is_finite == (order < inf)


@pytest.mark.parametrize(
    ("generators", "message"),
    [
        ([plane_rotation(2 * np.pi / 300_000)], r"mine is finite cannot.*more than 1000 points"),
        ([plane_rotation(1e-9)], r"mine is finite cannot be decided.*points only 1e-09 apart"),
        (np.round(C(5).discrete_generators, 7), r"keep an inner product to .*e-0[89]"),
        (np.round(Icosahedral().discrete_generators, 8), r"keep an inner product to .*e-0[89]"),
        (
            [np.eye(2) + 1e-8 * np.outer([0.6, 0.8], [-0.8, 0.6])],
            r"mine is bounded cannot be decided",
        ),
    ],
)
def test_finiteness_is_not_guessed(generators, message, monkeypatch):
    monkeypatch.setattr("constrainet.groups.points.MAX_POINTS", 1000)
    G = Group(discrete_generators=generators, name="mine")
    with pytest.raises(ValueError, match=message):
        G.is_finite  # noqa: B018
    with pytest.raises(ValueError, match=message):
        G.order  # noqa: B018


def test_finiteness_takes_generators_with_twelve_digits():
    G = Group(discrete_generators=np.round(Icosahedral().discrete_generators, 12))
    assert G.order == 60


def test_giants_are_recognised_with_their_moved_points_only():
    rows = np.tile(np.arange(60), (2, 1))
    rows[0, :40], rows[1, :2] = np.roll(np.arange(40), -1), [1, 0]
    group = Permutations(rows)
    assert group.is_giant and group.order == factorial(40)
    swap, outside = np.arange(60), np.arange(60)
    swap[[3, 7]], outside[[3, 50]] = [7, 3], [50, 3]
    assert swap in group and outside not in group
    even = Permutations(np.array([m.images for m in A(41).discrete_matrices]))
    assert even.is_giant and np.arange(41) in even and swap[:41] not in even


def test_cycle_lengths_are_those_of_sympy():
    images = np.random.default_rng(0).permutation(50)
    expected = Permutation(images.tolist()).cycle_structure
    lengths, counts = np.unique(cycle_lengths(images), return_counts=True)
    assert dict(zip(lengths.tolist(), counts.tolist(), strict=True)) == expected


# --- elements and classes --------------------------------------------------------------------


@pytest.mark.parametrize("name", [k for k, n in ORDERS.items() if n <= 200])
def test_elements_are_each_listed_once_and_closed(name):
    G = GROUPS[name]()
    elements = np.array(list(G.elements()))
    assert elements.shape == (ORDERS[name], G.dim, G.dim) and elements.dtype == G.dtype
    assert np.allclose(elements[0], np.eye(G.dim), rtol=0, atol=1e-14)
    flat = elements.reshape(len(elements), -1)
    for h in (np.eye(G.dim), *G.discrete_generators):
        products = (h @ elements).reshape(len(elements), -1)
        distances = np.abs(products[:, None] - flat).max(axis=2)
        assert np.all(np.sum(distances < 1e-9, axis=0) == 1)


@pytest.mark.parametrize("name", [k for k, n in ORDERS.items() if n <= 72])
def test_conjugacy_classes_agree_with_brute_force(name):
    G = GROUPS[name]()
    elements = np.array(list(G.elements()))
    representatives, sizes = G.conjugacy_classes()
    assert sizes.sum() == len(elements) and np.allclose(representatives[0], np.eye(G.dim))
    inverses = np.linalg.inv(elements)
    for i, size in enumerate(sizes):
        conjugates = (elements @ representatives[i] @ inverses).reshape(len(elements), -1)
        distances = np.abs(conjugates[:, None] - representatives.reshape(len(sizes), -1)).max(2)
        # by the orbit formula with the centraliser; and no other representative is a conjugate
        assert size == len(elements) / np.sum(distances[:, i] < 1e-9)
        assert np.array_equal(distances.min(axis=0) < 1e-9, np.arange(len(sizes)) == i)


@pytest.mark.parametrize(
    ("G", "count"),
    # partitions; Carter (1972) for W(E6); Hyperoctahedral(n): pairs of partitions of n
    [(S(8), 22), (A(8), 14), (Hyperoctahedral(4), 20), (GROUPS["weyl-E6"](), 25), (D(12), 9)],
    ids=repr,
)
def test_number_of_conjugacy_classes(G, count):
    assert len(G.conjugacy_classes().sizes) == count


@pytest.mark.parametrize("name", ["S(4)", "Icosahedral", "quaternion", "D(3)*Z(2)*C(3)"])
def test_characters_on_classes_are_class_functions_with_integral_norms(name):
    G = GROUPS[name]()
    representatives, sizes = G.conjugacy_classes()
    character = np.trace(representatives, axis1=1, axis2=2)
    norm = np.sum(sizes * np.abs(character) ** 2) / G.order
    mean = np.mean([np.abs(np.trace(g)) ** 2 for g in G.elements()])
    assert norm == pytest.approx(mean) and norm == pytest.approx(round(norm))


@pytest.mark.parametrize(
    ("G", "message"),
    [
        (SO(3), r"`Group.elements` should be asked of a finite group. SO\(3\) is infinite"),
        (jordan_block(), "Jordan block is infinite. Draw random elements"),
        (RubiksCube(), r"no more than so many elements. RubiksCube has 43252003274489856000"),
        (S(100), r"S\(100\) has about 10\^158.0. Pass a greater `limit=`"),
    ],
    ids=repr,
)
def test_elements_refuses_infinite_and_too_large_groups(G, message):
    with pytest.raises(ValueError, match=message):
        G.elements()
    with pytest.raises(ValueError, match=r"Group.conjugacy_classes"):
        G.conjugacy_classes()


def test_elements_takes_a_limit(monkeypatch):
    monkeypatch.setattr("constrainet.groups.permutations.MAX_TABLE", 1000)
    assert sum(1 for _ in S(4).elements(24)) == 24
    with pytest.raises(ValueError, match=r"elements\(limit=23\)` lists.*S\(4\) has 24"):
        S(4).elements(limit=23)
    with pytest.raises(TypeError, match=r"`Group.elements\(limit=...\)` should be a whole number"):
        S(4).elements(limit=1e3)
    with pytest.raises(ValueError, match=r"more than 1000 elements.*cannot be listed"):
        S(7).conjugacy_classes(10**6)


def test_conjugacy_classes_refuses_representatives_that_do_not_fit():
    for G in (Z(600), Z(40) * Z(41) * Z(42)):
        with pytest.raises(ValueError, match=r"a matrix for each class.*do not fit in 1 GiB"):
            G.conjugacy_classes()


# --- compactness -----------------------------------------------------------------------------

UNBOUNDED = {"jordan", "heisenberg", "Lorentz", "SO(1,2)", "O(2,1)", "SOplus(1,1)", "SOplus(1,3)"}
UNBOUNDED |= {"SL(2)", "SL(3)", "GL(1)", "GL(2)", "Sp(1)", "Sp(2)", "SE(1)", "SE(2)", "SE(3)"}
UNBOUNDED |= {"Scaling(2)", "semidirect-E(2)"}


@pytest.mark.parametrize("name", GROUPS)
def test_compactness_is_decided(name):
    G = GROUPS[name]()
    assert G.is_compact == (name not in UNBOUNDED)
    if G.is_compact:
        X = G.invariant_form
        assert np.linalg.eigvalsh(X)[0] > 1e-3
        for g in G.discrete_generators:
            assert np.allclose(g.conj().T @ X @ g, X, atol=1e-12)
        for a in G.lie_algebra:
            assert np.allclose(a.conj().T @ X + X @ a, 0, atol=1e-12 * np.abs(a).max())


def test_compactness_of_irrational_windings_and_their_noncompact_kin():
    winding = np.kron(np.diag([1, 2**0.5]), [[0, -1], [1, 0]])
    assert Group(lie_algebra=[winding]).is_compact
    assert not Group(lie_algebra=[winding + 1e-3 * np.eye(4)]).is_compact
    # imaginary eigenvalues, but not diagonalisable
    jordan = np.kron(np.eye(2), [[0, -1], [1, 0]]) + np.kron([[0, 1], [0, 0]], np.eye(2))
    assert not Group(lie_algebra=[jordan]).is_compact


def test_compactness_of_large_skew_groups_is_refused():
    G = conjugate(Z(50), np.eye(50) + np.eye(50, k=1))
    with pytest.raises(ValueError, match="matrices of size 50 that are not unitary; the limit"):
        G.is_compact  # noqa: B018


# --- members ---------------------------------------------------------------------------------

SOME = ["SO(3)", "O(3)", "SO(1,2)", "Lorentz", "SU(2)", "U(2)", "SL(2)", "GL(2)", "Sp(2)", "SE(3)"]
SOME += ["heisenberg", "conjugated-SO(3)", "semidirect-E(2)", "wreath(SO(2),2)", "SO(3)*S(3)"]
SOME += ["S(4)", "Icosahedral", "conjugated-icosahedral", "phases", "RubiksCube", "weyl-E6"]


@pytest.mark.parametrize("name", SOME)
def test_contains_its_words_and_exponentials(name):
    G, rng = GROUPS[name](), np.random.default_rng(0)
    for _ in range(2):
        g = np.eye(G.dim)
        for h in G.discrete_generators:
            g = h @ g if rng.random() < 0.6 else np.linalg.inv(h) @ g
        for a in G.lie_algebra:
            g = g @ expm(rng.normal() * a)
        assert G.contains(g)
        assert not G.contains(g + 1e-3 * rng.normal(size=g.shape)) or name in ("GL(2)",)


@pytest.mark.parametrize(
    ("G", "g", "expected"),
    [
        (SO(3), -np.eye(3), False),
        (O(3), -np.eye(3), True),
        (SO(4), -np.eye(4), True),
        (SO(1, 3), np.diag([-1.0, -1, 1, 1]), True),
        (SO(1, 3), np.diag([-1.0, 1, 1, 1]), False),
        (Lorentz(), np.diag([-1.0, 1, 1, 1]), True),
        (GROUPS["SOplus(1,3)"](), np.diag([-1.0, -1, 1, 1]), False),
        (SU(3), np.exp(2j * np.pi / 3) * np.eye(3), True),
        (SU(3), 1j * np.eye(3), False),
        (U(3), 1j * np.eye(3), True),
        (SO(2), 1j * np.eye(2), False),
        (SL(2), np.diag([-2.0, -0.5]), True),
        (SL(2), np.diag([2.0, 0.4]), False),
        (GL(2), np.diag([-3.0, 2.0]), True),
        (Sp(1), np.diag([2.0, 0.5]), True),
        (Scaling(2), -np.eye(2), False),
        (SE(2), np.diag([-1.0, 1, 1]), False),
        (GROUPS["semidirect-E(2)"](), np.diag([-1.0, 1, 1]), True),
        (jordan_block(), [[1, 7], [0, 1]], True),
        (jordan_block(), [[1, 0.5], [0, 1]], False),
        (A(4), S(4).discrete_generators[1], False),
        (S(4), Monomial([1, 0, 3, 2]), True),
        (C(4), plane_rotation(np.pi / 4), False),
        (SO(3) * S(3), np.eye(6)[[3, 4, 5, 0, 1, 2]], False),
        (SO(3), np.zeros((3, 3)), False),
    ],
)
def test_contains_is_decided(G, g, expected):
    assert G.contains(g) is expected


def test_contains_refuses_what_it_cannot_decide():
    # translations of a quasicrystal, which are dense: this one is in their closure at best
    lattice = [[[1, 0, 0.1], [0, 1, 0], [0, 0, 1]], block_diag(plane_rotation(2 * np.pi / 5), 1)]
    crystal = Group(discrete_generators=lattice, name="quasicrystal")
    moved = np.array([[1, 0, 0.05], [0, 1, 0], [0, 0, 1]])
    with pytest.raises(ValueError, match=r"`Group.contains\(g\)` cannot decide.*quasicrystal"):
        crystal.contains(moved)


@pytest.mark.parametrize(
    ("g", "error", "message"),
    [
        (np.eye(2), ValueError, r"shape \(3, 3\).*Got \(2, 2\)"),
        (np.eye(3, dtype=np.float32), ValueError, "known to 1e-10.*float32.*float64"),
        (np.full((3, 3), np.nan), ValueError, "be finite. Got nan"),
        ([["a"] * 3] * 3, TypeError, "real or complex numbers. Got dtype <U1"),
    ],
)
def test_contains_refuses_bad_matrices(g, error, message):
    with pytest.raises(error, match=rf"`Group.contains\(g\)` should .*{message}"):
        SO(3).contains(g)


def test_contains_refuses_samples_in_single_precision():
    with pytest.raises(ValueError, match="float32"):
        SO(3).contains(SO(3).sample(jax.random.key(0)))


@pytest.mark.parametrize("angle", [1e-2, 1e-4, 1e-5])
def test_slow_turns_are_of_infinite_order(angle):
    """Small angles are close to zero turns, which they are not meant to be."""
    c, s = np.cos(angle), np.sin(angle)
    assert not Group(discrete_generators=[[[c, -s], [s, c]]]).is_finite


@pytest.mark.parametrize("n", [1, 10_007, 100_000])
def test_cyclic_groups_are_counted_by_their_cycles(n):
    assert Z(n).order == n


def test_the_order_of_one_permutation_is_that_of_its_cycles_together():
    cycles = [tuple(range(3)), tuple(range(3, 8)), tuple(range(8, 15))]
    assert Group.from_cycles([cycles]).order == 105
