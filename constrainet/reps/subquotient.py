"""Invariant subspaces of representations, and quotients by them.

With an orthonormal basis B of an invariant subspace U, Bᴴ ρ(g) B is the representation on U; with
B a basis of the complement of U, it is the one on the quotient by U, even where the complement is
not invariant. Either can be evaluated at any element, and differentiated, because ρ can. Symmetric
and alternating powers are such subspaces, of tensor powers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import comb, prod
from typing import Any

import numpy as np

from constrainet.arguments import as_count
from constrainet.errors import ProblemTooLargeError
from constrainet.linalg import (
    KroneckerProduct,
    canonical_basis,
    digest,
    null_space,
    numerical_rank,
)
from constrainet.reps.action import check_rep
from constrainet.reps.atomic import AtomicRep
from constrainet.reps.notation import SUPERSCRIPTS, dual_label
from constrainet.reps.rep import Derived, Rep, direct_sum
from constrainet.solve import constant, memory_limit
from constrainet.tolerances import EXACT, RANK


@dataclass(frozen=True, eq=False, repr=False)
class Subquotient(AtomicRep, Derived):
    """ρ'(g) = Bᴴ ρ(g) B, with orthonormal columns B.

    Attributes:
        parent: the representation ρ.
        basis: B, shape (parent.dim, dim), read-only.
        label: how it is written; it does not count for equality.
    """

    parent: Rep
    basis: np.ndarray
    label: str

    def lift(self, group, places):
        return Derived.lift(self, group, places)

    @property
    def operands(self) -> tuple[Rep, ...]:
        return (self.parent,)

    def of(self, group, operands) -> Rep:
        (parent,) = operands
        return replace(self, group=group, parent=parent)

    @property
    def dim(self) -> int:
        return self.basis.shape[1]

    @cached_property
    def is_complex(self) -> bool:
        return self.parent.is_complex or np.iscomplexobj(self.basis)

    @cached_property
    def T(self) -> Rep:
        dual = self.parent.T
        if dual == self.parent and not np.iscomplexobj(self.basis):
            return self
        basis = frozen(self.basis.conj())
        return replace(self, parent=dual, basis=basis, label=dual_label(self.label))

    @cached_property
    def key(self) -> bytes:
        return digest("subquotient", self.parent.key, self.basis)

    def matrices(self, place):
        discrete, lie = self.parent._images(place)
        return [self._compressed(h) for h in discrete], [self._compressed(A) for A in lie]

    def _compressed(self, matrix) -> np.ndarray:
        return self.basis.conj().T @ (KroneckerProduct([matrix]) @ self.basis)

    def _rho(self, blocks):
        return self._between(self.parent._rho(blocks))

    def _drho(self, blocks):
        return self._between(self.parent._drho(blocks))

    def _between(self, matrix):
        return constant(self.basis.conj().T, matrix) @ matrix @ constant(self.basis, matrix)

    def _act(self, blocks, x):
        if prod(x.shape[:-1]) > self.dim:
            # the matrix is cheaper; and in parts of products of parts the number of vectors would
            # grow with every level
            eye = x.__array_namespace__().eye(self.dim, dtype=x.dtype)
            return x @ self._act(blocks, eye)
        y = x @ constant(self.basis.T, x)
        y = self.parent._act(blocks, y)
        return y @ constant(self.basis.conj(), y)

    def __str__(self):
        return self.label


def Subrepresentation(rep: Rep, columns: Any, *, label: str | None = None) -> Rep:
    """The representation on an invariant subspace: Bᴴ ρ(g) B for an orthonormal basis B of it.

    Args:
        rep: the representation ρ of the whole space.
        columns: shape (rep.dim, m), vectors that span the subspace; they may be dependent. If they
            are orthonormal, they are the coordinates; else a basis that depends on the span alone.
        label: how it is written; by default with its dimension.

    Returns:
        A representation whose dimension is the rank of the columns.

    Raises:
        ValueError: if the columns have another length, or their span is not invariant.
        AmbiguousRankError: if they are dependent up to small errors.

    Example:
        Vectors of S(4) whose coordinates sum to zero:

        >>> import numpy as np
        >>> from constrainet.groups import S
        >>> from constrainet.reps import Subrepresentation, V
        >>> standard = Subrepresentation(V(S(4)), np.eye(4)[:, :3] - np.eye(4)[:, 1:])
        >>> print(standard, (standard >> V(S(4))).equivariant_basis().rank)
        V[3] 1
    """
    basis = _orthonormal("Subrepresentation", rep, columns)
    _check_invariant("Subrepresentation", rep, basis)
    return part(rep, basis, label or f"{rep}[{basis.shape[1]}]")


def Quotient(rep: Rep, columns: Any, *, label: str | None = None) -> Rep:
    """The representation on a quotient space V / U, in orthonormal coordinates of U's complement.

    Args:
        rep: the representation of V.
        columns: shape (rep.dim, m), vectors that span the invariant subspace U.
        label: how it is written; by default with the dimensions of both.

    Returns:
        A representation of dimension `rep.dim` less the rank of the columns.

    Raises:
        ValueError: if the columns have another length, or their span is not invariant.
        AmbiguousRankError: if they are dependent up to small errors.

    Example:
        Translations move the points of a plane, but not the last homogeneous coordinate:

        >>> import numpy as np
        >>> from constrainet.groups import SE
        >>> from constrainet.reps import Quotient, V
        >>> last = Quotient(V(SE(2)), np.eye(3)[:, :2])
        >>> last.dim, last.equivariant_basis().rank, V(SE(2)).equivariant_basis().rank
        (1, 1, 0)
    """
    basis = _orthonormal("Quotient", rep, columns)
    _check_invariant("Quotient", rep, basis)
    complement = np.eye(rep.dim)
    if basis.shape[1]:
        complement = canonical_basis(null_space(basis.conj().T, RANK)[0])
    return part(rep, complement, label or f"{rep}/[{basis.shape[1]}]")


def part(rep: Rep, basis: np.ndarray, label: str) -> Rep:
    """Bᴴ ρ(g) B for a basis that is known to be orthonormal and to give a representation."""
    if basis.shape[1] == 0:
        return direct_sum(rep.group, [])
    parent, basis = flattened(rep, basis)
    return Subquotient(rep.group, parent, basis, label)


def flattened(parent: Rep, basis: np.ndarray) -> tuple[Rep, np.ndarray]:
    """A part of a part is a part of the whole."""
    while isinstance(parent, Subquotient):
        parent, basis = parent.parent, parent.basis @ basis
    return parent, frozen(basis)


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, read-only and contiguous."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _orthonormal(call: str, rep: Rep, columns) -> np.ndarray:
    columns = np.asarray(columns)
    if columns.ndim != 2 or len(columns) != rep.dim or columns.dtype.kind not in "iufc":
        raise ValueError(
            f"`{call}(rep, columns)` should be given columns of shape ({rep.dim}, m), vectors of "
            f"{rep}. Got {columns.dtype} of shape {columns.shape}."
        )
    columns = columns.astype(np.result_type(columns, float))
    gram = columns.conj().T @ columns
    if np.abs(gram - np.eye(len(gram))).max(initial=0) <= EXACT:
        return columns
    left, values, _ = np.linalg.svd(columns, full_matrices=False)
    return canonical_basis(left[:, : _rank(values)])


def _rank(values: np.ndarray) -> int:
    return numerical_rank(values, RANK * values.max(initial=0))[0] if values.any() else 0


def _check_invariant(call: str, rep: Rep, basis: np.ndarray) -> None:
    for kind, images in zip(("discrete", "Lie"), rep.generator_images, strict=True):
        for i, image in enumerate(images):
            moved = image @ basis
            outside = np.abs(moved - basis @ (basis.conj().T @ moved)).max(initial=0)
            if outside > EXACT * max(1.0, np.abs(moved).max(initial=0)):
                raise ValueError(
                    f"`{call}(rep, columns)` should be given columns that span an invariant "
                    f"subspace. {kind.capitalize()} generator {i} of {rep.group} moves them "
                    f"{outside:.1e} out of it."
                )


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
    k = _degree(call, k)
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
    return part(rep**k, _tensors(n, k, is_alternating), label)


def _tensors(n: int, k: int, is_alternating: bool) -> np.ndarray:
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


def _degree(call: str, degree) -> int:
    """The degree of a symmetric or alternating power: a non-negative whole number."""
    count = as_count(degree, f"the degree k of `{call}(rep, k)`")
    if count is None:
        raise TypeError(
            f"The degree k of `{call}(rep, k)` should be a whole number. Got {degree!r}."
        )
    return count
