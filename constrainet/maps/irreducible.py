"""The product of an equivariant matrix with a batch, in irreducible coordinates.

By Schur's lemma an equivariant matrix only mixes the copies of each irreducible. Its product with a
vector costs Σ d·m·n multiplications there, over the irreducibles of dimension d with m copies in
the source and n in the target, instead of dim_in·dim_out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.basis import BasisChange, basis_change
from constrainet.maps.coordinates import concatenate, split, take_each
from constrainet.maps.features import Features
from constrainet.maps.sharding import times
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import Subspace, constant


@dataclass(frozen=True, eq=False)
class _Mixing:
    """How the copies of one irreducible λ are mixed: by Σ_e w_e ⊗ J_e.

    Args:
        commutant: J, shape (e, d, d), each of Frobenius norm √d.
        shape: (e, n, m), that of the weights w.
        start: where the coefficients begin.
    """

    commutant: np.ndarray
    shape: tuple[int, int, int]
    start: int

    @property
    def stop(self) -> int:
        return self.start + int(np.prod(self.shape))

    @property
    def dim(self) -> int:
        """d."""
        return self.commutant.shape[1]


class IrreducibleProduct:
    """The product in irreducible coordinates, one small matrix for each irreducible.

    The matrices B_k J_e B_iᴴ / √d are an orthonormal basis: irreducible by irreducible, with axes
    (e, copies in the target, copies in the source). Coefficients are those of the solver's.

    Args:
        frame: in which both representations are irreducible.
        source, target: the representations.
        change: from the solver's basis to the one above.

    Attributes:
        rank: how many coefficients there are.
        multiplications: per sample.
    """

    def __init__(self, frame: SharedFrame, source: Rep, target: Rep, change: BasisChange):
        self.change = change
        self.source, self.target = frame.coordinates(source), frame.coordinates(target)
        self.mixings: dict[int, _Mixing] = {}
        self.rank = 0
        self.multiplications = 0
        for i, commutant in _shared(frame, source, target).items():
            shape = (len(commutant), self.target.copies[i], self.source.copies[i])
            mixing = self.mixings[i] = _Mixing(commutant, shape, self.rank)
            self.rank = mixing.stop
            e, n, m = shape
            self.multiplications += n * m * mixing.dim * (mixing.dim if e > 1 else 1)

    @cached_property
    def component_scales(self) -> np.ndarray:
        """Shape (rank,): deviations of coefficients that keep the variance of each component."""
        parts = [np.zeros(0)]
        for mixing in self.mixings.values():
            e, n, m = mixing.shape
            parts.append(np.full(e * n * m, sqrt(mixing.dim / (e * m))))
        return np.concatenate(parts)

    @cached_property
    def scales(self) -> np.ndarray:
        """Shape (rank,): deviations of coefficients that keep the variance of each summand.

        Where a term of the target has components that no map reaches, the others get more.
        """
        gains: dict[int, list[np.ndarray]] = {i: [] for i in self.mixings}
        for term, part in zip(self.target.space.terms, self.target.parts, strict=True):
            reached = {i: copies for i, copies in part.items() if i in self.mixings}
            dims = sum(copies.shape[0] * copies.shape[2] for copies in reached.values())
            for i, copies in reached.items():
                count = term.multiplicity * len(copies)
                gains[i].append(np.full(count, sqrt(term.dim / dims)))
        parts = [np.zeros(0)]
        for i, mixing in self.mixings.items():
            rows = np.concatenate(gains[i])[None, :, None]
            parts.append(np.broadcast_to(rows, mixing.shape).ravel())
        return np.concatenate(parts) * self.component_scales

    def scaled(self, noise: jax.Array, by_component: bool) -> jax.Array:
        """Coefficients that keep the variance, of each component or of each summand, from noise."""
        scales = self.component_scales if by_component else self.scales
        return self.change.from_components(noise * constant(scales, noise))

    def from_coefficients(self, coefficients: jax.Array) -> dict[int, jax.Array]:
        """The weights (e, n, m) of each irreducible."""
        coefficients = self.change.to_components(coefficients)
        pieces = split(coefficients, [m.stop - m.start for m in self.mixings.values()])
        return {
            i: piece.reshape(mixing.shape) / sqrt(mixing.dim)
            for piece, (i, mixing) in zip(pieces, self.mixings.items(), strict=True)
        }

    def from_matrix(self, w: jax.Array) -> dict[int, jax.Array]:
        """The weights of the orthogonal projection: <B J Uᴴ, W> / d = tr(Jᴴ Bᴴ W U) / d."""
        left = self.target.analyse(w)  # (n, d, columns)
        return {
            i: self._traces(left[i], i, mixing) / mixing.dim for i, mixing in self.mixings.items()
        }

    def _traces(self, left: jax.Array, i: int, mixing: _Mixing) -> jax.Array:
        """tr(Jᴴ Bᴴ W U) for all copies U of the source and the copies B of `left`: (e, n, m)."""
        terms = self.source.space.terms
        # with the coordinates d of B first, what follows is one matrix product for each
        pieces = take_each(left.swapaxes(0, 1), [term.indices.ravel() for term in terms], 2)
        return concatenate(
            [
                _trace_term(z, part[i], mixing.commutant)
                for z, part in zip(pieces, self.source.parts, strict=True)
                if i in part
            ],
            2,
        )

    def coefficients(self, weights: Mapping[int, jax.Array]) -> jax.Array:
        """The inverse of `from_coefficients`."""
        parts = [weights[i].ravel() * sqrt(m.dim) for i, m in self.mixings.items()]
        return self.change.from_components(jnp.concatenate(parts)) if parts else jnp.zeros(0)

    def apply(self, weights: Mapping[int, jax.Array], x: Features) -> Features:
        """The map applied to a batch."""
        shared = {i: x.components[i] for i in self.mixings}
        dtype = jnp.result_type(x.dtype, *jax.tree.leaves(weights))
        components = self._mix(weights, shared)
        return Features(self.target, x.batch, dtype, components=components)

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def _mix(self, weights: Mapping, components: Mapping) -> dict[int, jax.Array]:
        return {i: _mixed(weights[i], mixing, components[i]) for i, mixing in self.mixings.items()}


def irreducible_product(
    frame: SharedFrame, source: Rep, target: Rep, subspace: Subspace
) -> IrreducibleProduct | None:
    """The product for coefficients in a solved basis; None where it does not apply.

    It does not where representations were not decomposed, or the bases are too large to compare.
    """
    if not frame.is_irreducible(source) or not frame.is_irreducible(target):
        return None
    sides = frame.coordinates(source), frame.coordinates(target)
    change = basis_change(subspace, *sides, _shared(frame, source, target))
    return None if change is None else IrreducibleProduct(frame, source, target, change)


def _shared(frame: SharedFrame, source: Rep, target: Rep) -> dict[int, np.ndarray]:
    """The commutants of the components that two representations share, in order."""
    both = frame.coordinates(source).copies.keys() & frame.coordinates(target).copies.keys()
    return {i: frame.commutant(i) for i in sorted(both)}


def _mixed(weights: jax.Array, mixing: _Mixing, z: jax.Array) -> jax.Array:
    """(m, d, batch) to (n, d, batch)."""
    if mixing.shape[0] == 1:
        return times(weights[0], z)
    (_, n, m), d, batch = mixing.shape, mixing.dim, z.shape[2]
    matrix = jnp.einsum("enm,eab->namb", weights, constant(mixing.commutant, weights))
    return times(matrix.reshape(n * d, m * d), z.reshape(m * d, batch)).reshape(n, d, batch)


def _trace_term(z: jax.Array, copies: np.ndarray, commutant: np.ndarray) -> jax.Array:
    """Shape (d, n, multiplicity·term.dim) to (e, n, multiplicity·k)."""
    (d, n, _), (k, dim, _), e = z.shape, copies.shape, len(commutant)
    turned = np.einsum("kia,eba->bike", copies, commutant.conj()).reshape(d, dim, k * e)
    traces = jnp.einsum("bxi,biy->xy", z.reshape(d, -1, dim), constant(turned, z))
    return traces.reshape(n, -1, e).transpose(2, 0, 1)
