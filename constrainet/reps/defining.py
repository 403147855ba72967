"""The representations that a group brings with it: its own matrices and their determinants.

All others are made from those of `V`, `T` and `Scalar`; `Det` and `Sign` are of dimension one.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import aslinearoperator

from constrainet.groups import Group, check_group
from constrainet.linalg import Monomial, digest
from constrainet.reps.atomic import AtomicRep, joint_atom, resting_images
from constrainet.reps.notation import with_factor
from constrainet.reps.rep import Rep, TensorProduct, direct_sum, tensor_product
from constrainet.reps.unbound import needs_group


@dataclass(frozen=True, eq=False, repr=False)
class Defining(Rep):
    """The defining representation of one factor of a group, or its dual.

    Attributes:
        place: which factor of `group.factors`.
        is_dual: whether this is the dual.
    """

    place: int = 0
    is_dual: bool = False

    @property
    def factor(self) -> Group:
        """The factor that acts."""
        return self.group.factors[self.place]

    @property
    def dim(self) -> int:
        return self.factor.dim

    @cached_property
    def T(self) -> Rep:
        # inverse transposes of orthogonal matrices are the matrices themselves
        return self if self.factor.is_orthogonal else replace(self, is_dual=not self.is_dual)

    @property
    def is_permutation(self) -> bool:
        return self.factor.is_permutation

    @property
    def is_unitary(self) -> bool:
        return self.factor.is_unitary

    @property
    def is_complex(self) -> bool:
        return self.factor.is_complex

    @property
    def is_joint(self) -> bool:
        return False

    @cached_property
    def key(self) -> bytes:
        return digest("defining", self.group.key, self.place, self.is_dual)

    def lift(self, group, places):
        return replace(self, group=group, place=places[self.place])

    def pieces(self, symmetries):
        if symmetries.is_joint:
            atom = joint_atom(self, symmetries)
        else:
            atom = symmetries.of(self.group)[self.place].defining
            atom = atom.dual if self.is_dual else atom
        return [((atom,), np.arange(self.dim)[None])]

    def _rho(self, blocks):
        g = blocks[self.place]
        if not self.is_dual:
            return g
        return g.conj() if self.is_unitary else g.__array_namespace__().linalg.inv(g).T

    def _drho(self, blocks):
        A = blocks[self.place]
        return -A.T if self.is_dual else A

    def _images(self, place):
        generators = self.group.factors[place]
        if place != self.place:
            identity = Monomial(np.arange(self.dim))
            zero = aslinearoperator(csr_array((self.dim, self.dim)))
            return [identity for _ in generators.discrete_matrices], [
                zero for _ in generators.lie_algebra
            ]
        discrete, lie = generators.discrete_matrices, generators.lie_algebra
        if not self.is_dual:
            return list(discrete), list(lie)
        inverse_transposes = [
            h.conj() if isinstance(h, Monomial) or self.is_unitary else np.linalg.inv(h).T
            for h in discrete
        ]
        return inverse_transposes, [-A.T for A in lie]

    def __str__(self):
        return with_factor("V", self.group, self.place) + "*" * self.is_dual


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
            return resting_images(factor, 1)
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
