"""Representations for `fuzz.py`, with their matrices written from the definitions.

A `Node` is an expression. It knows how the package is asked for it (`build`), and, without the
package, what an element or a tangent of the group does on it and what its character is. An element
has a matrix for each factor of the group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations, combinations_with_replacement, permutations
from math import prod

import numpy as np
from scipy.linalg import block_diag

from constrainet import groups as cg
from constrainet import reps as cr

Matrices = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Element:
    """An element of the group, or of its Lie algebra: a matrix for each factor.

    Attributes:
        natural: in natural coordinates.
        told: in the caller's coordinates, as the package is told.
    """

    natural: Matrices
    told: Matrices

    @property
    def size(self) -> float:
        """The largest norm among the matrices told."""
        return float(max(np.linalg.norm(m) for m in self.told))


@dataclass(frozen=True)
class Asked:
    """What the package is told: a group and its generators."""

    group: cg.Group
    lie: list[Element]
    discrete: list[Element]


@dataclass(frozen=True)
class Node:
    """An expression for a representation.

    Attributes:
        dim: its dimension.
        is_complex: whether its matrices are complex.
    """

    dim: int
    is_complex: bool

    def build(self, asked: Asked) -> cr.Rep:
        raise NotImplementedError

    def image(self, g: Element, frame: bool = False) -> np.ndarray:
        """ρ(g) in the caller's coordinates; with `frame`, the change that brings these about."""
        raise NotImplementedError

    def tangent(self, A: Element) -> np.ndarray:
        """dρ(A) in the caller's coordinates."""
        raise NotImplementedError

    def trace(self, powers: Callable[[int], Matrices], k: int = 1) -> np.ndarray:
        """The character at gᵏ for a stack of elements; `powers(k)` are their powers."""
        raise NotImplementedError

    def parts(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True)
class Vector(Node):
    """The vectors of one factor."""

    place: int

    def build(self, asked):
        return cr.V(asked.group, factor=self.place)

    def image(self, g, frame=False):
        return g.told[self.place]

    def tangent(self, A):
        return A.told[self.place]

    def trace(self, powers, k=1):
        return np.trace(powers(k)[self.place], axis1=1, axis2=2)

    def __str__(self):
        return f"V{self.place}"


@dataclass(frozen=True)
class Determinant(Node):
    """The product of the determinants of all factors."""

    def build(self, asked):
        return cr.Det(asked.group)

    def image(self, g, frame=False):
        return np.eye(1) if frame else np.array([[prod(np.linalg.det(part) for part in g.told)]])

    def tangent(self, A):
        return np.array([[sum(np.trace(part) for part in A.told)]])

    def trace(self, powers, k=1):
        return prod(np.linalg.det(part) for part in powers(k))

    def __str__(self):
        return "Det"


@dataclass(frozen=True)
class Orbit(Node):
    """The permutation of an orbit of vectors of a finite group, by places in a list."""

    points: np.ndarray = field(repr=False)  # (dim, n)

    def _distances(self, g):
        return np.abs((self.points @ g.natural[0].T)[:, None] - self.points).max(axis=2)

    def build(self, asked):
        images = [self._distances(h).argmin(axis=1) for h in asked.discrete]
        return cr.Permutation(asked.group, images=np.reshape(images, (-1, self.dim)).astype(int))

    def image(self, g, frame=False):
        images = np.arange(self.dim) if frame else self._distances(g).argmin(axis=1)
        return np.eye(self.dim)[np.argsort(images)]

    def tangent(self, A):
        return np.zeros((self.dim, self.dim))

    def trace(self, powers, k=1):
        moved = np.einsum("aij,mj->ami", powers(k)[0], self.points)
        return (np.abs(moved - self.points).max(axis=2) < 1e-6).sum(axis=1)

    def __str__(self):
        return f"orbit of {self.dim}"


@dataclass(frozen=True)
class Named(Node):
    """A representation that only the package has coordinates for; its character is known."""

    rep: cr.Rep
    character: Callable[[np.ndarray], np.ndarray]  # of a stack of elements

    def build(self, asked):
        return self.rep

    def image(self, g, frame=False):
        return np.eye(self.dim) if frame else np.asarray(self.rep.rho(g.told[0]))

    def tangent(self, A):
        return np.asarray(self.rep.drho(A.told[0]))

    def trace(self, powers, k=1):
        return self.character(powers(k)[0])

    def __str__(self):
        return str(self.rep)


@dataclass(frozen=True)
class Sum(Node):
    """A direct sum."""

    terms: tuple[Node, ...]

    def build(self, asked):
        return reduce(lambda a, b: a + b, (term.build(asked) for term in self.terms))

    def image(self, g, frame=False):
        return block_diag(*(term.image(g, frame) for term in self.terms))

    def tangent(self, A):
        return block_diag(*(term.tangent(A) for term in self.terms))

    def trace(self, powers, k=1):
        return sum(term.trace(powers, k) for term in self.terms)

    def parts(self):
        return self.terms

    def __str__(self):
        return "(" + " + ".join(map(str, self.terms)) + ")"


@dataclass(frozen=True)
class Product(Node):
    """A tensor product; of no factors, the scalars."""

    factors: tuple[Node, ...]

    def build(self, asked):
        built = [f.build(asked) for f in self.factors]
        return reduce(lambda a, b: a * b, built) if built else cr.Scalar(asked.group)

    def image(self, g, frame=False):
        return reduce(np.kron, (f.image(g, frame) for f in self.factors), np.eye(1))

    def tangent(self, A):
        return kronecker_sum([f.tangent(A) for f in self.factors])

    def trace(self, powers, k=1):
        return prod((f.trace(powers, k) for f in self.factors), start=np.ones(1))

    def parts(self):
        return self.factors

    def __str__(self):
        return " * ".join(map(str, self.factors)) or "1"


@dataclass(frozen=True)
class Dual(Node):
    """The dual."""

    of: Node

    def build(self, asked):
        return self.of.build(asked).T

    def image(self, g, frame=False):
        return np.linalg.inv(self.of.image(g, frame)).T

    def tangent(self, A):
        return -self.of.tangent(A).T

    def trace(self, powers, k=1):
        return self.of.trace(powers, -k)

    def parts(self):
        return (self.of,)

    def __str__(self):
        return f"{self.of}.T"


@dataclass(frozen=True)
class Power(Node):
    """The symmetric (sign 1) or alternating (sign -1) power of degree 2 or 3."""

    of: Node
    degree: int
    sign: int

    def build(self, asked):
        return (cr.Sym if self.sign == 1 else cr.Alt)(self.of.build(asked), self.degree)

    def _columns(self):
        """One column for each set of indices, in lexicographic order, as the package says."""
        n, k = self.of.dim, self.degree
        choose = combinations_with_replacement if self.sign == 1 else combinations
        columns = np.zeros((self.dim, *[n] * k))
        for column, indices in zip(columns, choose(range(n), k), strict=True):
            for order in permutations(range(k)):
                odd = sum(a > b for a, b in combinations(order, 2)) % 2
                column[tuple(indices[i] for i in order)] = self.sign if odd else 1
            column /= np.linalg.norm(column)
        return columns.reshape(self.dim, -1).T

    def image(self, g, frame=False):
        columns, one = self._columns(), self.of.image(g, frame)
        return columns.T @ reduce(np.kron, [one] * self.degree) @ columns

    def tangent(self, A):
        columns, one = self._columns(), self.of.tangent(A)
        return columns.T @ kronecker_sum([one] * self.degree) @ columns

    def trace(self, powers, k=1):
        # Newton's identities
        t, s = [self.of.trace(powers, k * i) for i in range(1, self.degree + 1)], self.sign
        if self.degree == 2:
            return (t[0] ** 2 + s * t[1]) / 2
        return (t[0] ** 3 + 3 * s * t[0] * t[1] + 2 * t[2]) / 6

    def parts(self):
        return (self.of,)

    def __str__(self):
        return f"{'Sym' if self.sign == 1 else 'Alt'}{self.degree}({self.of})"


@dataclass(frozen=True)
class Field(Node):
    """A real representation as a complex one, or a complex one on real and imaginary parts."""

    of: Node

    def build(self, asked):
        return (cr.Complexified if self.is_complex else cr.Realified)(self.of.build(asked))

    def _on(self, m):
        return (
            m.astype(complex)
            if self.is_complex
            else np.block([[m.real, -m.imag], [m.imag, m.real]])
        )

    def image(self, g, frame=False):
        return self._on(self.of.image(g, frame))

    def tangent(self, A):
        return self._on(self.of.tangent(A))

    def trace(self, powers, k=1):
        trace = self.of.trace(powers, k)
        return trace if self.is_complex else 2 * np.real(trace)

    def parts(self):
        return (self.of,)

    def __str__(self):
        return f"{'Complexified' if self.is_complex else 'Realified'}({self.of})"


@dataclass(frozen=True)
class Given(Node):
    """An expression in another orthonormal basis, told to the package by the generators' images."""

    of: Node
    basis: np.ndarray = field(repr=False)

    def build(self, asked):
        lie = np.reshape([self.tangent(A) for A in asked.lie], (-1, self.dim, self.dim))
        rho = np.reshape([self.image(h) for h in asked.discrete], (-1, self.dim, self.dim))
        return cr.from_generators(
            asked.group, drho=lie if len(lie) else None, rho=rho if len(rho) else None
        )

    def image(self, g, frame=False):
        natural = Element(g.natural, g.natural)
        return np.eye(self.dim) if frame else self.basis @ self.of.image(natural) @ self.basis.T

    def tangent(self, A):
        return self.basis @ self.of.tangent(Element(A.natural, A.natural)) @ self.basis.T

    def trace(self, powers, k=1):
        return self.of.trace(powers, k)

    def parts(self):
        return (self.of,)

    def __str__(self):
        return f"given({self.of})"


def kronecker_sum(matrices: list[np.ndarray]) -> np.ndarray:
    total = np.zeros((1, 1))
    for m in matrices:
        total = np.kron(total, np.eye(len(m))) + np.kron(np.eye(len(total)), m)
    return total
