"""Invariant biases."""

from __future__ import annotations

from functools import lru_cache, partial

import jax
import jax.numpy as jnp

from constrainet.maps.features import Features
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Question, Rep, Scalar


class BiasMap:
    """The invariant vectors of one representation, added to features.

    Args:
        rep: the representation.
        frame: its coordinates, among others'.

    Attributes:
        rank: how many are independent.
    """

    def __init__(self, rep: Rep, frame: SharedFrame):
        self.coordinates = frame.coordinates(rep)
        self._trivial = frame.trivial
        self._subspace = None
        if frame.is_irreducible(rep):
            self.rank = self.coordinates.copies.get(frame.trivial, 0)
        else:
            self._subspace = Question(Scalar(rep.group), rep).solve(rtol=frame.rtol)
            self.rank = self._subspace.rank

    def add(self, x: Features, b: jax.Array) -> Features:
        """Features plus the bias with coefficients (rank,) in an orthonormal basis."""
        if not self.rank:
            return x
        if self._subspace is not None:
            rows = x.rows + self._subspace.expand(b)[:, None]
            return Features(self.coordinates, x.batch, rows.dtype, rows=rows)
        moved = x.components[self._trivial] + b[:, None, None]
        components = {**x.components, self._trivial: moved}
        return Features(self.coordinates, x.batch, x.dtype, components=components)

    def add_projected(self, x: Features, b: jax.Array) -> Features:
        """Features plus the projection of a vector (dim,)."""
        return self.add(x, self.coefficients(b)) if self.rank else x

    @partial(jax.jit, static_argnums=0)
    def coefficients(self, b: jax.Array) -> jax.Array:
        """The coefficients (rank,) of the projection of a vector (dim,)."""
        if self._subspace is not None:
            return jnp.asarray(self._subspace.coefficients(b))
        if not self.rank:
            return b[:0]
        return self.coordinates.analyse(b[:, None])[self._trivial].ravel()

    @partial(jax.jit, static_argnums=0)
    def vector(self, coefficients: jax.Array) -> jax.Array:
        """The invariant vector (dim,) with the given coefficients (rank,)."""
        nothing = Features.of(
            self.coordinates, jnp.zeros((1, self.coordinates.space.dim), coefficients.dtype)
        )
        return self.add(nothing, coefficients).array(())


@lru_cache(maxsize=256)
def bias_map(rep: Rep, frame: SharedFrame) -> BiasMap:
    """`BiasMap`, remembered."""
    return BiasMap(rep, frame)
