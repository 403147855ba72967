"""Puts MathJax into the site, from a package that ships it, so that formulas need no network."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

NAME = "es5/tex-svg.js"  # one file: components and outlines of all letters


def on_files(files, config):
    """Adds MathJax to the files of the site."""
    from mkdocs.structure.files import File

    package = Path(find_spec("mathjax").origin).parent
    path = package / "static" / "mathjax" / NAME
    files.append(File.generated(config, "assets/mathjax/tex-svg.js", abs_src_path=str(path)))
    return files
