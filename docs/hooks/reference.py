"""The reference: a page for each floor, with every name in its `__all__`."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from docs.hooks.prose import outside_code

FLOORS = (
    "groups",
    "reps",
    "nn",
    "nnx",
    "eqx",
    "inspect",
    "maps",
    "inference",
    "solve",
    "linalg",
    "errors",
)
"""The floors, those that users need first."""

SPAN_OR_TITLE = re.compile(
    r"^#[^\n]*$|\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])"  # headings and links stay as they are
    r"|(?<!`)`(?P<name>[\w.]+)(?:\([^`]*\))?`(?!`)",
    re.MULTILINE,
)
"""A code span that may be a name or a call, or what holds one already."""


def on_files(files, config):
    """Adds the pages; an undocumented name ends the build."""
    from mkdocs.exceptions import PluginError
    from mkdocs.structure.files import File

    for module in map(floor, FLOORS):
        if missing := undocumented(module):
            raise PluginError(f"{module.__name__} has no docstring for {', '.join(missing)}.")
    for path, markdown in pages().items():
        files.append(File.generated(config, path, content=markdown))
    return files


def on_page_markdown(markdown, page, **_):
    """Lets names in the text lead to the reference."""
    return markdown if page.file.src_uri.startswith("reference/") else linked(markdown)


def floor(name: str) -> ModuleType:
    """The module of a floor."""
    return importlib.import_module(f"constrainet.{name}")


def pages() -> dict[str, str]:
    """The Markdown of each page, by path; the first lists all names."""
    floors = {f"reference/{name}.md": page(floor(name)) for name in FLOORS}
    return {"reference/index.md": overview(), **floors}


def overview() -> str:
    """The page that lists every name with the first line of its docstring."""
    lines = ["# Reference", ""]
    for name in FLOORS:
        module = floor(name)
        lines += [f"## [constrainet.{name}]({name}.md)", "", first_line(module), ""]
        lines += ["| name | |", "|---|---|"]
        for public in sorted(module.__all__, key=str.casefold):
            link = f"[`{public}`][{identifier(module, public)}]"
            lines.append(f"| {link} | {first_line(module, public)} |")
        lines.append("")
    return "\n".join(lines)


def page(module: ModuleType) -> str:
    """The page of one floor: its essay, then each name."""
    lines = [f"# {module.__name__}", "", inspect.getdoc(module) or "", ""]
    for name in sorted(module.__all__, key=str.casefold):
        lines += [f"::: {identifier(module, name)}", ""]
        if inherited := inherited_members(module, getattr(module, name)):
            members = ", ".join(inherited)
            lines[-1:] = ["    options:", f"      inherited_members: [{members}]", ""]
    return "\n".join(lines)


def identifier(module: ModuleType, name: str) -> str:
    """The dotted name by which the reference finds a name; files of the same name hide it."""
    path = f"{module.__name__}.{name}"
    return f"{path}.{name}" if is_module(path) else path


def is_module(path: str) -> bool:
    """Whether a dotted name is that of a file."""
    try:
        return find_spec(path) is not None
    except ModuleNotFoundError:  # of a module that is no package
        return False


def inherited_members(module: ModuleType, value: object) -> list[str]:
    """Public members that a class has from bases which are no public names themselves."""
    if not inspect.isclass(value):
        return []
    public = [getattr(module, name) for name in module.__all__]
    hidden = [base for base in own_classes(value)[1:] if not any(base is p for p in public)]
    return sorted({name for base in hidden for name in vars(base) if not name.startswith("_")})


def own_classes(cls: type) -> list[type]:
    """A class and those of its bases that belong to this package."""
    return [base for base in cls.__mro__ if base.__module__.startswith("constrainet.")]


def first_line(module: ModuleType, name: str | None = None) -> str:
    """The first paragraph of the docstring of a module or of a name in it, on one line."""
    value = module if name is None else getattr(module, name)
    text = constants(module.__name__).get(name or "") or inspect.getdoc(value) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


@cache
def constants(package: str) -> dict[str, str]:
    """The docstrings of a package's constants: the strings that stand under assignments."""
    path = Path(importlib.import_module(package).__file__ or "")
    found = {}
    for file in path.parent.glob("*.py") if path.name == "__init__.py" else [path]:
        for above, below in pairwise(ast.parse(file.read_text()).body):
            match above, below:
                case (
                    ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(ast.Constant(str(text))),
                ):
                    found[name] = text
    return found


@cache
def names() -> dict[str, str]:
    """Where names in the text lead to; those of a letter or two mean too many things."""
    return {
        prefix + name: identifier(floor(module), name)
        for module, prefix in (
            ("errors", ""),
            ("inspect", ""),
            ("nn", "cnn."),
            ("nnx", "cnx."),
            ("eqx", "ceq."),
            ("maps", "cm."),
            ("reps", ""),
            ("groups", ""),
        )
        for name in floor(module).__all__
        if len(name) > 2 or prefix
    }


def linked(markdown: str) -> str:
    """Markdown in which names in code spans lead to the reference, but for ``double`` ones."""
    return outside_code(markdown, lambda text: SPAN_OR_TITLE.sub(link_to, text))


def link_to(match: re.Match[str]) -> str:
    """A code span, with a link if it is a public name; anything else as it is."""
    target = names().get(match["name"])
    return f"[{match[0]}][{target}]" if target else match[0]


def undocumented(module: ModuleType) -> list[str]:
    """Public names, and public methods and properties of public classes, without a docstring."""
    missing = []
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value):  # dataclasses without a docstring get their signature
            is_explained = not (value.__doc__ or f"{name}(").startswith(f"{name}(")
        elif inspect.isroutine(inspect.unwrap(value)):
            is_explained = bool(value.__doc__)
        else:
            is_explained = name in constants(module.__name__)
        missing += [] if is_explained else [name]
        if inspect.isclass(value):
            missing += [f"{name}.{member}" for member in undocumented_members(value)]
    return missing


def undocumented_members(cls: type) -> list[str]:
    """Its public methods and properties that neither it nor a base of this package explains."""
    bases = own_classes(cls)
    names = {name for base in bases for name in vars(base) if not name.startswith("_")}
    return sorted(
        name
        for name in names
        if is_behaviour(inspect.getattr_static(cls, name))
        and not any(inspect.getdoc(vars(base).get(name)) for base in bases if name in vars(base))
    )


def is_behaviour(member: object) -> bool:
    """Whether a member is a method or a property, not a field."""
    has_code = callable(member) or hasattr(member, "__get__")
    return has_code and not inspect.ismemberdescriptor(member)  # which is a slot
