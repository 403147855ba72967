"""The certificate: how far a solution is from what it claims to be, checked after every solve.

It is computed from the generators' images and the solution alone, by another route than the
solution was: nothing is taken over from the method that found it. What is not finite, or is no
decomposition of both sides, violates without bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from constrainet.solve.forms import (
    DenseForm,
    Form,
    Irreducible,
    IrreducibleBlock,
    IsotypicForm,
    OrbitForm,
)
from constrainet.solve.nullspace import constraints
from constrainet.solve.orbits import product_images
from constrainet.solve.problem import Atom, dim_of, images
from constrainet.solve.schur import are_irreducible_and_distinct
from constrainet.tolerances import EXACT

NUM_PROBES = 4
"""Random vectors; one would do, for a deviation δ shows with a size of about δ in each."""


BATCH = 2**22
"""Entries of copies that are checked at a time."""


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


def allowed_violation(rtol: float | None) -> float:
    """How much a certificate may show: more only where generators are said to be approximate."""
    return EXACT if rtol is None else max(EXACT, 10 * rtol)


Known = dict[tuple, tuple[Any, Any]]
"""What was found of parts of forms, with the parts: these are told apart by where they are."""


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
        violations = _violations(form, rows, columns, {} if known is None else known)
    return Certificate(*(float(v) if np.isfinite(v) else float("inf") for v in violations))


UNBOUNDED = float("inf"), float("inf")


@singledispatch
def _violations(form: Form, rows, columns, known: Known) -> tuple[float, float]:
    """Residual and orthonormality, as in `Certificate`."""
    raise TypeError(f"`certify` knows no form {type(form).__name__}.")


@_violations.register
def _(form: OrbitForm, rows, columns, known) -> tuple[float, float]:
    if form.phases is not None and not np.isfinite(form.phases).all():
        return UNBOUNDED
    atoms = [*rows, *(atom.dual for atom in columns)]
    amplitudes = np.append(1 / np.sqrt(form.sizes), 0)[form.labels]
    if form.phases is not None:
        amplitudes = amplitudes * form.phases
    residual = 0.0
    for i in range(len(atoms[0].discrete)):
        where, factors = product_images([atom.monomial(i) for atom in atoms])
        if not np.array_equal(form.labels[where], form.labels):
            return 1.0, 1.0
        if factors is not None or form.phases is not None:
            moved = amplitudes if factors is None else factors * amplitudes
            squares = np.abs(amplitudes[where] - moved) ** 2
            sums = np.bincount(form.labels, squares, minlength=form.rank)
            residual = np.maximum(residual, np.sqrt(sums.max(initial=0)))
    # moduli of phases add up without rounding, as those of amplitudes do not in large orbits
    moduli = None if form.phases is None else np.abs(form.phases) ** 2
    norms = np.bincount(form.labels, moduli, minlength=form.rank)[: form.rank] / form.sizes
    return residual, np.abs(norms - 1).max(initial=0)


@_violations.register
def _(form: DenseForm, rows, columns, known) -> tuple[float, float]:
    if not np.isfinite(form.columns).all():
        return UNBOUNDED
    atoms = [*rows, *(atom.dual for atom in columns)]
    residual = 0.0
    for constraint in constraints(atoms, relative=True):
        violations = np.linalg.norm(constraint @ form.columns, axis=0)
        residual = np.maximum(residual, violations.max(initial=0))
    gram = form.columns.conj().T @ form.columns
    return residual, np.abs(gram - np.eye(form.rank)).max(initial=0)


@_violations.register
def _(form: IsotypicForm, rows, columns, known) -> tuple[float, float]:
    """The factors intertwine, so their products do: the violations of both sides add up.

    All intertwiners are there, by Schur's lemma, if each side is the sum of its copies, and the
    irreducibles are what they claim to be.
    """
    irreps = [block.irrep for block in form.blocks]
    residual, orthonormality = np.max(
        [(0.0, 0.0), *(_commutant_violations(irrep, known) for irrep in irreps)], axis=0
    )
    sides = (
        (rows, form.rows, [block.left for block in form.blocks]),
        (columns, form.columns, [block.right for block in form.blocks]),
    )
    for atoms, size, copies in sides:
        widths = (len(c) * irrep.dim for c, irrep in zip(copies, irreps, strict=True))
        if not sum(widths) == size == dim_of(atoms):
            return UNBOUNDED
        residual += _intertwining(tuple(atoms), copies, form.blocks, known)
        orthonormality = np.maximum(orthonormality, _orthonormality(copies, known))
    is_complex = any(np.iscomplexobj(b.left) or np.iscomplexobj(b.right) for b in form.blocks)
    if not are_irreducible_and_distinct(irreps, is_complex):
        return UNBOUNDED
    return residual, orthonormality


def _intertwining(
    atoms: tuple[Atom, ...],
    copies: list[np.ndarray],
    blocks: Sequence[IrreducibleBlock],
    known: Known,
) -> float:
    """The largest violation of `ρ(g) B = B λ(g)` by a copy, per basis vector of the solution."""
    keys = [
        (atoms, id(c), id(block.irrep), bool(block.rank))
        for c, block in zip(copies, blocks, strict=True)
    ]
    new = {
        key: (c, block.irrep)
        for key, c, block in zip(keys, copies, blocks, strict=True)
        if key not in known and len(c)
    }
    if new and atoms:
        # copies that no basis vector uses are checked by one random combination of them
        used = [c if key[-1] else _combination(c) for key, (c, _) in new.items()]
        found = _copies_violations(atoms, used, [irrep for _, irrep in new.values()])
        known.update((key, (parts, v)) for (key, parts), v in zip(new.items(), found, strict=True))
    return np.max([known[key][1] for key in keys if key in known], initial=0.0)


def _copies_violations(
    atoms: Sequence[Atom], copies: list[np.ndarray], irreps: list[Irreducible]
) -> np.ndarray:
    """The largest violations of `ρ(g) B = B λ(g)`, by irreducible."""
    discrete, infinitesimal = images(atoms)
    # the size of a generator is that of its largest image on one factor; 1 for the unitary ones
    sizes = np.max([atom.sizes for atom in atoms], axis=0)
    operators = [(op, 1.0) for op in discrete] + list(zip(infinitesimal, sizes, strict=True))
    worst = np.zeros(len(copies))
    batches = (
        (k, batch, irreps[k])
        for k, copy in enumerate(copies)
        for batch in np.array_split(copy, -(-copy.size // BATCH))
    )
    for k, batch, irrep in batches:
        m, n, d = batch.shape
        # side by side, so that each generator is applied once to all of them
        columns = batch.transpose(1, 0, 2).reshape(n, m * d)
        generators = [*irrep.discrete, *irrep.infinitesimal]
        for (operator, scale), generator in zip(operators, generators, strict=True):
            if not scale:
                continue
            expected = (columns.reshape(n * m, d) @ generator).reshape(n, m, d)
            violation = (operator @ columns).reshape(n, m, d) - expected
            norms = np.linalg.norm(violation, axis=(0, 2)) / np.sqrt(d)
            worst[k] = np.maximum(worst[k], norms.max() / scale)
    return worst


def _combination(copies: np.ndarray) -> np.ndarray:
    """A random combination of copies, shape (1, n, d)."""
    weights = np.random.RandomState(0).normal(size=(1, len(copies)))
    return np.tensordot(weights, copies, 1)


def _commutant_violations(irrep: Irreducible, known: Known) -> tuple[float, float]:
    """The largest violation of `λ(g) J = J λ(g)`, and the J's own of orthonormality."""
    parts = (irrep.discrete, irrep.infinitesimal, irrep.commutant)
    if not all(np.isfinite(part).all() for part in parts):
        return UNBOUNDED
    if (id(irrep),) not in known:
        flat = irrep.commutant.reshape(irrep.type, -1) / np.sqrt(irrep.dim)
        gram = flat @ flat.conj().T
        commutant, worst = irrep.commutant[1:], 0.0  # the first is the identity
        for generator in (*irrep.discrete, *irrep.infinitesimal) if len(commutant) else ():
            bracket = generator @ commutant - commutant @ generator
            scale = max(1.0, float(np.linalg.norm(generator, 2)))
            worst = np.maximum(worst, np.linalg.norm(bracket, axis=(1, 2)).max() / scale)
        deviation = np.abs(gram - np.eye(len(gram))).max()
        known[(id(irrep),)] = irrep, (worst / np.sqrt(irrep.dim), deviation)
    return known[(id(irrep),)][1]


def _orthonormality(copies: list[np.ndarray], known: Known) -> float:
    """How far random vectors are from their expansion in all copies' columns, a square matrix.

    All inner products would take n³ multiplications, where deciding took fewer.
    """
    copies = [c for c in copies if len(c)]
    key = tuple(map(id, copies))
    if key not in known:
        vectors = np.random.RandomState(0).normal(size=(copies[0].shape[1], NUM_PROBES))
        rest = -vectors
        for c in copies:
            rest = rest + np.sum(c @ (c.conj().swapaxes(1, 2) @ vectors), axis=0)
        known[key] = copies, np.linalg.norm(rest, axis=0).max()
    return known[key][1]
