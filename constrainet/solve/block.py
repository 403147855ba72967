"""The equivariant maps between the copies of two terms: a part of a solved subspace."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from constrainet.solve.method import Solution
from constrainet.solve.problem import Term


@dataclass(frozen=True, eq=False)
class Block:
    """The maps between the copies of two terms.

    Args:
        row_term: the term that is mapped to; n is its multiplicity.
        column_term: the term that is mapped from; m is its multiplicity.
        solutions: one for each symmetry that acts, in the order of the terms' atoms.
        dims: for each of them, the dimensions (rows, columns) on which it acts.
        start: where the block's coefficients begin.
    """

    row_term: Term
    column_term: Term
    solutions: tuple[Solution, ...]
    dims: tuple[tuple[int, int], ...]
    start: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The axes of the coefficients: n, m, and one rank for each symmetry."""
        ranks = (solution.form.rank for solution in self.solutions)
        return (self.row_term.multiplicity, self.column_term.multiplicity, *ranks)

    @property
    def rank(self) -> int:
        """The number of free coefficients of the block."""
        return prod(self.shape)

    @property
    def stop(self) -> int:
        """Where its coefficients end."""
        return self.start + self.rank

    @property
    def method(self) -> str:
        """Which method solved it, for each symmetry that acts; "none" if none does."""
        return " ⊗ ".join(solution.form.method for solution in self.solutions) or "none"

    @property
    def residual(self) -> float:
        """The largest violation: of each symmetry that acts, added up."""
        return sum((s.certificate.residual for s in self.solutions), start=0.0)

    @property
    def _axes(self) -> tuple[int, ...]:
        """Brings (n, m, R1, C1, R2, C2, ...) into the order (n, R1, R2, ..., m, C1, C2, ...)."""
        pairs = range(2, 2 + 2 * len(self.dims), 2)
        return (0, *pairs, 1, *(i + 1 for i in pairs))

    def expand(self, coefficients):
        """Shape (..., rank) to (..., n·rows, m·columns), copies in the order of the terms."""
        xp, lead = coefficients.__array_namespace__(), coefficients.shape[:-1]
        x = coefficients.reshape(*lead, *self.shape)
        for solution in self.solutions:  # each takes an axis away in front, and adds its own
            x = solution.form.expand(xp.moveaxis(x, len(lead) + 2, -1))
        x = x.reshape(*lead, *self.shape[:2], *(d for pair in self.dims for d in pair))
        axes = (*range(len(lead)), *(len(lead) + axis for axis in self._axes))
        n, m = self.shape[:2]
        shape = (n * self.row_term.dim, m * self.column_term.dim)
        return xp.permute_dims(x, axes).reshape(*lead, *shape)

    def coefficients(self, matrices):
        """The adjoint of `expand`."""
        xp, lead = matrices.__array_namespace__(), matrices.shape[:-2]
        n, m = self.shape[:2]
        rows, columns = zip(*self.dims, strict=True) if self.dims else ((), ())
        x = matrices.reshape(*lead, n, *rows, m, *columns)
        axes = (*range(len(lead)), *(len(lead) + int(a) for a in np.argsort(self._axes)))
        x = xp.permute_dims(x, axes).reshape(*lead, n, m, *(r * c for r, c in self.dims))
        for solution in self.solutions:
            x = solution.form.coefficients(xp.moveaxis(x, len(lead) + 2, -1))
        return x.reshape(*lead, self.rank)
