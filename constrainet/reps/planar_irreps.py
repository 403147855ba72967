"""Irreducible representations of the rotations and reflections of the plane.

All come from those in which the rotation by θ acts as that by kθ, and the reflection of the second
axis as itself. With e₁ - i e₂ an eigenvector of the rotations, the one for k is spanned by the real
part and minus the imaginary part of its k-th tensor power.
"""

from __future__ import annotations

import numpy as np

from constrainet.groups import Group
from constrainet.reps.constructions import Scalar, V
from constrainet.reps.determinant import Det
from constrainet.reps.irrep import Irrep, Type, irrep


def trivial(group: Group, label: str) -> Irrep:
    """The trivial representation."""
    return irrep(Scalar(group), np.eye(1), "real", label)


def determinant(group: Group, label: str) -> Irrep:
    """The determinant."""
    return irrep(Det(group), np.eye(1), "real", label)


def turning(group: Group, k: int, type: Type, label: str) -> Irrep:
    """Rotation by kθ for the rotation by θ, k >= 1; of dimension 2."""
    return irrep(*_pair(group, k), type, label)


def half_turning(group: Group, k: int, axis: int, label: str) -> Irrep:
    """One axis of `turning` where every kθ is a multiple of a half turn; of dimension 1."""
    parent, basis = _pair(group, k)
    return irrep(parent, basis[:, [axis]], "real", label)


def _pair(group: Group, k: int):
    if k == 1:
        return V(group), np.eye(2)
    # (u - iv) ⊗ (e₁ - ie₂), with coordinates (u e₁, u e₂, v e₁, v e₂)
    basis = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [-1.0, 0.0]]) / np.sqrt(2)
    return irrep(*_pair(group, k - 1), "real", f"[{k - 1}]") * V(group), basis
