"""Draws the pictures of the README into this folder: `python docs/images/make.py`."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from constrainet.groups import SO, S, Z
from constrainet.inspect import plot_weight_sharing
from constrainet.reps import Scalar, V


def main() -> None:
    """Draws them all."""
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.4), layout="constrained")
    G = SO(3)
    plot_weight_sharing(V(Z(8)), V(Z(8)), ax=axes[0])
    plot_weight_sharing(V(S(4)) ** 2, V(S(4)) + V(S(4)) ** 2, ax=axes[1])
    plot_weight_sharing(2 * Scalar(G) + 2 * V(G), V(G) + V(G) ** 2, ax=axes[2])
    figure.savefig(Path(__file__).parent / "weight_sharing.png", dpi=120)


if __name__ == "__main__":
    main()
