"""Kronecker products, Kronecker sums and direct sums against explicit matrices."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import scipy.linalg
from scipy.sparse.linalg import aslinearoperator

from constrainet.linalg import (
    BlockDiagonal,
    KroneckerProduct,
    KroneckerSum,
    Monomial,
    adjoint,
    apply_along,
    to_dense,
)

RNG = np.random.default_rng(0)


def real(n):
    return RNG.normal(size=(n, n))


def unlike(n):
    return RNG.normal(size=(n, n)) + 1j * RNG.normal(size=(n, n))


FACTORS = {
    "empty": [],
    "one": [real(3)],
    "real": [real(2), real(3), real(1)],
    "complex": [unlike(2), unlike(3)],
    "mixed": [real(2), unlike(2), real(3)],
    "monomial": [Monomial([1, 2, 0]), Monomial([1, 0], [1, -1])],
    "phases": [Monomial([1, 0], [1j, 1]), real(2), Monomial([0, 1])],
    "nested": [KroneckerProduct([unlike(2), real(2)]), real(2)],
    "scipy": [aslinearoperator(unlike(3)), real(2)],
}


def kron_all(matrices):
    return functools.reduce(np.kron, matrices, np.ones((1, 1)))


def explicit_product(factors):
    return kron_all([to_dense(f) for f in factors])


def explicit_sum(factors):
    dense = [to_dense(f) for f in factors]
    total = np.zeros((1, 1)) * kron_all([np.eye(len(f)) for f in dense])
    for i, f in enumerate(dense):
        total = total + kron_all([f if j == i else np.eye(len(g)) for j, g in enumerate(dense)])
    return total


def operators():
    for name, factors in FACTORS.items():
        yield f"product-{name}", KroneckerProduct(factors), explicit_product(factors)
        yield f"sum-{name}", KroneckerSum(factors), explicit_sum(factors)
    blocks = [
        (KroneckerProduct(FACTORS["mixed"]), 2),
        (KroneckerSum(FACTORS["complex"]), 1),
        (KroneckerProduct([]), 3),
    ]
    dense = [explicit_product(FACTORS["mixed"])] * 2 + [explicit_sum(FACTORS["complex"])]
    yield "blocks", BlockDiagonal(blocks), scipy.linalg.block_diag(*dense, np.eye(3))
    yield "no blocks", BlockDiagonal([]), np.zeros((0, 0))


CASES = list(operators())
EVERY = pytest.mark.parametrize(
    ("operator", "matrix"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)


@EVERY
def test_operator_is_its_explicit_matrix(operator, matrix):
    assert operator.shape == matrix.shape
    assert np.allclose(to_dense(operator), matrix, atol=1e-13)
    assert np.iscomplexobj(matrix) == (operator.dtype.kind == "c")


@EVERY
@pytest.mark.parametrize("columns", [1, 4])
def test_operator_applies_to_complex_matrices(operator, matrix, columns):
    x = np.random.default_rng(1).normal(size=(matrix.shape[1], columns))
    x = x + 1j * np.random.default_rng(2).normal(size=x.shape)
    assert np.allclose(operator @ x, matrix @ x, atol=1e-13)


@EVERY
def test_operator_applies_to_vectors_and_leaves_them_alone(operator, matrix):
    x = np.random.default_rng(1).normal(size=matrix.shape[1])
    before = x.copy()
    assert np.allclose(operator @ x, matrix @ x, atol=1e-13)
    assert np.array_equal(x, before)


@EVERY
def test_operator_adjoint_is_the_conjugate_transpose(operator, matrix):
    """EMLP's complex Kronecker operators have plain transposes for adjoints."""
    assert np.allclose(to_dense(operator.H), matrix.conj().T, atol=1e-13)
    assert np.allclose(to_dense(operator.T), matrix.T, atol=1e-13)
    assert np.allclose(to_dense(operator.H.H), matrix, atol=1e-13)
    x = np.random.default_rng(1).normal(size=(matrix.shape[0], 2)) * (1 + 2j)
    assert np.allclose(operator.rmatmat(x), matrix.conj().T @ x, atol=1e-13)


@EVERY
def test_operator_composes_with_others(operator, matrix):
    shifted = (operator - aslinearoperator(np.eye(len(matrix)))) * 0.5 if len(matrix) else operator
    expected = (matrix - np.eye(len(matrix))) * 0.5
    assert np.allclose(to_dense(shifted), expected, atol=1e-13)
    assert np.allclose(to_dense(shifted.H @ shifted), expected.conj().T @ expected, atol=1e-12)


def test_adjoint_of_each_storage():
    for matrix in (real(3), unlike(3), Monomial([1, 2, 0], [1, 1j, -1]), KroneckerSum([unlike(2)])):
        assert np.allclose(to_dense(adjoint(matrix)), to_dense(matrix).conj().T)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kind", [real, unlike, lambda n: Monomial(np.roll(range(n), 1))])
def test_apply_along_keeps_the_axis_in_its_place(axis, kind):
    x = RNG.normal(size=(2, 3, 4))
    matrix = kind(x.shape[axis])
    expected = np.moveaxis(np.tensordot(to_dense(matrix), x, (1, axis)), 0, axis)
    result = apply_along(matrix, x, axis)
    assert result.shape == x.shape and np.allclose(result, expected)
