"""Solutions kept on disk, in a folder that several processes may share.

Only those that take longer to find than to check are: null spaces. What orbits and irreducibles are
is found again in the time that it would take to check that it is right. Nothing that a file says is
believed. What is read has to pass its certificate, and to be all that the method would find, both
by the generators of the question asked. Whatever is wrong with a file or a folder costs a warning
and a fresh solve, and never more.

A file is a checksum of all that follows, the shape, the gap, and a matrix: no archive, no
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

from constrainet.linalg import digest
from constrainet.solve.limits import memory_limit
from constrainet.solve.method import Form, Solution, StoredForm, allowed_violation, certify
from constrainet.solve.problem import Question

VERSION = 2
"""Of the algorithms and of the file format: raised when either changes a solution's bytes."""

SUFFIX = ".constrainet"

HEADER = struct.Struct("<qqqd")
"""The numbers of rows and columns, whether entries are complex, and the gap."""

CHECKSUM = hashlib.sha256().digest_size


class Storage:
    """The solutions in a folder.

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

    def load(self, kind: type[Form], question: Question) -> Solution | None:
        """The form of this kind that answers a question; None if it is not to be had."""
        if not issubclass(kind, StoredForm):
            return None
        path = self._path(kind, question)
        try:
            matrix, gap = _read(path)
            form = kind.unpack(matrix, question)
            certificate = certify(form, *question)
            if not certificate.worst <= allowed_violation(self.rtol):
                raise ValueError(f"it violates its constraints by {certificate.worst:.1e}")
            if fault := form.fault(question, self.rtol):
                raise ValueError(fault)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, ArithmeticError, MemoryError) as error:
            self._damaged.add(path)
            _warn(f"The cached solution {path} is set aside ({error}); solving afresh.")
            return None
        return Solution(form, certificate, gap)

    def save(self, question: Question, solution: Solution) -> None:
        """Stores a form, if it is worth it, not there already, and can be checked when read."""
        form = solution.form
        if not isinstance(form, StoredForm):
            return
        path = self._path(type(form), question)
        try:
            is_there = os.path.exists(path) and path not in self._damaged
            if not is_there and form.fault(question, self.rtol) is None:
                _write(path, form.pack(), solution.gap)
        except (OSError, ValueError, MemoryError) as error:
            _warn(
                f"The solution could not be cached in {path.parent} ({error}); it is used all the "
                "same."
            )

    def _path(self, kind: type[StoredForm], question: Question) -> Path:
        keys = [tuple(atom.key for atom in side) for side in question]
        name = digest(kind.method, VERSION, *keys, self.rtol)
        return self.folder / (name.hex() + SUFFIX)


def _read(path: Path) -> tuple[np.ndarray, float]:
    """The matrix and the gap in a file.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is not a whole file.
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
        rows, columns, is_complex, gap = HEADER.unpack(start[CHECKSUM:])
        if min(rows, columns) < 0 or is_complex not in (0, 1):
            raise ValueError("its shape is none")
        dtype = np.dtype("<c16" if is_complex else "<f8")
        length = rows * columns * dtype.itemsize
        if status.st_size != len(start) + length:
            raise ValueError("its length is not that of its content")
        if length > memory_limit():
            raise ValueError("it is larger than the limit of memory")
        body = file.read(length)
    if _checksum(start[CHECKSUM:], body) != start[:CHECKSUM]:
        raise ValueError("its checksum is wrong")
    if not gap >= 1:
        raise ValueError("its gap is none")
    matrix = np.frombuffer(body, dtype).reshape(rows, columns)
    return matrix.astype(dtype.newbyteorder("="), copy=False), gap


def _write(path: Path, matrix: np.ndarray, gap: float) -> None:
    is_complex = np.iscomplexobj(matrix)
    header = HEADER.pack(*matrix.shape, is_complex, gap)
    body = matrix.astype("<c16" if is_complex else "<f8").tobytes()
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
