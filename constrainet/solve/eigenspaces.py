"""The eigenspaces of a random Hermitian element, and what other elements do between them.

On m copies of an irreducible λ of dimension d and type e (1 real, 2 complex, 4 quaternionic) the
element has d/e eigenspaces, each of dimension e·m. These are unique, and no basis of them is. What
is taken from here are formulas: which combinations of the connectors act within an eigenspace as i
and j, and which connector leads from one to another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constrainet.linalg import LONG
from constrainet.tolerances import CLUSTER, GAP

NEGLIGIBLE = 1e-6
"""Components of a unit vector under a generic element below this are absent.

An absent one is rounding (1e-13; 1e-8 between the closest eigenvalues), a present one of order one.
One in between is taken for absent; the subspace then fails its certificate, and other random
elements are drawn.
"""


class DecompositionError(ArithmeticError):
    """These random elements did not separate the irreducibles; others will."""


class Eigenspaces:
    """The eigenspaces of R, and the connectors between them, in one representation.

    Args:
        hermitian: R, shape (n, n).
        connectors: E, shape (J, n, n).

    Attributes:
        values: the distinct eigenvalues of R, ascending.
        bases: orthonormal bases of the eigenspaces, which have no meaning beyond their span.
        free: the places of the eigenspaces that belong to no irreducible so far.
        gap: the smallest ratio of a step between distinct eigenvalues to one within.
    """

    def __init__(self, hermitian: np.ndarray, connectors: np.ndarray):
        values, vectors = np.linalg.eigh(hermitian)
        self.scale = max(1.0, np.abs(values).max())
        steps = np.diff(values)
        distinct = steps > CLUSTER * self.scale
        breaks = np.flatnonzero(distinct) + 1
        noise = max(steps[~distinct].max(initial=0), np.finfo(float).eps * self.scale)
        self.gap = float(steps[distinct].min(initial=np.inf) / noise)
        if self.gap < GAP:
            raise DecompositionError("Two distinct eigenvalues almost agree.")
        self._vectors = vectors
        self.bases = np.split(vectors, breaks, axis=1)
        self._starts = np.append(0, breaks)
        self._widths = np.diff(np.append(self._starts, len(values)))
        self.values = np.array([part.mean() for part in np.split(values, breaks)])
        self.connectors = connectors
        self.free = set(range(len(self.bases)))

    def matching(self, spectrum: np.ndarray) -> list[int]:
        """The free eigenspaces with the eigenvalues of an irreducible; none if any is missing."""
        groups = [int(np.abs(self.values - value).argmin()) for value in spectrum]
        distances = np.abs(self.values[groups] - spectrum)
        if distances.max() > CLUSTER * self.scale or not self.free.issuperset(groups):
            return []
        if len({self.bases[group].shape[1] for group in groups}) > 1:
            raise DecompositionError("Eigenspaces of one irreducible differ in size.")
        return groups

    def cyclic(self, start: int) -> np.ndarray:
        """Orthonormal columns of what the connectors make of a vector of one eigenspace."""
        current = self.bases[start][:, :1]
        spans, dim = self._spans([current, *(self.connectors @ current)]), 0
        while dim < spans.shape[1]:
            current, dim = spans, spans.shape[1]
            # by now one generic connector shows whether anything is left out
            spans = self._spans([current, self.connectors[0] @ current])
        return spans

    def _spans(self, vectors: Sequence[np.ndarray]) -> np.ndarray:
        """Orthonormal columns that span what vectors have within each free eigenspace."""
        coordinates = self._vectors.conj().T @ np.concatenate(vectors, axis=1)
        free = np.sort(list(self.free))
        found = {}
        for width in np.unique(self._widths[free]):
            groups = free[self._widths[free] == width]
            inside = coordinates[self._starts[groups][:, None] + np.arange(width)]
            left, values, _ = np.linalg.svd(inside, full_matrices=False)
            for group, columns, sizes in zip(groups, left, values, strict=True):
                found[group] = self.bases[group] @ columns[:, sizes > NEGLIGIBLE]
        return np.concatenate([found[group] for group in free], axis=1)

    def units(self) -> np.ndarray:
        """Of an irreducible: `Recipe.units`, from the connectors within the first eigenspace.

        They act there as real, complex or quaternionic numbers. i is the imaginary part of the
        first whose imaginary part is long, and j that of the next, without its part along i.

        Raises:
            DecompositionError: if they act as no such numbers.
        """
        first = self.bases[0]
        inner = first.conj().T @ self.connectors @ first  # (J, e, e)
        count, width = inner.shape[:2]
        if {basis.shape[1] for basis in self.bases} != {width} or width not in (1, 2, 4):
            raise DecompositionError("Eigenspaces of one irreducible differ in size.")
        if width == 1:
            return np.zeros((0, count + 1))
        real = np.trace(inner, axis1=1, axis2=2).real / width
        numbers = inner - real[:, None, None] * np.eye(width)
        if np.abs(numbers + numbers.swapaxes(1, 2).conj()).max() > NEGLIGIBLE * self.scale:
            raise DecompositionError("A cyclic subspace is not irreducible.")
        combinations = np.column_stack([-real, np.eye(count)])  # of 1 and the connectors
        units = []
        for _ in range(width // 2):  # i, or i and j
            lengths = np.linalg.norm(numbers, axis=(1, 2)) / np.sqrt(width)
            if lengths.max() < NEGLIGIBLE * self.scale:
                raise DecompositionError("A cyclic subspace is not irreducible.")
            chosen = first_long(lengths)
            unit = numbers[chosen] / lengths[chosen]
            units.append(combinations[chosen] / lengths[chosen])
            along = np.einsum("kab,ab->k", numbers, unit.conj()).real / width
            numbers = numbers - along[:, None, None] * unit
            combinations = combinations - along[:, None] * units[-1]
        return np.array(units)

    def carriers(self) -> tuple[tuple[int, float], ...]:
        """Of an irreducible: `Recipe.carriers`, the first connectors that lead far enough."""
        first = self.bases[0]
        found = [(0, 1.0)]
        for basis in self.bases[1:]:
            steps = basis.conj().T @ self.connectors @ first
            lengths = np.linalg.norm(steps, axis=(1, 2)) / np.sqrt(first.shape[1])
            chosen = first_long(lengths)
            found.append((1 + chosen, float(lengths[chosen])))
        return tuple(found)

    def turns(self, group: int, units: np.ndarray) -> list[np.ndarray]:
        """i, or i, j and k, on the basis of the first eigenspace of an irreducible: (k, k) each."""
        if not len(units):
            return []
        basis = self.bases[group]
        inner = basis.conj().T @ self.connectors @ basis
        inner = np.concatenate([np.eye(inner.shape[1])[None], inner])
        found = list(np.tensordot(units, inner, 1))
        return found if len(found) == 1 else [*found, found[0] @ found[1]]

    def copies(
        self,
        seeds: np.ndarray,
        groups: Sequence[int],
        units: np.ndarray,
        carriers: Sequence[tuple[int, float]],
    ) -> np.ndarray:
        """The isometric intertwiners of all copies in these eigenspaces.

        Args:
            seeds: shape (n, m), a unit vector of the first eigenspace for each copy.
            groups: the eigenspaces.
            units: as in `Recipe`.
            carriers: as in `Recipe`.

        Returns:
            shape (m, n, d).
        """
        n, m = seeds.shape
        first = self.bases[groups[0]]
        inner = first.conj().T @ seeds
        turned = [seeds, *(first @ (turn @ inner) for turn in self.turns(groups[0], units))]
        together = np.concatenate(turned, axis=1)  # (n, e·m)
        used = sorted({connector for connector, _ in carriers[1:]})
        adjoint = self._vectors.conj().T
        moved = {
            connector: adjoint @ (self.connectors[connector - 1] @ together) for connector in used
        }
        parts = [together]
        for group, (connector, stretch) in zip(groups[1:], carriers[1:], strict=True):
            start, width = self._starts[group], self._widths[group]
            inside = moved[connector][start : start + width]
            parts.append(self.bases[group] @ (inside / stretch))
        columns = np.stack(parts).reshape(len(parts), n, len(turned), m)
        return np.ascontiguousarray(columns.transpose(3, 1, 0, 2).reshape(m, n, -1))


def first_long(lengths: np.ndarray) -> int:
    """The place of the first length that is not much smaller than the largest."""
    return int(np.argmax(lengths >= LONG * lengths.max()))


def orthonormalised(columns: np.ndarray) -> np.ndarray:
    """The nearest orthonormal columns, by one step of Newton's method, from close to it."""
    return 1.5 * columns - 0.5 * columns @ (columns.conj().T @ columns)
