"""Random elements of the algebra of a representation, as fixed formulas in the generators.

The same formulas are evaluated in every representation of a symmetry, so that what is found in one
can be recognised in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np
import scipy.linalg

from constrainet.linalg import Matrix, Monomial, outside_span, to_dense
from constrainet.solve.problem import Atom, Symmetry
from constrainet.tolerances import EXACT

NUM_WORDS = 8
"""Random group elements in the formulas; more only cost time, fewer fail to separate."""

NUM_CONNECTORS = 6
"""Elements E that connect eigenspaces: more than the 4 dimensions of a quaternion."""

NUM_PROBES = 2
"""Random combinations that show a violation; in one alone it may, rarely, be small."""

SLOW = 0.0137
"""Angles by which a generator turns some plane below this leave eigenvalues of short words close to
each other, by the square of the angle; half of the words then have powers of the generator."""

OFFSET = 0.3716
"""Added to a number that may be a whole one, before it is rounded down."""

STILL = 1e-7
"""Angles below this are rounding, or too small to be told from it."""


@dataclass(frozen=True, eq=False)
class Images:
    """What the generators, and the random group elements, do in one representation.

    Args:
        discrete: images of the discrete generators, shape (M, n, n).
        infinitesimal: images of the Lie algebra generators, shape (D, n, n).
        elements: images of the formulas' group elements, shape (K, n, n).
    """

    discrete: np.ndarray
    infinitesimal: np.ndarray
    elements: np.ndarray

    @property
    def dim(self) -> int:
        return self.elements.shape[1]

    def tensor(self, other: Images) -> Images:
        """The images on the tensor product."""
        eyes = np.eye(self.dim), np.eye(other.dim)
        return Images(
            _kron(self.discrete, other.discrete),
            _kron(self.infinitesimal, eyes[1][None]) + _kron(eyes[0][None], other.infinitesimal),
            _kron(self.elements, other.elements),
        )

    def within(self, basis: np.ndarray) -> Images:
        """The images on the invariant subspace spanned by orthonormal columns (n, d)."""
        n, d = basis.shape
        moved = ((matrices.reshape(-1, n) @ basis).reshape(-1, n, d) for matrices in self._all)
        return Images(*(basis.conj().T @ part for part in moved))

    def violation(self, copies: np.ndarray, other: Images) -> float:
        """How far copies, shape (m, n, d), are from intertwining `other` with these images.

        Random combinations of the generators, and of the elements, stand for all of them.
        """
        m, n, d = copies.shape
        together = copies.transpose(1, 0, 2).reshape(n, m * d)
        worst = 0.0
        for mine, theirs in zip(self._all, other._all, strict=True):
            if not len(mine):
                continue
            weights = _probes(len(mine))
            moved = np.tensordot(weights, mine, 1) @ together  # (probes, n, m·d)
            turned = copies[:, None] @ np.tensordot(weights, theirs, 1)  # (m, probes, n, d)
            difference = moved.reshape(-1, n, m, d).transpose(2, 0, 1, 3) - turned
            worst = max(worst, float(np.abs(difference).max(initial=0)))
        return worst

    @property
    def _all(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.discrete, self.infinitesimal, self.elements


@cache
def _probes(count: int) -> np.ndarray:
    """Weights of matrices, shape (NUM_PROBES, count), of norm one: rounding keeps its size."""
    weights = np.random.RandomState(0).normal(size=(NUM_PROBES, count))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def _kron(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The Kronecker product of the last two axes, broadcast over the first."""
    product = a[:, :, None, :, None] * b[:, None, :, None, :]
    n = a.shape[1] * b.shape[1]
    return product.reshape(len(product), n, n)


class Formulas:
    """Random elements of the algebra as formulas in the generators of one symmetry.

    Group elements are words in the discrete generators and in exponentials of anti-Hermitian
    combinations of the others; each discrete generator has a word of its own, so that every coset
    of the identity component occurs. Hermitian combinations (boosts) enter linearly, so that
    their norm grows only linearly with the tensor rank; their brackets are anti-Hermitian, and
    are exponentiated with the others where they are not among them.

    Args:
        symmetry: whose generators.
        is_complex: whether weights are complex; they must be, for complex representations.
        seed: another seed gives other elements.
    """

    def __init__(self, symmetry: Symmetry, is_complex: bool, seed: int):
        rng = np.random.RandomState(seed)  # whose numbers stay the same in all versions
        self.num_discrete = num_discrete = len(symmetry.discrete)
        num_lie = len(symmetry.infinitesimal)
        singles = rng.permutation(num_discrete)[:NUM_WORDS]
        self.words = [[int(i)] for i in singles]
        if num_discrete:
            lengths = rng.randint(2, 4 + 2 * min(num_discrete, 8), NUM_WORDS)
            self.words += [list(rng.randint(0, num_discrete, n)) for n in lengths]
        else:
            self.words += [[]] * NUM_WORDS
        count = len(self.words)
        self.powers = [_power(h) for h in symmetry.discrete]
        self.brackets = _missing_brackets(symmetry.infinitesimal)
        num_rotations = num_lie + len(self.brackets)
        self.exponents = rng.normal(size=(count, num_rotations)) / sqrt(max(1, num_rotations)) * 2
        self.boosts = rng.normal(size=(1 + NUM_CONNECTORS, num_lie)) / sqrt(max(1, num_lie))
        shape = (1 + NUM_CONNECTORS, count)
        self.weights = rng.normal(size=shape) / sqrt(count)
        self.adjoint_weights = rng.normal(size=shape) / sqrt(count)
        if is_complex:
            self.weights = self.weights + 1j * rng.normal(size=shape) / sqrt(count)
            self.adjoint_weights = self.adjoint_weights + 1j * rng.normal(size=shape) / sqrt(count)

    def images(self, atom: Atom) -> Images:
        """The images of the generators and of the group elements on an atom."""
        dense = [to_dense(h) for h in atom.discrete]
        fast = dense
        if max(self.powers, default=1) > 1:
            pairs = zip(dense, self.powers, strict=True)
            fast = [np.linalg.matrix_power(h, power) for h, power in pairs]
        rotations, boosts = _parts(atom.infinitesimal)
        if len(self.brackets):
            brackets = [_bracket(*np.tensordot(pair, boosts, 1)) for pair in self.brackets]
            rotations = np.concatenate([rotations, brackets])
        elements = []
        for place, (word, exponent) in enumerate(zip(self.words, self.exponents, strict=True)):
            element = np.eye(atom.dim)
            for letter in word:
                element = (fast if place % 2 else dense)[letter] @ element
            if len(rotations):
                element = scipy.linalg.expm(np.tensordot(exponent, rotations, 1)) @ element
            elements.append(element)
        empty = np.zeros((0, atom.dim, atom.dim))
        return Images(np.stack(dense) if dense else empty, atom.infinitesimal, np.stack(elements))

    def trivial(self) -> Images:
        """The images on the trivial representation."""
        ones = np.ones((len(self.words), 1, 1))
        num_lie = self.boosts.shape[1]
        return Images(np.ones((self.num_discrete, 1, 1)), np.zeros((num_lie, 1, 1)), ones)

    def generic(self, images: Images) -> tuple[np.ndarray, np.ndarray]:
        """R, Hermitian of shape (n, n), and the connectors E of shape (J, n, n)."""
        sums = np.tensordot(self.weights, images.elements, 1)
        adjoints = images.elements.conj().swapaxes(1, 2)
        sums[1:] += np.tensordot(self.adjoint_weights[1:], adjoints, 1)
        _, boosts = _parts(images.infinitesimal)
        if boosts.any():
            sums = sums + np.tensordot(self.boosts, boosts, 1)
        hermitian = (sums[0] + sums[0].conj().T) / 2
        return hermitian, sums[1:]


def _power(matrix: Matrix) -> int:
    """The power of a unitary matrix that turns widely what it turns slowest; 1 for most."""
    if isinstance(matrix, Monomial):
        return 1
    angles = np.abs(np.angle(np.linalg.eigvals(matrix)))
    slowest = angles[angles > STILL].min(initial=np.inf)
    # rounded down with an offset, because one over an angle may be a whole number or a half
    return 1 if slowest > SLOW else int(1 / slowest + OFFSET)


def _parts(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The anti-Hermitian and the Hermitian parts."""
    adjoints = matrices.conj().swapaxes(1, 2)
    return (matrices - adjoints) / 2, (matrices + adjoints) / 2


def _bracket(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a @ b - b @ a


def _missing_brackets(generators: np.ndarray) -> np.ndarray:
    """Brackets of Hermitian parts that span what generators lack of all such brackets.

    Boosts alone generate the Lorentz group, but a linear combination of boosts is no generic
    element of the algebra: its eigenvalues repeat.

    Args:
        generators: shape (D, n, n), their span closed under the adjoint.

    Returns:
        Pairs of weights of the Hermitian parts, shape (count, 2, D); none for most groups.
    """
    _, boosts = _parts(generators)
    pairs, found = [], []
    rng = np.random.RandomState(0)
    # rounding in anti-Hermitian generators is no boost
    while np.abs(boosts).max(initial=0) > EXACT * np.abs(generators).max(initial=0):
        pair = rng.normal(size=(2, len(generators)))
        a, b = np.tensordot(pair, boosts, 1)
        size = np.linalg.norm(a) * np.linalg.norm(b)
        missing = outside_span(_bracket(a, b) / size, [*generators, *found])
        # 1e-6: random brackets lie in the span up to rounding, or are clearly outside of it
        if np.linalg.norm(missing) < 1e-6:
            break
        pairs.append(pair / np.sqrt(size))
        found.append(missing)
    return np.array(pairs).reshape(len(pairs), 2, len(generators))
