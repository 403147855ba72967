"""From the images of a group's generators to the image of any of its elements.

An element has to be written in the generators first. Elements of the identity component are
exponentials, once a known element is divided off where the logarithm fails; the other components
are reached by words in the discrete generators. Permutations, with signs or without, are factored
through a chain of stabilisers, so that groups of any order are within reach; other finite groups
are listed. Whenever an element comes out twice, its images are compared: that is how images that
are no homomorphism are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from constrainet.groups import Group, units_of
from constrainet.linalg import moved, to_dense
from constrainet.reps.action import block_diagonal
from constrainet.reps.chain import Chain, as_permutation
from constrainet.reps.components import Components
from constrainet.reps.listed import FEW_LISTED, Listed
from constrainet.reps.relations import MAX_ENTRIES, Extension, InUnits
from constrainet.tolerances import EXACT, SAMPLED


def extend(group: Group, discrete: Sequence[np.ndarray], lie: np.ndarray) -> Extension:
    """The extension of generators' images to all elements of a group that is no product.

    Args:
        group: the group.
        discrete: images of its discrete generators, each (n, n).
        lie: images of its Lie generators, shape (D, n, n).

    Raises:
        RelationError: if relations among the generators do not hold among the images.
    """
    image_units = units_of(discrete, lie)
    if np.all(group.units == 1) and np.all(image_units == 1):
        return _extend(group, discrete, lie)
    images = [moved(image, image_units) for image in discrete]
    even = _extend(group.in_even_units, images, moved(lie, image_units))
    return InUnits(even, group.units, image_units)


def _extend(group: Group, discrete: Sequence[np.ndarray], lie: np.ndarray) -> Extension:
    matrices, n = group.discrete_matrices, lie.shape[1]
    generators = [to_dense(h) for h in matrices]
    if not group.is_discrete or lie.any():
        return Components(generators, discrete, group.lie_algebra, lie)
    found = [as_permutation(h, group.dim) for h in generators]
    permutations = [p for p in found if p is not None]
    # at most dim levels, with at most 2 dim permutations of 2 dim points, and inverses
    is_small = 4 * group.dim**2 * (2 * group.dim + n**2) <= MAX_ENTRIES
    if matrices and is_small and group.is_monomial and len(permutations) == len(found):
        # short words first, for the sake of short relations in messages
        Listed(group.dim, generators, discrete, n, True, FEW_LISTED)
        return Chain(group.dim, permutations, discrete)
    return Listed(group.dim, generators, discrete, n, is_finite(group))


@lru_cache(maxsize=256)
def _search(group: Group) -> Extension:
    """An extension that only recognises elements."""
    return extend(
        group,
        [np.eye(1) for _ in group.discrete_matrices],
        np.zeros((len(group.lie_algebra), 1, 1)),
    )


def resembles(group: Group, g: np.ndarray) -> bool:
    """Whether a matrix of the group's size, drawn in float32 perhaps, is close to an element.

    Only where it is known that it is close to one of several cosets; see `Group.contains`.
    """
    blocks = group.split(g)
    outside = moved(g - block_diagonal(blocks), group.units)
    pairs = zip(group.factors, blocks, strict=True)
    return bool(np.abs(outside).max() < SAMPLED) and all(
        _search(factor).image(block) is not None for factor, block in pairs
    )


def contains_tangent(group: Group, A: np.ndarray) -> bool:
    """Whether a matrix of the group's size lies in its Lie algebra."""
    size = np.linalg.norm(moved(A, group.units))
    if size == 0:
        return True
    blocks = group.split(A / size)
    outside = moved(A / size - block_diagonal(blocks), group.units)
    pairs = zip(group.factors, blocks, strict=True)
    return bool(np.abs(outside).max() < EXACT) and all(
        factor.algebra.distance(block) < EXACT for factor, block in pairs
    )


@lru_cache(maxsize=256)  # what cannot be decided takes the longest
def is_finite(group: Group) -> bool:
    """Whether a group is known to be finite; False also where that cannot be decided."""
    try:
        return group.is_finite
    except ValueError:
        return False
