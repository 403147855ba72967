"""What a solve may use of the machine: memory, and threads."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

from constrainet.errors import ProblemTooLargeError

DEFAULT_LIMIT = 4 * 2**30
"""Bytes, where neither the environment nor the machine says less."""


def memory_limit() -> int:
    """Bytes that one solve may use: `CONSTRAINET_MEMORY_LIMIT`, or half of the machine's memory
    up to 4 GiB.

    Raises:
        ValueError: if the environment variable is not a positive whole number.
    """
    text = os.environ.get("CONSTRAINET_MEMORY_LIMIT")
    if text is None:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return min(DEFAULT_LIMIT, physical // 2)
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(
            "The environment variable CONSTRAINET_MEMORY_LIMIT should be a positive number of "
            f"bytes. Got {text!r}."
        )
    return int(text)


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
