"""Properties over random groups and representations, drawn by Hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constrainet.errors import AmbiguousRankError, CertificateError, IllConditionedError
from constrainet.groups import Group
from constrainet.linalg import Monomial
from constrainet.reps import Rep, Scalar, V
from tests.solve import oracles

SETTINGS = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def monomial_groups(draw, max_dim=4):
    n = draw(st.integers(1, max_dim))
    kind = draw(st.sampled_from(["permutation", "signed", "phases"]))
    generators = []
    for _ in range(draw(st.integers(1, 3))):
        images = draw(st.permutations(range(n)))
        turns = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)))
        phases = {
            "permutation": None,
            "signed": (-1.0) ** turns,
            "phases": np.exp(2j * np.pi * turns / 6),
        }[kind]
        generators.append(Monomial(images, phases))
    return Group(discrete_generators=generators)


def random_orthogonal(n, seed, is_complex):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n)) + (1j * rng.normal(size=(n, n)) if is_complex else 0)
    return np.linalg.qr(x)[0]


@st.composite
def rotated_groups(draw):
    """Monomial groups in a random orthonormal basis: no longer monomial."""
    G = draw(monomial_groups())
    q = random_orthogonal(G.dim, draw(st.integers(0, 999)), G.is_complex)
    return Group(discrete_generators=q @ G.discrete_generators @ q.conj().T)


@st.composite
def lie_groups(draw):
    """Block-diagonal sums of rotations, boosts and scalings in a random orthonormal basis."""
    rotation, boost = np.array([[0.0, -1], [1, 0]]), np.array([[0.0, 1], [1, 0]])
    blocks = draw(st.lists(st.sampled_from(["so2", "boost", "one", "so3"]), min_size=1, max_size=2))
    algebra = []
    dims = [{"so2": 2, "boost": 2, "one": 1, "so3": 3}[b] for b in blocks]
    for i, b in enumerate(blocks):
        small = {
            "so2": [rotation],
            "boost": [boost],
            "one": [],
            "so3": [np.cross(np.eye(3), e) for e in np.eye(3)],
        }[b]
        for A in small:
            parts = [A if j == i else np.zeros((d, d)) for j, d in enumerate(dims)]
            algebra.append(scipy.linalg.block_diag(*parts))
    n = sum(dims)
    q = random_orthogonal(n, draw(st.integers(0, 999)), False)
    reflection = draw(st.booleans())
    discrete = q @ np.diag([-1.0, *[1.0] * (n - 1)])[None] @ q.T if reflection else None
    return Group(
        lie_algebra=q @ np.reshape(algebra, (-1, n, n)) @ q.T, discrete_generators=discrete
    )


GROUPS = st.one_of(
    monomial_groups(),
    rotated_groups(),
    lie_groups(),
    st.tuples(monomial_groups(2), rotated_groups()).map(lambda pair: pair[0] * pair[1]),
)


@st.composite
def reps(draw, largest=150) -> Rep:
    group = draw(GROUPS)
    parts = [V(group, factor=i) for i in range(len(group.factors))]
    parts += [p.T for p in parts] + [Scalar(group)]
    rep = draw(st.sampled_from(parts))
    for _ in range(draw(st.integers(0, 3))):
        other = draw(st.sampled_from(parts))
        step = draw(st.sampled_from(["+", "*", ">>", "2"]))
        new = {
            "+": lambda r, o: r + o,
            "*": lambda r, o: r * o,
            ">>": lambda r, o: r >> o,
            "2": lambda r, o: 2 * r,
        }[step](rep, other)
        if new.dim <= largest:
            rep = new
    return rep


@given(reps())
@SETTINGS
def test_methods_agree_on_random_groups(rep):
    expected, rank = oracles.svd_projector(rep)
    for method in ("auto", *oracles.applicable_methods(rep)):
        basis = rep.equivariant_basis(method=method)
        dense = basis.to_dense()
        assert basis.rank == rank
        assert np.abs(dense @ dense.conj().T - expected).max(initial=0) < 1e-10
        assert basis.residual <= 1e-10


@given(reps(largest=40))
@SETTINGS
def test_maps_both_ways_are_equally_many(rep):
    """dim Hom(a, b) = dim Hom(b, a), because these representations are completely reducible."""
    v = V(rep.group)
    assert (rep >> v).equivariant_basis().rank == (v >> rep).equivariant_basis().rank


@given(reps(), st.integers(0, 99))
@SETTINGS
def test_expand_and_coefficients_are_adjoint(rep, seed):
    basis = rep.equivariant_basis()
    rng = np.random.default_rng(seed)
    c = rng.normal(size=basis.rank) + 1j * rng.normal(size=basis.rank)
    x = rng.normal(size=rep.dim) + 1j * rng.normal(size=rep.dim)
    assert np.allclose(np.vdot(x, basis.expand(c)), np.vdot(basis.coefficients(x), c), atol=1e-10)
    assert np.allclose(basis.coefficients(basis.expand(c)), c, atol=1e-10)


# --- generators that make no nice group ----------------------------------------------------------


@st.composite
def wild_groups(draw):
    """Random matrices, sparse or dense, integral or not, of any conditioning."""
    n = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))

    def matrices(count):
        x = rng.normal(size=(count, n, n))
        kind = draw(st.sampled_from(["dense", "whole", "triangular", "sparse", "rank one"]))
        if kind == "whole":
            x = np.round(2 * x)
        elif kind == "triangular":
            x = np.triu(x)
        elif kind == "sparse":
            x = x * (rng.random(x.shape) < 0.4)
        elif kind == "rank one":
            x = x[:, :, :1] * x[:, :1, :]
        return x * 10.0 ** draw(st.integers(-3, 3))

    algebra = matrices(draw(st.integers(0, 2)))
    discrete = [m for m in matrices(draw(st.integers(0, 2))) if 1 / np.linalg.cond(m) > 1e-6]
    return Group(
        lie_algebra=algebra,
        discrete_generators=np.reshape(discrete, (-1, n, n)) if discrete else None,
    )


@given(wild_groups(), st.sampled_from(["V", "V>>V", "V>>V*", "V^3", "V^2>>V^2"]))
@settings(SETTINGS, max_examples=300)
def test_random_generators_give_a_certified_answer_or_an_error(group, shape):
    v = V(group)
    rep = {"V": v, "V>>V": v >> v, "V>>V*": v >> v.T, "V^3": v**3, "V^2>>V^2": v**2 >> v**2}[shape]
    try:
        basis = rep.equivariant_basis()
    except (AmbiguousRankError, CertificateError, IllConditionedError) as error:
        assert len(str(error)) > 40
        return
    dense = basis.to_dense()
    assert np.abs(dense.T @ dense - np.eye(basis.rank)).max(initial=0) < 1e-9
    for h in group.discrete_generators:
        image = oracles.slow_rho(rep, h)
        violation = np.abs(image @ dense - dense).max(initial=0)
        assert violation <= 1e-9 * max(
            1, np.prod([np.linalg.norm(h, 2)] * 4), np.linalg.norm(image)
        )
    for A in group.lie_algebra:
        assert np.abs(oracles.slow_drho(rep, A) @ dense).max(initial=0) <= 1e-9 * np.linalg.norm(A)


@pytest.mark.parametrize("seed", range(5))
def test_random_generators_have_only_the_commutant(seed):
    """Two random matrices generate all matrices: only multiples of the identity commute."""
    rng = np.random.default_rng(seed)
    v = V(Group(discrete_generators=rng.normal(size=(2, 4, 4)) / 2))
    basis = (v >> v).equivariant_basis()
    assert basis.rank == 1
    assert np.allclose(abs(basis.to_dense()[:, 0]), np.eye(4).ravel() / 2, atol=1e-9)
    assert v.equivariant_basis().rank == 0
