"""From a group to its subgroups and back: `restrict` and `induce`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg

from constrainet.groups import Group, check_group, is_known_finite, resembles
from constrainet.reps.action import block_diagonal, check_rep, embedded
from constrainet.reps.atomic import AtomicRep, DerivedAtom
from constrainet.reps.defining import Defining, V
from constrainet.reps.generated import on_host
from constrainet.reps.named_parts import NamedSum
from constrainet.reps.rep import (
    DirectSum,
    Rep,
    TensorProduct,
)
from constrainet.reps.subquotient import Subquotient, part

LARGEST_INDEX = 2000
"""Cosets that are looked for."""


@dataclass(frozen=True, eq=False, repr=False)
class Restricted(DerivedAtom):
    """A representation of a group, of which only a subgroup's elements act; made by `restrict`.

    That of the larger group has matrices of the same size.
    """

    kind, notation = "restricted", "Res({})"
    lift = AtomicRep.lift

    def matrices(self, place):
        discrete, lie = embedded(self.group)[place]
        return [self.rep.rho(h) for h in discrete], [self.rep.drho(A) for A in lie]

    def _outer(self, blocks):
        return self.rep.group.split(block_diagonal(blocks))

    def _rho(self, blocks):
        return self.rep._rho(self._outer(blocks))

    def _drho(self, blocks):
        return self.rep._drho(self._outer(blocks))

    def _act(self, blocks, x):
        return self.rep._act(self._outer(blocks), x)


def restrict(rep: Rep, subgroup: Group) -> Rep:
    """The same space, on which only a subgroup acts.

    Args:
        rep: of a group G.
        subgroup: whose generators are elements, and elements of the Lie algebra, of G; matrices
            of the same size.

    Returns:
        A representation of the subgroup; sums, products and duals stay what they are, and `V(G)`
        becomes `V(subgroup)`.

    Raises:
        TypeError: if an argument is of another kind.
        ValueError: if the matrices have different sizes, or a generator lies outside G.

    Example:
        >>> from constrainet.groups import O, SO
        >>> from constrainet.reps import Det, V, restrict
        >>> rep = restrict(V(O(3)) * Det(O(3)), SO(3))
        >>> (rep >> V(SO(3))).equivariant_basis().rank
        1
    """
    check_rep("restrict", rep)
    check_group("restrict", subgroup)
    _check_subgroup("restrict", subgroup, rep.group)
    return _restricted(rep, subgroup)


def _restricted(rep: Rep, subgroup: Group) -> Rep:
    if rep.group == subgroup:
        return rep
    if isinstance(rep, DirectSum | TensorProduct | NamedSum):
        return rep.of(subgroup, [_restricted(operand, subgroup) for operand in rep.operands])
    if isinstance(rep, Defining):
        if len(rep.group.factors) == 1:
            return V(subgroup).T if rep.is_dual else V(subgroup)
        if [f.dim for f in subgroup.factors] == [f.dim for f in rep.group.factors]:
            own = Defining(subgroup, rep.place)
            return own.T if rep.is_dual else own
    if isinstance(rep, Subquotient):
        return part(_restricted(rep.parent, subgroup), rep.basis, str(rep))
    return Restricted(subgroup, rep)


@dataclass(frozen=True, eq=False, repr=False)
class Induced(DerivedAtom):
    """Functions on the cosets of a subgroup, with values in its representation; see `induce`.

    Attributes:
        representatives: of the cosets, the identity first, shape (index, d, d).
    """

    representatives: np.ndarray

    kind, notation = "induced", "Ind({})"
    lift = AtomicRep.lift

    @property
    def dim(self) -> int:
        return len(self.representatives) * self.rep.dim

    @cached_property
    def _inverses(self) -> np.ndarray:
        return np.linalg.inv(self.representatives)

    def matrices(self, place):
        discrete, lie = embedded(self.group)[place]
        return [self._at(h) for h in discrete], [self._tangent(A) for A in lie]

    def _rho(self, blocks):
        return on_host(self._at, self.dim, self.is_complex, (block_diagonal(blocks),))

    def _at(self, g: np.ndarray) -> np.ndarray:
        n = self.rep.dim
        rho = np.zeros((self.dim, self.dim), complex if self.is_complex else float)
        for j, representative in enumerate(self.representatives):
            moved = g @ representative
            for i, inverse in enumerate(self._inverses):
                if resembles(self.rep.group, inverse @ moved):
                    block = self.rep.rho(inverse @ moved)
                    rho[i * n : (i + 1) * n, j * n : (j + 1) * n] = block
                    break
            else:
                raise ValueError(
                    f"`rho(g)` and `act(g, x)` should get an element of {self.group}. Got a matrix "
                    f"that moves cosets of {self.rep.group} elsewhere:\n{g}"
                )
        return rho

    def _drho(self, blocks):
        return on_host(self._tangent, self.dim, self.is_complex, (block_diagonal(blocks),))

    def _tangent(self, A: np.ndarray) -> np.ndarray:
        pairs = zip(self._inverses, self.representatives, strict=True)
        return scipy.linalg.block_diag(*(self.rep.drho(inverse @ A @ r) for inverse, r in pairs))


def induce(rep: Rep, group: Group) -> Rep:
    """The representation of a group induced from one of a subgroup of finite index.

    With representatives r₁ = 1, r₂, ... of the cosets rH, in the order in which words in the
    generators reach them, ρ(g) has the block ρ_H(rᵢ⁻¹ g rⱼ) in row i and column j if that product
    lies in H, and zero if not. That is found out by NumPy; see `from_generators`.

    Args:
        rep: of a subgroup H, given by matrices of the group's size.
        group: the group.

    Returns:
        A representation of dimension [G : H] · rep.dim.

    Raises:
        TypeError: if an argument is of another kind.
        ValueError: if H is not a subgroup, or not of finite index (up to 2000).

    Example:
        Frobenius reciprocity: maps from Ind ρ to σ are maps from ρ to the restriction of σ.

        >>> from constrainet.groups import A, S
        >>> from constrainet.reps import V, induce, restrict
        >>> induced = induce(V(A(3)), S(3))
        >>> print(induced, induced.dim)
        Ind(V) 6
        >>> (induced >> V(S(3))).equivariant_basis().rank
        3
        >>> (V(A(3)) >> restrict(V(S(3)), A(3))).equivariant_basis().rank
        3

    References:
        Serre, "Linear representations of finite groups" (1977), sections 3.3 and 7.2.
    """
    check_rep("induce", rep)
    check_group("induce", group)
    subgroup = rep.group
    _check_subgroup("induce", subgroup, group)
    if not all(A in subgroup.algebra for A in group.lie_algebra):
        raise ValueError(
            f"`induce(rep, group)` should induce from a subgroup of finite index, but the Lie "
            f"algebra of {group} is larger than that of {subgroup}."
        )
    if group == subgroup:
        return rep
    if is_known_finite(group) and (index := group.order // subgroup.order) > LARGEST_INDEX:
        raise ValueError(
            f"`induce(rep, group)` should induce from a subgroup of finite index, at most "
            f"{LARGEST_INDEX:,}. {subgroup} has {index:,} cosets in {group}."
        )
    return Induced(group, rep, _cosets(subgroup, group))


def _cosets(subgroup: Group, group: Group) -> np.ndarray:
    found = [np.eye(group.dim, dtype=group.dtype)]
    inverses = [found[0]]
    for representative in found:  # grows on the way
        for h in group.discrete_generators:
            g = h @ representative
            if not any(_contains("induce", subgroup, inverse @ g) for inverse in inverses):
                found.append(g)
                inverses.append(np.linalg.inv(g))
        if len(found) > LARGEST_INDEX:
            raise ValueError(
                f"`induce(rep, group)` should induce from a subgroup of finite index, at most "
                f"{LARGEST_INDEX:,}. {subgroup} has more cosets in {group}."
            )
    representatives = np.stack(found)
    representatives.flags.writeable = False
    return representatives


def _check_subgroup(call: str, subgroup: Group, group: Group) -> None:
    if subgroup.dim != group.dim:
        raise ValueError(
            f"`{call}` should get a subgroup of {group}, given by matrices of the same size "
            f"{group.dim}. Got {subgroup}, of size {subgroup.dim}. Write its generators as "
            "elements of the larger group."
        )
    outside: Sequence[str] = [
        f"discrete generator {i}"
        for i, h in enumerate(subgroup.discrete_generators)
        if not _contains(call, group, h)
    ]
    outside += [
        f"Lie generator {i}" for i, A in enumerate(subgroup.lie_algebra) if A not in group.algebra
    ]
    if outside:
        raise ValueError(
            f"`{call}` should get a subgroup of {group}, but {outside[0]} of {subgroup} lies "
            "outside the group."
        )


def _contains(call: str, group: Group, g: np.ndarray) -> bool:
    try:
        return group.contains(g)
    except ValueError as error:
        raise ValueError(
            f"`{call}` should get a subgroup, and which elements lie in it cannot be decided. "
            f"{error}"
        ) from None
