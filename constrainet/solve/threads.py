"""How many threads the linear algebra of a solve uses."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks for loaded libraries once: a few milliseconds


def few_threads() -> AbstractContextManager:
    """One BLAS thread while the context lasts.

    A solve is many small products and eigenproblems, for which starting threads costs more than
    they save: 5 to 30 times more where other work keeps the cores busy.
    """
    return _controller().limit(limits=1, user_api="blas")
