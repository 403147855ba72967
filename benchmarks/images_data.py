"""Fashion-MNIST, upright and rotated at random."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from scipy.ndimage import affine_transform

FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package `dataset-fashion-mnist` keeps it."""

NUM_TRAIN, NUM_TEST = 12_000, 10_000
NUM_DRAWN = NUM_TRAIN + NUM_TEST


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Data:
    """Images (n, 28, 28, 1) of bytes, and their classes (n,)."""

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
    return Data(images.reshape(-1, 28, 28, 1), labels.astype(np.int32))


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


def drawn(folder: Path) -> Data:
    """12,000 images to train on and then 10,000 to test on, of both halves at random."""
    parts = [read(folder, name) for name in ("train", "t10k")]
    images = np.concatenate([part.images for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    return Data(images, labels)[np.random.RandomState(0).permutation(len(images))[:NUM_DRAWN]]


def prepare(folder: Path, path: Path) -> None:
    """Keeps 12,000 images to train on, upright and rotated, and 10,000 rotated ones to test on."""
    data = drawn(folder)
    turned, upright = rotated(data.images, seed=1), data.images[:NUM_TRAIN]
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, rotated=turned, upright=upright, labels=data.labels)


def halves(path: Path) -> dict[str, Data]:
    """Images to train on, "rotated" and "upright", and to "test" on."""
    with np.load(path) as file:
        turned, upright, labels = file["rotated"], file["upright"], file["labels"]
    return {
        "rotated": Data(turned, labels)[:NUM_TRAIN],
        "upright": Data(upright, labels[:NUM_TRAIN]),
        "test": Data(turned, labels)[NUM_TRAIN:],
    }
