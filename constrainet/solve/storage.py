"""Null spaces kept on disk, in a folder that several processes may share.

Only null spaces are: what orbits and irreducibles are is found again in the time that it would take
to check that it is right. Nothing that a file says is believed. Its columns have to pass their
certificate, to be the canonical basis of their span, and to be complete (`completeness.py`), all
by the generators of the question asked. Whatever is wrong with a file or a folder costs a warning
and a fresh solve, and never more.

A file is a checksum of all that follows, the shape, the gap, and the columns: no archive, no
pickled objects, nothing whose size is not known before it is read. It is written under a temporary
name and renamed, so an interrupted write leaves nothing.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import tempfile
import warnings
from pathlib import Path

import numpy as np

from constrainet.linalg import canonical_basis, digest
from constrainet.memory import memory_limit
from constrainet.solve.certificate import allowed_violation, certify
from constrainet.solve.completeness import is_complete
from constrainet.solve.forms import DenseForm, Form
from constrainet.solve.problem import Question, dim_of
from constrainet.tolerances import EXACT

VERSION = 2
"""Of the algorithm and of the file format: raised when either changes a null space's bytes."""

SUFFIX = ".constrainet"

HEADER = struct.Struct("<qqqd")
"""The number of coordinates, the rank, whether entries are complex, and the gap."""

CHECKSUM = hashlib.sha256().digest_size


class Storage:
    """The null spaces in a folder.

    Args:
        folder: where.
        rtol: the cutoff with which they are found, as in `intertwiners`.
    """

    def __init__(self, folder: Path, rtol: float | None):
        self.folder, self.rtol = folder, rtol
        self._damaged: set[Path] = set()

    @classmethod
    def find(cls, folder: str | os.PathLike | None, rtol: float | None) -> Storage | None:
        """In the folder, or that of the environment variable `CONSTRAINET_CACHE`, if any."""
        folder = folder or os.environ.get("CONSTRAINET_CACHE")
        if not folder:
            return None
        try:
            return cls(Path(folder).expanduser(), rtol)
        except RuntimeError as error:  # a home that does not exist
            _warn(f"Solutions are not cached in {os.fspath(folder)!r} ({error}).")
            return None

    def load(self, question: Question) -> tuple[DenseForm, float] | None:
        """The null space that answers a question, and its gap; None if it is not to be had."""
        path = self._path(question)
        try:
            form, gap = _read(path, dim_of((*question[0], *question[1])))
            if fault := self._fault(form, question):
                raise ValueError(fault)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, ArithmeticError, MemoryError) as error:
            self._damaged.add(path)
            _warn(f"The cached solution {path} is set aside ({error}); solving afresh.")
            return None
        return form, gap

    def save(self, question: Question, form: Form, gap: float) -> None:
        """Stores a null space, unless it is there already or could not be checked when read."""
        if not isinstance(form, DenseForm):
            return
        path = self._path(question)
        try:
            is_there = os.path.exists(path) and path not in self._damaged
            if not is_there and self._fault(form, question) is None:
                _write(path, form, gap)
        except (OSError, ValueError, MemoryError) as error:
            _warn(
                f"The solution could not be cached in {path.parent} ({error}); it is used all the "
                "same."
            )

    def _path(self, question: Question) -> Path:
        keys = [tuple(atom.key for atom in side) for side in question]
        name = digest("null space", VERSION, *keys, self.rtol)
        return self.folder / (name.hex() + SUFFIX)

    def _fault(self, form: DenseForm, question: Question) -> str | None:
        """Why a form is not what the question asks for; None if it is."""
        worst = certify(form, *question).worst
        if not worst <= allowed_violation(self.rtol):
            return f"it violates its constraints by {worst:.1e}"
        if not np.abs(canonical_basis(form.columns) - form.columns).max(initial=0) <= EXACT:
            return "its basis is not the canonical one"
        if not is_complete(form, *question, rtol=self.rtol):
            return "it misses a part of the solution"
        return None


def _read(path: Path, size: int) -> tuple[DenseForm, float]:
    """The form and the gap in a file.

    Args:
        path: of the file.
        size: the number of coordinates that it should have.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is not a whole file of this size.
    """
    # a pipe must neither be waited for nor read; its opener blocks without the flag
    flags = getattr(os, "O_NONBLOCK", 0)
    with open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no regular file")
        start = file.read(CHECKSUM + HEADER.size)
        if len(start) < CHECKSUM + HEADER.size:
            raise ValueError("it is too short")
        coordinates, rank, is_complex, gap = HEADER.unpack(start[CHECKSUM:])
        if coordinates != size or not 0 <= rank <= size or is_complex not in (0, 1):
            raise ValueError("it belongs to another problem")
        dtype = np.dtype("<c16" if is_complex else "<f8")
        length = size * rank * dtype.itemsize
        if status.st_size != len(start) + length:
            raise ValueError("its length is not that of its content")
        if length > memory_limit():
            raise ValueError("it is larger than the limit of memory")
        body = file.read(length)
    if _checksum(start[CHECKSUM:], body) != start[:CHECKSUM]:
        raise ValueError("its checksum is wrong")
    if not gap >= 1:
        raise ValueError("its gap is none")
    columns = np.frombuffer(body, dtype).reshape(size, rank)
    return DenseForm(columns.astype(dtype.newbyteorder("="), copy=False)), gap


def _write(path: Path, form: DenseForm, gap: float) -> None:
    header = HEADER.pack(form.size, form.rank, form.is_complex, gap)
    body = form.columns.astype("<c16" if form.is_complex else "<f8").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((_checksum(header, body), header, body))
        os.replace(temporary, path)
    except BaseException:  # an interrupt, too, must leave no half-written file
        os.unlink(temporary)
        raise


def _checksum(header: bytes, body: bytes) -> bytes:
    checksum = hashlib.sha256(header)
    checksum.update(body)
    return checksum.digest()


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=2)
