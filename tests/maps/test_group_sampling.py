"""Functions on the rotations, S³ and what finite groups permute, against their definitions."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import constrainet.maps as cm
from constrainet.groups import SO, SU, C, Cube, Icosahedral, O, S, SOplus, stabiliser
from constrainet.maps.sphere_sampling import RULES
from constrainet.reps import Permutation, Realified, Regular, V
from tests.maps.precision import normal, once

G = Icosahedral()
VERTICES = cm.orbit(G, np.array([0.0, 1.0, (1 + 5**0.5) / 2]))
HARMONIC = {rule: cm.rotation_grid(4, samples=5, rule=rule) for rule in RULES} | {
    "S³": cm.three_sphere_grid(4, samples=5),
    "SU(2)": cm.three_sphere_grid(3, Realified(V(SU(2)))),
}
FINITE = {
    "group": cm.orbit_grid(Regular(S(4))),
    "complex type": cm.orbit_grid(Regular(C(5))),
    "orbit": cm.orbit_grid(Permutation(G, points=VERTICES)),
    "cosets": cm.orbit_grid(Permutation(S(4), subgroup=stabiliser(S(4), [1.0, 1.0, 0.0, 0.0]))),
}
GRIDS = HARMONIC | FINITE


def each(grids):
    return pytest.mark.parametrize("grid", grids.values(), ids=grids)


@each(GRIDS)
def test_coefficients_come_back_from_samples_of_either_library(grid):
    coefficients = normal(1, (2, 3, grid.rep.dim))
    samples = grid.synthesise(coefficients)
    assert samples.shape == (2, 3, len(grid.points))
    found = grid.analyse(samples)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, coefficients, rtol=0, atol=1e-13)
    squares = (grid.weights * samples**2).sum(axis=-1)
    np.testing.assert_allclose(squares, (coefficients**2).sum(axis=-1), rtol=0, atol=1e-11)
    found = once(lambda c: grid.analyse(grid.synthesise(c)), jnp.float32(coefficients))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, coefficients, rtol=0, atol=2e-5)


def test_rotations_are_exact_at_degree_31():
    grid = cm.rotation_grid(32)
    coefficients = normal(2, (grid.rep.dim,))
    found = grid.analyse(grid.synthesise(coefficients))
    np.testing.assert_allclose(found, coefficients, rtol=0, atol=1e-12)


def matrices(R, sphere):
    """How harmonics turn, from integrals over the sphere."""
    turned, still = (sphere.harmonics(sphere.points @ g) for g in (R.T, np.eye(3)))
    return (sphere.weights[:, None] * turned).T @ still


def test_values_on_rotations_are_those_of_the_definition():
    grid, sphere = HARMONIC["gauss-legendre"], cm.sphere_grid(4)
    coefficients = normal(3, (grid.rep.dim,))
    found = grid.synthesise(coefficients)
    for R, value in list(zip(grid.points, found, strict=True))[::29]:
        np.testing.assert_allclose(R @ R.T, np.eye(3), rtol=0, atol=1e-14)
        rho, expected, start = matrices(R, sphere), 0.0, 0
        for l in range(4):  # noqa: E741
            own, n = slice(l**2, (l + 1) ** 2), 2 * l + 1
            c = coefficients[start : (start := start + n**2)].reshape(n, n)
            expected += np.sqrt(n) * (c.T * rho[own, own]).sum()
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-12)


def test_a_function_that_moves_has_coefficients_that_move():
    grid = HARMONIC["driscoll-healy"]
    g = expm(0.9 * SO(3).lie_algebra[0] - 0.4 * SO(3).lie_algebra[2])

    def function(R):
        return R[:, 0, 1] ** 2 * R[:, 2, 2] + R[:, 1, 0]

    expected = grid.rep.act(g, grid.analyse(function(grid.points)))
    np.testing.assert_allclose(
        grid.analyse(function(g.T @ grid.points)), expected, rtol=0, atol=1e-13
    )


@each(FINITE)
def test_values_of_finitely_many_are_permuted(grid):
    values = normal(4, (len(grid.points),))
    for g in grid.rep.group.discrete_generators:
        moved = grid.permutation.act(g, values)
        np.testing.assert_allclose(
            grid.analyse(moved), grid.rep.act(g, grid.analyse(values)), rtol=0, atol=1e-13
        )


@each(FINITE)
def test_nonlinearities_of_finitely_many_are_pointwise_and_have_no_error(grid):
    m = cm.sampled_nonlinearity(2 * grid.rep, jax.nn.relu, grid)
    values = normal(5, (2, len(grid.points)))
    found = once(m.apply, {}, grid.analyse(values).reshape(-1))
    found = grid.synthesise(np.asarray(found).reshape(2, -1))
    np.testing.assert_allclose(found, np.maximum(values, 0), rtol=0, atol=1e-12)
    x, h = normal(6, (m.rep.dim,)), grid.rep.group.discrete_generators[0]
    error = once(m.apply, {}, m.rep.act(h, x)) - m.rep.act(h, once(m.apply, {}, x))
    assert np.abs(error).max() < 1e-11  # of irreducibles that `decompose` has found


@pytest.mark.parametrize("make", [cm.rotation_grid, cm.three_sphere_grid])
def test_nonlinearities_of_polynomials_are_exact_from_the_number_of_samples_that_is_said(make):
    for samples, is_exact in ((3, False), (5, True)):  # 4 (3 - 1) / 2 + 1
        grid = make(3, samples=samples)
        m = cm.sampled_nonlinearity(grid.rep, lambda f: f**3, grid)
        group, x = grid.rep.group, normal(7, (grid.rep.dim,)) / 4
        g = expm(np.tensordot(np.linspace(-0.7, 0.8, len(group.lie_algebra)), group.lie_algebra, 1))
        y = once(m.apply, {}, x)
        error = once(m.apply, {}, grid.rep.act(g, x)) - grid.rep.act(g, y)
        assert (np.abs(error).max() < 1e-12 * np.abs(y).max()) == is_exact


def test_a_linear_layer_correlates_functions_on_the_sphere_with_a_filter():
    sphere, grid = cm.sphere_grid(3, samples=4), cm.rotation_grid(3)
    assert (sphere.rep >> grid.rep).equivariant_basis().rank == 1 + 3 + 5
    f, psi = normal(8, (9,)), normal(9, (9,))
    parts = [
        np.outer(psi[l**2 : (l + 1) ** 2], f[l**2 : (l + 1) ** 2]).ravel() / np.sqrt(2 * l + 1)
        for l in range(3)  # noqa: E741
    ]
    found = grid.synthesise(np.concatenate(parts))
    values = sphere.synthesise(f) * sphere.weights
    turned = np.einsum("nyx,py->npx", grid.points, sphere.points)  # R⁻¹ x
    np.testing.assert_allclose(found, sphere.harmonics(turned) @ psi @ values, rtol=0, atol=1e-12)


def test_complex_functions_on_rotations_are_those_of_both_parts():
    grid = HARMONIC["gauss-legendre"]
    a, b = normal(10, (2, grid.rep.dim))
    expected = grid.synthesise(a) + 1j * grid.synthesise(b)
    np.testing.assert_allclose(grid.synthesise(a + 1j * b), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(grid.analyse(expected), a + 1j * b, rtol=0, atol=1e-12)


def test_an_orbit_begins_with_the_point():
    assert VERTICES.shape == (12, 3)
    np.testing.assert_array_equal(VERTICES[0], [0.0, 1.0, (1 + 5**0.5) / 2])
    assert len(cm.orbit(Cube(), np.eye(6)[0])) == 6
    np.testing.assert_array_equal(cm.orbit(C(4), np.zeros(2)), np.zeros((1, 2)))


def wrong(**arguments: Any) -> dict[str, Any]:
    """Arguments of a type that they must not have."""
    return arguments


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: cm.rotation_grid(3, V(O(3))), ValueError, "`rotation_grid(space=...)` should rot"),
        (lambda: cm.rotation_grid(3, V(SOplus(1, 2))), ValueError, "that keeps lengths"),
        (lambda: cm.rotation_grid(3, samples=2), ValueError, "should be at least the bandwidth 3"),
        (lambda: cm.rotation_grid(3, rule="x"), ValueError, "`rotation_grid(rule=...)` should be"),
        (lambda: cm.three_sphere_grid(3, V(SO(3))), ValueError, "a real representation on 4"),
        (lambda: cm.rotation_grid(2).analyse(np.zeros(9)), ValueError, "samples of shape (..., 18"),
        (lambda: cm.orbit_grid(V(G)), ValueError, "`orbit_grid(permutation=...)` should permute"),
        (lambda: cm.orbit_grid(**wrong(permutation=G)), TypeError, "`orbit_grid(permutation=...)`"),
        (lambda: cm.orbit(G, np.zeros(2)), ValueError, "`orbit(point=...)` should have shape (3,)"),
        (lambda: cm.orbit(SO(3), np.ones(3)), ValueError, "`orbit(group=...)` should be finite"),
    ],
)
def test_what_makes_no_sense_is_refused(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()
