"""The problem in normal form: what the solver is asked, as plain data.

A `Symmetry` is a list of generators, given as matrices. An `Atom` is the list of their images on
one space. Atoms of one symmetry move together; atoms of different symmetries move independently,
which is what a direct product of groups is. A `Term` is a tensor product of atoms with a
multiplicity, and a `Space` a direct sum of terms, each coordinate of which knows its place in the
caller's coordinates. Nothing here knows what a group is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from constrainet.linalg import (
    ByContent,
    KroneckerProduct,
    KroneckerSum,
    Matrix,
    Monomial,
    adjoint,
    adjoint_relation,
    closed_combinations,
    digest,
    even_units,
    moved,
    tidied,
    to_dense,
)
from constrainet.tolerances import EXACT

NO_IMAGE = 1e-12
"""Images smaller than this fraction of their generator are zero."""

UNEVEN = 30.0
"""Units that differ by more than this are evened, even if nothing becomes unitary by that."""

ROUNDING = 1e-13
"""Entries in even units below this fraction of the largest are rounding that was not enlarged."""

DOUBTFUL = 1e-5
"""Entries in even units below this fraction of the largest may be rounding that was enlarged: of
1e-10 and less, as it is half-way between rounding and the entry across the diagonal."""


@dataclass(frozen=True, eq=False)
class Symmetry(ByContent):
    """Generators that act together.

    Args:
        discrete: the discrete generators, each of shape (d, d).
        infinitesimal: the Lie algebra generators, shape (D, d, d), of norm about one.
        label: its place among the symmetries that act independently; those that meet in a
            question have different ones, or are equal.
        rounding: what in other coordinates has become of the rounding of exact generators, beyond
            which their images intertwine, or do not.
    """

    discrete: tuple[Matrix, ...]
    infinitesimal: np.ndarray
    label: int = 0
    rounding: float = EXACT

    @cached_property
    def key(self) -> bytes:
        """The digest of generators and label that equality goes by."""
        return digest(self.discrete, self.infinitesimal, self.label, self.rounding)

    @cached_property
    def adjoint(self) -> np.ndarray | None:
        """c with `A_iᴴ = Σ_j c[i, j] A_j`, or None if the generators are not closed."""
        return adjoint_relation(self.infinitesimal)

    @cached_property
    def even(self) -> Symmetry:
        """The same generators in even units; the symmetry itself if it is in such."""
        defining = Atom(self, self.discrete, self.infinitesimal, _size(self))
        if defining.units is None:
            return self
        return Symmetry(*_in_units(defining, defining.units), self.label)

    @property
    def is_complex(self) -> bool:
        """Whether a generator has a complex dtype."""
        return np.iscomplexobj(self.infinitesimal) or any(
            h.dtype.kind == "c" for h in self.discrete
        )


@dataclass(frozen=True, eq=False)
class Atom(ByContent):
    """The images of a symmetry's generators on one space of dimension `dim`.

    Args:
        symmetry: whose generators these are the images of.
        discrete: one image per discrete generator, each of shape (dim, dim).
        infinitesimal: the images of the Lie algebra generators, shape (D, dim, dim); those of
            the size of rounding become zero.
        dim: the dimension.
    """

    symmetry: Symmetry
    discrete: tuple[Matrix, ...]
    infinitesimal: np.ndarray
    dim: int

    def __post_init__(self):
        # relative to itself the rounding in an image that should be zero would be a constraint
        sizes = np.abs(self.infinitesimal).max(axis=(1, 2), initial=0)
        generators = np.abs(self.symmetry.infinitesimal).max(axis=(1, 2), initial=0)
        is_rounding = sizes <= NO_IMAGE * generators
        if sizes[is_rounding].any():
            rounded = np.where(is_rounding[:, None, None], 0, self.infinitesimal)
            object.__setattr__(self, "infinitesimal", rounded)

    @cached_property
    def key(self) -> bytes:
        """The digest of symmetry and images that equality goes by."""
        return digest(self.symmetry.key, self.discrete, self.infinitesimal, self.dim)

    @cached_property
    def units(self) -> np.ndarray | None:
        """Units s, shape (dim,), in which the images `s ρ s⁻¹` are even; None if they are.

        They are, for this purpose, if no others make more of the generators unitary or closed
        under the adjoint, and others are not very different. If not all become so, what is small
        in other units may also be rounding, and these units then stay.
        """
        if self.dim == 1 or self.is_monomial or self.is_adjoint_closed:
            return None
        units = even_units([to_dense(h) for h in self.discrete], self.infinitesimal)
        even = Atom(self.symmetry, *_in_units(self, units), self.dim)
        if even._num_closed == len(self.discrete) + len(self.infinitesimal):
            return units
        if any(_is_doubtful(to_dense(m)) for m in (*even.discrete, *even.infinitesimal)):
            return None
        is_uneven = units.max() > UNEVEN * units.min()
        return units if is_uneven or even._num_closed > self._num_closed else None

    @cached_property
    def even(self) -> Atom:
        """The same images in even units, with the symmetry in such; the atom itself if it is."""
        symmetry = self.symmetry.even
        if symmetry is self.symmetry and self.units is None:
            return self
        images = self.discrete, self.infinitesimal
        images = images if self.units is None else _in_units(self, self.units)
        return Atom(symmetry, *images, self.dim)

    @cached_property
    def sizes(self) -> np.ndarray:
        """The length of the longest column of each Lie algebra generator's image, shape (D,): at
        most its spectral norm, which would take as long as all the rest.
        """
        return np.linalg.norm(self.infinitesimal, axis=1).max(axis=1, initial=0)

    @property
    def _num_closed(self) -> int:
        """How many generators are unitary, or combine to what is closed under the adjoint."""
        unitary = sum(is_unitary(h) for h in self.discrete)
        if adjoint_relation(self.infinitesimal) is not None:
            return unitary + len(self.infinitesimal)
        return unitary + len(closed_combinations(self.infinitesimal))

    @cached_property
    def dual(self) -> Atom:
        """The inverse transposes of the discrete images, the negative transposes of the others."""
        inverse_transposes = tuple(
            h.conj() if is_unitary(h) else np.linalg.inv(to_dense(h)).T for h in self.discrete
        )
        negative = -self.infinitesimal.swapaxes(1, 2)
        return Atom(self.symmetry, inverse_transposes, negative, self.dim)

    @cached_property
    def conj(self) -> Atom:
        """The complex conjugates of all images."""
        discrete = tuple(h.conj() for h in self.discrete)
        return Atom(self.symmetry, discrete, self.infinitesimal.conj(), self.dim)

    @property
    def is_monomial(self) -> bool:
        """Whether every generator permutes the coordinates up to phases, and none is Lie."""
        return all(isinstance(h, Monomial) for h in self.discrete) and not self.infinitesimal.any()

    def monomial(self, i: int) -> Monomial:
        """The image of the i-th discrete generator, of a monomial atom."""
        image = self.discrete[i]
        if not isinstance(image, Monomial):
            raise TypeError("This generator does not permute the coordinates up to phases.")
        return image

    @cached_property
    def is_adjoint_closed(self) -> bool:
        """Whether the adjoint of each image is the image of the generator's adjoint."""
        relation = self.symmetry.adjoint
        if relation is None or not all(is_unitary(h) for h in self.discrete):
            return False
        adjoints = self.infinitesimal.conj().swapaxes(1, 2)
        violation = adjoints - np.tensordot(relation, self.infinitesimal, 1)
        return bool(np.abs(violation).max(initial=0) <= EXACT)

    @property
    def is_complex(self) -> bool:
        """Whether an image has a complex dtype."""
        return np.iscomplexobj(self.infinitesimal) or any(
            h.dtype.kind == "c" for h in self.discrete
        )


def _size(symmetry: Symmetry) -> int:
    if symmetry.discrete:
        return symmetry.discrete[0].shape[0]
    return symmetry.infinitesimal.shape[1]


def _is_doubtful(matrix: np.ndarray) -> bool:
    """Whether entries off the diagonal are so small that they may be rounding."""
    sizes = np.abs(matrix)
    sizes = sizes / max(sizes.max(initial=0), np.finfo(float).tiny)
    small = (sizes > ROUNDING) & (sizes < DOUBTFUL)
    np.fill_diagonal(small, False)
    return bool(small.any())


def _in_units(atom: Atom, units: np.ndarray) -> tuple[tuple[Matrix, ...], np.ndarray]:
    """The images in other units; those that then permute coordinates do so exactly."""
    discrete = tuple(_discrete_in_units(to_dense(h), units) for h in atom.discrete)
    return discrete, moved(atom.infinitesimal, units)


def _discrete_in_units(matrix: np.ndarray, units: np.ndarray) -> Matrix:
    """A discrete image in other units, without rounding that these would enlarge.

    An element that is the identity up to rounding, as products of generators are, would become one
    that moves vectors by a little. What only was small in its units becomes large.
    """
    found, tidy = moved(matrix, units), tidied(matrix)
    if isinstance(tidy, Monomial):
        without = moved(to_dense(tidy), units)
        if np.abs(found - without).max() < DOUBTFUL * np.abs(found).max():
            found = without
    return tidied(found)


def dim_of(atoms: Sequence[Atom]) -> int:
    """The dimension of a tensor product."""
    return prod(atom.dim for atom in atoms)


def is_unitary(matrix: Matrix) -> bool:
    """Whether the inverse is the adjoint; true of every monomial matrix."""
    if isinstance(matrix, Monomial):
        return True
    return bool(np.abs(matrix @ adjoint(matrix) - np.eye(len(matrix))).max() <= EXACT)


@dataclass(frozen=True, eq=False)
class Term:
    """A tensor product of atoms, occurring `multiplicity` times in a space.

    Args:
        atoms: the factors, those of one symmetry side by side; none for the trivial
            representation.
        indices: shape (multiplicity, dim): where the term's coordinates (row-major over the
            factors) stand in the caller's coordinates.
    """

    atoms: tuple[Atom, ...]
    indices: np.ndarray

    @property
    def multiplicity(self) -> int:
        """How often the product occurs."""
        return self.indices.shape[0]

    @property
    def dim(self) -> int:
        """The dimension of the product, once."""
        return dim_of(self.atoms)

    def of(self, symmetry: Symmetry) -> tuple[Atom, ...]:
        """The factors on which a symmetry acts."""
        return tuple(atom for atom in self.atoms if atom.symmetry == symmetry)


@dataclass(frozen=True, eq=False)
class Space:
    """A direct sum of distinct terms.

    Args:
        terms: in order of their first coordinates; their indices together are a permutation of
            0 ... dim-1.
    """

    terms: tuple[Term, ...]

    @cached_property
    def dim(self) -> int:
        """The number of coordinates, over all terms and multiplicities."""
        return sum(term.indices.size for term in self.terms)

    @cached_property
    def order(self) -> np.ndarray:
        """Shape (dim,): the caller's coordinate at each place of the normal form."""
        return np.concatenate([np.zeros(0, np.intp), *(t.indices.ravel() for t in self.terms)])

    @cached_property
    def key(self) -> bytes:
        """The digest of terms and order, by which solutions are remembered."""
        return digest(
            tuple((tuple(a.key for a in t.atoms), t.multiplicity) for t in self.terms), self.order
        )

    @staticmethod
    def collect(pieces: Sequence[tuple[tuple[Atom, ...], np.ndarray]]) -> Space:
        """Brings pieces into normal form.

        Args:
            pieces: pairs of atoms in any order, and indices of shape (multiplicity, *dims) with
                one axis for each of them.

        Returns:
            The space in which each product is sorted, by the labels of symmetries and then by
            where atoms first appear among the coordinates; equal products are joined, and stand
            where their first coordinate does. No order depends on numbers that are rounded.

        Raises:
            ValueError: if different symmetries have one label.
        """
        pieces = sorted((p for p in pieces if p[1].size), key=lambda piece: piece[1].min())
        met = dict.fromkeys(atom for atoms, _ in pieces for atom in atoms)
        _check_labels({atom.symmetry for atom in met})
        ranks = {atom: (atom.symmetry.label, rank) for rank, atom in enumerate(met)}
        joined: dict[tuple[Atom, ...], list[np.ndarray]] = {}
        for atoms, indices in pieces:
            places = sorted(range(len(atoms)), key=[ranks[atom] for atom in atoms].__getitem__)
            sorted_atoms = tuple(atoms[i] for i in places)
            moved = indices.transpose(0, *(1 + i for i in places))
            joined.setdefault(sorted_atoms, []).append(moved.reshape(len(indices), dim_of(atoms)))
        return Space(tuple(Term(atoms, np.concatenate(parts)) for atoms, parts in joined.items()))


def _check_labels(symmetries: set[Symmetry]) -> None:
    if len({symmetry.label for symmetry in symmetries}) < len(symmetries):
        raise ValueError(
            "Different symmetries in one space should have different labels, because atoms are "
            f"ordered by them. Got the labels {sorted(symmetry.label for symmetry in symmetries)}."
        )


Question = tuple[tuple[Atom, ...], tuple[Atom, ...]]
"""The maps from the second tensor product to the first; all atoms of one symmetry."""

BALANCE_FROM = 1000
"""Sides smaller than this are decomposed as they are; larger ones may be cut anew."""

TRIVIAL = Space((Term((), np.zeros((1, 1), np.intp)),))
"""The space of scalars."""


def images(atoms: Sequence[Atom]) -> tuple[list[KroneckerProduct], list[KroneckerSum]]:
    """The images of the generators on a tensor product of atoms of one symmetry, as operators."""
    count = len(atoms[0].discrete), len(atoms[0].infinitesimal)
    return (
        [KroneckerProduct([atom.discrete[i] for atom in atoms]) for i in range(count[0])],
        [KroneckerSum([atom.infinitesimal[i] for atom in atoms]) for i in range(count[1])],
    )


def factors_of(rows: Sequence[Atom], columns: Sequence[Atom]) -> tuple[Atom, ...]:
    """The atoms of whose tensor product the maps are the invariants."""
    return (*rows, *(atom.dual for atom in columns))


def questions(row_term: Term, column_term: Term) -> list[Question]:
    """What a pair of terms asks: one question for each symmetry that acts on either."""
    symmetries = dict.fromkeys(atom.symmetry for atom in (*row_term.atoms, *column_term.atoms))
    ordered = sorted(symmetries, key=lambda symmetry: symmetry.label)
    return [(row_term.of(symmetry), column_term.of(symmetry)) for symmetry in ordered]


def balanced(question: Question) -> Question:
    """The same product cut where its two sides are closest in size, if a side is large."""
    rows, columns = question
    largest = max(dim_of(rows), dim_of(columns))
    if largest <= BALANCE_FROM:
        return question
    atoms = factors_of(rows, columns)
    cuts = [
        (max(dim_of(atoms[:cut]), dim_of(atoms[cut:])), abs(cut - len(rows)), cut)
        for cut in range(len(atoms) + 1)
    ]
    smallest, _, cut = min(cuts)
    if smallest == largest:
        return question
    return atoms[:cut], tuple(atom.dual for atom in atoms[cut:])
