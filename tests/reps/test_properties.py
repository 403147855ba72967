"""The algebra of representations over random expressions."""

from __future__ import annotations

import pickle
from math import prod

import numpy as np
import scipy.linalg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constrainet.groups import SL, SO, SU, D, S
from constrainet.reps import Rep, Scalar, V
from tests.solve import oracles

SETTINGS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

FACTORS = (SO(3), SL(2), SU(2), S(3), D(4))
PAIRS = {"alone": FACTORS[:1], "complex": FACTORS[2:3], "two": FACTORS[1:4:2], "three": FACTORS[2:]}


@st.composite
def reps(draw, groups=None, largest=60, leaves=4) -> Rep:
    if groups is None:
        groups = PAIRS[draw(st.sampled_from(list(PAIRS)))]
    group = prod(groups[1:], start=groups[0])
    atoms = [V(group, factor=i) for i in range(len(groups))]
    atoms += [v.T for v in atoms] + [Scalar(group)]
    rep = draw(st.sampled_from(atoms))
    for _ in range(draw(st.integers(0, leaves))):
        kind = draw(st.sampled_from(["+", "*", "times", "dual", "swap"]))
        other = draw(st.sampled_from(atoms))
        new = {
            "+": lambda r=rep, o=other: r + o,
            "*": lambda r=rep, o=other: r * o,
            "swap": lambda r=rep, o=other: o * r,
            "times": lambda r=rep: draw(st.integers(1, 3)) * r,
            "dual": lambda r=rep: r.T,
        }[kind]()
        if new.dim <= largest:
            rep = new
    return rep


@st.composite
def several(draw, count, largest=12):
    groups = PAIRS[draw(st.sampled_from(list(PAIRS)))]
    return [draw(reps(groups, largest, 2)) for _ in range(count)]


def element(rep: Rep, seed=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    blocks = []
    for factor in rep.group.factors:
        g = np.eye(factor.dim, dtype=factor.dtype)
        for h in factor.discrete_generators:
            g = g @ h if rng.random() < 0.6 else g
        if len(factor.lie_algebra):
            weights = rng.normal(size=len(factor.lie_algebra))
            g = g @ scipy.linalg.expm(np.tensordot(weights, factor.lie_algebra, 1) / 2)
        blocks.append(g)
    return scipy.linalg.block_diag(*blocks)


@given(several(3))
@SETTINGS
def test_sums_and_products_are_associative(abc):
    a, b, c = abc
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert hash((a * b) * c) == hash(a * (b * c))


@given(several(3))
@SETTINGS
def test_dimensions_distribute(abc):
    a, b, c = abc
    assert ((a + b) * c).dim == (a * c + b * c).dim == (a.dim + b.dim) * c.dim
    assert (a >> b).dim == a.dim * b.dim
    assert (3 * a).dim == 3 * a.dim and (a**2).dim == a.dim**2


@given(several(2))
@SETTINGS
def test_duals_distribute(ab):
    a, b = ab
    assert (a * b).T == a.T * b.T and (a + b).T == a.T + b.T and (2 * a).T == 2 * a.T
    assert a == a.T.T and (a**2).T == a.T**2
    assert a * b == (a * b).T.T


@given(reps())
@SETTINGS
def test_matrices_follow_the_slow_definition(rep):
    g, h = element(rep, 0), element(rep, 1)
    assert np.allclose(rep.rho(g), oracles.slow_rho(rep, g), atol=1e-9)
    assert np.allclose(rep.rho(g) @ rep.rho(h), rep.rho(g @ h), atol=1e-7)
    x = np.random.default_rng(0).normal(size=(2, rep.dim))
    assert np.allclose(rep.act(g, x), x @ rep.rho(g).T, atol=1e-9)


@given(reps())
@SETTINGS
def test_pickles_are_equal(rep):
    assert pickle.loads(pickle.dumps(rep)) == rep


@given(reps())
@SETTINGS
def test_invariants_are_those_of_a_dense_svd(rep):
    expected, rank = oracles.svd_projector(rep)
    basis = rep.equivariant_basis()
    assert basis.rank == rank
    dense = basis.to_dense()
    assert np.allclose(dense @ dense.conj().T, expected, atol=1e-9)


@given(several(2))
@SETTINGS
def test_ranks_of_sums_add(ab):
    a, b = ab

    def rank(rep):
        return rep.equivariant_basis().rank

    assert rank(a + b) == rank(a) + rank(b)
    assert rank(3 * a) == 3 * rank(a)
    c = a + b
    assert rank(c * a) == rank(a * a) + rank(b * a)


@given(reps(FACTORS[:1], 30), reps(FACTORS[3:4], 30))
@SETTINGS
def test_ranks_of_products_over_different_groups_multiply(a, b):
    expected = a.equivariant_basis().rank * b.equivariant_basis().rank
    assert (a * b).equivariant_basis().rank == expected
    assert (b * a).equivariant_basis().rank == expected


@given(several(2))
@SETTINGS
def test_maps_both_ways_are_equally_many(ab):
    """All these groups are reductive."""
    a, b = ab
    assert (a >> b).equivariant_basis().rank == (b >> a).equivariant_basis().rank


@given(reps(largest=8))
@SETTINGS
def test_symmetric_and_antisymmetric_squares_make_the_square(rep):
    """The swap commutes with ρ ⊗ ρ, so it splits the invariants into its ±1 eigenspaces."""
    basis = (rep * rep).equivariant_basis().to_dense()
    n = rep.dim
    swapped = basis.reshape(n, n, -1).swapaxes(0, 1).reshape(n * n, -1)
    inside = basis.conj().T @ swapped
    assert np.allclose(basis @ inside, swapped, atol=1e-9)
    symmetric, antisymmetric = basis + swapped, basis - swapped
    ranks = [
        np.linalg.matrix_rank(part, tol=1e-8) if part.size else 0
        for part in (symmetric, antisymmetric)
    ]
    assert sum(ranks) == basis.shape[1]
    # independently: dim of invariants in Sym² and Λ² from the constraints on these subspaces
    stacked = oracles.constraints(rep * rep)
    i, j = np.triu_indices(n)
    eye = np.eye(n * n).reshape(n, n, n * n)
    sym, alt = (eye[i, j] + eye[j, i]).T, (eye[i, j] - eye[j, i]).T[:, i != j]
    for part, rank in zip((sym, alt), ranks, strict=True):
        assert part.shape[1] - np.linalg.matrix_rank(stacked @ part, tol=1e-8) == rank


@given(several(2))
@SETTINGS
def test_maps_are_the_invariants_of_the_product_with_the_dual(ab):
    a, b = ab
    assert (a >> b).tensor_factors == (b * a.T).tensor_factors
    x, y = ((rep).equivariant_basis().to_dense() for rep in (a >> b, b * a.T))
    assert np.allclose(x @ x.conj().T, y @ y.conj().T, atol=1e-9)
