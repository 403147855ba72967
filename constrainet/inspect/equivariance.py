"""How far a function is from being equivariant, measured.

The group acts in float64 on the host, and only the function runs in its own precision, so what is
measured is the function's error and not that of the measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups import Group, double_precision
from constrainet.inspect.pattern import source_of
from constrainet.reps import NamedSum, Rep, under_one_group

FACTOR = 50
"""How much larger than the measured effect of rounding an error may be.

Deep models lose a factor of ten where layers cancel; a broken one is wrong by 1e-2 or more.
"""

FLOOR = 1e3
"""Errors below this many machine epsilons are rounding in any case: 1e-4 in float32."""

CEILING = 1e-2
"""However unstable a function is, this relative error is no rounding (10 epsilons may be more)."""


@dataclass(frozen=True, eq=False)
class EquivarianceError:
    """What `equivariance_error` measured; all numbers relative and dimensionless.

    An error is ‖f(ρ_in(g) x) - ρ_out(g) f(x)‖, relative to the larger of the two norms (in the
    root mean square over inputs).

    Attributes:
        worst: the largest over random group elements and inputs.
        mean: the mean over them.
        element: the group element at which the largest occurred, shape (group.dim, group.dim).
        discrete: the largest over inputs for each discrete generator.
        infinitesimal: the same for each Lie algebra generator A, scaled to norm 1, of the
            derivative: ‖Df(x) dρ_in(A) x - dρ_out(A) f(x)‖.
        rounding: how large the errors would be if only inputs and outputs were rounded.
        group: the group.
        dtype: the precision of the inputs.
    """

    worst: float
    mean: float
    element: np.ndarray = field(repr=False)
    discrete: tuple[float, ...]
    infinitesimal: tuple[float, ...]
    rounding: float
    group: Group
    dtype: np.dtype

    @property
    def largest(self) -> float:
        """The largest of all errors, by random elements and by generators."""
        return max((self.worst, *self.discrete, *self.infinitesimal))

    @property
    def tolerance(self) -> float:
        """What passes for rounding: 50 times its measured effect, and 1e-4 in float32 anyway."""
        epsilon = float(jnp.finfo(self.dtype).eps)
        least, most = FLOOR * epsilon, max(CEILING, 10 * epsilon)
        return min(max(FACTOR * self.rounding, least), most)

    @property
    def is_equivariant(self) -> bool:
        """Whether all errors pass for rounding."""
        return self.largest <= self.tolerance

    def __str__(self):
        verdict = "equivariant" if self.is_equivariant else "NOT equivariant"
        lines = [
            f"{verdict} under {self.group}, in {self.dtype}",
            f"  random elements     worst {self.worst:.1e}, mean {self.mean:.1e}",
        ]
        for name, errors in (
            ("discrete generators", self.discrete),
            ("Lie generators     ", self.infinitesimal),
        ):
            if errors:
                shown = ", ".join(f"{error:.1e}" for error in errors[:8])
                lines.append(f"  {name} {shown}{', ...' if len(errors) > 8 else ''}")
        lines.append(f"  rounding alone      {self.rounding:.1e}")
        return "\n".join(lines)


def equivariance_error(
    f: Any,
    rep_in: Rep,
    rep_out: Rep,
    key: jax.Array,
    *,
    num_elements: int = 16,
    num_inputs: int = 8,
    dtype: Any = None,
    infinitesimal: bool = True,
) -> EquivarianceError:
    """Measures how far a function is from f(ρ_in(g) x) = ρ_out(g) f(x).

    Args:
        f: a matrix of shape (rep_out.dim, rep_in.dim), or a JAX function of arrays of shape
            (batch, rep_in.dim) to (batch, rep_out.dim); of `named` representations also a function
            of dictionaries, or to them.
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        key: a JAX random key; elements and normally distributed inputs depend on it.
        num_elements: how many random group elements are tried.
        num_inputs: how many inputs with each.
        dtype: of the inputs; by default the matrix's own, or JAX's default precision (complex if
            `rep_in` is).
        infinitesimal: whether to differentiate a function along the Lie algebra's generators.

    Returns:
        The errors, beside what rounding alone would lead to.

    Raises:
        TypeError: if a representation is none, or f neither a matrix nor a function.
        ValueError: if f has or returns another shape, or returns NaN or infinity; if the
            representations are of different groups; if the precision is not available.

    Example:
        >>> import jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> def norm(x):
        ...     return (x**2).sum(axis=-1, keepdims=True)
        >>> G = O(3)
        >>> error = equivariance_error(norm, V(G), Scalar(G), jax.random.key(0))
        >>> error.worst < 1e-5, error.is_equivariant, len(error.infinitesimal)
        (True, True, 3)
    """
    measured = Measurement(f, rep_in, rep_out, key, num_elements, num_inputs, dtype)
    return measured.error(infinitesimal)


class Measurement:
    """One function's values at transformed inputs; the arguments are `equivariance_error`'s."""

    def __init__(
        self,
        f: Any,
        rep_in: Rep,
        rep_out: Rep,
        key: jax.Array,
        num_elements: int = 16,
        num_inputs: int = 8,
        dtype: Any = None,
    ):
        rep_in = source_of(rep_in, rep_out, "equivariance_error")
        for name, count in (("num_elements", num_elements), ("num_inputs", num_inputs)):
            if count < 1:
                raise ValueError(
                    f"`equivariance_error({name}=...)` should be positive. Got {count}."
                )
        self.source, self.target = under_one_group(rep_in, rep_out)
        self.group = self.source.group
        self.matrix = None if callable(f) else _checked_matrix(f, self.source, self.target)
        self.dtype = self._dtype(dtype)
        self.elements = samples(self.group, key, num_elements)
        # drawn by NumPy, because JAX would compile for each shape
        stream = np.random.RandomState(np.asarray(jax.random.key_data(key)).ravel())
        self.noise = stream.normal(size=(num_inputs, self.source.dim))
        self.output_noise = stream.normal(size=(num_inputs, self.target.dim))
        x = stream.normal(size=(2, num_inputs, self.source.dim))
        self.x = self._rounded((x[0] + 1j * x[1]) / 2**0.5 if self.source.is_complex else x[0])
        self.f = self._on_arrays(f) if self.matrix is None else f

    def _dtype(self, dtype) -> np.dtype:
        if dtype is None:
            dtype = jnp.zeros(()).dtype if self.matrix is None else self.matrix.dtype
            if self.source.is_complex:
                dtype = jnp.promote_types(dtype, jnp.complex64)
        dtype = np.dtype(dtype)
        if self.matrix is None and jnp.asarray(np.zeros((), dtype)).dtype != dtype:
            raise ValueError(
                f"`equivariance_error(dtype={dtype})` needs JAX's `jax_enable_x64`, which is off."
            )
        return dtype

    def _rounded(self, x: np.ndarray) -> np.ndarray:
        """In the function's precision, as float64 or complex128."""
        real = x if jnp.issubdtype(self.dtype, jnp.complexfloating) else np.real(x)
        return np.asarray(np.asarray(real, self.dtype), real.dtype)

    # --- the function --------------------------------------------------------------------------

    def _on_arrays(self, f: Any) -> Any:
        """The function from arrays to arrays, also if it is one of dictionaries of named parts."""
        target = self.target

        def packed(y):
            if isinstance(target, NamedSum) and isinstance(y, Mapping):
                return target.pack(y)
            return y

        if isinstance(source := self.source, NamedSum) and self._takes_names(f, source):
            return lambda x: packed(f(source.unpack(x)))
        return lambda x: packed(f(x))

    def _takes_names(self, f: Any, source: NamedSum) -> bool:
        """Whether a function takes dictionaries; the error is then theirs if arrays fail too."""
        x = jnp.asarray(np.asarray(self.x, self.dtype))
        try:
            y = _shapes(f, source.unpack(x))
        except Exception as error:
            try:
                _shapes(f, x)
            except Exception:
                raise error from None
            return False
        return isinstance(self.target, NamedSum) or not isinstance(y, Mapping)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """f at inputs (n, rep_in.dim), computed in its own precision: (n, rep_out.dim)."""
        x = np.asarray(self._rounded(x), self.dtype)
        if self.matrix is not None:
            return self._checked(x @ self.matrix.T, len(x))
        return self._checked(self.f(jnp.asarray(x)), len(x))

    def derivative(self, tangents: np.ndarray) -> np.ndarray:
        """Df(x) along tangents, shape (D, n, rep_in.dim) to (D, n, rep_out.dim)."""
        tangents = np.asarray(self._rounded(tangents), self.dtype)
        if self.matrix is not None:
            return np.asarray(tangents @ self.matrix.T, complex)
        x = jnp.asarray(np.asarray(self.x, self.dtype))

        def along(tangent):
            return jax.jvp(self.f, (x,), (tangent,))[1]

        return np.asarray(jax.vmap(along)(jnp.asarray(tangents)), complex)

    def _checked(self, y, count: int) -> np.ndarray:
        shape = (count, self.target.dim)
        if getattr(y, "shape", None) != shape:
            raise ValueError(
                "`equivariance_error(f=...)` should map arrays of shape "
                f"{(count, self.source.dim)} to {shape}, because `rep_out` is {self.target}. Got "
                f"{getattr(y, 'shape', type(y).__name__)}."
            )
        y = np.asarray(y, complex)
        if not np.isfinite(y).all():
            raise ValueError(
                "`equivariance_error(f=...)` should return finite numbers, or nothing can be "
                "compared. Got NaN or infinity for normally distributed inputs."
            )
        return y

    # --- the errors ----------------------------------------------------------------------------

    @cached_property
    def inputs(self) -> np.ndarray:
        """x, and x moved by elements and by discrete generators: (1 + elements + generators, n, d).

        They are evaluated together, because JAX compiles functions for each size of a batch.
        """
        moved = [act(self.source, g, self.x) for g in self.elements]
        generated = [(h @ self.x.T).T for h in self.source.generator_images[0]]
        return np.stack([self.x, *moved, *generated])

    @cached_property
    def outputs(self) -> np.ndarray:
        """f at all of them."""
        return self.on_all(self.inputs)

    @property
    def values(self) -> np.ndarray:
        """f(x), shape (num_inputs, rep_out.dim)."""
        return self.outputs[0]

    def on_all(self, inputs: np.ndarray) -> np.ndarray:
        """f at inputs (k, n, rep_in.dim), in one batch."""
        flat = self.evaluate(inputs.reshape(-1, self.source.dim))
        return flat.reshape(*inputs.shape[:2], self.target.dim)

    def error(self, infinitesimal: bool = True) -> EquivarianceError:
        """All of them."""
        expected = np.stack([act(self.target, g, self.values) for g in self.elements])
        errors, scales = relative_errors(self._moved(self.outputs), expected)
        return EquivarianceError(
            worst=float(errors.max()),
            mean=float(errors.mean()),
            element=self.elements[errors.max(axis=1).argmax()],
            discrete=self._discrete(),
            infinitesimal=self._infinitesimal() if infinitesimal else (),
            rounding=self._rounding(scales),
            group=self.group,
            dtype=self.dtype,
        )

    def _moved(self, values: np.ndarray) -> np.ndarray:
        """Those of `inputs` or `outputs` that belong to elements."""
        return values[1 : 1 + len(self.elements)]

    def _discrete(self) -> tuple[float, ...]:
        outputs = self.outputs[1 + len(self.elements) :]
        images = self.target.generator_images[0]
        return tuple(
            float(relative_errors(got[None], (h @ self.values.T).T[None])[0].max())
            for h, got in zip(images, outputs, strict=True)
        )

    def _infinitesimal(self) -> tuple[float, ...]:
        algebra = self.group.lie_algebra
        if not len(algebra):
            return ()
        sizes = np.linalg.norm(algebra, 2, axis=(1, 2))
        sizes = np.where(sizes > 0, sizes, 1)[:, None, None]
        images = self.source.generator_images[1], self.target.generator_images[1]
        tangents = np.stack([(a @ self.x.T).T for a in images[0]]) / sizes
        expected = np.stack([(a @ self.values.T).T for a in images[1]]) / sizes
        got = self.derivative(tangents)
        # invariants have no derivative; their own size is then the measure
        errors, _ = relative_errors(got, expected, np.linalg.norm(self.values, axis=-1))
        return tuple(errors.max(axis=1).tolist())

    def _rounding(self, scales: np.ndarray) -> float:
        """What changes if inputs and outputs change by one rounding, or products are exact."""
        epsilon = float(jnp.finfo(self.dtype).eps)
        trembling = epsilon * self.output_noise * self.values
        moved = np.stack([act(self.target, g, trembling) for g in self.elements])
        shaken = self.on_all(self.inputs * (1 + epsilon * self.noise)) - self.outputs
        total = sum(np.linalg.norm(part, axis=-1) for part in (moved, self._moved(shaken)))
        # fast matrix units round to fewer digits than the dtype has; a CPU has none
        if jax.default_backend() != "cpu":
            with jax.default_matmul_precision("highest"):
                products = self.on_all(self.inputs) - self.outputs
            total = total + np.linalg.norm(self._moved(products), axis=-1)
        return float((total / scales).max())


def relative_errors(
    got: np.ndarray, expected: np.ndarray, least: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Norms of differences, relative to the larger of the two in the mean square over inputs.

    Args:
        got: shape (elements, inputs, dim).
        expected: the same.
        least: norms that the scale does not fall below, shape (inputs,).

    Returns:
        The errors, shape (elements, inputs), infinite where they are not numbers, and the scales,
        shape (elements, 1).
    """
    norms = np.maximum(np.linalg.norm(got, axis=-1), np.linalg.norm(expected, axis=-1))
    scales = np.sqrt((np.maximum(norms, least) ** 2).mean(axis=1, keepdims=True))
    scales = np.where(scales > 0, scales, 1)
    errors = np.linalg.norm(got - expected, axis=-1) / scales
    return np.where(np.isnan(errors), np.inf, errors), scales


def _shapes(f: Any, x: Any) -> Any:
    """What a function returns, in shapes, or in numbers if JAX cannot trace it."""
    try:
        return jax.eval_shape(f, x)
    except (jax.errors.JAXTypeError, jax.errors.JAXIndexError):
        return f(x)


def samples(group: Group, key: jax.Array, count: int) -> np.ndarray:
    """Random elements in float64 or complex128, whatever JAX's default precision."""
    with double_precision():
        return np.asarray(group.samples(key, count))


def act(rep: Rep, g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """ρ(g) x, real for real representations."""
    moved = rep.act(g, x)
    # the elements of a product are complex if any factor is
    return moved if rep.is_complex or np.iscomplexobj(x) else np.real(moved)


def _checked_matrix(f: Any, source: Rep, target: Rep) -> np.ndarray:
    if not hasattr(f, "shape"):
        raise TypeError(
            f"`equivariance_error(f=...)` should be a matrix or a function. Got {type(f).__name__}."
        )
    matrix = np.asarray(f)
    if matrix.shape != (target.dim, source.dim):
        raise ValueError(
            f"`equivariance_error(f=...)` should have shape ({target.dim}, {source.dim}), that of "
            f"a matrix from {source} to {target}. Got {matrix.shape}."
        )
    is_whole = matrix.dtype.kind in "biu"
    return matrix.astype(float) if is_whole else matrix
