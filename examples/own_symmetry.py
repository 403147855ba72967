"""A robot with a symmetry of its own: where a four-legged walker presses on the ground.

Each leg has two joints, a roll φ and a pitch θ of the hip. The input is the eight angles, the
target the centre of pressure (x, y) on the ground. Mirroring the robot left to right exchanges
legs and changes the sign of rolls; mirroring it front to back exchanges others and changes the
sign of pitches. Both mirrors generate the group, and these index permutations with signs are a
representation of it.

    python examples/own_symmetry.py           # half a minute on one core
    python examples/own_symmetry.py --fast    # a few seconds, for a quick look
"""

from __future__ import annotations

import argparse
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import optax
from tqdm import tqdm

import constrainet.nn as cnn
from constrainet.groups import Group
from constrainet.inspect import equivariance_error
from constrainet.reps import Regular, V, from_generators

HIPS = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])  # front left, front right, hind left, ...

G = Group(discrete_generators=[np.diag([1, -1]), np.diag([-1, 1])], name="mirrors")


def signed_permutation(legs: list[int], roll_sign: int, pitch_sign: int) -> np.ndarray:
    """Leg i becomes leg `legs[i]`, and its roll and pitch keep or change their signs."""
    return np.kron(np.eye(4)[:, legs], np.diag([roll_sign, pitch_sign]))


LEFT_RIGHT = signed_permutation([1, 0, 3, 2], -1, 1)
FRONT_BACK = signed_permutation([2, 3, 0, 1], 1, -1)
REP_IN = from_generators(G, rho=[LEFT_RIGHT, FRONT_BACK], label="joints")
REP_OUT = V(G)
HIDDEN = 24 * Regular(G)

MODELS = {
    "equivariant": lambda x: cnn.EMLP(REP_IN, REP_OUT, HIDDEN, num_layers=2)(x),
    "plain MLP": lambda x: cnn.MLP(REP_IN, REP_OUT, channels=96, num_layers=2)(x),
}


def samples(key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Angles (count, 8), leg by leg roll and pitch, and centres of pressure (count, 2)."""
    angles = 0.5 * jax.random.normal(key, (count, 4, 2))
    roll, pitch = angles[..., 0], angles[..., 1]
    x = HIPS[:, 0] - jnp.sin(pitch)
    y = 0.5 * HIPS[:, 1] + jnp.sin(roll) * jnp.cos(pitch)
    depth = jnp.cos(roll) * jnp.cos(pitch)
    load = jax.nn.softmax(10 * depth, axis=1)  # the lowest feet carry the weight
    centre = jnp.stack([(load * x).sum(axis=1), (load * y).sum(axis=1)], axis=1)
    return angles.reshape(count, 8), centre


def train(name: str, data, test, steps: int, key: jax.Array) -> dict:
    """The mean squared error on new samples, the equivariance error and the parameters' number."""
    model = hk.without_apply_rng(hk.transform(MODELS[name]))
    params = jax.jit(model.init)(key, data[0])
    optimizer = optax.adam(optax.cosine_decay_schedule(3e-3, steps))

    def loss(params, x, y):
        return jnp.mean((model.apply(params, x) - y) ** 2)

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.grad(loss)(params, *data), state)
        return optax.apply_updates(params, updates), state

    state = optimizer.init(params)
    label = f"{name:>11}, {len(data[0])} samples"
    for _ in tqdm(range(steps), desc=label, unit="step", mininterval=1):
        params, state = step(params, state)
    apply = jax.jit(lambda x: model.apply(params, x))
    return {
        "test": float(jax.jit(loss)(params, *test)),
        "equivariance": equivariance_error(apply, REP_IN, REP_OUT, jax.random.key(0)).worst,
        "parameters": hk.data_structures.tree_size(params),
    }


def table(results: dict) -> str:
    """The results, a line for each number of samples and model."""
    header = (
        f"{'samples':>8}{'model':>13}{'test error':>12}{'equivariance error':>20}{'parameters':>12}"
    )
    lines = [
        f"{size:>8}{name:>13}{r['test']:>12.5f}{r['equivariance']:>20.1e}{r['parameters']:>12,}"
        for (size, name), r in results.items()
    ]
    return "\n".join([header, *lines])


def plot(results: dict, sizes: list[int], path: Path) -> None:
    """Test errors against the number of samples, logarithmic."""
    figure, axes = plt.subplots(figsize=(5.6, 3.8), layout="constrained")
    for name, color in zip(MODELS, ("#0072B2", "#D55E00"), strict=True):
        errors = [results[size, name]["test"] for size in sizes]
        axes.loglog(sizes, errors, "o-", color=color, label=name)
    axes.set(xlabel="training samples", ylabel="mean squared error on new samples")
    axes.set_title("Centre of pressure of a walker")
    axes.set_xticks(sizes, map(str, sizes))
    axes.xaxis.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Trains both models on sets of several sizes and shows what came out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fast", action="store_true", help="one small set and few steps")
    parser.add_argument("--steps", type=int, default=400, help="default: %(default)s")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[50, 200, 800], help="default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("out"), help="default: %(default)s")
    options = parser.parse_args()
    steps = 40 if options.fast else options.steps
    sizes = options.sizes[:1] if options.fast else options.sizes

    data_key, test_key, key = jax.random.split(jax.random.key(options.seed), 3)
    test = samples(test_key, 4000)
    results = {
        (size, name): train(name, samples(data_key, size), test, steps, key)
        for size in sizes
        for name in MODELS
    }

    options.out.mkdir(parents=True, exist_ok=True)
    plot(results, sizes, options.out / "own_symmetry.png")
    print(f"\n{table(results)}\n")
    print(f"Picture: {options.out / 'own_symmetry.png'}")


if __name__ == "__main__":
    main()
