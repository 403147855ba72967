"""What the Markdown files say is true: code runs, prints what they show, and links lead somewhere.

Blocks marked `python` are run in order, those of one file in one namespace. A block marked `text`
is what was printed since the last one, `...` standing for anything. In blocks marked `sh`, lines
that begin with `constrainet` are run. Code of other libraries is marked `py`.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
from pathlib import Path

import pytest

from constrainet.__main__ import main

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHECKER = doctest.OutputChecker()
LINK = re.compile(r"\]\((?!https?://)([^)\s]*)\)")


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def with_code():
    """The pages with code of their own; the gallery's is run by its `make.py`."""
    return [p for p in PAGES if "```python" in text_of(p) and not p.startswith("docs/gallery/")]


@pytest.mark.parametrize("page", with_code())
def test_code_of_a_page_runs_and_prints_what_it_says(page, capsys, tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": page}
    for language, code in BLOCK.findall(text_of(page)):
        if language == "python":
            exec(compile(code, page, "exec"), namespace)
        elif language == "sh":
            for line in code.splitlines():
                if line.startswith("constrainet "):
                    assert main(shlex.split(line)[1:]) == 0
        elif language == "text":
            printed = capsys.readouterr().out
            assert CHECKER.check_output(code, printed, doctest.ELLIPSIS), printed
    plt.close("all")
    assert capsys.readouterr().out == ""


def test_the_example_of_the_readme_is_short():
    [code] = [
        code for language, code in BLOCK.findall(text_of("README.md")) if language == "python"
    ]
    assert len([line for line in code.splitlines() if line.strip()]) <= 15


def anchors(page):
    """The anchors of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_lead_somewhere(page):
    text = BLOCK.sub("", text_of(page))
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert (ROOT / target).exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_image_is_described():
    for page in PAGES:
        assert not re.findall(r"!\[\]\(", text_of(page)), page
