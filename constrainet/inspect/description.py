"""What `describe` returns: a title, facts and parts, as text, as HTML and as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from textwrap import wrap
from typing import Any

COLUMNS = 100
"""Width of a terminal; longer texts go on in the next line."""


@dataclass(frozen=True)
class Description:
    """A description that prints well in a terminal and in a notebook.

    Attributes:
        title: what is described.
        facts: pairs of a label and a text.
        data: the same as plain values, which `json.dumps` takes.
        parts: descriptions of what it consists of.

    Example:
        >>> print(Description("a square", (("sides", "4"), ("angles", "90°"))))
        a square
          sides   4
          angles  90°
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    data: dict[str, Any] = field(default_factory=dict, hash=False)
    parts: tuple[Description, ...] = ()

    def __str__(self):
        return "\n".join(self._lines(""))

    def _lines(self, indent: str) -> list[str]:
        width = max((len(label) for label, _ in self.facts), default=0)
        lines = [indent + self.title]
        for label, text in self.facts:
            start = f"{indent}  {label:<{width}}  "
            wrapped = wrap(text, max(40, COLUMNS - len(start)), break_on_hyphens=False) or [""]
            lines.append((start + wrapped[0]).rstrip())
            lines += [" " * len(start) + line for line in wrapped[1:]]
        for part in self.parts:
            lines += part._lines(indent + "  ")
        return lines

    def __repr__(self):
        return str(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        cell = '<td style="text-align: left">'
        rows = "".join(
            f"<tr>{cell}{escape(label)}</td>{cell}{escape(text)}</td></tr>"
            for label, text in self.facts
        )
        parts = "".join(f"<li>{part._repr_html_()}</li>" for part in self.parts)
        listed = f"<ul>{parts}</ul>" if parts else ""
        return f"<div><strong>{escape(self.title)}</strong><table>{rows}</table>{listed}</div>"

    def to_dict(self) -> dict[str, Any]:
        """The plain values, with those of the parts in a list "parts"."""
        data = dict(self.data)
        if self.parts:
            data["parts"] = [part.to_dict() for part in self.parts]
        return data
