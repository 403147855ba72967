"""Images on the sphere: the projection, and a run."""

from __future__ import annotations

import numpy as np

import constrainet.maps as cm
import images_training
import sphere_images
from constrainet.maps import offsets
from constrainet.reps import Scalar
from runs import Runs
from sphere_images import GRID, WAYS, projected

TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])


def test_projections_are_seen_from_the_south_pole_and_turn():
    """A bump beside the middle, against its formula; interpolation costs up to 0.03."""
    places = offsets((28, 28)) / 14
    middle = np.array([0.3, -0.2])
    image = np.exp(-12 * ((places - middle) ** 2).sum(axis=1)).reshape(1, 28, 28, 1)
    for turn in (np.eye(3), TURN):
        x, y, z = turn.T @ GRID.points.T
        plane = np.stack([x, y], axis=1) / (1 + z)[:, None]
        expected = np.exp(-12 * ((plane - middle) ** 2).sum(axis=1))
        found = projected(image, turn[None])
        assert found.shape == (1, 60, 60, 1)
        np.testing.assert_allclose(found.ravel(), expected, rtol=0, atol=0.03)


def test_a_run_is_tested_in_both_ways_and_tabled(monkeypatch, tmp_path, capsys):
    grid = cm.sphere_grid(2, rule="equal-angle")
    monkeypatch.setattr(sphere_images, "GRID", grid)
    monkeypatch.setattr(sphere_images, "NUM_TRAIN", 4)
    for name in ("CHUNK", "BATCH", "TEST_BATCH"):
        monkeypatch.setattr(images_training, name, 2)
    one = Scalar(grid.rep.group)
    # of single layers, for the sake of compilation
    body, head = cm.linear(grid.rep, 8 * one), cm.linear(8 * one, 10 * one)
    own = {"SphericalCNN": sphere_images.SphericalNetwork(body, head)}
    monkeypatch.setattr(sphere_images, "networks", lambda options: own)
    images = np.random.RandomState(0).randint(0, 256, (6, *grid.shape, 1)).astype(np.uint8)
    data = tmp_path / "data.npz"
    np.savez(data, upright=images, turned=images, labels=np.arange(6, dtype=np.int32))
    options = sphere_images.arguments(["--data", str(data), "--steps", "2", "--seeds", "0"])
    sphere_images.train(options, Runs(tmp_path / "runs.json"))
    runs = Runs(tmp_path / "runs.json")
    sphere_images.train(options, runs)  # nothing is left to do
    assert len(capsys.readouterr().out.splitlines()) == 2
    rows = sphere_images.summary(runs)
    assert [row["trained on"] for row in rows] == WAYS and rows[0]["seeds"] == 1
    for row in rows:
        # as both ways are the same images here
        assert row["tested on upright, %"] == row["tested on turned, %"]
