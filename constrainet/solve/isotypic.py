"""Method `isotypic`: intertwiners from the decompositions of both sides.

A tensor product is decomposed by fusion: if the first k-1 factors contain λ, then the first k
contain what λ ⊗ (k-th factor) contains. Each such small product is decomposed once, so the largest
eigenproblem has the size of an irreducible times a factor, whatever the tensor rank.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.linalg import KroneckerProduct
from constrainet.solve.forms import IrreducibleBlock, IsotypicForm
from constrainet.solve.irreps import Catalogue, DecompositionError, Images
from constrainet.solve.problem import Atom, Symmetry, dim_of
from constrainet.solve.progress import steps


class Decomposer:
    """Decomposes tensor products of atoms of one symmetry, remembering what it has seen.

    Args:
        symmetry: whose images the atoms are.
        is_complex: whether any of the atoms is complex.
        seed: of the random elements.
    """

    def __init__(self, symmetry: Symmetry, is_complex: bool, seed: int):
        self.catalogue = Catalogue(symmetry, is_complex, seed)
        self._atoms: dict[Atom, Images] = {}
        self._fusions: dict[tuple[int, Atom], dict[int, np.ndarray]] = {}
        trivial = self.catalogue.decompose(self.catalogue.formulas.trivial())
        self._products: dict[tuple[Atom, ...], dict[int, np.ndarray]] = {(): trivial}

    def decompose(self, atoms: tuple[Atom, ...]) -> dict[int, np.ndarray]:
        """The copies of each irreducible in a tensor product of dimension n.

        Returns:
            By index of the irreducible, isometric intertwiners of shape (multiplicity, n, d).
        """
        if atoms not in self._products:
            parts: dict[int, list[np.ndarray]] = {}
            smaller = self.decompose(atoms[:-1])
            what = f"decomposing {dim_of(atoms):,} dimensions"
            for irrep, copies in steps(smaller.items(), what):
                for result, paths in self._fuse(irrep, atoms[-1]).items():
                    parts.setdefault(result, []).append(_compose(copies, paths))
            product = {i: np.concatenate(parts[i]) for i in sorted(parts)}
            if sum(m * d for m, _, d in (c.shape for c in product.values())) != dim_of(atoms):
                raise DecompositionError("The irreducible dimensions do not add up.")
            self._products[atoms] = product
        return self._products[atoms]

    def average(self, atoms: tuple[Atom, ...]) -> None:
        """Takes rounding from the copies in a tensor product of unitary representations.

        Where eigenvalues of a random element are close, copies of irreducibles mix by rounding
        divided by their distance. Every B ↦ (B + g B λ(g)⁻¹) / 2 keeps what intertwines and, over
        several elements g, shrinks the rest.

        References:
            Dixon, "Computing irreducible representations of groups" (1970).
        """
        recipes, copies = self.catalogue.recipes, self.decompose(atoms)
        columns = _beside(copies)
        for k in range(len(self.catalogue.formulas.words)):
            g = KroneckerProduct([self._images(atom).elements[k] for atom in atoms])
            turned = {i: c @ recipes[i].images.elements[k].conj().T for i, c in copies.items()}
            columns = (columns + g @ _beside(turned)) / 2
            copies = _apart(columns, copies)
        # one step of Newton's method to the nearest orthonormal basis
        columns = 1.5 * columns - 0.5 * columns @ (columns.conj().T @ columns)
        self._products[atoms] = _apart(columns, copies)

    def _images(self, atom: Atom) -> Images:
        if atom not in self._atoms:
            self._atoms[atom] = self.catalogue.formulas.images(atom)
        return self._atoms[atom]

    def _fuse(self, irrep: int, atom: Atom) -> dict[int, np.ndarray]:
        if (irrep, atom) not in self._fusions:
            product = self.catalogue.recipes[irrep].images.tensor(self._images(atom))
            self._fusions[irrep, atom] = self.catalogue.decompose(product)
        return self._fusions[irrep, atom]

    def intertwiners(self, rows: Sequence[Atom], columns: Sequence[Atom]) -> IsotypicForm:
        """The maps from the product of `columns` to the product of `rows`."""
        left, right = self.decompose(tuple(rows)), self.decompose(tuple(columns))
        irreps = [self.catalogue.recipes[i].irrep for i in sorted(left.keys() | right.keys())]
        blocks = []
        for irrep in irreps:
            sides = (
                side.get(irrep.index, np.zeros((0, dim_of(atoms), irrep.dim)))
                for side, atoms in ((left, rows), (right, columns))
            )
            blocks.append(IrreducibleBlock(irrep, *sides))
        return IsotypicForm(dim_of(rows), dim_of(columns), tuple(blocks))


def _compose(copies: np.ndarray, paths: np.ndarray) -> np.ndarray:
    """Copies of λ in a space (m, n, d), of μ in λ ⊗ atom (p, d·a, q): of μ in both (mp, na, q)."""
    m, n, d = copies.shape
    p, da, q = paths.shape
    combined = np.tensordot(copies, paths.reshape(p, d, da // d, q), (2, 1))
    return combined.transpose(0, 2, 1, 3, 4).reshape(m * p, n * da // d, q)


def _beside(copies: dict[int, np.ndarray]) -> np.ndarray:
    """All copies side by side: arrays (m, n, d) as columns (n, Σ m d)."""
    parts = [c.transpose(1, 0, 2).reshape(c.shape[1], -1) for c in copies.values()]
    return np.concatenate(parts, axis=1)


def _apart(columns: np.ndarray, like: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """The inverse of `_beside`, for copies of these shapes."""
    ends = np.cumsum([m * d for m, _, d in (c.shape for c in like.values())])
    return {
        i: part.reshape(len(part), len(c), c.shape[2]).swapaxes(0, 1)
        for (i, c), part in zip(like.items(), np.split(columns, ends[:-1], axis=1), strict=True)
    }
