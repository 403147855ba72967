"""A solved basis as people expect it: a sequence of vectors, a matrix in products, a value."""

from __future__ import annotations

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import SO, S
from constrainet.reps import V, decompose
from tests.solve.test_subspace import REPS, random

WHOLE = slice(None)


@pytest.fixture(params=REPS, name="basis", scope="module")
def basis_fixture(request):
    return REPS[request.param]().equivariant_basis()


def same(a, b) -> bool:
    return a.shape == b.shape and np.allclose(a, b, atol=1e-12)


def test_repr_is_one_line_with_shape_rank_and_method():
    basis = (V(SO(3)) ** 2 >> V(SO(3))).equivariant_basis()
    assert repr(basis) == str(basis) == "Subspace(shape=(27, 1), rank=1, method='isotypic')"
    projector = (V(SO(3)) ** 2 >> V(SO(3))).equivariant_projector()
    assert repr(projector) == f"Projector(subspace={basis!r})"


def test_basis_is_the_sequence_of_its_vectors(basis):
    columns = basis.to_dense().T
    assert len(basis) == basis.rank
    vectors = list(basis)
    assert len(vectors) == basis.rank
    for i, vector in enumerate(vectors):
        assert type(vector) is np.ndarray and same(vector, columns[i])
        assert same(basis[i], columns[i]) and same(basis[i - basis.rank], columns[i])
    for places in (slice(None), slice(1, None, 2), slice(0, 0), np.arange(basis.rank)[::-1]):
        assert same(basis[places], columns[places])


def test_basis_has_entries_like_its_matrix(basis):
    dense = basis.to_dense()
    assert same(basis.T, dense.T) and same(basis[:, :], dense) and same(basis[:, :1], dense[:, :1])
    assert same(basis[:2, :1], dense[:2, :1])
    for i in range(min(3, basis.rank)):
        assert same(basis[:, i], dense[:, i]) and basis[0, i] == dense[0, i]


@pytest.mark.parametrize("index", [2, -3, 1000])
def test_basis_ends_where_its_rank_does(index):
    basis = (V(S(4)) >> V(S(4))).equivariant_basis()
    for place in (index, (slice(None), index)):
        with pytest.raises(IndexError, match="out of bounds"):
            basis[place]
    with pytest.raises(IndexError):
        basis[1.5]


@pytest.mark.parametrize("is_complex", [False, True])
def test_basis_multiplies_like_its_matrix(basis, is_complex):
    dense, (size, rank) = basis.to_dense(), basis.shape
    for shape in ((rank,), (rank, 3), (rank, 0)):
        c = random(shape, is_complex)
        assert same(basis @ c, dense @ c)
    for shape in ((size,), (3, size), (2, 3, size)):
        x = random(shape, is_complex)
        assert same(x @ basis, x @ dense)


def test_basis_multiplies_lists_and_jax_arrays():
    basis = REPS["complex"]().equivariant_basis()
    dense, (size, rank) = basis.to_dense(), basis.shape
    assert same(basis @ ([1] * rank), dense.sum(axis=1))
    c, x = jnp.asarray(random((rank, 2)), "float32"), jnp.asarray(random((2, size)), "float32")
    for got, expected in (
        (jax.jit(lambda c: basis @ c)(c), dense @ c),
        (jax.jit(lambda x: x @ basis)(x), x @ dense),
    ):
        assert isinstance(got, jax.Array) and got.dtype == jnp.complex64
        assert np.allclose(got, expected, atol=1e-5)


def test_basis_and_projector_that_would_become_arrays_say_what_to_call():
    rep = V(S(4)) >> V(S(4))
    for value, name, shape in (
        (rep.equivariant_basis(), "basis", r"\(16, 2\)"),
        (rep.equivariant_projector(), "projector", r"\(16, 16\)"),
    ):
        for convert in (np.asarray, np.array, jnp.asarray, np.linalg.norm):
            with pytest.raises(TypeError, match=rf"`{name}.to_dense\(\)`, of shape {shape}"):
                convert(value)
        with pytest.raises(TypeError):
            np.ones(16) * value


def test_basis_refuses_to_multiply_other_shapes():
    basis = (V(S(4)) >> V(S(4))).equivariant_basis()
    for shape in ((3,), (3, 2), (), (5, 2, 2)):
        with pytest.raises(ValueError, match=r"of shape \(2,\) or \(2, k\). Got "):
            basis @ np.ones(shape)
    for shape in ((2,), (16, 2)):
        with pytest.raises(ValueError, match=r"should have shape \(..., 16\)"):
            np.ones(shape) @ basis


def test_one_vector_needs_no_dense_basis(monkeypatch):
    basis = (V(S(16)) ** 2 >> V(S(16)) ** 2).equivariant_basis()
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", str(2**20))
    assert same(basis[3], basis[:, 3]) and basis[3].any()
    with pytest.raises(ProblemTooLargeError, match="dense basis"):
        basis.T  # noqa: B018


def test_basis_and_projector_pickle_and_copy_to_equals(basis):
    for again in (pickle.loads(pickle.dumps(basis)), copy.deepcopy(basis), copy.copy(basis)):
        assert again == basis and hash(again) == hash(basis)
        assert np.array_equal(again.to_dense(), basis.to_dense())


def test_bases_are_equal_by_what_they_span_and_of_what():
    v = V(SO(3))
    basis = (v >> v + v).equivariant_basis()
    assert basis == (v >> v + v).equivariant_basis() != (v + v >> v).equivariant_basis()
    assert basis != (V(S(3)) >> 2 * V(S(3))).equivariant_basis() and basis != "basis"
    projector = (v >> v + v).equivariant_projector()
    again = pickle.loads(pickle.dumps(projector))
    assert again == projector and hash(again) == hash(projector)
    assert projector != (v >> v).equivariant_projector()
    assert len({basis, (v >> v + v).equivariant_basis()}) == 1


def test_decompositions_pickle_to_equals():
    found = decompose(V(SO(3)) ** 2)
    again = pickle.loads(pickle.dumps(found))
    assert again == found and hash(again) == hash(found)
    assert found != decompose(V(SO(3)))
