"""Features of a finite group's representation as functions on the group.

On functions on the group, of which the regular representation consists, elements act by moving
values about: what is done to each value commutes with them. By the Fourier transform, copies of
irreducibles are the coefficients of such functions, whatever the representation they are part of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.coordinates import concatenate, is_identity, split
from constrainet.maps.fourier import FourierIrreducible, fourier_irreducibles
from constrainet.maps.sharding import times
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import constant

HERMITE_TERMS = 40
"""Of the expansions of functions of normal numbers; the rest of a smooth one is below 1e-9."""


class GroupFunctions:
    """Functions on a finite group, with the copies in a representation as Fourier coefficients.

    Copies of the irreducibles are dealt to *channels*, in turns; those of one channel make one
    function, f(h) = α Σ √(d / |G|) v ρ(h) z, with another vector v for each copy z of the same
    irreducible, such that the functions for different copies are orthogonal. An element k of the
    group takes f to f(· k). There are as few channels as hold all copies that are not invariant;
    invariants that are left over are constant functions, and stay single numbers. If the
    representation is a multiple of the regular one, these are all functions on the group; otherwise
    they lack some coefficients, and lose them again on the way back, which is the adjoint.

    Values of f have variance one if the representation's coordinates have, independently.

    Args:
        rep: a representation of a finite group.
        frame: its coordinates, among others'.

    Attributes:
        coordinates: of the representation.
        num_channels: how many functions there are.
        has_invariant: for each channel, whether it has a coefficient that is invariant.

    Raises:
        ValueError: if a component is too large to be decomposed.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import Z
        >>> from constrainet.maps import Features, frame
        >>> from constrainet.reps import V
        >>> v = V(Z(5))
        >>> functions = GroupFunctions(v, frame(v))
        >>> x = Features.of(functions.coordinates, jnp.arange(1.0, 6.0))
        >>> offsets, gains = jnp.zeros(functions.num_channels), jnp.ones(functions.num_channels + 1)
        >>> same = functions(x.components, lambda values: values, offsets, gains)
        >>> y = Features(x.coordinates, 1, x.dtype, components=same).array(())
        >>> bool(jnp.allclose(y, jnp.arange(1.0, 6.0), atol=1e-5))
        True

    References:
        Cesa, Lang, Weiler, "A program to build E(N)-equivariant steerable CNNs" (2022), on
        non-linearities by Fourier transforms. Serre, "Linear representations of finite groups"
        (1977), section 2.4 and chapter 6.
    """

    def __init__(self, rep: Rep, frame: SharedFrame):
        self.coordinates = frame.coordinates(rep)
        found = fourier_irreducibles(rep, self.coordinates)
        needed = [-(-i.count // i.slots) for i in found if not i.is_trivial]
        self.num_channels = max(needed, default=0)
        self._irreducibles = [
            # no more slots than are needed, so that every function has something of everything
            i if i.is_trivial else replace(i, table=i.table[:, : -(-i.count // self.num_channels)])
            for i in found
        ]
        tables = [i.table.reshape(len(i.table), -1) for i in self._irreducibles]
        self._table = np.concatenate(tables, axis=1) if tables else np.zeros((1, 0))
        invariants = sum(i.count for i in found if i.is_trivial)
        self.has_invariant = np.arange(self.num_channels) < invariants

    @property
    def _parts(self) -> int:
        """How many real numbers a value is."""
        return 2 if np.iscomplexobj(self._table) else 1

    @cached_property
    def _filled(self) -> np.ndarray:
        """Shape (channels, columns of the table): 1 where there is a coefficient."""
        filled = []
        for i in self._irreducibles:
            places = np.arange(i.slots) * self.num_channels + np.arange(self.num_channels)[:, None]
            filled.append(np.repeat(places < i.count, i.dim, axis=1))
        return np.concatenate(filled, axis=1).astype(float)

    @cached_property
    def scales(self) -> np.ndarray:
        """Shape (channels,): α, for which values have variance one (both parts of complex ones)."""
        return np.sqrt(self._parts * len(self._table) / self._filled.sum(axis=1))

    def gains(
        self, function: Callable[[np.ndarray], np.ndarray], offsets: np.ndarray
    ) -> np.ndarray:
        """What keeps the mean square of normal coordinates.

        For normal numbers u, w of variance one and covariance k, E[σ(u) σ(w)] = Σ cₙ² kⁿ, with the
        coefficients cₙ of σ in normalised Hermite polynomials; the values of f are such numbers.

        Args:
            function: of values, real; for NumPy.
            offsets: shape (channels,): what is added to values before.

        Returns:
            Shape (channels + 1,), the last for the invariants that are in no channel.
        """
        sizes = self._filled.sum(axis=1)
        k = (self._filled * self._table[0]) @ self._table.conj().T  # (channels, |G|)
        k = k * len(self._table) / sizes[:, None]
        alone = 1 / np.sqrt(np.sum(_hermite_coefficients(function) ** 2))
        gains = np.full(self.num_channels + 1, alone)
        for offset in np.unique(offsets):
            here = offsets == offset
            squares = _hermite_coefficients(lambda u, b=offset: function(u + b)) ** 2
            real, imaginary = (
                np.polynomial.Polynomial(squares)(part[here]) for part in (k.real, k.imag)
            )
            opposite = np.polynomial.Polynomial(squares)(-k.imag[here])
            kept = k.real[here] * real + k.imag[here] * (imaginary - opposite) / 2
            gains[:-1][here] = 1 / np.sqrt(sizes[here] / len(self._table) * kept.sum(axis=1))
        return gains

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=(0, 2))
    def __call__(
        self,
        components: Mapping[int, jax.Array],
        function: Callable[[jax.Array], jax.Array],
        offsets: jax.Array,
        gains: jax.Array,
    ) -> dict[int, jax.Array]:
        """Components to those of the functions gain · σ(f + offset).

        Args:
            components: by component, shape (copies, d, batch).
            function: σ, of arrays of values.
            offsets: shape (channels,), added to both parts of complex values.
            gains: shape (channels + 1,), the last for the invariants that are in no channel.
        """
        copies = [
            concatenate([_turned(s.into, components[s.component]) for s in i.strands])
            for i in self._irreducibles
        ]
        places = [i.slots * self.num_channels for i in self._irreducibles]
        results = [z[:n] for z, n in zip(copies, places, strict=True)]
        if self.num_channels:
            results = self._on_channels(results, function, offsets, gains[:-1])
        scale, turned = sqrt(self._parts), dict[int, jax.Array]()
        for i, z, result, n in zip(self._irreducibles, copies, results, places, strict=True):
            if len(z) > n:  # invariants, in no channel
                rest = gains[-1] * function(scale * z[n:]) / scale
                result = concatenate([result, rest]) if n else rest
            sizes = [self.coordinates.copies[strand.component] for strand in i.strands]
            for strand, part in zip(i.strands, split(result, sizes), strict=True):
                part, place = _turned(strand.back, part), strand.component
                turned[place] = turned[place] + part if place in turned else part
        return turned

    def _on_channels(self, copies: list[jax.Array], function: Callable, offsets, gains):
        """The function of values, for the copies of each irreducible that are in channels."""
        z = concatenate(
            [self._dealt(i, z) for i, z in zip(self._irreducibles, copies, strict=True)]
        )
        table = constant(self._table, z)
        scales = constant(self.scales[:, None], z.real)
        offsets = offsets[:, None] * (1 + 1j if jnp.iscomplexobj(table) else 1)
        values = function(scales * times(table, z) + offsets)
        values = values * (gains.astype(scales.dtype)[:, None] / scales)
        z = times(table.conj().T, values)
        pieces = split(z, [i.slots * i.dim for i in self._irreducibles])
        return [
            self._collected(i, piece, z)
            for i, piece, z in zip(self._irreducibles, pieces, copies, strict=True)
        ]

    def _dealt(self, i: FourierIrreducible, copies: jax.Array) -> jax.Array:
        """Copies (n, d, batch) of an irreducible as coefficients, (slots·d, channels, batch)."""
        slots, channels, batch = i.slots, self.num_channels, copies.shape[2]
        z = jnp.pad(copies, ((0, slots * channels - len(copies)), (0, 0), (0, 0)))
        z = z.reshape(slots, channels, i.dim, batch).swapaxes(1, 2)
        return z.reshape(slots * i.dim, channels, batch)

    def _collected(self, i: FourierIrreducible, z: jax.Array, copies: jax.Array) -> jax.Array:
        """Coefficients as so many copies: the inverse of `_dealt`."""
        slots, channels, batch = i.slots, self.num_channels, copies.shape[2]
        z = z.reshape(slots, i.dim, channels, batch).swapaxes(1, 2)
        return z.reshape(slots * channels, i.dim, batch)[: len(copies)]


def _turned(matrix: np.ndarray, z: jax.Array) -> jax.Array:
    """A matrix applied to each copy."""
    return z if is_identity(matrix) else jnp.einsum("ab,mbn->man", constant(matrix, z), z)


def _hermite_coefficients(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Those of a function in the Hermite polynomials that are orthonormal for normal numbers."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(2 * HERMITE_TERMS)
    polynomials = np.polynomial.hermite_e.hermevander(nodes, HERMITE_TERMS - 1)
    norms = np.cumprod([1.0, *np.sqrt(np.arange(1, HERMITE_TERMS))])
    return (weights / weights.sum() * function(nodes)) @ polynomials / norms


@lru_cache(maxsize=256)
def group_functions(rep: Rep, frame: SharedFrame) -> GroupFunctions:
    """The `GroupFunctions` of a representation, made once, for layers that are traced again.

    Args:
        rep: a representation of a finite group.
        frame: its coordinates, among others'.
    """
    return GroupFunctions(rep, frame)
