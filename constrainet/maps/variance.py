"""How equivariant maps with random weights change the covariance of vectors, layer by layer.

In irreducible coordinates every copy of an irreducible can be given the variance that it comes
with. Where there are none (affine and unipotent groups, skew coordinates), maps lead from some
coordinates of a summand to others and not back: vectors with independent coordinates are mapped to
others with dependent ones, whose variance the next layer changes by a factor of its own, again and
again. So weights have to be scaled for the vectors that layers meet.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from constrainet.solve import Block, Subspace, Term

DEPTH = 12
"""Layers for which variance is kept on the average: models are not much deeper."""

MOST_ENTRIES = 2**24
"""Of bases that are looked at: more would take minutes."""


def summand_scales(subspace: Subspace) -> np.ndarray:
    """Deviations of coefficients, shape (rank,), that keep the variance of each summand.

    The matrix entries of a row block with r coefficients of variance s² have squares that sum to
    s² r in the mean, over `size` rows; so s² = size / r.
    """
    scales, width = np.zeros(subspace.rank), len(subspace.columns.terms)
    for i, term in enumerate(subspace.rows.terms):
        blocks = subspace.blocks[i * width : (i + 1) * width]
        rank = sum(block.rank for block in blocks)
        for block in blocks:
            scales[block.start : block.stop] = np.sqrt(term.indices.size / rank) if rank else 0
    return scales


def component_scales(subspace: Subspace, own: Subspace) -> np.ndarray | None:
    """Deviations of coefficients that keep the variance of each summand through several layers.

    Weights Σ cₖ Qₖ with independent cₖ of deviation s take the covariance C of their input to
    s² Σ Qₖ C Qₖᴴ. Of independent coordinates, C₀ = 1, and the covariances C₁, C₂, ... of what
    layers to the same summands make of them, each scaled to variance one in the mean over each
    summand, the mean over `DEPTH` layers is what s is chosen for: a layer does not know its place.

    No choice would do for each layer. A shear of the plane, say, commutes with a + bN, N² = 0, only
    and N moves variance from one coordinate to the other and never back. Either the second
    coordinate keeps its variance, and the first one's grows in each layer; or the sum is kept, and
    that of the second vanishes.

    Args:
        subspace: the maps whose coefficients are asked for.
        own: those of the source to itself.

    Returns:
        Shape (rank,); None if there are too many maps to look at.
    """
    if max(_entries(subspace), _entries(own)) > MOST_ENTRIES:
        return None
    terms, bases = own.columns.terms, _bases(own)
    covariances = [np.eye(term.dim) for term in terms]
    means = [np.zeros((term.dim, term.dim)) for term in terms]
    for _ in range(DEPTH):
        means = [mean + C / DEPTH for mean, C in zip(means, covariances, strict=True)]
        covariances = [C / _variance(C) for C in _mapped(own, bases, covariances)]
    scales = np.zeros(subspace.rank)
    mapped, width = _mapped(subspace, _bases(subspace), means), len(terms)
    for i, C in enumerate(mapped):
        for block in subspace.blocks[i * width : (i + 1) * width]:
            if block.rank:
                scales[block.start : block.stop] = 1 / np.sqrt(_variance(C))
    return scales


def _variance(covariance: np.ndarray) -> float:
    """The mean over coordinates."""
    return float(np.trace(covariance).real) / len(covariance)


def _mapped(subspace: Subspace, bases: list[np.ndarray], covariances) -> list[np.ndarray]:
    """By term of the target, Σ Qₖ C Qₖᴴ for one copy of it, over all copies in the source."""
    mapped, width = [], len(subspace.columns.terms)
    for i, row_term in enumerate(subspace.rows.terms):
        total = np.zeros((row_term.dim, row_term.dim))
        for j, column_term in enumerate(subspace.columns.terms):
            Q = bases[i * width + j]
            products = np.einsum("kab,bc,kdc->ad", Q, covariances[j], Q.conj(), optimize=True)
            total = total + column_term.multiplicity * products
        mapped.append(total)
    return mapped


def _bases(subspace: Subspace) -> list[np.ndarray]:
    """For each block, a basis of the maps of one copy to one: (rank, rows, columns)."""
    blocks = map(single, subspace.blocks)
    return [block.expand(np.eye(block.rank)) for block in blocks]


def _entries(subspace: Subspace) -> int:
    """How many numbers these bases are."""
    blocks = map(single, subspace.blocks)
    return sum(block.rank * block.row_term.dim * block.column_term.dim for block in blocks)


def single(block: Block) -> Block:
    """The same block with one copy of each term."""
    return replace(block, row_term=_once(block.row_term), column_term=_once(block.column_term))


def _once(term: Term) -> Term:
    return replace(term, indices=term.indices[:1])
