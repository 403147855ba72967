"""The comparison of models: kept runs, budget of time, table and plot."""

from __future__ import annotations

import json

import haiku as hk
import jax
import pytest

import accuracy
import accuracy_report
from accuracy import foreseen, run_all
from models import MODELS, Model
from published import PENDULUM, REGRESSION, SIZES
from runs import Runs
from tasks import TASKS
from training import Plan


def tiny_plan(count: int) -> Plan:
    return Plan(count, seen=40, validation=10, test=10)


@pytest.fixture
def tiny_models(monkeypatch):
    models = {"mlp": Model("MLP", lambda task: hk.nets.MLP([4, task.rep_out.dim]))}
    monkeypatch.setattr(accuracy, "MODELS", models)


def run(model: str, count: int, seed: int, test: float, **more) -> dict:
    return {
        "model": model,
        "count": count,
        "seed": seed,
        "test": test,
        "parameters": 1234,
        "seconds": 60.0,
        "compilation": 20.0,
        "seconds_per_step": 0.01,
        "equivariance": {"typical": 1e-7, "worst": 1e-6, "exact": 1e-14},
    } | more


def test_runs_are_kept_and_not_repeated(tiny_models, monkeypatch, tmp_path):
    path = tmp_path / "accuracy_inertia.json"
    arguments = ("inertia", ["mlp"], [6, 4], [0, 1], 5.0)
    assert run_all(*arguments, Runs(path), tiny_plan) == []
    kept = json.loads(path.read_text())
    assert list(kept["runs"]) == ["mlp 4 0", "mlp 4 1", "mlp 6 0", "mlp 6 1"]
    assert "cores" in kept["machine"]
    assert not list(tmp_path.glob("*.part"))

    def fail(*args, **kwargs):
        raise AssertionError("a finished run was repeated")

    monkeypatch.setattr(accuracy.Trainer, "run", fail)
    assert run_all(*arguments, Runs(path), tiny_plan) == []
    with pytest.raises(AssertionError, match="repeated"):
        run_all("inertia", ["mlp"], [8], [0], 5.0, Runs(path), tiny_plan)


def test_runs_that_do_not_fit_are_named(tiny_models, tmp_path):
    results = Runs(tmp_path / "accuracy_inertia.json")
    left_out = run_all("inertia", ["mlp"], [4, 6], [0], 0.0, results, tiny_plan)
    assert left_out == ["mlp 4 0", "mlp 6 0"]
    assert not results.runs
    results.add("mlp 4 0", run("mlp", 4, 0, 1.0, seconds=90.0))
    assert run_all("inertia", ["mlp"], [4, 6], [0], 1.5, results, tiny_plan) == ["mlp 6 0"]


def test_time_is_foreseen_from_other_runs(tmp_path):
    results = Runs(tmp_path / "runs.json")
    assert foreseen(results, "mlp", Plan(300)) == 0
    results.add("a", run("mlp", 300, 0, 1.0, seconds_per_step=0.01, seconds=60.0))
    assert foreseen(results, "mlp", Plan(300)) == 40  # another seed need not be compiled
    assert foreseen(results, "mlp", Plan(1000)) == pytest.approx(18)  # 1800 steps
    assert foreseen(results, "mlp", Plan(100)) == 0
    assert foreseen(results, "augmented", Plan(300)) == 0


def test_report_shows_means_beside_the_published_figures(tmp_path):
    results = Runs(tmp_path / "accuracy_inertia.json")
    for seed, test in enumerate((0.1, 0.2, 0.6)):
        results.add(f"mlp 300 {seed}", run("mlp", 300, seed, test))
    results.add("mlp 1000 0", run("mlp", 1000, 0, 0.004))
    text = accuracy_report.write(tmp_path, tmp_path / "plots" / "accuracy.png")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    by_name = {row[0]: row[1:] for row in reversed(rows) if row}  # the first table's rows
    assert by_name["MLP"] == ["-", "-", "0.3", "4.00e-03 (1)", "-", "-", "-"]
    assert by_name["authors' EMLP"][2:4] == ["0.303", "0.136"]
    assert "4.0 minutes" in text
    assert (tmp_path / "accuracy.md").read_text() == text
    assert (tmp_path / "plots" / "accuracy.png").stat().st_size > 1000


def test_published_figures_are_complete():
    assert set(REGRESSION) == set(TASKS)
    for models in REGRESSION.values():
        assert set(models) == {"EMLP", "MLP", "MLP + augmentation"}
        assert all(len(errors) == len(SIZES) for errors in models.values())
    assert PENDULUM["Hamiltonian network"]["O(2)"] == 0.0121


@pytest.mark.parametrize("model", MODELS)
def test_models_fit_every_task(model):
    for make in TASKS.values():
        task = make()
        network, (x, y) = MODELS[model].network(task), task.sample(jax.random.key(0), 2)
        params = jax.eval_shape(network.init, jax.random.key(0), x)
        assert jax.eval_shape(network.apply, params, x).shape == y.shape
