"""Irreducible representations of degrees that are reached by no chain of products."""

import jax
import numpy as np
import pytest

from constrainet.groups import SO, SU, C, O, double_precision
from constrainet.reps import irreducible


@pytest.mark.parametrize("group", [SO(2), O(2)], ids=str)
def test_the_plane_turns_at_high_frequency(group):
    rep, angle, flip = irreducible(group, 1000), 0.3, np.diag([1.0, -1.0])
    cos, sin = np.cos(angle), np.sin(angle)
    found = rep.rho(np.array([[cos, -sin], [sin, cos]]))
    cos, sin = np.cos(1000 * angle), np.sin(1000 * angle)
    assert np.allclose(found, [[cos, -sin], [sin, cos]], rtol=0, atol=1e-12)
    assert np.array_equal(rep.drho(group.lie_algebra[0]), 1000 * group.lie_algebra[0])
    assert np.array_equal(rep.rho(flip), flip)
    assert (rep >> rep).equivariant_basis().rank == (2 if group == SO(2) else 1)


def test_cyclic_groups_have_all_their_frequencies():
    group = C(1000)
    (h,) = group.discrete_generators
    assert np.allclose(irreducible(group, 500).rho(h), -1)
    assert np.trace(irreducible(group, 250).rho(h)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "group, label", [(SO(3), 32), (O(3), "31e"), (SU(2), 16), (SU(2), "31/2")], ids=str
)
def test_high_degrees_are_homomorphisms(group, label):
    rep = irreducible(group, label)
    with double_precision():
        g, h = (np.asarray(x) for x in group.samples(jax.random.key(0), 2))
    assert np.abs(rep.rho(g) @ rep.rho(h) - rep.rho(g @ h)).max() < 1e-12
    x = np.random.default_rng(0).normal(size=(2, rep.dim))
    assert np.allclose(rep.act(g, x), x @ rep.rho(g).T, rtol=0, atol=1e-12)
