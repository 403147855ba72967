"""What can be said about the group that some generators generate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property, reduce
from itertools import product
from math import inf, prod
from operator import mul
from typing import Any, NamedTuple, Self

import numpy as np
import scipy.linalg

from constrainet.groups.arguments import check_element, check_size
from constrainet.groups.constructors import Constructors
from constrainet.groups.lie_algebra import LieAlgebra
from constrainet.groups.membership import are_integral, belongs
from constrainet.groups.permutations import ElementTable, cycle_lengths
from constrainet.groups.points import PermutationAction, permutation_action
from constrainet.groups.predicates import Predicates, invariant_form
from constrainet.linalg import is_singular, moved, tidied, to_dense, units_of
from constrainet.tolerances import EXACT, STRETCH

MAX_CHAIN_POINTS = 4096
"""Points above which elements are listed in a table, and not through a stabiliser chain, which
takes the square of that."""

MAX_ENTRIES = 2**27
"""Numbers in the representatives of all conjugacy classes: 1 GiB in float64."""

LIMIT = 100_000
"""Elements that are listed unless more are asked for."""


class ConjugacyClasses(NamedTuple):
    """The conjugacy classes of a finite group, that of the identity first.

    Attributes:
        representatives: one element of each, shape (k, dim, dim).
        sizes: their numbers of elements, ints of shape (k,).
    """

    representatives: np.ndarray
    sizes: np.ndarray


class Structure(Predicates, Constructors):
    """The part of `Group` that finds out what the generators generate.

    Everything is decided by theorems and with tolerances that are named; where they do not
    suffice, there is an error and no guess. The units of the coordinates play no part: everything
    is found for the group in its even units, and carried back.
    """

    @cached_property
    def units(self) -> np.ndarray:
        """Units s in which the generators s A s⁻¹ are of even size, shape (dim,), of product 1.

        Exactly 1 if all elements are unitary.
        """
        if len(self.factors) > 1:
            return np.concatenate([factor.units for factor in self.factors])
        generators = (), self.lie_algebra[:0]
        if not self.is_unitary:
            generators = self.discrete_matrices, self.lie_algebra
        return units_of(*generators)

    @cached_property
    def in_even_units(self) -> Self:
        """The group with elements s g s⁻¹, s its `units`; itself if these are 1."""
        if np.all(self.units == 1):
            return self
        if len(self.factors) > 1:
            return reduce(mul, (factor.in_even_units for factor in self.factors))
        even = self.in_units(self.units)
        vars(even).update(units=self.units / self.units, in_even_units=even)  # known beforehand
        return even

    def in_units(self, units: np.ndarray) -> Self:
        """The group of the elements s g s⁻¹ for a diagonal s, shape (dim,), which is no product."""
        matrices = [tidied(moved(to_dense(h), units)) for h in self.discrete_matrices]
        algebra = moved(self.lie_algebra, units)
        return type(self)(lie_algebra=algebra, discrete_generators=matrices or None, name=self.name)

    @cached_property
    def algebra(self) -> LieAlgebra:
        """The Lie algebra of the group: the closure of `lie_algebra`.

        Closed under brackets, and under conjugation by the discrete generators. Equivariance asks
        for the generators only; whether they span the algebra is `algebra.is_spanned`.

        Raises:
            ValueError: if float64 does not suffice to close it.
            ProblemTooLargeError: if it does not fit in memory, as that of SO(300).

        Examples:
            >>> from constrainet.groups import SU
            >>> SU(3).algebra.dim, SU(3).algebra.killing_form.shape
            (8, (8, 8))
        """
        normalising = () if self.is_discrete else self.discrete_generators
        return LieAlgebra(self.lie_algebra, normalising, self.name)

    @cached_property
    def invariant_form(self) -> np.ndarray | None:
        """A positive definite X with gᴴ X g = X for every element, shape (dim, dim), if any.

        Its norm is 1.

        Raises:
            ValueError: if that cannot be decided, see `is_compact`.
        """
        if len(self.factors) > 1:
            forms = [factor.invariant_form for factor in self.factors]
            found = [form for form in forms if form is not None]
            return scipy.linalg.block_diag(*found) if len(found) == len(forms) else None
        even = self.in_even_units
        form = invariant_form(even.lie_algebra, even.discrete_matrices, self.dim, self.name)
        if form is None or even is self:
            return form
        form = form * np.outer(self.units, self.units)
        return form / np.linalg.norm(form, 2)

    @property
    def is_compact(self) -> bool:
        """Whether the elements are bounded, so that the closure of the group is compact.

        Equivalently, whether they are unitary for some inner product, which is then found.
        Equivariant maps are the same for a group and for its closure.

        Raises:
            ValueError: if float64 does not suffice, or the matrices are larger than 40 × 40 and
                not unitary.

        Examples:
            >>> from constrainet.groups import SE, SO
            >>> SO(3).is_compact, SO(1, 3).is_compact, SE(2).is_compact
            (True, False, False)
        """
        return self.invariant_form is not None

    @property
    def is_semisimple(self) -> bool:
        """Whether the Lie algebra is semisimple: its Killing form is not degenerate."""
        return self.algebra.is_semisimple

    @cached_property
    def permutation_action(self) -> PermutationAction | None:
        """The group as permutations of the images of the basis vectors, if it is finite.

        Not for products, whose factors have one each. Its matrices are in even units.
        """
        if not self.is_discrete:
            return None
        matrices = self.in_even_units.discrete_matrices
        return permutation_action(matrices, self.dim, self.dtype, self.name)

    def _element(self, images: np.ndarray) -> np.ndarray:
        """The element that permutes the points of `permutation_action` so."""
        action = self.permutation_action
        even = action.matrix(images[: self.dim])  # pyright: ignore[reportOptionalMemberAccess]
        return moved(even, 1 / self.units)

    @cached_property
    def is_finite(self) -> bool:
        """Whether the group has finitely many elements.

        It has exactly if its Lie algebra is zero and the images of the basis vectors are finitely
        many. It is infinite if its elements are not bounded, or if one of them has an eigenvalue
        that is no root of unity. (An element of finite order above 10⁵ may be taken for
        one of infinite order: float64 hardly tells the difference.)

        Raises:
            ValueError: if neither can be shown.

        Examples:
            >>> import numpy as np
            >>> from constrainet.groups import Group, Icosahedral
            >>> cos, sin = 0.6, 0.8  # of an angle that is no rational part of the circle
            >>> turn = Group(discrete_generators=[[[cos, -sin], [sin, cos]]])
            >>> Icosahedral().is_finite, turn.is_finite
            (True, False)
        """
        if len(self.factors) > 1:
            return all(factor.is_finite for factor in self.factors)
        return self.permutation_action is not None

    @cached_property
    def order(self) -> int | float:
        """The number of elements: an exact int, or `math.inf`.

        Raises:
            ValueError: if it cannot be decided whether the group is finite, or counting it takes
                more than a minute.

        Examples:
            >>> from constrainet.groups import RubiksCube, SO
            >>> RubiksCube().order, SO(3).order
            (43252003274489856000, inf)
        """
        if not self.is_finite:
            return inf
        if len(self.factors) > 1:
            return prod(factor.order for factor in self.factors)
        action = self.permutation_action
        if action is None:
            return inf
        if len(action.images) == 1:
            return math.lcm(*cycle_lengths(action.images[0]).tolist())
        return self._table.order if self._is_tabulated else action.group.order

    @property
    def _is_tabulated(self) -> bool:
        """Whether the points are too many for a stabiliser chain."""
        action = self.permutation_action
        return (
            action is not None
            and action.num_points > MAX_CHAIN_POINTS
            and not action.group.is_giant
        )

    @cached_property
    def _table(self) -> ElementTable:
        """All elements of a finite group that is no product."""
        action = self.permutation_action
        return ElementTable(action.images, self.dim)  # pyright: ignore[reportOptionalMemberAccess]

    def elements(self, limit: int = LIMIT) -> Iterator[np.ndarray]:
        """Every element of a finite group once, the identity first.

        Args:
            limit: the most elements that are wanted, 10⁵ unless given.

        Returns:
            An iterator over arrays of shape (dim, dim), float64 or complex128.

        Raises:
            ValueError: if the group is infinite, or has more elements than that.
            TypeError: if the limit is not an integer.

        Examples:
            >>> from constrainet.groups import Cube
            >>> int(sum(g.trace() for g in Cube().elements())) // Cube().order  # orbits of faces
            1
        """
        limit = check_size("Group.elements", "limit", limit)
        self._check_finite("elements", limit)
        return self._iterate()

    def _check_finite(self, method: str, limit: int):
        if self.order == inf:
            raise ValueError(
                f"`Group.{method}` should be asked of a finite group. {self.name} is infinite. "
                "Draw random elements with `samples(key, n)`."
            )
        if self.order > limit:
            raise ValueError(
                f"`Group.{method}(limit={limit})` lists no more than so many elements. "
                f"{self.name} has {_written(int(self.order))}. Pass a greater `limit=`, or draw "
                "random elements with `samples(key, n)`."
            )

    def _iterate(self) -> Iterator[np.ndarray]:
        if len(self.factors) > 1:
            for parts in product(*(factor._iterate() for factor in self.factors)):
                yield scipy.linalg.block_diag(*parts)
            return
        action = self.permutation_action
        if action is not None:
            for images in self._table if self._is_tabulated else action.group:
                yield self._element(images)

    def conjugacy_classes(self, limit: int = LIMIT) -> ConjugacyClasses:
        """The conjugacy classes of a finite group.

        The character of a representation is a function of them: `trace(rep.rho(g))` for each
        representative g.

        Args:
            limit: the most elements that the group may have (each factor of a product), 10⁵
                unless given.

        Returns:
            A representative and the size of each class, the identity first.

        Raises:
            ValueError: if the group is infinite, or has more elements than that.
            TypeError: if the limit is not an integer.

        Examples:
            >>> from constrainet.groups import Icosahedral
            >>> Icosahedral().conjugacy_classes().sizes
            array([ 1, 20, 12, 12, 15])
        """
        limit = check_size("Group.conjugacy_classes", "limit", limit)
        if len(self.factors) > 1:
            parts = [factor.conjugacy_classes(limit) for factor in self.factors]
            self._check_room(prod(len(part.sizes) for part in parts))
            matrices = [
                scipy.linalg.block_diag(*representatives)
                for representatives in product(*(part.representatives for part in parts))
            ]
            sizes = [prod(map(int, sizes)) for sizes in product(*(part.sizes for part in parts))]
            return ConjugacyClasses(np.stack(matrices), np.array(sizes))
        self._check_finite("conjugacy_classes", limit)
        indices, sizes = self._table.classes
        self._check_room(len(indices))
        matrices = [self._element(self._table.rows[i]) for i in indices]
        return ConjugacyClasses(np.stack(matrices), sizes)

    def _check_room(self, count: int):
        if count * self.dim**2 > MAX_ENTRIES:
            raise ValueError(
                f"`Group.conjugacy_classes` gives a matrix for each class. {self.name} has {count} "
                f"classes and matrices of size {self.dim}, which do not fit in 1 GiB. Let the "
                "group act on fewer coordinates."
            )

    @cached_property
    def _is_integral(self) -> bool:
        """Whether all elements consist of integers."""
        return self.is_discrete and are_integral(self.discrete_generators)

    def contains(self, g: Any) -> bool:
        """Whether a matrix is an element of the group, to 1e-10 in its even units.

        For a finite group this is decided by its permutations of points. For others, an element is
        recognised as a product of exponentials of the Lie algebra with a word in the discrete
        generators, and a matrix is refused because it violates something that all elements keep.

        Args:
            g: shape (dim, dim), in float64 or complex128.

        Returns:
            Whether g is in the group.

        Raises:
            ValueError: if g has another shape, is known to single precision only, or neither can
                be shown.

        Examples:
            >>> import numpy as np
            >>> from constrainet.groups import O, SO
            >>> O(3).contains(-np.eye(3)), SO(3).contains(-np.eye(3))
            (True, False)
        """
        g = check_element("Group.contains(g)", g, self.dim)
        # integers are so in the units that are given
        if self._is_integral and not are_integral([g]):
            return False
        if (even := self.in_even_units) is not self:
            return even.contains(moved(g, self.units))
        if len(self.factors) > 1:
            blocks = self.split(g)
            return bool(np.abs(g - scipy.linalg.block_diag(*blocks)).max() < EXACT) and all(
                factor.contains(block) for factor, block in zip(self.factors, blocks, strict=True)
            )
        if not self.is_complex:
            if np.abs(g.imag).max() > EXACT:
                return False
            g = g.real
        action = self.permutation_action
        if action is not None:
            return g in action
        if is_singular(g):
            return False
        if (stretch := np.linalg.cond(g)) > STRETCH:
            # where the generators leave units open, those that suit the matrix are as good
            units = units_of([*self.discrete_matrices, g], self.lie_algebra)
            if np.linalg.cond(moved(g, units)) < stretch / 2:
                suited = self.in_units(units)
                vars(suited).update(units=np.ones(self.dim), in_even_units=suited)
                return suited.contains(moved(g, units))
        answer = belongs(
            g,
            self.algebra,
            list(self.discrete_generators),
            self.invariant_form,
            self.is_adjoint_closed,
        )
        if answer is None:
            raise ValueError(
                f"`Group.contains(g)` cannot decide whether this matrix is in {self.name}: it "
                "keeps the invariants that were compared, and yet was not found as a product of "
                "exponentials and generators."
            )
        return answer


def _written(order: int) -> str:
    """A number in at most some twenty digits."""
    if order < 10**20:
        return str(order)
    return f"about 10^{math.log10(order):.1f}"
