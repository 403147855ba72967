"""The closure of Lie algebra generators, against brackets, bases and tables of the textbooks."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from constrainet.groups import (
    GL,
    SE,
    SL,
    SO,
    SU,
    Group,
    Icosahedral,
    LieAlgebra,
    O,
    S,
    Scaling,
    Sp,
    U,
    wreath,
)
from tests.catalogue import GROUPS, ROTATION, unipotent_algebra

LIE = [name for name, make in GROUPS.items() if make().lie_algebra.any()]


@pytest.mark.parametrize("name", LIE)
def test_algebra_of_the_catalogue_is_spanned_and_closed(name):
    G = GROUPS[name]()
    algebra = G.algebra
    assert algebra.is_spanned and np.array_equal(algebra.basis, G.lie_algebra)
    c, basis = algebra.structure_constants, algebra.basis
    products = basis[:, None] @ basis
    brackets = products - products.swapaxes(0, 1)
    scale = np.abs(brackets).max(initial=1)
    assert np.allclose(np.tensordot(c, basis, axes=1), brackets, atol=1e-12 * scale)
    assert np.isrealobj(c) and c.shape == (algebra.dim,) * 3
    for h in G.discrete_generators:
        assert all(h @ a @ np.linalg.inv(h) in algebra for a in basis)


@pytest.mark.parametrize("name", LIE)
def test_killing_form_is_the_trace_of_adjoint_maps(name):
    algebra = GROUPS[name]().algebra
    # column j of ad A_i holds the coefficients of [A_i, A_j]
    ad = algebra.structure_constants.swapaxes(1, 2)
    expected = [[np.trace(x @ y) for y in ad] for x in ad]
    assert np.allclose(algebra.killing_form, expected)


def test_killing_forms_of_the_textbooks():
    # Humphreys (1972), section 5.1: tr(ad h ad h) = 8, tr(ad x ad y) = 4 for sl(2)
    x, h, y = np.array([[[0, 1], [0, 0]], [[1, 0], [0, -1]], [[0, 0], [1, 0]]])
    sl2 = Group(lie_algebra=[x, h, y]).algebra
    assert np.allclose(sl2.killing_form, [[0, 0, 4], [0, 8, 0], [4, 0, 0]])
    # (n - 2) tr(AB) for so(n) and 2n tr(AB) for su(n)
    for G, factor in ((SO(5), 3), (SU(3), 6)):
        form = np.einsum("iab,jba->ij", G.lie_algebra, G.lie_algebra).real
        assert np.allclose(G.algebra.killing_form, factor * form)


@pytest.mark.parametrize(
    ("G", "expected"),
    [
        (SO(2), False),
        (SO(3), True),
        (SO(4), True),
        (SO(1, 3), True),
        (SU(3), True),
        (U(2), False),
        (SL(3), True),
        (GL(2), False),
        (Sp(2), True),
        (SE(2), False),
        (SE(3), False),
        (unipotent_algebra(), False),
        (Scaling(3), False),
        (S(4), True),
        (GROUPS["conjugated-SO(3)"](), True),
        (GROUPS["scaled-SO(3)"](), True),
        (SO(3) * SU(2), True),
        (SO(3) * SO(2), False),
        (wreath(SO(3), 2), True),
    ],
    ids=repr,
)
def test_semisimplicity_is_decided_by_cartan(G, expected):
    assert G.is_semisimple is expected


def test_abelian_algebras_are_told():
    assert SO(2).algebra.is_abelian and (SO(2) * SO(2)).algebra.is_abelian
    assert not SO(3).algebra.is_abelian and not unipotent_algebra().algebra.is_abelian


@pytest.mark.parametrize(
    ("algebra", "discrete", "dim"),
    [
        (SO(3).lie_algebra[:2], [], 3),
        (SO(5).lie_algebra[[0, 4, 7, 9]], [], 10),  # neighbouring planes
        (SO(3).lie_algebra[:1], Icosahedral().discrete_generators, 3),
        (SU(3).lie_algebra[[0, 3, 6]], [], 3),
        (np.array([[[0, 1], [0, 0]], [[0, 0], [1, 0]]]), [], 3),
        # [x, iy] = ih, [ih, x] = 2ix, [ih, iy] = 2y: over the reals, all of sl(2, C)
        (np.array([[[0, 1], [0, 0]], [[0, 0], [1j, 0]]]), [], 6),
        (np.array([[[0, 1], [0, 0]], [[0, 0], [1, 0]], [[0, 0], [1j, 0]]]), [], 6),
        (np.concatenate([SU(2).lie_algebra, 2 * SU(2).lie_algebra]), [], 3),
        ([SO(3).lie_algebra[0], np.zeros((3, 3))], [], 1),
        (np.zeros((0, 3, 3)), [], 0),
    ],
    ids=["so3", "so5", "conjugates", "block", "sl2", "twisted", "sl2C", "repeated", "zero", "none"],
)
def test_closure_has_its_real_dimension(algebra, discrete, dim):
    closed = LieAlgebra(np.asarray(algebra), discrete)
    assert closed.dim == dim
    for a in closed.basis:
        assert all(a @ b - b @ a in closed for b in closed.basis if np.abs(a @ b - b @ a).any())
        assert all(h @ a @ h.T in closed for h in discrete)


def test_closure_is_said():
    algebra = Group(lie_algebra=SO(3).lie_algebra[:2]).algebra
    assert not algebra.is_spanned
    assert repr(algebra) == "LieAlgebra(dim=3, on dimension 3, the closure of 2 generators)"
    assert repr(SO(3).algebra) == "LieAlgebra(dim=3, on dimension 3)"
    assert np.array_equal(algebra.basis[:2], SO(3).lie_algebra[:2])


def test_algebra_knows_its_members():
    so3 = SO(3).algebra
    assert 1e-9 * SO(3).lie_algebra.sum(axis=0) in so3 and np.zeros((3, 3)) in so3
    assert np.eye(3) not in so3 and 1j * SO(3).lie_algebra[0] not in so3 and ROTATION not in so3
    assert SO(3).lie_algebra[0] + 0j in so3
    assert 1j * SU(2).lie_algebra[0] not in SU(2).algebra


@pytest.mark.parametrize("scale", [1e-150, 1e-6, 1e6, 1e150])
def test_closure_does_not_depend_on_scale(scale):
    algebra = O(4).lie_algebra.copy()
    algebra[0] *= scale
    assert LieAlgebra(algebra[:4]).dim == 6 and LieAlgebra(scale * algebra[1:]).is_spanned is False


def test_closure_is_not_guessed():
    nearly = SO(3).lie_algebra[:2].copy()
    nearly[1] = nearly[0] + 1e-8 * nearly[1]
    with pytest.raises(
        ValueError, match=r"The Lie algebra of mine cannot be closed.*from what they"
    ):
        Group(lie_algebra=nearly, name="mine").algebra  # noqa: B018


def test_algebra_is_a_value():
    algebra = SO(3).algebra
    copy = pickle.loads(pickle.dumps(algebra))
    assert copy == algebra == Group(lie_algebra=SO(3).lie_algebra).algebra != SO(4).algebra
    assert hash(copy) == hash(algebra) and algebra != "so(3)"
    assert not copy.basis.flags.writeable and not copy.killing_form.flags.writeable
    with pytest.raises(AttributeError, match=r"immutable; cannot set `basis`"):
        algebra.basis = None
