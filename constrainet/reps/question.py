"""The question put to the solver: which linear maps between two representations are equivariant?

Where the two belong to different groups, it is also the question under which group. The solver
knows generators, as symmetries that act independently of each other. Each factor of a product of
groups is one, which is what makes `V(SO(3)) * V(S(5))` two small problems. That is not always
possible: an irreducible representation of SO(2) × SO(2) may turn under both factors at once and be
no tensor product. Then all generators of the product are one symmetry. Representations that meet in
a question are put to the solver in common symmetries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import Any, TypeVar

import numpy as np

from constrainet.groups import Group
from constrainet.linalg import (
    Matrix,
    Monomial,
    are_hermitian,
    are_orthogonal,
    moved,
    tight_combinations,
    to_dense,
)
from constrainet.solve import Atom, Space, Subspace, Symmetry, intertwiners
from constrainet.tolerances import EXACT

AnyRep = TypeVar("AnyRep", bound=Any)


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

    source: Any
    target: Any

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


def common_spaces(*reps: Any) -> tuple[Space, ...]:
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


Piece = tuple[tuple[Atom, ...], np.ndarray]
"""Atoms in any order, and the coordinates of their tensor product: (multiplicity, *dims)."""


@dataclass(frozen=True)
class Symmetries:
    """Which generators of a group act together, and how they are written.

    Args:
        is_joint: whether all factors of the group are one symmetry, not one each.
        is_real: whether only real representations meet; then complex generators are written as
            real matrices of twice the size, so that irreducibles and maps are real as well.
    """

    is_joint: bool = False
    is_real: bool = False

    def of(self, group: Group) -> tuple[Presentation, ...]:
        """The generators as the solver gets them: one presentation, or one for each factor."""
        if self.is_joint:
            return (_present(group, 0, False, self.is_real),)
        return tuple(
            _present(factor, place, True, self.is_real)
            for place, factor in enumerate(group.factors)
        )


ROUNDING = 1e-14
"""Weights of a combination below this fraction of the largest, and sums below this fraction of
their terms, are zero but for rounding."""


@dataclass(frozen=True, eq=False)
class Presentation:
    """Which generators of a group make a symmetry, and how they are scaled.

    Args:
        symmetry: the generators themselves.
        discrete: places of the discrete generators that are kept as such.
        lie: places of the Lie generators that are not zero.
        norms: what each of these is divided by.
        mix: the combinations, shape (D, D), that are then taken; None if none are needed.
    """

    symmetry: Symmetry
    discrete: tuple[int, ...]
    lie: np.ndarray
    norms: np.ndarray
    mix: np.ndarray | None = None

    @cached_property
    def defining(self) -> Atom:
        """The generators themselves."""
        symmetry = self.symmetry
        dim = symmetry.infinitesimal.shape[1]
        return Atom(symmetry, symmetry.discrete, symmetry.infinitesimal, dim)

    def atom(self, discrete: Sequence[Matrix], lie: np.ndarray) -> Atom:
        """The images of the symmetry's generators on another space.

        Args:
            discrete: the images of all discrete generators of the group.
            lie: the images of all Lie generators, shape (D, n, n).
        """
        kept = tuple(discrete[i] for i in self.discrete)
        infinitesimal = lie[self.lie] / self.norms[:, None, None]
        if self.mix is not None:
            infinitesimal = _mixed(self.mix, infinitesimal)
        return Atom(self.symmetry, kept, infinitesimal, lie.shape[1])


@lru_cache(maxsize=256)
def _present(group: Group, label: int, use_logarithms: bool, is_real: bool) -> Presentation:
    """The symmetry of a group's own matrices, with Lie generators scaled to norm one.

    Sizes are those in even units. Generators that are not orthogonal there, some of which may
    almost or entirely depend on others, give way to combinations that cover their span evenly.
    """
    kept = np.flatnonzero(group.lie_algebra.any(axis=(1, 2)))
    generators, mix = group.lie_algebra[kept], None
    units = np.ones(group.dim)
    if len(kept) and not are_hermitian(generators):
        sizes = np.linalg.norm(generators, axis=(1, 2), keepdims=True)
        symmetry = Symmetry(tuple(group.discrete_matrices), generators / sizes, label)
        given = Atom(symmetry, symmetry.discrete, symmetry.infinitesimal, group.dim)
        units = units if given.units is None else given.units
    norms = np.linalg.norm(moved(generators, units), 2, axis=(1, 2))
    generators = generators / norms[:, None, None]
    if len(kept) and not are_orthogonal(moved(generators, units)):
        mix = tight_combinations(moved(generators, units))
        mix[np.abs(mix) < ROUNDING * np.abs(mix).max()] = 0
        generators = _mixed(mix, generators)
    logarithms, discrete = [], []
    for i, h in enumerate(group.discrete_matrices):
        if use_logarithms and (log := logarithm_of_stretch(h)) is not None:
            logarithms.append(log)
        else:
            discrete.append(i)
    stretches = np.array(logarithms).reshape(-1, group.dim, group.dim)
    matrices = tuple(group.discrete_matrices[i] for i in discrete)
    lie = np.concatenate([generators, stretches])
    if is_real and group.is_complex:
        matrices = tuple(realified(to_dense(h)) for h in matrices)
        lie = realified(lie)
    symmetry = Symmetry(matrices, lie, label)
    return Presentation(symmetry, tuple(discrete), kept, norms, mix)


def _mixed(mix: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Combinations with zeros where terms cancel: units would be read from the rounding left."""
    found = np.tensordot(mix, matrices, 1)
    terms = np.tensordot(np.abs(mix), np.abs(matrices), 1)
    return np.where(np.abs(found) < ROUNDING * terms, 0, found)


def realified(matrices):
    """Complex matrices (..., n, n) on Cⁿ as real ones on R²ⁿ: real parts, then imaginary parts."""
    xp = matrices.__array_namespace__()
    real, imaginary = xp.real(matrices), xp.imag(matrices)
    upper = xp.concat([real, -imaginary], axis=-1)
    return xp.concat([upper, xp.concat([imaginary, real], axis=-1)], axis=-2)


def logarithm_of_stretch(matrix: Matrix) -> np.ndarray | None:
    """Of a Hermitian matrix with positive eigenvalues; None of any other.

    A stretch and its logarithm, taken as a Lie generator, have the same invariants in every tensor
    product; the logarithm stays of moderate size there, and is closed under the adjoint.
    """
    if isinstance(matrix, Monomial):
        return None
    scale = np.abs(matrix).max()
    if np.abs(matrix - matrix.conj().T).max() > EXACT * scale:
        return None
    values, vectors = np.linalg.eigh(matrix)
    if values[0] <= 0 or np.allclose(values, 1, rtol=0, atol=EXACT):
        return None
    logarithms = np.log(values)
    return (vectors * (logarithms / np.abs(logarithms).max())) @ vectors.conj().T


def outer(left: np.ndarray, right: np.ndarray, dim: int) -> np.ndarray:
    """The coordinates of the products of pieces: (m, *a) and (n, *b) to (m·n, *a, *b)."""
    outer = np.add.outer(left * dim, right)
    outer = np.moveaxis(outer, left.ndim, 1)
    return outer.reshape(-1, *left.shape[1:], *right.shape[1:])
