"""Elements of a product of groups, as matrices."""

from __future__ import annotations


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
