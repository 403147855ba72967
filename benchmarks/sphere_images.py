"""Fashion-MNIST on the sphere, turned and not: `python sphere_images.py --prepare`.

Images are projected from the south pole onto the sphere, around the north pole, so that the middles
of their edges come to lie on the equator: bandwidth 30, 60 × 60 equal angles. Networks are trained
on images as they are (upright), or each turned by a rotation of its own, and tested on others in
both ways.

`SphericalCNN`, zonal convolutions of falling bandwidth, beside a plain residual network of the
picture over the two angles. Both have about as many parameters, and take as many steps of Adam, on
batches of 64. Accuracies are shares of 10,000 test images, means and standard deviations over
seeds. `--prepare` projects the images once and keeps them.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

import constrainet.maps as cm
from constrainet.groups import Trivial
from constrainet.reps import Scalar
from fields import table
from images_data import FOLDER, NUM_DRAWN, NUM_TRAIN, Data, drawn
from images_models import INVARIANTS, Network, head, of_size, size
from images_training import RATE, Trainer
from runs import Runs

HERE = Path(__file__).parent
DATA = HERE.parent / "build" / "sphere_images.npz"
RESULTS = HERE / "results" / "sphere_images.json"

GRID = cm.sphere_grid(30, rule="equal-angle")
HIDDEN = [cm.sphere_grid(b, samples=samples) for b, samples in ((20, 30), (12, 18), (6, 10))]
WAYS = ["upright", "turned"]


def projected(images: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Images on the points of `GRID`, each turned, interpolated linearly.

    Args:
        images: shape (n, size, size, 1).
        turns: rotations, shape (n, 3, 3).

    Returns:
        Shape (n, rings, points of each, 1).
    """
    found = np.empty((len(images), *GRID.shape, 1), images.dtype)
    half = images.shape[1] / 2
    for image, turn, result in zip(images, turns, found, strict=True):
        x, y, z = (GRID.points @ turn).T  # the points turned back
        from_south = np.stack([x, y]) / np.maximum(1 + z, 1e-9)
        places = half * from_south + (half - 0.5)
        result.flat = map_coordinates(image[..., 0], places, order=1)
    return found


def prepare(folder: Path, path: Path) -> None:
    """Keeps all images on the sphere, upright and turned."""
    data = drawn(folder)
    turns = Rotation.random(NUM_DRAWN, random_state=2).as_matrix()
    upright = np.broadcast_to(np.eye(3), turns.shape)
    path.parent.mkdir(exist_ok=True)
    images = {
        way: projected(data.images, each) for way, each in zip(WAYS, [upright, turns], strict=True)
    }
    np.savez(path, **images, labels=data.labels)


def halves(path: Path) -> dict[str, dict[str, Data]]:
    """Images to "train" on and to "test" on, in each way."""
    with np.load(path) as file:
        data = {way: Data(file[way], file["labels"]) for way in WAYS}
    return {
        "train": {way: each[:NUM_TRAIN] for way, each in data.items()},
        "test": {way: each[NUM_TRAIN:] for way, each in data.items()},
    }


class SphericalNetwork(Network):
    """One whose body takes coefficients."""

    def invariants(self, params: list, images: jax.Array) -> jax.Array:
        """Of bytes on the points of `GRID`."""
        return super().invariants(params, GRID.analyse(images.reshape(len(images), -1)))


def spherical(channels: list[int]) -> Network:
    """Convolutions to so many functions on each of `HIDDEN`."""
    invariants = INVARIANTS * Scalar(GRID.rep.group)
    body = cm.spherical_cnn(GRID.rep, invariants, HIDDEN, channels)
    return SphericalNetwork(body, head(invariants))


def networks(options: argparse.Namespace) -> dict[str, Network]:
    """The two, of as many parameters."""
    own = spherical(options.channels)
    return {"SphericalCNN": own, "plain": of_size(Trivial(2), size(*own), stride=2)}


def train(options: argparse.Namespace, runs: Runs) -> None:
    """All runs that are not yet known, each tested in both ways."""
    data, found = jax.tree.map(jnp.asarray, halves(options.data)), networks(options)
    trainers: dict[str, Trainer] = {}
    for seed, way, name in product(options.seeds, WAYS, found):
        label = f"{name}, {way}, {options.size} images, {options.steps} steps, seed {seed}"
        if label in runs.runs:
            continue
        images, tests = data["train"][way], data["test"]
        if name not in trainers:
            trainers[name] = Trainer(found[name], images, tests[way])
        trainer, start = trainers[name], time.perf_counter()
        run = trainer.run(seed, options.size, options.steps, options.rate)
        params, loss = trainer.train(run, images)
        row = {
            "model": name,
            "trained": way,
            "size": options.size,
            "steps": options.steps,
            "parameters": size(*found[name]),
            "loss": loss,
            "seconds": time.perf_counter() - start,
            "accuracy": {w: 1 - trainer.error(params, run, images, tests[w]) for w in WAYS},
        }
        runs.add(label, row)
        print(label, row["accuracy"], flush=True)


def summary(runs: Runs) -> list[dict[str, Any]]:
    """A row for each model and way to train, over seeds."""
    groups: dict[tuple, list[dict]] = {}
    for run in runs.runs.values():
        key = run["model"], run["parameters"], run["size"], run["steps"], run["trained"]
        groups.setdefault(key, []).append(run)
    rows = []
    for key, group in groups.items():
        names = ("model", "parameters", "images", "steps", "trained on")
        row = dict(zip(names, key, strict=True)) | {"seeds": len(group)}
        for way in WAYS:
            values = 100 * np.array([run["accuracy"][way] for run in group])
            row[f"tested on {way}, %"] = f"{values.mean():.1f} ± {values.std():.1f}"
        rows.append(row)
    return rows


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description="Fashion-MNIST on the sphere, turned and not.")
    parser.add_argument("--prepare", type=Path, nargs="?", const=FOLDER, help="project them first")
    parser.add_argument("--data", type=Path, default=DATA, help="where projections are kept")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--size", type=int, default=NUM_TRAIN, help="images to train on")
    parser.add_argument("--steps", type=int, default=1000, help="of each run, whole hundreds")
    parser.add_argument("--rate", type=float, default=RATE, help="of Adam, at its highest")
    parser.add_argument("--channels", type=int, nargs=len(HIDDEN), default=[16, 32, 48])
    return parser.parse_args(given)


def main() -> None:
    options = arguments()
    if options.prepare:
        prepare(options.prepare, options.data)
    runs = Runs(options.out)
    train(options, runs)
    machine = json.loads(options.out.read_text())["machine"]
    text = f"# Fashion-MNIST on the sphere\n\n{__doc__}\nOn {machine}.\n\n{table(summary(runs))}\n"
    options.out.with_suffix(".md").write_text(text)


if __name__ == "__main__":
    main()
