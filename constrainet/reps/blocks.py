"""Elements of a product of groups, as matrices."""

from __future__ import annotations

import numpy as np

from constrainet.groups import Group


def block_diagonal(blocks):
    """One matrix from the blocks of an element, NumPy or JAX; the inverse of `Group.split`."""
    if len(blocks) == 1:
        return blocks[0]
    xp = blocks[0].__array_namespace__()
    sizes = [block.shape[0] for block in blocks]
    rows, start = [], 0
    for block, size in zip(blocks, sizes, strict=True):
        before = xp.zeros((size, start), dtype=block.dtype)
        start += size
        after = xp.zeros((size, sum(sizes) - start), dtype=block.dtype)
        rows.append(xp.concat([before, block, after], axis=1))
    return xp.concat(rows, axis=0)


def embedded(group: Group, place: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The discrete and Lie generators of one factor, as matrices of the size of the product."""
    before = sum(factor.dim for factor in group.factors[:place])
    factor = group.factors[place]
    own = slice(before, before + factor.dim)
    discrete, lie = [], []
    for h in factor.discrete_generators:
        matrix = np.eye(group.dim, dtype=group.dtype)
        matrix[own, own] = h
        discrete.append(matrix)
    for A in factor.lie_algebra:
        matrix = np.zeros((group.dim, group.dim), group.dtype)
        matrix[own, own] = A
        lie.append(matrix)
    return discrete, lie
