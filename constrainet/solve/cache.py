"""Solutions remembered: in memory always, on disk when asked for.

Both are keyed by content: the generators' images, the structure of the spaces, the options and the
version of the algorithms. A file holds a checksum and plain arrays, never pickled objects; it is
written under a temporary name and renamed, so an interrupted write leaves nothing and several
processes may share a folder. What is read back must pass its certificate again. Whatever is wrong
with a file or a folder costs a warning and a fresh solve, and never more.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import threading
import warnings
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from constrainet.linalg import digest
from constrainet.solve.certificate import allowed_violation
from constrainet.solve.forms import (
    DenseForm,
    Form,
    Irreducible,
    IrreducibleBlock,
    IsotypicForm,
    OrbitForm,
)
from constrainet.solve.problem import Question
from constrainet.solve.subspace import Solution
from constrainet.solve.units import certify_in_units

VERSION = 1
"""Of the algorithms and of the file format: raised when either changes a solution's bytes."""

MEMORY_BOUND = 2**30
"""Bytes of solutions kept in memory; the longest unused ones are forgotten first."""

SUFFIX = ".constrainet"

Solutions = Mapping[Question, Solution]

_memory: OrderedDict[bytes, Solutions] = OrderedDict()
_lock = threading.Lock()


def recall(key: tuple, asked: Sequence[Question], folder: str | None) -> Solutions | None:
    """The solutions stored under a key, from memory or from a folder; None if there are none."""
    name = digest(VERSION, *key)
    path = _path(folder, name)
    with _lock:
        if remembered := _memory.get(name):
            _memory.move_to_end(name)
    if remembered is not None:
        if path is not None and not os.path.exists(path):
            _write(path, asked, remembered, name)
        return remembered
    if path is None:
        return None
    try:
        if not path.exists():
            return None
        solutions = _certified(_unpack(path.read_bytes(), name), asked, key)
    except (OSError, ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        _warn(f"The cached solution {path} is set aside ({error}); solving afresh.")
        return None
    _keep(name, solutions)
    return solutions


def remember(
    key: tuple, asked: Sequence[Question], solutions: Solutions, folder: str | None
) -> None:
    """Stores solutions in memory and, if a folder is given or set, on disk."""
    name = digest(VERSION, *key)
    _keep(name, solutions)
    path = _path(folder, name)
    if path is not None:
        _write(path, asked, solutions, name)


def _write(path: Path, asked: Sequence[Question], solutions: Solutions, name: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_pack([solutions[question] for question in asked], name))
            os.replace(temporary, path)
        except BaseException:  # an interrupt, too, must leave no half-written file
            os.unlink(temporary)
            raise
    except OSError as error:
        _warn(
            f"The solution could not be cached in {path.parent} ({error}); it is used all the same."
        )


def clear_memory() -> None:
    """Forgets the solutions kept in memory."""
    with _lock:
        _memory.clear()


def _keep(name: bytes, solutions: Solutions) -> None:
    with _lock:
        _memory[name] = solutions
        _memory.move_to_end(name)
        while len(_memory) > 1 and sum(map(_nbytes, _memory.values())) > MEMORY_BOUND:
            _memory.popitem(last=False)


def _nbytes(solutions: Solutions) -> int:
    return sum(solution.form.nbytes for solution in solutions.values())


def _path(folder: str | None, name: bytes) -> Path | None:
    folder = folder or os.environ.get("CONSTRAINET_CACHE")
    return Path(folder).expanduser() / (name.hex() + SUFFIX) if folder else None


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=6)


def _pack(solutions: Sequence[Solution], name: bytes) -> bytes:
    """A checksum, and an archive of plain arrays with a description of how they make forms."""
    arrays: dict[str, np.ndarray] = {}
    names: dict[int, str] = {}

    def put(array: np.ndarray | None) -> str | None:
        if array is None:
            return None
        if id(array) not in names:  # forms share arrays: a decomposition serves many blocks
            names[id(array)] = f"a{len(arrays)}"
            arrays[names[id(array)]] = array
        return names[id(array)]

    entries = [{**_describe(s.form, put), "gap": s.gap, "seconds": s.seconds} for s in solutions]
    manifest = json.dumps({"name": name.hex(), "entries": entries})
    arrays["manifest"] = np.frombuffer(manifest.encode(), np.uint8)
    body = io.BytesIO()
    np.savez(body, **arrays)  # pyright: ignore[reportArgumentType]
    return hashlib.sha256(body.getvalue()).digest() + body.getvalue()


def _describe(form: Form, put) -> dict:
    if isinstance(form, OrbitForm):
        return {"orbits": [put(form.labels), put(form.phases), put(form.sizes)]}
    if isinstance(form, DenseForm):
        return {"dense": [put(form.columns)]}
    if isinstance(form, IsotypicForm):
        blocks = [
            [
                b.irrep.index,
                *map(
                    put,
                    (b.irrep.discrete, b.irrep.infinitesimal, b.irrep.commutant, b.left, b.right),
                ),
            ]
            for b in form.blocks
        ]
        return {"isotypic": [form.rows, form.columns, blocks]}
    raise TypeError(f"A solution of type {type(form).__name__} cannot be cached.")


def _unpack(data: bytes, name: bytes) -> list[tuple[Form, float, float]]:
    """Forms with their gaps and seconds.

    Raises:
        ValueError: if the file is damaged, truncated, or of another problem.
    """
    checksum, body = data[:32], data[32:]
    if hashlib.sha256(body).digest() != checksum:
        raise ValueError("its checksum is wrong")
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        arrays = {key: archive[key] for key in archive.files}
    manifest = json.loads(arrays["manifest"].tobytes())
    if manifest["name"] != name.hex():
        raise ValueError("it belongs to another problem")
    irreps: dict[tuple, Irreducible] = {}
    return [
        (_restore(entry, arrays, irreps), entry["gap"], entry["seconds"])
        for entry in manifest["entries"]
    ]


def _restore(entry: dict, arrays: dict, irreps: dict[tuple, Irreducible]) -> Form:
    if "orbits" in entry:
        labels, phases, sizes = entry["orbits"]
        return OrbitForm(arrays[labels], arrays[phases] if phases else None, arrays[sizes])
    if "dense" in entry:
        return DenseForm(arrays[entry["dense"][0]])
    rows, columns, blocks = entry["isotypic"]
    restored = []
    for index, *names, left, right in blocks:
        irrep = Irreducible(index, *(arrays[name] for name in names))
        irrep = irreps.setdefault((index, *names), irrep)
        restored.append(IrreducibleBlock(irrep, arrays[left], arrays[right]))
    return IsotypicForm(rows, columns, tuple(restored))


def _certified(
    restored: list[tuple[Form, float, float]], asked: Sequence[Question], key: tuple
) -> dict[Question, Solution]:
    allowed = allowed_violation(rtol=key[-1])
    solutions = {}
    for question, (form, gap, seconds) in zip(asked, restored, strict=True):
        certificate = certify_in_units(form, question, key[-1])
        if not certificate.worst <= allowed:
            raise ValueError(f"it violates its constraints by {certificate.worst:.1e}")
        solutions[question] = Solution(form, certificate, gap, seconds)
    return solutions
