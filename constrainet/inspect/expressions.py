"""A small grammar for groups and representations, for the command line. Nothing is evaluated.

    group   =  factor { "*" factor }
    factor  =  name "(" [ number { "," number } ] ")"  |  "(" group ")"

    rep     =  term { "+" term }
    term    =  power { "*" power }                     a number and what follows need no "*"
    power   =  atom { "**" number  |  ".T" }
    atom    =  number  |  "V" [ "[" number "]" ]  |  "T(p, q)"  |  "(" rep ")"
            |  "Scalar"  |  "Det"  |  "Sign"  |  "Regular"  |  "irreducible(" label ")"
            |  ( "Sym(" | "Alt(" ) rep "," number ")"  |  ( "Complexified(" | "Realified(" ) rep ")"

`⊕`, `⊗`, `×`, superscripts, and a final `*` for the dual are understood as well, so that what is
printed can be read. `V[i]` is the defining representation of one factor of a product of groups.
Labels are those of `constrainet.reps.irreducible`, such as 2, 1o, 1/2, A1 or 3, 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from constrainet.groups import Group
from constrainet.inspect.catalogue import CATALOGUE
from constrainet.reps import (
    Alt,
    Complexified,
    Det,
    Realified,
    Regular,
    Rep,
    Scalar,
    Sign,
    Sym,
    T,
    V,
    direct_sum,
    irreducible,
)

LARGEST_NUMBER = 1_000_000
"""Of coordinates or copies; a larger number in an expression is a slip of the keyboard."""

LARGEST_POWER = 64
"""Of tensor powers: V**64 of a group on R² has more coordinates than there are bytes on Earth."""

DEEPEST = 64
"""Parentheses in parentheses; more would exhaust Python's stack."""

OF_GROUPS = {"Scalar": Scalar, "Det": Det, "Sign": Sign, "Regular": Regular}
OF_REPS = {"Complexified": Complexified, "Realified": Realified}
POWERS = {"Sym": Sym, "Alt": Alt}
NAMES = ("V", "T", *OF_GROUPS, "irreducible", *POWERS, *OF_REPS)

KINDS = (
    "V, V[i], T(p, q), Scalar, Det, Sign, Regular, irreducible(label), Sym(rep, k), Alt(rep, k), \
Complexified(rep), Realified(rep)"
)
"""All kinds of representations, for messages."""

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"

TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<superscript>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<symbol>\*\*|>>|.))"
)


class ExpressionError(ValueError):
    """An expression that could not be read; the message points at the place.

    Attributes:
        expression: the whole expression.
        position: where the mistake is, counted from 0.
        reason: what is wrong there.
    """

    def __init__(self, expression: str, position: int, reason: str):
        self.expression, self.position, self.reason = expression, position, reason
        super().__init__(f"{reason}\n  {expression}\n  {' ' * position}^")

    def __reduce__(self):
        return type(self), (self.expression, self.position, self.reason)


def parse_group(expression: str) -> Group:
    """Reads a group, such as "O(3)", "SO(1, 3)" or "S(5) * Z(3)".

    Args:
        expression: in the grammar above.

    Returns:
        The group.

    Raises:
        ExpressionError: if it could not be read.

    Example:
        >>> parse_group("Z(3) * S(4)")
        Z(3) × S(4)
    """
    reader = _Reader(expression)
    group = _group(reader)
    reader.expect_end()
    return group


def parse_rep(expression: str, group: Group) -> Rep:
    """Reads a representation of a group, such as "5*V**0 + 5*V" or "5V⁰⊕5V".

    Args:
        expression: in the grammar above.
        group: whose representation it is.

    Returns:
        The representation.

    Raises:
        ExpressionError: if it could not be read.

    Example:
        >>> from constrainet.groups import SL
        >>> print(parse_rep("5*V**0 + 2*(V*V.T)", SL(3)))
        5V⁰⊕2(V⊗V*)
    """
    reader = _Reader(expression)
    start = reader.position
    value = _sum(reader, group)
    reader.expect_end()
    return _as_rep(reader, value, start)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


class _Reader:
    """The tokens of an expression, and a place among them."""

    def __init__(self, expression: str):
        if not isinstance(expression, str):
            raise TypeError(f"An expression should be a string. Got {expression!r}.")
        self.expression = expression
        self.tokens = [
            _Token(
                str(match.lastgroup), match[match.lastgroup or 0], match.start(match.lastgroup or 0)
            )
            for match in TOKEN.finditer(expression.rstrip())
        ]
        self.place = 0
        depth = 0
        for token in self.tokens:
            depth += (token.text == "(") - (token.text == ")")
            if depth > DEEPEST:
                self.fail(f"Parentheses here are at most {DEEPEST} deep.", token.position)

    @property
    def next(self) -> _Token:
        """The token here, of kind "end" after the last."""
        if self.place < len(self.tokens):
            return self.tokens[self.place]
        return _Token("end", "the end", len(self.expression.rstrip()))

    @property
    def position(self) -> int:
        return self.next.position

    def take(self) -> _Token:
        token = self.next
        self.place += 1
        return token

    def accept(self, *symbols: str) -> bool:
        """Moves past one of these symbols, if it is here."""
        here = self.next.kind == "symbol" and self.next.text in symbols
        self.place += here
        return here

    def expect(self, symbol: str) -> None:
        if not self.accept(symbol):
            self.fail(f"Expected `{symbol}`, not {self.found}.")

    def expect_end(self) -> None:
        if self.next.kind != "end":
            self.fail(f"Expected the end, `+` or `*`, not {self.found}.")

    def number(self, largest: int = LARGEST_NUMBER) -> int:
        if self.next.kind != "number":
            self.fail(f"Expected a whole number, not {self.found}.")
        if len(self.next.text) > 9 or int(self.next.text) > largest:
            self.fail(f"Numbers here go up to {largest:,}.")
        return int(self.take().text)

    @property
    def found(self) -> str:
        return "the end" if self.next.kind == "end" else f"`{self.next.text}`"

    def fail(self, reason: str, position: int | None = None):
        """Raises an error that points at a place, by default here."""
        raise ExpressionError(
            self.expression, self.position if position is None else position, reason
        )


def _group(reader: _Reader) -> Group:
    group = _group_factor(reader)
    while reader.accept("*", "×"):
        group = group * _group_factor(reader)
    return group


def _group_factor(reader: _Reader) -> Group:
    if reader.accept("("):
        group = _group(reader)
        reader.expect(")")
        return group
    token = reader.next
    if token.kind != "name":
        reader.fail(f"Expected a group, such as `SO(3)`, not {reader.found}.")
    entry = CATALOGUE.get(token.text)
    if entry is None:
        reader.fail(f"No group is called `{token.text}`. There are: {', '.join(CATALOGUE)}.")
    reader.take()
    arguments = _arguments(reader) if reader.next.text == "(" else []
    least, most = entry.num_arguments
    if not least <= len(arguments) <= most:
        reader.fail(
            f"`{entry.signature}` takes {_amount(least, most)}, not {len(arguments)}.",
            token.position,
        )
    try:
        return entry.make(*arguments)
    except ValueError as error:
        raise ExpressionError(reader.expression, token.position, str(error)) from None


def _arguments(reader: _Reader) -> list[int]:
    reader.expect("(")
    arguments: list[int] = []
    while not reader.accept(")"):
        if arguments:
            reader.expect(",")
        arguments.append(reader.number())
    return arguments


def _sum(reader: _Reader, group: Group) -> Rep | int:
    start = reader.position
    value = _term(reader, group)
    parts = []
    while reader.next.text in ("+", "⊕"):
        reader.take()
        if not parts:
            parts.append(_as_rep(reader, value, start))
        start = reader.position
        parts.append(_as_rep(reader, _term(reader, group), start))
    return direct_sum(group, [part for rep in parts for part in rep.summands]) if parts else value


def _term(reader: _Reader, group: Group) -> Rep | int:
    value = _power(reader, group)
    while True:
        follows = reader.next.kind == "name" or reader.next.text == "("
        if not reader.accept("*", "⊗", "×") and not (isinstance(value, int) and follows):
            return value
        factor = _power(reader, group)
        value = value * factor


def _power(reader: _Reader, group: Group) -> Rep | int:
    start = reader.position
    value = _atom(reader, group)
    while True:
        if reader.accept("**", "^"):
            exponent = reader.number(LARGEST_POWER)
        elif reader.next.kind == "superscript":
            if len(reader.next.text) > 2:
                reader.fail(f"Numbers here go up to {LARGEST_POWER}.")
            exponent = int("".join(str(SUPERSCRIPTS.index(c)) for c in reader.take().text))
        elif reader.accept("."):
            if reader.next.text != "T":
                reader.fail(f"Expected `T` for the dual, not {reader.found}.")
            reader.take()
            value = _as_rep(reader, value, start).T
            continue
        elif _is_dual_star(reader):
            reader.take()
            value = _as_rep(reader, value, start).T
            continue
        else:
            return value
        value = value**exponent


def _is_dual_star(reader: _Reader) -> bool:
    """Whether a `*` follows that no factor follows in turn."""
    if reader.next.text != "*":
        return False
    after = _Reader.__new__(_Reader)
    after.expression, after.tokens, after.place = reader.expression, reader.tokens, reader.place + 1
    return after.next.kind in ("end", "superscript") or after.next.text in "+⊕⊗×)"


def _atom(reader: _Reader, group: Group) -> Rep | int:
    if reader.next.kind == "number":
        return reader.number()
    if reader.accept("("):
        value = _sum(reader, group)
        reader.expect(")")
        return value
    token = reader.next
    if token.kind == "name" and token.text in NAMES:
        reader.take()
        try:
            return _named(reader, token, group)
        except ExpressionError:
            raise
        except (TypeError, ValueError) as error:
            raise ExpressionError(reader.expression, token.position, str(error)) from None
    if token.text == ">>":
        reader.fail("Give the two sides of `>>` as two arguments.")
    what = (
        "No representation is called" if token.kind == "name" else "Expected a representation, not"
    )
    return reader.fail(f"{what} {reader.found}. There are: {KINDS}.")


def _named(reader: _Reader, token: _Token, group: Group) -> Rep:
    if token.text in OF_GROUPS:
        return OF_GROUPS[token.text](group)
    if token.text == "irreducible":
        return irreducible(group, _label(reader))
    if token.text in OF_REPS or token.text in POWERS:
        reader.expect("(")
        start = reader.position
        rep = _as_rep(reader, _sum(reader, group), start)
        if token.text in POWERS:
            reader.expect(",")
            rep = POWERS[token.text](rep, reader.number(LARGEST_POWER))
        else:
            rep = OF_REPS[token.text](rep)
        reader.expect(")")
        return rep
    if token.text == "V":
        if not reader.accept("["):
            return V(group)
        place = reader.position
        factor = reader.number()
        reader.expect("]")
        if factor >= len(group.factors):
            reader.fail(f"{group} has factors 0 to {len(group.factors) - 1}.", place)
        return V(group, factor=factor)
    if reader.next.text != "(":
        reader.fail(f"Expected `(`, as in `T(2, 1)`, not {reader.found}.")
    arguments = _arguments(reader)
    if not 1 <= len(arguments) <= 2 or max(arguments) > LARGEST_POWER:
        reader.fail("`T(p[, q])` takes 1 or 2 small numbers.", token.position)
    return T(*arguments, group=group)


def _label(reader: _Reader) -> str:
    """What stands in the parentheses behind `irreducible`, as its labels are written."""
    reader.expect("(")
    is_tuple, parts = reader.accept("("), []
    while reader.next.text != ")" and reader.next.kind != "end":
        parts.append(reader.take().text)
    reader.expect(")")
    if is_tuple:
        reader.expect(")")
    return "".join(parts).strip("'\"")


def _as_rep(reader: _Reader, value: Rep | int, position: int) -> Rep:
    if isinstance(value, int):
        reader.fail(f"{value} alone is no representation. Write `{value}*Scalar`.", position)
    return value


def _amount(least: int, most: int) -> str:
    text = str(least) if least == most else f"{least} or {most}"
    return f"{text} argument{'s' * (most != 1)}"
