"""Content digests: the identity of arrays and of what is built from them."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np

from constrainet.linalg.monomial import Monomial


class ByContent:
    """A value that equals others of its class with the same `key`: a digest of all that it is."""

    key: bytes | cached_property[bytes]

    def __eq__(self, other):
        return self.key == other.key if type(other) is type(self) else NotImplemented

    def __hash__(self):
        return hash(self.key)


def digest(*parts) -> bytes:
    """A 32-byte digest of arrays, monomial matrices, strings, numbers, bytes and tuples of these.

    Equal content gives equal digests in every process; -0.0 counts as 0.0. Arrays contribute
    their dtype, shape and bytes.
    """
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Monomial):
            part = ("monomial", part.images, part.phases)
        if isinstance(part, np.ndarray):
            # adding zero turns -0.0 into 0.0
            body = np.ascontiguousarray(part + np.zeros((), part.dtype)).tobytes()
            tag = f"array {part.dtype.str} {part.shape}"
        elif isinstance(part, tuple | list):
            body, tag = digest(*part), f"tuple {len(part)}"
        elif isinstance(part, bytes):
            body, tag = part, "bytes"
        elif isinstance(part, float):
            body, tag = repr(part + 0.0).encode(), "float"
        elif isinstance(part, str | int | bool | None):
            body, tag = repr(part).encode(), type(part).__name__
        else:
            raise TypeError(f"`digest` takes arrays and plain values. Got {type(part).__name__}.")
        sha.update(f"{tag} {len(body)}:".encode() + body)
    return sha.digest()
