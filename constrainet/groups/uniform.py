"""Exactly uniform elements of finite groups.

The samplers are frozen values, called with a typed JAX key (see `haar.Sampler`). Those of the
catalogue draw the parameters of an element; those of other groups choose from a list of all their
elements, or multiply one random coset representative from each level of a stabiliser chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups.haar import ArraySampler
from constrainet.groups.stabiliser_chain import monomial_chain
from constrainet.groups.words import Words
from constrainet.linalg import Matrix, Monomial

MAX_ELEMENTS = 2000
"""Groups of more elements are not listed; listing these takes about 0.1 s."""

MAX_LIST_ENTRIES = 2**20
"""Matrix entries in a list of elements: 8 MiB in float64."""

LARGEST = 1e6
"""Entries of elements; those of an infinite group may grow without end."""

MAX_CHAIN_POINTS = 64
"""Points of the largest stabiliser chain, which takes about a second to build."""


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
