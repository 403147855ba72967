"""What a method of solving is, and what it answers with.

A method is one file. It holds a `Form`, an orthonormal basis in the factors that the method finds
it in, with what is checked of it; and a `Method`, which says whether it applies, and finds forms.
`invariants.py` lists the methods, and asks them in order.

No method is believed: the first form that passes its certificate is the answer. Certificates are
computed from the generators' images and the form alone, by another route than the form was.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from constrainet.errors import CertificateError, MethodNotApplicableError
from constrainet.solve.limits import require_memory
from constrainet.solve.problem import Atom, Question, dim_of
from constrainet.tolerances import EXACT

logger = logging.getLogger("constrainet")

UNBOUNDED = float("inf"), float("inf")
"""The violations of what is not finite, or no basis of what it should be."""

Known = dict[tuple, tuple[Any, Any]]
"""What was found of parts of forms, with the parts: these are told apart by where they are."""


class Form(ABC):
    """An orthonormal basis Q of the maps that answer a question, of `size` entries each.

    Forms expand coefficients to vectors (Q c) and take the coefficients of vectors (Qᴴ v), along
    the last axis, for NumPy and for JAX arrays alike: an array brings its own namespace, so this
    floor needs no JAX.
    """

    method: ClassVar[str]
    """The name of the method that finds it."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of coordinates."""

    @property
    @abstractmethod
    def rank(self) -> int:
        """The number of basis vectors."""

    @property
    @abstractmethod
    def is_complex(self) -> bool:
        """Whether basis vectors have complex entries."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """The memory that it occupies."""

    @abstractmethod
    def expand(self, coefficients) -> Any:
        """Q c: shape (..., rank) to (..., size)."""

    @abstractmethod
    def coefficients(self, vectors) -> Any:
        """Qᴴ v: shape (..., size) to (..., rank)."""

    @abstractmethod
    def violations(
        self, rows: Sequence[Atom], columns: Sequence[Atom], known: Known
    ) -> tuple[float, float]:
        """Residual and orthonormality, as in `Certificate`; arguments as in `certify`."""

    def to_columns(self) -> np.ndarray:
        """Q, shape (size, rank).

        Raises:
            ProblemTooLargeError: if it would not fit in memory.
        """
        require_memory(24 * self.size * self.rank, "A dense basis")
        return np.asarray(self.expand(np.eye(self.rank))).T


class StoredForm(Form):
    """A form that takes longer to find than to check, and is kept on disk as one matrix."""

    @abstractmethod
    def pack(self) -> np.ndarray:
        """The matrix, real or complex."""

    @classmethod
    @abstractmethod
    def unpack(cls, matrix: np.ndarray, question: Question) -> StoredForm:
        """The form that was packed so.

        Raises:
            ValueError: if it is not of the shape that the question asks for.
        """

    @abstractmethod
    def fault(self, question: Question, rtol: float | None) -> str | None:
        """What is wrong with a form that passes its certificate: that something is missing, or
        that it is not the basis that the method would find; None if nothing is.
        """


@dataclass(frozen=True)
class Certificate:
    """What was checked of one solution; all numbers relative and dimensionless.

    Args:
        residual: the largest violation by a basis vector of norm one, over all generators, each
            relative to the generator's own size.
        orthonormality: how far basis vectors are from orthonormal: the largest deviation of an
            inner product from 0 or 1, or for irreducibles, whose copies are a basis of the whole,
            of a random vector from its expansion in them.
    """

    residual: float
    orthonormality: float

    @property
    def worst(self) -> float:
        """The larger of the two."""
        return float(np.maximum(self.residual, self.orthonormality))  # NaN if either is


def certify(
    form: Form, rows: Sequence[Atom], columns: Sequence[Atom], known: Known | None = None
) -> Certificate:
    """Checks a solution against the images of all generators.

    Args:
        form: the solution: maps from the product of `columns` to the product of `rows`.
        rows: atoms of one symmetry.
        columns: atoms of the same symmetry, not dualised.
        known: passed again for other solutions that share copies of irreducibles with this one,
            saves checking these again.

    Returns:
        The violations, infinite where they are not numbers.
    """
    with np.errstate(all="ignore"):  # what overflows is a violation, not a warning
        violations = form.violations(rows, columns, {} if known is None else known)
    return Certificate(*(float(v) if np.isfinite(v) else float("inf") for v in violations))


def allowed_violation(rtol: float | None) -> float:
    """How much a certificate may show: more only where generators are said to be approximate."""
    return EXACT if rtol is None else max(EXACT, 10 * rtol)


@dataclass(frozen=True, eq=False)
class Solution:
    """The answer to one question.

    Args:
        form: the basis.
        certificate: what was checked of it.
        gap: how clear the rank decision was: the ratio of the numbers on either side of the cut.
        seconds: how long it took.
    """

    form: Form
    certificate: Certificate
    gap: float
    seconds: float = 0.0


class Method(ABC):
    """A way to answer questions; one object serves one solve, and may remember what it has seen.

    Args:
        rtol: as in `intertwiners`.
    """

    form: ClassVar[type[Form]]
    """What it finds."""

    def __init__(self, rtol: float | None = None):
        self.rtol = rtol
        self._known: Known = {}

    @abstractmethod
    def obstacle(self, question: Question) -> str | None:
        """Why it cannot answer a question, as a sentence; None if it can."""

    @abstractmethod
    def candidates(self, question: Question) -> Iterator[tuple[Form, float]]:
        """Forms, each with its gap, found as they are asked for: one, or more random draws."""

    def solve(self, question: Question, allowed: float) -> Solution:
        """The first candidate that violates nothing by more than is allowed.

        Raises:
            MethodNotApplicableError: if there is an obstacle.
            CertificateError: if no candidate does.
        """
        if obstacle := self.obstacle(question):
            raise MethodNotApplicableError(
                f"Method {self.form.method!r} does not apply: {obstacle} Use `method='auto'`."
            )
        worst = float("inf")
        for form, gap in self.candidates(question):
            certificate = certify(form, *question, self._known)
            if certificate.worst <= allowed:
                return Solution(form, certificate, gap)
            worst = certificate.worst
            logger.info("`%s` left a violation of %.1e; trying on", form.method, worst)
        raise CertificateError(in_words(question), worst, allowed)


def in_words(question: Question) -> str:
    """What a question asks for, for messages."""
    return f"{dim_of(question[0]):,} × {dim_of(question[1]):,} weights"


def constant(array: np.ndarray, like):
    """A stored array in the library and precision of `like`, complex if either is."""
    xp = like.__array_namespace__()
    dtype = like.dtype
    if np.iscomplexobj(array):
        dtype = xp.result_type(dtype, np.complex64)
    return xp.asarray(array, dtype=dtype)


def take(x, indices: np.ndarray, axis: int):
    """`xp.take` with indices of 32 bits where they suffice, which JAX accepts at any precision."""
    xp = x.__array_namespace__()
    if x.shape[axis] < 2**31:
        indices = indices.astype(np.int32)
    return xp.take(x, xp.asarray(indices), axis=axis)
