"""Method `isotypic`: intertwiners from the decompositions of both sides.

A tensor product is decomposed by fusion: if the first k-1 factors contain λ, then the first k
contain what λ ⊗ (k-th factor) contains. Each such small product is decomposed once, so the largest
eigenproblem has the size of an irreducible times a factor, whatever the tensor rank. Of rotations
they are known beforehand (`spins.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.solve.eigenspaces import DecompositionError
from constrainet.solve.forms import IrreducibleBlock, IsotypicForm
from constrainet.solve.formulas import Images
from constrainet.solve.irreps import Catalogue
from constrainet.solve.problem import Atom, Symmetry, dim_of
from constrainet.solve.progress import steps
from constrainet.solve.spins import Spins


class Decomposer:
    """Decomposes tensor products of atoms of one symmetry, remembering what it has seen.

    Args:
        symmetry: whose images the atoms are.
        is_complex: whether any of the atoms is complex.
        seed: of the random elements.
    """

    def __init__(self, symmetry: Symmetry, is_complex: bool, seed: int):
        self.catalogue = Catalogue(symmetry, is_complex, seed)
        self._spins = Spins.of(symmetry, self.catalogue)
        self._atoms: dict[Atom, Images] = {}
        self._fusions: dict[tuple[int, Atom], tuple[dict[int, np.ndarray], float]] = {}
        self._products: dict[tuple[Atom, ...], dict[int, np.ndarray]] = {
            (): {0: np.ones((1, 1, 1))}
        }
        self._gaps: dict[tuple[Atom, ...], float] = {(): float("inf")}

    def decompose(self, atoms: tuple[Atom, ...]) -> dict[int, np.ndarray]:
        """The copies of each irreducible in a tensor product of dimension n.

        Returns:
            By index of the irreducible, the canonical isometric intertwiners, shape
            (multiplicity, n, d).
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
            order = self.catalogue.in_order(parts)
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

    def _images(self, atom: Atom) -> Images:
        if atom not in self._atoms:
            self._atoms[atom] = self.catalogue.formulas.images(atom)
        return self._atoms[atom]

    def _fuse(self, irrep: int, atom: Atom) -> tuple[dict[int, np.ndarray], float]:
        if (irrep, atom) not in self._fusions:
            known = self._spins and self._spins.fuse(irrep, atom)
            if known:
                self._fusions[irrep, atom] = known, float("inf")
            else:
                product = self.catalogue.recipes[irrep].images.tensor(self._images(atom))
                self._fusions[irrep, atom] = self.catalogue.decompose(product)
        return self._fusions[irrep, atom]

    def intertwiners(self, rows: Sequence[Atom], columns: Sequence[Atom]) -> IsotypicForm:
        """The maps from the product of `columns` to the product of `rows`."""
        left, right = self.decompose(tuple(rows)), self.decompose(tuple(columns))
        irreps = [
            self.catalogue.recipes[i].irrep
            for i in self.catalogue.in_order(left.keys() | right.keys())
        ]
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
