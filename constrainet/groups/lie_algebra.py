"""The Lie algebra of a matrix group: the closure of its generators, or of a function's tangents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import Any, NoReturn, final

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.errors import AmbiguousRankError, ProblemTooLargeError
from constrainet.groups.classical import ClassicalAlgebra, recognised
from constrainet.groups.closure import Closure, sizes_of
from constrainet.groups.span import Span
from constrainet.linalg import ByContent, as_real_rows, digest, moved, numerical_rank, units_of
from constrainet.memory import memory_limit
from constrainet.tolerances import EXACT, RANK

STEP = 1e-6
"""Length of the parameters at which the function is compared with its derivative at zero."""

SMOOTH = 1e-3
"""Largest miss of the linear approximation at `STEP`, in units of the step.

A function with second derivatives up to 1000 misses by less; one with a kink by about 1.
"""

RADIUS = 0.1
"""Length of the random parameters at which the function should not have left the group."""

NUM_POINTS = 4


@final
class LieAlgebra(ByContent):
    """A Lie algebra of matrices over the real numbers: closed under [A, B] = AB - BA.

    The smallest one that contains some matrices and is mapped to itself by A -> h A h⁻¹ for every
    discrete generator h. It is the Lie algebra of the group that all of them generate. Complex
    matrices span it over the real numbers too: that of SU(2) has dimension 3, that of SL(2, C) 6.

    The basis starts with the given matrices, those left out that depend on earlier ones. If these
    are not closed, further matrices follow, of Frobenius norm 1 and orthogonal to all before in
    `units`, the even ones of the generators, in which lengths and distances are measured.

    Args:
        generators: shape (D, d, d), of any scales.
        normalising: the discrete generators h, shape (M, d, d).
        name: of the group, for messages.

    Raises:
        ValueError: if float64 does not suffice to tell which matrices depend on others, or there
            are too many.
        ProblemTooLargeError: if the basis of a classical Lie algebra does not fit in memory.

    Examples:
        Two rotations generate the third; the basis is not given in full, but closed:

        >>> from constrainet.groups import Group, SO
        >>> algebra = Group(lie_algebra=SO(3).lie_algebra[:2]).algebra
        >>> algebra.dim, algebra.is_spanned, algebra.is_semisimple
        (3, False, True)
        >>> SO(3).algebra.structure_constants[0]
        array([[ 0.,  0.,  0.],
               [ 0.,  0., -1.],
               [ 0.,  1.,  0.]])
    """

    basis: np.ndarray
    units: np.ndarray
    is_spanned: bool
    span: Span
    _classical: ClassicalAlgebra | None
    _arguments: tuple[np.ndarray, tuple[np.ndarray, ...], str]

    def __init__(
        self,
        generators: np.ndarray,
        normalising: np.ndarray | Sequence[np.ndarray] = (),
        name: str = "the Lie algebra",
    ):
        classical = recognised(generators)
        basis = generators if classical is None else classical.basis()
        units = units_of(normalising, generators)
        even = moved(np.reshape(normalising, (-1, *generators.shape[1:])), units)
        span = None
        if classical is not None and np.all(units == 1):
            span = Span(classical.orthonormal(basis))
        if span is not None and span.is_kept_by(even):
            is_spanned = len(basis) == len(generators)
        else:
            classical = None
            closure = Closure(moved(generators, units), even, name)
            span = closure.span
            given = generators[closure.given].astype(span.basis.dtype)
            basis = np.concatenate([given, moved(span.basis[len(given) :], 1 / units)])
            is_spanned = len(given) == len(basis)
        basis.flags.writeable = False
        self.__dict__.update(
            basis=basis,
            units=units,
            is_spanned=is_spanned,
            span=span,
            _classical=classical,
            _arguments=(generators, tuple(normalising), name),
        )

    @cached_property
    def key(self) -> bytes:
        """The digest of its basis."""
        return digest(self.basis)

    @property
    def is_complex(self) -> bool:
        """Whether its matrices are kept as complex ones; its coefficients are real all the same."""
        return np.iscomplexobj(self.basis)

    @property
    def dim(self) -> int:
        """Its dimension over the real numbers."""
        return len(self.basis)

    @cached_property
    def structure_constants(self) -> np.ndarray:
        """c with [A_i, A_j] = Σ_k c[i, j, k] A_k for the basis A, real, shape (dim, dim, dim).

        Raises:
            ProblemTooLargeError: if they do not fit in memory.
        """
        required = 3 * 8 * self.dim**3
        if required > memory_limit():
            what = f"The structure constants of a Lie algebra of dimension {self.dim:,}"
            raise ProblemTooLargeError(what, required, memory_limit())
        constants = np.empty((self.dim,) * 3)
        for i, A in enumerate(self.basis):
            constants[i] = self.coordinates(A @ self.basis - self.basis @ A)
        constants.flags.writeable = False
        return constants

    @cached_property
    def killing_form(self) -> np.ndarray:
        """K[i, j] = tr(ad A_i ad A_j) for the basis A, symmetric, shape (dim, dim)."""
        c = self.structure_constants
        form = np.einsum("ikl,jlk->ij", c, c)
        form.flags.writeable = False
        return form

    @cached_property
    def is_abelian(self) -> bool:
        """Whether all brackets vanish."""
        basis = self.span.basis
        return all(np.abs(A @ basis - basis @ A).max(initial=0) < EXACT for A in basis)

    @cached_property
    def is_semisimple(self) -> bool:
        """Whether it has no abelian ideal but zero: the Killing form is not degenerate (Cartan).

        The zero algebra, of a discrete group, counts as semisimple.
        """
        if self.dim == 0:
            return True
        if self._classical is not None:
            # it is reductive, and its centre consists of multiples of 1, or is all of it
            return self.dim > 1 and not np.trace(self.basis, axis1=1, axis2=2).any()
        # in an orthonormal basis, where the scale of the generators plays no part
        flat = partial(as_real_rows, is_complex=self.is_complex)
        c = flat(_brackets(self.span.basis)) @ flat(self.span.basis).T
        values = np.abs(np.linalg.eigvalsh(np.einsum("ikl,jlk->ij", c, c)))
        try:
            return numerical_rank(values, RANK)[0] == self.dim
        except AmbiguousRankError as error:
            raise ValueError(
                "Whether this Lie algebra is semisimple cannot be decided: its Killing form has "
                f"eigenvalues {error.above:.1e} and {error.below:.1e}. Give its generators with "
                "more digits, or in coordinates closer to orthogonal ones."
            ) from None

    def coordinates(self, matrices: np.ndarray) -> np.ndarray:
        """The coefficients of some of its matrices in the basis.

        Args:
            matrices: shape (..., d, d).

        Returns:
            Real, shape (..., dim). What is not in the algebra is projected onto it.
        """
        return as_real_rows(moved(matrices, self.units), self.is_complex) @ self._dual

    @cached_property
    def _dual(self) -> np.ndarray:
        """The columns that give the coordinates of a matrix as a real row."""
        flat = as_real_rows(moved(self.basis, self.units), self.is_complex)
        scales = np.linalg.norm(flat, axis=1)
        return np.linalg.pinv((flat.T / scales).T) / scales

    def project(self, matrix: np.ndarray) -> np.ndarray:
        """The matrix of the algebra that is nearest to some matrix, shape (d, d)."""
        return moved(self.span.project(moved(matrix, self.units)), 1 / self.units)

    def size(self, matrix: np.ndarray) -> float:
        """The Frobenius norm of a matrix in `units`."""
        return float(sizes_of(moved(matrix, self.units)))

    def distance(self, matrix: np.ndarray) -> float:
        """How far a matrix is from the algebra, in the Frobenius norm in `units`."""
        return self.size(matrix - self.project(matrix))

    def __contains__(self, matrix: np.ndarray) -> bool:
        """Whether a matrix is in the algebra, to `tolerances.EXACT` of its norm."""
        matrix = np.asarray(matrix)
        if matrix.shape != self.basis.shape[1:]:
            return False
        return self.distance(matrix) < EXACT * self.size(matrix) or not matrix.any()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A `LieAlgebra` is immutable; cannot set `{name}`.")

    def __reduce__(self):
        return LieAlgebra, self._arguments

    def __repr__(self) -> str:
        d, given = self.basis.shape[1], len(self._arguments[0])
        closure = "" if self.is_spanned else f", the closure of {given} generators"
        return f"LieAlgebra(dim={self.dim}, on dimension {d}{closure})"


def _brackets(matrices: np.ndarray) -> np.ndarray:
    """[A_i, A_j], shape (n, n, d, d)."""
    products = matrices[:, None] @ matrices
    return products - products.swapaxes(0, 1)


def double_precision() -> AbstractContextManager:
    """A context in which JAX computes in float64, in this thread alone.

    Example:
        >>> import jax
        >>> with double_precision():
        ...     jax.numpy.ones(2).dtype
        dtype('float64')
    """
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    # before JAX 0.8
    from jax.experimental import enable_x64  # pyright: ignore[reportAttributeAccessIssue]

    return enable_x64()


def tangents(function: Callable[[jax.Array], Any], num_parameters: int, name: str) -> np.ndarray:
    """The derivatives of a parametrised group at the identity, which span its Lie algebra.

    What is checked: f(0) = 1; the derivative at zero is finite, and f follows it nearby; and f does
    not leave the group. A differentiable path that starts at the identity stays in the connected
    group of a Lie algebra exactly if f'(t) f(t)⁻¹ stays in the algebra, so that is looked at, at
    random parameters. Where f is analytic, one generic point speaks for all.

    References:
        Hall, "Lie Groups, Lie Algebras, and Representations" (2015), sections 3.5 and 5.3.

    Args:
        function: from parameters of shape (num_parameters,) to a (d, d) matrix, in `jax.numpy`.
        num_parameters: how many there are.
        name: of the group, for messages.

    Returns:
        float64 or complex128, shape (num_parameters, d, d).

    Raises:
        TypeError: if the function is no function, or not one that JAX can differentiate.
        ValueError: if one of the checks fails.
    """
    if not callable(function):
        raise TypeError(
            "`Group.from_function(function=...)` should be a function from parameters to a "
            f"matrix. Got {function!r}."
        )
    with double_precision():
        zero = jnp.zeros(num_parameters)
        identity = _value(function, zero)
        d = len(identity)
        if np.abs(identity - np.eye(d)).max() > EXACT:
            raise ValueError(
                "`Group.from_function(function=...)` should be the identity matrix where all "
                f"parameters are zero. Got function(0) =\n{identity}"
            )
        algebra = _derivative(function, zero)
        if not np.isfinite(algebra).all():
            raise _not_smooth(
                f"its derivative there has entries {algebra[~np.isfinite(algebra)][0]}"
            )
        rng = np.random.RandomState(0)
        for direction in (*np.eye(num_parameters), rng.normal(size=num_parameters)):
            step = STEP * direction / np.linalg.norm(direction)
            for sign in (1, -1):
                change = _value(function, jnp.asarray(sign * step)) - np.eye(d)
                expected = np.tensordot(sign * step, algebra, axes=1)
                miss = np.linalg.norm(change - expected) / STEP
                if not miss < SMOOTH * max(1, np.linalg.norm(algebra)):
                    raise _not_smooth(
                        f"for parameters of length {STEP:.0e} it misses its linear approximation "
                        f"by {miss:.1e} of that length"
                    )
        _check_closed(function, LieAlgebra(algebra, name=name), num_parameters)
    return algebra


def _check_closed(function: Callable, closure: LieAlgebra, num_parameters: int) -> None:
    rng = np.random.RandomState(1)
    for _ in range(NUM_POINTS):
        theta = rng.normal(size=num_parameters)
        theta *= RADIUS / np.linalg.norm(theta)
        inverse = np.linalg.inv(_value(function, jnp.asarray(theta)))
        velocities = _derivative(function, jnp.asarray(theta)) @ inverse
        for velocity in velocities:
            rest = closure.distance(velocity)
            if not rest < EXACT * max(1, closure.size(velocity)):
                raise ValueError(
                    "`Group.from_function(function=...)` should stay in the group that its "
                    f"derivatives at zero generate, of dimension {closure.dim}. At the parameters "
                    f"{np.round(theta, 3).tolist()} it leaves it: f' f⁻¹ lies {rest:.1e} from the "
                    "Lie algebra. Either the matrices form no group, or some direction of it does "
                    "not show at zero, because its parameter enters only squared."
                )


def _value(function: Callable, theta: jax.Array) -> np.ndarray:
    try:
        value = np.asarray(function(theta))
    except jax.errors.TracerArrayConversionError as error:
        raise _not_jax() from error
    if value.ndim != 2 or value.shape[0] != value.shape[1]:
        raise ValueError(
            "`Group.from_function(function=...)` should return a square matrix. Got shape "
            f"{value.shape} for parameters of shape {theta.shape}."
        )
    if not np.isfinite(value).all():
        raise _not_smooth(f"at the parameters {np.asarray(theta).tolist()} it is not finite")
    return value.astype(complex if np.iscomplexobj(value) else float)


def _derivative(function: Callable, theta: jax.Array) -> np.ndarray:
    """Shape (num_parameters, d, d)."""

    def parts(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        value = jnp.asarray(function(theta))
        return jnp.real(value), jnp.imag(value)

    try:
        real, imaginary = (np.moveaxis(np.asarray(x), -1, 0) for x in jax.jacobian(parts)(theta))
        is_complex = jnp.iscomplexobj(jax.eval_shape(function, theta))
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
        raise _not_jax() from error
    return real + 1j * imaginary if is_complex else real


def _not_jax() -> TypeError:
    return TypeError(
        "`Group.from_function(function=...)` should be differentiable by JAX. Got a function that "
        "turns its parameters into NumPy arrays or Python numbers. Write it with `jax.numpy`."
    )


def _not_smooth(what: str) -> ValueError:
    return ValueError(
        "`Group.from_function(function=...)` should be analytic at the identity, where all "
        f"parameters are zero; {what}. Choose other parameters, without roots, absolute values or "
        "quotients 0/0 at zero."
    )
