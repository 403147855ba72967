"""Functions on what a finite group permutes: its own elements, the orbit of a point, cosets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from constrainet.groups import Group, check_group
from constrainet.maps.map import check_rep
from constrainet.maps.sampling import TabledGrid
from constrainet.reps import IrreducibleDecomposition, Rep, decompose, direct_sum
from constrainet.tolerances import SAMPLED


@dataclass(frozen=True)
class OrbitGrid(TabledGrid):
    """All functions on finitely many things that a group permutes, by irreducibles.

    Coefficients are those of the irreducibles of the permutation, one after the other and copy by
    copy, as `decompose` finds them: the Fourier transform on a finite group, for `Regular(G)`,
    where an irreducible has as many copies as dimensions (over the complex numbers).
    `sampled_nonlinearity` is exact here: it is the pointwise non-linearity of the permutation.

    Args:
        permutation: `Regular(G)`, for functions on the group itself;
            `Permutation(G, points=orbit(G, point))`, on the orbit of a point;
            `Permutation(G, subgroup=H)`, on G/H; any other permutation representation.

    Attributes:
        rep: how coefficients transform.
        points: the numbers of the things, shape (n,), in the order of the permutation.
        weights: shape (n,), all equal.

    Raises:
        TypeError: if `permutation` is no representation.
        ValueError: if it does not permute its coordinates.

    Example:
        The twelve vertices of an icosahedron:

        >>> import numpy as np
        >>> from constrainet.groups import Icosahedral
        >>> from constrainet.reps import Permutation
        >>> G = Icosahedral()
        >>> vertices = orbit(G, [0.0, 1.0, (1 + 5**0.5) / 2])
        >>> grid = OrbitGrid(Permutation(G, points=vertices))
        >>> print(grid.rep, len(grid.points))
        [1]⊕[3]₁⊕[3]₂⊕[5] 12
        >>> heights = vertices[:, 2] ** 3
        >>> np.allclose(grid.synthesise(grid.analyse(heights)), heights)
        True

    References:
        Serre, "Linear representations of finite groups" (1977), section 2.4. Terras, "Fourier
        analysis on finite groups and applications" (1999).
    """

    permutation: Rep

    def __post_init__(self):
        check_rep("orbit_grid(permutation=...)", self.permutation)
        if not self.permutation.is_permutation:
            raise ValueError(
                "`orbit_grid(permutation=...)` should permute its coordinates, which are values "
                "of functions, such as `Regular(G)` or `Permutation(G, points=...)` do. Got "
                f"{self.permutation} of {self.permutation.group}."
            )

    @cached_property
    def _decomposition(self) -> IrreducibleDecomposition:
        return decompose(self.permutation)

    @cached_property
    def rep(self) -> Rep:
        """How coefficients transform."""
        return direct_sum(self.permutation.group, self._decomposition.irreps)

    @property
    def points(self) -> np.ndarray:
        """Shape (n,)."""
        return np.arange(self.permutation.dim)

    @property
    def weights(self) -> np.ndarray:
        """Shape (n,)."""
        return np.full(self.permutation.dim, 1 / self.permutation.dim)

    @cached_property
    def _table(self) -> np.ndarray:
        # orthogonal to rounding, so that coefficients come back to it
        left, _, right = np.linalg.svd(self._decomposition.matrix)
        return np.sqrt(self.permutation.dim) * (left @ right)


def orbit(group: Group, point: np.ndarray) -> np.ndarray:
    """Where the elements of a finite group take a point.

    Args:
        group: the group.
        point: shape (group.dim,).

    Returns:
        Shape (n, group.dim), the point itself first, in the order in which `group.elements()`
        reaches them.

    Raises:
        TypeError: if `group` is not a group.
        ValueError: if it is not finite, or the point has another number of coordinates.

    Example:
        >>> from constrainet.groups import C
        >>> orbit(C(4), [1.0, 0.0]).round().astype(int).tolist()
        [[1, 0], [0, 1], [-1, 0], [0, -1]]
    """
    check_group("orbit", group)
    if not group.is_finite:
        raise ValueError(
            f"`orbit(group=...)` should be finite, because all points are listed. {group} is not. "
            "Functions on its orbits have a bandwidth, on a grid such as `sphere_grid`."
        )
    x = np.asarray(point)
    if x.shape != (group.dim,):
        raise ValueError(
            f"`orbit(point=...)` should have shape ({group.dim},), because the matrices of {group} "
            f"move it. Got {x.shape}."
        )
    size, found = np.linalg.norm(x), np.empty((0, group.dim))
    for g in group.elements():
        moved = g @ x
        if not (np.linalg.norm(found - moved, axis=1) <= SAMPLED * size).any():
            found = np.concatenate([found, moved[None]])
    return found
