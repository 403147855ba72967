"""The question put to the solver: which maps between two spaces are equivariant?

Four reductions come before any linear algebra. Sums split: each pair of terms is asked about
once, whatever its multiplicity. Products over different symmetries factor: each symmetry is asked
separately. A product is a map from one part of it to the rest: where the parts that the caller
gave are of very different size, they are cut anew, in the middle. And all of it is in normal form,
so that equal questions are the same question, and in even units (`units.py`). What remains is
answered by the first of three methods that applies, and certified.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from constrainet.errors import CertificateError, MethodNotApplicableError, ProblemTooLargeError
from constrainet.linalg import KroneckerProduct, Monomial, canonical_basis
from constrainet.memory import memory_limit
from constrainet.solve.cache import recall, remember
from constrainet.solve.certificate import Certificate, Known, allowed_violation, certify
from constrainet.solve.eigenspaces import DecompositionError
from constrainet.solve.forms import DenseForm, Form
from constrainet.solve.isotypic import Decomposer
from constrainet.solve.nullspace import nullspace, polished
from constrainet.solve.orbits import orbits
from constrainet.solve.problem import Atom, Question, Space, Symmetry, dim_of
from constrainet.solve.progress import steps
from constrainet.solve.reductive import reductive_part
from constrainet.solve.storage import Storage
from constrainet.solve.subspace import Solution, Subspace, questions
from constrainet.solve.threads import few_threads
from constrainet.solve.unitarisation import unitarised
from constrainet.solve.units import certify_in_units, departure, even, in_units, log_units
from constrainet.tolerances import START

logger = logging.getLogger("constrainet")

METHODS = ("orbits", "isotypic", "nullspace")
"""The methods by name, in the order in which they are tried."""

SEEDS = 3
"""Draws of random elements before `isotypic` gives way to `nullspace`."""


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
    _check_options(method, rtol)
    rtol = None if rtol is None else float(rtol)
    _check_finite(columns, rows)
    asked = list(
        dict.fromkeys(q for r in rows.terms for c in columns.terms for q in questions(r, c))
    )
    key = (rows.key, columns.key, method, rtol)
    solutions, storage = recall(key), Storage.find(cache_dir, rtol)
    if solutions is None:
        solver = Solver(method, rtol, storage)
        progress = steps(asked, f"solving for {rows.dim:,} × {columns.dim:,} weights")
        solutions = {question: solver.solve(question) for question in progress}
        remember(key, solutions)
    elif storage is not None:
        for question, solution in solutions.items():
            if log_units(question, rtol) is None:
                storage.save(even(question, rtol), solution.form, solution.gap)
    return Subspace(rows, columns, solutions)


@dataclass
class Solver:
    """Answers questions, sharing decompositions between them.

    Args:
        method: as in `intertwiners`.
        rtol: as in `intertwiners`.
        storage: where null spaces are looked up; nowhere if missing.
    """

    method: str = "auto"
    rtol: float | None = None
    storage: Storage | None = None
    _decomposers: dict[tuple[Symmetry, bool, int], Decomposer] = field(default_factory=dict)
    _known: Known = field(default_factory=dict)

    def solve(self, question: Question) -> Solution:
        """The first answer that passes its certificate."""
        start = time.perf_counter()
        asked, question = question, even(question, self.rtol)
        if self.method != "auto" and (reason := self.obstacle(self.method, question)):
            raise MethodNotApplicableError(
                f"Method {self.method!r} does not apply: {reason} Use `method='auto'`."
            )
        with few_threads():
            candidates = self._candidates(question)
            form, certificate, gap = self._first_certified(candidates, question)
            if self.storage is not None:
                self.storage.save(question, form, gap)
            if (logs := log_units(asked, self.rtol)) is not None:
                found = _columns(form)
                form = DenseForm(in_units(found, logs))
                certificate = self._required(form, asked, departure(form.columns, logs, found))
        return Solution(form, certificate, gap, time.perf_counter() - start)

    def _first_certified(
        self, candidates: Iterator[tuple[Form, float]], question: Question, least: float = 0.0
    ) -> tuple[Form, Certificate, float]:
        allowed, worst = max(least, allowed_violation(self.rtol)), np.inf
        for form, gap in candidates:
            certificate = certify(form, *question, self._known)
            if certificate.worst <= allowed:
                return form, certificate, gap
            worst = certificate.worst
            logger.info("`%s` left a violation of %.1e; trying on", form.method, worst)
        raise CertificateError(_what(question), worst, allowed)

    def _required(self, form: Form, asked: Question, miss: float) -> Certificate:
        """The certificate of an answer in the caller's units, which misses the one in even ones."""
        certificate, allowed = (
            certify_in_units(form, asked, self.rtol),
            allowed_violation(self.rtol),
        )
        worst = float(np.maximum(certificate.worst, miss))
        if not worst <= allowed:
            raise CertificateError(_what(asked), worst, allowed)
        return certificate

    def _candidates(self, question: Question) -> Iterator[tuple[Form, float]]:
        """The answers of the methods that apply, computed as they are asked for."""
        attempts = {
            "orbits": self._orbits,
            "isotypic": self._isotypic,
            "nullspace": self._canonical_nullspace,
        }
        for name, attempt in attempts.items():
            if self.method in ("auto", name) and not self.obstacle(name, question):
                yield from attempt(question)

    def obstacle(self, method: str, question: Question) -> str | None:
        """Why a method cannot answer a question; None if it can."""
        rows, columns = question
        atoms = (*rows, *columns)
        if method == "orbits":
            if self.rtol is not None and not all(_permutes(atom) for atom in atoms):
                return "it needs exact phases, and `rtol` says that they are approximate."
            if not all(atom.is_monomial for atom in atoms):
                return "the generators do not permute the coordinates up to phases."
            required = 40 * dim_of(atoms)
            if required > memory_limit():
                return f"its labels would need {required / 2**30:.1f} GiB."
        if method == "isotypic":
            if self.rtol is not None:
                return "it needs exact generators, and `rtol` says that they are approximate."
            if not all(atom.is_adjoint_closed for atom in atoms):
                return "the algebra of the generators is not closed under the adjoint."
            required = 40 * (dim_of(rows) ** 2 + dim_of(columns) ** 2)
            if required > memory_limit():
                return f"its intertwiners would need {required / 2**30:.1f} GiB."
        return None

    def _orbits(self, question: Question) -> Iterator[tuple[Form, float]]:
        rows, columns = question
        yield orbits([*rows, *(atom.dual for atom in columns)]), float("inf")

    def _isotypic(self, question: Question) -> Iterator[tuple[Form, float]]:
        atoms = (*question[0], *question[1])
        is_complex = any(atom.is_complex or atom.symmetry.is_complex for atom in atoms)
        for seed in range(SEEDS):
            key = (atoms[0].symmetry, is_complex, seed)
            try:
                if key not in self._decomposers:
                    self._decomposers[key] = Decomposer(*key)
                form = self._decomposers[key].intertwiners(*question)
            except DecompositionError as error:
                logger.info("random elements %d of `isotypic` failed: %s", seed, error)
            else:
                yield form, self._decomposers[key].gap(*question)

    def _canonical_nullspace(self, question: Question) -> Iterator[tuple[Form, float]]:
        if self.storage is not None and (stored := self.storage.load(question)):
            yield stored
        for form, gap in self._nullspace(question):
            yield DenseForm(canonical_basis(form.columns)), gap

    def _nullspace(self, question: Question) -> Iterator[tuple[DenseForm, float]]:
        rows, columns = question
        atoms = [*rows, *(atom.dual for atom in columns)]
        if self.rtol is not None or not self.obstacle("isotypic", question):
            # approximate generators are closed under nothing; and where all are closed, this run
            # is the reference for `isotypic`
            yield nullspace(atoms, self.rtol)
            return
        if found := unitarised((*rows, *columns)):
            moved, changes = found
            basis, gap = self._irreducible_basis(moved, question)
            if basis is not None:
                inverses = [np.linalg.inv(S) for S in changes[: len(rows)]]
                back = KroneckerProduct([*inverses, *(S.T for S in changes[len(rows) :])])
                # the rank was decided in unitary coordinates, without doubt
                yield polished(atoms, np.linalg.qr(back @ basis)[0]), gap
        part = reductive_part((*rows, *columns))
        start = None if part is None else self._irreducible_basis(part, question)[0]
        yield nullspace(atoms, None, start)

    def _irreducible_basis(
        self, atoms: Sequence[Atom], question: Question
    ) -> tuple[np.ndarray | None, float]:
        """The invariants of other atoms in the place of the question's, as columns, and the gap."""
        count = len(question[0])
        other = (tuple(atoms[:count]), tuple(atoms[count:]))
        if self.obstacle("isotypic", other):
            return None, 0.0
        try:
            form, _, gap = self._first_certified(self._isotypic(other), other, START)
        except CertificateError:
            return None, 0.0
        return _columns(form), gap


def _what(question: Question) -> str:
    return f"{dim_of(question[0]):,} × {dim_of(question[1]):,} weights"


def _columns(form: Form) -> np.ndarray:
    """A form's basis, as columns (size, rank)."""
    required = 24 * form.size * form.rank
    if required > memory_limit():
        raise ProblemTooLargeError("A dense basis", required, memory_limit())
    return np.asarray(form.expand(np.eye(form.rank))).T


def _permutes(atom: Atom) -> bool:
    return all(isinstance(h, Monomial) and h.is_permutation for h in atom.discrete)


def _check_options(method: str, rtol: float | None) -> None:
    if method not in ("auto", *METHODS):
        raise ValueError(
            f"`equivariant_basis(method=...)` should be 'auto', 'orbits', 'isotypic' or "
            f"'nullspace'. Got {method!r}."
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
