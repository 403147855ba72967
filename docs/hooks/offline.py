"""Keeps the site readable without a network: a page that would fetch something ends the build."""

from __future__ import annotations

import re

FETCHED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\W?(?:https?:)?//[^>]*>"
    r"|<link\b[^>]*\bhref=\W?(?:https?:)?//[^>]*>"
)
"""Elements that a browser loads from elsewhere; links that a reader may follow are none."""


def on_post_page(output, page, **_):
    """Looks through a finished page."""
    from mkdocs.exceptions import PluginError

    if found := FETCHED.search(output):
        raise PluginError(f"{page.file.src_uri} would fetch {found[0]}.")
    return output
