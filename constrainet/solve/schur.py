"""Whether irreducibles are what they claim to be, by Schur's lemma and from their matrices alone.

A decomposition gives all intertwiners if no irreducible falls apart, each commutant is whole, and
no two are equivalent. A generic Hermitian element R of the algebra decides it: in an irreducible of
type e each of its eigenvalues occurs e times, and other generic elements link all its eigenspaces.
What commutes with all of them is then known by its e × e block on one eigenspace. Equivalent
irreducibles give R equal eigenvalues. The elements are not those by which irreducibles are found
(`irreps.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from constrainet.tolerances import CLUSTER

NUM_ELEMENTS = 8
"""Products of generators in a generic element."""

NUM_FACTORS = 4
"""Factors of each product: enough to leave the span of the generators far behind."""

SEEDS = 3
"""Draws, before irreducibles that are not told apart count as equivalent."""

ABSENT = 1e-6
"""Links and brackets below this fraction of a generic element are rounding (1e-13)."""


@dataclass(frozen=True, eq=False)
class Irreducible:
    """An irreducible representation λ of dimension d, by the images of the generators.

    Args:
        index: tells the irreducibles of one solution apart.
        discrete: shape (M, d, d).
        infinitesimal: shape (D, d, d).
        commutant: shape (e, d, d): an orthogonal basis of the maps from λ to itself, each of
            Frobenius norm √d, the identity first. e is 1, 2 or 4: real, complex or quaternionic.
    """

    index: int
    discrete: np.ndarray
    infinitesimal: np.ndarray
    commutant: np.ndarray
    # of R, by draw: one irreducible serves many questions
    _spectra: dict = field(default_factory=dict, init=False, repr=False)

    @property
    def dim(self) -> int:
        """d."""
        return self.commutant.shape[1]

    @property
    def type(self) -> int:
        """e."""
        return len(self.commutant)

    @cached_property
    def violations(self) -> tuple[float, float]:
        """The largest violation of `λ(g) J = J λ(g)`, and of being orthonormal by the J/√d."""
        parts = (self.discrete, self.infinitesimal, self.commutant)
        if not all(np.isfinite(part).all() for part in parts):
            return float("inf"), float("inf")
        flat = self.commutant.reshape(self.type, -1) / np.sqrt(self.dim)
        deviation = np.abs(flat @ flat.conj().T - np.eye(self.type)).max()
        commutant, worst = self.commutant[1:], 0.0  # the first is the identity
        for generator in (*self.discrete, *self.infinitesimal) if len(commutant) else ():
            bracket = generator @ commutant - commutant @ generator
            scale = max(1.0, float(np.linalg.norm(generator, 2)))
            worst = np.maximum(worst, np.linalg.norm(bracket, axis=(1, 2)).max() / scale)
        return worst / np.sqrt(self.dim), deviation


def are_irreducible_and_distinct(irreps: Sequence[Irreducible], is_complex: bool) -> bool:
    """Whether each is irreducible, with its whole commutant, and no two are equivalent."""
    return any(_are_told_apart(irreps, is_complex, seed) for seed in range(SEEDS))


def _are_told_apart(irreps: Sequence[Irreducible], is_complex: bool, seed: int) -> bool:
    by_dim: dict[int, list[np.ndarray]] = {}
    for irrep in irreps:
        spectrum = _spectrum(irrep, is_complex, seed)
        if spectrum is None:
            return False
        by_dim.setdefault(irrep.dim, []).append(spectrum)
    for spectra in map(np.stack, by_dim.values()):
        least = CLUSTER * max(1, np.abs(spectra).max())
        for i, spectrum in enumerate(spectra):
            if (np.abs(spectra[:i] - spectrum).max(axis=1) <= least).any():
                return False
    return True


def _spectrum(irrep: Irreducible, is_complex: bool, seed: int) -> np.ndarray | None:
    """The eigenvalues of R; None if this does not show that λ is irreducible and of its type."""
    if (is_complex, seed) not in irrep._spectra:
        irrep._spectra[is_complex, seed] = _found_spectrum(irrep, is_complex, seed)
    return irrep._spectra[is_complex, seed]


def _found_spectrum(irrep: Irreducible, is_complex: bool, seed: int) -> np.ndarray | None:
    elements = _generic(irrep, is_complex, seed)
    if not np.isfinite(np.linalg.norm(elements)):
        return None
    first = elements[0]
    values, vectors = np.linalg.eigh((first + first.conj().T) / 2)
    size, e = np.linalg.norm(first) / np.sqrt(irrep.dim), irrep.type
    steps = np.diff(values) > CLUSTER * size
    if irrep.dim % e or not np.array_equal(np.flatnonzero(steps) + 1, range(e, irrep.dim, e)):
        return None
    # blocks[:, b, c] lead from the eigenspace c to the eigenspace b
    blocks = vectors.conj().T @ elements @ vectors
    blocks = blocks.reshape(2, irrep.dim // e, e, -1, e).swapaxes(2, 3)
    blocks = np.concatenate([blocks, blocks.conj().transpose(0, 2, 1, 4, 3)])
    carried = _carried(blocks)
    if carried is None:
        return None
    blocks = carried[:, None].conj().swapaxes(2, 3) @ blocks @ carried
    return values if _num_commuting(blocks.reshape(-1, e, e)) == e else None


def _generic(irrep: Irreducible, is_complex: bool, seed: int) -> np.ndarray:
    """Two generic elements of the algebra, shape (2, d, d): one formula for all irreducibles.

    Two, because any element of the quaternions commutes with more than they do.
    """
    rng = np.random.RandomState(seed)

    def weights(*shape: int) -> np.ndarray:
        real, imaginary = rng.normal(size=(2, *shape))
        return real + 1j * imaginary if is_complex else real

    d, num_discrete, num_lie = irrep.dim, len(irrep.discrete), len(irrep.infinitesimal)
    letters = np.concatenate([irrep.discrete.reshape(-1, d, d), np.eye(d)[None]])
    chosen = weights(NUM_ELEMENTS, NUM_FACTORS, num_discrete + 1) / np.sqrt(num_discrete + 1)
    factors = np.tensordot(chosen, letters, 1)
    outer = weights(2, NUM_ELEMENTS)
    adjoints = irrep.infinitesimal.conj().swapaxes(1, 2)
    boosts = (irrep.infinitesimal + adjoints) / 2
    turns, combined = rng.normal(size=(NUM_ELEMENTS, num_lie)), rng.normal(size=(2, num_lie))
    rotations = np.tensordot(turns, (irrep.infinitesimal - adjoints) / 2, 1)
    if boosts.any():  # whose brackets are rotations that may be missing among the generators
        pairs = rng.normal(size=(2, NUM_ELEMENTS, num_lie)) / np.sqrt(num_lie)
        a, b = np.tensordot(pairs, boosts, 1)
        rotations = rotations + a @ b - b @ a
    # Cayley transforms, which lie in the algebra and cost less than exponentials
    products = np.linalg.solve(np.eye(d) - rotations, np.eye(d) + rotations)
    for k in range(NUM_FACTORS):
        products = products @ factors[:, k]
    return np.tensordot(outer, products, 1) + np.tensordot(combined, boosts, 1)


def _carried(blocks: np.ndarray) -> np.ndarray | None:
    """A basis of each eigenspace, carried over from the first along the strongest link to it.

    Args:
        blocks: shape (k, b, b, e, e), between eigenspaces.

    Returns:
        Unitary matrices, shape (b, e, e); None if some eigenspace is not linked to the first, or
        a link is no multiple of a unitary matrix, as all are in an irreducible of type e.
    """
    _, count, _, e, _ = blocks.shape
    strengths = np.linalg.norm(blocks[:, 1:, 0], axis=(2, 3)) / np.sqrt(e)  # (k, b - 1)
    strongest = strengths.argmax(axis=0), np.arange(count - 1)
    if not (strengths[strongest] > ABSENT * np.abs(blocks).max()).all():
        return None
    links = blocks[:, 1:, 0][strongest] / strengths[strongest][:, None, None]
    if not np.abs(links @ links.conj().swapaxes(1, 2) - np.eye(e)).max(initial=0) <= ABSENT:
        return None
    return np.concatenate([np.eye(e)[None], links])


def _num_commuting(matrices: np.ndarray) -> int:
    """The dimension of what commutes with matrices (k, e, e)."""
    e = matrices.shape[1]
    left = np.einsum("kij,ab->kiajb", matrices, np.eye(e))
    right = np.einsum("kba,ij->kiajb", matrices, np.eye(e))
    brackets = (left - right).reshape(-1, e * e)
    values = np.linalg.eigvalsh(brackets.conj().T @ brackets)
    return int(np.sum(values <= ABSENT**2 * np.sum(np.abs(matrices) ** 2)))
