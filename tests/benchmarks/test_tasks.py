"""The regression tasks: targets against loops, symmetry and scales."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest

from tasks import TASKS
from tests.maps.precision import element, normal


@pytest.fixture(params=TASKS)
def name(request):
    return request.param


def inertia(x):
    tensor = np.zeros((3, 3))
    for k in range(5):
        mass, r = x[k], x[5 + 3 * k : 8 + 3 * k]
        for i in range(3):
            for j in range(3):
                tensor[i, j] += mass * (
                    (r[0] ** 2 + r[1] ** 2 + r[2] ** 2) * (i == j) - r[i] * r[j]
                )
    return tensor.reshape(9)


def synthetic(x):
    length1 = math.sqrt(sum(a * a for a in x[:5]))
    length2 = math.sqrt(sum(a * a for a in x[5:]))
    dot = sum(a * b for a, b in zip(x[:5], x[5:], strict=True))
    return [math.sin(length1) - 0.5 * length2**3 + dot / (length1 * length2)]


def scattering(x):
    p = [x[4 * k : 4 * k + 4] for k in range(4)]
    signs = (1, -1, -1, -1)

    def dot(a, b):
        return sum(s * u * v for s, u, v in zip(signs, a, b, strict=True))

    total = 0.0
    for i in range(4):
        for j in range(4):
            metric = signs[i] if i == j else 0
            upper = p[0][i] * p[2][j] - (dot(p[0], p[2]) - dot(p[0], p[0])) * metric
            lower = signs[i] * p[1][i] * signs[j] * p[3][j]
            lower -= (dot(p[1], p[3]) - dot(p[1], p[1])) * metric
            total += upper * lower
    return [4 * total]


SLOW = {"inertia": inertia, "synthetic": synthetic, "scattering": scattering}


def test_targets_are_what_loops_make_of_the_formulas(name):
    task = TASKS[name]()
    x = task.inputs(normal(0, (20, task.rep_in.dim)))
    np.testing.assert_allclose(task.target(x), [SLOW[name](row) for row in x], rtol=1e-12)


def test_targets_of_moved_inputs_are_moved_targets(name):
    task = TASKS[name]()
    x = task.inputs(normal(0, (20, task.rep_in.dim)))
    for seed in range(3):
        g = element(task.group, seed)
        moved = task.target(x @ task.rep_in.rho(g).T)
        expected = task.target(x) @ task.rep_out.rho(g).T
        np.testing.assert_allclose(moved, expected, rtol=1e-10, atol=1e-10 * np.abs(moved).max())


def test_scaling_commutes_with_the_group(name):
    task = TASKS[name]()
    x = task.inputs(normal(0, (20, task.rep_in.dim)))
    y, g = task.target(x), element(task.group)
    rho_in, rho_out = task.rep_in.rho(g), task.rep_out.rho(g)
    x_scaled, y_scaled = task.scaled(x, y)
    moved_x, moved_y = task.scaled(x @ rho_in.T, y @ rho_out.T)
    np.testing.assert_allclose(moved_x, x_scaled @ rho_in.T, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(moved_y, y_scaled @ rho_out.T, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(task.unscaled(y_scaled), y, rtol=1e-12)


@pytest.mark.parametrize("name", ["synthetic", "scattering"])
def test_scales_are_those_of_the_distribution(name):
    task = TASKS[name]()
    x, y = task.sample(jax.random.key(1), 200_000)
    x, y = task.scaled(x.astype(float), y.astype(float))
    assert abs(x.mean()) < 0.01
    assert abs(x.std() - 1) < 0.01
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1) < 0.02


def test_samples_follow_from_the_key(name):
    task = TASKS[name]()
    x, y = task.sample(jax.random.key(0), 7)
    assert x.shape == (7, task.rep_in.dim)
    assert y.shape == (7, task.rep_out.dim)
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(y, task.target(x.astype(np.float64)).astype(np.float32))
    again, other = task.sample(jax.random.key(0), 7)[0], task.sample(jax.random.key(1), 7)[0]
    np.testing.assert_array_equal(x, again)
    assert (x != other).all()


def test_masses_are_positive():
    x, _ = TASKS["inertia"]().sample(jax.random.key(0), 1000)
    assert (x[:, :5] > 0).all()
    assert (x[:, 5:] < 0).any()


def test_augmented_samples_still_belong_to_the_function(name):
    task = TASKS[name]()
    x, y = task.sample(jax.random.key(0), 50)
    moved_x, moved_y = map(np.asarray, jax.jit(task.augmented)(jax.random.key(1), x, y))
    expected = task.target(moved_x.astype(np.float64))
    np.testing.assert_allclose(moved_y, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    # each by another element: what one element leaves alone, |a - b|, changes
    vectors, moved_vectors = x[:, -task.group.dim :], moved_x[:, -task.group.dim :]
    before = np.linalg.norm(vectors[1:] - vectors[0], axis=1)
    after = np.linalg.norm(moved_vectors[1:] - moved_vectors[0], axis=1)
    assert np.mean(np.abs(after - before) > 1e-3 * before) > 0.9
