"""A solved subspace: the equivariant maps between two spaces, block by block.

The matrix of a map falls into blocks, one for each pair of a term of the target and a term of the
source. Within a block, n × m copies of the same small problem stand side by side: its solution is
kept once, and multiplicities stay an axis of the coefficients. Where several symmetries act, the
small problem is a tensor product of one for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise, product
from typing import ClassVar

import numpy as np

from constrainet.linalg import ByContent, digest, fingerprint
from constrainet.solve.block import Block
from constrainet.solve.limits import require_memory
from constrainet.solve.method import Solution, take
from constrainet.solve.problem import Question, Space, dim_of, questions


class Subspace(ByContent):
    """An orthonormal basis of the equivariant maps between two spaces, kept in factors.

    A map is the vector of its matrix's entries, row by row, in the callers' coordinates. The basis
    is a sequence of such vectors, and multiplies like the matrix whose columns they are.

    Args:
        rows: the target.
        columns: the source.
        solutions: the answer to each question that a pair of terms asks.

    Example:
        >>> import numpy as np
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> basis = (V(S(3)) >> V(S(3))).equivariant_basis()
        >>> basis
        Subspace(shape=(9, 2), rank=2, method='orbits')
        >>> basis[1].reshape(3, 3).round(3)
        array([[0.   , 0.408, 0.408],
               [0.408, 0.   , 0.408],
               [0.408, 0.408, 0.   ]])
        >>> np.allclose(basis @ np.array([0.0, 1.0]), basis[1])
        True
    """

    # makes `array @ basis` ask the basis
    __array_ufunc__ = None

    def __init__(self, rows: Space, columns: Space, solutions: Mapping[Question, Solution]):
        self.rows, self.columns, self.solutions = rows, columns, solutions
        blocks, start = [], 0
        for row_term, column_term in product(rows.terms, columns.terms):
            asked = questions(row_term, column_term)
            dims = tuple((dim_of(left), dim_of(right)) for left, right in asked)
            answers = tuple(solutions[question] for question in asked)
            blocks.append(Block(row_term, column_term, answers, dims, start))
            start = blocks[-1].stop
        self.blocks = tuple(blocks)
        self.rank = start

    @property
    def shape(self) -> tuple[int, int]:
        """(number of entries of the matrix, rank)."""
        return self.rows.dim * self.columns.dim, self.rank

    @property
    def method(self) -> str:
        """Which methods found it, by name; "none" if all representations are trivial.

        `blocks` tells them apart: each has a `method`, a `row_term` and a `column_term`.
        """
        methods = {solution.form.method for solution in self.solutions.values()}
        return ", ".join(sorted(methods)) or "none"

    @property
    def residual(self) -> float:
        """The largest violation of a generator's constraint by a basis vector, relative."""
        return max((block.residual for block in self.blocks if block.rank), default=0.0)

    @property
    def gap(self) -> float:
        """How clear the rank decisions were: the smallest ratio across a cut; infinite if exact."""
        return min((solution.gap for solution in self.solutions.values()), default=float("inf"))

    @property
    def seconds(self) -> float:
        """How long the solutions took."""
        return sum(solution.seconds for solution in self.solutions.values())

    @property
    def nbytes(self) -> int:
        """The memory that it occupies."""
        forms = sum(solution.form.nbytes for solution in self.solutions.values())
        return forms + self.rows.order.nbytes + self.columns.order.nbytes

    @property
    def is_complex(self) -> bool:
        """Whether basis vectors have complex entries."""
        return any(solution.form.is_complex for solution in self.solutions.values())

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that stand for the basis, and are the same on every computer.

        Those of the vector with fixed pseudo-random coefficients: coefficients mean the same in
        bases of one fingerprint.

        Example:
            >>> from constrainet.groups import SO
            >>> from constrainet.reps import V
            >>> (V(SO(3)) >> V(SO(3))).equivariant_basis().fingerprint
            '............'
        """
        coefficients = np.random.RandomState(1).standard_normal(self.rank)
        return fingerprint(self.expand(coefficients))

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """For rows and columns, the place in the normal form of each caller's coordinate."""
        return np.argsort(self.rows.order), np.argsort(self.columns.order)

    def expand(self, coefficients):
        """The vectors with the given coefficients.

        Args:
            coefficients: shape (..., rank), NumPy or JAX.

        Returns:
            shape (..., size), of the same library and precision.
        """
        coefficients = _as_inexact(coefficients)
        _check_last_axis("expand", "coefficients", coefficients, self.rank)
        xp, lead = coefficients.__array_namespace__(), coefficients.shape[:-1]
        grid = [block.expand(coefficients[..., block.start : block.stop]) for block in self.blocks]
        width = len(self.columns.terms)
        if not grid:
            return xp.zeros((*lead, 0), dtype=coefficients.dtype)
        matrix = _concatenate(
            xp,
            [_concatenate(xp, grid[i : i + width], -1) for i in range(0, len(grid), width)],
            -2,
        )
        return _reordered(matrix, self._places).reshape(*lead, self.shape[0])

    def coefficients(self, vectors):
        """The coefficients of vectors' projections: the adjoint of `expand`.

        Args:
            vectors: shape (..., size), NumPy or JAX.

        Returns:
            shape (..., rank), of the same library and precision.
        """
        vectors = _as_inexact(vectors)
        _check_last_axis("coefficients", "vectors", vectors, self.shape[0])
        xp, lead = vectors.__array_namespace__(), vectors.shape[:-1]
        matrix = vectors.reshape(*lead, self.rows.dim, self.columns.dim)
        matrix = _reordered(matrix, (self.rows.order, self.columns.order))
        heights, widths = (_slices(space) for space in (self.rows, self.columns))
        parts = (matrix[..., row, column] for row, column in product(heights, widths))
        found = [b.coefficients(part) for b, part in zip(self.blocks, parts, strict=True)]
        return _concatenate(xp, [vectors[..., :0], *found], -1)

    def project(self, vectors):
        """The orthogonal projections of vectors, shape (..., size)."""
        return self.expand(self.coefficients(vectors))

    # --- as a sequence, and as a matrix ---------------------------------------------------------

    def __len__(self) -> int:
        return self.rank

    def __getitem__(self, index) -> np.ndarray:
        """The basis vectors at the places in `index`, shape (..., size).

        `basis[i]` is the i-th, `basis[:3]` are the first three. With two indices, entries of the
        matrix: `basis[:, i]` is the i-th, too, as a column.
        """
        if isinstance(index, tuple):
            whole = len(index) == 2 and isinstance(index[0], slice) and index[0] == slice(None)
            return self[index[1]].T if whole else self.to_dense()[index]
        places = np.arange(self.rank)[index]
        coefficients = np.zeros((*places.shape, self.rank))
        np.put_along_axis(coefficients, places[..., None], 1, axis=-1)
        return self.expand(coefficients)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(self.rank))

    @property
    def T(self) -> np.ndarray:
        """The basis vectors as rows, shape (rank, size); of `to_dense()`, with its errors."""
        return self.to_dense().T

    def __matmul__(self, coefficients):
        """`expand`, of coefficients (rank,) or of the columns of a matrix (rank, k)."""
        coefficients = _as_inexact(coefficients)
        _check_first_axis("basis @ coefficients", coefficients, self.rank)
        return self.expand(coefficients.T).T

    def __rmatmul__(self, vectors):
        """Vectors (..., size) times the matrix; for real bases the same as `coefficients`."""
        vectors = _as_inexact(vectors)
        xp = vectors.__array_namespace__()
        return xp.conj(self.coefficients(xp.conj(vectors)))

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        raise TypeError(
            f"A solved basis is kept in factors, and does not become an array by itself. Use "
            f"`basis.to_dense()`, of shape {self.shape}, with basis vectors as columns; "
            "`basis @ coefficients`, or `basis[i]`, which need not form it."
        )

    @cached_property
    def key(self) -> bytes:
        """The digest of spaces and fingerprint that equality goes by."""
        return digest(self.rows.key, self.columns.key, self.fingerprint)

    def __repr__(self):
        return f"Subspace(shape={self.shape}, rank={self.rank}, method={self.method!r})"

    def to_dense(self) -> np.ndarray:
        """The basis as orthonormal columns, shape (size, rank), float64 or complex128.

        Raises:
            ProblemTooLargeError: if they would not fit in memory.
        """
        size, rank = self.shape
        required = 3 * 8 * size * rank * (2 if self.is_complex else 1)
        require_memory(required, f"A dense basis of shape ({size:,}, {rank:,})")
        return self.expand(np.eye(rank)).T


@dataclass(frozen=True)
class Projector:
    """`P = Q Qᴴ`, applied as Q and Qᴴ one after the other.

    Args:
        subspace: its image.

    Example:
        >>> import numpy as np
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> projector = V(S(3)).equivariant_projector()
        >>> projector @ np.array([1.0, 2.0, 6.0])
        array([3., 3., 3.])
    """

    subspace: Subspace

    # makes `array @ projector` an error instead of an array of objects
    __array_ufunc__: ClassVar = None

    @property
    def shape(self) -> tuple[int, int]:
        """(dim, dim)."""
        return self.subspace.shape[0], self.subspace.shape[0]

    def __matmul__(self, vectors):
        """The projections of a vector (dim,) or of the columns of a matrix (dim, k)."""
        if vectors.ndim == 1:
            return self.subspace.project(vectors)
        return self.subspace.project(vectors.T).T

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        raise TypeError(
            "A projector is kept in factors, and does not become an array by itself. Use "
            f"`projector.to_dense()`, of shape {self.shape}, or `projector @ array`."
        )

    def to_dense(self) -> np.ndarray:
        """The matrix, shape (dim, dim), float64 or complex128.

        Raises:
            ProblemTooLargeError: if it would not fit in memory.
        """
        size = self.subspace.shape[0]
        require_memory(4 * 8 * size * size, f"A projector of size {size:,}")
        return self.subspace.project(np.eye(size)).T


def _slices(space: Space) -> list[slice]:
    """Where each term stands in the normal form."""
    stops = accumulate((term.indices.size for term in space.terms), initial=0)
    return [slice(*ends) for ends in pairwise(stops)]


def _reordered(matrix, orders: Iterable[np.ndarray]):
    """Rows and columns in other orders, of which most change nothing."""
    for axis, order in zip((-2, -1), orders, strict=True):
        if not np.array_equal(order, np.arange(len(order))):
            matrix = take(matrix, order, axis)
    return matrix


def _concatenate(xp, parts: Sequence, axis: int):
    """Concatenates, at the precision of the widest part, complex if any part is."""
    return parts[0] if len(parts) == 1 else xp.concat(list(parts), axis=axis)


def _as_inexact(array):
    """The array itself, or as floating point numbers if it holds whole ones or is a list."""
    if not hasattr(array, "__array_namespace__"):
        array = np.asarray(array)
    xp = array.__array_namespace__()
    whole = xp.isdtype(array.dtype, ("bool", "integral"))
    return xp.astype(array, xp.asarray(0.0).dtype) if whole else array


def _check_last_axis(method: str, argument: str, array, size: int) -> None:
    if array.ndim == 0 or array.shape[-1] != size:
        raise ValueError(
            f"`{method}({argument}=...)` should have shape (..., {size}). Got {array.shape}."
        )


def _check_first_axis(call: str, array, size: int) -> None:
    if array.ndim not in (1, 2) or array.shape[0] != size:
        raise ValueError(
            f"`{call}` should have coefficients of shape ({size},) or ({size}, k). Got "
            f"{array.shape}. For rows of coefficients use `basis.expand`."
        )
