"""Canonical bases depend on the subspace alone."""

import numpy as np
import pytest

from constrainet.linalg import canonical_basis, canonical_combinations


def random_subspace(n, k, dtype, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k)).astype(dtype)
    if np.iscomplexobj(x):
        x = x + 1j * rng.normal(size=(n, k))
    return np.linalg.qr(x)[0]


def turned(columns, seed=1):
    k = columns.shape[1]
    return columns @ random_subspace(k, k, columns.dtype, seed)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("n,k", [(5, 0), (5, 1), (12, 5), (40, 39), (7, 7)])
def test_canonical_basis_forgets_the_basis_that_it_was_given(n, k, dtype):
    columns = random_subspace(n, k, dtype)
    basis = canonical_basis(columns)
    np.testing.assert_allclose(canonical_basis(turned(columns)), basis, atol=1e-12)
    np.testing.assert_allclose(basis.conj().T @ basis, np.eye(k), atol=1e-13)
    np.testing.assert_allclose(basis @ basis.conj().T, columns @ columns.conj().T, atol=1e-13)


def test_canonical_basis_breaks_ties_by_the_order_of_coordinates():
    # vectors that sum to zero: every column of the projector is as long as every other
    columns = np.linalg.svd(np.ones((1, 6)))[2][1:].T
    basis = canonical_basis(columns)
    helmert = np.zeros((6, 5))
    for i in range(5):
        helmert[i, i], helmert[i + 1 :, i] = 5 - i, -1
    np.testing.assert_allclose(basis, helmert / np.linalg.norm(helmert, axis=0), atol=1e-14)


def test_canonical_combinations_over_the_complex_numbers_forget_the_basis():
    n, m = 9, 3
    i = np.kron(np.eye(n), [[0.0, -1.0], [1.0, 0.0]])
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2 * n, m))
    columns = np.linalg.qr(np.concatenate([x, i @ x], axis=1))[0]
    found = []
    for basis in (columns, turned(columns)):
        unit = basis.T @ i @ basis
        seeds = canonical_combinations(basis, [unit])
        assert seeds.shape == (2 * m, m)
        together = np.concatenate([seeds, unit @ seeds], axis=1)
        np.testing.assert_allclose(together.T @ together, np.eye(2 * m), atol=1e-13)
        found.append(basis @ seeds)
    np.testing.assert_allclose(*found, atol=1e-12)
