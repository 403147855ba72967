"""Null spaces on disk: what is right is read, and folders that cannot be used cost a warning."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from constrainet.groups import SE, SO, SU, Group, S
from constrainet.reps import V
from constrainet.solve import clear_memory, nullspace, storage
from tests.solve.stored import REPS, bits, files, stored

EVERY = pytest.mark.parametrize("name", REPS)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.delenv("CONSTRAINET_CACHE", raising=False)
    clear_memory()
    yield
    clear_memory()


def test_cases_are_of_both_kinds_of_size():
    sizes = [REPS[name]().dim for name in REPS]
    assert min(sizes) < nullspace.SMALL < max(sizes)


@EVERY
def test_round_trip(name, tmp_path, monkeypatch):
    rep = REPS[name]()
    fresh = rep.equivariant_basis(cache_dir=tmp_path)
    (file,) = files(tmp_path)
    clear_memory()
    monkeypatch.setattr(nullspace, "nullspace", None)  # would raise
    monkeypatch.setattr(nullspace, "self_adjoint", None)
    read = rep.equivariant_basis(cache_dir=str(tmp_path))
    assert read.to_dense().tobytes() == fresh.to_dense().tobytes()
    assert (read.rank, read.method, read.gap) == (fresh.rank, fresh.method, fresh.gap)
    assert read.residual == fresh.residual
    assert files(tmp_path) == [file]


def test_nothing_but_null_spaces_is_stored(tmp_path):
    for rep in (V(S(4)) ** 2, V(SO(3)) ** 3, V(SU(3)) * V(S(3)) >> V(SU(3))):
        rep.equivariant_basis(cache_dir=tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_file_serves_every_problem_that_asks_its_question(tmp_path, monkeypatch):
    V_ = V(SE(2))
    stored(V_**2 >> V_, tmp_path)
    monkeypatch.setattr(nullspace, "nullspace", None)
    monkeypatch.setattr(nullspace, "self_adjoint", None)
    assert (3 * V_**2 >> 2 * V_).equivariant_basis(cache_dir=tmp_path).rank % 6 == 0


def test_method_named_before_does_not_decide(tmp_path):
    rep = V(SO(3)) ** 2 >> V(SO(3))
    bits(rep, method="nullspace", cache_dir=tmp_path)
    clear_memory()
    assert rep.equivariant_basis(cache_dir=tmp_path).method == "isotypic"


def test_rtol_has_a_file_of_its_own(tmp_path):
    rep = V(SO(3)) ** 2 >> V(SO(3))
    for rtol in (None, 1e-3, 1e-4):
        bits(rep, method="nullspace", rtol=rtol, cache_dir=tmp_path)
    assert len(files(tmp_path)) == 3
    clear_memory()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bits(rep, method="nullspace", rtol=1e-3, cache_dir=tmp_path)


def test_approximate_generators(tmp_path, monkeypatch):
    noise = 1e-4 * np.random.RandomState(0).normal(size=(3, 3, 3))
    rep = V(Group(lie_algebra=SO(3).lie_algebra + noise)) ** 2
    fresh, _ = stored(rep, tmp_path, rtol=3e-3)
    monkeypatch.setattr(nullspace, "nullspace", None)
    assert bits(rep, rtol=3e-3, cache_dir=tmp_path) == fresh


# --- folders -------------------------------------------------------------------------------------


def test_folder_is_made(tmp_path):
    bits(REPS["unipotent"](), cache_dir=str(tmp_path / "a" / "b"))
    assert len(files(tmp_path / "a" / "b")) == 1


def test_file_in_the_place_of_a_folder_is_a_warning(tmp_path):
    """Also root may not write there."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    for folder in (blocked, blocked / "below"):
        clear_memory()
        with pytest.warns(RuntimeWarning, match="could not be cached"):
            bits(REPS["unipotent"](), cache_dir=str(folder))
    assert blocked.read_text() == "a file"


@pytest.mark.parametrize("folder", ["x" * 5000, "a\0b", "~nosuchuser/x", "/proc/nowhere"])
def test_impossible_folder_is_a_warning(folder):
    expected = bits(REPS["unipotent"]())
    clear_memory()
    with pytest.warns(RuntimeWarning):
        assert bits(REPS["unipotent"](), cache_dir=folder) == expected


def test_folder_that_may_not_be_read_is_a_warning(tmp_path, monkeypatch):
    expected, _ = stored(REPS["unipotent"](), tmp_path)

    def refuse(*args, **kwargs):
        raise PermissionError("not for you")

    monkeypatch.setattr(storage.os, "open", refuse)
    with pytest.warns(RuntimeWarning, match="not for you"):
        assert bits(REPS["unipotent"](), cache_dir=tmp_path) == expected


def test_folder_that_may_not_be_written_is_read(tmp_path, monkeypatch):
    expected, _ = stored(REPS["unipotent"](), tmp_path)

    def refuse(*args, **kwargs):
        raise PermissionError("read-only file system")

    monkeypatch.setattr(storage.tempfile, "mkstemp", refuse)
    assert bits(REPS["unipotent"](), cache_dir=tmp_path) == expected
    with pytest.warns(RuntimeWarning, match=r"could not be cached in .*read-only file system"):
        bits(REPS["several"](), cache_dir=tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_write_that_fails_leaves_no_file(error, tmp_path, monkeypatch):
    def fail(*args):
        raise error

    monkeypatch.setattr(storage.os, "replace", fail)
    if isinstance(error, OSError):
        with pytest.warns(RuntimeWarning, match="No space left on device"):
            bits(REPS["unipotent"](), cache_dir=tmp_path)
    else:
        with pytest.raises(KeyboardInterrupt):
            bits(REPS["unipotent"](), cache_dir=tmp_path)
    assert files(tmp_path) == []


def test_failed_solve_stores_nothing(tmp_path):
    with pytest.raises(ValueError, match="does not apply"):
        V(SE(2)).equivariant_basis(method="orbits", cache_dir=tmp_path)
    assert files(tmp_path) == []


def test_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CONSTRAINET_CACHE", str(tmp_path / "env"))
    bits(REPS["unipotent"]())
    assert len(files(tmp_path / "env")) == 1
    clear_memory()
    bits(REPS["several"](), cache_dir=tmp_path / "argument")  # the argument goes first
    assert len(files(tmp_path / "env")) == 1 and len(files(tmp_path / "argument")) == 1
    monkeypatch.setenv("CONSTRAINET_CACHE", "")
    clear_memory()
    bits(REPS["several"]())
    assert len(files(tmp_path / "env")) == 1


def test_folder_asked_for_after_a_solve_is_filled(tmp_path):
    bits(REPS["unipotent"]())
    bits(REPS["unipotent"](), cache_dir=tmp_path)
    assert len(files(tmp_path)) == 1


SCRIPT = """
import sys, warnings
warnings.simplefilter("error")
from constrainet.groups import SE
from constrainet.reps import V
for make in (lambda: V(SE(3)) ** 2 >> V(SE(3)), lambda: V(SE(2)) ** 3):
    for _ in range(2):
        sys.stdout.write(make().equivariant_basis(cache_dir=sys.argv[1]).to_dense().tobytes().hex())
"""


def test_several_processes_share_a_folder(tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(2)
    ]
    outputs = {process.communicate()[0] for process in processes}
    assert all(process.returncode == 0 for process in processes)
    assert len(outputs) == 1
    assert len(files(tmp_path)) == 2  # and no temporary ones
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bits(V(SE(2)) ** 3, cache_dir=tmp_path).hex() in outputs.pop()
