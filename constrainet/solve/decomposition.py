"""Spaces in coordinates in which equivariant maps are small: sums of irreducible components.

Several spaces are decomposed together, so that a component that occurs in two of them has the same
matrices in both. Where a symmetry is not closed under the adjoint, or a term is too large to be
worth it, tensor products stay whole, as components of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from constrainet.errors import CertificateError
from constrainet.linalg import kronecker_pairs
from constrainet.solve.eigenspaces import DecompositionError
from constrainet.solve.irreps import Catalogue
from constrainet.solve.isotypic import isotypic
from constrainet.solve.limits import require_memory
from constrainet.solve.method import Known, allowed_violation, certify
from constrainet.solve.problem import Atom, Space, Symmetry, Term, dim_of

SEEDS = 3
"""Draws of random elements before giving up."""

WHOLE_FROM = 1000
"""Tensor products of at least this dimension stay whole."""


@dataclass(frozen=True, eq=False)
class Component:
    """A representation that occurs in the decomposed spaces.

    Args:
        atoms: whose tensor product it is: a non-trivial irreducible for each symmetry that acts,
            or undecomposed atoms. None for the trivial representation.
        commutant: shape (e, d, d): an orthogonal basis of the maps to itself, each of norm √d,
            the identity first; None if the component is not known to be irreducible.
    """

    atoms: tuple[Atom, ...]
    commutant: np.ndarray | None

    @property
    def dim(self) -> int:
        """The dimension of one copy."""
        return dim_of(self.atoms)

    @property
    def is_trivial(self) -> bool:
        """Whether nothing acts on it."""
        return not self.atoms

    def vectors(self) -> Space:
        """One copy of the component, as a space."""
        dims = [atom.dim for atom in self.atoms]
        return Space.collect([(self.atoms, np.arange(self.dim).reshape(1, *dims))])


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Several spaces as sums of common components.

    Args:
        spaces: the spaces.
        components: everything that occurs in any of them.
        parts: for each space and each of its terms, by place in `components`, the isometric
            intertwiners from it, shape (copies, term.dim, d).
    """

    spaces: tuple[Space, ...]
    components: tuple[Component, ...]
    parts: tuple[tuple[dict[int, np.ndarray], ...], ...]

    @property
    def is_irreducible(self) -> bool:
        """Whether every component is irreducible."""
        return all(component.commutant is not None for component in self.components)

    def multiplicity(self, space: int, component: int) -> int:
        """How many copies of a component a space holds."""
        terms = zip(self.spaces[space].terms, self.parts[space], strict=True)
        return sum(t.multiplicity * len(p[component]) for t, p in terms if component in p)


def decompose(*spaces: Space, whole_from: float = WHOLE_FROM) -> Decomposition:
    """Decomposes spaces into common components; a function of the arguments alone.

    Args:
        *spaces: the spaces.
        whole_from: tensor products of at least this dimension stay whole.

    Raises:
        CertificateError: if no random elements lead to a decomposition that passes its
            certificate.
        ProblemTooLargeError: if what stays whole would not fit in memory.
    """
    allowed, worst = allowed_violation(None), np.inf
    for seed in range(SEEDS):
        work = _Work(seed, spaces, whole_from)
        try:
            parts = tuple(tuple(work.split(term) for term in space.terms) for space in spaces)
        except DecompositionError:
            continue
        worst = work.worst
        if worst <= allowed:
            return Decomposition(spaces, tuple(work.components.values()), parts)
    raise CertificateError("a decomposition into irreducibles", worst, allowed)


class _Work:
    """Components met so far, and what they are known by."""

    def __init__(self, seed: int, spaces: Sequence[Space], whole_from: float):
        self.seed, self.whole_from = seed, whole_from
        atoms = {atom for space in spaces for term in space.terms for atom in term.atoms}
        self._complex = {a.symmetry for a in atoms if a.is_complex or a.symmetry.is_complex}
        self.worst = 0.0
        self._known: Known = {}
        self.components: dict[tuple, Component] = {}
        self._catalogues: dict[Symmetry, Catalogue] = {}

    def split(self, term: Term) -> dict[int, np.ndarray]:
        """The parts of one term."""
        symmetries = dict.fromkeys(atom.symmetry for atom in term.atoms)
        factors = [list(self._factor(symmetry, term.of(symmetry))) for symmetry in symmetries]
        products = reduce(
            _products, factors or [[((), (), np.ones((1, 1, 1)), np.ones((1, 1, 1)))]]
        )
        parts = {}
        for name, atoms, commutant, copies in products:
            self.components.setdefault(name, Component(atoms, commutant))
            parts[list(self.components).index(name)] = copies
        return parts

    def _factor(self, symmetry: Symmetry, atoms: tuple[Atom, ...]) -> Iterator[Part]:
        if dim_of(atoms) >= self.whole_from or not all(atom.is_adjoint_closed for atom in atoms):
            size = dim_of(atoms)
            require_memory(8 * size**2, f"Coordinates of a space of dimension {size:,}")
            yield (atoms,), atoms, None, np.eye(size)[None]
            return
        if symmetry not in self._catalogues:
            is_complex = symmetry in self._complex
            self._catalogues[symmetry] = Catalogue(symmetry, is_complex, self.seed)
        catalogue = self._catalogues[symmetry]
        form = isotypic(catalogue, atoms, atoms)
        self.worst = max(self.worst, certify(form, atoms, atoms, self._known).worst)
        for index, copies in catalogue.decompose(atoms).items():
            irrep = catalogue.recipes[index].irrep
            atom = Atom(symmetry, tuple(irrep.discrete), irrep.infinitesimal, irrep.dim)
            # the trivial representation comes first in every catalogue
            yield (
                ((symmetry, index),) if index else (),
                (atom,) if index else (),
                irrep.commutant,
                copies,
            )


Part = tuple[tuple, tuple[Atom, ...], np.ndarray | None, np.ndarray]
"""What a component is known by, its atoms, its commutant, and the intertwiners from it."""


def _products(left: Sequence[Part], right: Sequence[Part]) -> list[Part]:
    """The parts of a tensor product under independent symmetries."""
    return [
        (
            name + factor_name,
            atoms + factor_atoms,
            None
            if commutant is None or factor_commutant is None
            else kronecker_pairs(commutant, factor_commutant),
            kronecker_pairs(copies, factor_copies),
        )
        for name, atoms, commutant, copies in left
        for factor_name, factor_atoms, factor_commutant, factor_copies in right
    ]
