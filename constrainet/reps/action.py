"""How a group acts on the coordinates of a space, and what the solver is told of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import Group
from constrainet.linalg import KroneckerProduct
from constrainet.reps.question import Piece, Symmetries
from constrainet.solve import Projector, Space, Subspace, memory_limit


@dataclass(frozen=True, eq=False, repr=False)
class Action(ABC):
    """A group, a space of coordinates, and how elements and generators move them.

    Elements reach the representations inside as the tuple of their blocks, one per factor of the
    group; each atomic representation picks its own.

    Attributes:
        group: the group that acts.
    """

    group: Group

    @property
    @abstractmethod
    def dim(self) -> int:
        """The dimension."""

    @property
    @abstractmethod
    def is_permutation(self) -> bool:
        """Whether the group permutes the coordinates, so that pointwise functions commute."""

    @property
    @abstractmethod
    def is_unitary(self) -> bool:
        """Whether the group preserves the norm of vectors."""

    @property
    @abstractmethod
    def is_complex(self) -> bool:
        """Whether matrices, and hence equivariant maps, have complex entries."""

    @property
    @abstractmethod
    def is_joint(self) -> bool:
        """Whether several factors of the group act on one atom together."""

    @property
    @abstractmethod
    def key(self) -> bytes:
        """The digest of group and structure that equality goes by."""

    @abstractmethod
    def lift(self, group: Group, places: Sequence[int]) -> Any:
        """The same space for a larger product group; factor i becomes factor `places[i]`."""

    @abstractmethod
    def pieces(self, symmetries: Symmetries) -> list[Piece]:
        """The tensor products that this is the sum of, of atoms of the given symmetries."""

    @property
    @abstractmethod
    def question(self) -> Any:
        """The maps whose entries, row by row, are the invariant vectors of this."""

    @abstractmethod
    def _rho(self, blocks) -> Any:
        """The matrix of an element, given by its blocks, one per factor of the group."""

    @abstractmethod
    def _drho(self, blocks) -> Any:
        """The matrix of a Lie algebra element, given by its blocks."""

    def _act(self, blocks, x) -> Any:
        """An element applied to vectors of shape (..., dim)."""
        return x @ self._rho(blocks).T

    @abstractmethod
    def _images(self, place: int) -> tuple[list, list]:
        """The images of the discrete and Lie generators of one factor, as operators."""

    def __eq__(self, other):
        return self.key == other.key if isinstance(other, Action) else NotImplemented

    def __hash__(self):
        return hash(self.key)

    def rho(self, g):
        """The matrix of a group element.

        Args:
            g: shape (group.dim, group.dim), an element in the defining matrices; NumPy or JAX.

        Returns:
            shape (dim, dim), of the same library.

        Raises:
            ValueError: if g has another shape.
            ProblemTooLargeError: if the matrix would not fit in memory; see `act`.

        Example:
            >>> import numpy as np
            >>> from constrainet.groups import SO
            >>> from constrainet.reps import V
            >>> (V(SO(3)) ** 2).rho(np.eye(3)).shape
            (9, 9)
        """
        self._check_fits()
        return self._rho(self._blocks("rho", "g", g))

    def drho(self, A):
        """The matrix of a Lie algebra element: the derivative of `rho` at the identity.

        Args:
            A: shape (group.dim, group.dim), a tangent matrix at the identity; NumPy or JAX.

        Returns:
            shape (dim, dim), of the same library.

        Raises:
            ValueError: if A has another shape.
            ProblemTooLargeError: if the matrix would not fit in memory.
        """
        self._check_fits()
        return self._drho(self._blocks("drho", "A", A))

    def act(self, g, x):
        """ρ(g) x, without forming ρ(g); safe under `jax.jit`, `grad` and `vmap`.

        Args:
            g: shape (group.dim, group.dim).
            x: shape (..., dim).

        Returns:
            shape (..., dim).

        Raises:
            ValueError: if a shape is wrong.
        """
        blocks = self._blocks("act", "g", g)
        x = _floating(x)
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(
                f"`act(x=...)` should have shape (..., {self.dim}), the dimension of {self}. "
                f"Got {x.shape}."
            )
        return self._act(blocks, x)

    @cached_property
    def generator_images(self) -> tuple[tuple[LinearOperator, ...], tuple[LinearOperator, ...]]:
        """The images of the discrete and of the Lie generators, applied without being formed.

        SciPy linear operators of shape (dim, dim), in the order of the group's generators.
        """
        images = [self._images(place) for place in range(len(self.group.factors))]
        discrete, infinitesimal = zip(*images, strict=True)
        return (
            tuple(KroneckerProduct([h]) for part in discrete for h in part),
            tuple(KroneckerProduct([A]) for part in infinitesimal for A in part),
        )

    def space_in(self, symmetries: Symmetries) -> Space:
        """The solver's normal form of this representation, in symmetries that fit it; remembered.

        Raises:
            ProblemTooLargeError: if the places of its coordinates would not fit in memory.
        """
        if symmetries not in self._spaces:
            required = 3 * 8 * self.dim
            if required > memory_limit():
                what = f"The coordinates of a representation of dimension {self.dim:,}"
                raise ProblemTooLargeError(what, required, memory_limit())
            self._spaces[symmetries] = Space.collect(self.pieces(symmetries))
        return self._spaces[symmetries]

    @cached_property
    def _spaces(self) -> dict[Symmetries, Space]:
        return {}

    def equivariant_basis(
        self, *, method: str = "auto", rtol: float | None = None, cache_dir: str | None = None
    ) -> Subspace:
        """An orthonormal basis of the vectors that every element of the group leaves alone.

        Of `a >> b` these are the equivariant matrices from a to b, row by row. Solutions are
        remembered, so asking again is cheap.

        Args:
            method: "auto" takes the first that applies of "orbits", "isotypic" and "nullspace".
            rtol: relative cutoff of singular values, for generators that are only approximately
                known: about 30 times their relative error. The methods that need exact
                generators are then left out.
            cache_dir: a folder in which null spaces are kept between processes; by default the
                environment variable `CONSTRAINET_CACHE`, or none.

        Returns:
            The basis, in factors, with its certificate.

        Raises:
            ValueError: if an option is not one of those above.
            MethodNotApplicableError: if the method named cannot solve this problem.
            AmbiguousRankError: if the rank depends on the cutoff.
            ProblemTooLargeError: if no method fits in memory.

        Example:
            >>> from constrainet.groups import S
            >>> from constrainet.reps import V
            >>> basis = (V(S(4)) >> V(S(4))).equivariant_basis()
            >>> basis.rank, basis.shape, basis.method
            (2, (16, 2), 'orbits')

        References:
            Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
            perceptrons for arbitrary matrix groups" (2021), Theorem 1 and section 5.
        """
        return self.question.solve(method=method, rtol=rtol, cache_dir=cache_dir)

    def equivariant_projector(
        self, *, method: str = "auto", rtol: float | None = None, cache_dir: str | None = None
    ) -> Projector:
        """The orthogonal projector onto the span of `equivariant_basis`, same arguments."""
        return Projector(self.equivariant_basis(method=method, rtol=rtol, cache_dir=cache_dir))

    def _blocks(self, method: str, argument: str, matrix) -> tuple:
        matrix = _floating(matrix)
        d = self.group.dim
        if matrix.shape != (d, d):
            raise ValueError(
                f"`{method}({argument}=...)` should have shape ({d}, {d}), that of the matrices "
                f"that define {self.group}. Got {matrix.shape}."
            )
        return self.group.split(matrix)

    def _check_fits(self) -> None:
        required = 16 * self.dim**2
        if required > memory_limit():
            what = f"A matrix of shape ({self.dim:,}, {self.dim:,}), which `act` does not form,"
            raise ProblemTooLargeError(what, required, memory_limit())


def _floating(array):
    """An array of floating point or complex numbers, NumPy or JAX."""
    if not hasattr(array, "__array_namespace__"):
        array = np.asarray(array)
    if np.dtype(array.dtype).kind in "biu":
        return array.astype(array.__array_namespace__().result_type(array.dtype, float))
    return array


def block_diagonal(blocks):
    """One matrix from the blocks of an element, NumPy or JAX; the inverse of `Group.split`."""
    if len(blocks) == 1:
        return blocks[0]
    xp = blocks[0].__array_namespace__()
    sizes = [block.shape[0] for block in blocks]
    rows, start = [], 0
    for block, size in zip(blocks, sizes, strict=True):
        before = np.zeros((size, start), block.dtype)  # JAX would compile for each shape
        start += size
        after = np.zeros((size, sum(sizes) - start), block.dtype)
        rows.append(xp.concat([before, block, after], axis=1))
    return xp.concat(rows, axis=0)


def by_factor(group: Group, discrete, lie) -> list[tuple[np.ndarray, np.ndarray]]:
    """What all generators of a group have, in order, as what those of each factor have."""
    counts = [(len(f.discrete_matrices), len(f.lie_algebra)) for f in group.factors]
    stops = np.cumsum(counts, axis=0)[:-1]
    return [*zip(np.split(discrete, stops[:, 0]), np.split(lie, stops[:, 1]), strict=True)]


def embedded(group: Group) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each factor its discrete and Lie generators, as matrices of the size of the product."""
    return by_factor(group, group.discrete_generators, group.lie_algebra)


def check_rep(call: str, rep) -> None:
    """Refuses what is not a representation."""
    if not isinstance(rep, Action):
        raise TypeError(
            f"`{call}(rep)` should be a representation, such as `V(SO(3))`. Got {rep!r}."
        )
