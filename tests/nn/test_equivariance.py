"""Every layer commutes with every group: random parameters and biases, in float64."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SO, C, D, O, S, Z
from constrainet.reps import Rep, Scalar, V
from tests.catalogue import GROUPS
from tests.maps.precision import normal
from tests.nn.models import equivariance_error, pure, random_params

# the products of the 48 stickers' irreducibles take a quarter of a minute
FAST_GROUPS = [name for name in GROUPS if name != "RubiksCube"]
TOLERANCE = 1e-10

# the first of them hold signs, so that functions of single coordinates do not commute
SIGNS_AND_OTHERS = [
    *("D(1)", "O(1)", "C(4)", "D(4)", "Hyperoctahedral(3)", "phases", "Z(5)", "S(4)", "SU(2)"),
    *("U(1)", "Lorentz", "SE(2)", "Scaling(2)", "SO(3)*S(3)", "Z(3)*S(4)", "jordan"),
]


def hidden(v: Rep) -> Rep:
    """Scalars, vectors and their duals."""
    return Scalar(v.group) + v + v.T


@pytest.mark.parametrize("name", FAST_GROUPS)
def test_emlp_is_equivariant(name):
    v = V(GROUPS[name]())
    rep_in, rep_out, channels = 2 * v + Scalar(v.group), v + Scalar(v.group), hidden(v)
    kind = "basis" if len(name) % 2 else "projector"

    def make():
        return cnn.EMLP(rep_in, rep_out, channels=channels, num_layers=1, parametrization=kind)

    assert equivariance_error(make, rep_in, rep_out) < TOLERANCE


def test_linear_and_gates_are_equivariant_under_the_cube_group():
    v = V(GROUPS["RubiksCube"]())
    for kind in ("projector", "basis"):
        make = lambda kind=kind: cnn.Linear(v, v + Scalar(v.group), parametrization=kind)  # noqa: E731
        assert equivariance_error(make, v, v + Scalar(v.group)) < TOLERANCE
    assert equivariance_error(lambda: cnn.GatedNonlinearity(v), cnn.gated(v), v) < TOLERANCE


@pytest.mark.parametrize("name", SIGNS_AND_OTHERS)
def test_gates_are_equivariant(name):
    v = V(GROUPS[name]())
    rep = v + 2 * Scalar(v.group) + v * v + v.T + v
    assert equivariance_error(lambda: cnn.GatedNonlinearity(rep), cnn.gated(rep), rep) < TOLERANCE


@pytest.mark.parametrize("name", ["SO(3)", "Lorentz", "S(4)", "phases", "SE(2)", "SO(3)*S(3)"])
def test_bilinear_is_equivariant(name):
    v = V(GROUPS[name]())
    rep_in, rep_out = 2 * v + v.T, v + v * v.T + Scalar(v.group)
    assert equivariance_error(lambda: cnn.BiLinear(rep_in, rep_out), rep_in, rep_out) < TOLERANCE


def awkward() -> dict[str, tuple[Rep, Rep, int | Rep]]:
    """What the reference implementation stumbles over."""
    v, mixed = V(SO(3)), V(SO(3)) * V(S(3))
    two, twice = V(D(4)), Z(3) * Z(3)
    return {
        "one channel": (v, v, 1 * Scalar(v.group) + v),
        "a single representation": (V(S(4)), V(S(4)), V(S(4))),
        "a single scalar": (v * v, Scalar(v.group), Scalar(v.group)),
        "repeated summands": (v + v, v + v + v, v + v + v + v),
        "summands in any order": (v + Scalar(v.group) + v, v, v + v * v + 2 * Scalar(v.group) + v),
        "sum inside a product": ((v + Scalar(v.group)) ** 2, v, (v + Scalar(v.group)) ** 2),
        "product of groups": (mixed + V(S(3)), mixed, mixed + v + V(S(3)) + Scalar(v.group)),
        "input of a factor": (v, mixed + v, 12),
        "output of a factor": (mixed, v, 12),
        "a width": (two, two * two, 17),
        "equal factors": (V(twice, factor=1), V(twice, factor=1) * V(twice, factor=0), 14),
        "signs": (V(C(4)), V(C(4)), 9),
        "pseudovectors": (2 * V(O(3)), V(O(3)) ** 2, V(O(3)) + V(O(3)) ** 2),
    }


@pytest.mark.parametrize("name", awkward())
def test_emlp_takes_awkward_representations(name):
    rep_in, rep_out, channels = awkward()[name]

    def make():
        return cnn.EMLP(rep_in, rep_out, channels=channels, num_layers=1, parametrization="basis")

    assert equivariance_error(make, rep_in, rep_out) < TOLERANCE


@pytest.mark.parametrize("name", ["SO(3)", "Lorentz", "S(4)"])
def test_emlp_is_equivariant_in_single_precision(name):
    v = V(GROUPS[name]())
    rep_in, rep_out = 2 * v + Scalar(v.group), v * v
    model = pure(lambda: cnn.EMLP(rep_in, rep_out, channels=24, num_layers=2))
    x = jnp.asarray(normal(0, (5, rep_in.dim), np.float32))
    params = jax.tree.map(lambda p: p / p.size**0.25, random_params(model, x))
    apply = jax.jit(model.apply)
    g = v.group.sample(jax.random.key(1))
    y, moved = apply(params, x), apply(params, rep_in.act(g, x))
    assert y.dtype == np.float32
    expected = rep_out.act(g, y)
    assert np.abs(moved - expected).max() < 1e-4 * np.abs(expected).max()
