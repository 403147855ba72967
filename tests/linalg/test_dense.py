"""Rank decisions, null spaces and adjoint relations."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constrainet.errors import AmbiguousRankError
from constrainet.linalg import adjoint_relation, null_space, numerical_rank


def random_matrix(m, n, rank, *, is_complex=False, smallest=0.1, seed=0):
    """A matrix with singular values between `smallest` and 1."""
    rng = np.random.default_rng(seed)

    def orthonormal(k):
        x = rng.normal(size=(k, k)) + (1j * rng.normal(size=(k, k)) if is_complex else 0)
        return np.linalg.qr(x)[0]

    values = np.geomspace(1, smallest, rank)
    return (orthonormal(m)[:, :rank] * values) @ orthonormal(n)[:rank]


@pytest.mark.parametrize(
    ("values", "rank", "gap"),
    [
        ([1.0, 1.0], 2, np.inf),
        ([0.0, 0.0], 0, np.inf),
        ([], 0, np.inf),
        ([1e-14, 1.0, 0.5], 2, 5e13),
        ([1.0, 1e-6, 1e-16], 2, 1e-6 / np.finfo(float).eps),
        ([1e-12, 1e-13], 0, np.inf),
    ],
)
def test_numerical_rank_and_gap(values, rank, gap):
    found, found_gap = numerical_rank(np.array(values), 1e-9)
    assert found == rank and found_gap == pytest.approx(gap)


@pytest.mark.parametrize("values", [[1, 3.1e-9, 8.7e-10], [1, 2e-9], [1, 1e-7, 2e-9]])
def test_numerical_rank_refuses_values_close_to_the_cutoff(values):
    with pytest.raises(AmbiguousRankError, match="The rank is ambiguous"):
        numerical_rank(np.array(values), 1e-9)


def test_ambiguous_rank_error_carries_its_numbers():
    with pytest.raises(AmbiguousRankError) as info:
        numerical_rank(np.array([1, 3.1e-9, 8.7e-10]), 1e-9)
    error = info.value
    assert (error.above, error.below, error.cutoff) == (3.1e-9, 8.7e-10, 1e-9)
    for text in ("singular values 3.1e-09 and 8.7e-10", "cutoff 1.0e-09", "pass `rtol=`"):
        assert text in str(error)
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is AmbiguousRankError and str(other) == str(error)
        assert (other.above, other.below, other.cutoff) == (3.1e-9, 8.7e-10, 1e-9)
    assert isinstance(error, ValueError)


@given(
    st.integers(1, 12), st.integers(1, 12), st.integers(0, 12), st.booleans(), st.integers(0, 99)
)
def test_null_space_is_orthonormal_complete_and_annihilated(m, n, rank, is_complex, seed):
    rank = min(rank, m, n)
    matrix = random_matrix(m, n, rank, is_complex=is_complex, seed=seed)
    basis, gap = null_space(matrix, 1e-9)
    assert basis.shape == (n, n - rank)
    assert gap > 1e6
    assert np.allclose(basis.conj().T @ basis, np.eye(n - rank), atol=1e-13)
    assert np.abs(matrix @ basis).max(initial=0) < 1e-13


@pytest.mark.parametrize("shape", [(0, 4), (3, 4), (4, 4), (9, 4)])
def test_null_space_of_zero_is_everything(shape):
    basis, _ = null_space(np.zeros(shape), 1e-9)
    assert basis.shape == (4, 4) and np.allclose(basis.T @ basis, np.eye(4))


def test_null_space_refuses_an_ambiguous_matrix():
    with pytest.raises(AmbiguousRankError):
        null_space(np.diag([1.0, 2e-9, 5e-10]), 1e-9)


def relation_holds(matrices, c):
    return np.allclose(matrices.conj().swapaxes(1, 2), np.tensordot(c, matrices, 1), atol=1e-12)


def test_adjoint_relation_of_closed_spans():
    rotations = np.zeros((3, 3, 3))
    for i in range(3):
        rotations[i, (i + 1) % 3, (i + 2) % 3], rotations[i, (i + 2) % 3, (i + 1) % 3] = 1, -1
    assert np.allclose(adjoint_relation(rotations), -np.eye(3))
    units = np.eye(9).reshape(9, 3, 3)  # all of gl(3), where the adjoint permutes
    assert relation_holds(units, adjoint_relation(units))
    scaled = units * 10.0 ** np.linspace(-6, 6, 9)[:, None, None]
    c = adjoint_relation(scaled)
    assert c is not None
    size = np.abs(scaled).max((1, 2), keepdims=True)
    error = scaled.swapaxes(1, 2) - np.tensordot(c, scaled, 1)
    assert np.abs(error / size).max() < 1e-9


def test_adjoint_relation_with_repeated_and_zero_generators():
    boost = np.array([[0.0, 1.0], [1.0, 0.0]])
    matrices = np.stack([boost, 2 * boost, 0 * boost])
    assert relation_holds(matrices, adjoint_relation(matrices))


def test_adjoint_relation_of_complex_generators():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
    closed = np.concatenate([x, x.conj().swapaxes(1, 2)])
    assert relation_holds(closed, adjoint_relation(closed))
    assert adjoint_relation(x) is None


def test_adjoint_relation_of_open_spans_is_none():
    assert adjoint_relation(np.array([[[0.0, 1.0], [0.0, 0.0]]])) is None
    nearly = np.array([[[0.0, -1.0], [1.0 + 1e-8, 0.0]]])
    assert adjoint_relation(nearly) is None


def test_adjoint_relation_of_nothing_is_empty():
    assert adjoint_relation(np.zeros((0, 3, 3))).shape == (0, 0)
