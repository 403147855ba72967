"""Representations made of one other: duals, other fields, larger groups.

To the solver each is an atom, by the images of the generators.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from constrainet.linalg import digest
from constrainet.reps.action import check_rep
from constrainet.reps.atomic import AtomicRep, dense_images
from constrainet.reps.notation import dual_label
from constrainet.reps.rep import Derived, Rep
from constrainet.reps.symmetries import realified


@dataclass(frozen=True, eq=False, repr=False)
class DerivedAtom(AtomicRep, Derived):
    """An atom that is a function of one other representation.

    Attributes:
        rep: the other representation.
    """

    rep: Rep

    kind: ClassVar[str]
    """Which function it is, for equality."""
    notation: ClassVar[str]
    """How it is written, with {} for the other."""

    @property
    def operands(self) -> tuple[Rep, ...]:
        return (self.rep,)

    def of(self, group, operands) -> Rep:
        (rep,) = operands
        return replace(self, group=group, rep=rep)

    @property
    def dim(self) -> int:
        return self.rep.dim

    @cached_property
    def key(self) -> bytes:
        return digest(self.kind, self.group.key, self.rep.key)

    def __str__(self):
        return self.notation.format(self.rep)


@dataclass(frozen=True, eq=False, repr=False)
class Dual(DerivedAtom):
    """ρ*(g) = ρ(g)⁻ᵀ, of a representation that knows no better way to write it; see `dual`."""

    kind = "dual"

    def of(self, group, operands):
        (rep,) = operands
        return rep.T

    @cached_property
    def T(self) -> Rep:
        return self.rep

    def matrices(self, place):
        discrete, lie = dense_images(self.rep, place)
        return [np.linalg.inv(h).T for h in discrete], [-A.T for A in lie]

    def _rho(self, blocks):
        matrix = self.rep._rho(blocks)
        if self.is_unitary:
            return matrix.conj()
        return matrix.__array_namespace__().linalg.inv(matrix).T

    def _drho(self, blocks):
        return -self.rep._drho(blocks).T

    def _act(self, blocks, x):
        return x @ self._rho(blocks).T

    def __str__(self):
        return dual_label(str(self.rep))


def dual(rep: AtomicRep) -> Rep:
    """The dual; of a real orthogonal representation the representation itself."""
    return rep if rep.is_unitary and not rep.is_complex else Dual(rep.group, rep)


@dataclass(frozen=True, eq=False, repr=False)
class RealifiedRep(DerivedAtom):
    """Cⁿ as R²ⁿ; made by `Realified`."""

    kind, notation = "realified", "({})_R"

    @property
    def dim(self) -> int:
        return 2 * self.rep.dim

    @cached_property
    def is_complex(self) -> bool:
        return False

    @cached_property
    def T(self) -> Rep:
        return dual(self)

    def matrices(self, place):
        discrete, lie = dense_images(self.rep, place)
        return [realified(h) for h in discrete], [realified(A) for A in lie]

    def _rho(self, blocks):
        return realified(self.rep._rho(blocks))

    def _drho(self, blocks):
        return realified(self.rep._drho(blocks))

    def _act(self, blocks, x):
        xp, n = x.__array_namespace__(), self.rep.dim
        if np.dtype(x.dtype).kind == "c":
            return x @ self._rho(blocks).T
        real, imaginary = self.rep._act(blocks, x[..., :n]), self.rep._act(blocks, x[..., n:])
        upper = xp.real(real) - xp.imag(imaginary)
        return xp.concat([upper, xp.imag(real) + xp.real(imaginary)], axis=-1)


def Realified(rep: Rep) -> Rep:
    """A complex representation on Cⁿ as a real one on R²ⁿ.

    Coordinates are the n real parts and then the n imaginary parts; ρ(g) has the blocks
    [[Re, -Im], [Im, Re]]. Maps between such representations are real-linear, which is more than
    complex-linear.

    Args:
        rep: of dimension n. Of a real one the result is two copies.

    Returns:
        A real representation of dimension 2n.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        The spinors of SU(2) are of quaternionic type: they have four real maps to themselves.

        >>> from constrainet.groups import SU
        >>> from constrainet.reps import Realified, V
        >>> spinor = Realified(V(SU(2)))
        >>> (spinor >> spinor).equivariant_basis().rank
        4
    """
    check_rep("Realified", rep)
    return RealifiedRep(rep.group, rep) if rep.is_complex else 2 * rep


@dataclass(frozen=True, eq=False, repr=False)
class ComplexifiedRep(DerivedAtom):
    """Rⁿ as Cⁿ; made by `Complexified`."""

    kind, notation = "complexified", "({})_C"

    @cached_property
    def is_complex(self) -> bool:
        return True

    def matrices(self, place):
        discrete, lie = dense_images(self.rep, place)
        return [h.astype(complex) for h in discrete], [A.astype(complex) for A in lie]

    def _rho(self, blocks):
        return self._complex(self.rep._rho(blocks))

    def _drho(self, blocks):
        return self._complex(self.rep._drho(blocks))

    def _complex(self, matrix):
        xp = matrix.__array_namespace__()
        return matrix.astype(xp.result_type(matrix.dtype, xp.complex64))

    def _act(self, blocks, x):
        return self.rep._act(blocks, self._complex(x))


def Complexified(rep: Rep) -> Rep:
    """A real representation on Rⁿ as a complex one on Cⁿ, with the same matrices.

    Maps between such representations are complex-linear, and irreducible parts are those over the
    complex numbers: the vectors of SO(2) split into two characters.

    Args:
        rep: a real representation; a complex one is returned as it is.

    Returns:
        A complex representation of the same dimension.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Complexified, V, decompose
        >>> print(decompose(V(SO(2))), decompose(Complexified(V(SO(2)))))
        [2] [1]₁⊕[1]₂
    """
    check_rep("Complexified", rep)
    return rep if rep.is_complex else ComplexifiedRep(rep.group, rep)


@dataclass(frozen=True, eq=False, repr=False)
class Inflation(DerivedAtom):
    """ρ(g₁, g₂) = ρ(g₁): the other factors of a product leave everything alone.

    Made when representations of different groups are added or multiplied, of those that are bound
    to their own group; `V` and what is composed of it need none.

    Attributes:
        places: for each factor of the smaller group, the place in the larger one.
    """

    places: tuple[int, ...]

    kind, notation = "inflation", "{}"

    @cached_property
    def key(self) -> bytes:
        return digest(self.kind, self.group.key, self.rep.key, self.places)

    def lift(self, group, places):
        return inflate(self.rep, group, tuple(places[place] for place in self.places))

    def matrices(self, place):
        if place in self.places:
            return dense_images(self.rep, self.places.index(place))
        factor = self.group.factors[place]
        n = self.dim
        return [np.eye(n)] * len(factor.discrete_matrices), [np.zeros((n, n))] * len(
            factor.lie_algebra
        )

    def _own(self, blocks):
        return tuple(blocks[place] for place in self.places)

    def _rho(self, blocks):
        return self.rep._rho(self._own(blocks))

    def _drho(self, blocks):
        return self.rep._drho(self._own(blocks))

    def _act(self, blocks, x):
        return self.rep._act(self._own(blocks), x)


def inflate(rep: Rep, group, places) -> Rep:
    """A representation for a larger product group; itself if the group is the same."""
    if group == rep.group and tuple(places) == tuple(range(len(places))):
        return rep
    return Inflation(group, rep, tuple(places))
