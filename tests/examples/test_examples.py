"""Every example runs in its fast setting, explains its options, and saves a picture."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("agg")

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
ELSEWHERE = {"inertia", "rubiks_cube", "checkpoints", "devices"}
"""`.ci/run` runs the first, the second has tests of its own, and the others draw no picture."""


def run(path, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [path.name, *map(str, arguments)])
    runpy.run_path(str(path), run_name="__main__")


@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if path.stem not in ELSEWHERE], ids=lambda path: path.stem
)
def test_example_runs_fast_and_saves_a_picture(path, monkeypatch, capsys, tmp_path):
    run(path, monkeypatch, "--fast", "--seed", 1, "--out", tmp_path)
    assert capsys.readouterr().out.strip()
    assert any(picture.stat().st_size > 1000 for picture in tmp_path.glob("*.png"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_explains_its_options(path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        run(path, monkeypatch, "--help")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(option in text for option in ("--fast", "--seed", "--out"))


def test_processes_train_one_model(tmp_path):
    command = [sys.executable, ROOT / "examples" / "devices.py", "--fast", "--out", tmp_path]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    ends = [line.split(": ") for line in done.stdout.splitlines() if line.startswith("process")]
    assert sorted(process for process, _ in ends) == ["process 0", "process 1"]
    assert len({end for _, end in ends}) == 1
    assert "4 devices" in ends[0][1]
    assert (tmp_path / "params").is_dir()


def test_checkpoints_are_restored_to_the_bit(tmp_path):
    # in a process of its own, in which Orbax may warn
    command = [sys.executable, ROOT / "examples" / "checkpoints.py", "--fast", "--out", tmp_path]
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    rows = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines() if line[:1].islower())
    assert rows["all arrays equal to the bit"] == "yes"
    assert rows["test error after restoring"] == rows["test error at the end"]
    assert float(rows["folded and loaded, deviation"]) < 1e-5
    assert (tmp_path / "model.npz").exists()
