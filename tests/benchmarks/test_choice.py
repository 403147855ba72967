"""The choice of width, readout and rate: what is held out, and what the table says."""

from __future__ import annotations

import inspect

import jax
import numpy as np

import choice
from runs import Runs
from tasks import TASKS
from training import Trainer


def test_held_out_samples_are_training_samples_of_the_run_and_not_trained_on(monkeypatch):
    seen = []

    def fit(self, start_key, steps_key, train, validation, **options):
        seen.append((np.asarray(train[0]), np.asarray(validation[0])))
        return None, None, {"held_out": float(len(seen))}

    monkeypatch.setattr(Trainer, "fit", fit)
    assert choice.held_out_error("synthetic", 30, choice.GRID[0]) == 2.0
    task = TASKS["synthetic"]()
    keys = jax.random.split(jax.random.key(choice.SEED), 5)
    samples = task.scaled(*task.sample(keys[0], 30))[0]
    np.testing.assert_array_equal(np.concatenate([held_out for _, held_out in seen]), samples)
    for train, held_out in seen:
        assert (len(train), len(held_out)) == (20, 10)
        np.testing.assert_array_equal(
            np.unique(np.concatenate([train, held_out]), axis=0), np.unique(samples, axis=0)
        )


def test_the_table_names_the_choice_of_least_geometric_mean_first(tmp_path):
    results = Runs(tmp_path / "choice.json")
    errors = {("a", 300): (1.0, 2.0), ("b", 300): (8.0, 1.0)}
    for (task, count), row in errors.items():
        for case, error in zip(choice.GRID, row, strict=False):
            results.add(
                f"{task} {case}", {"task": task, "count": count, "case": case, "error": error}
            )
    results.add("c", {"task": "c", "count": 300, "case": choice.GRID[0], "error": 1e-9})
    text = choice.write(results)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["channels", "readout", "rate", "a, 300", "b, 300", "factor"]
    assert [row[2] for row in rows[2:]] == ["0.01", "0.003"]
    assert [row[-1] for row in rows[2:]] == [f"{np.sqrt(2):.2f}", f"{np.sqrt(8):.2f}"]
    assert (tmp_path / "choice.md").read_text() == text


def test_finished_cases_are_not_repeated(monkeypatch, tmp_path):
    results, calls = Runs(tmp_path / "choice.json"), []
    monkeypatch.setattr(choice, "GRID", choice.GRID[:2])
    monkeypatch.setattr(choice, "held_out_error", lambda *args: calls.append(args) or 1.0)
    choice.choose(["inertia", "synthetic"], [300], results)
    assert len(calls) == 4
    choice.choose(["inertia", "synthetic"], [300], Runs(tmp_path / "choice.json"))
    assert len(calls) == 4


def test_the_default_is_one_of_the_cases():
    defaults = inspect.signature(choice.tensor_products).parameters
    assert {name: p.default for name, p in defaults.items()} in choice.GRID
