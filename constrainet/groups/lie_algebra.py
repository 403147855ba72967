"""The Lie algebra of a matrix group: what its generators span, once it is closed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import NoReturn, final

import numpy as np

from constrainet.errors import AmbiguousRankError
from constrainet.groups.units import units_of
from constrainet.linalg import digest, moved, numerical_rank
from constrainet.tolerances import CLEARLY, EXACT, RANK


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
        ValueError: if float64 does not suffice to tell which matrices depend on others.

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
    _orthonormal: np.ndarray
    _arguments: tuple[np.ndarray, tuple[np.ndarray, ...], str]

    def __init__(
        self,
        generators: np.ndarray,
        normalising: np.ndarray | Sequence[np.ndarray] = (),
        name: str = "the Lie algebra",
    ):
        arguments = (generators, tuple(normalising), name)
        d = generators.shape[1]
        dtype = np.result_type(generators, *normalising)
        is_complex = dtype.kind == "c"
        span = _Span(d * d * (1 + is_complex), name)
        units = units_of(normalising, generators)
        normalising = [moved(h, units) for h in normalising]
        given = [
            a
            for a, even in zip(generators, moved(generators, units), strict=True)
            if span.extend(_flat(_normalised(even)[None], is_complex))
        ]
        # A -> h A h⁻¹, divided by the most it stretches
        inverses = [np.linalg.inv(h) for h in normalising]
        maps = [
            (h / np.linalg.norm(h, 2), i / np.linalg.norm(i, 2))
            for h, i in zip(normalising, inverses, strict=True)
        ]
        done = 0
        while done < len(span.rows):
            others = _unflat(span.rows, d, is_complex)
            a = others[done]
            conjugates = [(h @ a @ i)[None] for h, i in maps]
            candidates = np.concatenate([a @ others - others @ a, *conjugates])
            span.extend(_flat(candidates, is_complex))
            done += 1
        orthonormal = _unflat(span.rows, d, is_complex)
        basis = np.concatenate(
            [np.array(given, dtype).reshape(-1, d, d), moved(orthonormal[len(given) :], 1 / units)]
        )
        basis.flags.writeable = False
        self.__dict__.update(
            basis=basis,
            units=units,
            is_spanned=len(given) == len(basis),
            _orthonormal=orthonormal,
            _arguments=arguments,
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
        return bool(np.abs(_brackets(self._orthonormal)).max(initial=0) < EXACT)

    @cached_property
    def is_semisimple(self) -> bool:
        """Whether it has no abelian ideal but zero: the Killing form is not degenerate (Cartan).

        The zero algebra, of a discrete group, counts as semisimple.
        """
        if self.dim == 0:
            return True
        # in an orthonormal basis, where the scale of the generators plays no part
        flat = partial(_flat, is_complex=self.is_complex)
        c = flat(_brackets(self._orthonormal)) @ flat(self._orthonormal).T
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
        flat = _flat(moved(self.basis, self.units), self.is_complex)
        scales = np.linalg.norm(flat, axis=1)
        return (
            _flat(moved(matrices, self.units), self.is_complex)
            @ np.linalg.pinv((flat.T / scales).T)
            / scales
        )

    def project(self, matrix: np.ndarray) -> np.ndarray:
        """The matrix of the algebra that is nearest to some matrix, shape (d, d)."""
        rows = _flat(self._orthonormal, True)
        flat = _flat(moved(matrix, self.units), True)
        nearest = moved(_unflat(flat @ rows.T @ rows, len(matrix), True), 1 / self.units)
        return nearest if self.is_complex else np.real(nearest)

    def size(self, matrix: np.ndarray) -> float:
        """The Frobenius norm of a matrix in `units`."""
        return float(np.linalg.norm(moved(matrix, self.units)))

    def distance(self, matrix: np.ndarray) -> float:
        """How far a matrix is from the algebra, in the Frobenius norm in `units`."""
        return self.size(matrix - self.project(matrix))

    def __contains__(self, matrix: np.ndarray) -> bool:
        """Whether a matrix is in the algebra, to `tolerances.EXACT` of its norm."""
        matrix = np.asarray(matrix)
        if matrix.shape != self.basis.shape[1:]:
            return False
        even = _normalised(moved(matrix, self.units))
        return self.distance(moved(even, 1 / self.units)) < EXACT

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


class _Span:
    """A growing orthonormal basis, over the real numbers, as rows."""

    def __init__(self, length: int, name: str):
        self.rows = np.zeros((0, length))
        self._name = name

    def _rest(self, rows: np.ndarray) -> np.ndarray:
        for _ in range(2):  # once leaves rounding that a second time removes
            rows = rows - rows @ self.rows.T @ self.rows
        return rows

    def extend(self, rows: np.ndarray) -> bool:
        """Adds what is new in some rows of norms up to order one; whether there was any."""
        before = len(self.rows)
        for row in rows[np.linalg.norm(self._rest(rows), axis=1) > EXACT]:
            rest = self._rest(row)
            norm = float(np.linalg.norm(rest))
            if EXACT < norm < CLEARLY:
                raise ValueError(
                    f"The Lie algebra of {self._name} cannot be closed: a bracket or conjugate of "
                    f"its generators lies {norm:.1e} from what they span, neither inside (within "
                    f"{EXACT:.0e}) nor clearly outside. Give the generators with more digits, or "
                    "in coordinates closer to orthogonal ones."
                )
            if norm >= CLEARLY:
                self.rows = np.concatenate([self.rows, rest[None] / norm])
        return len(self.rows) > before


def _flat(matrices: np.ndarray, is_complex: bool) -> np.ndarray:
    """Matrices as real rows, (..., d, d) to (..., d²) or (..., 2d²)."""
    *shape, d, _ = matrices.shape
    flat = matrices.reshape(*shape, d * d)
    return np.concatenate([np.real(flat), np.imag(flat)], axis=-1) if is_complex else flat


def _unflat(rows: np.ndarray, d: int, is_complex: bool) -> np.ndarray:
    if is_complex:
        real, imaginary = np.split(rows, 2, axis=-1)
        rows = real + 1j * imaginary
    return rows.reshape(*rows.shape[:-1], d, d)


def _normalised(matrix: np.ndarray) -> np.ndarray:
    """Scaled to Frobenius norm 1; zero stays zero."""
    scale = np.abs(matrix).max(initial=0)
    if scale == 0:
        return matrix
    matrix = matrix / scale
    return matrix / np.linalg.norm(matrix)


def _brackets(matrices: np.ndarray) -> np.ndarray:
    """[A_i, A_j], shape (n, n, d, d)."""
    products = matrices[:, None] @ matrices
    return products - products.swapaxes(0, 1)
