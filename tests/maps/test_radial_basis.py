"""Functions of a length: against closed formulas, and with finite derivatives everywhere."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm


def test_values_are_bessel_functions_times_the_envelope():
    rho = np.linspace(1e-3, 0.999, 500)
    n = np.arange(1, 7)
    bessel = np.sqrt(2 / 3) * np.sin(n * np.pi * rho[:, None]) / rho[:, None]
    t = rho[:, None] ** 2
    expected = bessel * (1 - 10 * t**3 + 15 * t**4 - 6 * t**5)
    found = cm.radial_basis(jnp.asarray(3 * rho), 6, 3.0)
    assert found.dtype == jnp.float64
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_bessel_functions_are_orthonormal_on_the_ball_without_the_envelope():
    rho, weights = np.polynomial.legendre.leggauss(64)
    rho, weights = (rho + 1) / 2, weights / 2
    t = rho**2
    u = 1 - 10 * t**3 + 15 * t**4 - 6 * t**5
    f = np.asarray(cm.radial_basis(jnp.asarray(rho), 5, 1.0)) / u[:, None]
    np.testing.assert_allclose(
        np.einsum("r,ri,rj->ij", 3 * weights * t, f, f), np.eye(5), atol=1e-9
    )


@pytest.mark.parametrize("r", [0.0, 2.0, 2.5])
def test_two_derivatives_are_finite_at_zero_and_vanish_from_the_cutoff_on(r):
    def f(r):
        return cm.radial_basis(r, 4, 2.0)

    derivatives = [f(r), jax.jacfwd(f)(r), jax.jacfwd(jax.jacfwd(f))(r)]
    assert np.isfinite(derivatives).all()
    if r:
        np.testing.assert_allclose(derivatives, 0, atol=1e-9)
    else:  # an even function, sin(az)/z = a - a³z²/6
        a = np.arange(1, 5) * np.pi / 2
        np.testing.assert_allclose(derivatives[1], 0, atol=1e-12)
        np.testing.assert_allclose(derivatives[2], -np.sqrt(2 / 3) * 2 * a**3 / 3, rtol=1e-9)


def test_derivatives_are_continuous_where_the_series_ends():
    def f(r):
        return cm.radial_basis(r, 3, 1.0)

    grid = jnp.linspace(0.0, 0.5, 2001)
    second = np.asarray(jax.vmap(jax.jacfwd(jax.jacfwd(f)))(grid))
    steps = np.abs(np.diff(second, axis=0)).max(axis=0)
    assert (steps < 0.01 * np.abs(second).max(axis=0)).all()


@pytest.mark.parametrize(
    ("count", "cutoff", "error", "message"),
    [
        (0, 1.0, ValueError, "count=...)` should be positive"),
        (2.0, 1.0, TypeError, "should be a whole number"),
        (2, 0.0, ValueError, "should be positive, because it is a length"),
        (2, "5", TypeError, "should be a finite number"),
    ],
)
def test_bad_input_is_refused(count, cutoff, error, message):
    with pytest.raises(error, match=re.escape(message)):
        cm.radial_basis(jnp.ones(2), count, cutoff)
