"""Equivariant polynomials of a point: spherical harmonics, for any group.

The tensors x ⊗ ... ⊗ x span the symmetric power of the space that points lie in. What an invariant
form contracts of them is a function of the form's value times a polynomial of lower degree; what no
contraction reaches is new. Each degree is found in the products of the one before with a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import jax.numpy as jnp
import numpy as np
import scipy.linalg

from constrainet.arguments import Declared, check_count, check_flag
from constrainet.groups import Group
from constrainet.linalg import canonical_basis, numerical_rank
from constrainet.maps.map import check_rep
from constrainet.reps import Rep, Scalar, Subrepresentation, Sym, V
from constrainet.solve import constant
from constrainet.tolerances import AGREE, EXACT, RANK

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class _Degree:
    """How a degree is made of the one before: Y = C (Y' ⊗ x).

    Args:
        rep: how Y transforms.
        basis: orthonormal columns in the products Y' ⊗ x, shape (dim' n, dim).
        matrix: C, shape (dim, dim' n), with the normalisation.
        form: the invariant form of Y, shape (dim, dim); None without one.
    """

    rep: Rep
    basis: np.ndarray
    matrix: np.ndarray
    form: np.ndarray | None


@dataclass(frozen=True)
class Harmonics(metaclass=Declared):
    """Equivariant polynomials of a point, Y(g x) = φ(g) Y(x), by degree.

    Degree k is the part of the k-th symmetric power of `space` that no contraction with an
    invariant symmetric form q reaches: the spherical harmonics for O(n), tensors that are traceless
    in the metric for the Lorentz group, the whole power where there is no invariant form. Every
    polynomial is a sum of these, times powers of q(x). The form is |x|² where the group keeps the
    length of vectors, whatever else it keeps.

    They are normalised so that the squares of degree k sum to its dimension times q(x)ᵏ: for
    groups that keep lengths, each is 1 in the mean over the unit sphere. Where no form is
    invariant, |x|² stands for q(x). Degree 0 is 1, and degree 1 a multiple of x.

    Called with points of shape (..., space.dim), NumPy or JAX, it returns (..., rep.dim), degree by
    degree, of the same library and precision.

    Args:
        space: how points move; real.
        degree: the highest.
        normalized: whether they are those of x / |x|, which do not depend on the length; for groups
            that keep it. They and all their derivatives are finite at x = 0, where those of degree
            k > 0 are zero.

    Attributes:
        rep: φ, the sum over all degrees.
        degrees: for each component of `rep` its degree, shape (rep.dim,).
        form: the matrix of q, shape (space.dim, space.dim), of norm 1; None where there is none.

    Raises:
        TypeError: if `space` is no representation, or `degree` no whole number.
        ValueError: if `space` is complex or has several invariant forms, and is not orthogonal; if
            `normalized` and the group does not keep lengths; if `degree` is negative, or so high
            that digits are lost.

    Example:
        >>> import numpy as np
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> h = Harmonics(V(SO(3)), 2)
        >>> print(h.rep, h.degrees)
        V⁰⊕V⊕H²(V) [0 1 1 1 2 2 2 2 2]
        >>> x = np.array([0.6, 0.0, 0.8])
        >>> h(x)[:4].round(3), float((h(x) ** 2).sum().round(9))
        (array([1.   , 1.039, 0.   , 1.386]), 9.0)

    References:
        Stein and Weiss, "Introduction to Fourier Analysis on Euclidean Spaces" (1971), IV.2.
    """

    space: Rep
    degree: int
    normalized: bool = False

    def __post_init__(self):
        check_rep("harmonics(space=...)", self.space)
        check_count("harmonics(degree=...)", self.degree)
        check_flag("harmonics(normalized=...)", self.normalized)
        if self.space.is_complex:
            raise ValueError(
                "`harmonics(space=...)` should be real, because polynomials of a complex point are "
                f"not all that there is. {self.space} of {self.space.group} is complex. Use "
                "`Realified(space)`."
            )
        if self.normalized and not self.space.is_unitary:
            raise ValueError(
                "`harmonics(normalized=True)` needs a group that keeps the length of points. "
                f"{self.space.group} does not keep it in {self.space}."
            )
        if not self.space.is_unitary:  # else each degree is made by isometries, to rounding
            self._check_equivariance()

    @cached_property
    def form(self) -> np.ndarray | None:
        """The matrix of q, shape (space.dim, space.dim), of norm 1; None where there is none."""
        n = self.space.dim
        if self.space.is_unitary:
            return np.eye(n)
        forms = Sym(self.space.T, 2).equivariant_basis()
        if not forms.rank:
            return None
        upper = np.zeros((n, n))
        upper[np.triu_indices(n)] = forms[0]  # of e_i ⊗ e_j + e_j ⊗ e_i over √2
        form = (upper + upper.T) / sqrt(2)
        np.fill_diagonal(form, upper.diagonal())
        sizes = np.abs(np.linalg.eigvalsh(form))
        if forms.rank > 1 or sizes.min() < EXACT * sizes.max():
            what = f"{forms.rank} of them" if forms.rank > 1 else "one that is zero on some vectors"
            raise ValueError(
                "`harmonics(space=...)` should have no invariant form or one, and that not "
                f"singular, because all others are contracted with it. {self.space} of "
                f"{self.space.group} has {what}. Write it in a basis in which the group is "
                "orthogonal, or take a part of it."
            )
        return form / sizes.max()

    @cached_property
    def _steps(self) -> list[_Degree]:
        """Each degree from 1 on; degrees that are zero are left out, and so are all after them."""
        n, form = self.space.dim, self.form
        one = np.eye(1)
        steps = [_Degree(Scalar(self.space.group), one, one, None if form is None else one)]
        for k in range(1, self.degree + 1):
            last = steps[-1]
            basis = np.eye(n) if k == 1 else self._next_basis(last)
            dim = basis.shape[1]
            if not dim:
                break
            matrix, new_form, share = basis.T, None, 1.0
            if form is not None:
                metric = np.kron(last.form, form)
                new_form = basis.T @ metric @ basis
                matrix = np.linalg.solve(new_form, basis.T @ metric)
                # of the squares of Y' ⊗ x, degree k has this share, and degree k - 2 the rest
                share = 1.0 if k == 1 else (k + n - 3) / (2 * k + n - 4)
            scale = sqrt(dim / (last.rep.dim * share))
            steps.append(_Degree(self._rep(last, basis, k), basis, scale * matrix, new_form))
        return steps

    def _rep(self, last: _Degree, basis: np.ndarray, k: int) -> Rep:
        """How degree k transforms."""
        if k == 1:
            return self.space
        label = f"H{str(k).translate(SUPERSCRIPTS)}({self.space})"
        try:
            return Subrepresentation(last.rep * self.space, basis, label=label)
        except ValueError as error:
            raise self._lost(k) from error

    def _next_basis(self, last: _Degree) -> np.ndarray:
        """The products Y' ⊗ x whose last two indices are symmetric and have no trace."""
        n, dim = self.space.dim, last.rep.dim
        whole = np.einsum("aib,jk->aijbk", last.basis.reshape(-1, n, dim), np.eye(n))
        rows, columns = np.triu_indices(n, 1)
        conditions = [whole[:, rows, columns] - whole[:, columns, rows]]
        if self.form is not None:
            conditions.append(np.einsum("ij,aijbk->abk", self.form, whole)[:, None])
        matrix = np.concatenate(conditions, axis=1).reshape(-1, dim * n)
        # squares are as good, because what is no null vector is of size one
        values, vectors = np.linalg.eigh(matrix.T @ matrix)
        rank, _ = numerical_rank(np.abs(values), RANK)
        return canonical_basis(vectors[:, : len(values) - rank])

    @cached_property
    def rep(self) -> Rep:
        """φ, the sum over all degrees."""
        first, *others = (step.rep for step in self._steps)
        return sum(others, start=first)

    @cached_property
    def degrees(self) -> np.ndarray:
        """For each component of `rep` its degree, shape (rep.dim,)."""
        dims = [step.rep.dim for step in self._steps]
        return np.repeat(np.arange(len(dims)), dims)

    def __call__(self, points: Any) -> Any:
        """The polynomials at points.

        Args:
            points: shape (..., space.dim), real, NumPy or JAX.

        Returns:
            Shape (..., rep.dim), of the same library and precision.

        Raises:
            ValueError: if points have another number of coordinates.
        """
        xp = np if isinstance(points, np.ndarray) else jnp
        x = xp.asarray(points)
        x = x if xp.issubdtype(x.dtype, xp.floating) else x.astype(float)
        if x.ndim == 0 or x.shape[-1] != self.space.dim:
            raise ValueError(
                f"`harmonics(space, degree)(points)` takes points of shape (..., {self.space.dim}),"
                f" because space = {self.space}. Got {x.shape}."
            )
        if self.normalized:
            square = xp.sum(x * x, axis=-1, keepdims=True)
            # the square root of zero has no derivative, and zero times what it has is no number
            x = x / xp.sqrt(xp.where(square > 0, square, xp.ones_like(square)))
        found = [xp.ones_like(x[..., :1])]
        for step in self._steps[1:]:
            products = found[-1][..., :, None] * x[..., None, :]
            products = products.reshape(*x.shape[:-1], step.matrix.shape[1])
            found.append(products @ constant(step.matrix.T, x))
        return xp.concatenate(found, axis=-1)

    def _check_equivariance(self) -> None:
        """Refuses degrees that skew coordinates of the group have left too few digits of."""
        group = self.space.group
        tangents = (scipy.linalg.expm(A / np.linalg.norm(A)) for A in group.lie_algebra if A.any())
        x = np.random.RandomState(0).standard_normal((8, self.space.dim))
        for g in (*group.discrete_generators, *tangents):
            moved = self(np.real(self.space.act(g, x)))
            errors = np.abs(moved - self.rep.act(g, self(x)))
            for k in range(len(self._steps)):
                own = self.degrees == k
                if not errors[:, own].max() <= AGREE * np.abs(moved[:, own]).max():
                    raise self._lost(k)

    def _lost(self, k: int) -> ValueError:
        return ValueError(
            f"`harmonics(degree=...)` should be below {k} for {self.space} of {self.space.group}, "
            f"because digits are lost in each degree in such skew coordinates. Got {self.degree}. "
            "Write the group in a basis in which its matrices are closer to orthogonal."
        )


def default_space(group: Group) -> Rep:
    """How points move, where it is not said: as the vectors of the group.

    Raises:
        ValueError: if the group is a product.
    """
    if len(group.factors) > 1:
        raise ValueError(
            "`space` should say how points move, because not every factor of a product of groups "
            f"need move them. Got None for {group}. Pass the factor that does, such as "
            "`space=V(group, factor=0)`."
        )
    return V(group)
