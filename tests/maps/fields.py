"""What tests of fields on grids share: how a group moves them."""

from __future__ import annotations

import numpy as np

from constrainet.groups import Group
from constrainet.maps.kernels import offsets
from constrainet.reps import Rep

LINE = Group(discrete_generators=[[[-1.0]]], name="reflection")
QUARTER = np.array([[0.0, -1.0], [1.0, 0.0]])


def moved(space: Rep, rep: Rep, g: np.ndarray, field: np.ndarray) -> np.ndarray:
    """(g f)(p) = ρ(g) f(g⁻¹ p) for fields (batch, *grid, dim), place by place."""
    places = offsets(field.shape[1:-1])
    distances = np.abs((space.rho(g) @ places.T).T.real[:, None] - places).max(axis=2)
    assert distances.min(axis=1).max() < 1e-6
    flat = field.reshape(len(field), len(places), -1)
    result = np.zeros_like(flat)
    result[:, distances.argmin(axis=1)] = rep.act(g, flat)
    return result.reshape(field.shape)
