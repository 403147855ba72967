"""Random elements of matrix groups in their standard form.

A sampler is a frozen value with the parameters of a distribution, called with a typed JAX key to
give one matrix; `draw` and `draw_many` compile it. The dtype is JAX's default: float32, or float64
under `jax_enable_x64` (complex64 and complex128 where the group is complex).

A compact group has one probability measure that multiplication by its elements does not change,
the Haar measure. The other groups have no such thing, so their samples are only *spread over* the
group, and bounded: see `Polar` and `Euclidean`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property, partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import block_diag

from constrainet.linalg import as_real_rows, canonical_basis, digest, from_real_rows
from constrainet.tolerances import RANK

Sampler = Callable[[jax.Array], jax.Array]
"""From a typed JAX key to a matrix of shape (dim, dim); jit-safe, picklable, and hashable, by which
compiled samplers are found again."""

RADIUS = 1.5
"""Frobenius norm of the largest symmetric part, so that ‖g‖₂ <= exp(1.5) < 4.5.

Large enough to tell a symmetry from an accident (a Lorentz boost reaches γ = 1.6), small enough
that products of ten samples keep six digits in float32.
"""


class ArraySampler:
    """Gives dataclasses that hold arrays an equality and a hash, both by content."""

    @cached_property
    def _content(self) -> tuple[Any, ...]:
        values = [getattr(self, field.name) for field in fields(cast(Any, self))]
        return tuple(digest(v) if isinstance(v, np.ndarray | tuple) else v for v in values)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._content == cast(Any, other)._content

    def __hash__(self) -> int:
        return hash(self._content)


@dataclass(frozen=True)
class Identity:
    """The identity matrix, whatever the key."""

    dim: int

    def __call__(self, key: jax.Array) -> jax.Array:
        del key
        return jnp.eye(self.dim)


@dataclass(frozen=True)
class HaarOrthogonal:
    """Haar-distributed elements of O(n).

    The QR decomposition of a matrix Z of independent Gaussians becomes unique by making R's
    diagonal positive. As hZ is distributed like Z for every fixed orthogonal h, and has the
    factors (hQ, R), hQ is distributed like Q, which is what defines the Haar measure. (LAPACK's
    own choice of signs is not invariant.)

    References:
        Mezzadri, "How to generate random matrices from the classical compact groups" (2007),
        section 5.
    """

    dim: int

    def __call__(self, key: jax.Array) -> jax.Array:
        q, r = jnp.linalg.qr(jax.random.normal(key, (self.dim, self.dim)))
        return q * _phases(jnp.diagonal(r))


@dataclass(frozen=True)
class HaarUnitary:
    """Haar-distributed elements of U(n): as `HaarOrthogonal`, from complex Gaussians.

    References:
        Mezzadri (2007), section 5.
    """

    dim: int

    def __call__(self, key: jax.Array) -> jax.Array:
        shape = (self.dim, self.dim)
        q, r = jnp.linalg.qr(jax.random.normal(key, shape, jnp.result_type(complex)))
        return q * _phases(jnp.diagonal(r))


@dataclass(frozen=True)
class Special:
    """Elements of another sampler with the first column divided by the determinant.

    Where that sampler is Haar-distributed on a group of determinants of modulus 1, the result is
    Haar-distributed on its elements of determinant 1: for a fixed h of determinant 1, hg and g
    have the same determinant, so h times the result for g is the result for hg.
    """

    sampler: Sampler

    def __call__(self, key: jax.Array) -> jax.Array:
        g = self.sampler(key)
        return g.at[:, 0].divide(_phases(jnp.linalg.det(g)))


@dataclass(frozen=True)
class HaarCompactSymplectic:
    """Haar-distributed elements of Sp(m, R) ∩ O(2m), which is a copy of U(m).

    The unitary a + ib becomes [[a, -b], [b, a]], which commutes with J = [[0, 1], [-1, 0]].
    """

    half_dim: int

    def __call__(self, key: jax.Array) -> jax.Array:
        u = HaarUnitary(self.half_dim)(key)
        return jnp.block([[u.real, -u.imag], [u.imag, u.real]])


@dataclass(frozen=True)
class Independent:
    """Block-diagonal matrices of independent elements, as a direct product has them."""

    samplers: tuple[Sampler, ...]

    def __call__(self, key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, len(self.samplers))
        return block_diag(*(draw(k) for draw, k in zip(self.samplers, keys, strict=True)))


@dataclass(frozen=True, eq=False)
class Moved(ArraySampler):
    """left · g · right + rest, with g an element of another sampler."""

    sampler: Sampler
    left: np.ndarray
    right: np.ndarray
    rest: np.ndarray

    def __call__(self, key: jax.Array) -> jax.Array:
        return jnp.asarray(self.left) @ self.sampler(key) @ self.right + self.rest


@dataclass(frozen=True, eq=False)
class Polar(ArraySampler):
    """k exp(X), with k from the maximal compact subgroup and a bounded symmetric X.

    This is the polar (Cartan) decomposition of the standard non-compact groups, in which every
    element of the group has this form: SO(p, q), O(p, q), SL(n), GL(n), Sp(m), Scaling(n). X is in
    the Lie algebra; its direction is uniform, and its Frobenius norm uniform in [0, `RADIUS`].
    Where the algebra is given by few elements, X is one of the directions that their combinations
    have, turned by another k. So ‖g‖₂ and ‖g⁻¹‖₂ are at most exp(`RADIUS`).

    References:
        Knapp, "Lie Groups Beyond an Introduction" (2002), Theorem 6.31 and Proposition 7.14.

    Args:
        compact: samples k.
        lie_algebra: of the whole group, real, closed under transposition, shape (D, n, n).
        is_turned: whether these are few elements that generate it.
    """

    compact: Sampler
    lie_algebra: np.ndarray
    is_turned: bool = False

    @cached_property
    def _symmetric(self) -> np.ndarray:
        return orthonormal_span((self.lie_algebra + self.lie_algebra.swapaxes(1, 2)) / 2)

    def __call__(self, key: jax.Array) -> jax.Array:
        key_compact, key_symmetric = jax.random.split(key)
        k = self.compact(key_compact)
        if len(self._symmetric) == 0:
            return k
        X = random_combination(key_symmetric, self._symmetric, RADIUS)
        if self.is_turned:
            turn = self.compact(jax.random.fold_in(key_compact, 1))
            X = turn @ X @ turn.T
        return k @ exponential(X)


@dataclass(frozen=True)
class Euclidean:
    """A Haar-distributed rotation of Rⁿ, then a standard normal translation cut off at ±3.

    In homogeneous coordinates: (n + 1) × (n + 1) matrices with last row (0, ..., 0, 1).
    """

    dim: int

    def __call__(self, key: jax.Array) -> jax.Array:
        key_rotation, key_translation = jax.random.split(key)
        rotation = Special(HaarOrthogonal(self.dim))(key_rotation)
        translation = jax.random.truncated_normal(key_translation, -3.0, 3.0, (self.dim,))
        g = jnp.eye(self.dim + 1).at[: self.dim, : self.dim].set(rotation)
        return g.at[: self.dim, self.dim].set(translation)


def orthonormal_span(matrices: np.ndarray) -> np.ndarray:
    """The canonical orthonormal basis, over the real numbers, of the span of some matrices.

    Args:
        matrices: real or complex, shape (D, n, n), of any scales.

    Returns:
        Shape (r, n, n); orthonormal in the inner product Re tr(Aᴴ B).
    """
    matrices = matrices[np.abs(matrices).max(axis=(1, 2), initial=0) > 0]
    if len(matrices) == 0:
        return matrices
    matrices = matrices / np.abs(matrices).max(axis=(1, 2), keepdims=True)
    is_complex = np.iscomplexobj(matrices)
    _, values, rows = np.linalg.svd(as_real_rows(matrices, is_complex), full_matrices=False)
    rows = canonical_basis(rows[values > RANK * values[0]].T).T
    return from_real_rows(rows, matrices.shape[1], is_complex)


def random_combination(key: jax.Array, basis: np.ndarray | jax.Array, radius: float) -> jax.Array:
    """A real combination of uniform direction, with norm uniform in [0, radius].

    Args:
        key: a typed key.
        basis: orthonormal, shape (r, n, n), r >= 1.
        radius: of the Frobenius norm.

    Returns:
        Shape (n, n).
    """
    key_direction, key_length = jax.random.split(key)
    direction = jax.random.normal(key_direction, (len(basis),))
    length = jax.random.uniform(key_length, maxval=radius)
    return jnp.tensordot(direction * (length / jnp.linalg.norm(direction)), basis, axes=1)


def exponential(matrix: jax.Array, degree: int = 12, halvings: int = 3) -> jax.Array:
    """exp of a matrix of norm up to π, to rounding.

    Bounded arguments need no case distinctions, so this stays cheap under `vmap`, where
    `jax.scipy.linalg.expm` computes all cases. Its Taylor series of degree 12 at an eighth of the
    matrix leaves out 0.4¹³/13! < 1e-14; three squarings lead back.
    """
    matrix = matrix / 2**halvings
    identity = jnp.eye(matrix.shape[-1], dtype=matrix.dtype)
    result = identity
    for k in range(degree, 0, -1):
        result = identity + matrix @ result / k
    for _ in range(halvings):
        result = result @ result
    return result


def _phases(x: jax.Array) -> jax.Array:
    """x / |x|, and 1 where x is zero."""
    return jnp.where(x == 0, 1, x / jnp.where(x == 0, 1, jnp.abs(x)))


@partial(jax.jit, static_argnums=(0, 1))
def draw(sampler: Sampler, is_complex: bool, key: jax.Array) -> jax.Array:
    """One element, compiled once for all equal samplers.

    Args:
        sampler: hashable.
        is_complex: the kind of the result.
        key: a typed key.

    Returns:
        Shape (dim, dim), in JAX's default precision.
    """
    return sampler(key).astype(jnp.result_type(complex if is_complex else float))


@partial(jax.jit, static_argnums=(0, 1))
def draw_many(sampler: Sampler, is_complex: bool, keys: jax.Array) -> jax.Array:
    """An element for each of some keys, compiled once for all equal samplers.

    Args:
        sampler: hashable.
        is_complex: the kind of the result.
        keys: typed keys, shape (n,).

    Returns:
        Shape (n, dim, dim), in JAX's default precision.
    """
    return jax.vmap(partial(draw, sampler, is_complex))(keys)
