"""Draws the picture at the top of the README into this folder.

    python docs/images/make.py [FOLDER]

On the left an icosahedron as its rotations move it; in the middle which weights from its corners to
its corners these leave free; on the right what a symmetry does to learning: the test error on
inertia tensors, as `make accuracy` measured it, beside the figures of the EMLP paper.
"""

from __future__ import annotations

import json
import runpy
import statistics
import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from constrainet.groups import Icosahedral
from constrainet.inspect import plot_weight_sharing
from constrainet.reps import Permutation

HERE = Path(__file__).parent
BENCHMARKS = HERE.parents[1] / "benchmarks"

GOLDEN_RATIO = (1 + 5**0.5) / 2
CORNERS = np.array(
    [
        np.roll([0, a, b * GOLDEN_RATIO], shift)
        for shift in range(3)
        for a in (-1, 1)
        for b in (-1, 1)
    ]
)
LENGTH = 2
"""Of an edge."""

VIEW = np.array([[0.72, -0.69, 0.0], [-0.3, -0.5, 0.8], [0.65, 0.5, 0.56]])
"""To the right, up, and towards the eye; made orthogonal below."""


def neighbours() -> np.ndarray:
    """Whether two corners are joined by an edge, shape (12, 12)."""
    distances = np.linalg.norm(CORNERS[:, None] - CORNERS, axis=2)
    return np.isclose(distances, LENGTH)


def faces() -> list[tuple[int, int, int]]:
    """The 20 triangles, each by its corners."""
    joined = neighbours()
    return [
        (i, j, k)
        for i, j, k in zip(*np.nonzero(joined[:, :, None] & joined & joined[:, None]), strict=True)
        if i < j < k
    ]


def draw_icosahedron(ax, g: np.ndarray, title: str) -> None:
    """The icosahedron moved by a rotation, its faces keeping their colours."""
    u, _, vt = np.linalg.svd(VIEW)
    seen = CORNERS @ g.T @ (u @ vt).T
    colours = plt.get_cmap("tab20").colors
    for face, colour in zip(faces(), colours, strict=True):
        triangle = seen[list(face)]
        normal = triangle.mean(axis=0)  # the centre is at the origin
        normal /= np.linalg.norm(normal)
        if normal[2] > 0:
            shade = 0.55 + 0.45 * normal[2]
            ax.fill(*triangle[:, :2].T, facecolor=shade * np.array(to_rgb(colour)), edgecolor="w")
    ax.set(aspect="equal", xlim=(-2, 2), ylim=(-2, 2))
    ax.set_title(title, fontsize=10, y=0.96)
    ax.set_axis_off()


def draw_group(figure) -> None:
    """Four elements of the group."""
    a, b = Icosahedral().discrete_generators
    figure.suptitle("A symmetry group", fontsize=12)
    elements = {"$1$": np.eye(3), "$a$": a, "$b$": b, "$ab$": a @ b}
    for ax, (name, g) in zip(figure.subplots(2, 2).flat, elements.items(), strict=True):
        draw_icosahedron(ax, g, name)


def by_rings(corners: np.ndarray) -> np.ndarray:
    """The corners from one of them to the opposite one, in rings around this axis."""
    axis, other = corners[0], corners[1]
    side = other - axis * (other @ axis) / (axis @ axis)
    third = np.cross(axis, side) / np.linalg.norm(axis)
    angles = np.arctan2(corners @ third, corners @ side).round(6) % 6.283
    return corners[np.lexsort([angles, -(corners @ axis).round(6)])]


def draw_pattern(figure) -> None:
    """Which weights from corners to corners it ties."""
    corners = Permutation(Icosahedral(), points=by_rings(CORNERS), label="corners")
    ax = plot_weight_sharing(corners, corners, ax=figure.subplots())
    figure.suptitle("what it leaves of a layer's weights", fontsize=12)
    ax.set_title("from corners to corners: " + ax.get_title().splitlines()[1], fontsize=10)
    ax.set(xticks=[], yticks=[])


def draw_learning(figure) -> None:
    """The error on inertia tensors against the number of samples, means of three runs."""
    published = runpy.run_path(str(BENCHMARKS / "published.py"))
    theirs = published["REGRESSION"]["inertia"]
    kept = json.loads((BENCHMARKS / "results" / "accuracy_inertia.json").read_text())["runs"]
    runs = [run for run in kept.values() if run["model"] == "equivariant"]
    sizes = sorted({run["count"] for run in runs})
    errors = [statistics.mean(r["test"] for r in runs if r["count"] == size) for size in sizes]
    ax = figure.subplots()
    for name, style, colour in (("MLP", "s--", "0.55"), ("EMLP", "^--", "C1")):
        ax.loglog(
            published["SIZES"], theirs[name], style, color=colour, label=f"{name} (published)"
        )
    ax.loglog(sizes, errors, "o-", color="C0", lw=2, label="constrainet")
    ax.set(xlabel="training samples", ylabel="mean squared test error")
    ax.set_title("inertia tensors, O(3)", fontsize=10)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=9)
    figure.suptitle("and what that does to learning", fontsize=12)


def main(folder: Path) -> None:
    """Draws the three panels as one picture."""
    figure = plt.figure(figsize=(13, 4.4), layout="constrained")
    panels = figure.subfigures(1, 3, wspace=0.04, width_ratios=(0.9, 1.1, 1.1))
    for panel, draw in zip(panels, (draw_group, draw_pattern, draw_learning), strict=True):
        draw(panel)
    # without a date or version, so that equal pictures are equal files
    figure.savefig(folder / "overview.png", dpi=150, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
