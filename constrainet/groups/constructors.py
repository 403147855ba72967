"""Groups from other things than matrices: permutations, tables, rotations, functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Self

import jax
import numpy as np
from scipy.spatial.transform import Rotation

from constrainet.groups.arguments import check_images, check_size
from constrainet.groups.lie_algebra import tangents
from constrainet.linalg import Monomial

ROUNDING = 1e-15
"""Entries of rotation matrices closer than this to 0, 1 and -1 are set to them: an octahedral group
is then one of signed permutations, as it is on paper."""

CANDIDATES = 64
"""Elements among which the next generator is chosen."""

EQUAL = 1e-8
"""Matrices closer than this are one element of a group of rotations; they may come from files."""


class Constructors(ABC):
    """The part of `Group` that makes groups from what users have at hand."""

    @abstractmethod
    def __init__(
        self,
        *,
        lie_algebra: Any = None,
        discrete_generators: Any = None,
        name: str | None = None,
        sampler: Any = None,
    ): ...

    @classmethod
    def from_permutations(cls, images: Any, *, name: str | None = None) -> Self:
        """The group that some permutations generate, permuting the coordinates of Rⁿ.

        Args:
            images: of the points 0 ... n-1 under each generator, ints of shape (M, n): coordinate
                j goes to coordinate `images[i][j]`.
            name: for `repr` and messages.

        Returns:
            The group, on Rⁿ.

        Raises:
            ValueError: if a row is no permutation.
            TypeError: if the entries are no integers.

        Examples:
            >>> from constrainet.groups import Group
            >>> Group.from_permutations([[1, 2, 3, 0], [1, 0, 2, 3]], name="S4").order
            24
        """
        rows = check_images("Group.from_permutations(images=...)", images)
        return cls(discrete_generators=[Monomial(row) for row in rows], name=name)

    @classmethod
    def from_cycles(
        cls,
        generators: Sequence[Sequence[Sequence[int]]],
        *,
        num_points: int | None = None,
        name: str | None = None,
    ) -> Self:
        """The group that some permutations generate, each given by its cycles.

        A cycle (a, b, c) sends a to b, b to c and c to a; points are counted from 0.

        Args:
            generators: for each a sequence of disjoint cycles; points that none mentions stay.
            num_points: n; if missing, one more than the largest point mentioned.
            name: for `repr` and messages.

        Returns:
            The group, on Rⁿ.

        Raises:
            ValueError: if a point is too large, negative, or twice in one generator.
            TypeError: if a generator is no sequence of sequences of integers.

        Examples:
            The symmetries of a square with corners 0, 1, 2, 3, in this order:

            >>> from constrainet.groups import Group
            >>> G = Group.from_cycles([[(0, 1, 2, 3)], [(0, 1), (2, 3)]])
            >>> G.order, G == Group.from_permutations([[1, 2, 3, 0], [1, 0, 3, 2]])
            (8, True)
        """
        call = "Group.from_cycles(generators=...)"
        for generator in generators:
            if not isinstance(generator, Sequence) or not all(
                isinstance(cycle, Sequence) for cycle in generator
            ):
                raise TypeError(
                    f"`{call}` should be a sequence of generators, each a sequence of cycles, as "
                    f"in [[(0, 1), (2, 3)]]. Got the generator {generator!r}. Wrap a single cycle "
                    "in a list."
                )
        cycles = [
            [[check_size("Group.from_cycles", "generators", p, 0) for p in c] for c in generator]
            for generator in generators
        ]
        largest = max((p for g in cycles for c in g for p in c), default=0)
        n = largest + 1 if num_points is None else num_points
        n = check_size("Group.from_cycles", "num_points", n)
        if largest >= n:
            raise ValueError(
                f"`{call}` should move points 0 ... {n - 1}, because `num_points` is {n}. Got "
                f"the point {largest}. Points are counted from 0."
            )
        rows = np.tile(np.arange(n), (len(cycles), 1))
        for row, generator in zip(rows, cycles, strict=True):
            points = [point for cycle in generator for point in cycle]
            if len(set(points)) < len(points):
                raise ValueError(
                    f"`{call}` should be given by disjoint cycles. Got {generator}, in which a "
                    "point comes twice. Write the product of the cycles as one permutation."
                )
            for cycle in generator:
                row[cycle] = np.roll(cycle, -1)
        return cls.from_permutations(rows, name=name)

    @classmethod
    def from_cayley_table(cls, table: Any, *, name: str | None = None) -> Self:
        """A finite group from its multiplication table, in its regular representation.

        Element i permutes the coordinates, one for each element, as it multiplies them from the
        left: it sends e_j to e_k where `k = table[i][j]`. Few elements are chosen as generators.

        Args:
            table: ints of shape (n, n): the index of the product of elements i and j.
            name: for `repr` and messages.

        Returns:
            The group, on Rⁿ.

        Raises:
            ValueError: if the table is not that of a group; the message says which element has no
                inverse, or which three are not associative.
            TypeError: if it does not hold integers.

        Examples:
            Klein's four-group:

            >>> from constrainet.groups import Group
            >>> table = [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]]
            >>> G = Group.from_cayley_table(table)
            >>> G.order, len(G.discrete_matrices), len(G.conjugacy_classes().sizes)
            (4, 2, 4)
        """
        table = check_table(table)
        generators = [Monomial(table[i]) for i in few_generators(table)]
        n = len(table)
        return cls(discrete_generators=generators or np.zeros((0, n, n)), name=name)

    @classmethod
    def from_rotations(cls, rotations: Rotation, *, name: str | None = None) -> Self:
        """A finite group of rotations of R³ from all its elements, as SciPy makes them.

        Few of them are chosen as generators.

        Args:
            rotations: every element once, as from `Rotation.create_group`.
            name: for `repr` and messages.

        Returns:
            The group, on R³.

        Raises:
            TypeError: if it is no `scipy.spatial.transform.Rotation`.
            ValueError: if the rotations form no group.

        Examples:
            >>> from scipy.spatial.transform import Rotation
            >>> from constrainet.groups import Group
            >>> G = Group.from_rotations(Rotation.create_group("O"), name="octahedral")
            >>> G.order, G.is_monomial, len(G.discrete_matrices)
            (24, True, 2)
        """
        call = "Group.from_rotations(rotations=...)"
        if not isinstance(rotations, Rotation):
            raise TypeError(
                f"`{call}` should be a `scipy.spatial.transform.Rotation`. Got {rotations!r}, of "
                f"type {type(rotations).__name__}. For matrices use `Group(discrete_generators=)`."
            )
        matrices = rotations.as_matrix().reshape(-1, 3, 3)
        table = table_of(matrices)
        if (table < 0).any():
            i, j = np.argwhere(table < 0)[0].tolist()
            raise ValueError(
                f"`{call}` should be all elements of a group. Got {len(matrices)} rotations, and "
                f"the product of number {i} and number {j} is none of them. For the group that "
                "they generate use `Group(discrete_generators=rotations.as_matrix())`."
            )
        if len(np.unique(table[0])) < len(table):
            raise ValueError(f"`{call}` should be every element once. Got some of them twice.")
        exact = np.rint(matrices)
        matrices = np.where(np.abs(matrices - exact) < ROUNDING, exact, matrices)
        generators = matrices[few_generators(table)]
        return cls(discrete_generators=generators, name=name)

    @classmethod
    def from_function(
        cls,
        function: Callable[[jax.Array], Any],
        num_parameters: int,
        *,
        discrete_generators: Any = None,
        name: str | None = None,
    ) -> Self:
        """A Lie group from a function of parameters that runs through it.

        The Lie algebra is spanned by the derivatives of the function at zero, found by JAX in
        double precision, whatever `jax_enable_x64` says. The function may cover a part of the
        group only: what its derivatives generate is the group.

        Args:
            function: from parameters θ, shape (num_parameters,), to a matrix of shape (dim, dim),
                written with `jax.numpy`; f(0) is the identity.
            num_parameters: how many parameters there are.
            discrete_generators: further generators, as for `Group`.
            name: for `repr` and messages.

        Returns:
            The group, on R^dim, or C^dim where the function is complex.

        Raises:
            TypeError: if JAX cannot differentiate the function.
            ValueError: if f(0) is not the identity, f is not smooth there, or f leaves the group
                that its derivatives generate.

        Examples:
            Rotations about the z axis with a change of scale:

            >>> import jax.numpy as jnp
            >>> from constrainet.groups import Group
            >>> def f(theta):
            ...     cos, sin = jnp.cos(theta[0]), jnp.sin(theta[0])
            ...     return jnp.exp(theta[1]) * jnp.array([[cos, -sin], [sin, cos]])
            >>> Group.from_function(f, 2).lie_algebra
            array([[[ 0., -1.],
                    [ 1.,  0.]],
                   [[ 1.,  0.],
                    [ 0.,  1.]]])
        """
        num_parameters = check_size("Group.from_function", "num_parameters", num_parameters)
        algebra = tangents(function, num_parameters, name or "the group")
        return cls(lie_algebra=algebra, discrete_generators=discrete_generators, name=name)


def check_table(value: object) -> np.ndarray:
    """A Cayley table, known to be that of a group.

    Associativity is checked by Light's test: if (x a) y = x (a y) for all x, y and all a of a
    generating set, it holds for all triples.

    References:
        Clifford, Preston, "The Algebraic Theory of Semigroups" (1961), section 1.2 (Light's test).

    Args:
        value: what was passed.

    Returns:
        Ints of shape (n, n).

    Raises:
        TypeError: if it does not hold integers.
        ValueError: if it is not the table of a group; the message says what fails.
    """
    call = "`Group.from_cayley_table(table=...)`"
    try:
        table = np.asarray(value)
        got = f"shape {table.shape}"
    except ValueError:
        table, got = np.empty(0), "rows of different lengths"
    n = len(table) if table.ndim else 0
    if table.shape != (n, n) or n == 0:
        raise ValueError(
            f"{call} should be square, of shape (order, order), with table[i, j] the index of the "
            f"product of elements i and j. Got {got}."
        )
    if table.dtype.kind not in "iu":
        raise TypeError(f"{call} should hold the indices of products. Got dtype {table.dtype}.")
    if table.min() < 0 or table.max() >= n:
        i, j = np.argwhere((table < 0) | (table >= n))[0].tolist()
        raise ValueError(
            f"{call} should hold indices 0 ... {n - 1} of the {n} elements. Got {table[i, j]} as "
            f"the product of elements {i} and {j}."
        )
    table = table.astype(np.intp)
    is_identity = (table == np.arange(n)).all(axis=1) & (np.arange(n) == table.T).all(axis=1)
    if not is_identity.any():
        raise ValueError(
            f"{call} should be that of a group. No element e has e x = x e = x for all x."
        )
    identity = int(np.argmax(is_identity))
    has_inverse = ((table == identity) & (identity == table.T)).any(axis=1)
    if not has_inverse.all():
        i = int(np.argmin(has_inverse))
        raise ValueError(
            f"{call} should be that of a group. Element {i} has no inverse: no x with "
            f"{i} x = x {i} = {identity}, the identity."
        )
    for a in few_generators(table):
        left, right = table[table[:, a]], table[:, table[a]]
        if not np.array_equal(left, right):
            x, y = np.argwhere(left != right)[0].tolist()
            raise ValueError(
                f"{call} should be associative. ({x} {a}) {y} = {left[x, y]}, but {x} ({a} {y}) = "
                f"{right[x, y]}."
            )
    return table


def few_generators(table: np.ndarray) -> list[int]:
    """Elements that generate all others by products, few of them.

    Greedily: each is the one that adds most to what the earlier ones generate, the first of equals
    (among `CANDIDATES`). In a group that at least doubles it, so there are at most log₂ n.

    Args:
        table: ints of shape (n, n), not necessarily of a group.
    """
    n = len(table)
    identity = np.flatnonzero((table == np.arange(n)).all(axis=1))
    reached = np.zeros(n, bool)
    reached[identity] = True
    chosen: list[int] = []
    while not reached.all():
        rest = np.flatnonzero(~reached)
        candidates = [_generated(table, reached, [*chosen, int(a)]) for a in rest[:CANDIDATES]]
        best = int(np.argmax([c.sum() for c in candidates]))
        chosen.append(int(rest[best]))
        reached = candidates[best]
    return chosen


def _generated(table: np.ndarray, reached: np.ndarray, generators: list[int]) -> np.ndarray:
    """What right multiplication by some elements reaches from what is reached already."""
    reached = reached.copy()
    reached[generators] = True
    frontier = np.flatnonzero(reached)
    while frontier.size:
        products = np.unique(table[frontier][:, generators])
        frontier = products[~reached[products]]
        reached[frontier] = True
    return reached


def table_of(elements: np.ndarray) -> np.ndarray:
    """The multiplication table of some orthogonal matrices.

    Args:
        elements: shape (n, d, d).

    Returns:
        Ints of shape (n, n), -1 where a product is not among the elements.
    """
    flat = elements.reshape(len(elements), -1)
    rows = []
    for g in elements:
        products = (g @ elements).reshape(len(elements), -1)
        nearest = np.argmax(products @ flat.T, axis=1)
        missed = np.abs(products - flat[nearest]).max(axis=1)
        rows.append(np.where(missed < EQUAL, nearest, -1))
    return np.array(rows)
