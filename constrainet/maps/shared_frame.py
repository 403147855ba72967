"""Common irreducible coordinates of the representations of a model.

Layers that follow each other can leave vectors in irreducible coordinates only if these are the
same for both, so all representations of a model are decomposed together. Within an irreducible any
basis will do; those are taken in which changes of coordinates and products have many zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from math import prod

import numpy as np

from constrainet.arguments import check_rtol
from constrainet.linalg import canonical_basis, to_dense
from constrainet.maps.coordinates import Coordinates
from constrainet.reps import Rep, common_spaces
from constrainet.solve import (
    TRIVIAL,
    Atom,
    Component,
    Space,
    all_intertwiners,
    decompose,
    intertwiners,
)
from constrainet.tolerances import EXACT

LARGEST_TERM = 128
"""Tensor products of larger dimension stay whole: to decompose them would take seconds."""

DEGENERATE = 1e-6
"""Eigenvalues of normalised generators that differ by less are equal."""

SYMMETRIC = 1e-9
"""An invariant form of norm 1 whose entries differ less from its transpose's is symmetric."""


class SharedFrame:
    """Irreducible coordinates for several representations of one group.

    Args:
        reps: the representations.
        rtol: relative cutoff of singular values, for generators that are only approximately known,
            as of `Rep.equivariant_basis`. Tensor products then stay whole, because approximate
            generators have no irreducibles; all maps in this frame are solved with it.

    Attributes:
        components: what they decompose into: irreducibles, and whole tensor products where the
            group's generators are not closed under the adjoint or the product is too large.
        commutants: of each component, shape (e, d, d); None where it is not known to be
            irreducible.
        bases: of each component, the basis that is used of it: the columns of a unitary matrix
            (d, d), in the coordinates of `components`.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> v = V(SO(3))
        >>> frame = SharedFrame((v, v * v))
        >>> [component.dim for component in frame.components]
        [3, 1, 5]
        >>> frame.coordinates(v * v).copies
        {1: 1, 0: 1, 2: 1}
    """

    def __init__(self, reps: Sequence[Rep], rtol: float | None = None):
        self.reps, self.rtol = tuple(dict.fromkeys(reps)), rtol
        spaces = common_spaces(*self.reps)
        decomposition = decompose(*spaces, whole_from=LARGEST_TERM + 1 if rtol is None else 0)
        self.components = decomposition.components
        self.bases = [
            _natural_basis(i, component, decomposition.parts)
            for i, component in enumerate(self.components)
        ]
        self.commutants = [
            None if c.commutant is None else basis.conj().T @ c.commutant @ basis
            for c, basis in zip(self.components, self.bases, strict=True)
        ]
        self._coordinates = {
            rep: Coordinates(
                space,
                [{i: copies @ self.bases[i] for i, copies in part.items()} for part in parts],
            )
            for rep, space, parts in zip(self.reps, spaces, decomposition.parts, strict=True)
        }

    def __eq__(self, other):
        return isinstance(other, SharedFrame) and (self.reps, self.rtol) == (other.reps, other.rtol)

    def __hash__(self):
        return hash((self.reps, self.rtol))

    def __reduce__(self):
        return _unpickled, (self.reps, self.rtol)

    def coordinates(self, rep: Rep) -> Coordinates:
        """The coordinates of one of the representations.

        Raises:
            ValueError: if the frame was made without it.
        """
        if rep not in self._coordinates:
            raise ValueError(
                f"`frame` should be made of all representations that share it. It lacks {rep}."
            )
        return self._coordinates[rep]

    def commutant(self, i: int) -> np.ndarray:
        """The commutant (e, d, d) of a component that is irreducible."""
        commutant = self.commutants[i]
        if commutant is None:
            raise ValueError(f"Component {i} should be irreducible. It was not decomposed.")
        return commutant

    def is_irreducible(self, rep: Rep) -> bool:
        """Whether all components of one of the representations are irreducible."""
        return all(self.commutants[i] is not None for i in self.coordinates(rep).copies)

    @cached_property
    def is_complex(self) -> bool:
        """Whether components are complex, as they are where one of the representations is."""
        return any(rep.is_complex for rep in self.reps)

    @cached_property
    def trivial(self) -> int:
        """The place of the trivial component; -1 if it does not occur."""
        return next((i for i, c in enumerate(self.components) if c.is_trivial), -1)

    def invariant_form(self, i: int) -> np.ndarray | None:
        """A Hermitian matrix F (d, d) of norm 1 such that z̄ᵀ F z is invariant, if there is one.

        The identity where the group acts by unitary matrices; for other real irreducibles, the
        form that is unique up to a factor, if it is symmetric. Its sign has no meaning.
        """
        component, basis = self.components[i], self.bases[i]
        if all(_is_unitary(atom) for atom in component.atoms):
            return np.eye(component.dim)
        if self.commutants[i] is None or any(atom.is_complex for atom in component.atoms):
            return None
        dims = [atom.dim for atom in component.atoms]
        indices = np.arange(component.dim**2).reshape(1, *dims, *dims)
        pairs = Space.collect([((*component.atoms, *component.atoms), indices)])
        forms = intertwiners(pairs, TRIVIAL).to_dense().T.reshape(-1, component.dim, component.dim)
        symmetric = [form + form.T for form in forms if np.abs(form - form.T).max() < SYMMETRIC]
        if not symmetric:
            return None
        form = basis.T @ symmetric[0] @ basis
        return form / np.linalg.norm(form, 2)

    def couplings(
        self, pairs: Sequence[tuple[int, int]], results: Sequence[int]
    ) -> dict[tuple[int, int], dict[int, np.ndarray]]:
        """The Clebsch-Gordan coefficients from pairs of components to each of several others.

        Returns:
            By pair and component, shape (paths, d, d_left, d_right), orthonormal.
        """
        targets = [self.components[i] for i in results]
        starts = np.cumsum([0, *(target.dim for target in targets)])
        rows = Space.collect(
            [(c.atoms, start + _grid(c)) for c, start in zip(targets, starts[:-1], strict=True)]
        )
        products = [(self.components[left], self.components[right]) for left, right in pairs]
        sources = [
            Space.collect([((*left.atoms, *right.atoms), _grid(left, right))])
            for left, right in products
        ]
        bases = all_intertwiners([(columns, rows) for columns in sources], rtol=self.rtol)
        found = {pair: {} for pair in pairs}
        for (left, right), basis in zip(pairs, bases, strict=True):
            dims = (self.components[left].dim, self.components[right].dim)
            dense = basis.to_dense().T.reshape(basis.rank, starts[-1], *dims)
            for result, (start, stop) in zip(results, pairwise(starts), strict=True):
                # each basis vector lies in the rows of one result
                inside = np.abs(dense[:, start:stop]).max(axis=(1, 2, 3), initial=0) > 0
                found[left, right][result] = np.einsum(
                    "pkij,ka,ib,jc->pabc",
                    dense[inside, start:stop],
                    self.bases[result].conj(),
                    self.bases[left],
                    self.bases[right],
                    optimize=True,
                )
        return found


def _grid(*components: Component) -> np.ndarray:
    """Indices of a product of components, shape (1, *dims), with an axis for each atom."""
    dims = [atom.dim for component in components for atom in component.atoms]
    return np.arange(prod(dims)).reshape(1, *dims)


@lru_cache(maxsize=64)
def frame(*reps: Rep, rtol: float | None = None) -> SharedFrame:
    """The `SharedFrame` of some representations, made once, for models that are traced again.

    Args:
        *reps: of one group.
        rtol: as of `Rep.equivariant_basis`.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> v = V(SO(3))
        >>> shared = frame(v, Scalar(SO(3)), v**2)
        >>> shared is frame(v, Scalar(SO(3)), v**2), sorted(shared.coordinates(v**2).dims.values())
        (True, [1, 3, 5])
    """
    return SharedFrame(reps, rtol)


def _unpickled(reps: tuple[Rep, ...], rtol: float | None) -> SharedFrame:
    return frame(*reps, rtol=rtol)


def check_shared(shared: SharedFrame | None, rtol: float | None) -> None:
    """Refuses a cutoff that is none, or one beside a frame, whose maps are solved with its own."""
    check_rtol(rtol)
    if shared is not None and rtol is not None:
        raise ValueError(f"`rtol` should be None beside `shared`. Got {rtol!r}.")


def _natural_basis(place: int, component: Component, parts) -> np.ndarray:
    """A basis of a component, as the columns of a unitary matrix (d, d).

    That of a term that is the component, a vector say, so that its change of coordinates is the
    identity; or one in which generators are nearly diagonal.
    """
    for part in (part for each in parts for part in each if place in part):
        copies = part[place]
        if copies.shape[0] == 1 and copies.shape[1] == copies.shape[2]:
            return copies[0].conj().T
    basis = np.ones((1, 1))
    for atom in component.atoms:
        basis = np.kron(basis, _adapted_basis(atom))
    return basis


def _adapted_basis(atom: Atom) -> np.ndarray:
    """Eigenvectors of the generators' Hermitian squares, each within those of the ones before."""
    squares = [A.conj().T @ A for A in atom.infinitesimal]
    squares += [h + h.conj().T for h in map(to_dense, atom.discrete)]
    spaces = [np.eye(atom.dim)]
    for square in squares:
        split = []
        for basis in spaces:
            values, vectors = np.linalg.eigh(basis.conj().T @ square @ basis)
            cuts = np.flatnonzero(np.diff(values) > DEGENERATE * np.abs(square).max()) + 1
            # where nothing is told apart, eigenvectors are rounding
            split += np.split(basis @ vectors, cuts, axis=1) if len(cuts) else [basis]
        spaces = split
    return np.concatenate([canonical_basis(basis) for basis in spaces], axis=1)


def _is_unitary(atom: Atom) -> bool:
    """Whether the group preserves the norm."""
    adjoints = atom.infinitesimal.conj().swapaxes(1, 2)
    return atom.is_adjoint_closed and bool(
        np.abs(atom.infinitesimal + adjoints).max(initial=0) < EXACT
    )
