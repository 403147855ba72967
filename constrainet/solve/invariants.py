"""The question put to the solver: which maps between two spaces are equivariant?

Four reductions come before any linear algebra. Sums split: each pair of terms is asked about
once, whatever its multiplicity. Products over different symmetries factor: each symmetry is asked
separately. A product is a map from one part of it to the rest: where the parts that the caller
gave are of very different size, they are cut anew, in the middle. And all of it is in normal form,
so that equal questions are the same question, and in even units (`units.py`). What remains is
answered by the first method that applies, and certified.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from numbers import Real

import numpy as np

from constrainet.errors import CertificateError, MethodNotApplicableError
from constrainet.solve.cache import recall, remember
from constrainet.solve.isotypic import Isotypic
from constrainet.solve.limits import few_threads
from constrainet.solve.method import Method, Solution, allowed_violation
from constrainet.solve.nullspace import Nullspace
from constrainet.solve.orbits import Orbits
from constrainet.solve.problem import Question, Space, questions
from constrainet.solve.progress import steps
from constrainet.solve.storage import Storage
from constrainet.solve.subspace import Subspace
from constrainet.solve.units import even, in_callers_units, log_units

IN_ORDER: tuple[type[Method], ...] = (Orbits, Isotypic, Nullspace)
"""The methods, in the order in which they are asked."""

METHODS = tuple(method.form.method for method in IN_ORDER)
"""Their names."""


def intertwiners(
    columns: Space,
    rows: Space,
    *,
    method: str = "auto",
    rtol: float | None = None,
    cache_dir: str | None = None,
) -> Subspace:
    """The equivariant maps from one space to another.

    Args:
        columns: the source.
        rows: the target.
        method: "auto", or one of "orbits", "isotypic", "nullspace".
        rtol: relative cutoff of singular values in `nullspace`, for approximate generators.
        cache_dir: a folder that keeps null spaces between processes; none if missing.

    Returns:
        A certified subspace. The result depends on the arguments alone.

    Raises:
        ValueError: if an argument is not one of those above, or an image is not finite.
        MethodNotApplicableError: if the method named cannot solve the problem.
        AmbiguousRankError: if the rank depends on the cutoff.
        ProblemTooLargeError: if no method fits in memory.
        CertificateError: if no method's result passes its certificate.
    """
    return all_intertwiners([(columns, rows)], method=method, rtol=rtol, cache_dir=cache_dir)[0]


def all_intertwiners(
    pairs: Sequence[tuple[Space, Space]],
    *,
    method: str = "auto",
    rtol: float | None = None,
    cache_dir: str | None = None,
) -> list[Subspace]:
    """`intertwiners` of several pairs (columns, rows), which share decompositions to save time.

    Args:
        pairs: sources and targets.
        method: as in `intertwiners`, as all that follow.
        rtol: a cutoff.
        cache_dir: a folder.

    Returns:
        A subspace for each pair, as certified as if it were asked for alone.
    """
    _check_options(method, rtol)
    rtol = None if rtol is None else float(rtol)
    _check_finite(*(space for pair in pairs for space in pair))
    asked = [
        list(dict.fromkeys(q for r in rows.terms for c in columns.terms for q in questions(r, c)))
        for columns, rows in pairs
    ]
    solutions = _solutions(pairs, list(dict.fromkeys(chain(*asked))), method, rtol, cache_dir)
    return [
        Subspace(rows, columns, {question: solutions[question] for question in own})
        for (columns, rows), own in zip(pairs, asked, strict=True)
    ]


def _solutions(
    pairs: Sequence[tuple[Space, Space]],
    asked: Sequence[Question],
    method: str,
    rtol: float | None,
    cache_dir: str | None,
) -> Mapping[Question, Solution]:
    """The answers to all questions about pairs of spaces, remembered or found."""
    key = (tuple((rows.key, columns.key) for columns, rows in pairs), method, rtol)
    solutions, storage = recall(key), Storage.find(cache_dir, rtol)
    if solutions is None:
        solver = Solver(method, rtol, storage)
        weights = " and ".join(f"{rows.dim:,} × {columns.dim:,}" for columns, rows in pairs[:3])
        progress = steps(asked, f"solving for {weights} weights")
        with few_threads():
            solutions = {question: solver.solve(question) for question in progress}
        remember(key, solutions)
    elif storage is not None:
        for question, solution in solutions.items():
            if log_units(question, rtol) is None:
                storage.save(even(question, rtol), solution)
    return solutions


class Solver:
    """Answers questions; the methods share between them what they have seen.

    Args:
        method: as in `intertwiners`.
        rtol: as in `intertwiners`.
        storage: where solutions are looked up; nowhere if missing.
    """

    def __init__(
        self, method: str = "auto", rtol: float | None = None, storage: Storage | None = None
    ):
        self.rtol, self.storage = rtol, storage
        self.methods = [kind(rtol) for kind in IN_ORDER if method in ("auto", kind.form.method)]

    def solve(self, question: Question) -> Solution:
        """The first answer that passes its certificate."""
        start = time.perf_counter()
        solution = self._in_even_units(even(question, self.rtol))
        solution = in_callers_units(solution, question, self.rtol)
        return replace(solution, seconds=time.perf_counter() - start)

    def _in_even_units(self, question: Question) -> Solution:
        refusals: list[Exception] = []
        for method in self.methods:
            if self.storage is not None and (stored := self.storage.load(method.form, question)):
                return stored
            try:
                solution = method.solve(question, allowed_violation(self.rtol))
            except (MethodNotApplicableError, CertificateError) as error:
                refusals.append(error)
                continue
            if self.storage is not None:
                self.storage.save(question, solution)
            return solution
        raise refusals[-1]


def _check_options(method: str, rtol: float | None) -> None:
    if method not in ("auto", *METHODS):
        names = ", ".join(map(repr, ("auto", *METHODS[:-1])))
        raise ValueError(
            f"`equivariant_basis(method=...)` should be {names} or {METHODS[-1]!r}. Got {method!r}."
        )
    if rtol is not None and not (isinstance(rtol, Real) and 0 < rtol < 1):
        raise ValueError(
            "`equivariant_basis(rtol=...)` should lie between 0 and 1, because it is a fraction of "
            f"the generators' size. Got {rtol!r}."
        )


def _check_finite(*spaces: Space) -> None:
    atoms = (atom for space in spaces for term in space.terms for atom in term.atoms)
    for atom in dict.fromkeys(atoms):
        arrays = (atom.infinitesimal, *(h for h in atom.discrete if isinstance(h, np.ndarray)))
        if not all(np.isfinite(array).all() for array in arrays):
            raise ValueError(
                "The images of the generators should be finite. Got NaN or infinity in a "
                f"representation of dimension {atom.dim}."
            )
