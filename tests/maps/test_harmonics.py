"""Harmonics against closed formulas, differential equations and the group's own elements."""

from __future__ import annotations

import pickle
from math import comb

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

import constrainet.maps as cm
from constrainet.groups import (
    GL,
    SO,
    SU,
    C,
    D,
    Group,
    Icosahedral,
    Lorentz,
    O,
    SOplus,
    Z,
    conjugate,
)
from constrainet.reps import Rep, V
from tests.maps.precision import element, once

SKEW = np.array([[2.0, 1.0], [0.0, 0.5]])

SPACES: dict[str, tuple[Rep, int]] = {
    "circle": (V(SO(2)), 6),
    "circle and reflections": (V(O(2)), 5),
    "sphere": (V(O(3)), 5),
    "sphere in four dimensions": (V(SO(4)), 4),
    "square": (V(D(4)), 5),
    "icosahedron": (V(Icosahedral()), 6),
    "spacetime": (V(SOplus(1, 3)), 3),
    "spacetime with reflections": (V(Lorentz()), 2),
    "all matrices": (V(GL(2)), 4),
    "skew coordinates": (V(conjugate(C(5), SKEW)), 4),
    "a factor of a product": (V(O(2) * SU(2), factor=0), 3),
    "a line": (V(Group(discrete_generators=[[[-1.0]]])), 4),
}
EVERY_SPACE = pytest.mark.parametrize("name", SPACES)


SECOND_DERIVATIVE = {0: -49 / 18, 1: 3 / 2, 2: -3 / 20, 3: 1 / 90}
SECOND_DERIVATIVE |= {-j: c for j, c in SECOND_DERIVATIVE.items()}
"""Of polynomials of degree 7 and less, from values at distances j; exact."""


def points(n: int, count: int = 20) -> np.ndarray:
    return np.random.RandomState(3).standard_normal((count, n))


def spherical(k: int, m: int, polar: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """SciPy's, under its name in old and new versions."""
    if hasattr(special, "sph_harm_y"):
        return special.sph_harm_y(k, m, polar, azimuth)
    return special.sph_harm(m, k, azimuth, polar)


@EVERY_SPACE
def test_harmonics_are_equivariant(name):
    space, degree = SPACES[name]
    h = cm.harmonics(space, degree)
    x = points(space.dim)
    for seed in range(3):
        g = element(space.group, seed)
        moved = h(space.act(g, x).real)
        np.testing.assert_allclose(moved, h.rep.act(g, h(x)).real, atol=2e-12 * np.abs(moved).max())


@EVERY_SPACE
def test_harmonics_solve_the_wave_equation_of_their_form(name):
    """Σ Q⁻¹_ij ∂_i ∂_j Y = 0, and the polynomials are independent, and as many as there are."""
    space, degree = SPACES[name]
    h, n = cm.harmonics(space, degree), space.dim
    for k in range(h.degrees.max() + 1):
        lower = comb(n + k - 3, k - 2) if k > 1 and h.form is not None else 0
        assert np.sum(h.degrees == k) == comb(n + k - 1, k) - lower
    values = h(points(n, 4 * h.rep.dim))
    assert np.linalg.matrix_rank(values, tol=1e-6) == h.rep.dim
    if h.form is None:
        return
    x, waves = points(n, 3), np.zeros((3, h.rep.dim))
    values, directions = np.linalg.eigh(np.linalg.inv(h.form))
    for value, direction in zip(values, directions.T, strict=True):
        waves += value * sum(c * h(x + j * direction) for j, c in SECOND_DERIVATIVE.items())
    assert np.abs(waves).max() < 1e-10 * np.abs(values).max() * np.abs(h(x + 3)).max()


@EVERY_SPACE
def test_squares_of_a_degree_sum_to_its_dimension(name):
    space, degree = SPACES[name]
    h = cm.harmonics(space, degree)
    x = points(space.dim)
    if not space.is_unitary:
        assert h(x)[:, 0].tolist() == [1] * len(x)
        return
    for k in range(h.degrees.max() + 1):
        squares = np.sum(h(x)[:, h.degrees == k] ** 2, axis=1)
        expected = np.sum(h.degrees == k) * np.sum(x**2, axis=1) ** k
        np.testing.assert_allclose(squares, expected, rtol=1e-12)


@pytest.mark.parametrize("group", [SO(3), O(3)], ids=str)
def test_harmonics_span_the_spherical_harmonics_of_scipy(group):
    degree = 12
    h = cm.harmonics(V(group), degree, normalized=True)
    x = points(3, 100)
    polar, azimuth = np.arccos(x[:, 2] / np.linalg.norm(x, axis=1)), np.arctan2(x[:, 1], x[:, 0])
    for k in range(degree + 1):
        own = h(x)[:, h.degrees == k]
        theirs = np.stack([spherical(k, m, polar, azimuth) for m in range(-k, k + 1)], axis=1)
        turn = np.linalg.lstsq(theirs, own.astype(complex), rcond=None)[0]
        np.testing.assert_allclose(theirs @ turn, own, atol=1e-12)
        # both are orthonormal on the sphere, theirs for its area
        np.testing.assert_allclose(turn.conj().T @ turn, 4 * np.pi * np.eye(2 * k + 1), atol=1e-10)


def test_harmonics_of_the_circle_are_waves_to_high_degrees():
    h = cm.harmonics(V(SO(2)), 64)
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    values = h(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    for k in (1, 31, 64):
        own = values[:, h.degrees == k]
        waves = np.sqrt(2) * np.stack([np.cos(k * angles), np.sin(k * angles)], axis=1)
        turn = waves.T @ own / len(angles)
        np.testing.assert_allclose(turn.T @ turn, np.eye(2), atol=1e-12)
        np.testing.assert_allclose(waves @ turn, own, atol=1e-12)


def test_products_of_a_lorentz_vector_keep_their_traceless_part():
    """Of degree 2: x ⊗ x less its trace, η q(x) / 4, up to a change of basis."""
    h = cm.harmonics(V(SOplus(1, 3)), 2)
    x = points(4)
    metric = np.diag([1.0, -1, -1, -1])
    q = np.einsum("pi,ij,pj->p", x, metric, x)
    traceless = (x[:, :, None] * x[:, None] - q[:, None, None] * metric / 4).reshape(-1, 16)
    own = h(x)[:, h.degrees == 2]
    turn = np.linalg.lstsq(traceless, own, rcond=None)[0]
    np.testing.assert_allclose(traceless @ turn, own, atol=1e-12)


def test_normalized_harmonics_know_directions_and_are_finite_at_zero():
    h = cm.harmonics(V(O(3)), 3, normalized=True)
    x = points(3)
    np.testing.assert_allclose(h(7 * x), h(x), atol=1e-13)
    zero = jnp.zeros(3)
    assert h(zero).tolist() == [1] + [0] * 15
    first, second = once(lambda x: (jax.jacobian(h)(x), jax.hessian(h)(x)), zero)
    assert np.isfinite(first).all() and np.isfinite(second).all()


def test_harmonics_keep_library_and_precision_and_pickle():
    h = cm.harmonics(V(D(4)), 2)
    assert isinstance(h(np.ones((2, 2), np.float32)), np.ndarray)
    assert h(np.ones((2, 2), np.float32)).dtype == np.float32
    assert h(jnp.ones((4, 5, 2), jnp.bfloat16)).dtype == jnp.bfloat16
    assert h(np.array([[1, 0]])).dtype == float
    again = pickle.loads(pickle.dumps(h))
    assert again == h and hash(again) == hash(h) and again.rep == h.rep
    assert h != cm.harmonics(V(D(4)), 2, normalized=True)


BAD = [
    (("V",), {}, TypeError, "harmonics.space=.* should be a representation"),
    ((V(SO(3)), 1.5), {}, TypeError, "harmonics.degree=.* should be a whole number"),
    ((V(SO(3)), -1), {}, ValueError, "harmonics.degree=.* should be at least 0. Got -1"),
    ((V(SU(2)), 2), {}, ValueError, r"should be real.*V of SU\(2\) is complex. Use `Realified"),
    ((2 * V(Lorentz()), 2), {}, ValueError, "no invariant form or one.*has 3 of them"),
    ((V(GL(2)), 2), {"normalized": True}, ValueError, "keeps the length of points. GL.2. does not"),
]


@pytest.mark.parametrize(("args", "options", "error", "message"), BAD)
def test_harmonics_refuse_what_has_none(args, options, error, message):
    with pytest.raises(error, match=message):
        cm.harmonics(*(args if len(args) == 2 else (*args, 1)), **options)
    with pytest.raises(ValueError, match=r"takes points of shape \(..., 2\).*Got \(4, 3\)"):
        cm.harmonics(V(Z(2)), 1)(np.ones((4, 3)))


def test_degrees_whose_digits_are_lost_are_refused():
    skew = V(conjugate(C(5), np.array([[1.0, 30.0], [0.0, 1.0]])))
    with pytest.raises(ValueError, match=r"should be below \d+ .*digits are lost"):
        cm.harmonics(skew, 12)
    assert cm.harmonics(skew, 2).rep.dim == 5


def test_no_points_have_no_harmonics():
    h = cm.harmonics(V(O(3)), 2)
    assert h(np.zeros((0, 3))).shape == (0, 9) and h(jnp.zeros((2, 0, 3))).shape == (2, 0, 9)


def test_vectors_are_not_multiplied_at_every_degree(monkeypatch):
    """H¹⁴ is a part of V ⊗ H¹³, and so on: 3¹⁴ vectors of V would be moved for one of H¹⁴."""
    rep, numbers = cm.harmonics(V(SO(3)), 14).rep, []

    def counted(self, blocks, x):
        numbers.append(np.prod(x.shape[:-1], dtype=int))
        return x @ self._rho(blocks).T

    monkeypatch.setattr(type(V(SO(3))), "_act", counted)
    turn = element(SO(3))
    x = np.random.default_rng(0).normal(size=(2, rep.dim))
    np.testing.assert_allclose(rep.act(turn, x), x @ rep.rho(turn).T, atol=1e-12)
    assert 0 < sum(numbers) < 100_000
