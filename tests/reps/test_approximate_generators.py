"""The numbers of docs/approximate_generators.md."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.errors import AmbiguousRankError
from constrainet.groups import SO, Group
from constrainet.reps import Rep, V


def learned(error: float, seed: int) -> Group:
    exact = SO(3).lie_algebra
    noise = np.random.default_rng(seed).normal(size=exact.shape)
    return Group(lie_algebra=exact + error / 3 * noise)


def maps(error: float, seed: int) -> Rep:
    v = V(learned(error, seed))
    return v**2 >> v**2


@pytest.mark.parametrize("seed", range(3))
def test_rtol_finds_the_space_of_the_exact_group(seed):
    exact = (V(SO(3)) ** 2 >> V(SO(3)) ** 2).equivariant_basis().to_dense()
    assert maps(1e-3, seed).equivariant_basis().rank == 2
    basis = maps(1e-3, seed).equivariant_basis(rtol=0.03)
    assert basis.rank == 3 and basis.method == "nullspace"
    assert 1e-4 < basis.residual < 2e-3
    found = basis.to_dense()
    assert np.linalg.norm(found @ found.T - exact @ exact.T, 2) < 1e-3


def test_smaller_errors_without_rtol_are_ambiguous():
    with pytest.raises(AmbiguousRankError, match="singular values"):
        maps(1e-4, 0).equivariant_basis()
    assert maps(1e-4, 0).equivariant_basis(rtol=0.003).rank == 3


def test_the_group_itself_takes_generators_for_exact():
    G = learned(1e-3, 0)
    assert G.algebra.dim == 9 and not G.is_compact
