"""A star and five planets: where are they a tenth of a unit of time from now?

Masses are log-uniform, of the star from 1 to 10, of planets from 0.01 to 0.1. The star is at rest;
planets are in a plane, uniform in the ring of radii from 0.1 to 1, with the velocity of a circle
around the star in either direction, plus noise of 0.01 in each coordinate. Newton's attraction with
G = 1 acts for a hundred steps of 1e-3, velocities first. Then the order of bodies is random, and so
are the orientation and the place (normal, of deviation 20). Trajectories in which a body ends more
than 2 from where it was are left out. The shifted test set is the test set, 200 further along an
axis.

References:
    Brehmer, de Haan, Behrends, Cohen, "Geometric algebra transformer" (2023), section 4.1 and its
    published code.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import special_ortho_group

from particles_data import Particles

SEED = 0
PLANETS = 5
STEPS, TIME_STEP = 100, 1e-3
FARTHEST = 2.0
SHIFT = np.array([200.0, 0, 0])
COUNTS = {"train": 1_000, "valid": 1_000, "test": 2_000}


def log_uniform(stream: np.random.RandomState, low: float, high: float, shape) -> np.ndarray:
    """Numbers whose logarithm is uniform."""
    return np.exp(stream.uniform(np.log(low), np.log(high), shape))


def draw(stream: np.random.RandomState, count: int) -> tuple[np.ndarray, ...]:
    """Masses (count, 6), positions and velocities (count, 6, 3) at the start, star first."""
    star = log_uniform(stream, 1, 10, (count, 1))
    masses = np.concatenate([star, log_uniform(stream, 0.01, 0.1, (count, PLANETS))], axis=1)
    radii = np.sqrt(stream.uniform(0.1**2, 1, (count, PLANETS)))
    angles = stream.uniform(0, 2 * np.pi, (count, PLANETS))
    outwards, around = (
        np.stack([np.cos(a), np.sin(a), 0 * a], axis=2) for a in (angles, angles + np.pi / 2)
    )
    speeds = stream.choice([-1, 1], (count, PLANETS)) * np.sqrt(star / radii)
    noise = 0.01 * stream.standard_normal((count, PLANETS, 3))
    x, v = np.zeros((2, count, 1 + PLANETS, 3))
    x[:, 1:] = radii[..., None] * outwards
    v[:, 1:] = speeds[..., None] * around + noise
    return masses, x, v


def simulate(masses: np.ndarray, x: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Positions at the end."""
    for _ in range(STEPS):
        d = x[:, None] - x[:, :, None]
        cubes = np.sum(d**2, axis=3) ** 1.5 + np.eye(x.shape[1])
        v = v + TIME_STEP * np.sum((masses[:, None] / cubes)[..., None] * d, axis=2)
        x = x + TIME_STEP * v
    return x


def gravity() -> dict[str, Particles]:
    """The data set, by part."""
    stream, found = np.random.RandomState(SEED), {}
    for part, count in COUNTS.items():
        masses, x, v = draw(stream, count + count // 5)
        target = simulate(masses, x, v)
        near = np.linalg.norm(target - x, axis=2).max(axis=1) <= FARTHEST
        masses, x, v, target = (each[near][:count] for each in (masses, x, v, target))
        order = np.argsort(stream.random_sample(masses.shape), axis=1)
        masses = np.take_along_axis(masses, order, axis=1)
        turns = special_ortho_group.rvs(3, size=count, random_state=stream)
        places = 20 * stream.standard_normal((count, 1, 3))
        x, v, target = (
            np.take_along_axis(each, order[..., None], axis=1) @ turns.swapaxes(1, 2)
            for each in (x, v, target)
        )
        found[part] = x + places, masses, v, target + places
    x, masses, v, target = found["test"]
    found["shifted"] = x + SHIFT, masses, v, target + SHIFT
    return {
        part: Particles(*(np.asarray(each, np.float32) for each in (masses, x, v, target)))
        for part, (x, masses, v, target) in found.items()
    }
