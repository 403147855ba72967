"""Finished training runs, on disk, so that none is done twice."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import jax


class Runs:
    """What is known about finished runs, by name, kept in a JSON file.

    Args:
        path: of the file; it is made with the first run.
    """

    def __init__(self, path: Path):
        self.path = path
        self.runs: dict[str, dict] = json.loads(path.read_text())["runs"] if path.exists() else {}

    def add(self, name: str, run: dict) -> None:
        """Keeps a run, at once and whole: a stopped process leaves the file as it was."""
        self.runs[name] = run
        machine = f"{_cores()} ({platform.machine()}), JAX {jax.__version__}"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(json.dumps({"machine": machine, "runs": self.runs}, indent=1) + "\n")
        unfinished.replace(self.path)

    def seconds(self, names: list[str]) -> float:
        """How long those runs took that are finished."""
        return sum(self.runs[name]["seconds"] for name in names if name in self.runs)


def _cores() -> str:
    """How many cores this process may use, of how many there are."""
    if sys.platform == "linux":
        return f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} cores"
    return f"{os.cpu_count()} cores"
