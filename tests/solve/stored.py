"""Problems whose null spaces are stored on disk, and what two suites do with the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from constrainet.groups import SE, Group
from constrainet.reps import Complexified, Rep, V
from constrainet.solve import clear_memory

SHEARS = Group(lie_algebra=np.eye(9).reshape(9, 3, 3)[[1, 2, 5]])

REPS = {
    "several": lambda: V(SE(2)) ** 2 >> V(SE(2)) ** 2,
    "complex": lambda: Complexified(V(SE(2))) ** 2 >> Complexified(V(SE(2))),
    "unipotent": lambda: V(SHEARS) ** 2 >> V(SHEARS),
    "rank 0": lambda: V(SE(2)).T,
    "large": lambda: V(SE(3)) ** 3 >> V(SE(3)) ** 2,
}


def bits(rep: Rep, **options) -> bytes:
    basis = rep.equivariant_basis(**options)
    assert basis.method == "nullspace"
    return basis.to_dense().tobytes()


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def stored(rep: Rep, folder: Path, **options) -> tuple[bytes, Path]:
    """The bits of a fresh solution, and the file that holds it."""
    fresh = bits(rep, cache_dir=folder, **options)
    (file,) = files(folder)
    clear_memory()
    return fresh, file
