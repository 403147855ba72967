"""Coefficients and samples on the circle and the sphere, against SciPy and by exactness."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from scipy.linalg import expm

import constrainet.maps as cm
from constrainet.groups import SE, SO, SU, O, SOplus
from constrainet.maps.sphere_sampling import RULES, legendre_functions
from constrainet.reps import V
from tests.maps.precision import normal, once

v = V(O(3))
GRIDS = {rule: cm.sphere_grid(7, v, 9, rule) for rule in RULES} | {
    "circle": cm.circle_grid(7, V(O(2)), 9)
}
EVERY = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)


@pytest.mark.parametrize("degree", range(6))
def test_legendre_functions_are_those_of_scipy(degree):
    x = np.linspace(-1, 1, 7)
    found = legendre_functions(x, 6)
    for order in range(6):
        expected = scipy.special.lpmv(order, degree, x) * (-1) ** order
        falling = scipy.special.factorial(degree + order) if order <= degree else 1.0
        rising = scipy.special.factorial(max(0, degree - order))
        expected = expected * np.sqrt((2 * degree + 1) * rising / falling)
        for row in (5 - order, 5 + order):
            np.testing.assert_allclose(found[row, degree], expected, atol=1e-12)


@EVERY
def test_values_are_those_of_the_harmonics(grid):
    coefficients = normal(0, (2, grid.rep.dim))
    expected = coefficients @ grid.harmonics(grid.points).T
    np.testing.assert_allclose(grid.synthesise(coefficients), expected, atol=1e-11)
    np.testing.assert_allclose(np.linalg.norm(grid.points, axis=1), 1, atol=1e-15)


@EVERY
def test_weights_integrate_all_products_that_are_resolved(grid):
    space = grid.harmonics.space
    fine = cm.harmonics(space, 2 * (grid.resolved - 1))
    means = grid.weights @ fine(grid.points)
    np.testing.assert_allclose(means, np.arange(fine.rep.dim) == 0, atol=1e-13)
    assert grid.weights.min() >= 0


@EVERY
def test_coefficients_come_back_from_samples_of_either_library(grid):
    coefficients = normal(1, (2, 3, grid.rep.dim))
    found = grid.analyse(grid.synthesise(coefficients))
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, coefficients, atol=1e-13)
    found = once(lambda c: grid.analyse(grid.synthesise(c)), jnp.float32(coefficients))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, coefficients, atol=1e-5)


@EVERY
def test_half_precision_costs_its_own_rounding(grid):
    coefficients = normal(10, (3, grid.rep.dim))
    found = once(lambda c: grid.analyse(grid.synthesise(c)), jnp.bfloat16(coefficients))
    assert found.dtype == jnp.bfloat16
    error = np.linalg.norm(np.float64(found) - coefficients) / np.linalg.norm(coefficients)
    assert error < 2**-7


@pytest.mark.parametrize("rule", RULES)
def test_transforms_are_exact_at_degree_64(rule):
    grid = cm.sphere_grid(65, rule=rule)
    coefficients = normal(2, (grid.rep.dim,))
    found = grid.analyse(grid.synthesise(coefficients))
    np.testing.assert_allclose(found, coefficients, atol=1e-12)


def test_a_function_that_moves_has_coefficients_that_move():
    grid = GRIDS["gauss-legendre"]
    g = expm(0.9 * O(3).lie_algebra[0] - 0.4 * O(3).lie_algebra[2])

    def function(points):
        return points[..., 0] ** 3 - points[..., 1] * points[..., 2]

    expected = grid.rep.act(g, grid.analyse(function(grid.points)))
    np.testing.assert_allclose(grid.analyse(function(grid.points @ g)), expected, atol=1e-12)


def test_a_linear_layer_is_a_convolution_with_a_kernel_around_the_axis():
    grid = GRIDS["gauss-legendre"]
    basis = (grid.rep >> grid.rep).equivariant_basis()
    assert basis.rank == grid.bandwidth
    weights = normal(3, (grid.bandwidth,))
    matrix = np.diag(weights[grid.harmonics.degrees])
    assert (
        np.abs(basis.to_dense() @ (basis.to_dense().T @ matrix.ravel()) - matrix.ravel()).max()
        < 1e-12
    )
    f = normal(4, (grid.rep.dim,))
    cosines = grid.points @ grid.points.T
    kernel = np.polynomial.legendre.legval(cosines, weights * (2 * np.arange(grid.bandwidth) + 1))
    expected = kernel @ (grid.weights * grid.synthesise(f))
    np.testing.assert_allclose(grid.synthesise(matrix @ f), expected, atol=1e-11)


def test_a_linear_layer_has_the_factor_of_the_spherical_fourier_transform():
    """With integrals, (f ⋆ k)_lm = 2π √(4π / (2l + 1)) f_lm k_l0 for rotations of the north pole.

    Driscoll and Healy integrate over SO(3) of volume 8π², and 4π over the sphere; their harmonics
    have mean square 1 / 4π. In means over both and with ours, whose k_l0 are √(4π) of theirs times
    1 / 4π for each integral, this is f_lm k_l0 / √(2l + 1).
    """
    grid = GRIDS["gauss-legendre"]
    rotations = cm.rotation_grid(grid.bandwidth)
    f, k = normal(7, (grid.rep.dim,)), normal(8, (grid.bandwidth,))
    # the harmonic m = 0 of degree l is √(2l + 1) P_l(z)
    degrees = grid.harmonics.degrees
    kernel = np.sqrt(2 * degrees[: grid.rep.dim] + 1)
    expected = grid.synthesise(k[degrees] / kernel * f)
    R = rotations.points
    # (f ⋆ k)(x) is the mean over R of f(R n) k(R⁻¹ x), and R⁻¹ x has the height x · R n
    poles = rotations.weights * (grid.harmonics(R[:, :, 2]) @ f)
    heights = grid.points[::11] @ R[:, :, 2].T
    values = np.polynomial.legendre.legval(heights, k * np.sqrt(2 * np.arange(len(k)) + 1))
    np.testing.assert_allclose(values @ poles, expected[::11], rtol=0, atol=1e-11)


def test_a_cut_of_degrees_is_the_projection_onto_smoother_functions():
    fine, coarse = cm.sphere_grid(7, v), cm.sphere_grid(4, v, samples=7)
    f = normal(9, (fine.rep.dim,))
    cut = f[: coarse.rep.dim]
    np.testing.assert_allclose(coarse.analyse(fine.synthesise(f)), cut, rtol=0, atol=1e-12)
    # a linear layer to fewer degrees can do it
    basis = (fine.rep >> coarse.rep).equivariant_basis()
    matrix = np.eye(coarse.rep.dim, fine.rep.dim).ravel()
    projected = basis.expand(basis.coefficients(matrix))
    np.testing.assert_allclose(projected, matrix, rtol=0, atol=1e-12)


def sampled(samples, function, space=v, bandwidth=4):
    make = cm.circle_grid if space.dim == 2 else cm.sphere_grid
    grid = make(bandwidth, space, samples)
    return cm.sampled_nonlinearity(2 * grid.rep, function, grid)


def error(m):
    """Of equivariance, under a generic element of the Lie algebra and the discrete generators."""
    group, x = m.rep.group, normal(5, (4, m.rep.dim)) / 4
    tangents = [
        expm(np.tensordot([0.7, -0.4, 0.5][: len(group.lie_algebra)], group.lie_algebra, 1))
    ]
    y = once(m.apply, {}, x)
    elements = [*group.discrete_generators, *(tangents if len(group.lie_algebra) else [])]
    moved = (once(m.apply, {}, m.rep.act(g, x)) - m.rep.act(g, y) for g in elements)
    return max(float(np.abs(each).max()) for each in moved) / float(np.abs(y).max())


@pytest.mark.parametrize("space", [v, V(SO(3)), V(SO(2))])
def test_polynomials_of_values_are_exact_from_the_number_of_samples_that_is_said(space):
    degree, bandwidth = 3, 4
    enough = (degree + 1) * (bandwidth - 1) // 2 + 1
    assert error(sampled(enough, lambda f: f**3 - f, space)) < 1e-12
    assert error(sampled(bandwidth, lambda f: f**3 - f, space)) > 1e-3


def test_errors_of_other_functions_fall_with_the_samples():
    errors = [error(sampled(samples, jnp.tanh)) for samples in (4, 8, 16)]
    assert errors[0] > 4 * errors[1] > 16 * errors[2]


def test_chains_take_such_layers():
    grid = cm.sphere_grid(3, v, 5)
    m = cm.chain(
        cm.linear(grid.rep, 2 * grid.rep),
        cm.sampled_nonlinearity(2 * grid.rep, jnp.square, grid),
        cm.linear(2 * grid.rep, v),
    )
    params, x = m.init(jax.random.key(0), jnp.float64), normal(6, (3, grid.rep.dim))
    g = expm(O(3).lie_algebra[1])
    found = once(m.apply, params, grid.rep.act(g, x))
    np.testing.assert_allclose(found, v.act(g, once(m.apply, params, x)), atol=1e-11)
    assert m.apply(params, x[:, None]).shape == (3, 1, 3)


def test_a_subgroup_of_the_rotations_has_grids():
    space = V(O(3))
    assert cm.sphere_grid(3, space) == cm.sphere_grid(3, space)
    assert cm.sphere_grid(3, space) != cm.sphere_grid(3, V(SO(3)))


pair = 2 * GRIDS["circle"].rep


def wrong(**arguments: Any) -> dict[str, Any]:
    """Arguments of a type that they must not have."""
    return arguments


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: cm.sphere_grid(0), ValueError, "`sphere_grid(bandwidth=...)` should be positive"),
        (
            lambda: cm.sphere_grid(**wrong(bandwidth=2.0)),
            TypeError,
            "`sphere_grid(bandwidth=...)` should be a whole",
        ),
        (lambda: cm.sphere_grid(4, samples=3), ValueError, "should be at least the bandwidth 4"),
        (lambda: cm.sphere_grid(4, V(O(2))), ValueError, "a real representation on 3 coordi"),
        (lambda: cm.circle_grid(4, v), ValueError, "a real representation on 2 coordinates"),
        (
            lambda: cm.circle_grid(4, V(SU(2))),
            ValueError,
            "`circle_grid(space=...)` should be a re",
        ),
        (
            lambda: cm.sphere_grid(4, V(SE(2))),
            ValueError,
            "`sphere_grid(space=...)` should be a re",
        ),
        (lambda: cm.sphere_grid(4, V(SOplus(1, 2))), ValueError, "a group that is not compact"),
        (lambda: cm.sphere_grid(4, rule="healpix"), ValueError, "`sphere_grid(rule=...)` should"),
        (lambda: GRIDS["circle"].analyse(np.zeros(3)), ValueError, "samples of shape (..., 17)"),
        (lambda: GRIDS["circle"].synthesise(1.0), ValueError, "coefficients of shape (..., 13)"),
        (lambda: cm.sampled_nonlinearity(v, jnp.tanh, GRIDS["circle"]), ValueError, "copies of"),
        (
            lambda: cm.sampled_nonlinearity(v, jnp.tanh, **wrong(grid=v)),
            TypeError,
            "`grid` should be made by",
        ),
        (
            lambda: cm.sampled_nonlinearity(v, **wrong(function=1), grid=GRIDS["circle"]),
            TypeError,
            "`function` should be",
        ),
        (
            lambda: cm.sampled_nonlinearity(
                pair, **wrong(function=jnp.maximum), grid=GRIDS["circle"]
            ),
            TypeError,
            "`function` should be one of a single array",
        ),
        (
            lambda: cm.sampled_nonlinearity(pair, lambda f: f.sum(axis=-1), GRIDS["circle"]),
            ValueError,
            "`function` should give a value for each",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()
