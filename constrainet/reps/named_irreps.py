"""The irreducible representations of the best-known groups, by their usual names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain, count
from typing import Any

import numpy as np

from constrainet.groups import SO, SU, C, D, Group, O, S, check_group
from constrainet.reps.decomposition import Irrep
from constrainet.reps.irrep_constructions import (
    determinant,
    half_turning,
    harmonic,
    partitions,
    specht,
    spin,
    trivial,
    turning,
    twisted_harmonic,
)


def irreducible(group: Group, label: Any) -> Irrep:
    """An irreducible representation by its usual name.

    | group | labels, in the usual order | dimension, coordinates |
    |---|---|---|
    | SO(2) | 0, 1, 2, ... | 1; 2 for k > 0, where the rotation by θ is that by kθ |
    | O(2) | "0+", "0-", 1, 2, ... | 1, 1, 2; "0-" is det, and diag(1, -1) acts as itself on k > 0 |
    | C(n) | 0, 1, ..., n // 2 | as SO(2); k = n/2 has dimension 1 |
    | D(n) | "A1", "A2", and "B1", "B2" if n is even, "E1", "E2", ... | A2 is det; the rotation by \
2π/n is -1 on B, and diag(1, -1) is 1 on B1; E as O(2) |
    | SO(3) | 0, 1, 2, ... | 2ℓ + 1, real spherical harmonics m = -ℓ, ..., ℓ |
    | O(3) | "0e", "0o", "1o", "1e", "2e", "2o", ... | as SO(3), even or odd under inversion |
    | SU(2) | 0, 1/2, 1, ... | 2j + 1, complex, m = j, ..., -j, signs of Condon and Shortley |
    | S(n) | partitions of n, (n) first | Young's orthogonal form; (n-1, 1) is the standard one |

    The harmonics have the z axis as their pole: degree 1 is (y, z, x), degree 2 is √3 times
    (xy, yz, (3z² - r²)/√12, zx, (x² - y²)/2). The convention of e3nn differs: its pole is the y
    axis, so that its degree 1 is (x, y, z), and its harmonics are these after the cyclic exchange
    of axes x → y → z → x, ρ_e3nn(g) = ρ(P g Pᵀ) with P (x, y, z) = (z, x, y). Names and order
    ("0e", "0o", "1o", ...) are those of e3nn.

    Args:
        group: one of the catalogue's groups above.
        label: see above; spins may be `Fraction`s, floats or strings such as "1/2".

    Returns:
        The representation; equal labels give equal representations.

    Raises:
        TypeError: if `group` is not a group.
        ValueError: if the group is none of these, or has no such irreducible.

    Example:
        >>> from constrainet.groups import SU
        >>> from constrainet.reps import clebsch_gordan, irreducible
        >>> half, one = irreducible(SU(2), "1/2"), irreducible(SU(2), 1)
        >>> one.dim, one.type, half.type, clebsch_gordan(half, half, one).shape
        (3, 'real', 'quaternionic', (1, 3, 2, 2))

    References:
        Serre, "Linear representations of finite groups" (1977), chapter 5.
        Geiger, Smidt, "e3nn: Euclidean neural networks" (2022).
    """
    check_group("irreducible", group)
    family = _family("irreducible", group)
    text = _text(label)
    if not family.has(text):
        raise ValueError(
            f"`irreducible(label=...)` should be {family.described} for {group}. Got {label!r}."
        )
    return _made(group, text)


def irreducibles(group: Group) -> Iterator[Irrep]:
    """The irreducible representations of a group in their usual order; endless for Lie groups.

    Args:
        group: as for `irreducible`.

    Yields:
        What `irreducible` makes, label by label.

    Raises:
        TypeError, ValueError: as `irreducible`.

    Example:
        >>> from constrainet.groups import D
        >>> from constrainet.reps import irreducibles
        >>> print(*irreducibles(D(6)))
        [A1] [A2] [B1] [B2] [E1] [E2]
    """
    check_group("irreducibles", group)
    return (_made(group, text) for text in _family("irreducibles", group).texts())


@dataclass(frozen=True)
class _Family:
    """The irreducibles of one group, by the texts of their labels.

    Args:
        described: what labels are, for messages.
        texts: all in order.
        make: the irreducible of a text.
        pattern: what matches all texts, where there are infinitely many.
    """

    described: str
    texts: Callable[[], Iterator[str]]
    make: Callable[[str], Irrep]
    pattern: str | None = None

    def has(self, text: str) -> bool:
        """Whether there is an irreducible of this name."""
        if self.pattern is not None:
            return re.fullmatch(self.pattern, text) is not None
        return text in self.texts()


@lru_cache(maxsize=512)
def _made(group: Group, text: str) -> Irrep:
    return _family("irreducible", group).make(text)


def _text(label) -> str:
    """Of numbers without trailing zeros, and of partitions with commas."""
    if isinstance(label, float | Fraction):
        return str(Fraction(label))
    if isinstance(label, tuple | list):
        return ",".join(str(part) for part in label)
    return str(label)


def _family(call: str, group: Group) -> _Family:
    n = group.dim
    if n == 2 and group == SO(2):
        return _circle(group)
    if n == 2 and group == O(2):
        return _circle_with_reflections(group)
    if n == 3 and group == SO(3):
        texts = lambda: map(str, count())  # noqa: E731
        make = lambda text: harmonic(group, int(text), f"[ℓ={text}]")  # noqa: E731
        return _Family("a degree 0, 1, 2, ...", texts, make, r"\d+")
    if n == 3 and group == O(3):
        return _rotations_with_inversion(group)
    if n == 2 and group == SU(2):
        texts = lambda: (str(Fraction(twice, 2)) for twice in count())  # noqa: E731
        make = lambda text: spin(group, int(2 * Fraction(text)), f"[j={text}]")  # noqa: E731
        return _Family("a spin 0, 1/2, 1, ...", texts, make, r"\d+|\d*[13579]/2")
    if n == 2 and (order := _order_of_rotation(group)):
        if group == C(order):
            return _cyclic(group, order)
        if group == D(order):
            return _dihedral(group, order)
    if group.is_permutation and group == S(n):
        texts = lambda: (_text(p) for p in partitions(n))  # noqa: E731
        make = lambda text: specht(group, tuple(map(int, text.split(","))), f"[{text}]")  # noqa: E731
        return _Family(f"a partition of {n}, decreasing", texts, make)
    raise ValueError(
        f"`{call}(group)` knows the names of the irreducibles of SO(2), O(2), SO(3), O(3), SU(2), "
        f"C(n), D(n) and S(n). Got {group}. For other groups use `decompose`."
    )


def _order_of_rotation(group: Group) -> int:
    """The n for which a group may be C(n) or D(n); 0 if there is none."""
    if group.is_complex or not group.is_discrete or len(group.factors) > 1:
        return 0
    generators = group.discrete_generators
    if len(generators) == 0 or np.linalg.det(generators[0]) < 0:
        return 1
    angle = np.arctan2(generators[0][1, 0], generators[0][0, 0])
    return round(2 * np.pi / angle) if angle > 0 else 0


def _circle(group: Group) -> _Family:
    def make(text: str) -> Irrep:
        k = int(text)
        return turning(group, k, "complex", f"[{k}]") if k else trivial(group, "[0]")

    return _Family("a frequency 0, 1, 2, ...", lambda: map(str, count()), make, r"\d+")


def _circle_with_reflections(group: Group) -> _Family:
    def make(text: str) -> Irrep:
        if text in ("0+", "0-"):
            return (trivial if text == "0+" else determinant)(group, f"[{text}]")
        return turning(group, int(text), "real", f"[{text}]")

    texts = lambda: chain(["0+", "0-"], map(str, count(1)))  # noqa: E731
    return _Family("'0+', '0-' or a frequency 1, 2, ...", texts, make, r"0[+-]|[1-9]\d*")


def _rotations_with_inversion(group: Group) -> _Family:
    def texts() -> Iterator[str]:
        for degree in count():
            yield from (
                (f"{degree}e", f"{degree}o")
                if degree % 2 == 0
                else (
                    f"{degree}o",
                    f"{degree}e",
                )
            )

    def make(text: str) -> Irrep:
        degree = int(text[:-1])
        is_natural = (text[-1] == "o") == (degree % 2 == 1)
        return (harmonic if is_natural else twisted_harmonic)(group, degree, f"[{text}]")

    return _Family("a degree and a parity, '0e', '0o', '1o', ...", texts, make, r"\d+[eo]")


def _cyclic(group: Group, order: int) -> _Family:
    def make(text: str) -> Irrep:
        k = int(text)
        if k == 0:
            return trivial(group, "[0]")
        if 2 * k == order:
            return half_turning(group, k, 0, f"[{k}]")
        return turning(group, k, "complex", f"[{k}]")

    return _Family(f"one of 0 ... {order // 2}", lambda: map(str, range(order // 2 + 1)), make)


def _dihedral(group: Group, order: int) -> _Family:
    def texts() -> Iterator[str]:
        yield from ["A1", "A2"] + ["B1", "B2"] * (order % 2 == 0)
        yield from (f"E{k}" for k in range(1, (order + 1) // 2))

    def make(text: str) -> Irrep:
        label = f"[{text}]"
        if text[0] == "E":
            return turning(group, int(text[1:]), "real", label)
        if text[0] == "B":
            return half_turning(group, order // 2, int(text[1]) - 1, label)
        return (trivial if text == "A1" else determinant)(group, label)

    return _Family(f"one of {', '.join(texts())}", texts, make)
