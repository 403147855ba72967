"""Irreducibles of SO(3) and O(3) and their couplings, against the tables of e3nn-jax."""

from __future__ import annotations

from itertools import product

import e3nn_jax
import numpy as np
import pytest

from constrainet.groups import SO, O
from constrainet.reps import clebsch_gordan, irreducible

# rotations about x, y and z
ROTATIONS = np.array(
    [
        [[0, 0, 0], [0, 0, -1], [0, 1, 0]],
        [[0, 0, 1], [0, 0, 0], [-1, 0, 0]],
        [[0, -1, 0], [1, 0, 0], [0, 0, 0]],
    ]
)
RENAMED = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])  # (x, y, z) to (z, x, y)


@pytest.mark.parametrize("degree", range(5))
def test_irreducibles_differ_from_those_of_e3nn_by_the_names_of_axes(degree):
    """As the docstring of `irreducible` says."""
    theirs = e3nn_jax.Irrep(degree, 1).generators()
    for A, image in zip(ROTATIONS, theirs, strict=True):
        ours = irreducible(SO(3), degree).drho(RENAMED @ A @ RENAMED.T)
        assert np.allclose(ours, image, atol=1e-6)  # their single precision
    for name in (f"{degree}e", f"{degree}o"):
        inversion = irreducible(O(3), name).rho(-np.eye(3))
        assert np.allclose(inversion, e3nn_jax.Irrep(name).p * np.eye(2 * degree + 1), atol=1e-12)


@pytest.mark.parametrize(("a", "b", "c"), list(product(range(5), repeat=3)))
def test_couplings_are_those_of_e3nn(a, b, c):
    """An automorphism of the group leaves couplings as they are."""
    C = clebsch_gordan(*(irreducible(SO(3), degree) for degree in (a, b, c)))
    if not abs(a - b) <= c <= a + b:
        assert C.shape == (0, 2 * c + 1, 2 * a + 1, 2 * b + 1)
        return
    (found,) = C
    expected = np.asarray(e3nn_jax.clebsch_gordan(a, b, c)).transpose(2, 0, 1)
    assert np.linalg.norm(expected) == pytest.approx(1)
    assert abs(np.sum(found * expected)) == pytest.approx(1, abs=1e-12)
