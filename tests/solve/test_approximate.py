"""Generators known only approximately: the right rank with `rtol`, and no doubtful one without."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from constrainet.errors import AmbiguousRankError, CertificateError, IllConditionedError
from constrainet.groups import SE, SO, D, Group, Icosahedral, Lorentz, O, S, Z
from constrainet.reps import T, V
from tests.solve import oracles


def noisy(group: Group, size: float, seed: int = 0) -> Group:
    rng = np.random.default_rng(seed)

    def disturb(x):
        return x + size * np.abs(x).max() * rng.normal(size=x.shape) if len(x) else None

    return Group(
        lie_algebra=disturb(group.lie_algebra),
        discrete_generators=disturb(group.discrete_generators),
    )


CASES = {
    "SO(3)": (lambda: SO(3), 4),
    "O(3)": (lambda: O(3), 4),
    "Lorentz": (Lorentz, 2),
    "SE(2)": (lambda: SE(2), 2),
    "S(4)": (lambda: S(4), 3),
    "Z(5)": (lambda: Z(5), 3),
    "D(4)": (lambda: D(4), 4),
    "Icosahedral": (Icosahedral, 4),
}
EVERY = pytest.mark.parametrize("name", CASES)


@EVERY
@pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7])
def test_rtol_above_the_noise_finds_the_rank(name, size):
    make, k = CASES[name]
    expected = T(k, group=make()).equivariant_basis()
    for seed in range(3):
        basis = T(k, group=noisy(make(), size, seed)).equivariant_basis(rtol=max(30 * size, 1e-6))
        assert basis.rank == expected.rank
        a, b = basis.to_dense(), expected.to_dense()
        assert np.linalg.norm(a @ a.T - b @ b.T, 2) < 300 * size  # and the subspace, roughly
        assert np.abs(a.T @ a - np.eye(basis.rank)).max() < 1e-10


@EVERY
@pytest.mark.parametrize("size", [1e-3, 1e-2])
def test_rtol_below_the_noise_never_gives_a_wrong_certificate(name, size):
    """At an unsuitable rtol: an error, or an answer that satisfies the constraints to that rtol."""
    make, k = CASES[name]
    for rtol in (1e-4, 3e-3, 1e-1):
        rep = T(k, group=noisy(make(), size))
        try:
            basis = rep.equivariant_basis(rtol=rtol)
        except (AmbiguousRankError, CertificateError, IllConditionedError):
            continue
        assert np.abs(oracles.constraints(rep) @ basis.to_dense()).max(initial=0) < 30 * rtol


def test_ambiguous_rank_says_what_to_try():
    rep = T(4, group=noisy(SO(3), 1e-3))
    with pytest.raises(AmbiguousRankError, match=r"pass `rtol=`") as info:
        rep.equivariant_basis(rtol=2e-3)
    error = pickle.loads(pickle.dumps(info.value))
    assert error.below < error.cutoff < error.above
    assert error.cutoff == 2e-3
    for number in (error.below, error.cutoff, error.above):
        assert f"{number:.1e}" in str(error)
    assert rep.equivariant_basis(rtol=2e-2).rank == 3


@EVERY
@pytest.mark.parametrize("size", [1e-12, 1e-11, 1e-10, 1e-9])
def test_rounding_noise_without_rtol_gives_the_rank_or_an_error(name, size):
    make, k = CASES[name]
    expected = T(k, group=make()).equivariant_basis().rank
    for seed in range(3):
        try:
            basis = T(k, group=noisy(make(), size, seed)).equivariant_basis()
        except (AmbiguousRankError, CertificateError, IllConditionedError):
            continue
        assert basis.rank == expected


@pytest.mark.parametrize("size", [1e-8, 1e-6, 1e-4])
def test_small_noise_without_rtol_gives_the_rank_or_an_error(size):
    """Such as matrices typed with eight digits."""
    for name in ("SO(3)", "Icosahedral"):
        make, k = CASES[name]
        try:
            basis = T(k, group=noisy(make(), size)).equivariant_basis()
        except (AmbiguousRankError, CertificateError, IllConditionedError):
            continue
        assert basis.rank == 3


def test_matrix_typed_with_eight_digits_gives_the_rank_or_an_error():
    c = 0.70710678
    v = V(Group(discrete_generators=[[[c, -c], [c, c]]]))
    try:
        basis = (v * v).equivariant_basis()
    except (AmbiguousRankError, CertificateError, IllConditionedError):
        return
    assert basis.rank == 2


def test_rtol_is_heeded_where_the_noise_is_orthogonal():
    """A quarter turn, learned as 90.06°: exactly orthogonal, but not of order four."""
    angle = np.pi / 2 + 1e-3
    rotation = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    rep = T(4, group=Group(discrete_generators=[rotation]))
    assert rep.equivariant_basis(rtol=1e-2, method="nullspace").rank == 8
    assert rep.equivariant_basis().rank == 6  # what the matrix is, taken at its word
    assert rep.equivariant_basis(rtol=1e-2).rank == 8


@pytest.mark.parametrize("size", [1e-10, 3e-10])
def test_rtol_is_heeded_where_the_noise_is_close_to_rounding(size):
    for seed in range(5):
        rep = T(4, group=noisy(SO(3), size, seed))
        assert rep.equivariant_basis(rtol=1e-2).rank == 3


def test_exact_generators_with_rtol_give_the_exact_answer():
    for make, k in CASES.values():
        rep = T(k, group=make())
        a = rep.equivariant_basis(rtol=1e-2).to_dense()
        b = rep.equivariant_basis().to_dense()
        assert np.abs(a @ a.T - b @ b.T).max() < 1e-10
