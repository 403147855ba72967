"""Representations given by a function of the element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from constrainet.arguments import check_count
from constrainet.groups import Group, check_group, double_precision
from constrainet.linalg import digest
from constrainet.reps.action import block_diagonal, embedded
from constrainet.reps.atomic import AtomicRep
from constrainet.reps.rep import Rep
from constrainet.tolerances import AGREE

MOST_PAIRS = 60
"""Pairs of generators whose products are compared."""

NUM_WORDS = 12
"""Random words in the generators at which products are compared."""


@dataclass(frozen=True, eq=False, repr=False)
class FunctionRep(AtomicRep):
    """ρ(g) by a function; made by `from_function`.

    Attributes:
        function: from (group.dim, group.dim) to (dim, dim), in JAX.
        size: dim.
        label: how it is written; it does not count for equality.
    """

    function: Callable
    size: int
    label: str

    @property
    def dim(self) -> int:
        return self.size

    @cached_property
    def is_complex(self) -> bool:
        return np.iscomplexobj(self._at(np.eye(self.group.dim, dtype=self.group.dtype)))

    @cached_property
    def key(self) -> bytes:
        images = [part for both in self._generator_images for part in both]
        return digest("function", self.group.key, self.size, tuple(images))

    def matrices(self, place):
        return self._generator_images[place]

    @cached_property
    def _generator_images(self) -> list[tuple[list[np.ndarray], list[np.ndarray]]]:
        """For each factor, in float64."""
        return [
            ([self._at(h) for h in discrete], [self._tangent(A) for A in lie])
            for discrete, lie in embedded(self.group)
        ]

    def _at(self, g: np.ndarray) -> np.ndarray:
        with jax.ensure_compile_time_eval(), double_precision():
            value = np.asarray(self.function(jnp.asarray(g)))
        return value.astype(np.result_type(value, float)) if value.dtype.kind in "biu" else value

    def _tangent(self, A: np.ndarray) -> np.ndarray:
        with jax.ensure_compile_time_eval(), double_precision():
            return np.asarray(self._jvp(jnp.asarray(A)))

    def _jvp(self, A):
        one = jnp.eye(self.group.dim, dtype=A.dtype)
        return jax.jvp(self.function, (one,), (A,))[1]

    def _rho(self, blocks):
        g = block_diagonal(blocks)
        return self.function(g) if isinstance(g, jax.Array) else self._at(self._cast(g))

    def _drho(self, blocks):
        A = block_diagonal(blocks)
        return self._jvp(A) if isinstance(A, jax.Array) else self._tangent(self._cast(A))

    def _cast(self, matrix: np.ndarray) -> np.ndarray:
        return matrix.astype(np.result_type(matrix, self.group.dtype))

    def __str__(self):
        return self.label


def from_function(group: Group, rho: Callable, dim: int, *, label: str = "ρ") -> Rep:
    """The representation whose matrices a function computes.

    `drho` is found by automatic differentiation at the identity, in float64 whatever JAX's
    configuration. Two such representations are equal if the images of the generators are, whatever
    the functions.

    Args:
        group: the group.
        rho: a pure function of an element, shape (group.dim, group.dim), that returns its matrix,
            shape (dim, dim). Written with `jax.numpy`, and defined near the identity also for
            matrices outside the group. To be pickled, it must not be a lambda.
        dim: the dimension.
        label: how the representation is written; it does not count for equality.

    Returns:
        A representation; `act` is jit-safe and differentiable as far as the function is.

    Raises:
        TypeError: if `group` is not a group, `rho` cannot be called, or `dim` is no whole number.
        ValueError: if the function does not return finite matrices of shape (dim, dim), cannot be
            differentiated at the identity, or is no homomorphism: compared are the products of
            generators and of random words in them, exponentials, and brackets.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import SL
        >>> from constrainet.reps import V, from_function
        >>> pairs = from_function(SL(2), lambda g: jnp.kron(g, g), 4)
        >>> (pairs >> V(SL(2)) ** 2).equivariant_basis().rank
        2
        >>> from_function(SL(2), lambda g: g.T, 2)
        Traceback (most recent call last):
        ValueError: `from_function(SL(2), ...)` should get a homomorphism. ρ(exp A0) ρ(exp A1) and
        ρ(exp A0 exp A1) differ by 1.0e+00.
    """
    check_group("from_function", group)
    if not callable(rho):
        raise TypeError(f"`from_function(rho=...)` should be a function. Got {rho!r}.")
    check_count("from_function(dim=...)", dim, 1)
    rep = FunctionRep(group, rho, int(dim), label)
    _check_values(rep)
    for left, right, difference in _violations(rep):
        raise ValueError(
            f"`from_function({group}, ...)` should get a homomorphism. {left} and {right} differ "
            f"by {difference:.1e}."
        )
    return rep


def _check_values(rep: FunctionRep) -> None:
    one = np.eye(rep.group.dim, dtype=rep.group.dtype)
    value = rep._at(one)
    shape = (rep.dim, rep.dim)
    if value.shape != shape or value.dtype.kind not in "biufc":
        raise ValueError(
            f"`from_function(rho=...)` should return matrices of shape {shape}. "
            f"Got {value.dtype} of shape {value.shape}."
        )
    try:
        images = [image for both in rep._generator_images for part in both for image in part]
    except jax.errors.TracerArrayConversionError:
        raise ValueError(
            "`from_function(rho=...)` should be written with `jax.numpy`, so that it can be "
            "differentiated. It converts its argument to a NumPy array."
        ) from None
    if not all(np.isfinite(matrix).all() for matrix in (value, *images)):
        raise ValueError(
            "`from_function(rho=...)` should have finite values and derivatives at the identity "
            "and the generators. Got NaN or infinity."
        )


def _violations(rep: FunctionRep) -> Iterator[tuple[str, str, float]]:
    """What a homomorphism would have equal, and is not."""
    group = rep.group
    one = np.eye(group.dim, dtype=group.dtype)
    sizes = np.linalg.norm(group.lie_algebra, 2, axis=(1, 2))
    tangents = [
        (f"A{i}" if np.isclose(size, 1) else f"A{i}/{size:.3g}", A / size)
        for i, (A, size) in enumerate(zip(group.lie_algebra, sizes, strict=True))
        if size > 0
    ]
    elements = [(f"h{i}", h) for i, h in enumerate(group.discrete_generators)]
    # on both sides of the identity, where absolute values and roots differ
    tangents += [(f"-{name}", -A) for name, A in tangents]
    elements += [(f"exp {name}", scipy.linalg.expm(A)) for name, A in tangents]
    yield from _unequal("ρ(1)", rep._at(one), "1", np.eye(rep.dim))
    rng = np.random.default_rng(0)
    pairs = list(combinations_with_replacement(elements, 2))[:MOST_PAIRS]
    for _ in range(NUM_WORDS if elements else 0):
        pairs.append((_word(elements, rng), _word(elements, rng)))
    for (g_name, g), (h_name, h) in pairs:
        left, right = f"ρ({g_name}) ρ({h_name})", f"ρ({g_name} {h_name})"
        yield from _unequal(left, rep._at(g) @ rep._at(h), right, rep._at(g @ h))
    for name, A in tangents:
        expected = scipy.linalg.expm(rep._tangent(A))
        yield from _unequal(
            f"ρ(exp {name})", rep._at(scipy.linalg.expm(A)), f"exp dρ({name})", expected
        )
    for (a, A), (b, B) in combinations_with_replacement(tangents[: len(tangents) // 2], 2):
        p, q = rep._tangent(A), rep._tangent(B)
        bracket = rep._tangent(A @ B - B @ A)
        yield from _unequal(f"[dρ({a}), dρ({b})]", p @ q - q @ p, f"dρ([{a}, {b}])", bracket)


def _word(elements, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    chosen = [elements[i] for i in rng.integers(0, len(elements), rng.integers(2, 5))]
    product = chosen[0][1]
    for _, g in chosen[1:]:
        product = product @ g
    return " ".join(name for name, _ in chosen), product


def _unequal(left: str, a: np.ndarray, right: str, b: np.ndarray) -> Iterator:
    difference = np.abs(a - b).max()
    # also where a value is not a number
    if not difference <= AGREE * max(1.0, np.abs(b).max()):
        yield left, right, float(difference)
