"""Symmetric and alternating powers, as the subspaces of tensor powers that they are."""

from __future__ import annotations

from math import comb

import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.reps.arguments import check_degree, check_rep
from constrainet.reps.notation import SUPERSCRIPTS
from constrainet.reps.rep import Rep, direct_sum
from constrainet.reps.subquotient import part
from constrainet.solve import memory_limit


def Sym(rep: Rep, k: int) -> Rep:
    """The symmetric power Symᵏ(V): the tensors that no permutation of their k indices changes.

    Coordinates belong to the multisets i₁ ≤ ... ≤ i_k in lexicographic order; the basis vector is
    the sum of the distinct e_σ(i₁) ⊗ ... ⊗ e_σ(i_k), of norm one. A group that permutes the
    coordinates of V permutes these as well.

    Args:
        rep: V, of dimension n.
        k: the degree.

    Returns:
        A representation of dimension C(n + k - 1, k); the trivial one if k = 0, V if k = 1.

    Raises:
        TypeError: if k is not a whole number, or `rep` no representation.
        ValueError: if k is negative.
        ProblemTooLargeError: if the basis would not fit in memory.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Sym, V
        >>> stress = Sym(V(SO(3)), 2)
        >>> print(stress, stress.dim, stress.equivariant_basis().rank)
        Sym²(V) 6 1
    """
    return _power("Sym", "Sym", rep, k, is_alternating=False)


def Alt(rep: Rep, k: int) -> Rep:
    """The alternating power Λᵏ(V): the tensors that change sign with every exchange of indices.

    Coordinates belong to the sets i₁ < ... < i_k in lexicographic order; the basis vector is
    Σ_σ sgn(σ) e_σ(i₁) ⊗ ... ⊗ e_σ(i_k) / √k!.

    Args:
        rep: V, of dimension n.
        k: the degree.

    Returns:
        A representation of dimension C(n, k), which is zero if k > n; the trivial one if k = 0, V
        if k = 1.

    Raises:
        TypeError: if k is not a whole number, or `rep` no representation.
        ValueError: if k is negative.
        ProblemTooLargeError: if the basis would not fit in memory.

    Example:
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Alt, Det, V
        >>> top = Alt(V(O(3)), 3)
        >>> print(top, top.dim, (top >> Det(O(3))).equivariant_basis().rank)
        Λ³(V) 1 1
    """
    return _power("Alt", "Λ", rep, k, is_alternating=True)


def _power(call: str, symbol: str, rep: Rep, k: int, is_alternating: bool) -> Rep:
    check_rep(call, rep)
    k = check_degree(call, k)
    if k < 2:
        return rep**k
    n = rep.dim
    dim = comb(n, k) if is_alternating else comb(n + k - 1, k)
    if not dim:
        return direct_sum(rep.group, [])
    label = f"{symbol}{str(k).translate(SUPERSCRIPTS)}({rep})"
    required = 8 * n**k * (dim + 2 * k)
    if required > memory_limit():
        raise ProblemTooLargeError(f"The basis of {label}", required, memory_limit())
    return part(rep**k, _basis(n, k, is_alternating), label)


def _basis(n: int, k: int, is_alternating: bool) -> np.ndarray:
    """Orthonormal columns, shape (nᵏ, dim)."""
    indices = np.indices((n,) * k).reshape(k, -1)
    ordered = np.sort(indices, axis=0)
    entries = np.ones(n**k)
    kept = np.ones(n**k, bool)
    if is_alternating:
        kept = (np.diff(ordered, axis=0) > 0).all(axis=0)
        for i in range(k):
            for j in range(i + 1, k):
                entries[indices[i] > indices[j]] *= -1
    names = np.ravel_multi_index(ordered[:, kept], (n,) * k)
    _, labels, sizes = np.unique(names, return_inverse=True, return_counts=True)
    basis = np.zeros((n**k, len(sizes)))
    basis[np.flatnonzero(kept), labels.ravel()] = entries[kept] / np.sqrt(sizes[labels.ravel()])
    return basis
