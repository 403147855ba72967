"""Train models on the EMLP paper's regression tasks: `python accuracy.py --task inertia`.

Runs go from the smallest number of samples to the largest, all models and seeds of one before the
next, and each is kept in benchmarks/results/accuracy_TASK.json as soon as it is done. Runs that are
there already are not repeated; their time counts towards the budget all the same, so that what is
kept is what fits into it. Table and plot are renewed at the end.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path

import jax

import accuracy_report
import choice
from models import MODELS
from published import SIZES
from runs import Runs
from tasks import TASKS
from training import OutOfTimeError, Plan, Trainer, equivariance_error

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def foreseen(results: Runs, model: str, plan: Plan) -> float:
    """How long a run will take at least, by other runs of the model on as many samples, or fewer.

    Batches of smaller runs are no larger, so a step takes no less time than in theirs.
    """
    known = [
        (run["count"], run["seconds_per_step"], run["seconds"] - run["compilation"])
        for run in results.runs.values()
        if run["model"] == model and run["count"] <= plan.count
    ]
    nearest = max((count for count, *_ in known), default=0)
    if nearest == plan.count:
        return statistics.median(seconds for count, _, seconds in known if count == nearest)
    steps = [per_step for count, per_step, _ in known if count == nearest]
    return plan.steps * statistics.median(steps) if steps else 0.0


def run_all(
    task_name: str,
    model_names: list[str],
    counts: list[int],
    seeds: list[int],
    minutes: float,
    results: Runs,
    plan_of: Callable[[int], Plan] = Plan,
) -> list[str]:
    """Runs what is not there yet and fits, and says which runs did not fit.

    Args:
        task_name: a key of `TASKS`.
        model_names: keys of `MODELS`.
        counts: numbers of training samples.
        seeds: the seeds.
        minutes: how long all these runs together may take, those included that are there already.
        results: what is there, added to.
        plan_of: a number of samples to a plan.

    Returns:
        The names of runs left out.
    """
    task = TASKS[task_name]()
    wanted = [
        (model, count, seed) for count in sorted(counts) for model in model_names for seed in seeds
    ]
    names = [f"{model} {count} {seed}" for model, count, seed in wanted]
    left = 60 * minutes - results.seconds(names)
    left_out: list[str] = []
    trainer: tuple[tuple[str, int], Trainer] | None = None
    for (model, count, seed), name in zip(wanted, names, strict=True):
        if name in results.runs:
            continue
        plan = plan_of(count)
        if foreseen(results, model, plan) > left:
            left_out.append(name)
            continue
        if trainer is None or trainer[0] != (model, count):
            trainer = (model, count), MODELS[model].trainer(task, plan)
        try:
            params, run = trainer[1].run(seed, limit=left, label=f"{task_name} {name}")
        except OutOfTimeError:
            left_out.append(name)
            continue
        error = equivariance_error(task, trainer[1].network, params, jax.random.key(seed))
        results.add(
            name, {"model": model, "count": count, "seed": seed} | run | {"equivariance": error}
        )
        left -= run["seconds"]
    return left_out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, action="append", help="default: all of them")
    parser.add_argument("--models", default=",".join(MODELS), help="default: %(default)s")
    parser.add_argument("--n", type=int, nargs="+", default=SIZES, help="numbers of samples")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=15, help="for each task (default: 15)")
    parser.add_argument(
        "--report", action="store_true", help="only table and plot, of what is kept"
    )
    parser.add_argument(
        "--choose", action="store_true", help="only the choice of width, readout and rate, at --n"
    )
    options = parser.parse_args()
    if options.choose:
        results = Runs(choice.RESULTS / "choice.json")
        print(choice.choose(options.task or list(TASKS), options.n, results))
        return
    models = options.models.split(",")
    if unknown := set(models) - set(MODELS):
        parser.error(f"no model {', '.join(sorted(unknown))}; there are {', '.join(MODELS)}")
    left_out = []
    for task in options.task or TASKS if not options.report else ():
        results = Runs(RESULTS / f"accuracy_{task}.json")
        names = run_all(task, models, options.n, options.seeds, options.minutes, results)
        left_out += [f"{task} {name}" for name in names]
    print(accuracy_report.write())
    if left_out:
        print(f"\nDid not fit into {options.minutes:g} minutes:", *left_out, sep="\n  ")


if __name__ == "__main__":
    main()
