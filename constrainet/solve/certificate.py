"""The certificate: how far a solution is from what it claims to be, checked after every solve.

It is computed from the generators' images and the stored solution alone, by another route than the
solution was: nothing is taken over from the method that found it. Solutions read from a cache pass
through it again.
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
from constrainet.solve.problem import Atom, images
from constrainet.tolerances import EXACT


@dataclass(frozen=True)
class Certificate:
    """What was checked of one solution; all numbers relative and dimensionless.

    Args:
        residual: the largest violation by a basis vector of norm one, over all generators, each
            relative to the generator's own size.
        orthonormality: the largest deviation of inner products of basis vectors from 0 or 1.
    """

    residual: float
    orthonormality: float

    @property
    def worst(self) -> float:
        """The larger of the two."""
        return max(self.residual, self.orthonormality)


def allowed_violation(rtol: float | None) -> float:
    """How much a certificate may show: more only where generators are said to be approximate."""
    return EXACT if rtol is None else max(EXACT, 10 * rtol)


@singledispatch
def certify(form: Form, rows: Sequence[Atom], columns: Sequence[Atom]) -> Certificate:
    """Checks a solution against the images of all generators.

    Args:
        form: the solution: maps from the product of `columns` to the product of `rows`.
        rows: atoms of one symmetry.
        columns: atoms of the same symmetry, not dualised.
    """
    raise TypeError(f"`certify` knows no form {type(form).__name__}.")


@certify.register
def _(form: OrbitForm, rows, columns) -> Certificate:
    atoms = [*rows, *(atom.dual for atom in columns)]
    amplitudes = np.append(1 / np.sqrt(form.sizes), 0)[form.labels]
    if form.phases is not None:
        amplitudes = amplitudes * form.phases
    residual = 0.0
    for i in range(len(atoms[0].discrete)):
        where, factors = product_images([atom.monomial(i) for atom in atoms])
        if not np.array_equal(form.labels[where], form.labels):
            return Certificate(1.0, 1.0)
        if factors is not None or form.phases is not None:
            moved = amplitudes if factors is None else factors * amplitudes
            squares = np.abs(amplitudes[where] - moved) ** 2
            sums = np.bincount(form.labels, squares, minlength=form.rank)
            residual = max(residual, float(np.sqrt(sums.max(initial=0))))
    norms = np.bincount(form.labels, np.abs(amplitudes) ** 2, minlength=form.rank)[: form.rank]
    return Certificate(residual, float(np.abs(norms - 1).max(initial=0)))


@certify.register
def _(form: DenseForm, rows, columns) -> Certificate:
    atoms = [*rows, *(atom.dual for atom in columns)]
    residual = 0.0
    for constraint in constraints(atoms, relative=True):
        violations = np.linalg.norm(constraint @ form.columns, axis=0)
        residual = max(residual, float(violations.max(initial=0)))
    gram = form.columns.conj().T @ form.columns
    return Certificate(residual, float(np.abs(gram - np.eye(form.rank)).max(initial=0)))


@certify.register
def _(form: IsotypicForm, rows, columns) -> Certificate:
    """The factors intertwine, so their products do: the violations of both sides add up."""
    left = [block.left for block in form.blocks]
    right = [block.right for block in form.blocks]
    same = all(a is b for a, b in zip(left, right, strict=True)) and list(rows) == list(columns)
    sides = [(rows, left)] if same else [(rows, left), (columns, right)]
    residual, orthonormality = 0.0, 0.0
    for atoms, copies in sides:
        residual += _intertwining(atoms, copies, form.blocks)
        orthonormality = max(orthonormality, _orthonormality(copies))
    residual = 2 * residual if same else residual
    residual += max((_commuting(block) for block in form.blocks), default=0.0)
    for block in form.blocks:
        commutant, d = block.irrep.commutant, block.irrep.dim
        flat = commutant.reshape(len(commutant), -1) / np.sqrt(d)
        gram = flat @ flat.conj().T
        orthonormality = max(orthonormality, float(np.abs(gram - np.eye(len(gram))).max()))
    return Certificate(residual, orthonormality)


def _intertwining(
    atoms: Sequence[Atom], copies: list[np.ndarray], blocks: Sequence[IrreducibleBlock]
) -> float:
    """The largest violation of `ρ(g) B = B λ(g)` by a copy, per basis vector of the solution."""
    if not atoms or not copies:
        return 0.0
    worst = 0.0
    discrete, infinitesimal = images(atoms)
    pairs = [(op, [b.irrep.discrete[i] for b in blocks]) for i, op in enumerate(discrete)]
    pairs += [
        (op, [b.irrep.infinitesimal[i] for b in blocks]) for i, op in enumerate(infinitesimal)
    ]
    # all copies side by side, so that each generator is applied once
    together = np.concatenate([c.transpose(1, 0, 2).reshape(c.shape[1], -1) for c in copies], 1)
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
            worst = max(worst, float(norms.max()) / scale)
            start += m * d
    return worst


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
        worst = max(worst, float(np.linalg.norm(bracket, axis=(1, 2)).max()) / scale)
    return worst / np.sqrt(d)


def _orthonormality(copies: list[np.ndarray]) -> float:
    """How far all copies' columns together are from orthonormal."""
    if not copies:
        return 0.0
    columns = np.concatenate([c.transpose(1, 0, 2).reshape(c.shape[1], -1) for c in copies], 1)
    gram = columns.conj().T @ columns
    return float(np.abs(gram - np.eye(len(gram))).max())
