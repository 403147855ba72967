"""Representations as direct sums of irreducible ones, and the coupling of two to a third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import Group
from constrainet.linalg import ByContent, digest
from constrainet.reps.notation import SUBSCRIPTS, with_multiplicity
from constrainet.reps.question import Question, Symmetries
from constrainet.reps.rep import Rep
from constrainet.reps.subquotient import Subquotient, flattened
from constrainet.solve import Atom, Component, Space, constant, intertwiners, memory_limit
from constrainet.solve import decompose as decompose_spaces

Type = Literal["real", "complex", "quaternionic"]


@dataclass(frozen=True, eq=False, repr=False)
class Irrep(Subquotient):
    """An irreducible representation, as part of a representation in which it occurs.

    Made by `decompose` and `irreducible`. It has matrices ρ(g) = Bᴴ parent.ρ(g) B, and is an
    ordinary representation: it can be added, multiplied, mapped from and to.

    Attributes:
        type: of a real one, by the dimension 1, 2 or 4 of the algebra of equivariant maps to
            itself: "real", "complex" or "quaternionic". Of a complex one, "real" if it is real in
            other coordinates, "complex" if it differs from its conjugate, and "quaternionic" if it
            is equivalent to it but not real (Frobenius and Schur).

    References:
        Bröcker, tom Dieck, "Representations of compact Lie groups" (1985), section II.6.
    """

    type: Type

    # what acts on the parent, a product, would act on one factor of a factor after another
    def _rho(self, blocks):
        columns = self.parent._act(blocks, constant(self.basis.T, blocks[0]))
        return (columns @ constant(self.basis.conj(), columns)).T

    def _act(self, blocks, x):
        return x @ self._rho(blocks).T


def irrep(parent: Rep, basis: np.ndarray, type: Type, label: str) -> Irrep:
    """The part of a representation spanned by orthonormal columns, known to be irreducible."""
    parent, basis = flattened(parent, basis)
    return Irrep(parent.group, parent, basis, label, type)


TYPES: dict[int, Type] = {1: "real", 2: "complex", 4: "quaternionic"}


@dataclass(frozen=True, eq=False)
class IrreducibleDecomposition(ByContent):
    """A representation as a direct sum of irreducible ones.

    Attributes:
        rep: the representation.
        irreps: pairs of irreducible representation and multiplicity, by dimension, and among
            those of one dimension in the order of the summands in which they first occur.
        matrix: M, orthogonal or unitary of shape (dim, dim), with Mᴴ ρ(g) M block-diagonal: for
            each pair in order, the irreducible's matrix as often as its multiplicity says.
    """

    rep: Rep
    irreps: tuple[tuple[Irrep, int], ...]
    matrix: np.ndarray

    def multiplicity(self, irrep: Rep) -> int:
        """How often an irreducible representation occurs.

        Args:
            irrep: irreducible, in whatever coordinates.

        Returns:
            Zero if it does not.
        """
        copies = Question(irrep, self.rep).solve().rank
        return copies // max(1, Question(irrep, irrep).solve().rank)

    @cached_property
    def key(self) -> bytes:
        """The digest of all attributes that equality goes by."""
        irreps = tuple((irrep.key, count) for irrep, count in self.irreps)
        return digest(self.rep.key, irreps, self.matrix)

    def __repr__(self):
        return f"IrreducibleDecomposition({self})"

    def __str__(self):
        return "⊕".join(with_multiplicity(str(i), count) for i, count in self.irreps) or "0"


@lru_cache(maxsize=64)
def decompose(rep: Rep) -> IrreducibleDecomposition:
    """Decomposes a representation into irreducible ones.

    A real representation is decomposed over the real numbers, a complex one over the complex ones.
    An irreducible part that is a summand by itself keeps its own coordinates.

    Args:
        rep: of a group whose generators are closed under the adjoint, as orthogonal and unitary
            groups and the classical ones in their usual matrices are.

    Returns:
        The irreducible representations, their multiplicities, and the orthogonal or unitary change
        of basis that block-diagonalises `rep`, to rounding.

    Raises:
        ValueError: if the images of the generators are not closed under the adjoint: then there
            may be no such basis.
        CertificateError: if no decomposition passes its certificate.
        ProblemTooLargeError: if the change of basis would not fit in memory.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V, decompose
        >>> parts = decompose(V(SO(3)) ** 3)
        >>> print(parts)
        [1]⊕3[3]⊕2[5]⊕[7]
        >>> [(irrep.dim, irrep.type, count) for irrep, count in parts.irreps]
        [(1, 'real', 1), (3, 'real', 3), (5, 'real', 2), (7, 'real', 1)]
        >>> parts.matrix.shape
        (27, 27)

    References:
        Maehara, Murota, "A numerical algorithm for block-diagonal decomposition of matrix
        *-algebras with general irreducible components" (2010).
    """
    required = 3 * 16 * rep.dim**2
    if required > memory_limit():
        what = f"A change of basis of shape ({rep.dim:,}, {rep.dim:,})"
        raise ProblemTooLargeError(what, required, memory_limit())
    # a real irreducible of a product may be no tensor product of those of the factors
    symmetries = Symmetries(rep.is_joint or len(rep.group.factors) > 1, not rep.is_complex)
    summands = [part for part, _ in rep.summands]
    spaces = [other.space_in(symmetries) for other in (rep, *summands)]
    _check_closed(rep, spaces[0])
    found = decompose_spaces(*spaces, whole_from=float("inf"))
    members = [i for i in range(len(found.components)) if found.multiplicity(0, i)]
    # sorting is stable: those of one dimension stay in the order of the terms that hold them
    members = sorted(members, key=lambda i: found.components[i].dim)
    matrix = np.zeros((rep.dim, rep.dim), np.result_type(float, *_arrays(found.parts[0])))
    irreps, used, stop = [], {}, 0
    for index in members:
        component, count = found.components[index], found.multiplicity(0, index)
        homes = (
            (summand, _first_copy(space, parts, index))
            for summand, space, parts in zip(summands, spaces[1:], found.parts[1:], strict=True)
            if any(index in part for part in parts)
        )
        parent, basis = min(homes, key=lambda home: home[0].dim)
        start, stop = stop, stop + count * component.dim
        _place(matrix[:, start:stop], spaces[0], found.parts[0], index)
        if parent.dim == component.dim:
            blocks = matrix[:, start:stop].reshape(rep.dim, count, component.dim)
            matrix[:, start:stop] = (blocks @ basis.conj().T).reshape(rep.dim, -1)
            basis = np.eye(parent.dim)
        number = used[component.dim] = used.get(component.dim, 0) + 1
        shared = sum(found.components[i].dim == component.dim for i in members) > 1
        suffix = str(number).translate(SUBSCRIPTS) if shared else ""
        label = f"[{component.dim}]{suffix}"
        kind = _type(component, rep.is_complex)
        member = parent if isinstance(parent, Irrep) and parent.dim == component.dim else None
        irreps.append((member or irrep(parent, basis, kind, label), count))
    matrix.flags.writeable = False
    return IrreducibleDecomposition(rep, tuple(irreps), matrix)


Parts = Sequence[dict[int, np.ndarray]]
"""For each term of a space, by component its intertwiners, shape (copies, term.dim, d)."""


def _arrays(parts: Parts) -> list[np.ndarray]:
    return [copies for part in parts for copies in part.values()]


def _place(columns: np.ndarray, space: Space, parts: Parts, index: int) -> None:
    """Writes all copies of a component, side by side, in the caller's coordinates."""
    start = 0
    for term, part in zip(space.terms, parts, strict=True):
        if (copies := part.get(index)) is None:
            continue
        together = copies.transpose(1, 0, 2).reshape(copies.shape[1], -1)
        for places in term.indices:
            columns[places, start : start + together.shape[1]] = together
            start += together.shape[1]


def _first_copy(space: Space, parts: Parts, index: int) -> np.ndarray:
    """One copy of a component, shape (space.dim, d)."""
    term, part = next(pair for pair in zip(space.terms, parts, strict=True) if index in pair[1])
    copy = part[index][0]
    placed = np.zeros((space.dim, copy.shape[1]), copy.dtype)
    placed[term.indices[0]] = copy
    return placed


def _check_closed(rep: Rep, space: Space) -> None:
    atoms = {atom for term in space.terms for atom in term.atoms}
    if all(atom.is_adjoint_closed for atom in atoms):
        return
    raise ValueError(
        "`decompose(rep)` should get a representation in which the adjoints of the generators' "
        "images are in the algebra again; otherwise no orthogonal basis need split it. Got "
        f"{rep} of {rep.group}. {_remedy(rep.group)}"
    )


def _remedy(group: Group) -> str:
    if group.is_unitary:
        return (
            "The group's own matrices are orthogonal or unitary: give the images in a basis in "
            "which they are, too."
        )
    try:
        is_compact = group.is_compact
    except ValueError:  # too large, or known too poorly, to decide
        is_compact = False
    if not is_compact:
        return "If it is compact, write it in a basis in which its matrices are unitary."
    return (
        "It is compact, in a skew basis. Decompose a representation of "
        "`conjugate(G, np.linalg.cholesky(G.invariant_form).conj().T)`, which is the same group "
        "by orthogonal or unitary matrices."
    )


def _type(component: Component, is_complex: bool) -> Type:
    if component.is_trivial or component.commutant is None:
        return "real"
    if not is_complex:
        return TYPES[len(component.commutant)]
    (atom,) = component.atoms
    forms = intertwiners(_space(atom.conj), _space(atom))
    if not forms.rank:
        return "complex"
    J = forms.to_dense()[:, 0].reshape(atom.dim, atom.dim)
    return "real" if np.trace(J @ J.conj()).real > 0 else "quaternionic"


def _space(atom: Atom) -> Space:
    return Space.collect([((atom,), np.arange(atom.dim)[None])])


def clebsch_gordan(a: Rep, b: Rep, c: Rep) -> np.ndarray:
    """The equivariant bilinear maps from two representations to a third.

    C[p] couples x and y to z_k = Σ C[p, k, i, j] x_i y_j; every equivariant bilinear map is a
    combination of the paths p. Of irreducible representations these are the Clebsch-Gordan
    coefficients; the basis of the paths, and so the sign of a single one, is canonical.

    Args:
        a: the first representation.
        b: the second.
        c: the one that they are coupled to. All are of one group, irreducible or not.

    Returns:
        C, shape (paths, c.dim, a.dim, b.dim), orthonormal over paths.

    Raises:
        ValueError: if the representations belong to different groups.
        AmbiguousRankError, ProblemTooLargeError: as `Rep.equivariant_basis`.

    Example:
        The cross product is the only way to multiply vectors to a vector:

        >>> import numpy as np
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V, clebsch_gordan
        >>> v = V(SO(3))
        >>> C = clebsch_gordan(v, v, v)
        >>> C.shape
        (1, 3, 3, 3)
        >>> cross = np.einsum("kij,i,j->k", C[0], [1, 0, 0], [0, 1, 0])
        >>> print((np.abs(cross) * 6**0.5).round(6))
        [0. 0. 1.]

    References:
        Varshalovich, Moskalev, Khersonskii, "Quantum theory of angular momentum" (1988), chapter 8.
    """
    maps = Question(a * b, c).solve()
    return maps.to_dense().T.reshape(maps.rank, c.dim, a.dim, b.dim)
