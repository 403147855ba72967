"""Fashion-MNIST, rotated at random, and networks of as many parameters: `python images.py`.

Steerable networks of C(8), D(8) and SO(2) beside the same network under the group of the identity
alone, whose kernels are free (plain), and that one with training images turned anew in each step
(augmented). All have about as many parameters, by their width, and take as many steps.

Errors are shares of 10,000 rotated test images, after training on 300 to 12,000 rotated images, and
on upright ones. `--prepare` turns the images once and keeps them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import constrainet.maps as cm
from constrainet.groups import SO, C, D, Group, Trivial
from images_data import FOLDER, NUM_TEST, Data, halves, prepare
from images_models import of_size, size
from images_training import CHUNK, RATE, Trainer

HERE = Path(__file__).parent
DATA = HERE.parent / "build" / "images.npz"
RESULTS = HERE / "results" / "images.json"

MODELS: dict[str, tuple[Group, bool]] = {
    "C(8)": (C(8), False),
    "D(8)": (D(8), False),
    "SO(2)": (SO(2), False),
    "plain": (Trivial(2), False),
    "plain, augmented": (Trivial(2), True),
}
"""By name, the group, and whether training images are turned anew in each step."""


class Stage(NamedTuple):
    """Runs of all models and seeds on as many images.

    Args:
        images: "rotated" or "upright", those to train on.
        size: their number.
        weight: of its steps, beside those of other stages.
    """

    images: str
    size: int
    weight: float


STAGES = [
    Stage("rotated", 1200, 1.0),
    Stage("rotated", 12_000, 1.5),
    Stage("rotated", 300, 0.6),
    Stage("rotated", 4000, 1.0),
    Stage("upright", 12_000, 0.6),
]
"""In this order, so that what is cut off matters least."""

LEAST, MOST = 300, 4000
"""Steps of a run of weight one."""


def turned_anew(key: jax.Array, images: jax.Array) -> jax.Array:
    """Images turned by random angles, for augmentation."""
    angles = jax.random.uniform(key, (len(images),), maxval=2 * jnp.pi)
    places = jnp.asarray(cm.offsets(images.shape[1:3]), jnp.float32)

    def one(image, angle):
        c, s = jnp.cos(angle), jnp.sin(angle)
        moved = places @ jnp.array([[c, s], [-s, c]]) + (jnp.array(image.shape) - 1) / 2
        values = image.astype(jnp.float32)
        return jax.scipy.ndimage.map_coordinates(values, list(moved.T), order=1).reshape(
            image.shape
        )

    return jax.vmap(one)(images[..., 0], angles)[..., None]


class Clock:
    """Divides what is left of a time among stages.

    Args:
        until: when everything should be done, of `time.perf_counter`.
        seconds: by model, of a chunk of steps.
        testing: by model, of a test.
    """

    def __init__(self, until: float, seconds: dict[str, float], testing: dict[str, float]):
        self.until, self.seconds, self.testing = until, seconds, testing

    def left(self) -> float:
        """Seconds."""
        return self.until - time.perf_counter()

    def steps(self, stages: list[Stage], num_seeds: int) -> int:
        """How many steps each run of the first of these stages may take, whole chunks."""
        spare = self.left() - len(stages) * num_seeds * sum(self.testing.values())
        chunks = num_seeds * sum(self.seconds.values()) * sum(stage.weight for stage in stages)
        steps = float(np.clip(CHUNK * spare / chunks, LEAST, MOST)) * stages[0].weight
        return max(1, int(steps / CHUNK)) * CHUNK

    def fits(self, model: str, steps: int) -> bool:
        """Whether a run ends in time."""
        return self.left() > steps / CHUNK * self.seconds[model] + self.testing[model]

    def measured(self, model: str, steps: int, seconds: float) -> None:
        """Takes a run's speed for the next ones'."""
        self.seconds[model] = (self.seconds[model] + seconds / steps * CHUNK) / 2


def compiled(names: list[str], parameters: int, data: dict[str, Data]) -> dict[str, Trainer]:
    """By model, its programs, compiled at the same time; networks of one group share them."""

    def trainer(group: Group) -> Trainer:
        start = time.perf_counter()
        m = of_size(group, parameters)
        found = Trainer(m, data["rotated"], data["test"], turned_anew)
        width = next(iter(m.body.layers.values())).rep_out.dim
        seconds = time.perf_counter() - start
        print(f"{group}: {width} channels, {size(*m):,} parameters, {seconds:.0f} s", flush=True)
        return found

    groups = {MODELS[name][0]: None for name in names}
    with ThreadPoolExecutor() as pool:
        found = dict(zip(groups, pool.map(trainer, groups), strict=True))
    return {name: found[MODELS[name][0]] for name in names}


def timed(trainer: Trainer, data: dict[str, Data]) -> tuple[float, float]:
    """Seconds of a chunk of steps and of a test, when all is warm."""
    run = trainer.run(0, STAGES[0].size, CHUNK)
    params, _ = trainer.train(run, data["rotated"])
    trainer.error(params, run, data["rotated"], data["test"])
    start = time.perf_counter()
    params, _ = trainer.train(run, data["rotated"])
    trained = time.perf_counter()
    trainer.error(params, run, data["rotated"], data["test"])
    return trained - start, time.perf_counter() - trained


def rows(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The results of all runs, one after the other."""
    until = time.perf_counter() + options.seconds
    data = {name: jax.tree.map(jnp.asarray, part) for name, part in halves(options.data).items()}
    trainers = compiled(options.models, options.parameters, data)
    times = {name: timed(trainer, data) for name, trainer in trainers.items()}
    for name, (train, test) in times.items():
        print(f"{name}: {1000 * train / CHUNK:.2f} ms a step, {test:.2f} s a test", flush=True)
    chunks, tests = ({name: pair[i] for name, pair in times.items()} for i in (0, 1))
    clock = Clock(until, chunks, tests)
    stages = [stage for stage in STAGES if stage.size in options.sizes]
    for i, stage in enumerate(stages):
        steps = options.steps or clock.steps(stages[i:], len(options.seeds))
        print(f"{stage.images}, {stage.size}: {steps} steps, {clock.left():.0f} s left", flush=True)
        for seed in options.seeds:
            for name, trainer in trainers.items():
                if not options.steps and not clock.fits(name, steps):
                    continue
                start = time.perf_counter()
                run = trainer.run(seed, stage.size, steps, options.rate, MODELS[name][1])
                params, loss = trainer.train(run, data[stage.images])
                seconds = time.perf_counter() - start
                clock.measured(name, steps, seconds)
                yield {
                    "images": stage.images,
                    "size": stage.size,
                    "model": name,
                    "seed": seed,
                    "steps": steps,
                    "parameters": size(*trainer.m),
                    "loss": loss,
                    "seconds": seconds,
                    "error": trainer.error(params, run, data[stage.images], data["test"]),
                }


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prepare", type=Path, nargs="?", const=FOLDER, help="turn images first")
    parser.add_argument("--data", type=Path, default=DATA, help="where turned images are kept")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 1200, 4000, 12_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--parameters", type=int, default=120_000)
    parser.add_argument("--rate", type=float, default=RATE, help="of Adam, at its highest")
    parser.add_argument("--seconds", type=float, default=480, help="for everything")
    parser.add_argument("--steps", type=int, help="of each run, whatever time it takes")
    return parser.parse_args(given)


def main() -> None:
    options = arguments()
    if options.prepare:
        prepare(options.prepare, options.data)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    found = []
    for row in rows(options):
        found.append(row)
        results = {"device": jax.devices()[0].device_kind, "test": NUM_TEST, "rows": found}
        options.out.write_text(json.dumps(results, indent=1) + "\n")
        print(
            "{images} {size} {model} {seed}: error {error:.4f}, loss {loss:.3f}, "
            "{steps} steps in {seconds:.1f} s".format(**row),
            flush=True,
        )


if __name__ == "__main__":
    main()
