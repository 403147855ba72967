"""What the layers of a model can reach: a model of few copies and random weights, at a few points.

Layers are analytic in their weights and inputs, so what vanishes at random ones vanishes always,
and what is equal at random points is constant. Points and weights are from one fixed stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from constrainet.maps.dealing import Path
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import TRIVIAL, intertwiners
from constrainet.tolerances import VANISHING

POINTS = 3

MOST_COPIES = 8
"""Of a component, that are followed. Fewer than there are may matter for products that vanish if
any two factors are equal, of more than as many factors."""


class Probe:
    """Values of the components of a representation at some points.

    Args:
        frame: of all representations of the model.
        values: by component, shape (copies, d, points); components without any are zero.
        rng: where weights are from.
    """

    def __init__(
        self, frame: SharedFrame, values: Mapping[int, np.ndarray], rng: np.random.RandomState
    ):
        self.frame, self._rng = frame, rng
        # sizes are evened out, so that what is small is rounding
        sizes = {i: np.abs(z).max(initial=0) for i, z in values.items()}
        self.values = {i: z / sizes[i] for i, z in values.items() if sizes[i] > VANISHING}

    @classmethod
    def of(cls, frame: SharedFrame, rep: Rep) -> Probe:
        """Random inputs."""
        probe = cls(frame, {}, np.random.RandomState(0))
        return probe.anything(rep)

    def anything(self, rep: Rep) -> Probe:
        """Random values of all components of a representation."""
        shapes = _shapes(self.frame, rep)
        values = {i: self._random(*shape, POINTS) for i, shape in shapes.items()}
        return Probe(self.frame, values, self._rng)

    def linear(self, rep: Rep) -> Probe:
        """A linear layer to a representation, with a bias."""
        found = {}
        for j, (count, dim) in _shapes(self.frame, rep).items():
            total = np.zeros((count, dim, POINTS))
            for i, z in self.values.items():
                for matrix in _maps(self.frame, i, j):
                    total = total + self._mixed(count, matrix @ z)
            for vector in _invariants(self.frame, j):
                total = total + self._random(count, 1, 1) * vector[:, None]
            found[j] = total
        return Probe(self.frame, found, self._rng)

    def products(self, paths: Mapping[int, list[Path]], rep: Rep, other: Probe) -> Probe:
        """Products with another's values along paths to a representation."""
        found = {}
        for i, (count, dim) in _shapes(self.frame, rep).items():
            total = np.zeros((count, dim, POINTS))
            for path in paths.get(i, ()):
                if path.left in self.values and path.right in other.values:
                    left = self._mixed(count, self.values[path.left])
                    right = self._mixed(count, other.values[path.right])
                    moved = np.tensordot(path.coupling, right, ((2,), (1,)))
                    total = total + np.einsum("ainp,nip->nap", moved, left)
            found[i] = total
        return Probe(self.frame, found, self._rng)

    def pointwise(self, rep: Rep) -> Probe:
        """Functions of those coordinates of a representation that the group permutes.

        The values may hold more than the representation does: that is left out.
        """
        coordinates, shapes = self.frame.coordinates(rep), _shapes(self.frame, rep)
        found = {i: z[: shapes[i][0]] for i, z in self.values.items() if i in shapes}
        permuted = np.concatenate(
            [np.zeros(0, bool)]
            + [np.full(part.dim * count, part.is_permutation) for part, count in rep.summands]
        )
        for term, part in zip(coordinates.space.terms, coordinates.parts, strict=True):
            held = [i for i in part if i in found]
            if not permuted[term.indices].any() or not held:
                continue
            y = sum(
                np.einsum("kad,kdp->ap", part[i], self._mixed(len(part[i]), found[i])) for i in held
            )
            y = y / (1 + np.exp(-y.real))
            for i, copies in part.items():
                z = self._mixed(shapes[i][0], np.einsum("kad,ap->kdp", copies.conj(), y))
                found[i] = found[i] + z if i in found else z
        return Probe(self.frame, found, self._rng)

    def __add__(self, other: Probe) -> Probe:
        values = dict(self.values)
        for i, z in other.values.items():  # sizes are arbitrary, and equal ones might cancel
            values[i] = values[i] + self._rng.normal() * z if i in values else z
        return Probe(self.frame, values, self._rng)

    def is_zero(self, i: int) -> bool:
        """Whether a component vanishes."""
        return i not in self.values

    def is_constant(self, i: int) -> bool:
        """Whether a component depends on no input."""
        z = self.values.get(i)
        return z is None or bool(np.abs(z - z[..., :1]).max() < VANISHING)

    def _mixed(self, count: int, z: np.ndarray) -> np.ndarray:
        """So many random combinations of copies."""
        return np.tensordot(self._rng.normal(size=(count, len(z))), z, 1)

    def _random(self, *shape: int) -> np.ndarray:
        z = self._rng.normal(size=shape)
        is_complex = any(rep.is_complex for rep in self.frame.reps)
        return z + 1j * self._rng.normal(size=shape) if is_complex else z


def _shapes(frame: SharedFrame, rep: Rep) -> dict[int, tuple[int, int]]:
    """By component, how many copies are followed, and their dimension."""
    copies = frame.coordinates(rep).copies
    return {i: (min(copies[i], MOST_COPIES), frame.components[i].dim) for i in sorted(copies)}


@lru_cache(maxsize=4096)
def _maps(frame: SharedFrame, i: int, j: int) -> np.ndarray:
    """The equivariant maps (maps, d_j, d_i) from one component to another."""
    source, target = frame.components[i], frame.components[j]
    if frame.commutants[i] is not None and frame.commutants[j] is not None:
        return frame.commutant(i) if i == j else np.zeros((0, target.dim, source.dim))
    basis = intertwiners(source.vectors(), target.vectors(), rtol=frame.rtol)
    matrices = basis.to_dense().T.reshape(basis.rank, target.dim, source.dim)
    return frame.bases[j].conj().T @ matrices @ frame.bases[i]


@lru_cache(maxsize=1024)
def _invariants(frame: SharedFrame, i: int) -> np.ndarray:
    """The invariant vectors (vectors, d) of a component."""
    component = frame.components[i]
    if frame.commutants[i] is not None:
        return np.ones((int(component.is_trivial), component.dim))
    basis = intertwiners(TRIVIAL, component.vectors(), rtol=frame.rtol)
    return basis.to_dense().T @ frame.bases[i].conj()
