"""The command line as its users meet it: in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from constrainet import __version__
from constrainet.__main__ import main
from constrainet.inspect import CATALOGUE


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "constrainet", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **options,
    )


def test_a_map_is_described_and_drawn(tmp_path):
    picture = tmp_path / "out.png"
    done = run("inspect", "O(3)", "5*V**0 + 5*V", "V**2", "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("linear maps 5V⁰⊕5V → V² of O(3)\n")
    assert "free weights  5 of 180" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_json_is_for_scripts():
    done = run("inspect", "S(5)", "V**2", "V**2", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["num_weights"], data["num_free"], data["method"]) == (625, 15, "orbits")


def test_a_wrong_expression_points_at_the_place():
    done = run("inspect", "S(5)", "V**2 + 3*W")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-2:] == ["  V**2 + 3*W", "           ^"]
    assert "Traceback" not in done.stderr


def printed(capsys, *arguments):
    code = main(arguments)
    return code, capsys.readouterr()


def test_groups_and_representations_are_described(capsys):
    code, text = printed(capsys, "inspect", "S(5)")
    assert code == 0 and "order" in text.out and "120" in text.out
    code, text = printed(capsys, "inspect", "SO(3)", "V**2")
    assert code == 0 and "1 ⊕ 3 ⊕ 5" in text.out


def test_zero_is_explained(capsys):
    code, text = printed(capsys, "inspect", "O(3)", "5*V**0", "V")
    assert code == 0 and "they share none" in " ".join(text.out.split())


def test_the_catalogue_is_listed(capsys):
    code, text = printed(capsys, "groups")
    assert code == 0
    names = [line.split("(")[0] for line in text.out.splitlines()[1:]]
    assert names == list(CATALOGUE)
    code, text = printed(capsys, "groups", "--json")
    assert code == 0
    assert [row["name"] for row in json.loads(text.out)] == list(CATALOGUE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["paint"], "invalid choice: 'paint'"),
        (["inspect"], "required: group"),
        (["inspect", "S(5)", "V", "--plot", "x.png"], "--plot needs two representations"),
        (["inspect", "S(5)", "V", "V", "--plot", "."], "--plot should name a file, not a folder"),
    ],
)
def test_wrong_arguments_exit_with_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"constrainet {__version__}\n"


def test_representations_of_other_kinds_are_described(capsys):
    code, text = printed(capsys, "inspect", "O(3)", "irreducible(1o) * Sym(V, 2)", "Det")
    assert code == 0 and text.out.startswith("linear maps [1o]⊗Sym²(V) → det of O(3)\n")
    code, text = printed(capsys, "inspect", "S(3)", "Regular")
    assert code == 0 and "dimension    6" in text.out
    code, text = printed(capsys, "inspect", "SO(3)", "irreducible(x)")
    assert code == 2 and "should be" in text.err and text.err.splitlines()[-1] == "  ^"


def test_a_terminal_of_ascii_gets_an_answer():
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = run("inspect", "SO(3)", "V", "V", env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("linear maps V \\u2192 V of SO(3)\n")


@pytest.mark.parametrize("argument", [("SO(3)", "(" * 10_000 + "V" + ")" * 10_000), ("(" * 100,)])
def test_deep_nesting_is_refused(capsys, argument):
    code, text = printed(capsys, "inspect", *argument)
    assert code == 2 and "at most 64 deep" in text.err


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert 'constrainet inspect "O(3)" "5*V**0 + 5*V" "V**2"' in capsys.readouterr().out


def test_no_answer_exits_with_1(capsys, tmp_path, monkeypatch):
    code, text = printed(
        capsys, "inspect", "S(4)", "V", "V", "--plot", str(tmp_path / "missing" / "x.png")
    )
    assert code == 1 and "missing" in text.err
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", "1000")
    code, text = printed(capsys, "inspect", "SO(5)", "V**4", "V**4")
    assert code == 1 and "memory" in text.err.lower()
