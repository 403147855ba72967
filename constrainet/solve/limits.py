"""What a solve may use of the machine: memory, and threads."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

from constrainet.errors import ProblemTooLargeError
from constrainet.memory import memory_limit


def require_memory(num_bytes: int, what: str) -> None:
    """Raises `ProblemTooLargeError` if that many bytes, for what is named, exceed the limit."""
    if num_bytes > memory_limit():
        raise ProblemTooLargeError(what, num_bytes, memory_limit())


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks for loaded libraries once: a few milliseconds


def few_threads() -> AbstractContextManager:
    """One BLAS thread while the context lasts.

    A solve is many small products and eigenproblems, for which starting threads costs more than
    they save: 5 to 30 times more where other work keeps the cores busy.
    """
    return _controller().limit(limits=1, user_api="blas")
