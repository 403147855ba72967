"""Bodies in space: the data of gravity, and training several runs at once."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import gravity_data
import particles
from particles import TASKS, Run, Trainer, model
from particles_data import Particles


def test_a_light_planet_goes_around_its_star():
    """With the angle that Kepler's third law says; steps of the integrator are a thousandth."""
    x = np.array([[[0.0, 0, 0], [0.5, 0, 0]]])
    v = np.array([[[0.0, 0, 0], [0, np.sqrt(4 / 0.5), 0]]])
    end = gravity_data.simulate(np.array([[4.0, 1e-9]]), x, v)[0, 1]
    angle = 0.1 * np.sqrt(4 / 0.5**3)
    np.testing.assert_allclose(end, 0.5 * np.array([np.cos(angle), np.sin(angle), 0]), atol=5e-3)


def test_runs_at_once_learn_and_say_what_they_found(monkeypatch):
    """Free motion, whose displacement is a multiple of velocities."""
    stream = np.random.RandomState(0)

    def part(count: int) -> Particles:
        x, v = stream.standard_normal((2, count, 3, 3)).astype(np.float32)
        charges = np.ones((count, 3), np.float32)
        return Particles(charges, x, v, x + v)

    task = TASKS["charged"]._replace(batch=20)
    data = {"train": part(100), "valid": part(50), "test": part(40)}
    assert particles.linear_motion(data).max() < 1e-10
    kept: list[dict] = []
    keys = jax.vmap(jax.random.key)(jnp.arange(2))
    runs = Run(keys, jnp.full(2, 1e-2), jnp.array([0.0, 0.1]))
    monkeypatch.setattr(particles, "REPORT", 0.0)
    m = model(task, "scalars", channels=4, num_layers=1)
    Trainer(task, m, data).run(runs, seconds=600, epochs=40, keep=kept.append)
    assert [found["epochs"] for found in kept] == list(range(5, 45, 5))
    assert max(kept[-1]["test"]) < 0.2 * np.mean(data["test"].velocities ** 2)
    assert len(kept[-1]["test, over trajectories"]) == 2
