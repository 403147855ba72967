"""Representations that permute coordinates: lists of points, cosets, the group's own elements."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import Group, check_group, is_known_finite
from constrainet.linalg import Monomial, digest
from constrainet.reps.action import block_diagonal, embedded
from constrainet.reps.atomic import AtomicRep, inflate
from constrainet.reps.defining import Scalar
from constrainet.reps.generated import from_generators
from constrainet.reps.rep import Rep, tensor_product
from constrainet.reps.subgroups import induce
from constrainet.reps.subquotient import frozen
from constrainet.reps.unbound import needs_group
from constrainet.solve import memory_limit

CLOSE = 1e-3
"""A moved point this close to one of the list, relative to the largest, is that point."""

MOST_ELEMENTS = 60_000
"""Of a group that `Regular` takes."""


NUM_VECTORS = 12
"""Random vectors whose images tell the elements of a large group apart: two that differ come as
close as `CLOSE` in all of them once in 10³⁰ times."""


@dataclass(frozen=True, eq=False, repr=False)
class PointPermutation(AtomicRep):
    """The permutation of a list of points by the group's matrices, ρ(g) e_j = e_i for g x_j = x_i.

    Attributes:
        points: matrices x that are multiplied from the left, shape (n, group.dim, k).
        label: how it is written; it does not count for equality.
    """

    points: np.ndarray
    label: str

    @property
    def dim(self) -> int:
        return len(self.points)

    @property
    def is_complex(self) -> bool:
        return False

    @property
    def T(self) -> Rep:
        return self

    @cached_property
    def key(self) -> bytes:
        return digest("points", self.group.key, self.points)

    def matrices(self, place):
        discrete, lie = embedded(self.group)[place]
        n = self.dim
        return [Monomial(self._images_of(h)).to_dense() for h in discrete], [
            np.zeros((n, n))
        ] * len(lie)

    def _likeness(self, g):
        """Entry [i, j] is largest, in row i and in column j, where g x_j = x_i."""
        xp = g.__array_namespace__()
        flat = self.points.reshape(self.dim, -1)
        # -|g xⱼ - xᵢ|² = 2 Re⟨xᵢ, g xⱼ⟩ - |xᵢ|² - |g xⱼ|²
        moved = xp.reshape(g @ xp.asarray(self.points), (self.dim, -1))
        products = xp.real(xp.conj(xp.asarray(flat)) @ moved.T)
        sizes = xp.asarray((np.abs(flat) ** 2).sum(axis=1))
        moved_sizes = xp.sum(xp.abs(moved) ** 2, axis=1)
        return 2 * products - sizes[:, None] - moved_sizes[None]

    def _images_of(self, g):
        """Where each coordinate goes; checked, for NumPy arrays."""
        xp = g.__array_namespace__()
        likeness = self._likeness(g)
        images = xp.argmax(likeness, axis=0)
        if isinstance(g, np.ndarray):
            distances = np.abs(g @ self.points - self.points[images]).max(axis=(1, 2))
            worst = int(distances.argmax())
            if distances[worst] > CLOSE * np.abs(self.points).max(initial=0):
                raise ValueError(
                    f"`Permutation(points=...)` should be permuted by {self.group}, but an element "
                    f"moves point {worst} to none of the list, by {distances[worst]:.1e}."
                )
        return images

    def _rho(self, blocks):
        g = block_diagonal(blocks)
        xp = g.__array_namespace__()
        images = self._images_of(g)
        return xp.asarray(xp.arange(self.dim)[:, None] == images[None, :], dtype=xp.real(g).dtype)

    def _drho(self, blocks):
        A = blocks[0]
        return A.__array_namespace__().zeros((self.dim, self.dim), dtype=A.real.dtype)

    def _act(self, blocks, x):
        g = block_diagonal(blocks)
        xp = x.__array_namespace__()
        sources = xp.argmax(self._likeness(g), axis=1)
        return xp.take(x, sources, axis=-1)

    def __str__(self):
        return self.label


def Permutation(
    group: Group,
    *,
    images: Any = None,
    points: Any = None,
    items: Sequence[Hashable] | None = None,
    action: Callable[[np.ndarray, Any], Hashable] | None = None,
    subgroup: Group | None = None,
    label: str | None = None,
) -> Rep:
    """The representation that permutes coordinates as the group permutes a list of things.

    Exactly one of the following says what is permuted:

    - `images`: for each discrete generator the places that 0 ... n-1 go to, ints of shape (M, n).
    - `points`: vectors, shape (n, group.dim), that the group's matrices permute: the pixels of an
      image with their coordinates, the vertices of a polyhedron. Its `act` is jit-safe.
    - `items` and `action`: any hashable things; `action(h, item)` is the thing that the generator
      with matrix h makes of one of them.
    - `subgroup`: the left cosets rH, on which g acts as rH -> grH.

    Args:
        group: the group. Its identity component has to act trivially.
        images: places, see above.
        points: vectors, see above.
        items: things, see above.
        action: of the generators on the things.
        subgroup: whose cosets are permuted.
        label: how the representation is written; it does not count for equality.

    Returns:
        A permutation representation of as many dimensions as there are things.

    Raises:
        TypeError: if `group` is not a group, or not exactly one of the choices was made.
        ValueError: if a generator does not permute the list, or the permutations define no
            homomorphism; and as `induce` for subgroups.

    Examples:
        The pixels of a 3 × 3 image under the symmetries of the square:

        >>> import numpy as np
        >>> from constrainet.groups import D
        >>> from constrainet.reps import Permutation
        >>> pixels = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=-1).reshape(9, 2)
        >>> image = Permutation(D(4), points=pixels)
        >>> image.dim, image.equivariant_basis().rank
        (9, 3)

        The pairs of four things:

        >>> from itertools import combinations
        >>> from constrainet.groups import S
        >>> pairs = [frozenset(p) for p in combinations(range(4), 2)]
        >>> move = lambda h, pair: frozenset(int(h[:, i].argmax()) for i in pair)
        >>> edges = Permutation(S(4), items=pairs, action=move)
        >>> edges.dim, (edges >> edges).equivariant_basis().rank
        (6, 3)
    """
    check_group("Permutation", group)
    choices = {"images": images, "points": points, "items": items, "subgroup": subgroup}
    given = [name for name, value in choices.items() if value is not None]
    if len(given) != 1 or (items is None) != (action is None):
        raise TypeError(
            "`Permutation` should get exactly one of `images=`, `points=`, `items=` with "
            f"`action=`, and `subgroup=`. Got {given + ['action'] * (action is not None)}."
        )
    if subgroup is not None:
        check_group("Permutation", subgroup)
        return induce(Scalar(subgroup), group)
    if points is not None:
        return _of_points(group, points, label)
    if items is not None:
        images = [_images_of_items(h, list(items), action) for h in group.discrete_generators]
    images = _checked_images("Permutation", group, images)
    return _monomial(group, images, np.ones(images.shape), label or f"P[{images.shape[1]}]")


def signed_permutation(group: Group, images: Any, signs: Any, *, label: str | None = None) -> Rep:
    """The representation that permutes coordinates and changes the signs of some.

    A robot's joints under a reflection: left and right change places, and angles about some axes
    change their sign. Generator i sends e_j to `signs[i][j]` e_k where `k = images[i][j]`.

    Args:
        group: the group. Its identity component acts trivially.
        images: for each discrete generator the places that 0 ... n-1 go to, ints of shape (M, n).
        signs: 1 or -1 for each coordinate before it moves, of the same shape.
        label: how the representation is written; it does not count for equality.

    Returns:
        A representation of dimension n.

    Raises:
        TypeError: if `group` is not a group.
        ValueError: if an argument has another shape, a row of `images` is no permutation, an entry
            of `signs` neither 1 nor -1, or the matrices define no homomorphism.

    Example:
        Hip, knee and ankle of a left and of a right leg; hips turn outwards:

        >>> from constrainet.groups import Z
        >>> from constrainet.reps import signed_permutation
        >>> joints = signed_permutation(Z(2), [[3, 4, 5, 0, 1, 2]], [[-1, 1, 1, -1, 1, 1]])
        >>> joints.act(Z(2).discrete_generators[0], np.array([0.1, 0.2, 0.3, 0.0, 0.0, 0.0]))
        array([ 0. ,  0. ,  0. , -0.1,  0.2,  0.3])
    """
    check_group("signed_permutation", group)
    images = _checked_images("signed_permutation", group, images)
    signs = np.asarray(signs)
    if signs.shape != images.shape or not np.isin(signs, (1, -1)).all():
        raise ValueError(
            "`signed_permutation(signs=...)` should hold 1 or -1 for each entry of `images`, so be "
            f"of shape {images.shape}. Got {signs.tolist()}, of shape {signs.shape}."
        )
    return _monomial(group, images, signs, label or f"P±[{images.shape[1]}]")


def _checked_images(call: str, group: Group, images) -> np.ndarray:
    images = np.asarray(images)
    count = len(group.discrete_matrices)
    if images.ndim != 2 or len(images) != count or images.dtype.kind not in "iu":
        raise ValueError(
            f"`{call}(images=...)` should be ints of shape ({count}, n), one permutation for "
            f"each discrete generator of {group}. Got {images.dtype} of shape {images.shape}."
        )
    n = images.shape[1]
    for i, row in enumerate(images):
        if not np.array_equal(np.sort(row), np.arange(n)):
            raise ValueError(
                f"`{call}(images=...)` should be permutations of 0 ... {n - 1}. "
                f"Row {i} is not: {row.tolist()}."
            )
    required = 8 * n**2 * (count + len(group.lie_algebra))
    if required > memory_limit():
        raise ProblemTooLargeError(f"Permutations of {n:,} things", required, memory_limit())
    return images


def _monomial(group: Group, images: np.ndarray, signs: np.ndarray, label: str) -> Rep:
    """The representation by permutations with signs."""
    n = images.shape[1]
    pairs = zip(images, signs, strict=True)
    rho = np.array([Monomial(*pair).to_dense() for pair in pairs]).reshape(-1, n, n)
    drho = np.zeros((len(group.lie_algebra), n, n))
    return from_generators(group, rho=rho, drho=drho, label=label)


def _images_of_items(h: np.ndarray, items: list, action) -> list[int]:
    places = {item: i for i, item in enumerate(items)}
    moved = [action(h, item) for item in items]
    if len(places) != len(items) or set(moved) != set(items):
        raise ValueError(
            "`Permutation(items=..., action=...)` should be distinct things that every generator "
            f"permutes. Got {len(items)}, of which {len(places)} are distinct, and a generator "
            f"makes {len(set(moved) & set(items))} of them, and {len(set(moved) - set(items))} "
            "others."
        )
    return [places[item] for item in moved]


def _of_points(group: Group, points, label: str | None) -> Rep:
    points = np.asarray(points)
    if points.ndim != 2 or points.shape[1] != group.dim or not len(points):
        raise ValueError(
            f"`Permutation(points=...)` should have shape (n, {group.dim}), vectors that the "
            f"matrices of {group} move. Got {points.shape}."
        )
    points = points.astype(np.result_type(points, float))[:, :, None]
    size = np.abs(points).max()
    distances = np.abs(points - points[:, None]).max(axis=(2, 3)) + size * np.eye(len(points))
    if distances.min() < 10 * CLOSE * size:
        i, j = np.unravel_index(distances.argmin(), distances.shape)
        raise ValueError(
            f"`Permutation(points=...)` should be distinct points. Points {i} and {j} agree."
        )
    for i, A in enumerate(group.lie_algebra):
        if np.abs(A @ points).max() > CLOSE * np.abs(A).max() * size:
            raise ValueError(
                f"`Permutation(points=...)` should be a list of points that {group} permutes, but "
                f"Lie generator {i} moves them continuously."
            )
    rep = PointPermutation(group, frozen(points), label or f"P[{len(points)}]")
    rep._all_images  # noqa: B018 (computed here, so that points that leave are found here)
    return rep


@needs_group("Regular(G)")
def Regular(group: Group) -> Rep:
    """The regular representation: functions on a finite group, ρ(g) e_h = e_gh.

    Every irreducible representation occurs in it, over the complex numbers as often as its
    dimension. Coordinates belong to the elements in the order of `group.elements()`, the identity
    first; of a product of groups to pairs of elements, in row-major order.

    Args:
        group: a finite group, of up to 60,000 elements.

    Returns:
        A permutation representation of dimension |G|.

    Raises:
        TypeError: if `group` is not a group.
        ValueError: if it is not finite, or too large.

    Example:
        >>> from constrainet.groups import S
        >>> from constrainet.reps import Regular, decompose
        >>> regular = Regular(S(3))
        >>> regular.dim, [(irrep.dim, n) for irrep, n in decompose(regular).irreps]
        (6, [(1, 1), (1, 1), (2, 2)])
    """
    check_group("Regular", group)
    factors = []
    for place, factor in enumerate(group.factors):
        if not is_known_finite(factor) or factor.order > MOST_ELEMENTS:
            raise ValueError(
                f"`Regular(group)` should get a finite group that is not too large, because it has "
                f"a coordinate for each element. {factor} is infinite or has too many elements: "
                f"more than {MOST_ELEMENTS:,}."
            )
        vectors = _telling_vectors(factor.dim)
        points = np.stack([g @ vectors for g in factor.elements(MOST_ELEMENTS)])
        own = PointPermutation(factor, frozen(points), f"R[{len(points)}]")
        factors.append(inflate(own, group, (place,)))
    return tensor_product(group, factors)


def _telling_vectors(dim: int) -> np.ndarray:
    """Columns by whose images distinct elements are told apart, (dim, k): all, or a few random."""
    if dim <= NUM_VECTORS:
        return np.eye(dim)
    return np.random.RandomState(0).normal(size=(dim, NUM_VECTORS))
