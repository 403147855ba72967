"""Fills the folders of the navigation, which end in "/", with the pages that are in them."""

from __future__ import annotations

from pathlib import Path

from docs.hooks import reference, tutorials

DOCS = Path(__file__).parents[1]


def on_config(config):
    """Replaces folders by their pages, and leaves out empty ones."""
    pages = {
        "reference/": list(reference.pages()),
        "tutorials/": [tutorials.page(script) for script in tutorials.scripts()],
        "decisions/": [
            "decisions/README.md",
            *sorted(f"decisions/{path.name}" for path in DOCS.glob("decisions/0*.md")),
        ],
    }
    config.nav = filled(config.nav, pages)
    return config


def filled(nav: list, pages: dict[str, list[str]]) -> list:
    """The navigation with folders replaced by lists of pages."""
    result = []
    for entry in nav:
        [(title, content)] = entry.items() if isinstance(entry, dict) else [(None, entry)]
        content = filled(content, pages) if isinstance(content, list) else content
        content = pages.get(content, content) if isinstance(content, str) else content
        if content:
            result.append(content if title is None else {title: content})
    return result
