"""The question put to the solver: which linear maps between two representations are equivariant?

Where the two belong to different groups, it is also the question under which group.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeVar

from constrainet.groups import Group
from constrainet.reps.action import Action
from constrainet.reps.symmetries import Symmetries
from constrainet.solve import Space, Subspace, intertwiners

AnyRep = TypeVar("AnyRep", bound=Action)


@dataclass(frozen=True)
class Question:
    """Which linear maps from one representation to another are equivariant?

    Both sides are put under their common group. What the solver gets of them depends on both: they
    are written in the finest symmetries that fit both. Equal if the sides are.

    Args:
        source: the representation that is mapped from.
        target: the one that is mapped to.

    Attributes:
        source: the same, under the common group.
        target: the same, under the common group.

    Raises:
        ValueError: if neither side's group contains the other's.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> question = Question(V(SO(3)) ** 2, V(SO(3)))
        >>> question.solve().rank
        1
        >>> question == Question(V(SO(3)) ** 2, V(SO(3)))
        True
    """

    source: Action
    target: Action

    def __post_init__(self):
        source, target = under_one_group(self.source, self.target)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "target", target)

    @cached_property
    def spaces(self) -> tuple[Space, Space]:
        """Source and target in the solver's normal form.

        Raises:
            ProblemTooLargeError: if the places of their coordinates would not fit in memory.
        """
        source, target = common_spaces(self.source, self.target)
        return source, target

    def solve(
        self, *, method: str = "auto", rtol: float | None = None, cache_dir: str | None = None
    ) -> Subspace:
        """An orthonormal basis of the equivariant matrices; `Rep.equivariant_basis` says more.

        Args:
            method: "auto", "orbits", "isotypic" or "nullspace".
            rtol: relative cutoff of singular values, for approximately known generators.
            cache_dir: a folder in which solutions are kept between processes.

        Raises:
            ValueError, MethodNotApplicableError, AmbiguousRankError, ProblemTooLargeError: as
                `Rep.equivariant_basis`.
        """
        return intertwiners(*self.spaces, method=method, rtol=rtol, cache_dir=cache_dir)


def common_spaces(*reps: Action) -> tuple[Space, ...]:
    """Representations of one group in the solver's normal form, in symmetries that fit all.

    Raises:
        ProblemTooLargeError: if the places of their coordinates would not fit in memory.
    """
    is_joint = any(rep.is_joint for rep in reps)
    symmetries = Symmetries(is_joint, not any(rep.is_complex for rep in reps))
    return tuple(rep.space_in(symmetries) for rep in reps)


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
    group = common_group(a, b)
    if len(group.factors) > max(len(a.factors), len(b.factors)):
        raise ValueError(
            f"Cannot map between representations of different groups, {a} and {b}. Restrict one, "
            "or use their product: write both sides as representations of it, such as "
            "`V(G) * Scalar(H)`."
        )
    return group


def new_places(old: Group, new: Group) -> tuple[int, ...]:
    """For each factor of a group, its place in a product that contains them all."""
    places: list[int] = []
    for factor in old.factors:  # equal ones keep their order
        free = (i for i, f in enumerate(new.factors) if f == factor and i not in places)
        places.append(next(free))
    return tuple(places)


def lifted(rep: AnyRep, group: Group) -> AnyRep:
    """The same representation, for a product that contains the factors of its group."""
    return rep if rep.group == group else rep.lift(group, new_places(rep.group, group))


def to_common_group(a: AnyRep, b: AnyRep) -> tuple[AnyRep, AnyRep]:
    """Two representations that are added or multiplied, as representations of one group."""
    group = common_group(a.group, b.group)
    return lifted(a, group), lifted(b, group)


def under_one_group(source: AnyRep, target: AnyRep) -> tuple[AnyRep, AnyRep]:
    """Two representations between which maps are asked for, as representations of one group.

    Raises:
        ValueError: if neither group contains the other.
    """
    if source.group == target.group:
        return source, target
    group = mapping_group(source.group, target.group)
    return lifted(source, group), lifted(target, group)
