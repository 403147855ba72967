"""Every tutorial runs, and what it says of itself holds: they check their own claims."""

import re
import runpy
from pathlib import Path

import jax
import matplotlib
import pytest

matplotlib.use("agg")
import matplotlib.pyplot as plt

TUTORIALS = sorted((Path(__file__).parents[1] / "docs" / "tutorials").glob("*.py"))


@pytest.fixture
def fast_compilation():
    """Compiling takes most of the time, so little is optimised."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.usefixtures("fast_compilation")
@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_tutorial_runs_and_its_checks_hold(path, monkeypatch):
    monkeypatch.setenv("CONSTRAINET_FAST", "1")
    runpy.run_path(str(path), run_name="__main__")
    drawn = plt.get_fignums()
    plt.close("all")
    assert drawn


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_tutorial_is_cells_that_begin_with_a_heading(path):
    text = path.read_text("utf-8")
    first, *others = re.split(r"(?m)^# %%(.*)\n", text)[1::2]
    assert text.startswith("# %% [markdown]\n# # ")
    assert first == " [markdown]" and set(others) == {"", " [markdown]"}
    for kind, body in re.findall(r"(?m)^# %%(.*)\n((?:(?!# %%).*\n?)*)", text):
        lines = [line for line in body.splitlines() if line]
        assert lines
        if kind:
            assert all(line.startswith("#") for line in lines), lines[0]
