"""Representations that are known by the images of the generators, and those made of one other.

To the solver such a representation is one atom. Where only one factor of the group acts, the atom
belongs to that factor, and products with representations of other factors stay products; where
several act on it together, all generators of the group are put to the solver as one symmetry.
Duals, representations over other fields and of larger groups are such functions of others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from constrainet.groups import Group
from constrainet.linalg import Matrix, Monomial, digest, even_sizes, tidied, to_dense
from constrainet.reps.action import check_rep
from constrainet.reps.notation import dual_label
from constrainet.reps.question import Symmetries, logarithm_of_stretch, realified
from constrainet.reps.rep import Derived, Rep
from constrainet.solve import Atom
from constrainet.tolerances import EXACT

ROUNDING = 1e-12
"""Entries of unitary matrices below this are zero: a hundred times what a product of them loses."""


@dataclass(frozen=True, eq=False, repr=False)
class AtomicRep(Rep):
    """A representation given by matrices, and not composed of others."""

    @abstractmethod
    def matrices(self, place: int) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray]]:
        """The dense images of one factor's discrete generators, and of its Lie generators."""

    @cached_property
    def T(self) -> Rep:
        return dual(self)

    def lift(self, group, places):
        return inflate(self, group, places)

    @cached_property
    def _all_images(self) -> tuple[tuple[tuple[Matrix, ...], np.ndarray], ...]:
        """For each factor the images of its discrete generators, and of its Lie generators."""
        found = []
        for place in range(len(self.group.factors)):
            discrete, lie = self.matrices(place)
            stacked = np.array(lie, np.result_type(float, np.asarray(lie)))
            stacked = stacked.reshape(len(lie), self.dim, self.dim)
            sizes = even_sizes(self.group.factors[place].lie_algebra)
            images = np.abs(stacked).max(axis=(1, 2), initial=0)
            if np.any(images <= ROUNDING * sizes):  # what is small may only be in small units
                images = even_sizes(stacked)
            stacked[images <= ROUNDING * sizes] = 0
            found.append((tuple(tidied(matrix) for matrix in discrete), stacked))
        return tuple(found)

    def _images(self, place):
        discrete, lie = self._all_images[place]
        return list(discrete), list(lie)

    @cached_property
    def is_permutation(self) -> bool:
        return all(
            not lie.any() and all(isinstance(h, Monomial) and h.is_permutation for h in discrete)
            for discrete, lie in self._all_images
        )

    @cached_property
    def is_unitary(self) -> bool:
        return all(
            all(isinstance(h, Monomial) or _is_unitary(h) for h in discrete)
            and _are_anti_hermitian(lie)
            for discrete, lie in self._all_images
        )

    @cached_property
    def acting(self) -> tuple[int, ...]:
        """The places of the factors of the group that move anything."""
        return tuple(
            place
            for place, (discrete, lie) in enumerate(self._all_images)
            if lie.any() or not all(_is_identity(h) for h in discrete)
        )

    @cached_property
    def is_joint(self) -> bool:
        # a stretch is put to the solver by its logarithm, whose image is not always known
        factors = [self.group.factors[place] for place in self.acting]
        return len(factors) > 1 or any(
            logarithm_of_stretch(h) is not None for f in factors for h in f.discrete_matrices
        )

    def pieces(self, symmetries):
        if not self.acting:
            return [((), np.arange(self.dim))]
        if symmetries.is_joint:
            atom = joint_atom(self, symmetries)
        else:
            (place,) = self.acting
            atom = symmetries.of(self.group)[place].atom(*self._all_images[place])
        return [((atom,), np.arange(self.dim)[None])]


def joint_atom(rep: Rep, symmetries: Symmetries) -> Atom:
    """The images of all generators of a group, as those of one symmetry."""
    places = range(len(rep.group.factors))
    images = [h for place in places for h in rep._images(place)[0]]
    discrete = [h if isinstance(h, Monomial) else to_dense(h) for h in images]
    lie = [A for place in places for A in dense_images(rep, place)[1]]
    stacked = np.array(lie).reshape(-1, rep.dim, rep.dim)
    return symmetries.of(rep.group)[0].atom(discrete, stacked)


def dense_images(rep: Rep, place: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The images of the discrete and Lie generators of one factor of a group, as arrays."""
    discrete, lie = rep._images(place)
    return [to_dense(h) for h in discrete], [to_dense(A) for A in lie]


def _is_unitary(matrix: np.ndarray) -> bool:
    return bool(np.abs(matrix @ matrix.conj().T - np.eye(len(matrix))).max(initial=0) <= EXACT)


def _are_anti_hermitian(matrices: np.ndarray) -> bool:
    """Whether each is, relative to its own size: generators may differ in size by any factor."""
    misses = np.abs(matrices + matrices.conj().swapaxes(1, 2)).max(axis=(1, 2), initial=0)
    return bool(np.all(misses <= EXACT * np.abs(matrices).max(axis=(1, 2), initial=0)))


def _is_identity(matrix: Matrix) -> bool:
    if isinstance(matrix, Monomial):
        return matrix.is_permutation and np.array_equal(
            matrix.images, np.arange(len(matrix.images))
        )
    return bool(np.abs(matrix - np.eye(len(matrix))).max(initial=0) <= ROUNDING)


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

    T = Derived.T

    def lift(self, group, places):
        return Derived.lift(self, group, places)

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

    T = AtomicRep.T

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
        return resting_images(self.group.factors[place], self.dim)

    def _own(self, blocks):
        return tuple(blocks[place] for place in self.places)

    def _rho(self, blocks):
        return self.rep._rho(self._own(blocks))

    def _drho(self, blocks):
        return self.rep._drho(self._own(blocks))

    def _act(self, blocks, x):
        return self.rep._act(self._own(blocks), x)


def resting_images(factor: Group, dim: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The images of the generators of a group that leaves everything alone."""
    return [np.eye(dim)] * len(factor.discrete_matrices), [
        np.zeros((dim, dim)) for _ in factor.lie_algebra
    ]


def inflate(rep: Rep, group, places) -> Rep:
    """A representation for a larger product group; itself if the group is the same."""
    if group == rep.group and tuple(places) == tuple(range(len(places))):
        return rep
    return Inflation(group, rep, tuple(places))
