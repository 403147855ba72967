"""The command line: `constrainet inspect` and `constrainet groups`."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from constrainet import __version__
from constrainet.inspect import (
    CATALOGUE,
    Description,
    ExpressionError,
    describe,
    describe_map,
    parse_group,
    parse_rep,
    plot_weight_sharing,
)

EXAMPLES = """examples:
  constrainet inspect "SO(3)"                                    a group
  constrainet inspect "SO(3)" "V**2"                             a representation
  constrainet inspect "O(3)" "irreducible(1o) * Sym(V, 2)"       one of other kinds
  constrainet inspect "O(3)" "5*V**0 + 5*V" "V**2"               the maps from one to another
  constrainet inspect "S(5)" "V**2" "V**2" --plot pattern.png    and a picture of their weights
  constrainet groups --json                                      the catalogue
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: what follows the program's name; `sys.argv[1:]` if missing.

    Returns:
        The exit code: 0 if all went well, 1 if there is no answer, 2 for a mistake in the
        arguments.

    Example:
        >>> main(["inspect", "Z(3)", "V"])
        representation V of Z(3)
          dimension    3
          irreducible  1 ⊕ 2 (2 is of complex type)
          invariants   1
        0
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks `→` shows its number
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "inspect" and options.plot:
        if not options.rep_out:
            parser.error("--plot needs two representations, to draw the maps between them")
        if Path(options.plot).is_dir():
            parser.error(f"--plot should name a file, not a folder. Got {options.plot}")
    try:
        print(options.run(options))
    except ExpressionError as error:
        print(f"{parser.prog} {options.command}: {error}", file=sys.stderr)
        return 2
    except (ArithmeticError, ImportError, MemoryError, OSError, ValueError) as error:
        print(f"{parser.prog} {options.command}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="constrainet",
        description="Look at groups, representations and the equivariant maps between them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"constrainet {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    inspect = commands.add_parser("inspect", help="describe a group, representation or map")
    inspect.add_argument("group", help='a group, such as "O(3)" or "S(5) * Z(3)"')
    inspect.add_argument("rep_in", nargs="?", help='a representation, such as "5*V**0 + 5*V"')
    inspect.add_argument("rep_out", nargs="?", help="another one, to map to")
    inspect.add_argument("--plot", metavar="FILE", help="draw the pattern of the weights")
    inspect.add_argument("--json", action="store_true", help="print JSON")
    inspect.set_defaults(run=_inspect)
    groups = commands.add_parser("groups", help="list the catalogue of groups")
    groups.add_argument("--json", action="store_true", help="print JSON")
    groups.set_defaults(run=_groups)
    return parser


def _inspect(options: argparse.Namespace) -> str:
    group = parse_group(options.group)
    if options.rep_in is None:
        return _printed(describe(group), options.json)
    source = parse_rep(options.rep_in, group)
    if options.rep_out is None:
        return _printed(describe(source), options.json)
    target = parse_rep(options.rep_out, group)
    text = _printed(describe_map(source, target), options.json)
    if options.plot:
        _draw(source, target, options.plot)
    return text


def _draw(source, target, path: str) -> None:
    try:
        import matplotlib
    except ImportError:
        pass  # drawing explains what is missing
    else:
        matplotlib.use("agg")
    figure = plot_weight_sharing(source, target).figure
    figure.savefig(path, dpi=150)


def _printed(description: Description, as_json: bool) -> str:
    if as_json:
        return json.dumps(description.to_dict(), ensure_ascii=False, indent=2)
    return str(description)


def _groups(options: argparse.Namespace) -> str:
    if options.json:
        rows = [
            {
                "name": entry.name,
                "signature": entry.signature,
                "dimension": entry.dimension,
                "size": entry.size,
                "description": entry.what,
            }
            for entry in CATALOGUE.values()
        ]
        return json.dumps(rows, ensure_ascii=False, indent=2)
    lines = [f"{'group':<20}{'acts on':<14}{'size':<16}what it is"]
    for entry in CATALOGUE.values():
        lines.append(f"{entry.signature:<20}{entry.dimension:<14}{entry.size:<16}{entry.what}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
