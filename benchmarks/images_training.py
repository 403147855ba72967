"""Training of networks from images to classes: one compiled program for all seeds and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from images_data import Data
from images_models import Network, moments

BATCH, TEST_BATCH = 64, 1000
CHUNK = 100
"""Steps in one call of the compiled program."""

RATE, DECAY = 3e-3, 0.05
WARM = 0.05
"""The part of a run in which the rate rises."""


class Run(NamedTuple):
    """What a run takes beside images: arrays, so that one program does for all.

    Args:
        key: of the seed.
        order: of images; the first `size` are trained on.
        size: their number.
        steps: all of them.
        rate: of the optimiser, at its highest.
        augmented: whether images are turned anew.
    """

    key: jax.Array
    order: jax.Array
    size: jax.Array
    steps: jax.Array
    rate: jax.Array
    augmented: jax.Array


class Trainer:
    """Compiled programs of a network.

    Args:
        m: the network.
        train, test: images whose number and shape count.
        augment: turns images anew, from a key; without it none are.
    """

    def __init__(
        self,
        m: Network,
        train: Data,
        test: Data,
        augment: Callable[[jax.Array, jax.Array], jax.Array] | None = None,
    ):
        self.m, self.augment, self.num_train = m, augment, len(train.labels)
        self.optimiser = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(DECAY))
        state = jax.eval_shape(self.start, jax.random.key(0))
        run = jax.eval_shape(lambda: self.run(seed=0, size=1, steps=CHUNK))
        step = jax.ShapeDtypeStruct((), jnp.int32)
        steps = jax.jit(self._steps, donate_argnums=0)
        self.init = jax.jit(self.start).lower(jax.random.key(0)).compile()
        self.steps = steps.lower(state, step, run, train.images, train.labels).compile()
        wrong = jax.jit(self._wrong)
        arrays = train.images, test.images, test.labels
        self.wrong = wrong.lower(state[0], run, *arrays).compile()

    def run(
        self, seed: int, size: int, steps: int, rate: float = RATE, augmented: bool = False
    ) -> Run:
        """Of a seed, a number of images and of steps, and a rate."""
        order = np.random.RandomState(seed).permutation(self.num_train).astype(np.int32)
        numbers = jnp.int32(size), jnp.int32(steps), jnp.float32(rate), jnp.bool_(augmented)
        return Run(jax.random.key(seed), jnp.asarray(order), *numbers)

    def start(self, key: jax.Array) -> tuple[Any, Any]:
        """Parameters, and the optimiser's state."""
        params = self.m.init(key)
        return params, self.optimiser.init(params)

    def _drawn(
        self, run: Run, key: jax.Array, images: jax.Array, count: int
    ) -> tuple[jax.Array, jax.Array]:
        """Which images are in a batch, and the images as they are trained on."""
        draw_key, turn_key = jax.random.split(key)
        chosen = run.order[jax.random.randint(draw_key, (count,), 0, run.size)]
        x = images[chosen].astype(jnp.float32)
        return chosen, jnp.where(run.augmented, self.augment(turn_key, x), x) if self.augment else x

    def _loss(self, params, key, x, y) -> jax.Array:
        invariants = self.m.invariants(params, x)
        logits = self.m.logits(params, invariants, moments(invariants), key)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    def _steps(self, state, start, run: Run, images, labels):
        """`CHUNK` steps from one on, and their mean loss."""

        def step(state, i):
            params, moments = state
            draw_key, drop_key = jax.random.split(jax.random.fold_in(run.key, i))
            chosen, x = self._drawn(run, draw_key, images, BATCH)
            loss, grads = jax.value_and_grad(self._loss)(params, drop_key, x, labels[chosen])
            updates, moments = self.optimiser.update(grads, moments, params)
            part = (i + 1) / run.steps
            rate = run.rate * jnp.minimum(part / WARM, (1 + jnp.cos(jnp.pi * part)) / 2)
            params = jax.tree.map(lambda p, u: p - rate * u, params, updates)
            return (params, moments), loss

        state, losses = jax.lax.scan(step, state, start + jnp.arange(CHUNK))
        return state, losses.mean()

    def _wrong(self, params, run: Run, trained, images, labels):
        """How many images are taken for another class, with moments of images trained on."""
        _, x = self._drawn(run, run.key, trained, TEST_BATCH)
        expected = moments(self.m.invariants(params, x))

        def batch(part):
            x, y = part
            logits = self.m.logits(params, self.m.invariants(params, x), expected)
            return jnp.sum(jnp.argmax(logits, axis=-1) != y)

        parts = images.reshape(-1, TEST_BATCH, *images.shape[1:]), labels.reshape(-1, TEST_BATCH)
        return jax.lax.map(batch, parts).sum()

    def train(self, run: Run, data: Data) -> tuple[Any, float]:
        """Parameters, and the mean loss of the last steps."""
        state, loss = self.init(run.key), jnp.nan
        for start in range(0, int(run.steps), CHUNK):
            state, loss = self.steps(state, jnp.int32(start), run, data.images, data.labels)
        return state[0], float(loss)

    def error(self, params, run: Run, trained: Data, test: Data) -> float:
        """The share of images that are taken for another class."""
        wrong = self.wrong(params, run, trained.images, test.images, test.labels)
        return int(wrong) / len(test.labels)
