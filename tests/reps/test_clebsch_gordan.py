"""The coupling of two representations to a third, against SymPy's tables and null spaces."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from sympy import LeviCivita, Rational
from sympy.physics.quantum.cg import CG

from constrainet.groups import SE, SL, SO, SU, O, S
from constrainet.reps import Det, Scalar, V, clebsch_gordan, decompose, irreducible
from tests.reps.test_axioms import elements


def projector(C: np.ndarray) -> np.ndarray:
    """Onto the span of the paths: coefficients are compared as spans, not by their signs."""
    flat = C.reshape(len(C), int(np.prod(C.shape[1:]))).T
    return flat @ flat.conj().T


@cache
def table(a: Fraction, b: Fraction, c: Fraction) -> np.ndarray:
    """⟨a m; b n | c m + n⟩ by SymPy, with m from a to -a: (2c + 1, 2a + 1, 2b + 1)."""
    ranges = [[j - k for k in range(int(2 * j) + 1)] for j in (c, a, b)]
    result = np.zeros([len(r) for r in ranges])
    for k, p in enumerate(ranges[0]):
        for i, m in enumerate(ranges[1]):
            for j, n in enumerate(ranges[2]):
                if p == m + n:
                    arguments = [Rational(x.numerator, x.denominator) for x in (a, m, b, n, c, p)]
                    result[k, i, j] = float(CG(*arguments).doit())
    return result / np.linalg.norm(result)


HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("a", "b", "c"), [(1, 1, 1), (1, 1, 2), (1, 2, 1), (1, 1, 0), (1, 3, 2), (2, 3, 3), (3, 3, 6)]
)
def test_su2_agrees_with_sympy(a, b, c):
    a, b, c = (Fraction(x, 2) for x in (a, b, c))
    C = clebsch_gordan(*(irreducible(SU(2), j) for j in (a, b, c)))
    if (a + b + c).denominator == 2 or not abs(a - b) <= c <= a + b:
        assert C.shape == (0, 2 * c + 1, 2 * a + 1, 2 * b + 1)
    else:
        assert C.shape == (1, 2 * c + 1, 2 * a + 1, 2 * b + 1)
        assert np.allclose(projector(C), projector(table(a, b, c)[None]), atol=1e-12)


def real_harmonics(degree: int) -> np.ndarray:
    """Columns: real harmonics m = -ℓ ... ℓ in terms of the complex ones m = ℓ ... -ℓ."""
    U = np.zeros((2 * degree + 1, 2 * degree + 1), complex)
    U[degree, degree] = 1
    for m in range(1, degree + 1):
        U[degree - m, degree + m], U[degree + m, degree + m] = (-1) ** m / 2**0.5, 1 / 2**0.5
        U[degree - m, degree - m] = -1j * (-1) ** m / 2**0.5
        U[degree + m, degree - m] = 1j / 2**0.5
    return U


@pytest.mark.parametrize(("a", "b", "c"), [(1, 1, 1), (1, 1, 2), (1, 2, 2), (2, 2, 3), (2, 3, 1)])
def test_so3_agrees_with_sympy(a, b, c):
    C = clebsch_gordan(*(irreducible(SO(3), j) for j in (a, b, c)))
    assert C.shape == (1, 2 * c + 1, 2 * a + 1, 2 * b + 1) and C.dtype == float
    Ua, Ub, Uc = (real_harmonics(j) for j in (a, b, c))
    complex_table = table(*(Fraction(j) for j in (a, b, c)))
    expected = np.einsum("kij,kl,im,jn->lmn", complex_table, Uc.conj(), Ua, Ub)
    assert np.allclose(projector(C), projector(expected[None]), atol=1e-12)


def null_space(a, b, c) -> np.ndarray:
    """Bilinear maps that every Lie generator leaves alone, by one SVD of the whole."""
    G, rows = a.group, []
    for A in G.lie_algebra:
        left = np.kron(a.drho(A), np.eye(b.dim)) + np.kron(np.eye(a.dim), b.drho(A))
        rows.append(np.kron(c.drho(A), np.eye(len(left))) - np.kron(np.eye(c.dim), left.T))
    _, values, vectors = np.linalg.svd(np.concatenate(rows), full_matrices=False)
    return vectors[values < 1e-9].conj()


def test_su3_agrees_with_a_null_space():
    v = V(SU(3))
    octet = decompose(v * v.T).irreps[1][0]
    for a, b, c, paths in ((v, v, v.T, 1), (v, v.T, octet, 1), (octet, v, v, 1), (v, v, v, 0)):
        C = clebsch_gordan(a, b, c)
        assert C.shape == (paths, c.dim, a.dim, b.dim)
        expected = null_space(a, b, c)
        assert np.allclose(projector(C), expected.T @ expected.conj(), atol=1e-9)


def gell_mann_matrices() -> np.ndarray:
    """λ₁ ... λ₈, of shape (8, 3, 3), with tr λ_a λ_b = 2 δ_ab."""
    matrices = np.zeros((8, 3, 3), complex)
    for k, (i, j) in {0: (0, 1), 3: (0, 2), 5: (1, 2)}.items():
        matrices[k, i, j] = matrices[k, j, i] = 1
        matrices[k + 1, i, j], matrices[k + 1, j, i] = -1j, 1j
    matrices[2], matrices[7] = np.diag([1, -1, 0]), np.diag([1, 1, -2]) / 3**0.5
    return matrices


def test_su3_couples_octets_by_the_structure_constants():
    v, matrices = V(SU(3)), gell_mann_matrices()
    products = np.einsum("aij,bjk,cki->abc", matrices, matrices, matrices)
    f = (products - products.swapaxes(0, 1)) / 4j
    d = (products + products.swapaxes(0, 1)) / 4
    # from the tables of Gell-Mann, "The eightfold way" (1961)
    assert np.allclose([f[0, 1, 2], f[3, 4, 7], f[0, 3, 6]], [1, 3**0.5 / 2, 0.5])
    assert np.allclose([d[0, 0, 7], d[0, 3, 5], d[7, 7, 7]], [3**-0.5, 0.5, -(3**-0.5)])
    octet = decompose(v * v.T).irreps[1][0]
    (inside,) = clebsch_gordan(v, v.T, octet)  # coordinates of X ↦ g X g⁻¹
    U = 2 * np.einsum("kij,aij->ka", inside, matrices)  # the rows are 1/√8 long, the λ_a √2
    assert np.allclose(U @ U.conj().T, np.eye(8), atol=1e-12)
    C = np.einsum("ka,pklm,lb,mc->pabc", U.conj(), clebsch_gordan(octet, octet, octet), U, U)
    expected = np.stack([f / np.linalg.norm(f), d / np.linalg.norm(d)])
    assert len(C) == 2 and np.allclose(projector(C), projector(expected), atol=1e-12)


def test_su3_couples_triplets_by_the_invariant_tensors():
    v = V(SU(3))
    assert [(part.dim, count) for part, count in decompose(v * v).irreps] == [(3, 1), (6, 1)]
    epsilon = np.array(
        [[[LeviCivita(k, i, j) for j in range(3)] for i in range(3)] for k in range(3)]
    )
    (C,) = clebsch_gordan(v, v, v.T)
    assert np.allclose(
        projector(C[None]), projector(epsilon[None].astype(float) / 6**0.5), atol=1e-12
    )
    (C,) = clebsch_gordan(v, v.T, Scalar(SU(3)))
    assert np.allclose(projector(C[None]), projector(np.eye(3)[None, None] / 3**0.5), atol=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "c", "paths"),
    [
        (V(SO(3)), V(SO(3)), V(SO(3)), 1),
        (V(O(3)), V(O(3)), V(O(3)), 0),
        (V(O(3)), V(O(3)), V(O(3)) * Det(O(3)), 1),
        (V(S(4)), V(S(4)), V(S(4)), 5),
        (V(SL(2)), V(SL(2)).T, V(SL(2)) * V(SL(2)).T, 2),
        # with z the last coordinate: x z', z x', and the displacement x z' - z x' turned by 90°
        (V(SE(2)), V(SE(2)), V(SE(2)), 3),
        (V(SO(3)), V(S(3)), V(SO(3)) * V(S(3)), 2),
        (V(SO(3)) + V(SO(3)), V(SO(3)), V(SO(3)), 2),
    ],
    ids=lambda part: str(part),
)
def test_couplings_are_equivariant_and_orthonormal(a, b, c, paths):
    C = clebsch_gordan(a, b, c)
    assert C.shape == (paths, c.dim, a.dim, b.dim)
    flat = C.reshape(len(C), int(np.prod(C.shape[1:])))
    assert np.allclose(flat @ flat.conj().T, np.eye(paths), atol=1e-12)
    group = (a * b * c).group
    a, b, c = (
        rep if rep.group == group else rep.lift(group, lift(rep, group)) for rep in (a, b, c)
    )
    (g,) = elements(group, 1)
    moved = np.einsum("pkij,im,jn->pkmn", C, a.rho(g), b.rho(g))
    assert np.allclose(moved, np.einsum("kl,plmn->pkmn", c.rho(g), C), atol=1e-9)


def lift(rep, group) -> tuple[int, ...]:
    return tuple(group.factors.index(factor) for factor in rep.group.factors)


def test_clebsch_gordan_of_different_groups():
    with pytest.raises(ValueError, match="different groups"):
        clebsch_gordan(V(SO(3)), V(SO(3)), V(S(3)))
