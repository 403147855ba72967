"""Representations of dimension one by determinants: `Det` and `Sign`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from constrainet.groups import Group, check_group
from constrainet.linalg import Monomial, digest
from constrainet.reps.atomic import AtomicRep
from constrainet.reps.notation import with_factor
from constrainet.reps.rep import Rep, tensor_product
from constrainet.reps.unbound import needs_group


@dataclass(frozen=True, eq=False, repr=False)
class Determinant(AtomicRep):
    """The determinant of one factor of a group, or its inverse.

    Attributes:
        place: which factor of `group.factors`.
        of_moduli: whether it is that of the moduli of a monomial matrix's entries: the sign of the
            permutation.
        is_dual: whether it is the inverse.
    """

    place: int = 0
    of_moduli: bool = False
    is_dual: bool = False

    @property
    def factor(self) -> Group:
        """The factor whose determinant it is."""
        return self.group.factors[self.place]

    @property
    def dim(self) -> int:
        return 1

    @property
    def is_complex(self) -> bool:
        return self.factor.is_complex and not self.of_moduli

    @cached_property
    def T(self) -> Rep:
        is_self = self.is_unitary and not self.is_complex
        return self if is_self else replace(self, is_dual=not self.is_dual)

    @cached_property
    def key(self) -> bytes:
        return digest("determinant", self.group.key, self.place, self.of_moduli, self.is_dual)

    def lift(self, group, places):
        return replace(self, group=group, place=places[self.place])

    def matrices(self, place):
        factor = self.group.factors[place]
        if place != self.place:
            return [np.eye(1) for _ in factor.discrete_matrices], [
                np.zeros((1, 1)) for _ in factor.lie_algebra
            ]
        values = [self._of_generator(h) for h in factor.discrete_matrices]
        values = [1 / value for value in values] if self.is_dual else values
        traces = np.trace(factor.lie_algebra, axis1=1, axis2=2)
        return [np.full((1, 1), v) for v in values], [
            np.full((1, 1), -t if self.is_dual else t) for t in traces
        ]

    def _of_generator(self, h):
        if not isinstance(h, Monomial):
            return np.linalg.det(h)
        n = len(h.images)
        links = csr_array((np.ones(n), (np.arange(n), h.images)), shape=(n, n))
        num_cycles = connected_components(links, directed=False)[0]
        sign = (-1.0) ** (n - num_cycles)
        return sign if self.of_moduli else sign * np.prod(h.phases)

    def _rho(self, blocks):
        g = blocks[self.place]
        xp = g.__array_namespace__()
        value = xp.linalg.det(xp.abs(g) if self.of_moduli else g)
        return xp.reshape(xp.asarray(1 / value if self.is_dual else value), (1, 1))

    def _drho(self, blocks):
        A = blocks[self.place]
        xp = A.__array_namespace__()
        trace = xp.reshape(xp.linalg.trace(A), (1, 1))
        if self.of_moduli:
            return xp.zeros_like(xp.real(trace))
        return -trace if self.is_dual else trace

    def _act(self, blocks, x):
        return x * self._rho(blocks)[0]

    def __str__(self):
        text = with_factor("sgn" if self.of_moduli else "det", self.group, self.place)
        return text + "*" * self.is_dual


@needs_group("Det(G)")
def Det(group: Group) -> Rep:
    """The determinant of the defining matrices, a representation of dimension 1.

    Pseudoscalars of O(n), densities of GL(n). Of a product of groups it is the product of the
    factors' determinants.

    Args:
        group: the group.

    Returns:
        ρ(g) = det g, dρ(A) = tr A.

    Raises:
        TypeError: if `group` is not a group.

    Example:
        The cross product of two vectors is a vector times a pseudoscalar:

        >>> from constrainet.groups import O
        >>> from constrainet.reps import Det, V
        >>> v = V(O(3))
        >>> (v * v >> v).equivariant_basis().rank, (v * v >> v * Det(O(3))).equivariant_basis().rank
        (0, 1)
    """
    check_group("Det", group)
    places = range(len(group.factors))
    return tensor_product(group, [Determinant(group, place) for place in places])


@needs_group("Sign(G)")
def Sign(group: Group) -> Rep:
    """The sign of the permutation of coordinates, a representation of dimension 1.

    Signs and phases of the coordinates do not count: of `Hyperoctahedral(n)` it is the sign of the
    permutation of the axes, and `Det` is that times the product of the signs. Of a product of
    groups it is the product of the factors' signs.

    Args:
        group: a group of monomial matrices.

    Returns:
        ρ(g) = ±1.

    Raises:
        TypeError: if `group` is not a group.
        ValueError: if its elements do not permute the coordinates up to phases.

    Example:
        >>> from constrainet.groups import S
        >>> from constrainet.reps import Alt, Sign, V
        >>> (Sign(S(3)) >> Alt(V(S(3)), 3)).equivariant_basis().rank
        1
    """
    check_group("Sign", group)
    if not group.is_monomial:
        raise ValueError(
            f"`Sign(group)` should get a group whose elements permute the coordinates, up to "
            f"signs or phases, because it is the sign of that permutation. Got {group}. For the "
            "determinant use `Det(group)`."
        )
    places = range(len(group.factors))
    return tensor_product(group, [Determinant(group, place, True) for place in places])
