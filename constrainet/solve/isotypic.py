"""Method `isotypic`: intertwiners from the decompositions of both sides.

By Schur's lemma they are the sums over shared irreducibles λ of `B_k J B_iᴴ`, with `B_i` a copy of
λ on the right, `B_k` one on the left, and J in the commutant of λ.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from constrainet.solve.eigenspaces import DecompositionError
from constrainet.solve.irreps import Catalogue
from constrainet.solve.limits import memory_limit
from constrainet.solve.method import UNBOUNDED, Form, Known, Method, constant
from constrainet.solve.problem import Atom, Symmetry, dim_of, images
from constrainet.solve.schur import Irreducible, are_irreducible_and_distinct

logger = logging.getLogger("constrainet")

SEEDS = 3
"""Draws of random elements before the method gives up."""

NUM_PROBES = 4
"""Random vectors; one would do, for a deviation δ shows with a size of about δ in each."""

BATCH = 2**22
"""Entries of copies that are checked at a time."""


@dataclass(frozen=True, eq=False)
class IrreducibleBlock:
    """The copies of one irreducible representation λ of dimension d and type e in two spaces.

    Args:
        irrep: λ.
        left: shape (n, rows, d): an isometric intertwiner from λ for each of its n copies.
        right: shape (m, columns, d): the same on the other side. n or m may be 0.
    """

    irrep: Irreducible
    left: np.ndarray
    right: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """(e, n, m)."""
        return self.irrep.type, len(self.left), len(self.right)

    @property
    def rank(self) -> int:
        """The number of maps: 0 if only one space holds λ."""
        return prod(self.shape)

    @cached_property
    def turned(self) -> np.ndarray:
        """`left` times each element of the commutant over √d, shape (e, n, rows, d)."""
        turned = np.tensordot(self.left, self.irrep.commutant, (2, 1)).transpose(2, 0, 1, 3)
        return turned / np.sqrt(self.irrep.dim)

    def expand(self, coefficients):
        """Shape (..., e, n, m) to (..., rows, columns)."""
        xp = coefficients.__array_namespace__()
        left, right = constant(self.turned, coefficients), constant(self.right, coefficients)
        half = xp.einsum("...enm,enwb->...mwb", coefficients, left)
        return xp.einsum("...mwb,mub->...wu", half, xp.conj(right))

    def coefficients(self, matrices):
        """Shape (..., rows, columns) to (..., e, n, m)."""
        xp = matrices.__array_namespace__()
        left, right = constant(self.turned, matrices), constant(self.right, matrices)
        half = xp.einsum("...wu,mub->...mwb", matrices, right)
        return xp.einsum("...mwb,enwb->...enm", half, xp.conj(left))


@dataclass(frozen=True, eq=False)
class IsotypicForm(Form):
    """Intertwiners between two spaces, read off their decompositions into irreducibles.

    Only the factors of `B_k J B_iᴴ` are kept; a vector is the matrix of shape (rows, columns), row
    by row.

    Args:
        rows: the dimension of the left side.
        columns: the dimension of the right side.
        blocks: all irreducibles of either side, also those of one side only: that nothing is
            missing shows in dimensions that add up to `rows` and to `columns`.
    """

    rows: int
    columns: int
    blocks: tuple[IrreducibleBlock, ...]
    method = "isotypic"

    @property
    def size(self) -> int:
        return self.rows * self.columns

    @property
    def rank(self) -> int:
        return sum(block.rank for block in self.blocks)

    @cached_property
    def shared(self) -> tuple[IrreducibleBlock, ...]:
        """The blocks of irreducibles on both sides."""
        return tuple(block for block in self.blocks if block.rank)

    @property
    def is_complex(self) -> bool:
        return any(np.iscomplexobj(block.left) for block in self.blocks)

    @property
    def nbytes(self) -> int:
        copies = sum(block.left.nbytes + block.right.nbytes for block in self.blocks)
        return copies + sum(block.turned.nbytes for block in self.shared)

    def expand(self, coefficients):
        xp = coefficients.__array_namespace__()
        lead, start = coefficients.shape[:-1], 0
        total = xp.zeros((*lead, self.rows, self.columns), dtype=coefficients.dtype)
        for block in self.shared:
            stop = start + block.rank
            part = coefficients[..., start:stop].reshape(*lead, *block.shape)
            total = total + block.expand(part)
            start = stop
        return total.reshape(*lead, self.size)

    def coefficients(self, vectors):
        xp = vectors.__array_namespace__()
        lead = vectors.shape[:-1]
        matrices = vectors.reshape(*lead, self.rows, self.columns)
        parts = [block.coefficients(matrices).reshape(*lead, block.rank) for block in self.shared]
        return xp.concat([vectors[..., :0], *parts], axis=-1)

    def violations(self, rows, columns, known):
        # The factors intertwine, so their products do: the violations of both sides add up. All
        # intertwiners are there, by Schur's lemma, if each side is the sum of its copies, and the
        # irreducibles are what they claim to be.
        irreps = [block.irrep for block in self.blocks]
        worst = [(0.0, 0.0), *(irrep.violations for irrep in irreps)]
        residual, orthonormality = np.max(worst, axis=0)
        sides = (
            (rows, self.rows, [block.left for block in self.blocks]),
            (columns, self.columns, [block.right for block in self.blocks]),
        )
        for atoms, size, copies in sides:
            widths = (len(c) * irrep.dim for c, irrep in zip(copies, irreps, strict=True))
            if not sum(widths) == size == dim_of(atoms):
                return UNBOUNDED
            residual += _intertwining(tuple(atoms), copies, self.blocks, known)
            orthonormality = np.maximum(orthonormality, _orthonormality(copies, known))
        is_complex = any(np.iscomplexobj(b.left) or np.iscomplexobj(b.right) for b in self.blocks)
        key = (is_complex, *map(id, irreps))
        if key not in known:
            known[key] = irreps, are_irreducible_and_distinct(irreps, is_complex)
        if not known[key][1]:
            return UNBOUNDED
        return residual, orthonormality


class Isotypic(Method):
    """Method `isotypic`."""

    form = IsotypicForm

    def __init__(self, rtol: float | None = None):
        super().__init__(rtol)
        self._catalogues: dict[tuple[Symmetry, bool, int], Catalogue] = {}

    def obstacle(self, question):
        rows, columns = question
        if self.rtol is not None:
            return "it needs exact generators, and `rtol` says that they are approximate."
        if not all(atom.is_adjoint_closed for atom in (*rows, *columns)):
            return "the algebra of the generators is not closed under the adjoint."
        required = 40 * (dim_of(rows) ** 2 + dim_of(columns) ** 2)
        if required > memory_limit():
            return f"its intertwiners would need {required / 2**30:.1f} GiB."
        return None

    def candidates(self, question):
        atoms = (*question[0], *question[1])
        is_complex = any(atom.is_complex or atom.symmetry.is_complex for atom in atoms)
        for seed in range(SEEDS):
            key = (atoms[0].symmetry, is_complex, seed)
            try:
                if key not in self._catalogues:
                    self._catalogues[key] = Catalogue(*key)
                form = isotypic(self._catalogues[key], *question)
            except DecompositionError as error:
                logger.info("random elements %d of `isotypic` failed: %s", seed, error)
            else:
                yield form, self._catalogues[key].gap(*question)


def isotypic(catalogue: Catalogue, rows: Sequence[Atom], columns: Sequence[Atom]) -> IsotypicForm:
    """The maps from the product of `columns` to the product of `rows`."""
    left, right = catalogue.decompose(tuple(rows)), catalogue.decompose(tuple(columns))
    blocks = []
    for i in catalogue.in_order(left.keys() | right.keys()):
        irrep = catalogue.recipes[i].irrep
        sides = (
            side.get(i, np.zeros((0, dim_of(atoms), irrep.dim)))
            for side, atoms in ((left, rows), (right, columns))
        )
        blocks.append(IrreducibleBlock(irrep, *sides))
    return IsotypicForm(dim_of(rows), dim_of(columns), tuple(blocks))


def _intertwining(
    atoms: tuple[Atom, ...],
    copies: list[np.ndarray],
    blocks: Sequence[IrreducibleBlock],
    known: Known,
) -> float:
    """The largest violation of `ρ(g) B = B λ(g)` by a copy, per basis vector of the solution."""
    keys = [
        (atoms, id(c), id(block.irrep), bool(block.rank))
        for c, block in zip(copies, blocks, strict=True)
    ]
    new = {
        key: (c, block.irrep)
        for key, c, block in zip(keys, copies, blocks, strict=True)
        if key not in known and len(c)
    }
    if new and atoms:
        # copies that no basis vector uses are checked by one random combination of them
        used = [c if key[-1] else _combination(c) for key, (c, _) in new.items()]
        found = _copies_violations(atoms, used, [irrep for _, irrep in new.values()])
        known.update((key, (parts, v)) for (key, parts), v in zip(new.items(), found, strict=True))
    return np.max([known[key][1] for key in keys if key in known], initial=0.0)


def _copies_violations(
    atoms: Sequence[Atom], copies: list[np.ndarray], irreps: list[Irreducible]
) -> np.ndarray:
    """The largest violations of `ρ(g) B = B λ(g)`, by irreducible."""
    discrete, infinitesimal = images(atoms)
    # the size of a generator is that of its largest image on one factor; 1 for the unitary ones
    sizes = np.max([atom.sizes for atom in atoms], axis=0)
    operators = [(op, 1.0) for op in discrete] + list(zip(infinitesimal, sizes, strict=True))
    generators = [np.concatenate([irrep.discrete, irrep.infinitesimal]) for irrep in irreps]
    worst = np.zeros(len(copies))
    for batch in _batches(copies):
        # side by side, so that each generator is applied once to all of them
        columns = [part.transpose(1, 0, 2).reshape(part.shape[1], -1) for _, part in batch]
        ends = np.cumsum([part.shape[1] for part in columns])[:-1]
        columns = np.concatenate(columns, axis=1)
        for j, (operator, scale) in enumerate(operators):
            if not scale:
                continue
            for (k, part), moved in zip(batch, np.split(operator @ columns, ends, 1), strict=True):
                m, n, d = part.shape
                violation = moved.reshape(n, m, d).swapaxes(0, 1) - part @ generators[k][j]
                norms = np.linalg.norm(violation, axis=(1, 2)) / np.sqrt(d)
                worst[k] = np.maximum(worst[k], norms.max() / scale)
    return worst


def _batches(copies: list[np.ndarray]) -> Iterator[list[tuple[int, np.ndarray]]]:
    """Parts of copies with their positions, of at most BATCH entries together where possible."""
    batch, size = [], 0
    for k, copy in enumerate(copies):
        for part in np.array_split(copy, -(-copy.size // BATCH)):
            if batch and size + part.size > BATCH:
                yield batch
                batch, size = [], 0
            batch.append((k, part))
            size += part.size
    yield batch


def _combination(copies: np.ndarray) -> np.ndarray:
    """A random combination of copies, shape (1, n, d)."""
    weights = np.random.RandomState(0).normal(size=(1, len(copies)))
    return np.tensordot(weights, copies, 1)


def _orthonormality(copies: list[np.ndarray], known: Known) -> float:
    """How far random vectors are from their expansion in all copies' columns, a square matrix.

    All inner products would take n³ multiplications, where deciding took fewer.
    """
    copies = [c for c in copies if len(c)]
    key = tuple(map(id, copies))
    if key not in known:
        vectors = np.random.RandomState(0).normal(size=(copies[0].shape[1], NUM_PROBES))
        rest = -vectors
        for c in copies:
            rest = rest + np.sum(c @ (c.conj().swapaxes(1, 2) @ vectors), axis=0)
        known[key] = copies, np.linalg.norm(rest, axis=0).max()
    return known[key][1]
