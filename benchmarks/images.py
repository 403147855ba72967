"""Fashion-MNIST, rotated at random, and networks of as many parameters trained on it.

The plain network is the same residual network under the group of the identity alone, whose
kernels are free. All have about as many parameters, by their width.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache, partial
from math import prod
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.ndimage import affine_transform

import constrainet.maps as cm
from constrainet.groups import SO, C, D, Group, Trivial
from constrainet.reps import Scalar

FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package `dataset-fashion-mnist` keeps it."""

CLASSES = 10
BATCH = 64
BLOCKS = 3
MODELS: dict[str, tuple[Group, bool]] = {
    "C(8)": (C(8), False),
    "D(8)": (D(8), False),
    "SO(2)": (SO(2), False),
    "plain": (Trivial(2), False),
    "plain, augmented": (Trivial(2), True),
}
"""By name, the group, and whether training images are turned anew in each step."""


@dataclass(frozen=True)
class Data:
    """Images (n, 28, 28, 1) between 0 and 1, and their classes (n,)."""

    images: np.ndarray
    labels: np.ndarray

    def __getitem__(self, chosen) -> Data:
        return Data(self.images[chosen], self.labels[chosen])


def read(folder: Path, name: str) -> Data:
    """One of the two halves, "train" or "t10k", in the idx format."""
    arrays = []
    for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
        with gzip.open(folder / f"{name}-{kind}-ubyte.gz") as file:
            arrays.append(np.frombuffer(file.read(), np.uint8, offset=header))
    images, labels = arrays
    return Data(images.reshape(-1, 28, 28, 1) / np.float32(255), labels.astype(np.int32))


def rotated(images: np.ndarray, seed: int) -> np.ndarray:
    """Each image turned about its middle by an angle of its own, interpolated linearly."""
    angles = np.random.RandomState(seed).uniform(0, 2 * np.pi, len(images))
    middle = (np.array(images.shape[1:3]) - 1) / 2
    found = np.empty_like(images)
    for image, angle, result in zip(images, angles, found, strict=True):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        offset = middle - turn @ middle
        result[..., 0] = affine_transform(image[..., 0], turn, offset, order=1)
    return found


@cache
def halves(folder: Path) -> tuple[Data, Data, Data]:
    """12,000 rotated images to train and 50,000 to test, as of MNIST; the former upright."""
    parts = [read(folder, name) for name in ("train", "t10k")]
    images = np.concatenate([part.images for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:12_000], order[12_000:62_000]
    turned = rotated(images, seed=1)
    upright = Data(images[train], labels[train])
    return Data(turned[train], labels[train]), Data(turned[test], labels[test]), upright


def size(m: cm.Map) -> int:
    """The number of parameters."""
    shapes = jax.eval_shape(m.init, jax.random.key(0))
    return sum(prod(leaf.shape) for leaf in jax.tree.leaves(shapes))


def network(group: Group, width: int) -> cm.Map:
    """A residual network from images to classes."""
    one = Scalar(group)
    return cm.steerable_cnn(one, CLASSES * one, channels=[width] * BLOCKS, stride=2)


@cache
def of_size(group: Group, parameters: int) -> cm.Map:
    """The widest network of at most so many parameters."""
    step = int(group.order) if group.order < np.inf else 4
    width = step
    while size(network(group, width + step)) <= parameters:
        width += step
    return network(group, width)


def turned_anew(key: jax.Array, images: jax.Array) -> jax.Array:
    """Images turned by random angles, for augmentation."""
    angles = jax.random.uniform(key, (len(images),), maxval=2 * jnp.pi)
    places = jnp.asarray(cm.offsets(images.shape[1:3]), images.dtype)

    def one(image, angle):
        c, s = jnp.cos(angle), jnp.sin(angle)
        moved = places @ jnp.array([[c, s], [-s, c]]) + (jnp.array(image.shape) - 1) / 2
        return jax.scipy.ndimage.map_coordinates(image, list(moved.T), order=1).reshape(image.shape)

    return jax.vmap(one)(images[..., 0], angles)[..., None]


def train(
    m: cm.Map, data: Data, steps: int, seed: int, rate: float, augmented: bool = False
) -> dict:
    """Parameters after Adam with a rate that falls to zero along a cosine."""
    optimiser = optax.adam(optax.cosine_decay_schedule(rate, steps))
    start_key, steps_key = jax.random.split(jax.random.key(seed))
    params = jax.jit(m.init)(start_key)
    images, labels = jnp.asarray(data.images), jnp.asarray(data.labels)

    def loss(params, x, y):
        logits = m.apply(params, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state, key):
        places_key, turns_key = jax.random.split(key)
        chosen = jax.random.randint(places_key, (BATCH,), 0, len(labels))
        x = images[chosen]
        x = turned_anew(turns_key, x) if augmented else x
        updates, state = optimiser.update(jax.grad(loss)(params, x, labels[chosen]), state)
        return optax.apply_updates(params, updates), state

    state = optimiser.init(params)
    for i in range(steps):
        params, state = step(params, state, jax.random.fold_in(steps_key, i))
    return params


def error(m: cm.Map, params: dict, data: Data, batch: int = 500) -> float:
    """The part of images that are taken for another class."""
    predict = jax.jit(lambda x: jnp.argmax(m.apply(params, x), axis=-1))
    wrong = 0
    for start in range(0, len(data.labels), batch):
        part = data[start : start + batch]
        wrong += int((np.asarray(predict(part.images)) != part.labels).sum())
    return wrong / len(data.labels)
