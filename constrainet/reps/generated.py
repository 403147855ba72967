"""Representations given by the images of the generators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from itertools import combinations, product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups import (
    Group,
    Homomorphism,
    RelationError,
    check_group,
    check_precision,
)
from constrainet.linalg import Monomial, digest, is_singular, moved, to_dense, units_of
from constrainet.reps.action import by_factor
from constrainet.reps.atomic import AtomicRep
from constrainet.reps.rep import Rep
from constrainet.reps.subquotient import frozen
from constrainet.tolerances import EXACT

ONE_BY_ONE: dict[str, Any] = (
    {"vmap_method": "sequential"}
    if "vmap_method" in signature(jax.pure_callback).parameters
    else {}  # the default until JAX 0.4.34
)
"""How JAX calls back from a vectorised function."""

Images = tuple[tuple[np.ndarray, np.ndarray], ...]
"""For each factor of a group the images of its discrete generators, and of its Lie generators."""


@dataclass(frozen=True, eq=False, repr=False)
class GeneratedRep(AtomicRep):
    """The homomorphism with given images of the generators; made by `from_generators`.

    Attributes:
        images: for each factor of the group those of its discrete generators, (M, dim, dim), and
            of its Lie generators, (D, dim, dim).
        label: how it is written; it does not count for equality.
    """

    images: Images
    label: str

    @property
    def dim(self) -> int:
        return self.images[0][1].shape[1]

    @cached_property
    def is_complex(self) -> bool:
        return any(np.iscomplexobj(m) for discrete, lie in self.images for m in (*discrete, lie))

    @cached_property
    def key(self) -> bytes:
        return digest("generated", self.group.key, self.images)

    def matrices(self, place):
        return self.images[place]

    @cached_property
    def _homomorphisms(self) -> tuple[Homomorphism, ...]:
        return tuple(
            Homomorphism(factor, *images)
            for factor, images in zip(self.group.factors, self.images, strict=True)
        )

    def _rho(self, blocks):
        return on_host(self._rho_on_host, self.dim, self.is_complex, blocks)

    def _rho_on_host(self, *blocks) -> np.ndarray:
        product = np.eye(self.dim)
        for factor, part, g in zip(self.group.factors, self._homomorphisms, blocks, strict=True):
            image = part.image(np.asarray(g, np.result_type(g, float)))
            if image is None:
                raise ValueError(
                    f"`rho(g)` and `act(g, x)` should get an element of {factor}, which has to be "
                    f"found among the products of its generators. Got a matrix that was not:\\n{g}"
                )
            product = product @ image
        return product

    def _drho(self, blocks):
        pairs = zip(self._homomorphisms, blocks, strict=True)
        return sum(part.tangent_image(A) for part, A in pairs)

    def __str__(self):
        return self.label


def from_generators(group: Group, *, drho: Any = None, rho: Any = None, label: str = "ρ") -> Rep:
    """The representation with given images of the generators.

    `rho(g)` writes g in the generators and multiplies the images: through exponentials and their
    logarithms in connected Lie groups, coset by coset in others, through a chain of stabilisers in
    groups of permutations, and by a list of the elements of other finite groups. That is done by
    NumPy; `act` may be compiled and vectorised by JAX, which calls back for the matrix, and is
    differentiable in x but not in g.

    Args:
        group: the group.
        drho: images of `group.lie_algebra`, in its order, shape (D, n, n).
        rho: images of `group.discrete_generators`, in their order, shape (M, n, n). Either may be
            missing if the group has no generators of the kind.
        label: how the representation is written; it does not count for equality.

    Returns:
        A representation of dimension n.

    Raises:
        TypeError: if `group` is not a group.
        ValueError: if there are not as many images as generators, or they are not square, finite
            and of one size, or an image of a discrete generator is singular; or if the images
            define no homomorphism. Brackets, linear relations and conjugates of Lie generators are
            checked completely, relations between elements on short words and random elements.

    Example:
        The rotations of the plane, at double speed:

        >>> import numpy as np
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import from_generators
        >>> rep = from_generators(SO(2), drho=2 * SO(2).lie_algebra)
        >>> turn = np.array([[0.0, -1.0], [1.0, 0.0]])
        >>> print(rep.rho(turn).round(6) + 0)
        [[-1.  0.]
         [ 0. -1.]]

        Not every representation of the Lie algebra is one of the group:

        >>> from_generators(SO(2), drho=SO(2).lie_algebra / 2)
        Traceback (most recent call last):
        ValueError: `from_generators(SO(2), ...)` should get the images under a homomorphism.
        exp(6.283 A0) = 1 in the group, but the two sides' images differ by 2.0e+00.
    """
    check_group("from_generators", group)
    discrete = _checked("rho", "discrete generator", rho, len(group.discrete_matrices), group)
    lie = _checked("drho", "Lie generator", drho, len(group.lie_algebra), group)
    sizes = {images.shape[1] for images in (discrete, lie) if images is not None}
    if len(sizes) != 1:
        raise ValueError(
            "`from_generators(drho=..., rho=...)` should be matrices of one size. Got "
            f"{' and '.join(map(str, sorted(sizes))) or 'neither'}."
        )
    n = sizes.pop()
    if not n:
        raise ValueError("`from_generators(drho=..., rho=...)` should be of size 1 × 1 or larger.")
    discrete = np.zeros((0, n, n)) if discrete is None else discrete
    lie = np.zeros((0, n, n)) if lie is None else lie
    units = units_of(discrete, lie)
    for i, image in enumerate(moved(discrete, units)):
        if is_singular(image):
            raise ValueError(
                f"`from_generators(rho=...)` should be invertible matrices. Image {i} is singular."
            )
    dtype = np.result_type(float, discrete, lie)
    parts = by_factor(group, discrete.astype(dtype), lie.astype(dtype))
    images = tuple((frozen(own), frozen(own_lie)) for own, own_lie in parts)
    rep = GeneratedRep(group, images, label)
    try:
        _check_commuting(images, units)
        rep._homomorphisms  # noqa: B018 (computed here, so that relations are checked here)
    except RelationError as error:
        raise ValueError(
            f"`from_generators({group}, ...)` should get the images under a homomorphism. {error}."
        ) from None
    return rep


def _checked(argument: str, kind: str, images, count: int, group: Group) -> np.ndarray | None:
    if images is None:
        if count:
            raise ValueError(
                f"`from_generators({argument}=...)` should hold the image of each {kind} of "
                f"{group}, of which there are {count}. Got none."
            )
        return None
    if isinstance(images, list | tuple):
        images = [to_dense(m) if isinstance(m, Monomial) else np.asarray(m) for m in images]
    stacked = np.asarray(images)
    if stacked.ndim != 3 or len(stacked) != count or stacked.shape[1] != stacked.shape[2]:
        raise ValueError(
            f"`from_generators({argument}=...)` should have shape ({count}, n, n), with the image "
            f"of each {kind} of {group}. Got {stacked.shape}."
        )
    if stacked.dtype.kind not in "biufc" or not np.isfinite(stacked).all():
        raise ValueError(f"`from_generators({argument}=...)` should be finite numbers.")
    check_precision(f"`from_generators({argument}=...)`", stacked.dtype, stacked)
    return stacked


def _check_commuting(images: Sequence, units: np.ndarray) -> None:
    """Generators of different factors of a group commute, and so do their images."""
    named = [
        [(f"h{i}", moved(h, units)) for i, h in enumerate(discrete)]
        + [(f"A{i}", moved(A, units)) for i, A in enumerate(lie)]
        for discrete, lie in images
    ]
    for (i, left), (j, right) in combinations(enumerate(named), 2):
        for (a, A), (b, B) in product(left, right):
            difference = np.abs(A @ B - B @ A).max(initial=0)
            if difference > EXACT * np.linalg.norm(A) * np.linalg.norm(B):
                raise RelationError(
                    f"{a} of factor {i} and {b} of factor {j} commute in the group, but their "
                    f"images do not, by {difference:.1e}"
                )


def on_host(function: Callable, dim: int, is_complex: bool, blocks) -> Any:
    """A matrix-valued function of an element, computed by NumPy in float64.

    JAX calls back for it, also from compiled and vectorised functions; it has no derivative in the
    element.
    """
    if not any(isinstance(block, jax.Array) for block in blocks):
        return function(*blocks)
    dtype = jnp.result_type(jnp.float32, *(jnp.real(block) for block in blocks))
    dtype = jnp.promote_types(dtype, jnp.complex64) if is_complex else dtype

    def call(*elements):
        return np.asarray(function(*map(np.asarray, elements)), dtype)

    shape = jax.ShapeDtypeStruct((dim, dim), dtype)
    return jax.pure_callback(call, shape, *blocks, **ONE_BY_ONE)
