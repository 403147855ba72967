"""From even units, in which questions are decided, back to those of the caller.

Solutions in even units are as accurate in every coordinate. A tensor of rank six in units of 1e8
has coordinates that differ by 1e48, and orthonormalising it in the caller's units must not let
the large ones drown the others: coordinates come in levels, one for each product of units, and
vectors that vanish on the levels above are kept apart and vanish there exactly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from constrainet.errors import AmbiguousRankError, CertificateError
from constrainet.linalg import canonical_basis, numerical_rank, orthonormalised
from constrainet.solve.method import Certificate, Solution, certify, in_words
from constrainet.solve.nullspace import DenseForm, singular
from constrainet.solve.problem import Question, balanced
from constrainet.tolerances import EXACT, RANK

SAME = 1e-6
"""Logarithms of units that differ by less are of one level: rounding makes 1e-15 of them."""

ABSENT = 1e-13
"""Coordinates of a vector of the canonical basis below this are zero, in even units. The group's
own changes of units, the scale of translations say, would enlarge their rounding without bound."""


def even(question: Question, rtol: float | None) -> Question:
    """The question in even units, cut where its two sides are closest in size.

    Approximate generators, which come with an `rtol`, are approximate in the caller's units.
    """
    rows, columns = question
    if rtol is None:
        rows, columns = tuple(a.even for a in rows), tuple(a.even for a in columns)
    return balanced((rows, columns))


def log_units(question: Question, rtol: float | None) -> np.ndarray | None:
    """The logarithm of each coordinate's size in the caller's units; None if they are even."""
    rows, columns = question
    if rtol is not None or all(atom.units is None for atom in (*rows, *columns)):
        return None
    logs = np.zeros(1)
    for sign, atoms in ((-1, rows), (1, columns)):
        for atom in atoms:
            own = np.zeros(atom.dim) if atom.units is None else sign * np.log(atom.units)
            logs = np.add.outer(logs, own).ravel()
    return logs - logs.max()


def in_callers_units(solution: Solution, question: Question, rtol: float | None) -> Solution:
    """The solution of a question in even units, in those of the caller.

    Raises:
        AmbiguousRankError: if it is not clear whether a vector vanishes on a level.
        CertificateError: if what is found there is another subspace.
    """
    logs = log_units(question, rtol)
    if logs is None:
        return solution
    found = solution.form.to_columns()
    columns = in_units(found, logs)
    certificate = certify_in_units(columns, question, logs)
    worst = float(np.maximum(certificate.worst, departure(columns, logs, found)))
    if not worst <= EXACT:
        raise CertificateError(in_words(question), worst, EXACT)
    return replace(solution, form=DenseForm(columns), certificate=certificate)


def in_units(columns: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """The canonical orthonormal basis of a subspace in the caller's units.

    Args:
        columns: shape (n, k), orthonormal in even units.
        logs: the logarithm of each coordinate's size in the caller's units.

    Returns:
        Shape (n, k). Each vector belongs to a level, the largest at which it is not zero, and is
        orthogonal to all of smaller levels; those of one level are canonical.

    Raises:
        AmbiguousRankError: if it is not clear whether a vector vanishes on a level.
    """
    if np.iscomplexobj(columns) and not np.imag(columns).any():  # a quarter of the time
        return in_units(np.real(columns), logs).astype(columns.dtype)
    columns = canonical_basis(columns)
    columns[np.abs(columns) < ABSENT] = 0
    order = np.argsort(-logs, kind="stable")
    levels = np.split(order, np.flatnonzero(np.diff(-logs[order]) > SAME) + 1)
    left = np.eye(columns.shape[1], dtype=columns.dtype)
    pieces, above = [], np.zeros(len(logs), bool)
    for level in levels:
        if not left.shape[1]:
            break
        values, vectors = singular(columns[level] @ left)
        rank = numerical_rank(values, RANK)[0] if values.max(initial=0) > RANK else 0
        if rank:
            here = columns @ (left @ vectors[:, :rank])
            here[above] = 0
            pieces.append(here * np.exp(np.minimum(logs - logs[level[0]], 0))[:, None])
            left = left @ vectors[:, rank:]
        above[level] = True
    if left.shape[1]:
        raise AmbiguousRankError(RANK, RANK, RANK)
    basis = columns[:, :0]
    for piece in reversed(pieces):
        for _ in range(2):  # once more, for what the first time left by rounding
            piece = orthonormalised(piece - basis @ (basis.conj().T @ piece))
        basis = np.concatenate([canonical_basis(piece), basis], axis=1)
    basis[np.abs(_out_of_units(basis, logs)) < ABSENT] = 0
    return basis


def certify_in_units(columns: np.ndarray, question: Question, logs: np.ndarray) -> Certificate:
    """The certificate of columns in the caller's units: constraints are judged in even ones.

    There every constraint has its natural size; in others a small one is lost beside a large one,
    and a certificate would vouch for another group. The columns are made orthonormal there, so
    that what has become dependent by rounding shows.
    """
    evened = np.linalg.qr(_out_of_units(columns, logs))[0]
    certificate = certify(DenseForm(evened), *even(question, None))
    miss = np.abs(columns.conj().T @ columns - np.eye(columns.shape[1])).max(initial=0)
    return Certificate(certificate.residual, float(np.maximum(miss, certificate.orthonormality)))


def departure(columns: np.ndarray, logs: np.ndarray, found: np.ndarray) -> float:
    """How far the canonical basis in the caller's units is from the solution in even ones.

    In skew coordinates constraints tell little, and whether a vector vanishes on a level may have
    been decided by rounding: then the two span different spaces.

    Args:
        columns: what `in_units` returned.
        logs: as there.
        found: the columns that it got.
    """
    evened = _out_of_units(columns, logs)
    outside = evened - found @ (found.conj().T @ evened)
    return float((np.linalg.norm(outside, axis=0) / np.linalg.norm(evened, axis=0)).max(initial=0))


def _out_of_units(columns: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Columns in even units, each with a largest entry of 1."""
    with np.errstate(divide="ignore"):
        sizes = np.log(np.abs(columns)) - logs[:, None]
    return columns * np.exp(-logs[:, None] - sizes.max(axis=0, initial=-700))
