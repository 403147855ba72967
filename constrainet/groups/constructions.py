"""Groups made of other groups: on more coordinates, in another basis, on several copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups.arguments import check_size
from constrainet.groups.classical import is_large
from constrainet.groups.finite import S
from constrainet.groups.group import Group, check_group
from constrainet.groups.haar import Independent, Moved, Sampler
from constrainet.linalg import Matrix, Monomial, is_singular, to_dense


def embed(
    group: Group, dim: int, indices: Sequence[int] | slice, *, name: str | None = None
) -> Group:
    """A group acting on some of the coordinates of a larger space, and leaving the others alone.

    Coordinate i of the group's own space becomes coordinate `indices[i]`; the order counts.

    Args:
        group: the group G.
        dim: of the larger space.
        indices: `G.dim` different coordinates of it, in a sequence or as a slice.
        name: for `repr` and messages.

    Returns:
        The group, on R^dim (or C^dim), isomorphic to G.

    Raises:
        TypeError: if `group` is no group, or the numbers are no integers.
        ValueError: if the indices are not that many, not different, or out of range.

    Examples:
        Rotations about the z axis, which are those of the x and y coordinates:

        >>> from constrainet.groups import SO, embed
        >>> embed(SO(2), 3, [0, 1]).lie_algebra
        array([[[ 0., 1., 0.],
                [-1., 0., 0.],
                [ 0., 0., 0.]]])
    """
    group = check_group("embed", group)
    dim = check_size("embed", "dim", dim)
    indices = range(dim)[indices] if isinstance(indices, slice) else indices
    places = [check_size("embed", "indices", i, minimum=0) for i in indices]
    if len(places) != group.dim or len(set(places)) < len(places) or max(places) >= dim:
        raise ValueError(
            f"`embed(indices=...)` should be {group.dim} different coordinates, one for each of "
            f"{group.name}, from 0 to {dim - 1}. Got {places}."
        )
    columns = np.zeros((dim, group.dim))
    columns[places, np.arange(group.dim)] = 1
    rest = np.eye(dim) - columns @ columns.T

    def move(matrix: Matrix) -> Matrix:
        if not isinstance(matrix, Monomial):
            return columns @ matrix @ columns.T + rest
        images, phases = np.arange(dim), np.ones(dim, matrix.dtype)
        images[places] = np.array(places)[matrix.images]
        phases[places] = matrix.phases
        return Monomial(images, phases)

    sampler = _known_sampler(group)
    return _image(
        group,
        dim,
        name=name or f"embed({group.name}, {dim})",
        algebra=columns @ group.lie_algebra @ columns.T,
        move=move,
        sampler=sampler and Moved(sampler, columns, columns.T, rest),
    )


def conjugate(group: Group, matrix: Any, *, name: str | None = None) -> Group:
    """A group in another basis: the elements M g M⁻¹.

    If x are a vector's old coordinates, M x are its new ones.

    Args:
        group: the group G.
        matrix: M, invertible, shape (G.dim, G.dim), or a `linalg.Monomial`.
        name: for `repr` and messages.

    Returns:
        The group, isomorphic to G.

    Raises:
        TypeError: if `group` is no group, or the matrix holds no numbers.
        ValueError: if the matrix has another shape, or is singular.

    Examples:
        Reflections of the plane in another line:

        >>> from constrainet.groups import D, conjugate
        >>> conjugate(D(1), [[0, 1], [1, 0]]).discrete_generators
        array([[[-1., 0.],
                [ 0., 1.]]])
    """
    group = check_group("conjugate", group)
    monomial = matrix if isinstance(matrix, Monomial) else None
    dense = np.asarray(to_dense(matrix) if monomial is not None else matrix)
    if dense.dtype.kind not in "biufc":
        raise TypeError(f"`conjugate(matrix=...)` should hold numbers. Got dtype {dense.dtype}.")
    if dense.shape != (group.dim, group.dim):
        raise ValueError(
            f"`conjugate(matrix=...)` should have shape {(group.dim, group.dim)}, because "
            f"{group.name} acts on that many coordinates. Got {dense.shape}."
        )
    dense = dense.astype(complex if np.iscomplexobj(dense) else float)
    if not np.isfinite(dense).all() or is_singular(dense):
        raise ValueError(
            "`conjugate(matrix=...)` should be invertible, because it changes the basis. Got a "
            "matrix that is singular or not finite."
        )
    monomial = Monomial.from_dense(dense) if monomial is None else monomial
    rows = np.linalg.norm(dense, axis=1)
    inverse = (
        np.linalg.inv(dense / rows[:, None]) / rows if monomial is None else monomial.H.to_dense()
    )

    def move(g: Matrix) -> Matrix:
        if monomial is not None and isinstance(g, Monomial):
            return monomial @ g @ monomial.H
        return dense @ to_dense(g) @ inverse

    sampler = _known_sampler(group)
    return _image(
        group,
        group.dim,
        name=name or f"conjugated {group.name}",
        algebra=dense @ group.lie_algebra @ inverse,
        move=move,
        sampler=sampler and Moved(sampler, dense, inverse, np.zeros_like(dense)),
    )


def diagonal(group: Group, copies: int, *, name: str | None = None) -> Group:
    """A group acting on several copies of its space at once, by the same element on each.

    The elements are 1 ⊗ g, block-diagonal with equal blocks. (In `G * G` the blocks are
    independent.)

    Args:
        group: the group G.
        copies: how many copies, at least 1.
        name: for `repr` and messages.

    Returns:
        The group, on `copies * G.dim` coordinates, isomorphic to G.

    Raises:
        TypeError: if `group` is no group, or `copies` no integer.
        ValueError: if `copies` is smaller than 1.

    Examples:
        >>> from constrainet.groups import S, diagonal
        >>> G = diagonal(S(3), 4)
        >>> G.dim, G.order
        (12, 6)
    """
    group = check_group("diagonal", group)
    copies = check_size("diagonal", "copies", copies)
    identity = Monomial(np.arange(copies))

    def move(g: Matrix) -> Matrix:
        return identity.kron(g) if isinstance(g, Monomial) else np.kron(np.eye(copies), g)

    sampler = _known_sampler(group)
    return _image(
        group,
        copies * group.dim,
        name=name or f"diagonal({group.name}, {copies})",
        algebra=np.kron(np.eye(copies), group.lie_algebra),
        move=move,
        sampler=sampler and _Repeated(sampler, copies),
    )


def wreath(group: Group, n: int, *, name: str | None = None) -> Group:
    """The wreath product of a group with S(n): on n copies of its space, moved and exchanged.

    Independent elements of G act on the n copies, and S(n) permutes the copies; there are
    |G|ⁿ n! elements. Copy k has the coordinates k d ... k d + d - 1, with d = `G.dim`. Generated
    by S(n), by the discrete generators of G on the first copy, and by its Lie algebra on each, or
    on the first alone if there are many.

    Args:
        group: the group G.
        n: how many copies, at least 1.
        name: for `repr` and messages.

    Returns:
        The group, on `n * G.dim` coordinates.

    Raises:
        TypeError: if `group` is no group, or n no integer.
        ValueError: if n is smaller than 1.

    Examples:
        The symmetries of a set of molecules that turn independently, and of a cube:

        >>> from constrainet.groups import Hyperoctahedral, O, SO, wreath
        >>> wreath(SO(3), 10).lie_algebra.shape
        (30, 30, 30)
        >>> wreath(O(1), 3) == Hyperoctahedral(3)
        True
    """
    group = check_group("wreath", group)
    n = check_size("wreath", "n", n)
    d = group.dim
    inner = Monomial(np.arange(d))
    exchanges = [
        permutation.kron(inner)
        for permutation in S(n).discrete_matrices
        if isinstance(permutation, Monomial)
    ]
    first = embed(group, n * d, range(d))
    # the exchanges move the Lie algebra of the first copy to the others
    count = 1 if is_large(n * d, n * len(group.lie_algebra)) else n
    algebra = [embed(group, n * d, range(k * d, k * d + d)).lie_algebra for k in range(count)]
    sampler = _known_sampler(group)
    return Group(
        lie_algebra=np.concatenate(algebra),
        discrete_generators=[*exchanges, *first.discrete_matrices] or None,
        name=name or f"{group.name} ≀ S({n})",
        sampler=sampler and _Exchanged(sampler, n),
    )


def _image(
    group: Group,
    dim: int,
    *,
    name: str,
    algebra: np.ndarray,
    move: Callable[[Matrix], Matrix],
    sampler: Sampler | None,
) -> Group:
    """The group of the images of the generators."""
    algebra = algebra.reshape(-1, dim, dim)
    generators = [move(matrix) for matrix in group.discrete_matrices]
    return Group(
        lie_algebra=algebra, discrete_generators=generators or None, name=name, sampler=sampler
    )


def _known_sampler(group: Group) -> Sampler | None:
    """What samples a group of the catalogue or a product of such; None for other groups.

    Others are examined when they are sampled, and so is what is made of them.
    """
    samplers = [factor._sampler for factor in group.factors]
    known = [sampler for sampler in samplers if sampler is not None]
    if len(known) < len(samplers):
        return None
    return known[0] if len(known) == 1 else Independent(tuple(known))


@dataclass(frozen=True)
class _Repeated:
    """1 ⊗ g."""

    sampler: Sampler
    copies: int

    def __call__(self, key: jax.Array) -> jax.Array:
        return jnp.kron(jnp.eye(self.copies), self.sampler(key))


@dataclass(frozen=True)
class _Exchanged:
    """Independent elements on blocks that are permuted uniformly."""

    sampler: Sampler
    copies: int

    def __call__(self, key: jax.Array) -> jax.Array:
        key_blocks, key_images = jax.random.split(key)
        blocks = Independent((self.sampler,) * self.copies)(key_blocks)
        images = jax.random.permutation(key_images, self.copies)
        exchange = jnp.eye(self.copies)[images]
        d = len(blocks) // self.copies
        return jnp.kron(exchange, jnp.eye(d)) @ blocks
