"""The principal logarithm against SciPy's, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from constrainet.linalg import logarithm


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def random_matrix(size: int) -> np.ndarray:
    return np.random.default_rng(size).normal(size=(size, size)) / np.sqrt(size)


@pytest.mark.parametrize(
    "g",
    [
        *(scipy.linalg.expm(scale * random_matrix(n)) for scale in (0.1, 1, 3) for n in (1, 3, 8)),
        scipy.linalg.expm(1j * np.diag([3.1, -3.0, 1.0])),
        np.array([[1.0, 1e6], [0.0, 1.0]]),
        np.diag([1e8, 1e-8, 1.0]),
        rotation(np.pi - 1e-3),
        np.array([[np.cosh(5), np.sinh(5)], [np.sinh(5), np.cosh(5)]]),
    ],
)
def test_logarithm_is_the_principal_one(g):
    found = logarithm(g)
    assert np.iscomplexobj(found) == np.iscomplexobj(g)
    expected = scipy.linalg.logm(g)
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
    assert np.allclose(scipy.linalg.expm(found), g, atol=1e-11 * np.abs(g).max())


@pytest.mark.parametrize(
    "g", [-np.eye(2), np.diag([-1.0, 2.0]), np.zeros((2, 2)), rotation(np.pi), np.diag([1.0, 0.0])]
)
def test_there_is_no_principal_logarithm(g):
    assert logarithm(g) is None
