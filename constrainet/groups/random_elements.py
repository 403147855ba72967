"""Random elements of finite groups, and of groups that are known by their generators alone.

The samplers are frozen values, called with a typed JAX key (see `haar.Sampler`). Those of finite
groups are exactly uniform: those of the catalogue draw the parameters of an element, the others
choose from a list of all elements, or multiply one random coset representative from each level of a
stabiliser chain. Where nothing is known, `default_sampler` takes a long random walk, which forgets
where it started: on a compact group its distribution tends to the Haar measure; on any other it is
confined to elements of bounded norm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from constrainet.groups.stabiliser_chain import monomial_chain
from constrainet.groups.words import Words, mix
from constrainet.linalg import Matrix, Monomial, is_unitary, to_dense
from constrainet.tolerances import EXACT

MAX_ELEMENTS = 2000
"""Groups of more elements are not listed; listing these takes about 0.1 s."""

MAX_LIST_ENTRIES = 2**20
"""Matrix entries in a list of elements: 8 MiB in float64."""

LARGEST = 1e6
"""Entries of elements; those of an infinite group may grow without end."""

MAX_CHAIN_POINTS = 64
"""Points of the largest stabiliser chain, which takes about a second to build."""

NUM_STEPS = 48
"""Steps of a walk over matrices. An error of rounding grows with the number of steps, and the
distance from the Haar measure shrinks exponentially with it."""


def monomial_matrix(images: jax.Array, phases: jax.Array | None = None) -> jax.Array:
    """The dense matrix that sends e_j to phases[j] e_images[j].

    Args:
        images: ints of shape (n,), a permutation.
        phases: shape (n,); all 1 if missing.

    Returns:
        Shape (n, n), of the dtype of the phases.
    """
    n = images.shape[0]
    phases = jnp.ones(n) if phases is None else phases
    return jnp.zeros((n, n), phases.dtype).at[images, jnp.arange(n)].set(phases)


@dataclass(frozen=True)
class UniformPermutation:
    """Uniform elements of S(n); of A(n) if `even`.

    An odd permutation followed by the exchange of two coordinates is even, and each even one
    arises so from exactly one odd one; so the even ones stay uniform.
    """

    dim: int
    even: bool = False

    def __call__(self, key: jax.Array) -> jax.Array:
        images = jax.random.permutation(key, self.dim)
        if self.even and self.dim > 1:
            inversions = jnp.triu(images[:, None] > images[None, :]).sum()
            exchanged = images[jnp.arange(self.dim).at[:2].set(jnp.array([1, 0]))]
            images = jnp.where(inversions % 2 == 1, exchanged, images)
        return monomial_matrix(images)


@dataclass(frozen=True)
class UniformShift:
    """Uniform elements of Z(n), the cyclic shifts of n coordinates."""

    dim: int

    def __call__(self, key: jax.Array) -> jax.Array:
        shift = jax.random.randint(key, (), 0, self.dim)
        return monomial_matrix((jnp.arange(self.dim) + shift) % self.dim)


@dataclass(frozen=True)
class UniformSignedPermutation:
    """Uniform elements of Hyperoctahedral(n): a uniform permutation and independent signs."""

    dim: int

    def __call__(self, key: jax.Array) -> jax.Array:
        key_images, key_signs = jax.random.split(key)
        images = jax.random.permutation(key_images, self.dim)
        return monomial_matrix(images, jax.random.rademacher(key_signs, (self.dim,), float))


@dataclass(frozen=True)
class UniformTorusSymmetry:
    """Uniform elements of P4(n), or P4M(n) with reflections, on the pixels of an n × n torus.

    Pixel x goes to M x + t, with M from the point group and t from the n² translations; every
    element has this form exactly once.
    """

    side: int
    reflections: bool

    def __call__(self, key: jax.Array) -> jax.Array:
        key_point, key_shift = jax.random.split(key)
        quarter_turns = [np.array([[0, -1], [1, 0]]), np.array([[-1, 0], [0, -1]])]
        rotations = [np.eye(2, dtype=int), *quarter_turns, np.array([[0, 1], [-1, 0]])]
        mirror = np.array([[1, 0], [0, -1]])
        group = rotations + [r @ mirror for r in rotations] * self.reflections
        point = jnp.asarray(np.stack(group))[jax.random.randint(key_point, (), 0, len(group))]
        shift = jax.random.randint(key_shift, (2, 1), 0, self.side)
        pixels = np.indices((self.side, self.side)).reshape(2, -1)
        row, column = (point @ pixels + shift) % self.side
        return monomial_matrix(row * self.side + column)


@dataclass(frozen=True, eq=False)
class UniformElement(ArraySampler):
    """A uniform choice from a list of all elements, of shape (order, n, n)."""

    elements: np.ndarray

    def __call__(self, key: jax.Array) -> jax.Array:
        return jnp.asarray(self.elements)[jax.random.randint(key, (), 0, len(self.elements))]


@dataclass(frozen=True, eq=False)
class UniformChainElement(ArraySampler):
    """Uniform elements of a group of signed permutations, from its stabiliser chain.

    The group permutes the points of `monomial_chain`.

    Args:
        transversals: coset representatives of each level, ints of shape (levels, k, points);
            levels with fewer than k are filled up with zeros.
        sizes: how many each level has, ints of shape (levels,).
        dim: size of the matrices.
    """

    transversals: np.ndarray
    sizes: np.ndarray
    dim: int

    @classmethod
    def of(cls, generators: Sequence[Monomial], dim: int) -> UniformChainElement:
        """The sampler of the group that some real monomial matrices of size `dim` generate."""
        chain = monomial_chain(generators, dim)
        sizes = np.array([len(level) for level in chain.transversals], dtype=np.intp)
        padded = np.zeros((len(sizes), sizes.max(initial=1), chain.num_points), np.int32)
        for row, level in zip(padded, chain.transversals, strict=True):
            row[: len(level)] = level
        return cls(padded, sizes, dim)

    def __call__(self, key: jax.Array) -> jax.Array:
        transversals = jnp.asarray(self.transversals)
        choices = jax.random.randint(key, self.sizes.shape, 0, jnp.asarray(self.sizes))

        def multiply(product, level):
            return product[transversals[level, choices[level]]], None

        identity = jnp.arange(transversals.shape[2])
        points, _ = jax.lax.scan(multiply, identity, jnp.arange(len(transversals)))
        points = points[: self.dim]
        signs = jnp.where(points < self.dim, 1.0, -1.0)
        return monomial_matrix(points % self.dim, signs)


def list_elements(generators: Sequence[Matrix], dim: int) -> np.ndarray | None:
    """All elements of a finite matrix group, by breadth-first multiplication.

    Args:
        generators: matrices of size `dim`.
        dim: their size.

    Returns:
        Shape (order, dim, dim), the identity first; None if the group has more than
        `MAX_ELEMENTS` elements, or fewer if they are large, or is not finite.
    """
    limit = min(MAX_ELEMENTS, MAX_LIST_ENTRIES // dim**2)
    words = Words(dim, generators, is_finite=True, limit=limit)
    while words.grow():
        if not np.all(np.abs(words.longest) < LARGEST):
            return None
    return None if len(words.longest) else words.elements


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
