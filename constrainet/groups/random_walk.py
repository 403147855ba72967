"""Random elements of groups that are known by their generators alone.

`default_sampler` gives exactly uniform elements where the group is found to be finite and of
moderate size, and a random walk over the group otherwise. A long walk forgets where it started: on
a compact group its distribution tends to the Haar measure; on any other it is confined to elements
of bounded norm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import matmul
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups.haar import (
    ArraySampler,
    Identity,
    Sampler,
    exponential,
    orthonormal_span,
    random_combination,
)
from constrainet.groups.uniform import (
    MAX_CHAIN_POINTS,
    UniformChainElement,
    UniformElement,
    list_elements,
    monomial_matrix,
)
from constrainet.groups.words import product_replacement
from constrainet.linalg import Matrix, Monomial, adjoint, to_dense
from constrainet.tolerances import EXACT

NUM_STEPS = 48
"""Steps of a walk over matrices. An error of rounding grows with the number of steps, and the
distance from the Haar measure shrinks exponentially with it."""

NUM_MIXED = 32
"""Random elements that take part in the walk beside the generators of a discrete unitary group.

A walk by a few dozen random elements mixes in a number of steps proportional to log |G| (Alon and
Roichman 1994), whereas the generators themselves may need as many steps as there are elements.
"""


def default_sampler(
    lie_algebra: np.ndarray, discrete_matrices: Sequence[Matrix], dim: int
) -> Sampler:
    """The best sampler for a group of which only the generators are known.

    Args:
        lie_algebra: shape (D, dim, dim).
        discrete_matrices: of size `dim`.
        dim: the size of the matrices.

    Returns:
        The identity if there are no generators; exactly uniform samples of a finite group of
        permutations (of up to 64 coordinates), signed permutations (of up to 32), or of any kind
        with up to 2000 elements; `MonomialWalk` and `ConfinedWalk` for the rest.
    """
    basis = orthonormal_span(lie_algebra)
    monomials = [m for m in discrete_matrices if isinstance(m, Monomial)]
    is_monomial = len(monomials) == len(discrete_matrices)
    if len(basis) == 0:
        if not discrete_matrices:
            return Identity(dim)
        is_signed = is_monomial and all(
            np.all(np.abs(np.abs(np.real(m.phases)) - 1) < EXACT) for m in monomials
        )
        num_points = dim if all(m.is_permutation for m in monomials) else 2 * dim
        if is_signed and num_points <= MAX_CHAIN_POINTS:
            return UniformChainElement.of(monomials, dim)
        if (elements := list_elements(discrete_matrices, dim)) is not None:
            return UniformElement(elements)
        if is_monomial:
            return MonomialWalk.of(monomials)
    return ConfinedWalk.of(basis, discrete_matrices, dim)


@dataclass(frozen=True, eq=False)
class ConfinedWalk(ArraySampler):
    """A random walk over a matrix group that stays inside a ball.

    Each of `NUM_STEPS` steps multiplies by a random discrete generator, inverse of one, or the
    identity, and by exp(A) for a random A of the Lie algebra with uniform Frobenius norm in
    [0, π]. A step after which ‖g‖ or ‖g⁻¹‖ (Frobenius) would exceed `bound` is not taken. On a
    compact group whose elements all lie inside the ball nothing is ever refused, and the walk
    tends to the Haar measure.

    Args:
        moves: the identity, discrete generators and their inverses, shape (K, n, n).
        inverses: of the moves, in their order.
        basis: orthonormal basis of the Lie algebra over the reals, shape (D, n, n).
        bound: `4 √n κ`, with κ the largest ‖g‖₂ among the moves; each alone fits easily.
    """

    moves: np.ndarray
    inverses: np.ndarray
    basis: np.ndarray
    bound: float

    @classmethod
    def of(cls, basis: np.ndarray, generators: Sequence[Matrix], dim: int) -> ConfinedWalk:
        """The walk over the group that a Lie algebra and discrete matrices generate.

        Args:
            basis: orthonormal, of the Lie algebra, shape (D, dim, dim).
            generators: the discrete ones, of size `dim`.
            dim: the size of the matrices.
        """
        dense = [to_dense(g) for g in generators]
        if dense and all(is_unitary(g) for g in dense):
            dense += [to_dense(g) for g in mix(dense)]
        inverses = [np.linalg.inv(g) for g in dense]
        moves = np.stack([np.eye(dim), *dense, *inverses])
        largest = max(np.linalg.norm(move, 2) for move in moves)
        backward = np.stack([np.eye(dim), *inverses, *dense])
        return cls(moves, backward, basis, 4 * float(dim**0.5 * largest))

    def __call__(self, key: jax.Array) -> jax.Array:
        moves, inverses = jnp.asarray(self.moves), jnp.asarray(self.inverses)

        def step(state, step_key):
            g, g_inverse = state
            key_move, key_algebra = jax.random.split(step_key)
            choice = jax.random.randint(key_move, (), 0, len(moves))
            proposal, inverse = moves[choice] @ g, g_inverse @ inverses[choice]
            if len(self.basis):
                a = random_combination(key_algebra, self.basis, np.pi)
                proposal, inverse = exponential(a) @ proposal, inverse @ exponential(-a)
            norm = jnp.maximum(jnp.linalg.norm(proposal), jnp.linalg.norm(inverse))
            taken = norm <= self.bound
            state = jnp.where(taken, proposal, g), jnp.where(taken, inverse, g_inverse)
            return state, None

        identity = jnp.eye(moves.shape[-1], dtype=jnp.result_type(moves, self.basis))
        (g, _), _ = jax.lax.scan(step, (identity, identity), jax.random.split(key, NUM_STEPS))
        return g


@dataclass(frozen=True, eq=False)
class MonomialWalk(ArraySampler):
    """A random walk over a large group of monomial matrices, by index arithmetic.

    Args:
        images: of the moves, shape (K, n).
        phases: of the moves, shape (K, n).
    """

    images: np.ndarray
    phases: np.ndarray

    @classmethod
    def of(cls, generators: Sequence[Monomial]) -> MonomialWalk:
        """The walk over the group that some monomial matrices (at least one) generate."""
        moves = [*generators, *mix(generators)]
        moves += [move.H for move in moves]
        identity = Monomial(np.arange(moves[0].shape[0]))
        moves = [identity, *moves]
        return cls(np.stack([m.images for m in moves]), np.stack([m.phases for m in moves]))

    def __call__(self, key: jax.Array) -> jax.Array:
        all_images, all_phases = jnp.asarray(self.images), jnp.asarray(self.phases)

        def step(state, step_key):
            choice = jax.random.randint(step_key, (), 0, len(all_images))
            images, phases = state
            return (all_images[choice][images], all_phases[choice][images] * phases), None

        n = all_images.shape[1]
        start = jnp.arange(n, dtype=all_images.dtype), jnp.ones_like(all_phases[0])
        # a step chooses among fewer than 2⁷ moves, and the elements may number n!
        steps = jax.random.split(key, NUM_STEPS + 2 * n)
        (images, phases), _ = jax.lax.scan(step, start, steps)
        return monomial_matrix(images, phases)


def mix(generators: Sequence[Matrix]) -> list[Matrix]:
    """`NUM_MIXED` long products of unitary matrices, by product replacement; always the same."""
    size = max(NUM_MIXED, len(generators) + 1)
    pool = [generators[i % len(generators)] for i in range(size)]
    # pyright cannot know that the matrices are all of one kind
    multiply: Any = matmul
    products = product_replacement(pool, multiply, adjoint, np.random.RandomState(0))
    for _ in range(10 * size):
        next(products)
    return pool[:NUM_MIXED]


def is_unitary(matrix: Matrix) -> bool:
    """Whether the adjoint is the inverse, to `tolerances.EXACT`."""
    if isinstance(matrix, Monomial):
        return True
    return bool(np.abs(matrix @ adjoint(matrix) - np.eye(len(matrix))).max() < EXACT)
