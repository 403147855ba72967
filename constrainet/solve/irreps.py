"""Irreducible representations, found by random elements of the algebra, and their products.

The matrices of a representation generate an algebra. If it is closed under the adjoint, Schur's
lemma describes it: on m copies of an irreducible λ of dimension d and type e (1 real, 2 complex, 4
quaternionic) a generic Hermitian element R has d/e eigenvalues, each e·m times, and a generic
element E connects the eigenspaces of one λ and no others. So eigenspaces are found by one `eigh`
and copies of λ by following a vector under E. Both elements are fixed *formulas* in the
generators, so they can be evaluated in any representation, and λ is recognised by its eigenvalues.
What is taken from eigenspaces are formulas again, so that the basis of λ and its copies are
canonical: no vector that `eigh` happens to return is in them.

A tensor product is decomposed by fusion: if the first k-1 factors contain λ, then the first k
contain what λ ⊗ (k-th factor) contains. Each such small product is decomposed once, so the largest
eigenproblem has the size of an irreducible times a factor, whatever the tensor rank. Of rotations
they are known beforehand (`spins.py`).

References:
    Murota, Kanno, Kojima, Kojima, "A numerical algorithm for block-diagonal decomposition of
    matrix *-algebras" (2010).
    Maehara, Murota, "A numerical algorithm for block-diagonal decomposition of matrix *-algebras
    with general irreducible components" (2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from constrainet.linalg import canonical_combinations
from constrainet.solve.eigenspaces import (
    NEGLIGIBLE,
    DecompositionError,
    Eigenspaces,
    orthonormalised,
)
from constrainet.solve.formulas import Formulas, Images
from constrainet.solve.problem import Atom, Symmetry, dim_of
from constrainet.solve.progress import steps
from constrainet.solve.schur import Irreducible
from constrainet.solve.spins import Spins
from constrainet.tolerances import CLUSTER

ROUNDING = 3e-13
"""Copies that intertwine up to this are as good as they get."""

MOST_AVERAGES = 8
"""After that many, words in the generators are hundreds of letters long."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """An irreducible λ in its canonical basis, and how to find its copies.

    The first eigenspace of R, of dimension e, is a line over the division algebra of λ: any unit
    vector u of it gives the basis u, i u, j u, k u. Connectors carry it to the other eigenspaces.
    The matrices of λ do not depend on u, because another u is u turned by the commutant.

    Args:
        irrep: the irreducible.
        images: its generators' and elements' matrices.
        spectrum: the d/e eigenvalues of R, ascending; basis vectors come in groups of e.
        units: shape (0, 1 or 2, J+1): i and j as combinations of 1 and of the connectors, within
            the first eigenspace; k = i j.
        carriers: for each eigenspace the connector that leads there from the first, 0 for none,
            and the factor by which it stretches.
    """

    irrep: Irreducible
    images: Images
    spectrum: np.ndarray
    units: np.ndarray
    carriers: tuple[tuple[int, float], ...]

    @property
    def order(self) -> tuple:
        """What irreducibles are sorted by: the trivial one first, then small ones, and those of one
        size by an eigenvalue, which tells them apart.
        """
        irrep = self.irrep
        return irrep.index > 0, irrep.dim, irrep.type, float(self.spectrum[0])


class Catalogue:
    """The irreducibles of one symmetry met so far, and the products of atoms decomposed into them.

    The trivial one comes first. What is said of an irreducible depends on the formulas alone, and
    not on where it was met.

    Args:
        symmetry: whose images the atoms are.
        is_complex: whether any of the atoms is complex.
        seed: of the random elements.

    Attributes:
        symmetry: see above.
        is_complex: see above.
        formulas: of the random elements.
        recipes: one for each irreducible, in the order in which they were met.
    """

    def __init__(self, symmetry: Symmetry, is_complex: bool, seed: int):
        self.symmetry, self.is_complex = symmetry, is_complex
        self.formulas = Formulas(symmetry, is_complex, seed)
        self.recipes: list[Recipe] = []
        self._split(self.formulas.trivial())
        self._atoms: dict[Atom, Images] = {}
        self._fusions: dict[tuple[int, Atom], tuple[dict[int, np.ndarray], float]] = {}
        self._products: dict[tuple[Atom, ...], dict[int, np.ndarray]] = {
            (): {0: np.ones((1, 1, 1))}
        }
        self._gaps: dict[tuple[Atom, ...], float] = {(): float("inf")}
        self._spins = Spins.of(symmetry, self)

    def decompose(self, atoms: tuple[Atom, ...]) -> dict[int, np.ndarray]:
        """The copies of each irreducible in a tensor product of dimension n.

        Returns:
            For each irreducible in it, by its index and in their order, the canonical isometric
            intertwiners from it, shape (multiplicity, n, d). Together their columns are an
            orthonormal basis.

        Raises:
            DecompositionError: if these random elements failed to separate irreducibles.
        """
        if atoms not in self._products:
            parts: dict[int, list[np.ndarray]] = {}
            smaller = self.decompose(atoms[:-1])
            gaps = [self._gaps[atoms[:-1]]]
            what = f"decomposing {dim_of(atoms):,} dimensions"
            for irrep, copies in steps(smaller.items(), what):
                results, gap = self._fuse(irrep, atoms[-1])
                gaps.append(gap)
                for result, paths in results.items():
                    parts.setdefault(result, []).append(_compose(copies, paths))
            order = self.in_order(parts)
            product = {i: np.concatenate(parts.pop(i)) for i in order}  # each freed when joined
            if sum(m * d for m, _, d in (c.shape for c in product.values())) != dim_of(atoms):
                raise DecompositionError("The irreducible dimensions do not add up.")
            self._products[atoms], self._gaps[atoms] = product, min(gaps)
        return self._products[atoms]

    def gap(self, *products: Sequence[Atom]) -> float:
        """The smallest ratio of a step between distinct eigenvalues to one within, in tensor
        products that have been decomposed.
        """
        return min(self._gaps[tuple(atoms)] for atoms in products)

    def in_order(self, indices: Iterable[int]) -> list[int]:
        """Irreducibles in an order that does not depend on when they were met."""
        return sorted(indices, key=lambda i: self.recipes[i].order)

    def _fuse(self, irrep: int, atom: Atom) -> tuple[dict[int, np.ndarray], float]:
        """What the product of an irreducible and an atom contains, as from `_split`."""
        if (irrep, atom) not in self._fusions:
            known = self._spins and self._spins.fuse(irrep, atom)
            if known:
                self._fusions[irrep, atom] = known, float("inf")
            else:
                product = self.recipes[irrep].images.tensor(self._images(atom))
                self._fusions[irrep, atom] = self._split(product)
        return self._fusions[irrep, atom]

    def _images(self, atom: Atom) -> Images:
        if atom not in self._atoms:
            self._atoms[atom] = self.formulas.images(atom)
        return self._atoms[atom]

    def _split(self, images: Images) -> tuple[dict[int, np.ndarray], float]:
        """The copies of irreducibles in a representation given by its images, and their gap."""
        eigenspaces = Eigenspaces(*self.formulas.generic(images))
        found: dict[int, np.ndarray] = {}
        for recipe in self.recipes:
            if groups := eigenspaces.matching(recipe.spectrum):
                found[recipe.irrep.index] = self._copies(images, eigenspaces, groups, recipe)
        while eigenspaces.free:
            recipe = self._discovered(images, eigenspaces)
            groups = eigenspaces.matching(recipe.spectrum)
            if not groups:
                raise DecompositionError("A new irreducible does not match its own eigenvalues.")
            self.recipes.append(recipe)
            found[recipe.irrep.index] = self._copies(images, eigenspaces, groups, recipe)
        return {i: found[i] for i in self.in_order(found)}, eigenspaces.gap

    def _discovered(self, images: Images, eigenspaces: Eigenspaces) -> Recipe:
        """The irreducible that contains a vector of the first eigenspace that is left."""
        basis = eigenspaces.cyclic(min(eigenspaces.free))
        inside = images.within(basis)
        if images.violation(basis[None], inside) > NEGLIGIBLE:
            raise DecompositionError("The random elements do not generate the algebra.")
        return self._recipe(inside)[0]

    def index_of(self, images: Images) -> tuple[int, np.ndarray]:
        """The index of an irreducible representation, and its canonical basis, shape (d, d).

        The basis is determined up to the commutant.

        Raises:
            DecompositionError: if these random elements do not show that it is irreducible.
        """
        recipe, basis = self._recipe(images)
        size = max(1.0, np.abs(recipe.spectrum).max())
        for known in self.recipes:
            is_like = known.spectrum.shape == recipe.spectrum.shape
            if is_like and np.abs(known.spectrum - recipe.spectrum).max() <= CLUSTER * size:
                return known.irrep.index, basis
        self.recipes.append(recipe)
        return recipe.irrep.index, basis

    def _recipe(self, images: Images) -> tuple[Recipe, np.ndarray]:
        """Of an irreducible representation, with its canonical basis."""
        # by itself it has fewer eigenvalues, further apart, than among others
        alone = Eigenspaces(*self.formulas.generic(images))
        units, carriers = alone.units(), alone.carriers()
        seed = alone.bases[0][:, :1]
        basis = orthonormalised(alone.copies(seed, range(len(carriers)), units, carriers)[0])
        inside = images.within(basis)
        commutant = _commutant(len(basis), 1 + len(units) + (len(units) == 2))
        irrep = Irreducible(len(self.recipes), inside.discrete, inside.infinitesimal, commutant)
        return Recipe(irrep, inside, alone.values, units, carriers), basis

    def _copies(
        self, images: Images, eigenspaces: Eigenspaces, groups: list[int], recipe: Recipe
    ) -> np.ndarray:
        first = eigenspaces.bases[groups[0]]
        if first.shape[1] % recipe.irrep.type:
            raise DecompositionError("Eigenspaces of one irreducible differ in size.")
        turns = eigenspaces.turns(groups[0], recipe.units)
        seeds = first @ canonical_combinations(first, turns)
        copies = eigenspaces.copies(seeds, groups, recipe.units, recipe.carriers)
        if not images.violation(copies, recipe.images) <= ROUNDING:
            copies = _polished(images, copies, recipe)
            if not images.violation(copies, recipe.images) <= self.symmetry.rounding:
                raise DecompositionError("Two irreducibles share their eigenvalues.")
        eigenspaces.free.difference_update(groups)
        return copies


def _compose(copies: np.ndarray, paths: np.ndarray) -> np.ndarray:
    """Copies of λ in a space (m, n, d), of μ in λ ⊗ atom (p, d·a, q): of μ in both (mp, na, q)."""
    m, n, d = copies.shape
    p, da, q = paths.shape
    combined = np.tensordot(copies, paths.reshape(p, d, da // d, q), (2, 1))
    return combined.transpose(0, 2, 1, 3, 4).reshape(m * p, n * da // d, q)


def _commutant(d: int, e: int) -> np.ndarray:
    """The maps that commute with λ in its canonical basis: numbers multiplied from the right.

    Returns:
        shape (e, d, d): orthogonal, of Frobenius norm √d, the identity first.
    """
    left_i = np.array([[0.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]])
    left_j = np.array([[0.0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]])
    left = np.array([np.eye(4), left_i, left_j, left_i @ left_j])[:e, :e, :e]
    right = left.transpose(2, 1, 0)  # x y as a function of x
    return np.array([np.kron(np.eye(d // e), turn) for turn in right])


def _polished(images: Images, copies: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Copies without the rounding that close eigenvalues of R leave in them, canonical again.

    References:
        Dixon, "Computing irreducible representations of groups" (1970), on averages.
    """
    small = recipe.images
    m, n, d = copies.shape
    elements, small_elements = images.elements, small.elements
    for _ in range(MOST_AVERAGES):
        for g, small_g in zip(elements, small_elements, strict=True):
            copies = (copies + g @ copies @ small_g.conj().T) / 2
        columns = orthonormalised(copies.transpose(1, 0, 2).reshape(n, m * d))
        copies = columns.reshape(n, m, d).swapaxes(0, 1)
        if images.violation(copies, small) <= ROUNDING:
            break
        # longer and longer words, which come everywhere in the group soon
        elements = elements @ np.roll(elements, 1, axis=0)
        small_elements = small_elements @ np.roll(small_elements, 1, axis=0)
    # the seeds were chosen before: choose them again, as combinations x ↦ Σ B J x of the copies
    commutant = recipe.irrep.commutant
    e = len(commutant)
    columns = copies[:, :, :e].transpose(1, 0, 2).reshape(n, m * e)
    turns = [np.kron(np.eye(m), turn) for turn in _commutant(e, e).transpose(2, 1, 0)[1:]]
    combinations = canonical_combinations(columns, turns).reshape(m, e, m)
    turned = (copies @ turn for turn in commutant)
    pairs = zip(combinations.swapaxes(0, 1), turned, strict=True)
    return np.sum([np.tensordot(numbers, each, (0, 0)) for numbers, each in pairs], axis=0)
