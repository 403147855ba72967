"""Rubik's cubes that can be solved, told from cubes that cannot, from 22 training states.

A state is the colours of the 48 moving stickers, one-hot, 6V of the cube group; scrambling moves
the stickers, and solvable cubes are the scrambles of the solved one. The training set is the solved
cube, 11 times, and 11 that are not solvable; the test set is scrambles of them. A model that is
invariant under the moves says of a scramble what it says of the training state it came from. A
model that does not know the moves can only guess.

    python examples/rubiks_cube.py            # half a minute on an idle core
    python examples/rubiks_cube.py --fast     # a quick look

There are two tasks. In *recoloured* the unsolvable cubes have opposite colours exchanged, which is
what the code published with the EMLP paper trains on. In *reassembled* a cube was taken apart and
put together: an edge flipped, a corner twisted, two edges exchanged, or several of these, which
with the solved one makes twelve classes that no moves connect.

Layers between vectors cannot do the second, and neither can layers between tensors whose ranks add
to at most 7: a monomial of that degree leaves a corner and several edges alone, where what was done
wrong can be put right without changing it, so that whatever commutes with the moves commutes with
taking the cube apart, too. What tells the classes apart has high degree. Each irreducible part of
V, of dimension d = 7, 8, 8, 11, 12 over the complex numbers, is held in d copies; their determinant
is multiplied by det ρ(g), which is the same sign for all five if g is a move. Products of two of
them are invariant, then, but flips, twists and exchanges multiply them by -1 and cube roots of 1.

What is learnt is which classes are solvable, from one state of each. That scrambling makes no
difference is not learnt; it holds by construction, up to rounding: the last column of the table
shows how much a logit changes.

Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer perceptrons for
arbitrary matrix groups" (2021), and the class BrokenRubiksCube of its code.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import optax
from tqdm import tqdm

import constrainet.nn as cnn
from constrainet.groups import RubiksCube
from constrainet.reps import Complexified, Scalar, V, decompose

G = RubiksCube()  # stickers in order of their face, eight each: -x, +x, -y, +y, -z, +z
REP_IN = 6 * V(G)
REP_OUT = Scalar(G)

SOLVED = np.repeat(np.arange(6), 8)
FLIP = [(1, 17)]  # the two stickers of the edge between -x and -y
TWIST = [(0, 16, 32)]  # the three stickers of the corner of -x, -y and -z
EXCHANGE = [(1, 3), (17, 33)]  # that edge and the one between -x and -z

SCALE = 5.0  # of one-hot vectors; smaller ones reach little but the linear part of functions


def moved(state: np.ndarray, cycles: list[tuple[int, ...]]) -> np.ndarray:
    """The state after moving stickers along cycles of places."""
    state = state.copy()
    for cycle in cycles:
        state[list(cycle)] = state[list(np.roll(cycle, 1))]
    return state


def broken_cubes() -> dict[str, np.ndarray]:
    """Of each task, the eleven unsolvable training states: colours (11, 48)."""
    ways = itertools.product([[], TWIST, 2 * TWIST], [[], FLIP], [[], EXCHANGE])
    reassembled = [moved(SOLVED, [*twist, *flip, *swap]) for twist, flip, swap in ways]
    return {
        "recoloured": np.stack(11 * [SOLVED ^ 1]),  # faces 2k and 2k + 1 are opposite
        "reassembled": np.stack(reassembled[1:]),
    }


def one_hot(states: np.ndarray) -> jax.Array:
    """Colours (n, 48) as vectors of 6V (n, 288), of entries 0 and SCALE."""
    return SCALE * jnp.asarray(states[:, None] == np.arange(6)[:, None], float).reshape(-1, 6 * 48)


def scrambled(states: np.ndarray, key: jax.Array, copies: int) -> jax.Array:
    """Each state, followed by it after each of `copies` random elements: (n (1 + copies), 288)."""
    vectors = one_hot(states)
    elements = G.samples(key, len(states) * copies).reshape(len(states), copies, G.dim, G.dim)
    moved = jax.vmap(jax.vmap(REP_IN.act, (0, None)))(elements, vectors)
    return jnp.concatenate([vectors[:, None], moved], axis=1).reshape(-1, REP_IN.dim)


def plain(x: jax.Array) -> jax.Array:
    """A multilayer perceptron that knows nothing of the cube."""
    return cnn.MLP(REP_IN, REP_OUT, channels=128, num_layers=2)(x)


def vectors_only(x: jax.Array) -> jax.Array:
    """An equivariant multilayer perceptron with vectors as hidden layers."""
    return cnn.EMLP(REP_IN, REP_OUT, 24 * V(G), num_layers=2, bilinear=False)(x)


def with_determinants(x: jax.Array) -> jax.Array:
    """Vectors, the determinants of their irreducible parts, and a perceptron of their products.

    Of a determinant of size d the d-th root of the modulus is taken, and its phase is kept.
    """
    size = max(irrep.dim for irrep, _ in PARTS.irreps)
    features = cnn.EMLP(REP_IN, size * V(G), 24 * V(G), num_layers=1, bilinear=False)(x)
    features = features.reshape(-1, size, V(G).dim)
    coordinates = jax.lax.complex(features @ PARTS.matrix.real, -features @ PARTS.matrix.imag)
    roots, start = [], 0
    for irrep, multiplicity in PARTS.irreps:
        if irrep.dim > 1:
            block = coordinates[:, : irrep.dim, start : start + irrep.dim]
            phase, logarithm = jnp.linalg.slogdet(block)
            roots.append(phase * jnp.exp(logarithm / irrep.dim))
        start += multiplicity * irrep.dim
    products = jnp.stack([a * b.conj() for a, b in itertools.combinations(roots, 2)], axis=1)
    invariants = jnp.concatenate([products.real, products.imag], axis=1)
    return hk.nets.MLP([32, 1], activation=jax.nn.swish)(invariants)


PARTS = decompose(Complexified(V(G)))
MODELS = {
    "plain MLP": plain,
    "EMLP of vectors": vectors_only,
    "with determinants": with_determinants,
}


def trained(build: Callable, tasks: dict[str, tuple], steps: int, key: jax.Array) -> dict:
    """By task, the logit of being solvable as a function, after Adam on all states at once."""
    model = hk.without_apply_rng(hk.transform(build))
    optimiser = optax.adam(optax.cosine_decay_schedule(3e-3, steps))

    @jax.jit
    def step(params, state, x, y):
        def loss(params):
            return optax.sigmoid_binary_cross_entropy(model.apply(params, x)[:, 0], y).mean()

        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(params, updates), state, value

    apply, found = jax.jit(model.apply), {}
    for task, (x, y) in tasks.items():
        params = jax.jit(model.init)(key, x)
        state = optimiser.init(params)
        progress = tqdm(range(steps), desc=f"{build.__name__}, {task}", unit="step", mininterval=1)
        for _ in progress:
            params, state, value = step(params, state, x, y)
        progress.set_postfix(loss=f"{value:.1e}")
        found[task] = partial(apply, params)
    return found


def accuracy(logits: jax.Array, labels: jax.Array) -> float:
    """The share of right answers."""
    return float(((logits > 0) == (labels > 0)).mean())


def compare(options: argparse.Namespace) -> list[dict]:
    """Trains all models on both tasks, and tests them on scrambles."""
    steps, copies = (100, 20) if options.fast else (options.steps, 100)
    key, test_key = jax.random.split(jax.random.key(options.seed))
    states = {
        task: np.concatenate([np.stack(11 * [SOLVED]), cubes])
        for task, cubes in broken_cubes().items()
    }
    labels = jnp.repeat(jnp.array([1.0, 0.0]), 11)
    tasks = {task: (one_hot(x), labels) for task, x in states.items()}
    tests = {task: scrambled(x, test_key, copies) for task, x in states.items()}
    results = []
    for name, build in MODELS.items():
        for task, f in trained(build, tasks, steps, key).items():
            # the first copy of every state is the state itself
            logits = f(tests[task]).reshape(22, 1 + copies)
            spread = jnp.abs(logits - logits[:, :1]).max()
            results.append(
                {
                    "task": task,
                    "model": name,
                    "training": accuracy(logits[:, 0], labels),
                    "scrambles": accuracy(logits[:, 1:], labels[:, None]),
                    "spread": float(spread),
                    "function": f,
                }
            )
    return results


def table(results: list[dict]) -> str:
    """The results, a line for each task and model."""
    header = f"{'unsolvable':<13}{'model':<19}{'training':>9}{'scrambles':>11}"
    lines = [
        f"{r['task']:<13}{r['model']:<19}{r['training']:>9.1%}{r['scrambles']:>11.1%}"
        f"{r['spread']:>21.1e}"
        for r in sorted(results, key=lambda r: r["task"])
    ]
    return "\n".join([header + f"{'logit changes by':>21}", *lines])


def draw_net(axes: plt.Axes, state: np.ndarray, title: str) -> None:
    """A cube unfolded: left, front, right and back in a row, up and down beside the front."""
    colors = ["#E69F00", "#CC3311", "#009E73", "#0072B2", "#F0E442", "#FFFFFF"]
    nets = [  # place of the face's centre, and what of its position (x, y, z) is right and up
        ((-3, 0), (0, -1, 0), (0, 0, 1)),
        ((3, 0), (0, 1, 0), (0, 0, 1)),
        ((0, 0), (1, 0, 0), (0, 0, 1)),
        ((6, 0), (-1, 0, 0), (0, 0, 1)),
        ((0, -3), (1, 0, 0), (0, -1, 0)),
        ((0, 3), (1, 0, 0), (0, 1, 0)),
    ]
    for face, (centre, right, up) in enumerate(nets):
        cells = itertools.product(*([-1, 0, 1] if a != face // 2 else [0] for a in range(3)))
        positions = np.array([cell for cell in cells if any(cell)])
        places = np.array(centre) + positions @ np.array([right, up]).T
        for color, place in zip(state[8 * face :], places, strict=False):
            axes.add_patch(plt.Rectangle(place - 0.46, 0.92, 0.92, fc=colors[color], ec="0.3"))
        axes.add_patch(plt.Rectangle(np.array(centre) - 0.46, 0.92, 0.92, fc=colors[face], ec="k"))
    axes.set(xlim=(-5, 8), ylim=(-5, 5), aspect="equal")
    axes.set_title(title, fontsize=10, y=1.02)
    axes.axis("off")


def plot(results: list[dict], key: jax.Array, path: Path) -> None:
    """Two scrambled cubes with what the last model says of them, and the accuracies."""
    figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
    cubes = {
        "solved, then scrambled": SOLVED,
        "corner twisted, then scrambled": moved(SOLVED, TWIST),
    }
    for ax, (name, state) in zip(axes, cubes.items(), strict=False):
        vector = scrambled(state[None], key, 1)[1:]
        probability = float(jax.nn.sigmoid(results[-1]["function"](vector))[0, 0])
        scramble = np.asarray(vector).reshape(6, 48).argmax(axis=0)
        draw_net(ax, scramble, f"{name}: “solvable” {probability:.1%}")
    tasks = list(dict.fromkeys(r["task"] for r in results))
    for i, name in enumerate(MODELS):
        shares = [r["scrambles"] for r in results if r["model"] == name]
        bars = axes[2].bar(np.arange(len(tasks)) + 0.27 * (i - 1), shares, 0.25, label=name)
        axes[2].bar_label(bars, [f"{share:.0%}" for share in shares], fontsize=8)
    axes[2].axhline(0.5, color="0.4", ls=":", lw=1)
    axes[2].set(xticks=range(len(tasks)), xticklabels=tasks, ylim=(0, 1.45), yticks=[0, 0.5, 1])
    axes[2].set(ylabel="accuracy on scrambles", xlabel="unsolvable cubes")
    axes[2].legend(loc="upper center", fontsize=8)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Trains all models on both tasks and shows what came out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fast", action="store_true", help="few steps, for a quick look")
    parser.add_argument("--steps", type=int, default=300, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("out"), help="default: %(default)s")
    options = parser.parse_args()

    results = compare(options)
    options.out.mkdir(parents=True, exist_ok=True)
    plot(results, jax.random.key(options.seed), options.out / "rubiks_cube.png")
    print(f"\n{table(results)}\n")
    print(f"Picture: {options.out / 'rubiks_cube.png'}")


if __name__ == "__main__":
    main()
