"""Draw time and memory against dimension from the saved results, for the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "benchmarks" / "solver.png"
MARKERS = {"orbits": "s", "isotypic": "o", "nullspace": "^"}
OURS, THEIRS = "#1f6f8b", "#d1603d"


def marker(result: dict) -> str:
    """By the method that solved it; a diamond if the parts went different ways."""
    methods = [method for method in MARKERS if method in result["method"]]
    return MARKERS[methods[0]] if len(methods) == 1 else "D"


def main() -> None:
    cases = json.loads((HERE / "results" / "solver.json").read_text())["cases"].values()
    figure, panels = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    for panel, quantity, unit in zip(panels, ("seconds", "mebibytes"), ("s", "MiB"), strict=True):
        for case in cases:
            ours, emlp = case.get("constrainet", {}), case.get("emlp", {})
            if quantity in ours:
                panel.plot(ours["dimension"], ours[quantity], marker(ours), color=OURS, alpha=0.8)
            if quantity in emlp:
                panel.plot(emlp["dimension"], emlp[quantity], "x", color=THEIRS)
            elif quantity == "seconds" and emlp.get("failed", "").startswith(">") and ours:
                limit = float(emlp["failed"].split()[1])
                panel.plot(ours["dimension"], limit, marker="$↑$", color=THEIRS, markersize=9)
        panel.set(
            xscale="log",
            yscale="log",
            xlabel="dimension of the space of linear maps",
            ylabel=f"{'time' if unit == 's' else 'peak memory of the process'} / {unit}",
        )
        panel.grid(alpha=0.3)
    for method, shape in {**MARKERS, "mixed": "D"}.items():
        panels[0].plot([], [], shape, color=OURS, label=f"constrainet, {method}")
    panels[0].plot([], [], "x", color=THEIRS, label="EMLP 1.0.3")
    panels[0].plot([], [], marker="$↑$", ls="", color=THEIRS, markersize=9, label="EMLP, stopped")
    figure.legend(loc="outside lower center", ncols=6, fontsize="small")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=130)


if __name__ == "__main__":
    main()
