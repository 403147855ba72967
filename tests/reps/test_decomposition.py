"""Representations as sums of irreducible ones: multiplicities, types, and the change of basis."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from constrainet.groups import (
    SE,
    SO,
    SU,
    C,
    D,
    Group,
    Icosahedral,
    Lorentz,
    O,
    RubiksCube,
    S,
    U,
    Z,
    conjugate,
)
from constrainet.linalg import to_dense
from constrainet.reps import (
    Complexified,
    Det,
    Irrep,
    Realified,
    Rep,
    Scalar,
    Sym,
    V,
    decompose,
    from_generators,
    irreducible,
)
from tests.catalogue import (
    conjugated_icosahedral,
    conjugated_rotations,
    quaternion_group,
    skew_square,
)
from tests.reps.test_axioms import elements
from tests.solve.test_types import su2_on_quaternions


def assert_splits(rep: Rep, tolerance: float = 1e-12) -> None:
    """The matrix is unitary and brings every generator to the blocks that are announced."""
    found = decompose(rep)
    M = found.matrix
    assert M.shape == (rep.dim, rep.dim) and np.iscomplexobj(M) <= rep.is_complex
    assert np.abs(M.conj().T @ M - np.eye(rep.dim)).max(initial=0) <= tolerance
    assert all(isinstance(irrep, Irrep) and irrep.group == rep.group for irrep, _ in found.irreps)

    def blocks(matrices):
        pairs = zip(matrices, found.irreps, strict=True)
        return scipy.linalg.block_diag(*(m for m, (_, n) in pairs for _ in range(n)))

    for h in rep.group.discrete_generators:
        expected = blocks([irrep.rho(h) for irrep, _ in found.irreps])
        assert np.abs(M.conj().T @ rep.rho(h) @ M - expected).max(initial=0) <= tolerance
    for A in rep.group.lie_algebra:
        expected = blocks([irrep.drho(A) for irrep, _ in found.irreps])
        assert np.abs(M.conj().T @ rep.drho(A) @ M - expected).max(initial=0) <= tolerance
    (g,) = elements(rep.group, 1)
    expected = blocks([irrep.rho(g) for irrep, _ in found.irreps])
    scale = np.abs(rep.rho(g)).max(initial=1)
    assert np.abs(M.conj().T @ rep.rho(g) @ M - expected).max(initial=0) <= 10 * tolerance * scale


def content(rep: Rep) -> list[tuple[int, str, int]]:
    return [(irrep.dim, irrep.type, count) for irrep, count in decompose(rep).irreps]


def product_of_circles() -> Rep:
    G = SO(2) * SO(2)
    return V(G, factor=0) * V(G, factor=1) + V(G)


@pytest.mark.parametrize(
    ("rep", "expected"),
    [
        (V(SO(3)), [(3, "real", 1)]),
        (V(SO(3)) ** 3, [(1, "real", 1), (3, "real", 3), (5, "real", 2), (7, "real", 1)]),
        (V(SO(2)) ** 2, [(1, "real", 2), (2, "complex", 1)]),
        (V(O(2)) ** 2, [(1, "real", 1), (1, "real", 1), (2, "real", 1)]),
        (V(quaternion_group()), [(4, "quaternionic", 1)]),
        (V(quaternion_group()) ** 2, [(1, "real", 4)] * 4),
        (V(su2_on_quaternions()) ** 2, [(1, "real", 4), (3, "real", 4)]),
        (V(S(4)) ** 2, [(1, "real", 2), (2, "real", 1), (3, "real", 3), (3, "real", 1)]),
        (V(Z(6)), [(1, "real", 1), (1, "real", 1), (2, "complex", 1), (2, "complex", 1)]),
        (V(C(5)) + Det(C(5)), [(1, "real", 1), (2, "complex", 1)]),
        (V(Icosahedral()) ** 2, [(1, "real", 1), (3, "real", 1), (5, "real", 1)]),
        (V(Lorentz()) ** 2, [(1, "real", 1), (6, "real", 1), (9, "real", 1)]),
        (V(SU(2)), [(2, "quaternionic", 1)]),
        (V(SU(2)) ** 2, [(1, "real", 1), (3, "real", 1)]),
        (V(SU(3)), [(3, "complex", 1)]),
        (V(SU(3)) * V(SU(3)).T, [(1, "real", 1), (8, "real", 1)]),
        (V(SU(3)) + V(SU(3)).T, [(3, "complex", 1), (3, "complex", 1)]),
        (V(U(1)) + Scalar(U(1)), [(1, "complex", 1), (1, "real", 1)]),
        (Realified(V(SU(2))), [(4, "quaternionic", 1)]),
        (Realified(V(SU(3))), [(6, "complex", 1)]),
        (Realified(V(SU(2)) ** 2), [(1, "real", 2), (3, "real", 2)]),
        (Complexified(V(SO(2))), [(1, "complex", 1), (1, "complex", 1)]),
        (Complexified(V(quaternion_group())), [(2, "quaternionic", 2)]),
        (V(SO(3)) * V(S(3)), [(3, "real", 1), (6, "real", 1)]),
        # over the real numbers complex type times complex type is two irreducibles
        (product_of_circles(), [(2, "complex", 1)] * 4),
        # and quaternionic times quaternionic is real, four times
        (V(quaternion_group()) * V(su2_on_quaternions()), [(4, "real", 4)]),
        (V(RubiksCube()), None),
        (0 * V(SO(3)), []),
    ],
    ids=str,
)
def test_decompose_finds_dimensions_types_and_multiplicities(rep, expected):
    assert_splits(rep)
    if expected is not None:
        assert content(rep) == expected
    else:
        assert sum(dim * count for dim, _, count in content(rep)) == rep.dim


@pytest.mark.parametrize(
    "irreps",
    [
        [irreducible(SO(2), k) for k in (0, 1, 3)],
        [irreducible(SO(3), k) for k in (0, 1, 2)],
        [irreducible(O(3), k) for k in ("0o", "1o", "1e", "2e")],
        [irreducible(S(4), p) for p in ((4,), (3, 1), (2, 2), (2, 1, 1))],
        [irreducible(SU(2), j) for j in (0, 0.5, 1, 1.5)],
        [irreducible(D(4), k) for k in ("A1", "A2", "B1", "B2", "E1")],
        [V(quaternion_group()), Scalar(quaternion_group())],
        [Realified(irreducible(SU(2), 0.5)), Scalar(SU(2))],
    ],
    ids=lambda irreps: str(irreps[0].group),
)
@pytest.mark.parametrize("seed", [0, 1])
def test_random_sums_come_back(irreps, seed):
    rng = np.random.default_rng(seed)
    counts = dict(zip(irreps, rng.integers(1, 5, len(irreps)).tolist(), strict=True))
    total = 0 * irreps[0]
    pieces = [irrep for irrep, count in counts.items() for _ in range(count)]
    for i in rng.permutation(len(pieces)):
        total = total + pieces[i]
    found = decompose(total)
    assert_splits(total)
    assert sum(count for _, count in found.irreps) == sum(counts.values())
    for irrep, count in counts.items():
        assert found.multiplicity(irrep) == count
    assert found.multiplicity(Det(irreps[0].group) * irreps[0]) in (0, *counts.values())


def test_sums_in_random_coordinates_come_back():
    """The same by images in a random orthogonal basis, so that no structure is left."""
    rep = 2 * irreducible(SO(3), 2) + 3 * V(SO(3)) + Scalar(SO(3))
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(rep.dim, rep.dim)))[0]
    images = [Q @ to_dense(A) @ Q.T for A in rep.generator_images[1]]
    hidden = from_generators(SO(3), drho=images)
    assert content(hidden) == [(1, "real", 1), (3, "real", 3), (5, "real", 2)]
    assert_splits(hidden)
    assert (hidden >> rep).equivariant_basis().rank == 1 + 9 + 4


def test_large_tensor_powers_split_to_rounding():
    assert_splits(V(SO(3)) ** 5)
    assert_splits(Sym(V(SO(3)), 4) * V(SO(3)))
    assert_splits(V(S(20)) ** 2)
    assert_splits(V(Z(100)))


def test_irreducible_summands_keep_their_coordinates():
    v = V(SO(3))
    ((irrep, count),) = decompose(2 * v).irreps
    assert count == 2 and np.allclose(decompose(2 * v).matrix, np.eye(6), atol=1e-14)
    g = elements(SO(3), 1)[0]
    assert np.array_equal(irrep.rho(g), g)
    ell = irreducible(SO(3), 2)
    assert decompose(3 * ell).irreps == ((ell, 3),)
    assert decompose(irrep).irreps == ((irrep, 1),)


def test_irreducibles_are_ordinary_representations():
    v = V(SO(3))
    _, _, quadrupole, _ = (irrep for irrep, _ in decompose(v**3).irreps)
    mixed = quadrupole * V(SO(3)) + 2 * quadrupole
    g, h = elements(SO(3), 2)
    assert np.allclose(mixed.rho(g @ h), mixed.rho(g) @ mixed.rho(h))
    assert (quadrupole >> v**3).equivariant_basis().rank == 2
    assert (quadrupole * v >> v).equivariant_basis().rank == 1
    assert (quadrupole >> irreducible(SO(3), 2)).equivariant_basis().rank == 1
    assert str(quadrupole) == "[5]" and str(decompose(v**3)) == "[1]⊕3[3]⊕2[5]⊕[7]"


def test_decompose_is_remembered_and_deterministic():
    rep = V(S(4)) ** 2
    again = decompose.__wrapped__(rep)
    assert decompose(rep) is decompose(V(S(4)) ** 2)
    assert np.array_equal(again.matrix, decompose(rep).matrix)
    assert again.irreps == decompose(rep).irreps


def test_decompose_refuses_what_no_orthogonal_basis_splits():
    skew = from_generators(Z(2), rho=[[[1.0, 1.0], [0.0, -1.0]]])
    for rep, remedy in (
        (V(SE(2)), "If it is compact, write it"),
        (skew, "own matrices are orthogonal"),
        (V(conjugated_icosahedral()), r"`conjugate\(G, np.linalg.cholesky\(G.invariant_form\)"),
    ):
        with pytest.raises(ValueError, match="adjoints of the generators' images.*" + remedy):
            decompose(rep)


@pytest.mark.parametrize("make", [conjugated_icosahedral, conjugated_rotations, skew_square])
def test_decompose_accepts_a_compact_group_after_the_remedy_of_its_message(make):
    G = make()
    H = conjugate(G, np.linalg.cholesky(G.invariant_form).conj().T)
    assert H.is_orthogonal
    assert_splits(V(H) ** 2)


def test_decompose_of_a_group_without_generators_is_all_trivial():
    rep = 3 * V(Group(lie_algebra=np.zeros((0, 2, 2))))
    assert content(rep) == [(1, "real", 6)]
