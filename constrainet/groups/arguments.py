"""Checks of what callers pass: sizes, generator matrices and random keys.

Each returns the argument in the one form that the rest of the floor works with, or raises an
error that names the argument, what it should be, what came, and what to do.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from inspect import isclass, isfunction
from typing import NoReturn

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.arguments import check_count
from constrainet.linalg import LARGEST_CONDITION, Matrix, Monomial, even_units, moved
from constrainet.tolerances import EXACT


def check_size(name: str, argument: str, value: object, minimum: int = 1) -> int:
    """An integer argument of a function of the catalogue, such as the n of `SO(n)`.

    Args:
        name: of the function, for the message.
        argument: its name, for the message.
        value: what was passed; NumPy integers will do, booleans and floats will not.
        minimum: the smallest value allowed.

    Returns:
        The value as an int.

    Raises:
        TypeError: if the value is no integer.
        ValueError: if it is smaller than `minimum`.
    """
    check_count(f"{name}({argument}=...)", value, minimum)
    return operator.index(value)  # pyright: ignore[reportArgumentType] (known to be an integer)


def check_images(name: str, value: object) -> np.ndarray:
    """Permutations as rows of images.

    Args:
        name: of the call, for the message.
        value: what was passed.

    Returns:
        Ints of shape (M, n), each row a permutation of 0 ... n-1.

    Raises:
        TypeError: if the entries are no integers.
        ValueError: if a row is no permutation, or the rows differ in length.
    """
    try:
        rows = np.asarray(value)
        got = f"shape {rows.shape}"
    except ValueError:
        rows, got = np.empty(0), "rows of different lengths"
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(
            f"`{name}` should have shape (num_generators, num_points), one row of images for each "
            f"generator. Got {got}. Wrap a single permutation in a list."
        )
    if rows.dtype.kind not in "iu":
        raise TypeError(f"`{name}` should be integers, counted from 0. Got dtype {rows.dtype}.")
    n = rows[0].size
    for index, row in enumerate(list(rows)):
        if not np.array_equal(np.sort(row), np.arange(n)):
            raise ValueError(
                f"`{name}` should be permutations of 0 ... {n - 1}. Got {row.tolist()} at index "
                f"{index}. Cycles are for `Group.from_cycles`."
            )
    return rows.astype(np.intp)


def check_element(name: str, value: object, dim: int) -> np.ndarray:
    """A matrix that may be an element of a group, in double precision.

    Args:
        name: of the call, for the message.
        value: what was passed.
        dim: of the group.

    Returns:
        float64 or complex128, shape (dim, dim).

    Raises:
        ValueError: if it has another shape, is not finite, or is known to single precision only.
        TypeError: if it does not hold numbers.
    """
    if isinstance(value, Monomial):
        value = value.to_dense()
    array = np.asarray(value)
    if not jnp.issubdtype(array.dtype, np.number):
        raise TypeError(f"`{name}` should hold real or complex numbers. Got dtype {array.dtype}.")
    if array.shape != (dim, dim):
        raise ValueError(
            f"`{name}` should be a matrix of shape {(dim, dim)}, the size of the group's elements. "
            f"Got {array.shape}."
        )
    if jnp.issubdtype(array.dtype, np.inexact) and jnp.finfo(array.dtype).eps > EXACT:
        raise ValueError(
            f"`{name}` should be known to 1e-10, because it is compared with exact elements. Got "
            f"dtype {array.dtype}. Compute it in float64 or complex128."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` should be finite. Got {array[~np.isfinite(array)][0]}.")
    return array.astype(complex if np.iscomplexobj(array) else float)


def check_key(key: object) -> jax.Array:
    """A single JAX random key, typed (`jax.random.key`) or raw (`jax.random.PRNGKey`).

    Args:
        key: what was passed.

    Returns:
        The same key as a typed one, of shape ().

    Raises:
        TypeError: if it is no key.
        ValueError: if it is an array of keys.
    """
    if isinstance(key, jax.Array | np.ndarray):
        if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
            if key.shape == ():
                return key  # pyright: ignore[reportReturnType] (NumPy arrays hold no typed keys)
            raise ValueError(
                f"`key` should be a single JAX random key. Got an array of keys of shape "
                f"{key.shape}. Draw several elements with `samples(key, n)`, or map over the keys "
                "with `jax.vmap`."
            )
        # raw keys are uint32 vectors; how long they are depends on JAX's default generator
        if key.dtype == np.uint32 and key.ndim == 1:
            try:
                return jax.random.wrap_key_data(jnp.asarray(key))
            except (TypeError, ValueError):
                pass
        got = f"an array of dtype {key.dtype} and shape {key.shape}"
    else:
        got = f"{key!r}, which is of type {type(key).__name__}"
    raise TypeError(f"`key` should be a JAX random key. Got {got}. Make one: `jax.random.key(0)`.")


def check_lie_algebra(value: object) -> np.ndarray | None:
    """The `lie_algebra` of a `Group` as a new array of shape (D, d, d), or None for `[]`.

    Args:
        value: what was passed.

    Returns:
        float64 or complex128, shape (D, d, d).

    Raises:
        ValueError: if its shape is wrong or an entry is not finite.
        TypeError: if it does not hold numbers.
    """
    return None if _is_empty_list(value) else _check_stack("lie_algebra", value)


def check_discrete_generators(value: object) -> list[Matrix] | np.ndarray | None:
    """The `discrete_generators` of a `Group`, monomial where they can be; None for `[]`.

    Args:
        value: what was passed: an array of shape (M, d, d), or a sequence of matrices and
            `Monomial`s.

    Returns:
        The matrices, each a `Monomial` or a read-only array of shape (d, d); an array of shape
        (0, d, d) if there are none but their size is known.

    Raises:
        ValueError: if a shape is wrong, an entry is not finite, or a matrix is singular.
        TypeError: if it does not hold numbers.
    """
    if isinstance(value, Monomial):
        raise ValueError(
            "`Group(discrete_generators=...)` should be a sequence of matrices. Got a single "
            "`Monomial`. Wrap it in a list."
        )
    if isinstance(value, Sequence) and any(isinstance(item, Monomial) for item in value):
        matrices = [_check_matrix(item) for item in value]
    else:
        if _is_empty_list(value):
            return None
        stack = _check_stack("discrete_generators", value)
        if len(stack) == 0:
            return stack
        matrices = list(stack)
    sizes = sorted({len(m) if isinstance(m, np.ndarray) else m.shape[0] for m in matrices})
    if len(sizes) > 1:
        raise ValueError(
            "`Group(discrete_generators=...)` should be matrices of one size, because all act on "
            f"the same space. Got sizes {sizes}."
        )
    return [_check_invertible(i, matrix) for i, matrix in enumerate(matrices)]


def _check_matrix(item: object) -> Matrix:
    """One item of a sequence that holds monomials and perhaps dense matrices as well."""
    if not isinstance(item, Monomial):
        return _check_stack("discrete_generators", [item])[0]
    if item.images.size == 0 or not np.all(np.abs(np.abs(item.phases) - 1) <= EXACT):
        raise ValueError(
            "`Group(discrete_generators=...)` should hold `Monomial`s of size at least 1 whose "
            f"phases have modulus 1. Got {item!r}. Pass other matrices as arrays."
        )
    return item


def _check_invertible(index: int, matrix: Matrix) -> Matrix:
    if isinstance(matrix, Monomial):
        return matrix
    if (monomial := Monomial.from_dense(matrix)) is not None:
        return monomial
    values = _singular_values(matrix)
    if values[-1] * LARGEST_CONDITION <= values[0]:  # as any matrix looks in uneven units
        units = even_units([matrix], np.zeros((0, *matrix.shape)))
        values = _singular_values(moved(matrix, units))
    if values[-1] * LARGEST_CONDITION <= values[0]:
        raise ValueError(
            "`Group(discrete_generators=...)` should be invertible matrices, because they are "
            f"elements of a group. Got a singular matrix at index {index}: its singular values "
            f"reach from {values[0]:.1e} to {values[-1]:.1e} of its largest entry. Generators of a "
            "Lie algebra, which may be singular, belong in `lie_algebra=`."
        )
    matrix.flags.writeable = False
    return matrix


def _singular_values(matrix: np.ndarray) -> np.ndarray:
    """Over the largest entry."""
    return np.linalg.svd(matrix / np.abs(matrix).max(initial=1e-300), compute_uv=False)


def _is_empty_list(value: object) -> bool:
    """Whether there is nothing in it, not even the size of the matrices."""
    if isinstance(value, np.ndarray | jax.Array):
        return value.shape == (0,)
    return isinstance(value, Sequence) and len(value) == 0


def _check_stack(argument: str, value: object) -> np.ndarray:
    """A new array of shape (k, d, d), float64 or complex128."""
    call = f"`Group({argument}=...)`"
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{call} should be square matrices of one size, because all act on the same space. "
            "Got a ragged sequence."
        ) from None
    # JAX's test, so that bfloat16, which NumPy does not know, is a number too
    if not jnp.issubdtype(array.dtype, np.number) and array.dtype != np.bool_:
        raise TypeError(
            f"{call} should hold real or complex numbers. Got dtype {array.dtype} and shape "
            f"{array.shape}."
        )
    if array.ndim != 3 or array.shape[1] != array.shape[2] or array.shape[2] == 0:
        advice = {
            2: "Wrap a single matrix in a list.",
            3: "Each generator is a square matrix, which acts on column vectors.",
        }.get(array.ndim, "Pass a list of square matrices, even if it holds only one.")
        raise ValueError(
            f"{call} should have shape (num_generators, dim, dim), with dim at least 1. "
            f"Got {array.shape}. {advice}"
        )
    dtype = array.dtype
    array = np.array(array, dtype=complex if np.iscomplexobj(array) else float)
    if not np.all(np.isfinite(array)):
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(
            f"{call} should be finite. Got {array[index]} at index {index}. Check how the "
            "generators were computed."
        )
    if argument == "lie_algebra":
        sizes = np.abs(array).max(axis=(1, 2), keepdims=True, initial=0)
        check_precision(call, dtype, array / np.where(sizes > 0, sizes, 1))
    else:
        check_precision(call, dtype, array)
    return array


def check_precision(call: str, dtype: np.dtype, matrices: np.ndarray) -> None:
    """Refuses matrices in single precision, unless rounding cannot have changed them.

    What is known to seven digits is no element of the group that is meant, and generates a larger
    one or none. Whole and half numbers are the same in every precision.

    Args:
        call: for the message.
        dtype: in which the matrices came.
        matrices: the same in double precision; those of a Lie algebra without their scale.

    Raises:
        ValueError: if they are known to single precision only.
    """
    if not jnp.issubdtype(dtype, np.inexact) or jnp.finfo(dtype).eps < EXACT:
        return
    doubled = 2 * np.stack([np.real(matrices), np.imag(matrices)])
    if (odd := doubled[doubled != np.rint(doubled)]).size:
        raise ValueError(
            f"{call} should be known to 1e-10, because the matrices are taken for exact. Got dtype "
            f"{dtype} with entries like {odd[0] / 2:.8g}, which are rounded to about "
            f"{float(jnp.finfo(dtype).eps):.0e}. Compute them in float64, with NumPy. If they are "
            "measured or learned, convert them with `np.asarray(..., float)` and give the solver "
            "an `rtol=`."
        )


def refuse_factor(other: object) -> NoReturn:
    """Says why something is no factor of a direct product.

    Args:
        other: what was multiplied with a group.

    Raises:
        TypeError: always.
    """
    if isfunction(other) or isclass(other):
        raise TypeError(
            f"A direct product should be of two groups. Got `{other.__name__}` itself, which makes "
            "groups. Call it, as in `SO(3) * S(5)`."
        )
    raise TypeError(
        f"A direct product should be of two groups. Got {other!r}, which is of type "
        f"{type(other).__name__}. To let a group act on several copies of a space, multiply a "
        "representation, as in `3 * V(G)`."
    )
