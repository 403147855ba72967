"""Random problems for `fuzz.py`: a group, two representations, and a disguise.

The disguise changes the units of the coordinates and the generators, and neither the group nor the
representations. The package is told the generators in disguise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb

import numpy as np

from constrainet import groups as cg
from constrainet import reps as cr
from fuzz_groups import FAMILIES, Rng, draw
from fuzz_oracles import Factor, Sample
from fuzz_reps import (
    Determinant,
    Dual,
    Element,
    Field,
    Given,
    Named,
    Node,
    Orbit,
    Power,
    Product,
    Sum,
    Vector,
)  # fmt: skip

DISGUISES = ("units", "scales", "redundancy", "recombination")

LARGEST_DENSE = 2000
"""Entries of a map, where null spaces are computed."""

LARGEST = 400
"""Dimension of a representation, where averages alone give the rank."""
MOST_AVERAGED = 10_000
"""Elements of a direct product that are averaged over."""


@dataclass(frozen=True)
class Problem:
    """A question and its disguise.

    Attributes:
        sample: the group, in natural coordinates.
        source, target: the representations between which maps are sought.
        disguises: those of `DISGUISES` that are on.
        seed: of the disguise.
    """

    number: int
    family: str
    sample: Sample
    source: Node
    target: Node
    disguises: tuple[str, ...]
    seed: int

    def __str__(self):
        disguise = f" [{', '.join(self.disguises)}]" if self.disguises else ""
        return f"{self.number}: {self.sample.name}: {self.source} >> {self.target}{disguise}"


# --- the question --------------------------------------------------------------------------------


def problem(seed: int, number: int, plain: bool = False) -> Problem:
    """The problem of this number; `plain` leaves off its disguise."""
    rng = Rng(np.random.MT19937(np.random.SeedSequence([seed, number])))
    family = list(FAMILIES)[number % len(FAMILIES)]
    sample = draw(family, rng)
    if rng.rand() < 0.1 and averaged(sample):
        source, target = (random_node(rng, sample, LARGEST) for _ in range(2))
    else:
        largest = rng.choice([400, 1000, LARGEST_DENSE], p=[0.6, 0.3, 0.1])
        unknowns = np.exp(rng.uniform(np.log(20), np.log(largest)))
        source = random_node(rng, sample, int(unknowns ** rng.uniform(0.1, 0.6)))
        target = random_node(rng, sample, int(unknowns / source.dim))
    disguises = tuple(name for name in DISGUISES if rng.rand() < 0.3)
    if plain or has_named(source) or has_named(target):
        disguises = ()
    return Problem(number, family, sample, source, target, disguises, rng.randint(2**31))


def averaged(sample: Sample) -> bool:
    """Whether averages over the group are known."""
    sizes = [len(f.measure[1]) if f.measure else np.inf for f in sample.factors]
    return bool(np.prod(sizes) <= MOST_AVERAGED)


def has_named(node: Node) -> bool:
    """Whether some coordinates are known to the package alone, of the catalogue's own group."""
    return isinstance(node, Named) or any(map(has_named, node.parts()))


def disguised(f: Factor, disguises: tuple[str, ...], rng: Rng) -> Factor:
    """The same group by other generators, in other units."""
    lie, discrete, frame = f.lie, f.discrete, f.frame
    if "recombination" in disguises:
        lie = np.tensordot(np.linalg.qr(rng.randn(len(lie), len(lie)))[0], lie, 1)
        discrete = discrete[rng.permutation(len(discrete))]
        if len(discrete) > 1:
            discrete = np.concatenate([discrete[:1] @ discrete[1:2], discrete[1:]])
    if "redundancy" in disguises and len(lie):
        a, b = lie[rng.randint(len(lie), size=2)]
        lie = np.concatenate([lie, [bracket(a, b), a]])
    if "redundancy" in disguises and len(discrete):
        a, b = discrete[rng.randint(len(discrete), size=2)]
        discrete = np.concatenate([[np.eye(f.dim)], discrete, [a @ b, a]])
    if "scales" in disguises:
        lie = lie * 10 ** rng.uniform(-14, 14, size=(len(lie), 1, 1))
    if "units" in disguises:
        decades = rng.uniform(0, 8)
        frame = 10 ** (decades * rng.uniform(-0.5, 0.5, size=(f.dim, 1))) * frame
    return replace(f, lie=lie, discrete=discrete, frame=frame, group=None if disguises else f.group)


def bracket(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a b - b a, with zeros where only rounding is left.

    Generators may be of any size beside each other, so rounding would generate another group.
    """
    found = a @ b - b @ a
    terms = np.abs(a) @ np.abs(b) + np.abs(b) @ np.abs(a)
    return np.where(np.abs(found) < 1e-14 * terms, 0, found)


def told(f: Factor, m: np.ndarray) -> np.ndarray:
    """A generator in the caller's coordinates; exact to each entry under a change of units."""
    units = np.linalg.norm(f.frame, axis=1)
    turned = f.frame / units[:, None]
    if not np.array_equal(turned, np.eye(f.dim)):
        m = turned @ m @ np.linalg.inv(turned)
    return m * units[:, None] / units


def told_group(f: Factor) -> cg.Group:
    if f.group is not None:
        return f.group
    lie = np.reshape([told(f, A) for A in f.lie], f.lie.shape)
    discrete = [told(f, h) for h in f.discrete]
    return cg.Group(lie_algebra=lie, discrete_generators=discrete or None)


def generators(factors: tuple[Factor, ...]) -> tuple[list[Element], list[Element]]:
    """Those of the Lie algebra of a direct product, and the discrete ones, factor by factor."""

    def along(place: int, m: np.ndarray, neutral) -> Element:
        natural = [neutral(f.dim) for f in factors]
        natural[place] = m
        seen = [told(f, x) for f, x in zip(factors, natural, strict=True)]
        return Element(tuple(natural), tuple(seen))

    def zero(n: int) -> np.ndarray:
        return np.zeros((n, n))

    lie = [along(i, A, zero) for i, f in enumerate(factors) for A in f.lie]
    return lie, [along(i, h, np.eye) for i, f in enumerate(factors) for h in f.discrete]


# --- representations -----------------------------------------------------------------------------


def leaves(rng: Rng, sample: Sample, limit: int) -> list[Node]:
    """What expressions are made of, up to a dimension."""
    # vectors three times, because they are what groups are about
    places = range(len(sample.factors))
    found: list[Node] = [
        Vector(f.dim, f.is_complex, i) for i in places for f in 3 * [sample.factors[i]]
    ]
    found += [Product(1, False, ()), Determinant(1, any(f.is_complex for f in sample.factors))]
    f = sample.factors[0]
    if len(sample.factors) == 1 and f.is_finite and not f.is_complex:
        start = [np.eye(f.dim)[0], np.arange(1.0, f.dim + 1) ** 2][rng.randint(2)]
        points = np.unique(np.round(f.elements @ start, 6) + 0.0, return_index=True, axis=0)[1]
        orbit = (f.elements @ start)[np.sort(points)]
        found.append(Orbit(len(orbit), False, orbit))
    if len(sample.factors) == 1 and f.group is not None:
        found += named(rng, f.group, f)
    return [leaf for leaf in found if leaf.dim <= limit]


def named(rng: Rng, group: cg.Group, f: Factor) -> list[Named]:
    """Irreducible representations of small rotation groups, the regular one of finite groups."""
    degree = rng.randint(1, 6)

    def turned(g: np.ndarray, orders: range) -> np.ndarray:
        """Σ cos mθ for elements that turn the plane of the first two coordinates by θ."""
        return sum(np.cos(m * np.arctan2(g[:, 1, 0], g[:, 0, 0])) for m in orders)

    if group.name == "SO(2)":
        orders, rep = range(-degree, degree + 1, 2 * degree), cr.irreducible(group, degree)
        return [Named(rep.dim, False, rep, lambda g: turned(g, orders))]
    if group.name == "SO(3)":
        orders, rep = range(-degree, degree + 1), cr.irreducible(group, degree)
        return [Named(rep.dim, False, rep, lambda g: turned(g, orders))]
    if f.is_finite and len(f.elements) <= 120:
        order = len(f.elements)

        def character(g: np.ndarray) -> np.ndarray:
            return order * (np.abs(g - np.eye(f.dim)).max(axis=(1, 2)) < 1e-6)

        return [Named(order, False, cr.Regular(group), character)]
    return []


def random_node(rng: Rng, sample: Sample, limit: int) -> Node:
    """A random expression of a dimension from 1 to `limit`."""
    choices = leaves(rng, sample, limit)
    node = choices[rng.randint(len(choices))]
    generated = any(len(f.lie) + len(f.discrete) for f in sample.factors)
    for _ in range(rng.randint(3, 12)):
        leaf = choices[rng.randint(len(choices))]
        new = _grown(rng, node, leaf, generated)
        if 0 < new.dim <= limit:
            node = new
    return node


def _grown(rng: Rng, node: Node, leaf: Node, generated: bool) -> Node:
    n, both = node.dim, node.is_complex or leaf.is_complex
    kind = rng.choice(["sum", "product", "dual", "copies", "power", "field", "given"],
                      p=[0.25, 0.35, 0.12, 0.05, 0.1, 0.07, 0.06])  # fmt: skip
    if kind == "sum":
        return Sum(n + leaf.dim, both, (node, leaf))
    if kind == "product":
        return Product(n * leaf.dim, both, (node, leaf))
    if kind == "dual":
        return Dual(n, node.is_complex, node)
    if kind == "copies":
        return Sum(2 * n, node.is_complex, (node, node))
    if kind == "power":
        degree, sign = rng.randint(2, 4), [1, -1][rng.randint(2)]
        if n**degree <= 600:
            dim = comb(n + degree - 1, degree) if sign == 1 else comb(n, degree)
            return Power(dim, node.is_complex, node, degree, sign)
    if kind == "field":
        return Field(2 * n if node.is_complex else n, not node.is_complex, node)
    if kind == "given" and n <= 30 and generated:
        return Given(n, node.is_complex, node, np.linalg.qr(rng.randn(n, n))[0])
    return node
