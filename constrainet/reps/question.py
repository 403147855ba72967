"""The question put to the solver: which linear maps between two representations are equivariant?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from constrainet.reps.joining import under_one_group
from constrainet.reps.symmetries import Symmetries
from constrainet.solve import Space, Subspace, intertwiners

if TYPE_CHECKING:
    from constrainet.reps.rep import Rep


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

    source: Rep
    target: Rep

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


def common_spaces(*reps: Rep) -> tuple[Space, ...]:
    """Representations of one group in the solver's normal form, in symmetries that fit all.

    Raises:
        ProblemTooLargeError: if the places of their coordinates would not fit in memory.
    """
    symmetries = Symmetries.common(*reps)
    return tuple(rep.space_in(symmetries) for rep in reps)
