"""Structured matrices that know no group.

A generator's image in a representation is rarely an arbitrary matrix: it permutes coordinates, up
to signs (`Monomial`), it acts on one factor of a tensor product at a time (`KroneckerProduct`,
`KroneckerSum`), or on the summands of a direct sum separately (`BlockDiagonal`). Each is applied
to vectors without being formed. Besides these, the floor holds the few dense decompositions that
decide a rank, the units in which matrices are even, the canonical basis of a subspace, the
logarithm, the coupling of angular momenta, the content digests that give every value of the library
its identity, and the fingerprints that tell answers apart.
"""

from constrainet.linalg.angular_momentum import (
    couplings,
    real_harmonics,
    rotation_generators,
)
from constrainet.linalg.balance import (
    LARGEST_CONDITION,
    are_hermitian,
    are_orthogonal,
    even_sizes,
    even_units,
    is_singular,
    moved,
    outside_span,
    tight_combinations,
    units_of,
)
from constrainet.linalg.canonical import LONG, canonical_basis, canonical_combinations
from constrainet.linalg.content import ByContent, digest
from constrainet.linalg.dense import (
    adjoint_relation,
    as_real_rows,
    closed_combinations,
    from_real_rows,
    kronecker_pairs,
    null_space,
    numerical_rank,
    orthonormalised,
)
from constrainet.linalg.fingerprints import fingerprint
from constrainet.linalg.matrix_logarithm import logarithm
from constrainet.linalg.monomial import Monomial, tidied
from constrainet.linalg.operators import (
    BlockDiagonal,
    KroneckerProduct,
    KroneckerSum,
    Matrix,
    adjoint,
    apply_along,
    direct_sum_of_algebras,
    direct_sum_of_generators,
    is_unitary,
    to_dense,
)
from constrainet.linalg.rounding import without_rounding

__all__ = [
    "LARGEST_CONDITION",
    "LONG",
    "BlockDiagonal",
    "ByContent",
    "KroneckerProduct",
    "KroneckerSum",
    "Matrix",
    "Monomial",
    "adjoint",
    "adjoint_relation",
    "apply_along",
    "are_hermitian",
    "are_orthogonal",
    "as_real_rows",
    "canonical_basis",
    "canonical_combinations",
    "closed_combinations",
    "couplings",
    "digest",
    "direct_sum_of_algebras",
    "direct_sum_of_generators",
    "even_sizes",
    "even_units",
    "fingerprint",
    "from_real_rows",
    "is_singular",
    "is_unitary",
    "kronecker_pairs",
    "logarithm",
    "moved",
    "null_space",
    "numerical_rank",
    "orthonormalised",
    "outside_span",
    "real_harmonics",
    "rotation_generators",
    "tidied",
    "tight_combinations",
    "to_dense",
    "units_of",
    "without_rounding",
]
