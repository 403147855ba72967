"""The accuracy on the regression tasks beside the authors' figures: a table and a plot."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from models import MODELS
from published import REGRESSION, SIZES
from tasks import TASKS

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PICTURE = HERE.parent / "docs" / "benchmarks" / "accuracy.png"
COLOURS = ("#1f6f8b", "#8a8a8a", "#d1603d", "#6a4c93", "#4c9f70", "#c9a227")


def load(results: Path) -> dict[str, dict]:
    """The kept runs of each task that has any, with the machine they ran on."""
    files = {task: results / f"accuracy_{task}.json" for task in TASKS}
    return {task: json.loads(file.read_text()) for task, file in files.items() if file.exists()}


def by_size(runs: dict[str, dict]) -> dict[str, dict[int, list[dict]]]:
    """Runs by model, in the order of `MODELS`, and number of samples, ascending."""
    sorted_runs: dict[str, dict[int, list[dict]]] = {}
    for model in MODELS:
        sizes = defaultdict(list)
        for run in sorted(runs.values(), key=lambda run: (run["count"], run["seed"])):
            if run["model"] == model:
                sizes[run["count"]].append(run)
        if sizes:
            sorted_runs[model] = dict(sizes)
    return sorted_runs


def number(value: float) -> str:
    return f"{value:.3g}" if value >= 1e-2 else f"{value:.2e}"


def mean(runs: list[dict]) -> float:
    return statistics.mean(run["test"] for run in runs)


def table(task: str, kept: dict) -> str:
    """The runs of one task and the authors' figures as Markdown, then the models' costs."""
    models = by_size(kept["runs"])
    sizes = sorted({size for counts in models.values() for size in counts} | set(SIZES))
    header = ["test error, by number of samples", *map(str, sizes)]
    lines = [header, ["---", *("--:" for _ in sizes)]]
    for model, counts in models.items():
        cells = []
        for size in sizes:
            runs = counts.get(size, [])
            few = f" ({len(runs)})" if 0 < len(runs) < 3 else ""
            cells.append(number(mean(runs)) + few if runs else "-")
        lines.append([MODELS[model].title, *cells])
    for model, errors in REGRESSION[task].items():
        theirs = dict(zip(SIZES, errors, strict=True))
        lines.append(
            [f"authors' {model}", *(number(theirs[n]) if n in theirs else "-" for n in sizes)]
        )
    costs = [
        [
            "model",
            "parameters",
            "ms per step, largest n",
            "equivariance error",
            "worst run's",
            "worst element",
        ],
        ["---", *["--:"] * 5],
    ]
    for model, counts in models.items():
        runs = [run for runs in counts.values() for run in runs]
        last = list(counts.values())[-1]
        costs.append(
            [
                MODELS[model].title,
                f"{last[0]['parameters']:,}",
                f"{1e3 * statistics.median(run['seconds_per_step'] for run in last):.1f}",
                f"{statistics.median(run['equivariance']['typical'] for run in runs):.1e}",
                f"{max(run['equivariance']['typical'] for run in runs):.1e}",
                f"{max(run['equivariance']['worst'] for run in runs):.1e}",
            ]
        )
    seconds = sum(run["seconds"] for run in kept["runs"].values())
    return (
        f"## {TASKS[task]().title}\n\n{markdown(lines)}\n\n{markdown(costs)}\n\n"
        f"All runs together took {seconds / 60:.1f} minutes on {kept['machine']}.\n"
    )


def markdown(rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


INTRODUCTION = """\
# Accuracy on the EMLP paper's regression tasks

Mean squared error on 5000 test samples in the units of the target; means of three runs, or of as
many as the brackets say. Protocol: Adam at 3e-3, batches of 500, min(900000/n, 1000) epochs, the
model of least error on 1000 validation samples. What differs from the authors' protocol: the rate
of the equivariant model decays to zero by a cosine. It is one model for all tasks, with the
library's defaults; its width, readout and rate were chosen by held-out training samples
(`benchmarks/results/choice.md`). `-` means not run.

Equivariance error: what float32 computes of moved inputs against the moved values that float64
computes with the same parameters, as one array, relative to its norm; the median run's and the
worst run's. The worst element is the largest error of a single value among 8000 in each run, over
the value's size or the root mean square of all, whichever is larger. A step's time is that of a
machine with other work to do.
"""


def plot(kept: dict[str, dict], path: Path) -> None:
    """Test errors against the number of samples, a panel for each task; the authors' dashed."""
    figure, panels = plt.subplots(
        1, len(kept), figsize=(4.6 * len(kept), 4.4), layout="constrained", squeeze=False
    )
    colours = dict(zip(MODELS, COLOURS, strict=False))
    theirs = {"EMLP": "#1f1f1f", "MLP": colours["mlp"], "MLP + augmentation": colours["augmented"]}
    for panel, (task, results) in zip(panels[0], kept.items(), strict=True):
        for model, counts in by_size(results["runs"]).items():
            points = [(n, run["test"]) for n, runs in counts.items() for run in runs]
            panel.plot(*zip(*points, strict=True), ".", color=colours[model], alpha=0.4, ms=4)
            means = [mean(runs) for runs in counts.values()]
            panel.plot(list(counts), means, "o-", ms=4, color=colours[model])
        for model, errors in REGRESSION[task].items():
            panel.plot(SIZES, errors, "x--", ms=5, lw=1, color=theirs[model])
        panel.set(xscale="log", yscale="log", xlabel="training samples", title=TASKS[task]().title)
        panel.grid(alpha=0.3)
    panels[0][0].set_ylabel("mean squared error, test")
    shown = {model for results in kept.values() for model in by_size(results["runs"])}
    for model in (model for model in MODELS if model in shown):
        panels[0][0].plot([], [], "o-", ms=4, color=colours[model], label=MODELS[model].title)
    for model, colour in theirs.items():
        panels[0][0].plot([], [], "x--", ms=5, lw=1, color=colour, label=f"authors' {model}")
    figure.legend(loc="outside lower center", ncols=6, fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def write(results: Path = RESULTS, picture: Path = PICTURE) -> str:
    """Writes results/accuracy.md and the plot, and returns the former."""
    kept = load(results)
    text = "\n".join([INTRODUCTION, *(table(task, runs) for task, runs in kept.items())])
    results.mkdir(parents=True, exist_ok=True)
    (results / "accuracy.md").write_text(text)
    if kept:
        plot(kept, picture)
    return text
