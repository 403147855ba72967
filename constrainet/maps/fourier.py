"""The Fourier transform on a finite group: irreducibles, and where their copies are.

The components of a frame are irreducible under each factor of a group, or not decomposed at all.
Here they are taken apart under the group as a whole, in coordinates in which it is unitary, and the
matrices of all elements are found, of each irreducible by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy.spatial.distance import cdist

from constrainet.groups import Group
from constrainet.maps.coordinates import Coordinates
from constrainet.reps import Rep
from constrainet.solve import Atom, Space, Symmetry, decompose

LARGEST_COMPONENT = 2048
"""Of components that are decomposed, in half a minute: twice the size takes eight times as long."""


@dataclass(frozen=True, eq=False)
class Strand:
    """Where copies of an irreducible λ come from: each copy of a component holds one.

    Args:
        component: the component's place in the frame.
        into: shape (d_λ, d): from the component to λ.
        back: shape (d, d_λ): from λ into the component.
    """

    component: int
    into: np.ndarray
    back: np.ndarray


@dataclass(frozen=True, eq=False)
class FourierIrreducible:
    """An irreducible λ, and the Fourier coefficients of a function that are copies of it.

    Args:
        strands: where its copies come from.
        count: how many copies there are.
        table: shape (|G|, slots, d): orthonormal columns √(d / |G|) v ρ(h), for a vector v of each
            slot; the identity first.
        is_trivial: whether it is the trivial representation.
    """

    strands: tuple[Strand, ...]
    count: int
    table: np.ndarray
    is_trivial: bool

    @property
    def slots(self) -> int:
        """How many copies a function takes."""
        return self.table.shape[1]

    @property
    def dim(self) -> int:
        """d."""
        return self.table.shape[2]


def fourier_irreducibles(rep: Rep, coordinates: Coordinates) -> list[FourierIrreducible]:
    """What the components consist of, under the group as a whole and in unitary coordinates.

    Raises:
        ValueError: if a component is too large to be decomposed.
    """
    group = rep.group
    copies = _first_copies(coordinates)
    largest = max((copy.isometry.shape[1] for copy in copies), default=0)
    if largest > LARGEST_COMPONENT:
        raise ValueError(
            f"Functions on {group} need representations whose tensor products have dimension at "
            f"most {LARGEST_COMPONENT:,}, because each is decomposed as a whole. Got one of "
            f"dimension {largest:,} in {rep}. Take smaller ones."
        )
    steps = _steps(group)
    symmetry = Symmetry(tuple(group.discrete_generators), np.zeros((0, group.dim, group.dim)))
    images, changes, inverses, spaces = [], [], [], []
    for copy in copies:
        d = copy.isometry.shape[1]
        generators = [copy.matrix(rep, h) for h in group.discrete_generators]
        S = inverse = np.eye(d)
        atom = Atom(symmetry, tuple(generators), np.zeros((0, d, d)), d)
        if not atom.is_adjoint_closed:
            S = _unitarising(_moved(steps, generators, np.eye(d)))
            inverse = np.linalg.inv(S)
            atom = Atom(
                symmetry, tuple(S @ h @ inverse for h in generators), np.zeros((0, d, d)), d
            )
        images.append(generators)
        changes.append(S)
        inverses.append(inverse)
        spaces.append(Space.collect([((atom,), np.arange(d)[None])]))
    decomposition = decompose(*spaces, whole_from=inf)
    found = []
    for number, component in enumerate(decomposition.components):
        # isometries (d_i, d) from the irreducible to components i
        parts = [
            (place, isometry)
            for place, (part,) in enumerate(decomposition.parts)
            for isometry in part.get(number, ())
        ]
        # in the basis of a component that is the irreducible, if one is, nothing need be turned
        basis = next((B for _, B in parts if B.shape[0] == B.shape[1]), np.eye(component.dim))
        strands = [
            Strand(
                copies[place].component,
                into=basis @ B.conj().T @ changes[place],
                back=inverses[place] @ B @ basis.conj().T,
            )
            for place, B in parts
        ]
        commutant = np.asarray(component.commutant)  # known, because all images are unitary
        vectors = _independent_vectors(basis @ commutant @ basis.conj().T)
        generators = [strands[0].into @ h @ strands[0].back for h in images[parts[0][0]]]
        # v ρ(g⁻¹) is the adjoint of ρ(g) vᵀ
        table = _moved(steps, generators, vectors.T).conj().swapaxes(1, 2)
        table *= np.sqrt(component.dim / len(table))
        count = sum(coordinates.copies[strand.component] for strand in strands)
        found.append(FourierIrreducible(tuple(strands), count, table, component.is_trivial))
    return found


@dataclass(frozen=True, eq=False)
class _Copy:
    """One copy of a component.

    Args:
        component: the component's place in the frame.
        indices: the coordinates of the representation that it is part of.
        isometry: shape (len(indices), d): into these coordinates.
    """

    component: int
    indices: np.ndarray
    isometry: np.ndarray

    def matrix(self, rep: Rep, g: np.ndarray) -> np.ndarray:
        """The matrix (d, d) of g."""
        vectors = np.zeros((self.isometry.shape[1], rep.dim), np.result_type(g, self.isometry))
        vectors[:, self.indices] = self.isometry.T
        moved = np.asarray(rep.act(g, vectors))[:, self.indices]
        return (moved @ self.isometry.conj()).T


def _first_copies(coordinates: Coordinates) -> list[_Copy]:
    """One copy of each component."""
    found: dict[int, _Copy] = {}
    for term, part in zip(coordinates.space.terms, coordinates.parts, strict=True):
        for i, isometries in part.items():
            found.setdefault(i, _Copy(i, term.indices[0], isometries[0]))
    return [found[i] for i in sorted(found)]


def _steps(group: Group) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """How all elements of a finite group are reached from the identity, which is number 0.

    Elements are told apart by where they take a vector in general position.

    Returns:
        Generators s, by number, with equally many elements g and h = s g; each element but the
        identity is such an h once, and comes before it is such a g.
    """
    rng = np.random.default_rng(0)
    vector = rng.normal(size=group.dim)
    points = np.stack([g @ vector for g in group.elements()])
    steps, frontier = [], np.array([0])
    is_new = np.arange(len(points)) > 0
    while len(frontier):
        found = []
        for number, generator in enumerate(group.discrete_generators):
            places = _nearest(points[frontier] @ generator.T, points)
            # a generator takes different elements to different ones
            fresh = is_new[places]
            if fresh.any():
                steps.append((number, frontier[fresh], places[fresh]))
                is_new[places] = False
                found.append(places[fresh])
        frontier = np.concatenate(found) if found else frontier[:0]
    return steps


def _nearest(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each point (n, d), the number of the nearest of others (m, d)."""
    if np.iscomplexobj(others):
        points, others = (
            np.concatenate([np.real(p), np.imag(p)], axis=1) for p in (points, others)
        )
    return cdist(points, others).argmin(axis=1)


def _moved(steps, generators: Sequence[np.ndarray], columns: np.ndarray) -> np.ndarray:
    """ρ(g) times columns (d, n) for all elements g, from generators: shape (|G|, d, n)."""
    order = 1 + sum(len(after) for _, _, after in steps)
    moved = np.empty((order, *columns.shape), np.result_type(columns, *generators))
    moved[0] = columns
    for number, before, after in steps:
        moved[after] = generators[number] @ moved[before]
    return moved


def _unitarising(matrices: np.ndarray) -> np.ndarray:
    """S (d, d) such that S ρ(g) S⁻¹ is unitary, for the matrices ρ(g) of all elements (|G|, d, d).

    Weyl's trick: Sᴴ S is the mean of ρ(g)ᴴ ρ(g).
    """
    rows = matrices.reshape(-1, matrices.shape[2])
    mean = rows.conj().T @ rows / len(matrices)
    return np.linalg.cholesky(mean).conj().T


def _independent_vectors(commutant: np.ndarray) -> np.ndarray:
    """As many vectors as there are, orthogonal to what the commutant makes of each other.

    The first is in general position, so that elements of the group move it to different places.

    Args:
        commutant: shape (e, d, d).

    Returns:
        shape (d / e, d), real.
    """
    e, d, _ = commutant.shape
    vectors, span = [], np.zeros((d, 0))
    candidates = 1 / (1 + np.arange(d))[None]
    for _ in range(d // e):
        rest = candidates - (candidates @ span) @ span.T
        norms = np.linalg.norm(rest, axis=1)
        vector = rest[norms.argmax()] / norms.max()
        vectors.append(vector)
        span = np.concatenate([span, (np.real(commutant) @ vector).T], axis=1)
        candidates = np.eye(d)
    return np.stack(vectors)
