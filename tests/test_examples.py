"""The examples run, and print what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name: str, *arguments: str) -> str:
    """What an example prints."""
    result = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(EXAMPLES.parent)},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.skipif(find_spec("orbax") is None, reason="Orbax is not installed")
def test_checkpoints_are_restored_to_the_bit(tmp_path):
    printed = run("checkpoints.py", "--fast", "--out", str(tmp_path))
    rows = dict(line.rsplit(maxsplit=1) for line in printed.splitlines() if line[:1].islower())
    assert rows["all arrays equal to the bit"] == "yes"
    assert rows["test error after restoring"] == rows["test error at the end"]
    assert float(rows["folded and loaded, deviation"]) < 1e-5
    assert (tmp_path / "model.npz").exists()
