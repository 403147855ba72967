"""The certificate: how far a solution is from what it claims to be, checked after every solve.

It is computed from the generators' images and the solution alone, by another route than the
solution was: nothing is taken over from the method that found it. What is not finite, or is no
decomposition of both sides, violates without bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from constrainet.linalg import KroneckerProduct, KroneckerSum
from constrainet.solve.forms import DenseForm, Form, IrreducibleBlock, IsotypicForm, OrbitForm
from constrainet.solve.nullspace import constraints
from constrainet.solve.orbits import product_images
from constrainet.solve.problem import Atom, dim_of, images
from constrainet.solve.schur import are_irreducible_and_distinct
from constrainet.tolerances import EXACT

NUM_PROBES = 4
"""Random vectors; one would do, for a deviation δ shows with a size of about δ in each."""


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


def certify(form: Form, rows: Sequence[Atom], columns: Sequence[Atom]) -> Certificate:
    """Checks a solution against the images of all generators.

    Args:
        form: the solution: maps from the product of `columns` to the product of `rows`.
        rows: atoms of one symmetry.
        columns: atoms of the same symmetry, not dualised.

    Returns:
        The violations, infinite where they are not numbers.
    """
    with np.errstate(all="ignore"):  # what overflows is a violation, not a warning
        violations = _violations(form, rows, columns)
    return Certificate(*(float(v) if np.isfinite(v) else float("inf") for v in violations))


UNBOUNDED = float("inf"), float("inf")


@singledispatch
def _violations(form: Form, rows: Sequence[Atom], columns: Sequence[Atom]) -> tuple[float, float]:
    """Residual and orthonormality, as in `Certificate`."""
    raise TypeError(f"`certify` knows no form {type(form).__name__}.")


@_violations.register
def _(form: OrbitForm, rows, columns) -> tuple[float, float]:
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
    norms = np.bincount(form.labels, np.abs(amplitudes) ** 2, minlength=form.rank)[: form.rank]
    return residual, np.abs(norms - 1).max(initial=0)


@_violations.register
def _(form: DenseForm, rows, columns) -> tuple[float, float]:
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
def _(form: IsotypicForm, rows, columns) -> tuple[float, float]:
    """The factors intertwine, so their products do: the violations of both sides add up.

    All intertwiners are there, by Schur's lemma, if each side is the sum of its copies, and the
    irreducibles are what they claim to be.
    """
    blocks = form.blocks
    left, right = [block.left for block in blocks], [block.right for block in blocks]
    if not _is_decomposition(form, rows, columns):
        return UNBOUNDED
    same = all(a is b for a, b in zip(left, right, strict=True)) and list(rows) == list(columns)
    sides = [(rows, left)] if same else [(rows, left), (columns, right)]
    residual, orthonormality = 0.0, 0.0
    for atoms, copies in sides:
        residual += _intertwining(atoms, copies, blocks)
        orthonormality = np.maximum(orthonormality, _orthonormality(copies))
    residual = 2 * residual if same else residual
    residual += np.max([_commuting(block) for block in blocks])
    for block in blocks:
        commutant, d = block.irrep.commutant, block.irrep.dim
        flat = commutant.reshape(len(commutant), -1) / np.sqrt(d)
        gram = flat @ flat.conj().T
        orthonormality = np.maximum(orthonormality, np.abs(gram - np.eye(len(gram))).max())
    return residual, orthonormality


def _is_decomposition(form: IsotypicForm, rows: Sequence[Atom], columns: Sequence[Atom]) -> bool:
    """Whether all is finite, dimensions add up, and irreducibles are what they claim to be."""
    irreps = [block.irrep for block in form.blocks]
    arrays = [array for b in form.blocks for array in (b.left, b.right)]
    arrays += [array for i in irreps for array in (i.discrete, i.infinitesimal, i.commutant)]
    left, right = (
        sum(len(copies) * block.irrep.dim for block, copies in zip(form.blocks, side, strict=True))
        for side in ([b.left for b in form.blocks], [b.right for b in form.blocks])
    )
    return (
        (left, right) == (form.rows, form.columns) == (dim_of(rows), dim_of(columns))
        and all(np.isfinite(array).all() for array in arrays)
        and are_irreducible_and_distinct(irreps, any(map(np.iscomplexobj, arrays)))
    )


def _intertwining(
    atoms: Sequence[Atom], copies: list[np.ndarray], blocks: Sequence[IrreducibleBlock]
) -> float:
    """The largest violation of `ρ(g) B = B λ(g)` by a copy, per basis vector of the solution."""
    if not atoms:
        return 0.0
    # copies that no basis vector uses are checked by one random combination of them
    copies = [c if b.rank else _combination(c) for c, b in zip(copies, blocks, strict=True)]
    worst = 0.0
    discrete, infinitesimal = images(atoms)
    pairs = [(op, [b.irrep.discrete[i] for b in blocks]) for i, op in enumerate(discrete)]
    pairs += [
        (op, [b.irrep.infinitesimal[i] for b in blocks]) for i, op in enumerate(infinitesimal)
    ]
    together = _beside(copies)  # so that each generator is applied once
    for operator, small in pairs:
        scale = _factor_size(operator)
        if not scale:
            continue
        moved = operator @ together
        start = 0
        for copy, generator in zip(copies, small, strict=True):
            m, n, d = copy.shape
            violation = moved[:, start : start + m * d].reshape(n, m, d).swapaxes(0, 1)
            violation = violation - copy @ generator
            norms = np.linalg.norm(violation, axis=(1, 2)) / np.sqrt(d)
            worst = np.maximum(worst, norms.max(initial=0) / scale)
            start += m * d
    return worst


def _combination(copies: np.ndarray) -> np.ndarray:
    """A random combination of copies, shape (1, n, d) or, of no copies, (0, n, d)."""
    weights = np.random.RandomState(0).normal(size=(min(1, len(copies)), len(copies)))
    return np.tensordot(weights, copies, 1)


def _factor_size(operator: KroneckerProduct | KroneckerSum) -> float:
    """The size of a generator: that of its largest image on one factor; 1 for the unitary ones."""
    if isinstance(operator, KroneckerProduct):
        return 1.0
    return float(max(np.linalg.norm(factor, 2) for factor in operator.factors))


def _commuting(block: IrreducibleBlock) -> float:
    """The largest violation of `λ(g) J = J λ(g)`, per basis vector of the solution."""
    commutant, d = block.irrep.commutant[1:], block.irrep.dim  # the first is the identity
    if not len(commutant):
        return 0.0
    worst = 0.0
    for generator in (*block.irrep.discrete, *block.irrep.infinitesimal):
        bracket = generator @ commutant - commutant @ generator
        scale = max(1.0, float(np.linalg.norm(generator, 2)))
        worst = np.maximum(worst, np.linalg.norm(bracket, axis=(1, 2)).max() / scale)
    return worst / np.sqrt(d)


def _orthonormality(copies: list[np.ndarray]) -> float:
    """How far random vectors are from their expansion in all copies' columns, a square matrix.

    All inner products would take n³ multiplications, where deciding took fewer.
    """
    columns = _beside(copies)
    vectors = np.random.RandomState(0).normal(size=(len(columns), NUM_PROBES))
    return np.linalg.norm(columns @ (columns.conj().T @ vectors) - vectors, axis=0).max()


def _beside(copies: list[np.ndarray]) -> np.ndarray:
    """All copies side by side: arrays (m, n, d) as columns (n, Σ m d)."""
    return np.concatenate([c.transpose(1, 0, 2).reshape(c.shape[1], -1) for c in copies], axis=1)
