"""The parts of the site that are generated: the reference, the tutorials, links to other files."""

from __future__ import annotations

import importlib

import pytest

from docs.hooks import elsewhere, navigation, offline, reference, tutorials

PUBLIC = {
    "groups": "Group Trivial SO O SOplus Lorentz SU U SL GL Sp SE Scaling Z S A C D "
    "Hyperoctahedral Cube Icosahedral RubiksCube P4 P4M semidirect wreath embed conjugate",
    "reps": "Rep V T Scalar from_generators from_function Sign Det Regular Permutation Sym Alt "
    "restrict induce decompose clebsch_gordan",
    "nn": "Linear BiLinear GatedNonlinearity EMLPBlock EMLP MLP gated uniform_rep",
    "inspect": "weight_sharing plot_weight_sharing describe equivariance_error assert_equivariant",
}


@pytest.mark.parametrize("name", reference.FLOORS)
def test_every_public_name_is_documented_and_in_the_reference(name):
    module = reference.floor(name)
    page = reference.pages()[f"reference/{name}.md"]
    assert reference.undocumented(module) == []
    for public in {*module.__all__, *PUBLIC.get(name, "").split()}:
        path = reference.identifier(module, public)
        assert f"::: {path}\n" in page
        home, _, own = path.rpartition(".")  # a file of the same name has to hold it by this name
        assert hasattr(importlib.import_module(home), own), path


def test_every_floor_has_a_page():
    folder = reference.Path(importlib.import_module("constrainet").__file__).parent
    floors = {path.stem for path in folder.iterdir() if path.is_dir() and path.name[0] != "_"}
    # PyTorch is too large to be installed for the one class that `docs/guides/robot.md` explains
    assert floors | {"errors"} == {*reference.FLOORS, "pytorch"}


def test_what_is_not_documented_is_found(tmp_path, monkeypatch):
    (tmp_path / "undocumented_floor.py").write_text(
        '"""A floor."""\n__all__ = ["A", "B", "C", "f", "g"]\n'
        'A = 1\n"""Explained."""\nB = 2\n'
        'class C:\n    """A class."""\n    def method(self): ...\n    x = property(lambda s: 1)\n'
        'C.__module__ = "constrainet.example"\n'
        'def f(): ...\ndef g():\n    """Explained."""\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("undocumented_floor")
    assert reference.undocumented(module) == ["B", "C.method", "C.x", "f"]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("A `Group` and `V`.", "A [`Group`][constrainet.groups.Group] and `V`."),
        ("`cnn.EMLP(a, b)`", "[`cnn.EMLP(a, b)`][constrainet.nn.EMLP]"),
        ("# `Group`\n\n[`Group`](a.md)", "# `Group`\n\n[`Group`](a.md)"),
        ("[`Group`][a.b] ``Group``", "[`Group`][a.b] ``Group``"),
        ("```python\n`Group`\n```", "```python\n`Group`\n```"),
        (
            "````python\n# `Group`\n```\n`Group`\n````\n",
            "````python\n# `Group`\n```\n`Group`\n````\n",
        ),
    ],
)
def test_names_in_the_text_lead_to_the_reference(markdown, expected):
    assert reference.linked(markdown) == expected


SCRIPT = """\
# %% [markdown]
# # A title
#
# Some text, $x^2$.

# %%
import matplotlib.pyplot as plt

print("printed")
1 + 1

# %%
a = 3
plt.plot([0, a])
"""


def test_a_tutorial_shows_what_it_prints_and_draws(tmp_path):
    parts = tutorials.cells(SCRIPT)
    outputs = tutorials.run(parts, tmp_path, "script.py")
    assert [output["text"] for output in outputs] == ["printed\n2\n", ""]
    [picture] = tmp_path.iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")
    page = tutorials.markdown(parts, outputs, "script")
    assert page.startswith("# A title\n\nSome text, $x^2$.\n\n````python\nimport")
    assert "1 + 1\n````\n\n````text\nprinted\n2\n````\n\n````python\na = 3" in page
    assert page.endswith(f"](script/{picture.name})\n")


def test_an_error_in_a_tutorial_is_an_error_of_the_build(tmp_path):
    with pytest.raises(ZeroDivisionError):
        tutorials.run(tutorials.cells("# %%\n1 / 0\n"), tmp_path, "script.py")


def test_tutorials_are_in_reading_order(tmp_path, monkeypatch):
    monkeypatch.setattr(tutorials, "FOLDER", tmp_path)
    for name in ("zebra", "dynamics", "another", "dipole_moment"):
        (tmp_path / f"{name}.py").touch()
    stems = [path.stem for path in tutorials.scripts()]
    assert stems == ["dipole_moment", "dynamics", "another", "zebra"]


@pytest.mark.parametrize(
    ("page", "markdown", "expected"),
    [
        ("guides/a.md", "[x](../../CHANGELOG.md)", "[x](../changelog.md)"),
        ("guides/a.md", "[x](../quickstart.md#y)", "[x](../quickstart.md#y)"),
        ("index.md", "![x](images/y.png)", "![x](images/y.png)"),
        ("guides/a.md", "[x](https://a.org/b) [y](#z)", "[x](https://a.org/b) [y](#z)"),
        ("benchmarks/solver.md", "[x](../../docs/index.md)", "[x](../index.md)"),
        ("contributing.md", "[x](CHANGELOG.md)", "[x](changelog.md)"),
        ("guides/a.md", "```python\nf[x](../../b)\n```", "```python\nf[x](../../b)\n```"),
    ],
)
def test_links_to_files_of_the_repository_become_links_to_pages(page, markdown, expected):
    assert elsewhere.relinked(markdown, page) == expected


def test_folders_of_the_navigation_are_filled_and_empty_ones_left_out():
    nav = ["index.md", {"A": "a/"}, {"B": "b/"}, {"C": [{"D": "d.md"}, {"E": "e/"}]}]
    filled = navigation.filled(nav, {"a/": ["a/1.md"], "b/": [], "e/": ["e/2.md"]})
    assert filled == ["index.md", {"A": ["a/1.md"]}, {"C": [{"D": "d.md"}, {"E": ["e/2.md"]}]}]


@pytest.mark.parametrize(
    ("html", "is_fetched"),
    [
        ('<script src="https://a.org/b.js"></script>', True),
        ('<link rel="stylesheet" href="//a.org/b.css">', True),
        ("<img alt='x' src='http://a.org/b.png'>", True),
        ('<a href="https://a.org">x</a> <script src="../b.js"></script>', False),
        ('<link rel="icon" href="assets/b.png"> <code>src="https://a.org"</code>', False),
    ],
)
def test_what_a_page_would_fetch_is_found(html, is_fetched):
    assert bool(offline.FETCHED.search(html)) == is_fetched
