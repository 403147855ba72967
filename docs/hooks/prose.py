"""Changes to the text of a page that leave its code alone."""

from __future__ import annotations

import re
from collections.abc import Callable

FENCED = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
"""A block of code."""


def outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """Markdown with each part between blocks of code replaced by what a function makes of it."""
    parts, end = [], 0
    for block in FENCED.finditer(markdown):
        parts += [change(markdown[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, change(markdown[end:])])
