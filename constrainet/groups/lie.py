"""The catalogue's other groups with a Lie algebra, each in its standard matrices.

E_ij stands for the matrix with a single 1, in row i and column j. Generators are listed in
lexicographic order of the index pairs. Where a basis of a Lie algebra would have more than 2²²
entries, as those of SU(46) and GL(46) have, two elements that generate it (their Hermitian and
anti-Hermitian parts, if it has both) take its place.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from constrainet.groups.arguments import check_size
from constrainet.groups.classical import (
    general_linear,
    special_linear,
    special_unitary,
    symplectic,
    unitary,
)
from constrainet.groups.group import Group
from constrainet.groups.haar import (
    Euclidean,
    HaarCompactSymplectic,
    HaarOrthogonal,
    HaarUnitary,
    Identity,
    Polar,
    Special,
)
from constrainet.groups.orthogonal import reflection


def Trivial(n: int) -> Group:
    """The group of the identity matrix alone, on Rⁿ; it has no generators.

    Args:
        n: dimension of the space, at least 1.

    Returns:
        The group; its Lie algebra has dimension 0.

    Raises:
        TypeError: if n is not an integer.
        ValueError: if n < 1.

    Examples:
        >>> from constrainet.groups import Trivial
        >>> Trivial(4).lie_algebra.shape, Trivial(4).discrete_generators.shape
        ((0, 4, 4), (0, 4, 4))
    """
    n = check_size("Trivial", "n", n)
    return Group(lie_algebra=np.zeros((0, n, n)), name=f"Trivial({n})", sampler=Identity(n))


def SU(n: int) -> Group:
    """The special unitary group: complex g with gᴴ g = 1 and det g = 1.

    The Lie algebra, over the real numbers, has dimension n² - 1 and the anti-Hermitian basis
    E_ij - E_ji and i(E_ij + E_ji) for i < j, and i(E_kk - E_{k+1,k+1}).

    Args:
        n: dimension of the space, at least 1.

    Returns:
        The group, on Cⁿ.

    Raises:
        TypeError: if n is not an integer.
        ValueError: if n < 1.

    Examples:
        >>> from constrainet.groups import SU
        >>> SU(3).lie_algebra.shape, SU(3).is_unitary
        ((8, 3, 3), True)
    """
    n = check_size("SU", "n", n)
    algebra = special_unitary(n).generators()
    return Group(lie_algebra=algebra, name=f"SU({n})", sampler=Special(HaarUnitary(n)))


def U(n: int) -> Group:
    """The unitary group: complex g with gᴴ g = 1. It is connected.

    The Lie algebra, over the real numbers, has dimension n² and the anti-Hermitian basis
    E_ij - E_ji and i(E_ij + E_ji) for i < j, and i E_kk.

    Args:
        n: dimension of the space, at least 1.

    Returns:
        The group, on Cⁿ.

    Raises:
        TypeError: if n is not an integer.
        ValueError: if n < 1.

    Examples:
        >>> from constrainet.groups import U
        >>> U(1).lie_algebra
        array([[[0.+1.j]]])
    """
    n = check_size("U", "n", n)
    algebra = unitary(n).generators()
    return Group(lie_algebra=algebra, name=f"U({n})", sampler=HaarUnitary(n))


def SL(n: int) -> Group:
    """The special linear group: real g with det g = 1, which keep volume and orientation.

    The Lie algebra has dimension n² - 1 and the basis E_ij for i ≠ j, and E_kk - E_{k+1,k+1}.

    Args:
        n: dimension of the space, at least 1.

    Returns:
        The group, on Rⁿ.

    Raises:
        TypeError: if n is not an integer.
        ValueError: if n < 1.

    Examples:
        >>> from constrainet.groups import SL
        >>> SL(2).lie_algebra.shape, SL(2).is_adjoint_closed
        ((3, 2, 2), True)
    """
    n = check_size("SL", "n", n)
    algebra = special_linear(n)
    generators = algebra.generators()
    sampler = Polar(Special(HaarOrthogonal(n)), generators, algebra.is_large)
    return Group(lie_algebra=generators, name=f"SL({n})", sampler=sampler)


def GL(n: int) -> Group:
    """The general linear group: all invertible real matrices.

    The Lie algebra has dimension n² and the basis E_ij. The discrete generator, a reflection of
    the first axis, leads to the component of negative determinant.

    Args:
        n: dimension of the space, at least 1.

    Returns:
        The group, on Rⁿ.

    Raises:
        TypeError: if n is not an integer.
        ValueError: if n < 1.

    Examples:
        >>> from constrainet.groups import GL
        >>> GL(2).lie_algebra.shape, GL(2).discrete_generators.shape
        ((4, 2, 2), (1, 2, 2))
    """
    n = check_size("GL", "n", n)
    algebra = general_linear(n)
    generators = algebra.generators()
    return Group(
        lie_algebra=generators,
        discrete_generators=[reflection(n, 0)],
        name=f"GL({n})",
        sampler=Polar(HaarOrthogonal(n), generators, algebra.is_large),
    )


def Sp(m: int) -> Group:
    """The real symplectic group: g with gᵀ J g = J, where J = [[0, 1], [-1, 0]] in m × m blocks.

    These are the linear canonical transformations of m positions and m momenta, in the order
    (q₁ ... q_m, p₁ ... p_m). The Lie algebra has dimension m(2m + 1) and consists of the blocks
    [[a, b], [c, -aᵀ]] with symmetric b and c.

    Args:
        m: half the dimension of the space, at least 1.

    Returns:
        The group, on R^(2m). It is connected.

    Raises:
        TypeError: if m is not an integer.
        ValueError: if m < 1.

    Examples:
        >>> from constrainet.groups import Sp
        >>> Sp(2).dim, len(Sp(2).lie_algebra)
        (4, 10)
    """
    m = check_size("Sp", "m", m)
    algebra = symplectic(m)
    generators = algebra.generators()
    sampler = Polar(HaarCompactSymplectic(m), generators, algebra.is_large)
    return Group(lie_algebra=generators, name=f"Sp({m})", sampler=sampler)


def SE(n: int) -> Group:
    """The special Euclidean group: rotations and translations of Rⁿ, in homogeneous coordinates.

    A vector x of Rⁿ is written (x, 1); the elements are [[R, t], [0, 1]] with R in SO(n). The Lie
    algebra has dimension n(n + 1)/2: the rotations E_ij - E_ji, then the translations E_{i,n+1}.
    It is not closed under the adjoint, and its representations need not be sums of irreducible
    ones.

    Args:
        n: dimension of the space that is moved, at least 1.

    Returns:
        The group, on R^(n+1).

    Raises:
        TypeError: if n is not an integer.
        ValueError: if n < 1.

    Examples:
        >>> from constrainet.groups import SE
        >>> SE(3).dim, len(SE(3).lie_algebra)
        (4, 6)
    """
    n = check_size("SE", "n", n)
    algebra = np.zeros((n * (n + 1) // 2, n + 1, n + 1))
    for A, (i, j) in zip(algebra, combinations(range(n), 2), strict=False):
        A[i, j], A[j, i] = 1, -1
    algebra[-n:, :n, n] = np.eye(n)
    return Group(lie_algebra=algebra, name=f"SE({n})", sampler=Euclidean(n))


def Scaling(n: int) -> Group:
    """The positive multiples of the identity on Rⁿ: a change of units.

    The Lie algebra has dimension 1 and the basis 1.

    Args:
        n: dimension of the space, at least 1.

    Returns:
        The group.

    Raises:
        TypeError: if n is not an integer.
        ValueError: if n < 1.

    Examples:
        >>> from constrainet.groups import Scaling
        >>> Scaling(2).lie_algebra
        array([[[1., 0.],
                [0., 1.]]])
    """
    n = check_size("Scaling", "n", n)
    algebra = np.eye(n)[None]
    return Group(lie_algebra=algebra, name=f"Scaling({n})", sampler=Polar(Identity(n), algebra))
