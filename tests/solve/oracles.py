"""Slow and independent answers: what the solver and the representations are tested against.

Nothing here uses the solver, nor the structured operators. A representation's matrices are built
from its printed structure by explicit Kronecker products and block diagonals.
"""

from __future__ import annotations

import functools
from collections import Counter
from math import factorial, prod

import numpy as np
import scipy.linalg

from constrainet.groups import Group
from constrainet.reps import DirectSum, Rep, TensorProduct


def block(group: Group, g: np.ndarray, place: int) -> np.ndarray:
    """The part of an element that belongs to one factor."""
    start = sum(factor.dim for factor in group.factors[:place])
    stop = start + group.factors[place].dim
    return g[start:stop, start:stop]


def slow_rho(rep: Rep, g: np.ndarray) -> np.ndarray:
    """ρ(g), from the definition of sums, products and duals."""
    if isinstance(rep, DirectSum):
        parts = [slow_rho(part, g) for part, count in rep.parts for _ in range(count)]
        return scipy.linalg.block_diag(*parts) if parts else np.zeros((0, 0))
    if isinstance(rep, TensorProduct):
        return functools.reduce(np.kron, (slow_rho(f, g) for f in rep.factors), np.eye(1))
    matrix = block(rep.group, g, rep.place)
    return np.linalg.inv(matrix).T if rep.is_dual else matrix


def slow_drho(rep: Rep, A: np.ndarray) -> np.ndarray:
    """dρ(A), from the product rule."""
    if isinstance(rep, DirectSum):
        parts = [slow_drho(part, A) for part, count in rep.parts for _ in range(count)]
        return scipy.linalg.block_diag(*parts) if parts else np.zeros((0, 0))
    if isinstance(rep, TensorProduct):
        total = np.zeros((rep.dim, rep.dim))
        for i, factor in enumerate(rep.factors):
            before = np.eye(prod(f.dim for f in rep.factors[:i]))
            after = np.eye(prod(f.dim for f in rep.factors[i + 1 :]))
            total = total + functools.reduce(np.kron, (before, slow_drho(factor, A), after))
        return total
    matrix = block(rep.group, A, rep.place)
    return -matrix.T if rep.is_dual else matrix


def constraints(rep: Rep) -> np.ndarray:
    """Every generator's constraint on invariant vectors, relative to its image, stacked."""
    images = [slow_rho(rep, h) for h in rep.group.discrete_generators]
    rows = [(image - np.eye(rep.dim)) / np.linalg.norm(image, 2) for image in images]
    tangents = [slow_drho(rep, A) for A in rep.group.lie_algebra]
    rows += [tangent / np.linalg.norm(tangent, 2) for tangent in tangents if tangent.any()]
    return np.concatenate([np.zeros((0, rep.dim)), *rows])


def svd_projector(rep: Rep, cutoff: float = 1e-8) -> tuple[np.ndarray, int]:
    """The projector onto the invariants and their number, by one dense SVD."""
    stacked = constraints(rep)
    _, values, rows = np.linalg.svd(stacked, full_matrices=True)
    values = np.concatenate([values, np.zeros(rep.dim - len(values))])
    null = rows[values < cutoff].conj().T
    return null @ null.conj().T, null.shape[1]


def applicable_methods(rep: Rep, dense: int = 1000) -> list[str]:
    """The methods that should solve for a representation; `nullspace` only if it is small."""
    factors = rep.group.factors
    applies = {
        "orbits": all(factor.is_monomial for factor in factors),
        "isotypic": all(factor.is_adjoint_closed for factor in factors),
        "nullspace": rep.dim <= dense,
    }
    return [method for method, does in applies.items() if does]


def elements(group: Group, limit: int = 2000) -> np.ndarray:
    """Every element of a finite group, by multiplying generators until nothing new comes."""
    # distinct elements of the groups here differ by more than 1e-4 in some entry
    found = {_name(np.eye(group.dim)): np.eye(group.dim, dtype=group.dtype)}
    new = list(found.values())
    while new:
        products = {_name(m): m for g in new for h in group.discrete_generators for m in (h @ g,)}
        new = [m for name, m in products.items() if name not in found]
        found |= {_name(m): m for m in new}
        if len(found) > limit:
            raise ValueError("The group has too many elements to list.")
    return np.stack(list(found.values()))


def _name(matrix: np.ndarray) -> bytes:
    rounded = np.round(np.asarray(matrix, complex), 5)
    return (rounded + 0.0).tobytes()


def character(rep: Rep, g: np.ndarray) -> complex:
    """The trace of ρ(g), from traces of the factors."""
    if isinstance(rep, DirectSum):
        return sum(count * character(part, g) for part, count in rep.parts)
    if isinstance(rep, TensorProduct):
        return prod(character(f, g) for f in rep.factors)
    return np.trace(slow_rho(rep, g))


def burnside(rep: Rep) -> int:
    """The number of invariants of a finite group: the mean of the character."""
    mean = np.mean([character(rep, g) for g in elements(rep.group)])
    assert abs(mean - round(mean.real)) < 1e-6
    return round(mean.real)


def reynolds(rep: Rep) -> np.ndarray:
    """The mean of ρ over a finite group: a projector onto the invariants."""
    return np.mean([slow_rho(rep, g) for g in elements(rep.group)], axis=0)


# --- Young diagrams and other counts -------------------------------------------------------------


def partitions(k: int, most: int, largest: int | None = None):
    """Partitions of k into at most `most` parts, weakly decreasing."""
    if k == 0:
        yield ()
    elif most > 0:
        for first in range(min(k, largest or k), 0, -1):
            yield from ((first, *rest) for rest in partitions(k - first, most - 1, first))


def tableaux(shape: tuple[int, ...]) -> int:
    """The number of standard Young tableaux, by hook lengths."""
    columns = [sum(row > j for row in shape) for j in range(shape[0] if shape else 0)]
    hooks = [shape[i] - j + columns[j] - i - 1 for i in range(len(shape)) for j in range(shape[i])]
    return factorial(sum(shape)) // prod(hooks)


def count_orthogonal(n: int, k: int) -> int:
    return sum(tableaux(s) for s in partitions(k, n) if all(row % 2 == 0 for row in s))


def count_special_orthogonal(n: int, k: int) -> int:
    odd = (s for s in partitions(k, n) if len(s) == n and all(row % 2 for row in s))
    return count_orthogonal(n, k) + sum(map(tableaux, odd))


def count_symplectic(m: int, k: int) -> int:
    def in_pairs(shape):
        return all(count % 2 == 0 for count in Counter(shape).values())

    return sum(tableaux(s) for s in partitions(k, 2 * m) if in_pairs(s))


def count_unitary(n: int, p: int, q: int) -> int:
    return sum(tableaux(s) ** 2 for s in partitions(p, n)) if p == q else 0


def count_special_unitary(n: int, p: int, q: int) -> int:
    if (p - q) % n:
        return 0
    if p < q:
        return count_special_unitary(n, q, p)
    shift = (p - q) // n
    total = 0
    for mu in partitions(q, n):
        rows = [*mu, *[0] * (n - len(mu))]
        shape = tuple(row + shift for row in rows if row + shift)
        total += tableaux(shape) * tableaux(mu)
    return total


def stirling(k: int, j: int) -> int:
    """Stirling numbers of the second kind."""
    if k == j:
        return 1
    if j == 0 or j > k:
        return 0
    return j * stirling(k - 1, j) + stirling(k - 1, j - 1)


def count_symmetric(n: int, k: int) -> int:
    return sum(stirling(k, j) for j in range(min(n, k) + 1))
