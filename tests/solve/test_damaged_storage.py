"""Null spaces on disk that are damaged, forged, or no files: a warning and a fresh solve."""

from __future__ import annotations

import hashlib
import os
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ortho_group

from constrainet.reps import Rep, V
from constrainet.solve import clear_memory, storage
from tests.solve.stored import REPS, SHEARS, bits, files, stored

SET_ASIDE = "cached solution .* is set aside"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.delenv("CONSTRAINET_CACHE", raising=False)
    clear_memory()
    yield
    clear_memory()


def assert_set_aside(rep: Rep, expected: bytes, file: Path, match: str = SET_ASIDE) -> None:
    """A warning, the right answer, and a file that is whole again."""
    clear_memory()
    with pytest.warns(RuntimeWarning, match=match):
        assert bits(rep, cache_dir=file.parent) == expected
    clear_memory()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bits(rep, cache_dir=file.parent) == expected


def seal(content: bytes) -> bytes:
    """A right checksum for whatever it is."""
    return hashlib.sha256(content).digest() + content


def form(columns: np.ndarray, gap: float = 1e9, **header) -> bytes:
    """A file with these columns, and with these lies in its header."""
    values = {
        "size": columns.shape[0],
        "rank": columns.shape[1],
        "is_complex": np.iscomplexobj(columns),
        **header,
    }
    return seal(struct.pack("<qqqd", *values.values(), gap) + columns.tobytes())


def test_every_byte_changed_or_cut_is_a_warning_and_a_fresh_solve(tmp_path):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    good = file.read_bytes()
    rng = np.random.RandomState(0)
    cases = [good[:n] for n in (0, 1, 31, 32, 33, 63, 64, 65, len(good) // 2, len(good) - 1)]
    cases += [good + b"\0", good + good, b"no such file" * 50, good[::-1]]
    for place in (*range(0, 72), *rng.randint(72, len(good), 30)):
        cases.append(
            good[:place] + bytes([good[place] ^ (1 << rng.randint(8))]) + good[place + 1 :]
        )
    for case in cases:
        file.write_bytes(case)
        assert_set_aside(rep, expected, file)


def test_every_byte_changed_and_sealed_is_no_error_and_no_other_answer(tmp_path):
    """Only the gap and bits below rounding can be changed unseen."""
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    content = file.read_bytes()[32:]
    columns = np.frombuffer(expected)
    rng = np.random.RandomState(1)
    for place in (*range(0, 40), *rng.randint(40, len(content), 60)):
        other = bytearray(content)
        other[place] ^= 1 << rng.randint(8)
        file.write_bytes(seal(bytes(other)))
        clear_memory()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got = np.frombuffer(bits(rep, cache_dir=tmp_path))
        assert got.shape == columns.shape and np.abs(got - columns).max() < 1e-9


def turned(columns: np.ndarray) -> np.ndarray:
    return columns @ ortho_group(columns.shape[1], seed=0).rvs()


def replaced(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of as many vectors, one of which is not invariant."""
    other = np.random.RandomState(0).normal(size=len(columns))
    return np.linalg.qr(np.column_stack([columns[:, 1:], other]))[0]


def spoiled(value: float):
    def spoil(columns: np.ndarray) -> np.ndarray:
        other = columns.copy()
        other.flat[columns.size // 2] = value
        return other

    return spoil


LIES = {
    "first vector cut": (lambda q: q[:, 1:], "misses a part"),
    "last vector cut": (lambda q: q[:, :-1], "misses a part"),
    "no vector left": (lambda q: q[:, :0], "misses a part"),
    "vector doubled": (lambda q: np.column_stack([q, q[:, 0]]), "violates"),
    "vector added": (lambda q: np.linalg.qr(np.column_stack([q, np.ones(len(q))]))[0], "violates"),
    "vector replaced": (replaced, "violates"),
    "rotated within the span": (turned, "not the canonical one"),
    "two exchanged": (lambda q: q[:, [1, 0, *range(2, q.shape[1])]], "not the canonical one"),
    "one negated": (lambda q: q * np.where(np.arange(q.shape[1]) == 1, -1, 1), "not the canonical"),
    "rotated a little": (lambda q: q @ near_identity(q.shape[1]), "not the canonical one"),
    "scaled": (lambda q: q * (1 + 1e-8), "violates"),
    "zeros": (np.zeros_like, "violates"),
    "NaN": (spoiled(np.nan), "violates its constraints by inf"),
    "all NaN": (lambda q: np.full_like(q, np.nan), "violates its constraints by inf"),
    "infinity": (spoiled(np.inf), "violates its constraints by inf"),
    "huge": (spoiled(1e300), "violates"),
    "everything": (lambda q: np.eye(len(q)), "violates"),
}


def near_identity(n: int) -> np.ndarray:
    turn = np.random.RandomState(0).normal(size=(n, n)) * 1e-8
    return np.linalg.qr(np.eye(n) + turn - turn.T)[0] * -1


@pytest.mark.parametrize("name", ["several", "complex", "large"])
@pytest.mark.parametrize("lie", LIES)
def test_columns_that_lie_are_set_aside_however_well_sealed(name, lie, tmp_path):
    change, match = LIES[lie]
    rep = REPS[name]()
    expected, file = stored(rep, tmp_path)
    dtype = complex if name == "complex" else float
    columns = np.frombuffer(file.read_bytes()[64:], dtype).reshape(rep.dim, -1)
    file.write_bytes(form(columns))
    assert bits(rep, cache_dir=tmp_path) == expected  # what is changed is what is believed else
    file.write_bytes(form(np.ascontiguousarray(change(columns), dtype)))
    assert_set_aside(rep, expected, file, match)


HEADERS = {
    "rank less": {"rank": 1},
    "rank negative": {"rank": -1},
    "rank huge": {"rank": 2**62},
    "size less": {"size": 26},
    "size zero": {"size": 0},
    "size huge": {"size": 2**62},
    "complex": {"is_complex": 1},
    "complex twice": {"is_complex": 2},
    "gap none": {"gap": float("nan")},
    "gap small": {"gap": 0.5},
    "gap negative": {"gap": -np.inf},
}


@pytest.mark.parametrize("lie", HEADERS)
def test_headers_that_lie_are_set_aside(lie, tmp_path):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    columns = np.frombuffer(expected).reshape(rep.dim, -1)
    file.write_bytes(form(columns, **HEADERS[lie]))
    assert_set_aside(rep, expected, file)


def test_solution_of_another_problem_is_set_aside(tmp_path):
    rep, other = REPS["unipotent"](), V(SHEARS) >> V(SHEARS) ** 2
    _, theirs = stored(other, tmp_path / "theirs")
    expected, file = stored(rep, tmp_path / "mine")
    file.write_bytes(theirs.read_bytes())
    assert_set_aside(rep, expected, file, "violates")


def test_version_is_a_part_of_the_name(tmp_path, monkeypatch):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    file.write_bytes(b"of another version")
    monkeypatch.setattr(storage, "VERSION", storage.VERSION + 1)
    assert bits(rep, cache_dir=tmp_path) == expected
    assert len(files(tmp_path)) == 2 and file.read_bytes() == b"of another version"


# --- what is no file -----------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_pipe_is_not_waited_for(tmp_path):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    file.unlink()
    os.mkfifo(file)
    assert_set_aside(rep, expected, file, "it is no regular file")


def test_huge_sparse_file_is_not_read(tmp_path):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    start = file.read_bytes()[:64]
    for content in (b"", start):
        with open(file, "wb") as hole:
            hole.write(content)
            hole.truncate(50 * 2**30)
        assert_set_aside(rep, expected, file)


def test_file_over_the_limit_of_memory_is_not_read(tmp_path, monkeypatch):
    rep = REPS["unipotent"]()
    stored(rep, tmp_path)
    monkeypatch.setattr(storage, "memory_limit", lambda: 100)
    with pytest.warns(RuntimeWarning, match="larger than the limit of memory"):
        bits(rep, cache_dir=tmp_path)


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/null"])
@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices with names there")
def test_device_is_not_read(target, tmp_path):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    file.unlink()
    file.symlink_to(target)
    assert_set_aside(rep, expected, file, "it is no regular file")
    assert not file.is_symlink()


def test_links_that_lead_nowhere_or_around_are_replaced(tmp_path):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    file.unlink()
    file.symlink_to(tmp_path / "nowhere")
    assert bits(rep, cache_dir=tmp_path) == expected
    assert file.is_file() and not file.is_symlink()
    file.unlink()
    file.symlink_to(file)
    assert_set_aside(rep, expected, file)


def test_folder_in_the_place_of_a_file_is_a_warning(tmp_path):
    rep = REPS["unipotent"]()
    expected, file = stored(rep, tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.warns(RuntimeWarning) as caught:
        assert bits(rep, cache_dir=tmp_path) == expected
    assert len(caught) == 2
    assert "is set aside" in str(caught[0].message)
    assert "could not be cached" in str(caught[1].message)
    assert files(tmp_path) == [file]
