"""The Lie algebra of a matrix group: what its generators span, once it is closed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import NoReturn, final

import numpy as np

from constrainet.errors import AmbiguousRankError
from constrainet.groups.closure import Closure, as_real_rows, sizes_of
from constrainet.linalg import digest, moved, numerical_rank, units_of
from constrainet.tolerances import EXACT, RANK


@final
class LieAlgebra:
    """A Lie algebra of matrices over the real numbers: closed under [A, B] = AB - BA.

    The smallest one that contains some matrices and is mapped to itself by A -> h A h⁻¹ for every
    discrete generator h. It is the Lie algebra of the group that all of them generate. Complex
    matrices span it over the real numbers too: that of SU(2) has dimension 3, that of SL(2, C) 6.

    The basis starts with the given matrices, those left out that depend on earlier ones. If these
    are not closed, further matrices follow, of Frobenius norm 1 and orthogonal to all before in
    `units`, the even ones of the generators, in which lengths and distances are measured.

    Args:
        generators: shape (D, d, d), of any scales.
        normalising: the discrete generators h, shape (M, d, d).
        name: of the group, for messages.

    Raises:
        ValueError: if float64 does not suffice to tell which matrices depend on others, or there
            are too many, as of large classical groups, which are given by two elements.

    Examples:
        Two rotations generate the third; the basis is not given in full, but closed:

        >>> from constrainet.groups import Group, SO
        >>> algebra = Group(lie_algebra=SO(3).lie_algebra[:2]).algebra
        >>> algebra.dim, algebra.is_spanned, algebra.is_semisimple
        (3, False, True)
        >>> SO(3).algebra.structure_constants[0]
        array([[ 0.,  0.,  0.],
               [ 0.,  0., -1.],
               [ 0.,  1.,  0.]])
    """

    basis: np.ndarray
    units: np.ndarray
    is_spanned: bool
    closure: Closure
    _arguments: tuple[np.ndarray, tuple[np.ndarray, ...], str]

    def __init__(
        self,
        generators: np.ndarray,
        normalising: np.ndarray | Sequence[np.ndarray] = (),
        name: str = "the Lie algebra",
    ):
        units = units_of(normalising, generators)
        even = moved(np.reshape(normalising, (-1, *generators.shape[1:])), units)
        closure = Closure(moved(generators, units), even, name)
        given = generators[closure.given].astype(closure.basis.dtype)
        basis = np.concatenate([given, moved(closure.basis[len(given) :], 1 / units)])
        basis.flags.writeable = False
        self.__dict__.update(
            basis=basis,
            units=units,
            is_spanned=len(given) == len(basis),
            closure=closure,
            _arguments=(generators, tuple(normalising), name),
        )

    @property
    def is_complex(self) -> bool:
        """Whether its matrices are kept as complex ones; its coefficients are real all the same."""
        return np.iscomplexobj(self.basis)

    @property
    def dim(self) -> int:
        """Its dimension over the real numbers."""
        return len(self.basis)

    @cached_property
    def structure_constants(self) -> np.ndarray:
        """c with [A_i, A_j] = Σ_k c[i, j, k] A_k for the basis A, real, shape (dim, dim, dim)."""
        constants = self.coordinates(_brackets(self.basis))
        constants.flags.writeable = False
        return constants

    @cached_property
    def killing_form(self) -> np.ndarray:
        """K[i, j] = tr(ad A_i ad A_j) for the basis A, symmetric, shape (dim, dim)."""
        c = self.structure_constants
        form = np.einsum("ikl,jlk->ij", c, c)
        form.flags.writeable = False
        return form

    @cached_property
    def is_abelian(self) -> bool:
        """Whether all brackets vanish."""
        return bool(np.abs(_brackets(self.closure.basis)).max(initial=0) < EXACT)

    @cached_property
    def is_semisimple(self) -> bool:
        """Whether it has no abelian ideal but zero: the Killing form is not degenerate (Cartan).

        The zero algebra, of a discrete group, counts as semisimple.
        """
        if self.dim == 0:
            return True
        # in an orthonormal basis, where the scale of the generators plays no part
        flat = partial(as_real_rows, is_complex=self.is_complex)
        c = flat(_brackets(self.closure.basis)) @ flat(self.closure.basis).T
        values = np.abs(np.linalg.eigvalsh(np.einsum("ikl,jlk->ij", c, c)))
        try:
            return numerical_rank(values, RANK)[0] == self.dim
        except AmbiguousRankError as error:
            raise ValueError(
                "Whether this Lie algebra is semisimple cannot be decided: its Killing form has "
                f"eigenvalues {error.above:.1e} and {error.below:.1e}. Give its generators with "
                "more digits, or in coordinates closer to orthogonal ones."
            ) from None

    def coordinates(self, matrices: np.ndarray) -> np.ndarray:
        """The coefficients of some of its matrices in the basis.

        Args:
            matrices: shape (..., d, d).

        Returns:
            Real, shape (..., dim). What is not in the algebra is projected onto it.
        """
        flat = as_real_rows(moved(self.basis, self.units), self.is_complex)
        scales = np.linalg.norm(flat, axis=1)
        return (
            as_real_rows(moved(matrices, self.units), self.is_complex)
            @ np.linalg.pinv((flat.T / scales).T)
            / scales
        )

    def project(self, matrix: np.ndarray) -> np.ndarray:
        """The matrix of the algebra that is nearest to some matrix, shape (d, d)."""
        return moved(self.closure.project(moved(matrix, self.units)), 1 / self.units)

    def size(self, matrix: np.ndarray) -> float:
        """The Frobenius norm of a matrix in `units`."""
        return float(sizes_of(moved(matrix, self.units)))

    def distance(self, matrix: np.ndarray) -> float:
        """How far a matrix is from the algebra, in the Frobenius norm in `units`."""
        return self.size(matrix - self.project(matrix))

    def __contains__(self, matrix: np.ndarray) -> bool:
        """Whether a matrix is in the algebra, to `tolerances.EXACT` of its norm."""
        matrix = np.asarray(matrix)
        if matrix.shape != self.basis.shape[1:]:
            return False
        return self.distance(matrix) < EXACT * self.size(matrix) or not matrix.any()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A `LieAlgebra` is immutable; cannot set `{name}`.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LieAlgebra):
            return NotImplemented
        return digest(self.basis) == digest(other.basis)

    def __hash__(self) -> int:
        return int.from_bytes(digest(self.basis)[:8], "big", signed=True)

    def __reduce__(self):
        return LieAlgebra, self._arguments

    def __repr__(self) -> str:
        d, given = self.basis.shape[1], len(self._arguments[0])
        closure = "" if self.is_spanned else f", the closure of {given} generators"
        return f"LieAlgebra(dim={self.dim}, on dimension {d}{closure})"


def _brackets(matrices: np.ndarray) -> np.ndarray:
    """[A_i, A_j], shape (n, n, d, d)."""
    products = matrices[:, None] @ matrices
    return products - products.swapaxes(0, 1)
