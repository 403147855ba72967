"""Gates act alike on rows and on components."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from constrainet.groups import SO, D, S
from constrainet.maps import Features, frame, gates
from constrainet.nn import gated
from constrainet.reps import Rep, Scalar, Sign, V
from tests.maps.precision import normal

G = S(3)
REPS = {
    "scalars-and-vectors": 2 * Scalar(SO(3)) + V(SO(3)) + 2 * V(SO(3)) ** 2,
    "points": 2 * Scalar(D(4)) + 3 * V(D(4)),
    "permutations": Scalar(G) + 2 * V(G) + 3 * V(G) ** 2,
    # pairs of points that are gated stand in one term with pairs that are not
    "gated-and-free-pairs": 2 * V(G) ** 2 + (Sign(G) + V(G)) * V(G) + V(G),
}


@pytest.mark.parametrize("name", REPS)
def test_rows_and_components_are_gated_alike(name):
    rep: Rep = REPS[name]
    rep_in = gated(rep)
    shared = frame(rep_in, rep)
    layer = gates(rep_in, rep, shared)
    x = normal(0, (5, rep_in.dim), np.float32)
    of_rows, of_components = (Features.of(shared.coordinates(rep_in), x) for _ in range(2))
    assert of_components.components and of_components.has_components
    results = [layer(f, jax.nn.swish, jax.nn.sigmoid) for f in (of_rows, of_components)]
    assert [result.has_components for result in results] == [False, True]
    first, second = (result.array((5,)) for result in results)
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-5)
    scale = np.abs(x[:, : rep.dim]).max()
    assert 0.1 * scale < np.abs(first).max() <= scale
