"""The training loop of the benchmarks, on models that take a second."""

from __future__ import annotations

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from tasks import TASKS
from training import OutOfTimeError, Plan, Trainer, equivariance_error

TASK = TASKS["inertia"]()
TINY = Plan(20, batch=10, seen=2000, validation=30, test=40)


def network(build) -> hk.Transformed:
    return hk.without_apply_rng(hk.transform(build))


def perceptron(x):
    return hk.nets.MLP([16, 9])(x)


@pytest.fixture(scope="module")
def trainer():
    return Trainer(TASK, network(perceptron), 1e-2, TINY)


@pytest.mark.parametrize(
    ("count", "batch", "batches", "epochs"),
    [(30, 30, 1, 1000), (300, 300, 1, 1000), (1000, 500, 2, 900), (30000, 500, 60, 30)],
)
def test_plan_is_that_of_the_paper(count, batch, batches, epochs):
    plan = Plan(count)
    assert (plan.batch_size, plan.batches, plan.epochs) == (batch, batches, epochs)
    assert plan.steps == batches * epochs
    assert plan.epochs % plan.checks == 0
    assert 20 <= plan.checks <= 60


def test_run_follows_from_the_seed(trainer):
    params, run = trainer.run(0)
    again_params, again = Trainer(TASK, network(perceptron), 1e-2, TINY).run(0)
    _, other = trainer.run(1)
    jax.tree.map(np.testing.assert_array_equal, params, again_params)
    assert run["test"] == again["test"] != other["test"]
    assert run["steps"] == 200
    assert run["parameters"] == 20 * 16 + 16 + 16 * 9 + 9


def test_run_learns(trainer):
    start = Plan(20, batch=10, seen=2000, validation=30, test=40, max_epochs=1)
    _, before = Trainer(TASK, network(perceptron), 0.0, start).run(0)
    _, after = trainer.run(0)
    assert after["train"] < before["train"] / 4
    assert after["test"] < before["test"] / 2


def test_run_is_adam_on_all_samples_if_they_fit_one_batch():
    plan = Plan(10, seen=120, validation=5, test=5)
    model = network(lambda x: hk.Linear(9)(x))
    trainer = Trainer(TASK, model, 1e-2, plan)
    params, run = trainer.run(3)

    keys = jax.random.split(jax.random.key(3), 5)
    x, y = TASK.sample(keys[0], 10)
    validation = TASK.sample(keys[1], 5)
    expected, optimiser = model.init(keys[3], x), optax.adam(1e-2)
    state, errors = optimiser.init(expected), []
    for _ in range(12):
        gradient = jax.grad(lambda p: jnp.mean((model.apply(p, x) - y) ** 2))(expected)
        updates, state = optimiser.update(gradient, state)
        expected = optax.apply_updates(expected, updates)
        errors.append(float(jnp.mean((model.apply(expected, validation[0]) - validation[1]) ** 2)))
    assert min(errors) == errors[-1]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), params, expected)
    np.testing.assert_allclose(run["validation"], errors[-1], rtol=1e-4)


def test_run_keeps_the_parameters_of_least_validation_error():
    def schedule(step):
        return jnp.where(step < 100, 1e-2, 10.0)

    trainer = Trainer(TASK, network(perceptron), schedule, TINY)
    params, run = trainer.run(0)
    keys = jax.random.split(jax.random.key(0), 5)
    error = trainer.error(params, *TASK.sample(keys[1], TINY.validation))
    np.testing.assert_allclose(error, run["validation"], rtol=1e-5)
    assert run["test"] < run["last"] / 10


def test_errors_are_in_the_units_of_the_target():
    task = TASKS["synthetic"]()
    plan = Plan(10, seen=10, validation=10, test=2000)
    trainer = Trainer(task, network(lambda x: 0 * hk.Linear(1)(x)), 1e-2, plan)
    _, run = trainer.run(0)
    np.testing.assert_allclose(run["test"], task.y_scale**2, rtol=0.2)


def test_augmentation_changes_what_is_learnt(trainer):
    _, plain = trainer.run(0)
    _, augmented = Trainer(TASK, network(perceptron), 1e-2, TINY, augment=True).run(0)
    assert augmented["train"] > 1.2 * plain["train"]


def test_run_stops_when_it_would_take_too_long(trainer):
    with pytest.raises(OutOfTimeError, match="it would take") as caught:
        trainer.run(0, limit=0.0)
    assert caught.value.seconds > 0


def moments(x):
    """An equivariant function: a learnt multiple of Σ m r rᵀ."""
    factor = hk.get_parameter("factor", (), x.dtype, jnp.ones)
    r = x[:, 5:].reshape(-1, 5, 3)
    return factor * jnp.einsum("nk,nki,nkj->nij", x[:, :5], r, r).reshape(-1, 9)


def error_of(build) -> dict:
    model = network(build)
    params = model.init(jax.random.key(0), jnp.ones((1, 20)))
    return equivariance_error(TASK, model, params, jax.random.key(1), elements=3, inputs=40)


def test_equivariance_error_of_an_equivariant_function_is_rounding():
    error = error_of(moments)
    assert 1e-8 < error["typical"] < error["worst"] < 1e-6
    assert error["exact"] < 1e-14
    assert 1e-8 < error["inputs"] < error["worst"]


def test_equivariance_error_is_relative_to_the_size_of_values():
    shift = np.zeros(9)
    shift[0] = 1.0  # e₁ e₁ᵀ, which g turns into g e₁ (g e₁)ᵀ

    def shifted(scale, amount):
        return lambda x: scale * (moments(x) + amount * shift.astype(x.dtype))

    small, large = error_of(shifted(1.0, 1e-3)), error_of(shifted(1e3, 1e-2))
    np.testing.assert_allclose(large["typical"], 10 * small["typical"], rtol=0.02)
    np.testing.assert_allclose(small["exact"], small["worst"], rtol=1e-2)
    assert 1e-5 < small["typical"] < 1e-3


def test_equivariance_error_refuses_a_fixed_precision():
    with pytest.raises(TypeError, match="precision of its parameters"):
        error_of(lambda x: moments(x).astype(jnp.float32))
