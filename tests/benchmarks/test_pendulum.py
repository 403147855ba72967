"""The double spring pendulum: energy, symmetry, the integrator, and training."""

from __future__ import annotations

import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import pendulum
from pendulum import MODELS, Trainer, run_all
from pendulum_data import (
    CHUNK,
    INTERVAL,
    geometric_mean,
    hamiltonian,
    relative_errors,
    sample_chunks,
    true_trajectories,
    velocity,
)
from runs import Runs
from tests.maps.precision import element, in_double_precision, normal
from training import OutOfTimeError

TASK = pendulum.pendulum()


def starts(count: int, seed: int = 0) -> np.ndarray:
    return TASK.inputs(normal(seed, (count, 12)))


def true(z: np.ndarray, length: int, substeps: int = 20) -> np.ndarray:
    with in_double_precision():
        return np.asarray(true_trajectories(jnp.asarray(z), length, substeps))


def spring(a, b, constant):
    """The force on b of a spring of length 1 from a, one coordinate after another."""
    length = math.dist(a, b)
    return [-constant * (length - 1) * (b[i] - a[i]) / length for i in range(3)]


def motion(_, z):
    """Newton's equations: springs of constants 1 and 2, weights of 1."""
    q1, q2, p = z[:3], z[3:6], z[6:]
    upper, lower = spring([0, 0, 0], q1, 1), spring(q1, q2, 2)
    on_1 = [upper[i] - lower[i] - (i == 2) for i in range(3)]
    on_2 = [lower[i] - (i == 2) for i in range(3)]
    return [*p, *on_1, *on_2]


def test_hamilton_equations_are_those_of_newton():
    z = starts(10)
    with in_double_precision():
        got = np.asarray(velocity(hamiltonian, jnp.asarray(z)))
    np.testing.assert_allclose(got, [motion(0, row) for row in z], rtol=1e-12, atol=1e-12)


def test_trajectories_agree_with_another_integrator():
    z, length = starts(2), 26
    got = true(z, length)
    times = INTERVAL * np.arange(length)
    for i in range(2):
        expected = solve_ivp(
            motion, (0, times[-1]), z[i], "DOP853", times, rtol=1e-11, atol=1e-12
        ).y.T
        np.testing.assert_allclose(got[:, i], expected, atol=1e-6)


def test_trajectories_keep_the_energy():
    with in_double_precision():
        energy = np.asarray(hamiltonian(jnp.asarray(true(starts(50), 150))))
    assert np.ptp(energy[0]) > 0.5
    np.testing.assert_allclose(energy, energy[:1].repeat(150, axis=0), atol=1e-6)


def test_trajectories_are_of_order_four():
    z = starts(20)
    exact = true(z, 6, 40)
    coarse, fine = (np.abs(true(z, 6, n) - exact).max() for n in (2, 4))
    assert 10 < coarse / fine < 40


def test_energy_and_motion_have_the_symmetry():
    z, group = starts(10), TASK.group
    for seed in range(3):
        rho = TASK.rep_in.rho(element(group, seed))
        np.testing.assert_allclose(TASK.target(z @ rho.T), TASK.target(z), rtol=1e-12)
        np.testing.assert_allclose(true(z @ rho.T, 11), true(z, 11) @ rho.T, atol=1e-10)


def test_energy_has_no_more_than_the_symmetry():
    tilt = np.array(
        [[1, 0, 0], [0, math.cos(0.5), -math.sin(0.5)], [0, math.sin(0.5), math.cos(0.5)]]
    )
    z = starts(10)
    assert np.abs(TASK.target(z @ np.kron(np.eye(4), tilt).T) - TASK.target(z)).min() > 0.1


def test_group_is_all_of_the_reflections_and_rotations_about_the_axis():
    basis = (TASK.rep_in >> TASK.rep_in).equivariant_basis()
    assert basis.rank == 2 * 16  # Schur: a plane and a line, four copies of each
    elements = np.asarray(TASK.group.samples(jax.random.key(0), 40))
    np.testing.assert_allclose(elements[:, 2], np.tile([0, 0, 1.0], (40, 1)), atol=1e-6)
    determinants = np.linalg.det(elements)
    assert determinants.min() < -0.99 < 0.99 < determinants.max()


def test_invariants_are_complete_and_invariant():
    z = starts(10).astype(np.float32)
    rho = TASK.rep_in.rho(element(TASK.group)).astype(np.float32)
    features = np.asarray(pendulum.invariants(jnp.asarray(z)))
    assert features.shape == (10, 14)
    moved = pendulum.invariants(jnp.asarray(z @ rho.T))
    np.testing.assert_allclose(moved, features, rtol=1e-4, atol=1e-4)
    # 12 coordinates less the one angle: what differs by more than a rotation is told apart
    jacobian = np.asarray(jax.jacobian(pendulum.invariants)(jnp.asarray(z[0])))
    assert np.linalg.matrix_rank(jacobian, tol=1e-3) == 11


def test_chunks_are_successive_states_of_trajectories():
    chunks = sample_chunks(jax.random.key(0), 40)
    assert chunks.shape == (40, CHUNK, 12)
    np.testing.assert_array_equal(chunks, sample_chunks(jax.random.key(0), 40))
    np.testing.assert_allclose(true(chunks[:, 0], CHUNK).swapaxes(0, 1), chunks, atol=1e-9)
    # some from the start and some from later, when the masses have fallen
    assert np.ptp(chunks[:, 0, 2]) > 1


def test_errors_are_relative_to_both_states_and_not_zero():
    a, b = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[0.0, 5.0], [1.0, 0.0]])
    errors = relative_errors(a, b)
    np.testing.assert_allclose(errors, [math.sqrt(10) / 10, 1e-7])
    np.testing.assert_allclose(geometric_mean(np.array([1e-2, 1e-4])), 1e-3)


@pytest.fixture(scope="module")
def trainer():
    return Trainer(MODELS["mlp"], count=20, steps=60, parts=3, length=6)


def test_training_follows_from_the_seed_and_learns(trainer):
    params, run = trainer.run(0)
    again_params, again = trainer.run(0)
    jax.tree.map(np.testing.assert_array_equal, params, again_params)
    assert run["rollout"] == again["rollout"]
    assert run["rollout"] == pytest.approx(geometric_mean(np.array(run["curve"])))
    assert run["curve"][0] == pytest.approx(1e-7)
    start = trainer._start(jax.random.split(jax.random.key(0), 3)[2], jnp.zeros((20, CHUNK, 12)))
    chunks = jnp.asarray(sample_chunks(jax.random.split(jax.random.key(0), 3)[1], 20), jnp.float32)
    np.testing.assert_allclose(run["test"], trainer.error(params, chunks), rtol=1e-4)
    assert run["test"] < trainer.error(start[0], chunks) / 4


def test_training_stops_when_it_would_take_too_long(trainer):
    with pytest.raises(OutOfTimeError, match="it would take"):
        trainer.run(0, limit=0.0)


def test_true_energy_makes_no_error(trainer, monkeypatch):
    monkeypatch.setattr(
        trainer, "network", trainer.network._replace(apply=lambda _, z: hamiltonian(z)[:, None])
    )
    chunks = jnp.asarray(sample_chunks(jax.random.key(0), 20), jnp.float32)
    assert trainer.error({}, chunks) < 1e-8
    assert trainer.error({}, chunks[:, ::-1]) > 1e-2  # time runs one way


def test_runs_are_kept_and_not_repeated(trainer, monkeypatch, tmp_path):
    monkeypatch.setattr(pendulum, "Trainer", lambda model: trainer)
    path = tmp_path / "pendulum.json"
    assert run_all(["mlp"], [0], 5.0, Runs(path)) == []
    assert list(json.loads(path.read_text())["runs"]) == ["mlp 0"]
    monkeypatch.setattr(trainer, "run", None)
    assert run_all(["mlp"], [0], 5.0, Runs(path)) == []
    text = pendulum.write(tmp_path, tmp_path / "pendulum.png")
    assert "| authors' EMLP, O(2) | 1.21e-02 |" in text
    assert f"| MLP | {Runs(path).runs['mlp 0']['rollout']:.2e} | 1 |" in text
    assert (tmp_path / "pendulum.png").stat().st_size > 1000
