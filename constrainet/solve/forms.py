"""How the solution for one symmetry is stored: as orbits, as irreducibles, or as columns.

Each form is an orthonormal basis Q of a subspace of the space of one tensor product, of `size`
coordinates and `rank` basis vectors. All of them expand coefficients to vectors (Q c) and take the
coefficients of vectors (Qᴴ v), along the last axis, for NumPy and for JAX arrays alike: an array
brings its own namespace, so this floor needs no JAX.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np


def constant(array: np.ndarray, like):
    """A stored array in the library and precision of `like`, complex if either is."""
    xp = like.__array_namespace__()
    dtype = like.dtype
    if np.iscomplexobj(array):
        dtype = xp.result_type(dtype, np.complex64)
    return xp.asarray(array, dtype=dtype)


def take(x, indices: np.ndarray, axis: int):
    """`xp.take` with indices of 32 bits where they suffice, which JAX accepts at any precision."""
    xp = x.__array_namespace__()
    if x.shape[axis] < 2**31:
        indices = indices.astype(np.int32)
    return xp.take(x, xp.asarray(indices), axis=axis)


class Form(ABC):
    """An orthonormal basis of a subspace; see the module's docstring."""

    method: str
    """Which method found it."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of coordinates."""

    @property
    @abstractmethod
    def rank(self) -> int:
        """The number of basis vectors."""

    @property
    @abstractmethod
    def is_complex(self) -> bool:
        """Whether basis vectors have complex entries."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """The memory that it occupies."""

    @abstractmethod
    def expand(self, coefficients):
        """Q c: shape (..., rank) to (..., size)."""

    @abstractmethod
    def coefficients(self, vectors):
        """Qᴴ v: shape (..., size) to (..., rank)."""


@dataclass(frozen=True, eq=False)
class OrbitForm(Form):
    """One basis vector per orbit of coordinates.

    Args:
        labels: shape (size,): the orbit of each coordinate, or `rank` where every invariant
            vector vanishes.
        phases: shape (size,): the factor of each coordinate relative to the first of its orbit;
            None if they are all 1.
        sizes: shape (rank,): how many coordinates each orbit has.
    """

    labels: np.ndarray
    phases: np.ndarray | None
    sizes: np.ndarray
    method = "orbits"

    @property
    def size(self) -> int:
        return len(self.labels)

    @property
    def rank(self) -> int:
        return len(self.sizes)

    @property
    def is_complex(self) -> bool:
        return self.phases is not None and np.iscomplexobj(self.phases)

    @property
    def nbytes(self) -> int:
        phases = 0 if self.phases is None else self.phases.nbytes
        return self.labels.nbytes + self.sizes.nbytes + phases

    def expand(self, coefficients):
        xp = coefficients.__array_namespace__()
        scaled = coefficients * constant(1 / np.sqrt(self.sizes), coefficients)
        padded = (
            xp.concat([scaled, xp.zeros_like(scaled[..., :1])], axis=-1)
            if self.rank
            else (xp.zeros((*coefficients.shape[:-1], 1), dtype=coefficients.dtype))
        )
        gathered = take(padded, self.labels, -1)
        return gathered if self.phases is None else gathered * constant(self.phases, coefficients)

    def coefficients(self, vectors):
        xp = vectors.__array_namespace__()
        if self.phases is not None:
            vectors = vectors * constant(self.phases.conj(), vectors)
        sums = [xp.sum(take(vectors, members, -1), axis=-1) for members in self._members_by_size]
        if not sums:
            return vectors[..., :0]
        in_order = take(xp.concat(sums, axis=-1), self._places, -1)
        return in_order * constant(1 / np.sqrt(self.sizes), vectors)

    @cached_property
    def _members_by_size(self) -> list[np.ndarray]:
        """For each orbit size s, the coordinates of all orbits of that size, shape (count, s)."""
        sorted_coordinates = np.argsort(self.labels, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.sizes)])[:-1]
        return [
            sorted_coordinates[starts[self.sizes == s][:, None] + np.arange(s)]
            for s in np.unique(self.sizes)
        ]

    @cached_property
    def _places(self) -> np.ndarray:
        """Where each orbit stands when orbits are listed by size."""
        return np.argsort(np.argsort(self.sizes, kind="stable"))


@dataclass(frozen=True, eq=False)
class Irreducible:
    """An irreducible representation λ of dimension d, by the images of the generators.

    Args:
        index: tells the irreducibles of one solution apart.
        discrete: shape (M, d, d).
        infinitesimal: shape (D, d, d).
        commutant: shape (e, d, d): an orthogonal basis of the maps from λ to itself, each of
            Frobenius norm √d, the identity first. e is 1, 2 or 4: real, complex or quaternionic.
    """

    index: int
    discrete: np.ndarray
    infinitesimal: np.ndarray
    commutant: np.ndarray

    @property
    def dim(self) -> int:
        """d."""
        return self.commutant.shape[1]

    @property
    def type(self) -> int:
        """e."""
        return len(self.commutant)


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

    By Schur's lemma they are the sums over shared irreducibles λ of `B_k J B_iᴴ`, with `B_i` a copy
    of λ on the right, `B_k` one on the left, and J in the commutant of λ. Only the factors are
    kept; a vector is the matrix of shape (rows, columns), row by row.

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


@dataclass(frozen=True, eq=False)
class DenseForm(Form):
    """Orthonormal columns.

    Args:
        columns: shape (size, rank).
    """

    columns: np.ndarray
    method = "nullspace"

    @property
    def size(self) -> int:
        return self.columns.shape[0]

    @property
    def rank(self) -> int:
        return self.columns.shape[1]

    @property
    def is_complex(self) -> bool:
        return np.iscomplexobj(self.columns)

    @property
    def nbytes(self) -> int:
        return self.columns.nbytes

    def expand(self, coefficients):
        return coefficients @ constant(self.columns.T, coefficients)

    def coefficients(self, vectors):
        return vectors @ constant(self.columns.conj(), vectors)
