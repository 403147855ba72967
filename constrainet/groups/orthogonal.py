"""The orthogonal groups of definite and indefinite forms, each in its standard matrices.

E_ij stands for the matrix with a single 1, in row i and column j; η for the diagonal matrix with
p ones and then q minus ones. Generators are listed in lexicographic order of the index pairs. From
n = 55 on, two elements (four, if q > 0) that generate the Lie algebra take the place of its basis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.groups.arguments import check_size
from constrainet.groups.group import Group
from constrainet.groups.haar import (
    HaarOrthogonal,
    Independent,
    Polar,
    Sampler,
    Special,
)
from constrainet.linalg import Monomial
from constrainet.memory import memory_limit

MOST_ENTRIES = 2**22
"""Entries of a basis of a classical Lie algebra, up to which groups are given by one: SO(54)."""


def unit(n: int, i: int, j: int) -> np.ndarray:
    """E_ij of size n."""
    matrix = np.zeros((n, n))
    matrix[i, j] = 1
    return matrix


def stack(n: int, matrices: list[np.ndarray], dtype: type = float) -> np.ndarray:
    """The matrices as an array of shape (D, n, n), also where there are none."""
    return np.array(matrices, dtype=dtype).reshape(len(matrices), n, n)


def reflection(n: int, *axes: int) -> Monomial:
    """The matrix that changes the sign of some coordinates."""
    signs = np.ones(n)
    signs[list(axes)] = -1
    return Monomial(np.arange(n), signs)


def classical_algebra(
    n: int,
    dim: int,
    basis: Callable[[], Iterable[np.ndarray]],
    project: Callable[[np.ndarray], np.ndarray],
    dtype: type = float,
) -> np.ndarray:
    """The generators of a classical Lie algebra: a basis, or of a large one few that generate it.

    These are the anti-Hermitian and the Hermitian parts of two random elements. Two generic
    elements of a semisimple Lie algebra generate it.

    Args:
        n: the size of the matrices.
        dim: of the Lie algebra, which is closed under the adjoint.
        basis: makes its basis.
        project: makes an element of it from an (n, n) matrix.
        dtype: float or complex.

    Returns:
        Shape (D, n, n), D = dim or at most 4.

    Raises:
        ProblemTooLargeError: if a few matrices would not fit in memory.

    References:
        Kuranishi, "On everywhere dense imbedding of free groups in Lie groups" (1951), Theorem 6.
    """
    if not is_large(n, dim):
        return stack(n, list(basis()), dtype)
    required = 16 * np.dtype(dtype).itemsize * n**2
    if required > memory_limit():
        raise ProblemTooLargeError(f"Matrices of size {n:,}", required, memory_limit())
    stream = np.random.RandomState(0)
    found = []
    for _ in range(2):
        numbers = stream.normal(size=(n, n)) / np.sqrt(n)
        if dtype is complex:
            numbers = numbers + 1j * stream.normal(size=(n, n)) / np.sqrt(n)
        element = project(numbers)
        adjoint = element.conj().T
        found += [(element - adjoint) / 2, (element + adjoint) / 2]
    return stack(n, [part for part in found if part.any()], dtype)


def is_large(n: int, dim: int) -> bool:
    """Whether a Lie algebra of this dimension is given by few elements that generate it."""
    return dim * n**2 > MOST_ENTRIES


def SO(p: int, q: int = 0) -> Group:
    """The special (pseudo-)orthogonal group: g with gᵀ η g = η and det g = 1.

    With q = 0 these are the rotations of Rᵖ. The Lie algebra has dimension n(n - 1)/2, n = p + q,
    and the basis E_ij - E_ji (i < j), with + instead of - where η_i and η_j differ. If q > 0 the
    group has two components; the discrete generator, which reflects the first axis of either
    sign, leads to the other one.

    Args:
        p: how many axes have positive square, at least 1.
        q: how many have negative square.

    Returns:
        The group, on R^(p+q).

    Raises:
        TypeError: if p or q is not an integer.
        ValueError: if p < 1 or q < 0.

    Examples:
        >>> from constrainet.groups import SO
        >>> SO(3).lie_algebra.shape
        (3, 3, 3)
        >>> SO(1, 3), SO(1, 3).discrete_generators[0].diagonal()
        (SO(1,3), array([-1., -1.,  1.,  1.]))
    """
    p, q = check_size("SO", "p", p), check_size("SO", "q", q, minimum=0)
    algebra = _orthogonal_algebra(p, q)
    if q == 0:
        return Group(lie_algebra=algebra, name=f"SO({p})", sampler=Special(HaarOrthogonal(p)))
    compact = Special(Independent((HaarOrthogonal(p), HaarOrthogonal(q))))
    return Group(
        lie_algebra=algebra,
        discrete_generators=[reflection(p + q, 0, p)],
        name=f"SO({p},{q})",
        sampler=_polar(compact, algebra),
    )


def O(p: int, q: int = 0) -> Group:  # noqa: E743 (the group's name)
    """The (pseudo-)orthogonal group: all g with gᵀ η g = η.

    Its Lie algebra is that of `SO(p, q)`, of dimension n(n - 1)/2 with n = p + q. The discrete
    generators reflect the first axis of positive square and, if q > 0, the first of negative
    square; they reach all components, two or four.

    Args:
        p: how many axes have positive square, at least 1.
        q: how many have negative square.

    Returns:
        The group, on R^(p+q).

    Raises:
        TypeError: if p or q is not an integer.
        ValueError: if p < 1 or q < 0.

    Examples:
        >>> from constrainet.groups import O
        >>> O(3).discrete_generators[0].diagonal()
        array([-1.,  1.,  1.])
        >>> len(O(1, 3).discrete_generators)
        2
    """
    p, q = check_size("O", "p", p), check_size("O", "q", q, minimum=0)
    algebra = _orthogonal_algebra(p, q)
    if q == 0:
        return Group(
            lie_algebra=algebra,
            discrete_generators=[reflection(p, 0)],
            name=f"O({p})",
            sampler=HaarOrthogonal(p),
        )
    return Group(
        lie_algebra=algebra,
        discrete_generators=[reflection(p + q, 0), reflection(p + q, p)],
        name=f"O({p},{q})",
        sampler=_polar(Independent((HaarOrthogonal(p), HaarOrthogonal(q))), algebra),
    )


def SOplus(p: int, q: int = 0) -> Group:
    """The identity component of `SO(p, q)`, generated by its Lie algebra alone.

    It keeps the orientation of the positive axes and of the negative ones: SO⁺(1, 3) is the
    proper orthochronous Lorentz group. The Lie algebra has dimension n(n - 1)/2, n = p + q.

    Args:
        p: how many axes have positive square, at least 1.
        q: how many have negative square; `SOplus(p) == SO(p)`.

    Returns:
        The group, on R^(p+q).

    Raises:
        TypeError: if p or q is not an integer.
        ValueError: if p < 1 or q < 0.

    Examples:
        >>> from constrainet.groups import SOplus
        >>> SOplus(1, 3).lie_algebra.shape, SOplus(1, 3).discrete_generators.shape
        ((6, 4, 4), (0, 4, 4))
    """
    p, q = check_size("SOplus", "p", p), check_size("SOplus", "q", q, minimum=0)
    if q == 0:
        return SO(p)
    algebra = _orthogonal_algebra(p, q)
    compact = Independent((Special(HaarOrthogonal(p)), Special(HaarOrthogonal(q))))
    return Group(lie_algebra=algebra, name=f"SO⁺({p},{q})", sampler=_polar(compact, algebra))


def Lorentz() -> Group:
    """The Lorentz group O(1, 3), which keeps t² - x² - y² - z² and includes the reflections.

    The Lie algebra has dimension 6: three boosts and three rotations. Coordinates are (t, x, y, z)
    in units where the speed of light is 1.

    Returns:
        `O(1, 3)`.

    Examples:
        >>> from constrainet.groups import Lorentz, O
        >>> Lorentz() == O(1, 3)
        True
    """
    return O(1, 3)


def _orthogonal_algebra(p: int, q: int) -> np.ndarray:
    n = p + q
    signs = np.where(np.arange(n) < p, 1.0, -1.0)
    return classical_algebra(
        n,
        n * (n - 1) // 2,
        # rotations between axes of the same sign, boosts between axes of different sign
        lambda: (
            unit(n, i, j) + (1 if i < p <= j else -1) * unit(n, j, i)
            for i, j in combinations(range(n), 2)
        ),
        lambda x: x - np.outer(signs, signs) * x.T,
    )


def _polar(compact: Sampler, algebra: np.ndarray) -> Polar:
    n = algebra.shape[1]
    return Polar(compact, algebra, is_large(n, n * (n - 1) // 2))
