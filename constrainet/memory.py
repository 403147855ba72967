"""How much memory a solve may use."""

from __future__ import annotations

import os

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
