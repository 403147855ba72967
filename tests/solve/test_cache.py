"""What is remembered, in memory and on disk, and that it is never wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from constrainet.groups import SE, SO, SU, Group, S
from constrainet.reps import Rep, T, V
from constrainet.solve import clear_memory
from tests.catalogue import phases

REPS = {
    "orbits": lambda: V(S(4)) ** 2 >> V(S(4)),
    "phases": lambda: V(phases()) >> V(phases()),
    "isotypic": lambda: V(SO(3)) ** 3 >> V(SO(3)) ** 2,
    "complex": lambda: V(SU(3)) ** 2 >> V(SU(3)).T,
    "nullspace": lambda: V(SE(2)) ** 2 >> V(SE(2)) ** 2,
    "rank 0": lambda: V(SO(3)),
    "parts": lambda: V(SO(3)) * V(S(3)) + 2 * V(SO(3)) >> V(S(3)) * V(SO(3)),
}
EVERY = pytest.mark.parametrize("name", REPS)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.delenv("CONSTRAINET_CACHE", raising=False)
    clear_memory()
    yield
    clear_memory()


def bits(rep: Rep, **options) -> bytes:
    return rep.equivariant_basis(**options).to_dense().tobytes()


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


# --- in memory -----------------------------------------------------------------------------------


@EVERY
def test_second_call_gives_the_same_bits(name):
    first = bits(REPS[name]())
    assert bits(REPS[name]()) == first
    clear_memory()
    assert bits(REPS[name]()) == first


@EVERY
def test_result_does_not_depend_on_what_was_solved_before(name):
    alone = bits(REPS[name]())
    clear_memory()
    for other in REPS.values():
        bits(other())
    for k in (3, 2, 5):
        bits(T(k, group=SO(3)))
    assert bits(REPS[name]()) == alone


def test_second_call_does_not_solve_again(monkeypatch):
    from constrainet.solve import invariants

    rep = V(SO(3)) ** 2 >> V(SO(3)) ** 2
    first = rep.equivariant_basis()
    monkeypatch.setattr(invariants.Solver, "solve", None)  # would raise
    again = (V(SO(3)) ** 2 >> V(SO(3)) ** 2).equivariant_basis()
    assert again.solutions is first.solutions


def test_groups_that_differ_in_one_entry_share_nothing():
    base = SO(3).lie_algebra
    expected = T(3, group=SO(3)).equivariant_basis().to_dense()
    for place in np.ndindex(base.shape):
        other = base.copy()
        other[place] = np.nextafter(other[place], 9)
        group = Group(lie_algebra=other, name="SO(3)")
        assert group != SO(3) and T(3, group=group) != T(3, group=SO(3))
        basis = T(3, group=group).equivariant_basis()
        assert basis.solutions is not T(3, group=SO(3)).equivariant_basis().solutions
        dense = basis.to_dense()
        assert np.abs(dense @ dense.T - expected @ expected.T).max() < 1e-12


def test_groups_of_one_name_share_nothing():
    """EMLP returns the first one's invariant for both, because their `repr` is equal."""
    generators = np.zeros((2, 1, 3, 3))
    generators[0, 0, :2, :2] = generators[1, 0, 1:, 1:] = [[0, -1], [1, 0]]
    first, second = (Group(lie_algebra=A, name="SO(2)") for A in generators)
    assert repr(first) == repr(second)
    assert np.allclose(abs(V(first).equivariant_basis().to_dense()), [[0], [0], [1]])
    assert np.allclose(abs(V(second).equivariant_basis().to_dense()), [[1], [0], [0]])


def test_options_have_entries_of_their_own():
    rep = V(S(3)) ** 2
    assert rep.equivariant_basis().method == "orbits"
    assert rep.equivariant_basis(method="nullspace").method == "nullspace"
    assert rep.equivariant_basis(method="isotypic").method == "isotypic"
    assert rep.equivariant_basis().method == "orbits"
    a = rep.equivariant_basis(method="nullspace", rtol=1e-3)
    assert a.solutions is not rep.equivariant_basis(method="nullspace", rtol=1e-4).solutions


def test_memory_is_bounded(monkeypatch):
    from constrainet.solve import cache

    monkeypatch.setattr(cache, "MEMORY_BOUND", 10_000)
    for k in range(1, 6):
        T(k, group=S(5)).equivariant_basis()
    assert sum(map(cache._nbytes, cache._memory.values())) <= 10_000 or len(cache._memory) == 1
    assert T(2, group=S(5)).equivariant_basis().rank == 2


# --- on disk -------------------------------------------------------------------------------------


@EVERY
def test_disk_round_trip(name, tmp_path, monkeypatch):
    from constrainet.solve import invariants

    fresh = REPS[name]().equivariant_basis(cache_dir=str(tmp_path))
    (file,) = files(tmp_path)
    clear_memory()
    monkeypatch.setattr(invariants.Solver, "solve", None)  # would raise
    read = REPS[name]().equivariant_basis(cache_dir=str(tmp_path))
    assert read.to_dense().tobytes() == fresh.to_dense().tobytes()
    assert (read.rank, read.method, read.gap) == (fresh.rank, fresh.method, fresh.gap)
    assert read.residual == pytest.approx(fresh.residual, abs=1e-12)
    assert files(tmp_path) == [file]


@EVERY
def test_disk_files_hold_no_pickles(name, tmp_path):
    REPS[name]().equivariant_basis(cache_dir=tmp_path)
    (file,) = files(tmp_path)
    import io

    with np.load(io.BytesIO(file.read_bytes()[32:]), allow_pickle=False) as archive:
        assert all(archive[key].dtype != object for key in archive.files)


def damage(data: bytes, kind: str) -> bytes:
    middle = len(data) // 2
    return {
        "empty": b"",
        "short": data[:10],
        "checksum only": data[:32],
        "truncated": data[:-1],
        "half": data[:middle],
        "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "flipped checksum": bytes([data[0] ^ 1]) + data[1:],
        "longer": data + b"\0",
        "text": b"not a cache file, but long enough to look like one" * 10,
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "empty",
        "short",
        "checksum only",
        "truncated",
        "half",
        "flipped",
        "flipped checksum",
        "longer",
        "text",
    ],
)
def test_disk_damage_is_a_warning_and_a_fresh_solve(kind, tmp_path):
    rep = REPS["isotypic"]()
    expected = bits(rep, cache_dir=tmp_path)
    (file,) = files(tmp_path)
    good = file.read_bytes()
    file.write_bytes(damage(good, kind))
    clear_memory()
    with pytest.warns(RuntimeWarning, match="cached solution .* is set aside"):
        assert bits(rep, cache_dir=tmp_path) == expected
    clear_memory()
    # and the file is whole again
    assert bits(rep, cache_dir=tmp_path) == expected


def test_disk_foreign_file_is_a_warning_and_a_fresh_solve(tmp_path):
    a, b = REPS["isotypic"](), REPS["nullspace"]()
    expected = bits(b)
    clear_memory()
    bits(a, cache_dir=tmp_path / "a")
    bits(b, cache_dir=tmp_path / "b")
    (mine,), (theirs,) = files(tmp_path / "a"), files(tmp_path / "b")
    assert mine.name != theirs.name
    shutil.copy(mine, theirs)
    clear_memory()
    with pytest.warns(RuntimeWarning, match="it belongs to another problem"):
        assert bits(b, cache_dir=tmp_path / "b") == expected


def test_disk_solution_of_other_generators_is_not_believed(tmp_path):
    """A file whose name and checksum are right, but whose content does not solve the problem."""
    import hashlib
    import io
    import json

    a, b = V(SE(2)) >> V(SE(2)), V(SE(2)) * V(SE(2))
    expected = bits(b)
    bits(a, cache_dir=tmp_path / "a", method="nullspace")
    bits(b, cache_dir=tmp_path / "b", method="nullspace")
    (mine,), (theirs,) = files(tmp_path / "a"), files(tmp_path / "b")
    with np.load(io.BytesIO(mine.read_bytes()[32:])) as archive:
        arrays = dict(archive)
    manifest = json.loads(arrays["manifest"].tobytes())
    manifest["name"] = theirs.stem
    arrays["manifest"] = np.frombuffer(json.dumps(manifest).encode(), np.uint8)
    body = io.BytesIO()
    np.savez(body, **arrays)
    theirs.write_bytes(hashlib.sha256(body.getvalue()).digest() + body.getvalue())
    clear_memory()
    with pytest.warns(RuntimeWarning, match="violates its constraints|cached solution"):
        dense = b.equivariant_basis(cache_dir=tmp_path / "b", method="nullspace").to_dense()
    expected = np.frombuffer(expected).reshape(dense.shape)
    assert np.allclose(dense @ dense.T, expected @ expected.T, atol=1e-10)


def test_disk_older_version_is_solved_afresh(tmp_path, monkeypatch):
    from constrainet.solve import cache

    rep = REPS["isotypic"]()
    expected = bits(rep, cache_dir=tmp_path)
    monkeypatch.setattr(cache, "VERSION", cache.VERSION + 1)
    clear_memory()
    assert bits(rep, cache_dir=tmp_path) == expected
    assert len(files(tmp_path)) == 2  # the older one is neither read nor overwritten


def test_disk_folder_is_made(tmp_path):
    folder = tmp_path / "a" / "b"
    bits(REPS["orbits"](), cache_dir=str(folder))
    assert len(files(folder)) == 1


@pytest.mark.skipif(os.name == "nt", reason="modes mean something else there")
def test_disk_folder_that_cannot_be_written_is_a_warning(tmp_path):
    """A file in the place of the folder: also root may not write there."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    for folder in (blocked, blocked / "below"):
        clear_memory()
        with pytest.warns(RuntimeWarning, match="could not be cached"):
            basis = REPS["orbits"]().equivariant_basis(cache_dir=str(folder))
        assert basis.rank == REPS["orbits"]().equivariant_basis().rank
    assert blocked.read_text() == "a file"


def test_disk_read_only_folder_is_no_error(tmp_path, monkeypatch):
    from constrainet.solve import cache

    expected = bits(REPS["orbits"](), cache_dir=tmp_path)
    clear_memory()

    def refuse(*args, **kwargs):
        raise PermissionError("read-only file system")

    monkeypatch.setattr(cache.tempfile, "mkstemp", refuse)
    assert bits(REPS["orbits"](), cache_dir=tmp_path) == expected  # read without writing
    with pytest.warns(RuntimeWarning, match="could not be cached in .*read-only file system"):
        bits(REPS["isotypic"](), cache_dir=tmp_path)


def test_disk_folder_with_an_impossible_name_is_a_warning():
    with pytest.warns(RuntimeWarning):
        REPS["orbits"]().equivariant_basis(cache_dir="x" * 5000)


def test_disk_interrupted_write_leaves_no_file(tmp_path, monkeypatch):
    from constrainet.solve import cache

    class InterruptError(BaseException):
        pass

    def interrupt(*args):
        raise InterruptError

    monkeypatch.setattr(cache.os, "replace", interrupt)
    with pytest.raises(InterruptError):
        bits(REPS["orbits"](), cache_dir=tmp_path)
    assert files(tmp_path) == []
    monkeypatch.undo()
    monkeypatch.setattr(cache, "_pack", interrupt)
    clear_memory()
    with pytest.raises(InterruptError):
        bits(REPS["orbits"](), cache_dir=tmp_path)
    assert files(tmp_path) == []


def test_disk_full_is_a_warning_and_leaves_no_file(tmp_path, monkeypatch):
    from constrainet.solve import cache

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "replace", full)
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        bits(REPS["orbits"](), cache_dir=tmp_path)
    assert files(tmp_path) == []


def test_failed_solve_stores_nothing(tmp_path):
    rep = V(SO(3)) ** 2
    with pytest.raises(ValueError, match="does not apply"):
        rep.equivariant_basis(method="orbits", cache_dir=tmp_path)
    assert files(tmp_path) == []


def test_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CONSTRAINET_CACHE", str(tmp_path / "env"))
    bits(REPS["orbits"]())
    assert len(files(tmp_path / "env")) == 1
    clear_memory()
    bits(REPS["isotypic"](), cache_dir=tmp_path / "argument")  # the argument goes first
    assert len(files(tmp_path / "env")) == 1 and len(files(tmp_path / "argument")) == 1
    monkeypatch.setenv("CONSTRAINET_CACHE", "")
    clear_memory()
    bits(REPS["nullspace"]())
    assert len(files(tmp_path / "env")) == 1


def test_folder_asked_for_after_a_solve_is_filled(tmp_path):
    bits(REPS["orbits"]())
    bits(REPS["orbits"](), cache_dir=tmp_path)
    assert len(files(tmp_path)) == 1


SCRIPT = """
import sys, warnings
warnings.simplefilter("error")
from constrainet.groups import SE, SO, S
from constrainet.reps import V
for make in (lambda: V(SO(3)) ** 3 >> V(SO(3)) ** 2, lambda: V(S(4)) ** 2, lambda: V(SE(2)) ** 3):
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
    assert len(files(tmp_path)) == 3  # and no temporary ones
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bits(V(S(4)) ** 2, cache_dir=tmp_path).hex() in outputs.pop()
