"""Progress of solves that take more than about a second."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable, Sized
from typing import TypeVar

try:
    from tqdm import tqdm
except ImportError:  # the extra `progress` is not installed
    tqdm = None

logger = logging.getLogger("constrainet")

DELAY = 1.0
"""Seconds before anything is reported, and between log records."""

Item = TypeVar("Item")


def steps(items: Iterable[Item], what: str) -> Generator[Item, None, None]:
    """Hands on the items; after a second shows a progress bar on a terminal, and logs.

    Args:
        items: what is worked through.
        what: names the work, for the reader.
    """
    bar, last = None, time.perf_counter()
    try:
        for count, item in enumerate(items, 1):
            yield item
            if bar is not None:
                bar.update()
            if time.perf_counter() - last > DELAY:
                last = time.perf_counter()
                logger.info("%s: step %d", what, count)
                if bar is None and tqdm is not None:  # the first takes milliseconds to be made
                    total = len(items) if isinstance(items, Sized) else None
                    bar = tqdm(desc=what, total=total, initial=count, disable=None, leave=False)
    finally:
        if bar is not None:
            bar.close()
