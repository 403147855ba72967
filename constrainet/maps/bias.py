"""Invariant biases."""

from __future__ import annotations

from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.basis import basis_change
from constrainet.maps.coordinates import Coordinates
from constrainet.maps.features import Features
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import TRIVIAL


class BiasMap:
    """The invariant vectors of one representation, added to features.

    Coefficients are those in `rep.equivariant_basis()`.

    Args:
        rep: the representation.
        frame: its coordinates, among others'.

    Attributes:
        rank: how many are independent.
    """

    def __init__(self, rep: Rep, frame: SharedFrame):
        self.coordinates = frame.coordinates(rep)
        self._subspace = rep.question.solve(rtol=frame.rtol)
        self.rank = self._subspace.rank
        self._trivial = frame.trivial if frame.is_irreducible(rep) else -1
        self._change = None
        if self._trivial >= 0 and rep.question.source.dim == 1:
            one = np.ones((1, 1, 1))
            scalars = Coordinates(TRIVIAL, [{self._trivial: one}])
            shared = {self._trivial: one} if self._trivial in self.coordinates.copies else {}
            self._change = basis_change(self._subspace, scalars, self.coordinates, shared)

    def add(self, x: Features, b: jax.Array) -> Features:
        """Features plus the bias with coefficients (rank,) in an orthonormal basis."""
        if not self.rank:
            return x
        if self._trivial < 0:
            rows = x.rows + self.vector(b)[:, None]
            return Features(self.coordinates, x.batch, rows.dtype, rows=rows)
        moved = x.components[self._trivial] + self._scalars(b)[:, None, None]
        components = {**x.components, self._trivial: moved}
        return Features(self.coordinates, x.batch, x.dtype, components=components)

    @partial(jax.jit, static_argnums=0)
    def _scalars(self, coefficients: jax.Array) -> jax.Array:
        """The trivial components of the invariant vector: (copies,)."""
        if self._change is not None:
            return self._change.to_components(coefficients)
        return self.coordinates.analyse(self.vector(coefficients)[:, None])[self._trivial].ravel()

    def add_projected(self, x: Features, b: jax.Array) -> Features:
        """Features plus the projection of a vector (dim,)."""
        return self.add(x, self.coefficients(b)) if self.rank else x

    @partial(jax.jit, static_argnums=0)
    def coefficients(self, b: jax.Array) -> jax.Array:
        """The coefficients (rank,) of the projection of a vector (dim,)."""
        return jnp.asarray(self._subspace.coefficients(b))

    @partial(jax.jit, static_argnums=0)
    def vector(self, coefficients: jax.Array) -> jax.Array:
        """The invariant vector (dim,) with the given coefficients (rank,)."""
        return jnp.asarray(self._subspace.expand(coefficients))


@lru_cache(maxsize=256)
def bias_map(rep: Rep, frame: SharedFrame) -> BiasMap:
    """The `BiasMap` of a representation, made once: layers ask for it whenever they are traced.

    Args:
        rep: the representation.
        frame: its coordinates, among others'.
    """
    return BiasMap(rep, frame)
