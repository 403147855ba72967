"""Checkpoints: training that goes on where it stopped, and a model folded for inference.

Half way through training, parameters, optimiser state and the number of epochs done are saved with
Orbax. Another process declares the same model, restores them and goes on; its parameters are equal
to the bit to those of training without a break, because a model is the same wherever it is
declared. At last the model is folded: what depends on parameters alone is computed once, and the
rest saved as a plain function with its weights, in an `.npz` file that needs neither Haiku nor the
declaration.

    python examples/checkpoints.py            # a minute on two cores
    python examples/checkpoints.py --fast     # a few seconds, for a quick look

Orbax is installed by `pip install "constrainet[examples]"`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
from tqdm import tqdm

import constrainet.nn as cnn
from constrainet.groups import O
from constrainet.reps import Scalar, V

G = O(3)
REP_IN = 5 * Scalar(G) + 5 * V(G)
REP_OUT = V(G) ** 2
MODEL = hk.without_apply_rng(
    hk.transform(lambda x: cnn.TensorProductNet(REP_IN, REP_OUT, channels=16, readout=0)(x))
)
OPTIMISER = optax.adam(5e-3)
BATCH = 250


class Training(NamedTuple):
    """All that a checkpoint holds.

    Attributes:
        params: of the model.
        state: of the optimiser.
        epoch: how many epochs are done; the next one's random numbers follow from it.
    """

    params: hk.Params
    state: Any
    epoch: jax.Array


def samples(key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Masses and positions (count, 20), and their tensors of inertia (count, 9)."""
    mass_key, position_key = jax.random.split(key)
    masses = jax.nn.softplus(jax.random.normal(mass_key, (count, 5)))
    positions = jax.random.normal(position_key, (count, 5, 3))
    squares = jnp.sum(masses * jnp.sum(positions**2, axis=2), axis=1)
    outer = jnp.einsum("nk,nki,nkj->nij", masses, positions, positions)
    tensors = squares[:, None, None] * jnp.eye(3) - outer
    return jnp.hstack([masses, positions.reshape(count, 15)]), tensors.reshape(count, 9)


def begin(seed: int) -> Training:
    """Training before its first epoch."""
    params = MODEL.init(jax.random.key(seed), jnp.zeros((1, REP_IN.dim)))
    return Training(params, OPTIMISER.init(params), jnp.array(0))


def error(params: hk.Params, x: jax.Array, y: jax.Array) -> jax.Array:
    """The mean squared error."""
    return jnp.mean((MODEL.apply(params, x) - y) ** 2)


@jax.jit
def next_epoch(training: Training, key: jax.Array, x: jax.Array, y: jax.Array) -> Training:
    """One epoch, in an order that is fixed by its number and the key."""
    key = jax.random.fold_in(key, training.epoch)
    batches = jax.random.permutation(key, len(x)).reshape(-1, BATCH)

    def step(carry, rows):
        params, state = carry
        gradient = jax.grad(error)(params, x[rows], y[rows])
        updates, state = OPTIMISER.update(gradient, state)
        return (optax.apply_updates(params, updates), state), None

    (params, state), _ = jax.lax.scan(step, training[:2], batches)
    return Training(params, state, training.epoch + 1)


def train(training: Training, epochs: int, seed: int, data, title: str) -> Training:
    """Training up to an epoch."""
    key = jax.random.key(seed + 1)
    for _ in tqdm(range(int(training.epoch), epochs), desc=f"{title:>24}", unit="epoch"):
        training = next_epoch(training, key, *data)
    return training


def save(path: Path, training: Training) -> None:
    """Writes a checkpoint; nothing is pickled."""
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path.absolute(), training._asdict(), force=True)


def restore(path: Path, seed: int) -> Training:
    """Reads a checkpoint, whose shapes and types are those of the model as it is declared here."""
    with ocp.StandardCheckpointer() as checkpointer:
        return Training(**checkpointer.restore(path.absolute(), begin(seed)._asdict()))


def go_on(options: argparse.Namespace) -> None:
    """What the second process does: restores, trains to the end, and saves the result."""
    data = samples(jax.random.key(options.seed + 2), options.samples)
    training = restore(options.out / "half_way", options.seed)
    training = train(training, options.epochs, options.seed, data, "in another process")
    save(options.out / "from_half_way", training)


def equal_bits(a: Any, b: Any) -> bool:
    """Whether two trees hold the same arrays, to the bit."""
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(np.asarray(p).tobytes() == np.asarray(q).tobytes() for p, q in pairs)


def size(path: Path) -> int:
    """The bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def main() -> None:
    """Trains with and without a break, folds the model, and shows what is equal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fast", action="store_true", help="few epochs, for a quick look")
    parser.add_argument("--epochs", type=int, default=400, help="default: %(default)s")
    parser.add_argument("--samples", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--out", type=Path, default=Path("out/checkpoints"), help="default: %(default)s"
    )
    parser.add_argument("--go-on", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.go_on:
        go_on(options)
        return
    if options.fast:
        options.epochs = 8
    if options.samples % BATCH:
        parser.error(f"--samples should be a multiple of {BATCH}. Got {options.samples}.")

    options.out.mkdir(parents=True, exist_ok=True)
    data = samples(jax.random.key(options.seed + 2), options.samples)
    x, y = samples(jax.random.key(options.seed + 3), 2000)
    half = train(begin(options.seed), options.epochs // 2, options.seed, data, "first half")
    save(options.out / "half_way", half)
    whole = train(half, options.epochs, options.seed, data, "without a break")
    arguments = {name: getattr(options, name) for name in ("epochs", "samples", "seed", "out")}
    subprocess.run(
        [sys.executable, __file__, "--go-on", *(f"--{k}={v}" for k, v in arguments.items())],
        check=True,
    )
    resumed = restore(options.out / "from_half_way", options.seed)

    path = options.out / "model.npz"
    folded = cnn.fold(MODEL.apply, whole.params, x)
    folded.save(path)
    loaded = cnn.load_folded(path)
    expected = MODEL.apply(whole.params, x)
    deviation = jnp.abs(loaded(x) - expected).max() / jnp.abs(expected).max()

    rows = [
        ("epochs", f"{options.epochs // 2} + {options.epochs - options.epochs // 2}"),
        ("test error half way", f"{error(half.params, x, y):.4f}"),
        ("test error at the end", f"{error(whole.params, x, y):.4f}"),
        ("test error after restoring", f"{error(resumed.params, x, y):.4f}"),
        ("all arrays equal to the bit", "yes" if equal_bits(whole, resumed) else "NO"),
        ("checkpoint", f"{size(options.out / 'half_way') / 1e3:.0f} kB"),
        ("folded model", f"{size(path) / 1e3:.0f} kB"),
        ("folded and loaded, deviation", f"{deviation:.1e}"),
    ]
    print("\n" + "\n".join(f"{name:<30}{value:>12}" for name, value in rows))
    print(f"\nFiles: {options.out / 'half_way'}, {path}")
    if not equal_bits(whole, resumed):
        sys.exit("Training that was restored differs from training without a break.")


if __name__ == "__main__":
    main()
