"""The groups that the axiom suites of all floors run over.

Every name of the catalogue is here with small parameters, beside products and groups typed in by
hand, among them those that break what is usually taken for granted: no generators, dimension 1,
not completely reducible, not orthogonal although compact, generators of extreme scales.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import block_diag

from constrainet.groups import (
    GL,
    P4,
    P4M,
    SE,
    SL,
    SO,
    SU,
    A,
    C,
    Cube,
    D,
    Group,
    Hyperoctahedral,
    Icosahedral,
    Lorentz,
    O,
    RubiksCube,
    S,
    Scaling,
    SOplus,
    Sp,
    Trivial,
    U,
    Z,
    conjugate,
    diagonal,
    embed,
    semidirect,
    wreath,
)
from constrainet.reps import Rep, Scalar, V, decompose

ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])
SHEAR = np.array([[1.0, 1.0], [0.0, 1.0]])

# a well-conditioned basis that is not orthogonal
BASIS = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -0.3], [0.2, 0.0, 1.5]])


def quaternion_group() -> Group:
    """The units ±1, ±i, ±j, ±k acting on the quaternions R⁴ by left multiplication."""
    i = np.kron(np.eye(2), ROTATION)
    j = np.kron(ROTATION, np.diag([1.0, -1.0]))
    return Group(discrete_generators=[i, j], name="Q8")


def jordan_block() -> Group:
    """The integer powers of a shear: not completely reducible."""
    return Group(discrete_generators=[SHEAR], name="Jordan block")


def unipotent_algebra() -> Group:
    """Upper triangular 3 × 3 matrices with unit diagonal (the Heisenberg group)."""
    x, y, z = np.zeros((3, 3, 3))
    x[0, 1] = y[1, 2] = z[0, 2] = 1
    return Group(lie_algebra=[x, y, z], name="Heisenberg")


def conjugated_rotations() -> Group:
    """SO(3) in a basis that is not orthonormal: compact, but not orthogonal."""
    return Group(
        lie_algebra=BASIS @ SO(3).lie_algebra @ np.linalg.inv(BASIS), name="conjugated SO(3)"
    )


def conjugated_icosahedral() -> Group:
    """The icosahedral group in a basis that is not orthonormal."""
    generators = BASIS @ Icosahedral().discrete_generators @ np.linalg.inv(BASIS)
    return Group(discrete_generators=generators, name="conjugated Icosahedral")


def scaled_rotations() -> Group:
    """SO(3) with generators of sizes 1e-6, 1 and 1e6."""
    scales = np.array([1e-6, 1.0, 1e6])[:, None, None]
    return Group(lie_algebra=scales * SO(3).lie_algebra, name="scaled SO(3)")


def phases() -> Group:
    """Complex monomial matrices: a cyclic shift, and the phases 1, i, -1."""
    shift = np.roll(np.eye(3), 1, axis=0)
    return Group(discrete_generators=[shift, np.diag([1, 1j, -1])], name="phases")


def weyl_group() -> Group:
    """The 51,840 symmetries of the root system E6, on R⁸: more than are ever listed."""
    roots = np.zeros((6, 8))
    roots[0] = 0.5 * np.array([1, -1, -1, -1, -1, -1, -1, 1])
    roots[1, :2] = 1, 1
    for k in range(2, 6):
        roots[k, k - 2 : k] = -1, 1
    return Group(discrete_generators=[np.eye(8) - np.outer(r, r) for r in roots], name="W(E6)")


def euclidean_group() -> Group:
    """E(2), all isometries of the plane, made of translations and O(2)."""
    translations = Group(lie_algebra=SE(2).lie_algebra[1:], name="T(2)")
    return semidirect(translations, O(2), lambda h: block_diag(h, 1))


def skew_square() -> Group:
    """D(4) in the plane's basis (1, 0), (1, 1)."""
    return conjugate(D(4), SHEAR)


GROUPS: dict[str, Callable[[], Group]] = {
    "Trivial(1)": lambda: Trivial(1),
    "Trivial(3)": lambda: Trivial(3),
    "SO(1)": lambda: SO(1),
    "SO(2)": lambda: SO(2),
    "SO(3)": lambda: SO(3),
    "SO(4)": lambda: SO(4),
    "SO(1,2)": lambda: SO(1, 2),
    "O(1)": lambda: O(1),
    "O(2)": lambda: O(2),
    "O(3)": lambda: O(3),
    "O(2,1)": lambda: O(2, 1),
    "SOplus(1,1)": lambda: SOplus(1, 1),
    "SOplus(1,3)": lambda: SOplus(1, 3),
    "Lorentz": lambda: Lorentz(),
    "SU(1)": lambda: SU(1),
    "SU(2)": lambda: SU(2),
    "SU(3)": lambda: SU(3),
    "U(1)": lambda: U(1),
    "U(2)": lambda: U(2),
    "SL(1)": lambda: SL(1),
    "SL(2)": lambda: SL(2),
    "SL(3)": lambda: SL(3),
    "GL(1)": lambda: GL(1),
    "GL(2)": lambda: GL(2),
    "Sp(1)": lambda: Sp(1),
    "Sp(2)": lambda: Sp(2),
    "SE(1)": lambda: SE(1),
    "SE(2)": lambda: SE(2),
    "SE(3)": lambda: SE(3),
    "Scaling(2)": lambda: Scaling(2),
    "Z(1)": lambda: Z(1),
    "Z(2)": lambda: Z(2),
    "Z(5)": lambda: Z(5),
    "S(1)": lambda: S(1),
    "S(2)": lambda: S(2),
    "S(4)": lambda: S(4),
    "A(1)": lambda: A(1),
    "A(2)": lambda: A(2),
    "A(3)": lambda: A(3),
    "A(4)": lambda: A(4),
    "A(5)": lambda: A(5),
    "C(1)": lambda: C(1),
    "C(3)": lambda: C(3),
    "C(4)": lambda: C(4),
    "D(1)": lambda: D(1),
    "D(3)": lambda: D(3),
    "D(4)": lambda: D(4),
    "Hyperoctahedral(1)": lambda: Hyperoctahedral(1),
    "Hyperoctahedral(3)": lambda: Hyperoctahedral(3),
    "Cube": lambda: Cube(),
    "Icosahedral": lambda: Icosahedral(),
    "RubiksCube": lambda: RubiksCube(),
    "P4(3)": lambda: P4(3),
    "P4M(3)": lambda: P4M(3),
    "Z(3)*S(4)": lambda: Z(3) * S(4),
    "SO(3)*S(3)": lambda: SO(3) * S(3),
    "D(3)*Z(2)*C(3)": lambda: D(3) * Z(2) * C(3),
    "SU(2)*O(2)": lambda: SU(2) * O(2),
    "quaternion": quaternion_group,
    "jordan": jordan_block,
    "heisenberg": unipotent_algebra,
    "conjugated-SO(3)": conjugated_rotations,
    "conjugated-icosahedral": conjugated_icosahedral,
    "scaled-SO(3)": scaled_rotations,
    "phases": phases,
    "weyl-E6": weyl_group,
    "semidirect-E(2)": euclidean_group,
    "wreath(SO(2),2)": lambda: wreath(SO(2), 2),
    "embed(C(3),3)": lambda: embed(C(3), 3, [2, 0]),
    "conjugate(D(4))": skew_square,
    "diagonal(S(3),2)": lambda: diagonal(S(3), 2),
}

# exact numbers of elements, from the literature
ORDERS: dict[str, int] = {
    "Trivial(1)": 1,
    "Trivial(3)": 1,
    "SO(1)": 1,
    "SU(1)": 1,
    "SL(1)": 1,
    "O(1)": 2,
    "Z(1)": 1,
    "Z(2)": 2,
    "Z(5)": 5,
    "S(1)": 1,
    "S(2)": 2,
    "S(4)": 24,
    "A(1)": 1,
    "A(2)": 1,
    "A(3)": 3,
    "A(4)": 12,
    "A(5)": 60,
    "C(1)": 1,
    "C(3)": 3,
    "C(4)": 4,
    "D(1)": 2,
    "D(3)": 6,
    "D(4)": 8,
    "Hyperoctahedral(1)": 2,
    "Hyperoctahedral(3)": 48,
    "Cube": 24,
    "Icosahedral": 60,
    "RubiksCube": 43_252_003_274_489_856_000,
    "P4(3)": 36,
    "P4M(3)": 72,
    "Z(3)*S(4)": 72,
    "D(3)*Z(2)*C(3)": 36,
    "quaternion": 8,
    "conjugated-icosahedral": 60,
    # 3 shifts and all 4³ diagonal matrices of powers of i
    "phases": 192,
    "weyl-E6": 51_840,
    "embed(C(3),3)": 3,
    "conjugate(D(4))": 8,
    "diagonal(S(3),2)": 6,
}


def small_rep(name: str) -> Rep:
    """A scalar, vectors and their duals; of Rubik's cube, the positions of its corners."""
    v = V(GROUPS[name]())
    if name == "RubiksCube":  # products of all that its 48 stickers hold take long
        return Scalar(v.group) + next(r for r, _ in decompose(v).irreps if r.dim == 7)
    return Scalar(v.group) + v + v.T
