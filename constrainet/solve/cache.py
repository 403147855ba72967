"""Solutions remembered in memory, by content.

The key is the generators' images, the structure of the spaces and the options.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

from constrainet.linalg import digest
from constrainet.solve.method import Solution
from constrainet.solve.problem import Question

MEMORY_BOUND = 2**30
"""Bytes of solutions kept in memory; the longest unused ones are forgotten first."""

Solutions = Mapping[Question, Solution]

_memory: OrderedDict[bytes, tuple[Solutions, int]] = OrderedDict()
"""Solutions, and the bytes that they occupy."""

_lock = threading.Lock()


def recall(key: tuple) -> Solutions | None:
    """The solutions remembered under a key; None if there are none."""
    name = digest(*key)
    with _lock:
        if name not in _memory:
            return None
        _memory.move_to_end(name)
        return _memory[name][0]


def remember(key: tuple, solutions: Solutions) -> None:
    """Stores solutions."""
    name = digest(*key)
    nbytes = sum(solution.form.nbytes for solution in solutions.values())
    with _lock:
        _memory[name] = solutions, nbytes
        _memory.move_to_end(name)
        while len(_memory) > 1 and sum(n for _, n in _memory.values()) > MEMORY_BOUND:
            _memory.popitem(last=False)


def clear_memory() -> None:
    """Forgets the solutions kept in memory."""
    with _lock:
        _memory.clear()
