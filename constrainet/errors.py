"""Exceptions that a caller may want to catch; other mistakes are `ValueError` or `TypeError`."""

from __future__ import annotations

__all__ = [
    "AmbiguousRankError",
    "CertificateError",
    "IllConditionedError",
    "MethodNotApplicableError",
    "NoEquivariantMapError",
    "ProblemTooLargeError",
]


class AmbiguousRankError(ValueError):
    """The rank of an equivariant subspace cannot be decided at the given tolerance.

    Attributes:
        above: smallest relative singular value counted as non-zero, dimensionless.
        below: largest relative singular value counted as zero, dimensionless.
        cutoff: the relative cutoff between them, dimensionless.
    """

    def __init__(self, above: float, below: float, cutoff: float):
        self.above, self.below, self.cutoff = above, below, cutoff
        super().__init__(
            f"The rank is ambiguous: singular values {above:.1e} and {below:.1e} lie too close to "
            f"either side of the cutoff {cutoff:.1e}. Exact generators leave a wide gap. If the "
            "generators are approximate, pass `rtol=` about 30 times their relative error (for "
            "errors of 1e-3, `rtol=3e-2`); otherwise check them for typing errors."
        )

    def __reduce__(self):
        return type(self), (self.above, self.below, self.cutoff)


class ProblemTooLargeError(MemoryError):
    """A solve was refused before it started, because its arrays would not fit in memory.

    Attributes:
        required: bytes that the solve would need.
        limit: bytes that it may use.
    """

    def __init__(self, what: str, required: int, limit: int):
        self.what, self.required, self.limit = what, required, limit
        super().__init__(
            f"{what} would need about {required / 2**30:.1f} GiB; the limit is "
            f"{limit / 2**30:.1f} GiB. Use smaller tensor ranks, write the representation as a sum "
            "or product of smaller ones, or raise the limit with the environment variable "
            "CONSTRAINET_MEMORY_LIMIT (in bytes)."
        )

    def __reduce__(self):
        return type(self), (self.what, self.required, self.limit)


class IllConditionedError(ArithmeticError):
    """The generators are given in coordinates too skew for float64 to decide a rank.

    Attributes:
        norm: how much the generators stretch some vectors of the representation, dimensionless.
        limit: how much they may.
    """

    def __init__(self, norm: float, limit: float):
        self.norm, self.limit = norm, limit
        super().__init__(
            f"The generators stretch some vectors of this representation {norm:.1e} times; beyond "
            f"{limit:.0e}, rounding hides small constraints, and the rank would be a guess. Write "
            "the group in a basis in which its matrices are closer to orthogonal, or use smaller "
            "tensor ranks."
        )

    def __reduce__(self):
        return type(self), (self.norm, self.limit)


class MethodNotApplicableError(ValueError):
    """A solution method was named that cannot solve this problem; the message says why."""


class CertificateError(ArithmeticError):
    """No method found a solution that passes its certificate; nothing doubtful is returned.

    Attributes:
        residual: the largest relative violation found, dimensionless.
        required: the largest violation allowed, dimensionless.
    """

    def __init__(self, what: str, residual: float, required: float):
        self.what, self.residual, self.required = what, residual, required
        fault = (
            f"The solution of {what} violates its constraints by {residual:.1e} (allowed: "
            f"{required:.1e}), so it is withheld."
            if residual < float("inf")
            else f"No random elements separated the irreducibles of {what}."
        )
        super().__init__(
            f"{fault} The generators are probably close to singular, of very different sizes, or "
            "known to few digits; a basis in which they are better conditioned should help."
        )

    def __reduce__(self):
        return type(self), (self.what, self.residual, self.required)


class NoEquivariantMapError(ValueError):
    """A layer was asked for between representations that admit no equivariant map but zero."""
