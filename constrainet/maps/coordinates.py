"""Between a space's own coordinates and those of its components.

In component coordinates the vectors of one component are an array of shape (d, batch, copies): an
equivariant map mixes copies, by the same matrix for each of the d coordinates, so it is one matrix
product over a batch of d. With d first, that product's operands are contiguous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.solve import Space, constant

NEGLIGIBLE = 1e-12
"""A basis this close to the identity is the identity: no product is spent on it."""


class Coordinates:
    """The change of coordinates of one space.

    Args:
        space: the space.
        parts: for each of its terms, by component, the isometric intertwiners from it, shape
            (copies, term.dim, d). Components may be left out; then their coordinates are lost.

    Attributes:
        copies: by component, how many copies the space holds.
        multiplications: per vector, of going one way.
    """

    def __init__(self, space: Space, parts: Sequence[Mapping]):
        self.space, self.parts = space, parts
        self._bases = [_stack(part) for part in parts]
        self.copies: dict = {}
        for term, part in zip(space.terms, parts, strict=True):
            for component, copies in part.items():
                count = term.multiplicity * len(copies)
                self.copies[component] = self.copies.get(component, 0) + count
        self.multiplications = sum(
            term.multiplicity * basis.size
            for term, basis in zip(space.terms, self._bases, strict=True)
            if not _is_identity(basis)
        )
        # int32, because JAX remembers int64 constants from double precision when that is left
        self._order = space.order.astype(np.int32)
        inverse = np.argsort(space.order).astype(np.int32)
        self._inverse = None if np.array_equal(inverse, np.arange(space.dim)) else inverse

    def analyse(self, x: jax.Array) -> dict:
        """Vectors (batch, dim) to arrays (d, batch, copies) by component."""
        found: dict = {}
        start = 0
        if self._inverse is not None:
            x = jnp.take(x, self._order, axis=1)
        for term, part, basis in zip(self.space.terms, self.parts, self._bases, strict=True):
            stop = start + term.indices.size
            y = x[:, start:stop].reshape(len(x), term.multiplicity, term.dim)
            start = stop
            if not _is_identity(basis):
                y = y @ constant(basis.conj(), y)
            offset = 0
            for component, copies in part.items():
                k, _, d = copies.shape
                z = y[..., offset : offset + k * d].reshape(*y.shape[:2], k, d)
                offset += k * d
                z = z.transpose(3, 0, 1, 2).reshape(d, len(x), term.multiplicity * k)
                found.setdefault(component, []).append(z)
        return {component: _concatenate(parts, 2) for component, parts in found.items()}

    def synthesise(self, components: Mapping) -> jax.Array:
        """The adjoint of `analyse`; components that are missing count as zero."""
        any_part = next(iter(components.values()))
        batch, offsets, results = any_part.shape[1], dict.fromkeys(self.copies, 0), []
        for term, part, basis in zip(self.space.terms, self.parts, self._bases, strict=True):
            columns = []
            for component, copies in part.items():
                k, _, d = copies.shape
                count = term.multiplicity * k
                start = offsets[component]
                offsets[component] += count
                if component in components:
                    z = components[component][:, :, start : start + count]
                    z = z.reshape(d, batch, term.multiplicity, k).transpose(1, 2, 3, 0)
                else:
                    z = jnp.zeros((batch, term.multiplicity, k, d), any_part.dtype)
                columns.append(z.reshape(batch, term.multiplicity, k * d))
            if columns:
                y = _concatenate(columns, 2)
                y = y if _is_identity(basis) else y @ constant(basis.T, y)
            else:
                y = jnp.zeros((batch, term.multiplicity, term.dim), any_part.dtype)
            results.append(y.reshape(batch, term.indices.size))
        x = _concatenate(results, 1)
        return x if self._inverse is None else jnp.take(x, self._inverse, axis=1)


def _stack(part: Mapping) -> np.ndarray:
    """All intertwiners of a term side by side: (term.dim, Σ copies·d)."""
    columns = [copies.transpose(1, 0, 2).reshape(copies.shape[1], -1) for copies in part.values()]
    return np.concatenate(columns, axis=1) if columns else np.zeros((0, 0))


def _is_identity(basis: np.ndarray) -> bool:
    n, m = basis.shape
    return n == m and bool(np.abs(basis - np.eye(n)).max(initial=0) < NEGLIGIBLE)


def _concatenate(parts: Sequence[jax.Array], axis: int) -> jax.Array:
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=axis)
