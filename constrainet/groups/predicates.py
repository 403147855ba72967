"""What the form of the generators says about every element of a group."""

from __future__ import annotations

from abc import ABC
from functools import cached_property
from typing import Any

import numpy as np

from constrainet.groups.random_walk import is_unitary
from constrainet.linalg import Monomial, adjoint_relation
from constrainet.tolerances import EXACT


class Predicates(ABC):
    """The part of `Group` that looks at the generators one by one.

    Attributes:
        name: what `repr` shows.
        dim: the size of the matrices.
        dtype: of the generators.
        lie_algebra: generators of the Lie algebra, shape (D, dim, dim).
        discrete_matrices: the discrete generators in the form they are kept in.
        discrete_generators: the same as an array, shape (M, dim, dim).
        factors: those of a direct product, none of them a product; else the group alone.
    """

    # properties of `Group`
    name: Any
    dim: Any
    dtype: Any
    lie_algebra: Any
    discrete_matrices: Any
    discrete_generators: Any
    factors: Any

    @property
    def is_complex(self) -> bool:
        """Whether the generators are complex; zero imaginary parts do not make them real."""
        return self.dtype.kind == "c"

    @cached_property
    def is_discrete(self) -> bool:
        """Whether the group has no Lie algebra (or only zero in it)."""
        return not any(f.lie_algebra.any() for f in self.factors)

    @cached_property
    def is_unitary(self) -> bool:
        """Whether every element is a unitary matrix."""
        return all(
            all(is_unitary(matrix) for matrix in factor.discrete_matrices)
            and _is_anti_hermitian(_normalised(factor.lie_algebra))
            for factor in self.factors
        )

    @property
    def is_orthogonal(self) -> bool:
        """Whether every element is a real orthogonal matrix."""
        return self.is_unitary and not self.is_complex

    @cached_property
    def is_monomial(self) -> bool:
        """Whether every element permutes the coordinates, up to phases; then it is discrete."""
        return self.is_discrete and all(
            isinstance(matrix, Monomial) for f in self.factors for matrix in f.discrete_matrices
        )

    @cached_property
    def is_permutation(self) -> bool:
        """Whether every element permutes the coordinates, without signs or phases."""
        return self.is_discrete and all(
            isinstance(matrix, Monomial) and matrix.is_permutation
            for factor in self.factors
            for matrix in factor.discrete_matrices
        )

    @cached_property
    def is_adjoint_closed(self) -> bool:
        """Whether the conjugate transposes of the generators stay among what they generate.

        That is: the span of `lie_algebra` contains the adjoints of its elements, and the discrete
        generators are unitary. Representations of such a group are sums of irreducible ones.
        """
        return all(
            all(is_unitary(matrix) for matrix in factor.discrete_matrices)
            and adjoint_relation(_normalised(factor.lie_algebra)) is not None
            for factor in self.factors
        )


def _is_anti_hermitian(algebra: np.ndarray) -> bool:
    return bool(np.abs(algebra + algebra.conj().swapaxes(1, 2)).max(initial=0) < EXACT)


def _normalised(algebra: np.ndarray) -> np.ndarray:
    """The non-zero Lie generators, each scaled so that its largest entry has modulus 1."""
    scales = np.abs(algebra).max(axis=(1, 2), keepdims=True, initial=0)
    keep = scales[:, 0, 0] > 0
    return algebra[keep] / scales[keep]
