"""What is said of a group in any units, with generators of any size, repeated and recombined."""

from __future__ import annotations

from math import inf

import jax
import numpy as np
import pytest
from scipy.linalg import expm

from constrainet.groups import (
    SE,
    SL,
    SO,
    SU,
    C,
    Group,
    Icosahedral,
    Lorentz,
    O,
    S,
    SOplus,
    Sp,
    conjugate,
    semidirect,
    stabiliser,
    subgroup,
)
from constrainet.linalg import moved, to_dense, without_rounding
from tests.catalogue import GROUPS

# what moves the coordinates of products is not one diagonal matrix for each factor
SINGLE = [name for name, make in GROUPS.items() if 1 < make().dim <= 40]

SPEED_OF_LIGHT = 299_792_458.0


def units(seed: int, dim: int) -> np.ndarray:
    """Up to a ratio of 1e8."""
    return 10 ** np.random.default_rng(seed).uniform(-4, 4, dim)


def rewritten(G: Group, seed: int) -> Group:
    """The group in other units, with Lie generators of any size, in another order."""
    rng = np.random.default_rng(seed)
    s = units(seed, G.dim)
    sizes = 10 ** rng.uniform(-14, 14, (len(G.lie_algebra), 1, 1))
    order = rng.permutation(len(G.lie_algebra))
    return Group(
        lie_algebra=(moved(G.lie_algebra, s) * sizes)[order],
        discrete_generators=[moved(to_dense(h), s) for h in G.discrete_matrices][::-1] or None,
    )


def recombined(G: Group, seed: int) -> Group:
    """Random combinations of the Lie generators, more than needed; words beside the others."""
    rng = np.random.default_rng(seed)
    algebra, discrete = G.lie_algebra, [to_dense(h) for h in G.discrete_matrices]
    if len(algebra):
        mix = rng.normal(size=(len(algebra) + 2, len(algebra)))
        algebra = np.concatenate([np.tensordot(mix, algebra, 1), algebra[:1]])
    if discrete:
        discrete = [np.eye(G.dim), discrete[0] @ discrete[-1], *discrete, discrete[0]]
    return Group(lie_algebra=algebra, discrete_generators=discrete or None)


def facts(G: Group) -> tuple:
    return G.is_finite, G.order, G.is_compact, G.is_semisimple, G.algebra.dim


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SINGLE)
def test_facts_do_not_depend_on_units_sizes_and_order(name, seed):
    G = GROUPS[name]()
    assert facts(rewritten(G, seed)) == facts(G)


@pytest.mark.parametrize("name", SINGLE)
def test_facts_do_not_depend_on_the_choice_of_generators(name):
    G = GROUPS[name]()
    assert facts(recombined(G, 0)) == facts(rewritten(recombined(G, 0), 1)) == facts(G)


def test_quarter_turn_in_uneven_units():
    G = Group(discrete_generators=[[[0, -1e-5], [1e5, 0]]])
    assert (G.is_finite, G.order, G.is_compact) == (True, 4, True)
    assert G.conjugacy_classes().sizes.tolist() == [1, 1, 1, 1]
    turn = G.discrete_generators[0]
    for n, g in enumerate(G.elements()):
        assert np.allclose(g, np.linalg.matrix_power(turn, n), rtol=1e-12, atol=0)
    assert G.contains(np.array([[0, 1e-5], [-1e5, 0]]))
    assert not G.contains(np.array([[0, -1.0], [1, 0]]))


@pytest.mark.parametrize("scale", [1e-14, 1e-7, 1, 1e7, 1e14])
def test_each_generator_has_a_scale_of_its_own(scale):
    L = SO(3).lie_algebra
    G = Group(lie_algebra=[L[0], scale * L[1]])
    assert facts(G) == facts(SO(3)) and G.contains(np.diag([-1.0, -1, 1]))
    assert scale * L[2] in G.algebra and np.diag([1.0, 0, -1]) not in G.algebra
    assert facts(
        Group(lie_algebra=[1e-14 * SE(2).lie_algebra[0], scale * SE(2).lie_algebra[1]])
    ) == (facts(SE(2)))


@pytest.mark.parametrize("s", [[1, 1, 1e4], [1e-7, 1, 1], [1e8, 1, 1e-8]], ids=str)
def test_rotations_are_compact_in_any_units(s):
    s = np.array(s, float)
    G = conjugate(SO(3), np.diag(s))
    form = G.invariant_form
    assert form is not None and np.linalg.norm(form, 2) == pytest.approx(1)
    even = form * np.outer(s, s)
    assert np.allclose(even / even[0, 0], np.eye(3))
    assert G.contains(moved(np.diag([1.0, -1, -1]), s))
    assert not G.contains(-np.eye(3))


@pytest.mark.parametrize("c", [1, 30, 1e3, 1e6, SPEED_OF_LIGHT])
def test_lorentz_group_at_any_speed_of_light(c):
    s = np.array([1 / c, 1, 1, 1])
    G, H = conjugate(Lorentz(), np.diag(s)), conjugate(SOplus(1, 3), np.diag(s))
    assert facts(G) == facts(H) == (False, inf, False, True, 6)
    reversal = np.diag([-1.0, 1, 1, 1])
    assert G.contains(reversal) and not H.contains(reversal)
    gamma = 1.25  # of 0.6 c
    boost = np.eye(4)
    boost[:2, :2] = [[gamma, gamma * 0.6 / c], [gamma * 0.6 * c, gamma]]
    assert H.contains(boost) and (c == 1) == H.contains(moved(boost, 1 / s))


def test_shears_are_unbounded_however_small():
    for entry in (1e-9, 1e-7, 1, 1e8):
        G = Group(discrete_generators=[[[1, entry], [0, 1]]])
        assert not G.is_compact and G.order == inf
        assert G.contains(np.array([[1, 3 * entry], [0, 1]]))
        assert not G.contains(np.array([[1, 0.5 * entry], [0, 1]]))


def test_closed_algebra_in_other_units_is_the_same_algebra():
    s = units(0, 3)
    closed = Group(lie_algebra=moved(SO(3).lie_algebra[:2], s)).algebra
    assert closed.dim == 3 and np.array_equal(closed.basis[:2], moved(SO(3).lie_algebra[:2], s))
    third = moved(closed.basis[2], 1 / s)
    assert np.allclose(
        third / np.linalg.norm(third),
        SO(3).lie_algebra[2] / 2**0.5 * np.sign(third[2, 1]) * np.sign(SO(3).lie_algebra[2][2, 1]),
    )
    assert np.allclose(
        closed.structure_constants[0, 2, 1] * closed.structure_constants[0, 1, 2], -1
    )
    assert closed.distance(moved(np.eye(3), s)) == pytest.approx(3**0.5)


@pytest.mark.parametrize(
    "make", [lambda: SO(3), lambda: Icosahedral(), lambda: S(4), lambda: SU(2)]
)
def test_samples_in_other_units_are_elements(make):
    G = make()
    s = units(1, G.dim)
    H = Group(
        lie_algebra=moved(G.lie_algebra, s),
        discrete_generators=[moved(to_dense(h), s) for h in G.discrete_matrices] or None,
    )
    for g in np.asarray(H.samples(jax.random.key(0), 5)):
        back = moved(g.astype(complex), 1 / s)
        assert np.allclose(back @ back.conj().T, np.eye(G.dim), atol=1e-5)


def test_stabilisers_and_subgroups_in_other_units():
    s = units(2, 3)
    for G, order in ((Icosahedral(), 2), (O(3), inf)):
        H = conjugate(G, np.diag(s))
        fixed = stabiliser(H, s * [0, 0, 1])
        assert fixed.order == order and len(fixed.lie_algebra) == (order == inf)
        assert all(
            np.allclose(h @ (s * [0, 0, 1]), s * [0, 0, 1]) for h in fixed.discrete_generators
        )
        assert subgroup(H, discrete_generators=fixed.discrete_matrices).order == fixed.order or (
            order == inf
        )
    turned = conjugate(O(3), np.diag(s))
    assert stabiliser(turned, s * [0, 0, 1]).contains(np.diag([-1.0, 1, 1]))


def test_semidirect_products_in_other_units():
    s = np.append(units(3, 2), 1.0)
    translations = Group(lie_algebra=moved(SE(2).lie_algebra[1:], s))
    h = conjugate(SO(2), np.diag(s[:2]))

    def action(g):
        return np.block([[g, np.zeros((2, 1))], [np.zeros((1, 2)), np.ones((1, 1))]])

    G = semidirect(translations, h, action)
    assert G.dim == 3 and facts(G) == facts(SE(2))


@pytest.mark.parametrize("G", [SL(2), Sp(2), SE(3), C(5)], ids=repr)
def test_generators_of_the_catalogue_keep_their_units(G):
    assert np.array_equal(G.units, np.ones(G.dim)) and G.in_even_units is G


def test_products_have_the_units_of_their_factors():
    s = units(4, 3)
    G = conjugate(SO(3), np.diag(s)) * S(3)
    assert np.allclose(G.units[:3] * s, (G.units * np.append(s, np.ones(3)))[0])
    assert facts(G) == (False, inf, True, True, 3)
    assert G.contains(np.eye(6)) and not G.contains(-np.eye(6))


def test_rounding_is_no_coupling():
    turn = np.array([[0.6, -0.8, 1.0], [0.8, 0.6, 1e-17], [1e-18, 0.0, 1.0]])
    assert without_rounding(turn)[2, 0] == without_rounding(turn)[1, 2] == 0
    assert without_rounding(turn)[0, 2] == 1
    s = np.array([1e8, 1, 1e-8])
    rotation = moved(np.eye(3)[[1, 2, 0]] * 0.6 + np.eye(3) * 0.8, s)
    assert np.array_equal(without_rounding(rotation), rotation)
    nilpotent = np.array([[0, 1e-30], [0, 0]])
    assert np.array_equal(without_rounding(nilpotent), nilpotent)


def test_bounded_groups_are_not_called_unbounded_in_skew_coordinates():
    """Where the condition of the basis leaves no digits there is an error, and no guess."""
    rng = np.random.default_rng(0)
    for condition in (1e1, 1e2, 1e4, 1e6):
        q, r = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2))
        G = conjugate(SO(3), q @ np.diag([1, 1, condition]) @ r)
        try:
            assert G.is_compact
        except ValueError as error:
            assert condition > 1e2 and "cannot be decided" in str(error)


# --- single precision -----------------------------------------------------------------------------


def test_single_precision_is_refused_where_it_matters():
    angle = np.float32(2 * np.pi / 3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert turn.dtype == np.float32
    message = r"be known to 1e-10.*Got dtype {}.*Compute them in float64.*`rtol=`"
    for matrices, dtype in (
        ([turn], "float32"),
        (jax.numpy.asarray([turn]), "float32"),
        (np.array([turn], np.float16), "float16"),
        (np.array([1j * turn], np.complex64), "complex64"),
    ):
        with pytest.raises(ValueError, match="discrete_generators.*" + message.format(dtype)):
            Group(discrete_generators=matrices)
    tilted = np.array([[[0, -1, 0.3], [1, 0, 0], [0, 0, 0]]], np.float32)
    with pytest.raises(ValueError, match="lie_algebra.*" + message.format("float32")):
        Group(lie_algebra=tilted)
    assert Group(lie_algebra=tilted.astype(float)).algebra.dim == 1


def test_single_precision_is_taken_where_it_is_exact():
    turn = np.array([[[0, -1], [1, 0]]], np.float32)
    assert Group(discrete_generators=turn).order == 4
    assert Group(discrete_generators=turn / 2).order == inf
    # the scale of a Lie generator means nothing
    assert Group(lie_algebra=np.float32(0.1) * turn).is_compact


@pytest.mark.parametrize(
    "h", [1e5 * np.eye(2), np.diag([1e5, 1]), np.diag([1, 0.5]), [[2.0, 1.0], [1.0, 1.0]]], ids=str
)
def test_powers_of_a_stretch_are_its_powers(h):
    G = Group(discrete_generators=[h])
    (h,) = G.discrete_generators
    for n in (-4, -1, 0, 2, 3, 4):
        assert G.contains(np.linalg.matrix_power(h, n))
    for g in (-h, np.diag([3.0, 1.0]), 1.5 * h):
        try:
            assert not G.contains(g)
        except ValueError as error:
            assert "cannot decide" in str(error)


@pytest.mark.parametrize("G", [SL(2), SL(3), Sp(1), Sp(2), SE(2), Lorentz()], ids=repr)
def test_elements_in_other_units_are_elements(G):
    s = 1 / units(8, G.dim)
    H = Group(
        lie_algebra=moved(G.lie_algebra, s),
        discrete_generators=[moved(to_dense(h), s) for h in G.discrete_matrices] or None,
    )
    g = expm(
        np.tensordot(np.random.default_rng(9).normal(size=len(G.lie_algebra)), G.lie_algebra, 1)
    )
    assert G.contains(g) and H.contains(moved(g, s))
    assert not G.contains(1.01 * g) and not H.contains(moved(1.01 * g, s))
