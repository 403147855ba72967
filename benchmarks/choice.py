"""Width, readout and rate of the recommended model, by cross-validation: `accuracy.py --choose`.

The training samples of one run, and nothing else, are cut into three folds. A model is trained on
two of them for the number of steps that the protocol gives, and the error of its last parameters is
taken on the third; the mean over folds is the held-out error. No test or validation sample is seen,
and no step is picked. One choice is made for all tasks: the one whose errors, each divided by the
least error in its column, have the least geometric mean.

Finished cases are kept in benchmarks/results/choice.json and not repeated.
"""

from __future__ import annotations

import math
import statistics
from itertools import product
from pathlib import Path

import jax
import numpy as np

from models import tensor_products
from runs import Runs
from tasks import TASKS
from training import Plan

RESULTS = Path(__file__).parent / "results"
FOLDS = 3
SEED = 0
GRID = tuple(
    {"channels": channels, "readout": readout, "rate": rate}
    for channels, readout, rate in product((32, 64), (0, 64), (3e-3, 1e-2))
)


def held_out_error(task_name: str, count: int, case: dict, **options) -> float:
    """The mean error of held-out folds.

    Args:
        task_name: a key of `TASKS`.
        count: the number of training samples, of which one in `FOLDS` is held out.
        case: for `tensor_products`.
        options: for `Plan`.
    """
    task, size = TASKS[task_name](), count // FOLDS
    keys = jax.random.split(jax.random.key(SEED), 5)  # as `Trainer.run` splits it
    samples = task.scaled(*task.sample(keys[0], count))
    plan = Plan(count - size, validation=size, test=size, **options)
    trainer = tensor_products(**case).trainer(task, plan)
    errors = []
    for fold in range(FOLDS):
        is_held_out = np.zeros(count, bool)
        is_held_out[fold * size : (fold + 1) * size] = True
        train = tuple(part[~is_held_out] for part in samples)
        held_out = tuple(part[is_held_out] for part in samples)
        errors.append(trainer.fit(keys[3], keys[4], train, held_out)[2]["held_out"])
    return statistics.mean(errors)


def choose(task_names: list[str], counts: list[int], results: Runs) -> str:
    """Runs what is not there yet, and returns the table of all that is, the best choice first."""
    for count, task_name, case in product(counts, task_names, GRID):
        name = f"{task_name} {count} {' '.join(map(str, case.values()))}"
        if name not in results.runs:
            error = held_out_error(task_name, count, case)
            results.add(name, {"task": task_name, "count": count, "case": case, "error": error})
    return write(results)


def write(results: Runs) -> str:
    """Writes choice.md beside the results, and returns it."""
    errors: dict[tuple, dict[tuple, float]] = {}
    for run in results.runs.values():
        row = errors.setdefault(tuple(run["case"].values()), {})
        row[run["task"], run["count"]] = run["error"]
    columns = sorted(set.intersection(*(set(row) for row in errors.values())))
    least = {column: min(row[column] for row in errors.values()) for column in columns}
    lines = [
        ["channels", "readout", "rate", *(f"{task}, {count}" for task, count in columns), "factor"],
        ["--:"] * (4 + len(columns)),
    ]
    factors = {
        case: math.exp(statistics.mean(math.log(row[c] / least[c]) for c in columns))
        for case, row in errors.items()
    }
    for case in sorted(factors, key=factors.__getitem__):
        values = (f"{errors[case][column]:.2e}" for column in columns)
        lines.append([*(f"{value:g}" for value in case), *values, f"{factors[case]:.2f}"])
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    text = f"{INTRODUCTION}\n{table}\n"
    results.path.with_suffix(".md").write_text(text)
    return text


INTRODUCTION = f"""\
# Width, readout and rate of the recommended model

Held-out error, by task and number of training samples, of which one in {FOLDS} is held out in turn;
samples of seed {SEED}. The last column is the geometric mean of the errors, each divided by the
least in its column: by this factor a choice is worse than the best choice for each column would be.
The first row is the choice.

Found before, and fixed here: what products add at the start, of variance 0.2 and not 2, by trials
with 30, 100 and 300 samples of seeds 100 to 103, none of which is reported elsewhere.
"""
