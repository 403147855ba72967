"""Every example runs in its fast setting, explains its options, and saves a picture."""

import runpy
import sys
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("agg")

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def run(path, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [path.name, *map(str, arguments)])
    runpy.run_path(str(path), run_name="__main__")


# `.ci/run` runs the demonstration itself, examples/inertia.py
@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if path.stem != "inertia"], ids=lambda path: path.stem
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
