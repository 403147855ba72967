"""Pages that are written elsewhere in the repository, and links to them.

Links in Markdown files lead to files of the repository, so that they work wherever it is looked
at. In the site, those that leave docs/ lead to the page that the file became.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from docs.hooks.prose import outside_code

ROOT = Path(__file__).parents[2]

PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/results/solver.md": "benchmarks/solver.md",
    "benchmarks/results/accuracy.md": "benchmarks/accuracy.md",
    "benchmarks/results/choice.md": "benchmarks/choice.md",
    "benchmarks/results/pendulum.md": "benchmarks/pendulum.md",
    "benchmarks/results/layers.md": "benchmarks/layers.md",
    "benchmarks/results/fuzz.md": "benchmarks/fuzz.md",
}
"""Files of the repository, and the pages of the site that they become."""

TUTORIAL = re.compile(r"^(tutorials/\w+)\.py$")
"""A tutorial's script, whose page has the same name."""

LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
"""The path in a link, without its anchor."""


def on_files(files, config):
    """Adds the pages."""
    from mkdocs.structure.files import File

    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown, page, **_):
    """Turns links to files of the repository into links to pages of the site."""
    return relinked(markdown, page.file.src_uri)


def relinked(markdown: str, page: str) -> str:
    """The Markdown of a page of the site, with links as they are in the site."""
    source = next((s for s, p in PAGES.items() if p == page), f"docs/{page}")

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        target = PAGES.get(target) or TUTORIAL.sub(r"\1.md", target.removeprefix("docs/"))
        return posixpath.relpath(target, posixpath.dirname(page) or ".")

    return outside_code(markdown, lambda text: LINK.sub(link, text))
