"""`describe`: what a group, representation, map, subspace, layer or model is, in a few lines."""

from __future__ import annotations

from functools import singledispatch
from itertools import pairwise
from typing import Any

import numpy as np

from constrainet.groups import Group
from constrainet.inspect.catalogue import order_of
from constrainet.inspect.description import Description
from constrainet.inspect.irreducibles import Content, explain_zero, irreducible_content
from constrainet.inspect.pattern import source_of, weight_sharing
from constrainet.maps import EquivariantMap, Map, TensorProductMap, fingerprint
from constrainet.reps import LinearMaps, Question, Rep, Scalar, under_one_group
from constrainet.solve import Subspace

PATTERN_UP_TO = 2**22
"""Entries of a matrix of which the pattern of weights is worked out for a description."""


@singledispatch
def describe(x: Any) -> Description:
    """Says what something is: its dimensions, irreducible content, free weights, and costs.

    Args:
        x: a group; a representation; the maps `a >> b`; a solved basis; a map of
            `constrainet.maps`, a layer or a model, or
            anything else with attributes `rep_in` and `rep_out`.

    Returns:
        A description, which prints as text and displays as a table in notebooks.

    Raises:
        TypeError: if x is nothing of these.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> G = SO(3)
        >>> print(describe(5 * Scalar(G) + 5 * V(G)))
        representation 5V⁰⊕5V of SO(3)
          dimension    20
          irreducible  5×1 ⊕ 5×3
          invariants   5
    """
    if isinstance(x, Map) or all(
        isinstance(getattr(x, name, None), Rep) for name in ("rep_in", "rep_out")
    ):
        return _describe_layer(x)
    raise TypeError(
        "`describe(x)` should get a group, a representation, the maps `a >> b`, a basis, a layer "
        f"or a model. Got {type(x).__name__}."
    )


@describe.register
def _(x: Group) -> Description:
    dims = len(x.lie_algebra)
    discrete = len(x.discrete_matrices)
    properties = [
        name
        for name, holds in (
            ("permutations", x.is_permutation),
            ("signed permutations", x.is_monomial and not x.is_permutation and not x.is_complex),
            ("orthogonal", x.is_orthogonal and not x.is_monomial),
            ("unitary", x.is_unitary and x.is_complex),
            ("complex", x.is_complex and not x.is_unitary),
            ("discrete", x.is_discrete and not x.is_monomial),
            ("reductive", x.is_adjoint_closed and not x.is_unitary),
            ("not completely reducible in general", not x.is_adjoint_closed),
        )
        if holds
    ]
    order = order_of(x)
    facts = [
        ("acts on", f"{'ℂ' if x.is_complex else 'ℝ'}^{x.dim}"),
        ("generators", f"{dims} Lie, {discrete} discrete"),
        ("matrices", ", ".join(properties) or "invertible"),
    ]
    if order is not None:
        facts.append(("order", f"{order:,}" if order < 10**30 else f"{order:.3e}"))
    data = {
        "kind": "group",
        "name": x.name,
        "dim": x.dim,
        "num_lie_generators": dims,
        "num_discrete_generators": discrete,
        "properties": properties,
        "order": order,
    }
    return Description(f"group {x}", tuple(facts), data)


@describe.register
def _(x: Rep) -> Description:
    if isinstance(x, LinearMaps):
        return describe_map(x.source, x.target)
    contents = irreducible_content(x)
    invariants = x.equivariant_basis().rank
    facts = [("dimension", f"{x.dim:,}")]
    if contents:
        facts.append(("irreducible", _content_line(contents)))
    facts.append(("invariants", f"{invariants:,}"))
    data = {
        "kind": "representation",
        "group": x.group.name,
        "name": str(x),
        "dim": x.dim,
        "irreducible": _content_data(contents[0] if contents else None),
        "num_invariants": invariants,
    }
    return Description(f"representation {x} of {x.group}", tuple(facts), data)


@describe.register
def _(x: Subspace) -> Description:
    size, rank = x.shape
    facts = [("shape", f"{x.rows.dim:,} × {x.columns.dim:,} weights, {rank:,} free")]
    return Description(
        "equivariant subspace",
        (*facts, *_solution_facts(x)),
        {"kind": "subspace", "num_weights": size, "num_free": rank, **_solution_data(x)},
    )


@describe.register
def _(x: EquivariantMap) -> Description:
    return describe_map(x.rep_in, x.rep_out, x)


@describe.register
def _(x: TensorProductMap) -> Description:
    sources = str(x.rep_a) if x.is_quadratic else f"{x.rep_a}, {x.rep_b}"
    facts = (
        ("connections", x.connections),
        ("weights", f"{x.num_weights:,}, one for each product"),
        ("multiplications", f"{x.multiplications:,} per sample"),
        ("fingerprint", digits := _fingerprint_of_products(x)),
    )
    data = {
        "kind": "bilinear map",
        "rep_in": sources,
        "rep_out": str(x.rep_out),
        "connections": x.connections,
        "num_weights": x.num_weights,
        "multiplications": x.multiplications,
        "fingerprint": digits,
    }
    title = f"bilinear maps {sources} → {x.rep_out} of {x.rep_out.group}"
    return Description(title, facts, data)


def describe_map(
    rep_in: Rep | None, rep_out: Rep, equivariant: EquivariantMap | None = None
) -> Description:
    """`describe(rep_in >> rep_out)`, or of the biases of `rep_out`.

    Args:
        rep_in: the source; None for a bias.
        rep_out: the target.
        equivariant: the maps in the form in which a layer has them, if it has.

    Returns:
        The description.

    Raises:
        TypeError, ValueError: as `weight_sharing`.

    Example:
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> describe_map(V(S(5)) ** 2, V(S(5)) ** 2).data["num_free"]
        15
    """
    source, target = under_one_group(source_of(rep_in, rep_out, "describe_map"), rep_out)
    equivariant = EquivariantMap(source, target) if equivariant is None else equivariant
    subspace = equivariant.subspace
    size, rank = subspace.shape
    rtol = equivariant.frame.rtol
    bias = Question(Scalar(target.group), target).solve(rtol=rtol).rank
    content_in, content_out = irreducible_content(source, target) or (None, None)
    facts = [
        ("from", _side(source, content_in)),
        ("to", _side(target, content_out)),
        ("free weights", f"{rank:,} of {size:,}{_percentage(rank, size)}"),
        ("free biases", f"{bias:,} of {target.dim:,}"),
    ]
    data: dict[str, Any] = {
        "kind": "linear maps",
        "group": source.group.name,
        "rep_in": str(source),
        "rep_out": str(target),
        "dim_in": source.dim,
        "dim_out": target.dim,
        "irreducible_in": _content_data(content_in),
        "irreducible_out": _content_data(content_out),
        "num_weights": size,
        "num_free": rank,
        "num_free_biases": bias,
    }
    why = explain_zero(source, target) if size and not rank and rtol is None else None
    if why is not None:
        facts.append(("why none", why))
        data["why_none"] = why
    elif size <= PATTERN_UP_TO and rtol is None:
        pattern = weight_sharing(source, target)
        relation = "which are the free weights" if pattern.is_tying else "with relations among them"
        facts.append(("classes", f"{pattern.num_classes:,} of proportional weights, {relation}"))
        data |= {"num_classes": pattern.num_classes, "is_tying": pattern.is_tying}
    costs = ", ".join(f"{name} {cost:,}" for name, cost in equivariant.multiplications.items())
    facts.append(("product", f"{equivariant.product} (multiplications per sample: {costs})"))
    data |= {"product": equivariant.product, "multiplications": equivariant.multiplications}
    title = f"linear maps {source} → {target} of {source.group}"
    return Description(title, (*facts, *_solution_facts(subspace)), data | _solution_data(subspace))


def _describe_layer(layer: Any) -> Description:
    """A layer has a `map`, a model the representations between its layers, `hidden`."""
    name = type(layer).__name__
    m = layer if isinstance(layer, Map) else getattr(layer, "map", None)
    inner = getattr(m, "map", m)
    if isinstance(inner, EquivariantMap | TensorProductMap):
        description = describe(inner)
        facts, data = list(description.facts), dict(description.data)
        if (parametrization := getattr(layer, "parametrization", None)) is not None:
            facts.append(("parametrization", parametrization))
            data["parametrization"] = parametrization
        title = f"{name}: {description.title}"
        return Description(title, tuple(facts), data | {"layer": name})
    reps = [layer.rep_in, *getattr(layer, "hidden", ()), layer.rep_out]
    rtol = getattr(getattr(layer, "frame", None), "rtol", None)
    parts = tuple(_step(a, b, rtol) for a, b in pairwise(reps)) if len(reps) > 2 else ()
    facts = (
        ("from", f"{layer.rep_in}, dimension {layer.rep_in.dim:,}"),
        ("to", f"{layer.rep_out}, dimension {layer.rep_out.dim:,}"),
    )
    data = {"layer": name, "rep_in": str(layer.rep_in), "rep_out": str(layer.rep_out)}
    return Description(f"{name} of {reps[0].group}", facts, data, parts)


def _step(rep_in: Rep, rep_out: Rep, rtol: float | None) -> Description:
    """Two neighbouring representations of a model, in a line or two."""
    source, target = under_one_group(rep_in, rep_out)
    equivariant = EquivariantMap(source, target, rtol=rtol)
    size, rank = equivariant.subspace.shape
    facts = (
        ("dimensions", f"{source.dim:,} → {target.dim:,}"),
        ("linear maps", f"{rank:,} free of {size:,}{_percentage(rank, size)}"),
        ("product", equivariant.product),
        ("fingerprint", equivariant.subspace.fingerprint),
    )
    data = {
        "rep_in": str(source),
        "rep_out": str(target),
        "num_weights": size,
        "num_free": rank,
        "product": equivariant.product,
        "fingerprint": equivariant.subspace.fingerprint,
    }
    return Description(f"{source} → {target}", facts, data)


def _fingerprint_of_products(x: TensorProductMap) -> str:
    weights = np.zeros(x.num_weights, complex if x.is_complex else float)
    reps = (x.rep_a,) if x.is_quadratic else (x.rep_a, x.rep_b)
    inputs = (np.zeros((1, rep.dim), complex if rep.is_complex else float) for rep in reps)
    return fingerprint(x.apply, weights, *inputs)


def _side(rep: Rep, content: Content | None) -> str:
    text = f"{rep}, dimension {rep.dim:,}"
    return f"{text} = {content}" if content else text


def _content_line(contents: tuple[Content, ...]) -> str:
    special = [
        f"{part.name} is of {part.type} type"
        for part, _ in contents[0].parts
        if part.type != "real"
    ]
    notes = f" ({', '.join(special[:4])}{', …' * (len(special) > 4)})" if special else ""
    return f"{contents[0]}{notes}"


def _content_data(content: Content | None) -> list[dict[str, Any]] | None:
    if content is None:
        return None
    return [
        {"name": part.name, "dim": part.dim, "type": part.type, "multiplicity": count}
        for part, count in content.parts
    ]


def _solution_facts(subspace: Subspace) -> tuple[tuple[str, str], ...]:
    return (
        ("method", subspace.method),
        ("residual", f"{subspace.residual:.1e}"),
        ("gap", "exact" if subspace.gap == float("inf") else f"{subspace.gap:.0e}"),
        ("solved in", f"{1000 * subspace.seconds:,.1f} ms"),
        ("fingerprint", subspace.fingerprint),
    )


def _solution_data(subspace: Subspace) -> dict[str, Any]:
    return {
        "method": subspace.method,
        "residual": subspace.residual,
        "gap": None if subspace.gap == float("inf") else subspace.gap,
        "seconds": subspace.seconds,
        "fingerprint": subspace.fingerprint,
    }


def _percentage(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.2g} %)" if whole else ""
