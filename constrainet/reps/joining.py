"""Which group acts when representations of different groups meet."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import TYPE_CHECKING

from constrainet.groups import Group

if TYPE_CHECKING:
    from constrainet.reps.rep import Rep


def common_group(a: Group, b: Group) -> Group:
    """The group of a sum or product of representations of a and of b.

    It is the product of the factors of a and of those factors of b that a lacks: a factor that
    both have is the same one.

    Raises:
        ValueError: if a factor occurs more often in one than in the other, so that it is unclear
            which is meant.
    """
    if a == b:
        return a
    counts = Counter(a.factors), Counter(b.factors)
    for factor in a.factors:
        if factor in counts[1] and counts[0][factor] != counts[1][factor]:
            raise ValueError(
                f"Representations of {a} and {b} cannot be joined: {factor} occurs more often "
                "in one than in the other, so it is unclear which one should act. Write both for "
                "the same product, with `V(group, factor=...)`."
            )
    return prod((f for f in b.factors if f not in counts[0]), start=a)


def mapping_group(a: Group, b: Group) -> Group:
    """The group under which maps between representations of a and of b are equivariant.

    Raises:
        ValueError: if neither group's factors include the other's. Sums and products may mix
            groups, but a map from one group's representation to another's is equivariant only if
            it is constant on both, which is more likely to be a mistake.
    """
    group = common_group(a, b) if a != b else a
    if len(group.factors) > max(len(a.factors), len(b.factors)):
        raise ValueError(
            f"Cannot map between representations of different groups, {a} and {b}. Restrict one, "
            "or use their product: write both sides as representations of it, such as "
            "`V(G) * Scalar(H)`."
        )
    return group


def new_places(old: Group, new: Group) -> tuple[int, ...]:
    """For each factor of a group, its place in a product that contains them all."""
    if old == new:
        return tuple(range(len(old.factors)))
    places: list[int] = []
    for factor in old.factors:  # equal ones keep their order
        free = (i for i, f in enumerate(new.factors) if f == factor and i not in places)
        places.append(next(free))
    return tuple(places)


def to_common_group(a: Rep, b: Rep) -> tuple[Rep, Rep]:
    """Two representations that are added or multiplied, as representations of one group."""
    if a.group == b.group:
        return a, b
    group = common_group(a.group, b.group)
    return (
        a.lift(group, new_places(a.group, group)),
        b.lift(group, new_places(b.group, group)),
    )


def under_one_group(source: Rep, target: Rep) -> tuple[Rep, Rep]:
    """Two representations between which maps are asked for, as representations of one group.

    Raises:
        ValueError: if neither group contains the other.
    """
    if source.group == target.group:
        return source, target
    group = mapping_group(source.group, target.group)
    return (
        source.lift(group, new_places(source.group, group)),
        target.lift(group, new_places(target.group, group)),
    )
