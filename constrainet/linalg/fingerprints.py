"""Short digests of numbers, which rounding does not change."""

from __future__ import annotations

import hashlib

import numpy as np

from constrainet.tolerances import FINGERPRINT

PROJECTIONS = 4


def fingerprint(numbers: np.ndarray) -> str:
    """Twelve hexadecimal digits that stand for an array, the same for arrays that rounding tells
    apart.

    The array's norm and its projections onto a few fixed pseudo-random vectors are rounded to
    `FINGERPRINT` of their size and hashed. Another array differs in all of them, so few are enough;
    and few are wanted, because no rounding is without edges: computations that differ by e, of
    their size, fall on either side of one with probability 10 e / `FINGERPRINT`. That is 1e-8 for a
    rounding of 1e-14, and 1e-4 for all that a certificate lets pass.

    Args:
        numbers: of any shape, real or complex, finite. Their norm counts as zero below
            `FINGERPRINT`.

    Returns:
        The digest.

    Example:
        >>> import numpy as np
        >>> fingerprint(np.ones(3)) == fingerprint(np.ones(3) + 1e-12)
        True
        >>> fingerprint(np.ones(3)) == fingerprint(-np.ones(3))
        False
    """
    flat = np.stack([np.real(numbers), np.imag(numbers)]).ravel()
    size = float(np.linalg.norm(flat))
    kept = [0.0]
    if size > FINGERPRINT:
        stream = np.random.RandomState(0)
        directions = (stream.standard_normal(len(flat)) for _ in range(PROJECTIONS))
        kept = [np.log(size), *(direction @ flat / size for direction in directions)]
    units = np.rint(np.array(kept) / FINGERPRINT).astype(int)
    content = f"{np.shape(numbers)} {units.tolist()}"
    return hashlib.sha256(content.encode()).hexdigest()[:12]
