"""Power spectrum and bispectrum: invariant, and telling apart what they should."""

from __future__ import annotations

import re
from itertools import combinations_with_replacement
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import constrainet.maps as cm
from constrainet.groups import SL, SO, Icosahedral, O, S
from constrainet.reps import Permutation, Regular, V
from tests.maps.precision import normal, once

sphere = cm.sphere_grid(5)
vertices = cm.orbit(Icosahedral(), np.array([0.0, 1.0, (1 + 5**0.5) / 2]))
REPS = {
    "sphere": sphere.rep,
    "with reflections": cm.sphere_grid(4, V(O(3))).rep,
    "circle": cm.circle_grid(4).rep,
    "rotations": cm.rotation_grid(2).rep,
    "icosahedron": cm.orbit_grid(Permutation(Icosahedral(), points=vertices)).rep,
}


@pytest.mark.parametrize("rep", REPS.values(), ids=REPS)
@pytest.mark.parametrize("descriptor", [cm.power_spectrum, cm.bispectrum])
def test_descriptors_are_invariant(descriptor, rep):
    x, group = normal(0, (3, rep.dim)), rep.group
    y = descriptor(rep, x)
    tangent = np.tensordot(np.arange(1, 1 + len(group.lie_algebra)), group.lie_algebra, 1)
    for g in (*group.discrete_generators, expm(tangent)):
        np.testing.assert_allclose(descriptor(rep, rep.act(g, x)), y, rtol=0, atol=1e-11)
    assert np.abs(y).max(axis=0).min() > 1e-6
    found = once(lambda x: descriptor(rep, x), jnp.float32(x))
    np.testing.assert_allclose(found, y, rtol=0, atol=1e-4)


def test_the_power_of_a_degree_is_the_mean_square_of_its_part():
    x = normal(1, (sphere.rep.dim,))
    for degree, found in enumerate(cm.power_spectrum(sphere.rep, x)):
        part = np.where(sphere.harmonics.degrees == degree, x, 0)
        expected = sphere.weights @ sphere.synthesise(part) ** 2
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_even_products_are_integrals_of_three_degrees():
    fine, x = cm.sphere_grid(5, samples=7), normal(2, (5, sphere.rep.dim))
    parts = [
        fine.synthesise(np.where(sphere.harmonics.degrees == degree, x, 0)) for degree in range(5)
    ]
    triples = [
        (a, b, c)
        for a in range(5)
        for b in range(a, 5)
        for c in range(b, 5)
        # of odd sums those without a repeated degree are there
        if c <= a + b and ((a + b + c) % 2 == 0 or a < b < c)
    ]
    found = cm.bispectrum(sphere.rep, x)
    assert found.shape == (5, len(triples))
    for (a, b, c), values in zip(triples, found.T, strict=True):
        integrals = (parts[a] * parts[b] * parts[c]) @ fine.weights
        if (a + b + c) % 2 == 0:
            ratio = integrals / values
            np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
            assert np.abs(ratio[0]) > 1e-3
        else:
            np.testing.assert_allclose(integrals, 0, rtol=0, atol=1e-12)


def test_the_bispectrum_tells_apart_what_the_power_spectrum_does_not():
    x = normal(3, (sphere.rep.dim,))
    turned = np.where(sphere.harmonics.degrees == 2, x, 0)
    turned = x - turned + sphere.rep.act(expm(SO(3).lie_algebra[0]), turned)
    mirrored = x * (-1.0) ** sphere.harmonics.degrees
    for other in (turned, mirrored):
        np.testing.assert_allclose(
            cm.power_spectrum(sphere.rep, other), cm.power_spectrum(sphere.rep, x), rtol=1e-12
        )
        found = cm.bispectrum(sphere.rep, other) - cm.bispectrum(sphere.rep, x)
        assert np.abs(found).max() > 0.1


@pytest.mark.parametrize(
    ("rep", "lost"),
    [
        (2 * sphere.rep, 3),
        (cm.circle_grid(4).rep, 1),
        (cm.rotation_grid(2).rep, 3),
        (cm.orbit_grid(Regular(S(3))).rep, 0),
        # 15 numbers of 25 coefficients
        (sphere.rep, 10),
    ],
    ids=["two on a sphere", "circle", "rotations", "finite group", "one on a sphere"],
)
def test_the_bispectrum_loses_how_functions_are_turned(rep, lost):
    """And no more, to first order, where it is complete (Smach et al., 2008)."""
    x = normal(4, (rep.dim,))

    def change(size):
        moved = size * np.eye(rep.dim)
        return cm.bispectrum(rep, x + moved) - cm.bispectrum(rep, x - moved)

    # differences of cubics that have no error
    stretches = np.linalg.svd(8 * change(1) - change(2))[1]
    assert (stretches > 1e-8 * stretches[0]).sum() == rep.dim - lost


def test_the_bispectrum_of_the_circle_gives_back_the_function():
    """Degree by degree, each from the one below, for coefficients none of which is zero."""
    rep, x = cm.circle_grid(5).rep, normal(5, (9,))
    b = cm.bispectrum(rep, x)
    # of degrees a + b = c, real and imaginary part; of 0 and twice the same, the real one
    triples = list(combinations_with_replacement(range(5), 3))
    counts = [(a + b == c) * (2 if a else 1) for a, b, c in triples]
    starts = dict(zip(triples, np.cumsum([0, *counts]), strict=False))
    y = np.zeros(9)
    y[0] = np.cbrt(b[0])
    y[1] = np.sqrt(cm.power_spectrum(rep, x)[1])
    for c in range(2, 5):
        entries = slice(starts[1, c - 1, c], starts[1, c - 1, c] + 2)
        columns = []
        for unit in np.eye(9)[2 * c - 1 : 2 * c + 1]:
            columns.append(cm.bispectrum(rep, y + unit)[entries])
        y[2 * c - 1 : 2 * c + 1] = np.linalg.solve(np.stack(columns, axis=1), b[entries])
    angle = np.arctan2(x[2], x[1]) - np.arctan2(y[2], y[1])
    found = [rep.act(expm(sign * angle * SO(2).lie_algebra[0]), y) for sign in (1, -1)]
    assert min(np.abs(turned - x).max() for turned in found) < 1e-9


def wrong(**arguments: Any) -> dict[str, Any]:
    """Arguments of a type that they must not have."""
    return arguments


@pytest.mark.parametrize("descriptor", [cm.power_spectrum, cm.bispectrum])
@pytest.mark.parametrize(
    ("rep", "x", "error", "message"),
    [
        (V(SL(2)), np.zeros(2), ValueError, "(rep=...)` should be real and keep lengths"),
        (sphere.rep, np.zeros(3), ValueError, "(3,)"),
        (wrong(rep=3)["rep"], np.zeros(3), TypeError, "`rep` should be"),
    ],
)
def test_what_makes_no_sense_is_refused(descriptor, rep, x, error, message):
    with pytest.raises(error, match=re.escape(message)):
        descriptor(rep, x)
