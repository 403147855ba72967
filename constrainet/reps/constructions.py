"""Where representations begin: `V`, `T` and `Scalar`."""

from __future__ import annotations

import operator

from constrainet.groups import Group, check_group
from constrainet.reps.atoms import Defining
from constrainet.reps.rep import Rep, TensorProduct, direct_sum
from constrainet.reps.unbound import needs_group


@needs_group("V(G)")
def V(group: Group, *, factor: int | None = None) -> Rep:
    """The defining representation: the group's own matrices.

    Of a product of groups it is the direct sum of the factors' defining representations, because
    elements of a product are block-diagonal.

    Args:
        group: the group.
        factor: of a product of groups, the place of the one factor that acts, counted from 0.
            Needed only where equal factors occur more than once, as in `Z(5) * Z(5)`.

    Returns:
        A representation of dimension `group.dim` (of that of the factor).

    Raises:
        TypeError: if `group` is not a group.
        ValueError: if the group has no such factor.

    Example:
        >>> from constrainet.groups import Z
        >>> torus = Z(3) * Z(5)
        >>> V(torus).dim, (V(torus, factor=0) * V(torus, factor=1)).dim
        (8, 15)
    """
    check_group("V", group)
    places = range(len(group.factors))
    if factor is not None:
        if operator.index(factor) not in places:
            raise ValueError(
                f"`V(factor=...)` should be one of 0 ... {len(places) - 1}, the places of the "
                f"factors of {group}. Got {factor}."
            )
        return Defining(group, operator.index(factor))
    return direct_sum(group, [(Defining(group, place), 1) for place in places])


@needs_group("T(p, q, group=G)")
def T(p: int, q: int = 0, *, group: Group) -> Rep:
    """Tensors with p upper and q lower indices: V^⊗p ⊗ V*^⊗q.

    Args:
        p: the power of the defining representation.
        q: the power of its dual.
        group: the group.

    Returns:
        A representation of dimension `group.dim ** (p + q)`.

    Raises:
        TypeError: if `group` is not a group, or p or q is not a whole number.
        ValueError: if p or q is negative.

    Example:
        >>> from constrainet.groups import SL
        >>> print(T(2, 1, group=SL(3)))
        V²⊗V*
    """
    base = V(group)
    return base**p * base.T**q


@needs_group("Scalar(G)")
def Scalar(group: Group) -> Rep:
    """The trivial representation: one number that no element changes.

    Args:
        group: the group.

    Returns:
        A representation of dimension 1.

    Raises:
        TypeError: if `group` is not a group.

    Example:
        >>> from constrainet.groups import SO
        >>> print(3 * Scalar(SO(3)))
        3V⁰
    """
    check_group("Scalar", group)
    return TensorProduct(group, ())
