"""The benchmark of fields: its data, its networks and its tables."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

import fields
import images
import images_data
import images_models
from constrainet.groups import Trivial
from constrainet.maps import offsets


def test_images_and_labels_are_read_as_they_were_written(tmp_path):
    pixels = np.random.RandomState(0).randint(0, 256, (3, 28, 28)).astype(np.uint8)
    for kind, header, array in (("images-idx3", 16, pixels), ("labels-idx1", 8, np.arange(3))):
        with gzip.open(tmp_path / f"t10k-{kind}-ubyte.gz", "wb") as file:
            file.write(bytes(header) + array.astype(np.uint8).tobytes())
    data = images_data.read(tmp_path, "t10k")
    np.testing.assert_array_equal(data.images[..., 0], pixels)
    assert data.labels.tolist() == [0, 1, 2] and data[1:].labels.tolist() == [1, 2]


def test_images_are_turned_about_their_middle():
    """A bump at a distance from the middle stays at that distance, and goes all around."""
    places = offsets((28, 28))
    bump = np.exp(-((places - [6, 0]) ** 2).sum(axis=1) / 8).reshape(1, 28, 28, 1)
    turned = images_data.rotated(np.repeat(bump, 40, axis=0), seed=0)
    np.testing.assert_allclose(turned.sum(axis=(1, 2, 3)), bump.sum(), rtol=1e-2)
    middles = np.einsum("nxyc,xyk->nk", turned, places.reshape(28, 28, 2)) / bump.sum()
    np.testing.assert_allclose(np.linalg.norm(middles, axis=1), 6, atol=0.1)
    assert np.abs(middles.mean(axis=0)).max() < 3
    again = images_data.rotated(np.repeat(bump, 40, axis=0), seed=0)
    np.testing.assert_array_equal(again, turned)


def test_networks_are_as_wide_as_their_parameters_allow():
    m = images_models.of_size(Trivial(2), 15_000)
    width = next(iter(m.body.layers.values())).rep_out.dim
    assert (
        images_models.size(*m)
        <= 15_000
        < images_models.size(*images_models.network(Trivial(2), width + 1))
    )


def test_steps_fill_the_time_that_is_left():
    """Two stages of weights 1 and 0.6, three seeds, 3 s a hundred steps of two models together."""
    stages = [images.STAGES[0], images.STAGES[2]]
    until = images.time.perf_counter() + 3 * 3 * (10 + 6) + 2
    clock = images.Clock(until, {"a": 1.0, "b": 2.0}, {"a": 0.0, "b": 0.0})
    assert clock.steps(stages, num_seeds=3) == 1000
    clock.until += 1e6
    assert clock.steps(stages, num_seeds=3) == images.MOST


def test_rows_become_a_table_and_unknown_parts_are_refused(capsys):
    row = {"group": "C(8)", "construction, s": 0.12345, "coefficients": 12345}
    assert fields.table([row]).splitlines()[::2] == [
        "| group | construction, s | coefficients |", "| C(8) | 0.123 | 12,345 |",
    ]  # fmt: skip
    assert fields.arguments([]).parts == ["construction", "speed", "errors"]
    with pytest.raises(SystemExit):
        fields.arguments(["training"])
    assert "no part training; there are construction" in capsys.readouterr().err
