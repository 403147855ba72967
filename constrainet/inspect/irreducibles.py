"""Which irreducible types a representation holds, and why the maps between two must vanish."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from constrainet.errors import CertificateError
from constrainet.inspect.pattern import source_of
from constrainet.reps import Question, Rep, common_spaces, under_one_group
from constrainet.solve import Decomposition, decompose

TYPES = {1: "real", 2: "complex", 4: "quaternionic"}
"""Types of real irreducibles, by the dimension of the space of maps from one to itself."""

LARGEST = 300
"""Tensor products of larger dimension are not decomposed: it would take seconds to minutes."""

SHOWN = 8
"""Types written out in a line; there may be hundreds."""

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class IrreducibleType:
    """An irreducible representation, among those of several representations looked at together.

    Attributes:
        name: its dimension, numbered where several have the same; "1" is the trivial one.
        dim: its dimension.
        type: "real", "complex" or "quaternionic", by the maps to itself.
    """

    name: str
    dim: int
    type: str


@dataclass(frozen=True)
class Content:
    """What a representation decomposes into.

    Attributes:
        parts: pairs of irreducible type and multiplicity.
    """

    parts: tuple[tuple[IrreducibleType, int], ...]

    def __str__(self):
        names = [f"{count}×{part.name}" if count > 1 else part.name for part, count in self.parts]
        if len(names) > SHOWN:
            names = [*names[:SHOWN], f"… ({len(names)} types)"]
        return " ⊕ ".join(names) or "0"


def irreducible_content(*reps: Rep) -> tuple[Content, ...] | None:
    """Decomposes representations of one group together, so that equal types have equal names.

    Args:
        *reps: the representations.

    Returns:
        What each holds; None where that is not known: if a tensor product is too large, or the
        group's generators are not closed under the adjoint.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> print(*irreducible_content(V(SO(3)) ** 2, V(SO(3))), sep=", ")
        1 ⊕ 3 ⊕ 5, 3
    """
    return _content(reps)


@lru_cache(maxsize=64)
def _content(reps: tuple[Rep, ...]) -> tuple[Content, ...] | None:
    spaces = common_spaces(*reps)
    if any(term.dim > LARGEST for space in spaces for term in space.terms):
        return None
    try:
        decomposition = decompose(*spaces)
    except CertificateError:
        return None
    if not decomposition.is_irreducible:
        return None
    types = _named_types(decomposition)
    contents = []
    for i in range(len(reps)):
        counts = [(t, decomposition.multiplicity(i, j)) for j, t in enumerate(types)]
        held = [(t, count) for t, count in counts if count]
        contents.append(Content(tuple(sorted(held, key=lambda part: (part[0].dim, part[0].name)))))
    return tuple(contents)


def _named_types(decomposition: Decomposition) -> list[IrreducibleType]:
    components = decomposition.components
    shared = Counter(component.dim for component in components)
    # the trivial one is "1"; beside it, other characters are 1₂, 1₃, ...
    numbers = Counter({1: sum(component.is_trivial for component in components)})
    types = []
    for component in components:
        d = component.dim
        numbers[d] += not component.is_trivial
        is_alone = shared[d] == 1 and d > 1
        suffix = "" if is_alone or component.is_trivial else str(numbers[d]).translate(SUBSCRIPTS)
        size = 1 if component.commutant is None else len(component.commutant)
        types.append(IrreducibleType(f"{d}{suffix}", d, TYPES[size]))
    return types


def explain_zero(rep_in: Rep | None, rep_out: Rep) -> str | None:
    """Why only the zero map is equivariant from one representation to another.

    By Schur's lemma a map is a sum of maps between copies of one irreducible type, so two
    representations that share no type have none.

    Args:
        rep_in: the source; None for a bias.
        rep_out: the target.

    Returns:
        An explanation, or None if other maps are equivariant too.

    Raises:
        TypeError, ValueError: as `weight_sharing`.

    Example:
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> print(explain_zero(5 * Scalar(O(3)), V(O(3))))
        No equivariant map but zero: 5V⁰ holds the irreducible types 5×1, V holds 3, and they share
        none. Tensor products of one side may hold types of the other.

    References:
        Serre, "Linear representations of finite groups" (1977), section 2.2 (Schur's lemma).
    """
    source, target = under_one_group(source_of(rep_in, rep_out, "explain_zero"), rep_out)
    if Question(source, target).solve().rank:
        return None
    for rep in (source, target):
        if not rep.dim:
            return f"{rep} has dimension 0, so there is nothing to map."
    contents = irreducible_content(source, target)
    if contents is None:
        return (
            f"No equivariant map but zero from {source} to {target}. Their irreducible types are "
            f"not known: {_why_unknown(source, target)}."
        )
    return (
        f"No equivariant map but zero: {source} holds the irreducible types {contents[0]}, "
        f"{target} holds {contents[1]}, and they share none. Tensor products of one side may hold "
        "types of the other."
    )


def _why_unknown(*reps: Rep) -> str:
    if all(rep.group.is_adjoint_closed for rep in reps):
        return "they are too large to be decomposed"
    return (
        "the group's generators are not closed under the adjoint, so its representations need not "
        "be sums of irreducible ones"
    )
