"""Gates and models commute with the group for awkward representations, in float64."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

import constrainet.nn as cnn
from constrainet.groups import SO, C, D, O, S, Z
from constrainet.reps import Rep, Scalar, V
from tests.catalogue import GROUPS
from tests.nn.models import equivariance_error

TOLERANCE = 1e-10

# the first of them hold signs, so that functions of single coordinates do not commute
SIGNS_AND_OTHERS = [
    *("D(1)", "O(1)", "C(4)", "D(4)", "Hyperoctahedral(3)", "phases", "Z(5)", "S(4)", "SU(2)"),
    *("U(1)", "Lorentz", "SE(2)", "Scaling(2)", "SO(3)*S(3)", "Z(3)*S(4)", "jordan"),
]


@pytest.mark.parametrize("name", SIGNS_AND_OTHERS)
def test_gates_are_equivariant(name):
    v = V(GROUPS[name]())
    rep = v + 2 * Scalar(v.group) + v * v + v.T + v
    assert equivariance_error(lambda: cnn.GatedNonlinearity(rep), cnn.gated(rep), rep) < TOLERANCE


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
        "pseudovectors": (2 * V(O(3)), V(O(3)) ** 2, 2 * V(O(3)) + V(O(3)) ** 2),
    }


ZERO_IN_PART = ("input of a factor", "a width", "equal factors")
"""Where symmetry leaves a part of the output out of reach, which is warned of."""


@pytest.mark.parametrize("name", awkward())
def test_emlp_takes_awkward_representations(name):
    rep_in, rep_out, channels = awkward()[name]

    def make():
        return cnn.EMLP(rep_in, rep_out, channels=channels, num_layers=1, parametrization="basis")

    warned = pytest.warns(UserWarning, match="always zero")
    with warned if name in ZERO_IN_PART else nullcontext():
        assert equivariance_error(make, rep_in, rep_out) < TOLERANCE
