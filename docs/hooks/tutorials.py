"""The tutorials: scripts in percent format, run, and shown with what they print and draw.

A cell begins with `# %%` (code) or `# %% [markdown]` (text, in comments). A code cell shows what it
prints, the value of its last line if that is an expression, and the figures that it leaves open.
Results are kept in build/tutorials/ until a script or the package changes. With the environment
variable TUTORIALS=off, scripts are shown without being run. With CONSTRAINET_FAST=1 they train
briefly.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import json
import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "tutorials"
KEPT = ROOT / "build" / "tutorials"

READING_ORDER = (
    "dipole_moment",
    "weight_sharing",
    "group_convolution",
    "irreducibles",
    "particle_physics",
    "dynamics",
    "graphs",
    "spheres",
)
"""Others come after these."""


def on_files(files, config):
    """Adds a page for each tutorial, and its pictures."""
    from mkdocs.structure.files import File

    for script in scripts():
        content, pictures = rendered(script)
        files.append(File.generated(config, page(script), content=content))
        for picture in pictures:
            path = f"tutorials/{script.stem}/{picture.name}"
            files.append(File.generated(config, path, abs_src_path=str(picture)))
    return files


def scripts() -> list[Path]:
    """The tutorials, in the order in which they should be read."""
    order = {name: place for place, name in enumerate(READING_ORDER)}
    return sorted(FOLDER.glob("*.py"), key=lambda p: (order.get(p.stem, len(order)), p.stem))


def page(script: Path) -> str:
    """The path of a tutorial's page in the site."""
    return f"tutorials/{script.stem}.md"


def rendered(script: Path) -> tuple[str, list[Path]]:
    """The Markdown of a tutorial and its pictures, from the last run if nothing has changed."""
    text = script.read_text()
    if os.environ.get("TUTORIALS") == "off":
        return markdown(cells(text), [], script.stem), []
    folder = KEPT / f"{script.stem}-{state(text)}"
    record = folder / "outputs.json"
    if not record.exists():
        folder.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(run(cells(text), folder, str(script))))
    content = markdown(cells(text), json.loads(record.read_text()), script.stem)
    return content, sorted(folder.glob("*.png"))


def state(text: str) -> str:
    """A digest of what results depend on: the text, the package, how long is trained."""
    sources = [Path(__file__), *sorted((ROOT / "constrainet").rglob("*.py"))]
    is_fast = os.environ.get("CONSTRAINET_FAST", "")
    parts = [text.encode(), is_fast.encode(), *(path.read_bytes() for path in sources)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def cells(text: str) -> list[tuple[str, str]]:
    """Pairs of a kind, "code" or "markdown", and the cell's content."""
    parts = re.split(r"^# %%(.*)\n", f"# %%\n{text}", flags=re.MULTILINE)[1:]
    found = []
    for header, body in zip(parts[::2], parts[1::2], strict=True):
        kind = "markdown" if "[markdown]" in header else "code"
        if kind == "markdown":
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        found.append((kind, body.strip("\n")))
    return [(kind, body) for kind, body in found if body]


def run(parts: list[tuple[str, str]], folder: Path, name: str) -> list[dict]:
    """Runs the code cells in order in one namespace.

    Args:
        parts: the cells.
        folder: where pictures are written.
        name: of the script, for tracebacks.

    Returns:
        For each code cell, the text it printed and the names of its pictures.
    """
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    namespace: dict = {"__name__": "__main__"}
    outputs = []
    for number, (_, code) in enumerate(part for part in parts if part[0] == "code"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = evaluate(code, namespace, name)
            if value is not None and not drawn(value):
                print(repr(value))
        pictures = []
        for figure in plt.get_fignums():
            pictures.append(f"{number}-{figure}.png")
            plt.figure(figure).savefig(folder / pictures[-1], dpi=110, bbox_inches="tight")
        plt.close("all")
        outputs.append({"text": printed.getvalue(), "pictures": pictures})
    return outputs


def evaluate(code: str, namespace: dict, name: str) -> object:
    """Runs a cell and returns the value of its last line, if that is an expression."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is None or code.rstrip().endswith(";"):
        return None
    return eval(compile(ast.Expression(last.value), name, "eval"), namespace)


def drawn(value: object) -> bool:
    """Whether a value belongs to a figure, which is shown anyway."""
    values = value if isinstance(value, list | tuple) else [value]
    return bool(values) and type(values[0]).__module__.startswith("matplotlib.")


def markdown(parts: list[tuple[str, str]], outputs: list[dict], stem: str) -> str:
    """The page: text, code, and under it what it printed and drew."""
    results = iter(outputs)
    blocks = []
    for kind, body in parts:
        if kind == "markdown":
            blocks.append(body)
            continue
        blocks.append(f"````python\n{body}\n````")
        output = next(results, {"text": "", "pictures": []})
        if output["text"].strip():
            blocks.append(f"````text\n{output['text'].rstrip()}\n````")
        blocks += [f"![Output of the code above]({stem}/{name})" for name in output["pictures"]]
    return "\n\n".join(blocks) + "\n"
