"""The README says what is true."""

import contextlib
import io
import re
import runpy
from pathlib import Path

import matplotlib.image

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_readme_example_prints_what_it_says():
    code, output = re.search(
        r"<!-- example -->\n```python\n(.*?)```.*?```text\n(.*?)```", README, re.DOTALL
    ).groups()
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == output


def test_readme_links_lead_somewhere():
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert links
    for link in links:
        assert (root / link).exists(), link


def test_readme_picture_is_drawn_from_what_is_measured(tmp_path):
    make = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "images" / "make.py"))
    make["main"](tmp_path)
    assert matplotlib.image.imread(tmp_path / "overview.png").std() > 0.1
    assert len(make["faces"]()) == 20 and make["neighbours"]().sum() == 60
