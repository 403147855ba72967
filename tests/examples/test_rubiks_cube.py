"""The Rubik's cube example says what is true."""

import runpy
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from constrainet.groups import Group
from constrainet.reps import V

SCRIPT = Path(__file__).parents[2] / "examples" / "rubiks_cube.py"


@pytest.fixture(scope="module")
def example():
    return runpy.run_path(str(SCRIPT))


def test_the_twelve_states_are_twelve_classes(example):
    """Their moves and the ways to break a cube generate a group twelve times as large."""
    moved, group = example["moved"], example["G"]
    cycles = [example[name] for name in ("FLIP", "TWIST", "EXCHANGE")]
    flip, twist, exchange = (np.eye(48)[moved(np.arange(48), c)] for c in cycles)
    generators = [*group.discrete_generators, flip, twist, exchange]
    larger = Group(discrete_generators=generators, name="reassembling")
    assert larger.order == 12 * group.order
    powers = [np.linalg.matrix_power(twist, k) for k in range(3)]
    elements = [
        e @ f @ t for t in powers for f in (np.eye(48), flip) for e in (np.eye(48), exchange)
    ]
    states = [example["SOLVED"], *example["broken_cubes"]()["reassembled"]]
    for g, state in zip(elements, states, strict=True):
        assert np.array_equal(g @ example["SOLVED"], state)
    assert not any(group.contains(g @ h.T) for g, h in combinations(elements, 2))
    # what the docstring says of tensors of low rank
    few, many = V(larger), V(group)
    maps = [(v >> v**2).equivariant_basis() for v in (few, many)]
    assert maps[0].rank == maps[1].rank


def test_the_model_with_determinants_tells_all_scrambles(example, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--fast", "--out", str(tmp_path)])
    example["main"]()
    lines = capsys.readouterr().out.splitlines()
    scrambles = {
        (line[:13].strip(), line[13:32].strip()): float(line.split()[-2].rstrip("%"))
        for line in lines
        if line.count("%") == 2
    }
    assert scrambles.pop(("reassembled", "EMLP of vectors")) == 50
    for (_, model), share in scrambles.items():
        assert 35 < share < 65 if model == "plain MLP" else share == 100, (model, share)
    assert len(scrambles) == 5
    assert (tmp_path / "rubiks_cube.png").stat().st_size > 10_000
