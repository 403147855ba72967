"""Monomial matrices against the dense matrices they stand for."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constrainet.linalg import Monomial


@st.composite
def monomials(draw, size=None):
    n = draw(st.integers(1, 6)) if size is None else size
    images = draw(st.permutations(range(n)))
    kind = draw(st.sampled_from(["permutation", "signed", "phases"]))
    if kind == "permutation":
        return Monomial(images)
    turns = draw(st.lists(st.integers(0, 11), min_size=n, max_size=n))
    if kind == "signed":
        return Monomial(images, (-1.0) ** np.array(turns))
    return Monomial(images, np.exp(2j * np.pi * np.array(turns) / 12))


def explicit(m: Monomial) -> np.ndarray:
    """Entry by entry, from the definition: e_j goes to phases[j] e_images[j]."""
    dense = np.zeros(m.shape, complex)
    for j in range(m.shape[0]):
        dense[m.images[j], j] = m.phases[j]
    return dense


@given(monomials())
def test_monomial_to_dense_follows_the_definition(m):
    assert np.array_equal(m.to_dense(), explicit(m))
    assert m.to_dense().dtype == m.dtype


@given(st.data(), st.integers(1, 6))
def test_monomial_product_is_the_matrix_product(data, n):
    a, b = data.draw(monomials(n)), data.draw(monomials(n))
    product = a @ b
    assert isinstance(product, Monomial)
    assert np.allclose(product.to_dense(), explicit(a) @ explicit(b), atol=1e-15)


@given(monomials(), st.integers(0, 3))
def test_monomial_applies_to_arrays(m, num_axes):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(m.shape[0], *range(2, 2 + num_axes)))
    expected = np.tensordot(explicit(m), x, 1)
    assert np.allclose(m @ x, expected, atol=1e-15)
    assert np.allclose(m @ (1j * x), 1j * expected, atol=1e-15)


@given(monomials())
def test_monomial_adjoint_is_the_conjugate_transpose_and_the_inverse(m):
    assert np.array_equal(m.H.to_dense(), explicit(m).conj().T)
    assert np.allclose((m @ m.H).to_dense(), np.eye(m.shape[0]), atol=1e-15)
    assert np.array_equal(m.H.H.to_dense(), m.to_dense())


@given(monomials())
def test_monomial_conjugate_is_entrywise(m):
    assert np.array_equal(m.conj().to_dense(), explicit(m).conj())


@given(monomials(), monomials())
def test_monomial_kron_is_the_kronecker_product(a, b):
    assert np.allclose(a.kron(b).to_dense(), np.kron(explicit(a), explicit(b)), atol=1e-15)


@given(monomials())
def test_monomial_from_dense_round_trip(m):
    assert Monomial.from_dense(m.to_dense()) == m


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 0.0], [1.0, 0.0]],
        [[1.0, 1.0], [0.0, 0.0]],
        [[1.0, 1e-17], [0.0, 1.0]],
        [[2.0, 0.0], [0.0, 1.0]],
        [[1.0 + 1e-12, 0.0], [0.0, 1.0]],
        [[0.0, 0.0], [0.0, 0.0]],
        [[1j, 0.0], [0.0, 1.0 + 1j]],
    ],
)
def test_monomial_from_dense_refuses_other_matrices(matrix):
    assert Monomial.from_dense(np.array(matrix)) is None


@given(monomials())
def test_monomial_is_permutation_iff_all_entries_are_one(m):
    assert m.is_permutation == bool(np.isin(explicit(m), [0, 1]).all())


@given(monomials())
def test_monomial_copies_are_equal_and_read_only(m):
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m)), Monomial(m.images, m.phases)):
        assert other == m and hash(other) == hash(m)
        for array in (other.images, other.phases):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_monomial_does_not_follow_its_arguments():
    images, phases = np.array([1, 0]), np.array([1.0, -1.0])
    m = Monomial(images, phases)
    images[:], phases[:] = 0, 5
    assert np.array_equal(m.to_dense(), [[0, -1], [1, 0]])


def test_monomial_is_unlike_other_types():
    m = Monomial([0, 1])
    assert m != 3 and (m == "x") is False
    assert m != Monomial([1, 0]) and m != Monomial([0, 1], [1, -1])
    with pytest.raises(TypeError):
        np.eye(2) @ m  # not an array of objects


@pytest.mark.parametrize("images", [[0, 0], [1, 2], [[0, 1]], [-1, 0]])
def test_monomial_images_must_be_a_permutation(images):
    with pytest.raises(ValueError, match=r"`Monomial\(images=...\)` should be a permutation"):
        Monomial(images)


def test_monomial_phases_must_match():
    with pytest.raises(ValueError, match=r"`Monomial\(phases=...\)` should have shape \(2,\)"):
        Monomial([0, 1], [1.0, 1.0, 1.0])
