"""The catalogue of groups as a table: what each is called, takes, acts on, and how large it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, prod

import constrainet.groups as groups
from constrainet.groups import Group


@dataclass(frozen=True)
class Entry:
    """A group, or family of groups, of the catalogue.

    Attributes:
        name: that of the function in `constrainet.groups`.
        parameters: names of its integer arguments; those in brackets may be left out.
        dimension: of the space it acts on, as a formula.
        size: its order, or for Lie groups the dimension of the manifold, as a formula.
        order: the number of elements for given arguments, or None for infinite groups.
        what: what it is.
    """

    name: str
    parameters: tuple[str, ...]
    dimension: str
    size: str
    order: Callable[..., int] | None
    what: str

    @property
    def signature(self) -> str:
        """Such as "SO(p[, q])"."""
        required = [p for p in self.parameters if not p.startswith("[")]
        optional = "".join(f"[, {p[1:-1]}]" for p in self.parameters if p.startswith("["))
        return f"{self.name}({', '.join(required)}{optional})"

    @property
    def num_arguments(self) -> tuple[int, int]:
        """How many arguments it takes at least and at most."""
        required = sum(not p.startswith("[") for p in self.parameters)
        return required, len(self.parameters)

    def make(self, *arguments: int) -> Group:
        """The group with the given arguments."""
        return getattr(groups, self.name)(*arguments)


def _half_factorial(n: int) -> int:
    return max(1, factorial(n) // 2)


CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("Trivial", ("n",), "n", "order 1", lambda n: 1, "the identity alone"),
        Entry("SO", ("p", "[q]"), "p + q", "Lie, n(n-1)/2", None, "rotations; signature (p, q)"),
        Entry("O", ("p", "[q]"), "p + q", "Lie, n(n-1)/2", None, "rotations and reflections"),
        Entry("SOplus", ("p", "[q]"), "p + q", "Lie, n(n-1)/2", None, "the identity component"),
        Entry("Lorentz", (), "4", "Lie, 6", None, "O(1, 3), of space-time"),
        Entry("SU", ("n",), "n, complex", "Lie, n²-1", None, "unitary, of determinant 1"),
        Entry("U", ("n",), "n, complex", "Lie, n²", None, "unitary"),
        Entry("SL", ("n",), "n", "Lie, n²-1", None, "volume-preserving"),
        Entry("GL", ("n",), "n", "Lie, n²", None, "invertible"),
        Entry("Sp", ("m",), "2m", "Lie, m(2m+1)", None, "symplectic"),
        Entry("SE", ("n",), "n + 1", "Lie, n(n+1)/2", None, "rigid motions"),
        Entry("Scaling", ("n",), "n", "Lie, 1", None, "multiples of the identity"),
        Entry("Z", ("n",), "n", "order n", lambda n: n, "cyclic shifts"),
        Entry("S", ("n",), "n", "order n!", factorial, "permutations"),
        Entry("A", ("n",), "n", "order n!/2", _half_factorial, "even permutations"),
        Entry("C", ("k",), "2", "order k", lambda k: k, "rotations of a regular k-gon"),
        Entry("D", ("k",), "2", "order 2k", lambda k: 2 * k, "symmetries of a regular k-gon"),
        Entry(
            "Hyperoctahedral",
            ("n",),
            "n",
            "order 2ⁿn!",
            lambda n: 2**n * factorial(n),
            "signed permutations",
        ),
        Entry("Cube", (), "6", "order 24", lambda: 24, "rotations of a cube, on its faces"),
        Entry("Icosahedral", (), "3", "order 60", lambda: 60, "rotations of an icosahedron"),
        Entry(
            "RubiksCube",
            (),
            "48",
            "order 4.3e19",
            lambda: 43_252_003_274_489_856_000,
            "moves of Rubik's cube, on its stickers",
        ),
        Entry("P4", ("n",), "n²", "order 4n²", lambda n: 4 * n * n, "shifts and quarter turns"),
        Entry("P4M", ("n",), "n²", "order 8n²", lambda n: 8 * n * n, "with reflections too"),
    )
}
"""By name, in the order of the documentation."""


def order_of(group: Group) -> int | None:
    """The number of elements of a finite group of the catalogue, or of a product of such groups.

    Args:
        group: any group. It is compared with the catalogue's by content; a name alone is not
            believed.

    Returns:
        The order; None if the group is infinite, or not from the catalogue.

    Example:
        >>> from constrainet.groups import S, SO, Z
        >>> order_of(S(4) * Z(3)), order_of(SO(3))
        (72, None)
    """
    orders = [_order_of_factor(factor) for factor in group.factors]
    known = [order for order in orders if order is not None]
    return prod(known) if len(known) == len(orders) else None


def _order_of_factor(factor: Group) -> int | None:
    match = re.fullmatch(r"(\w+)(?:\((\d*)\))?", factor.name)
    entry = CATALOGUE.get(match[1]) if match else None
    if match is None or entry is None or entry.order is None:
        return None
    arguments = [int(match[2])] if match[2] else []
    if not entry.num_arguments[0] <= len(arguments) <= entry.num_arguments[1]:
        return None
    # P4 and P4M refuse small sizes, as the group would have done
    same = entry.make(*arguments) == factor
    return entry.order(*arguments) if same else None
