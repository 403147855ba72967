"""`assert_equivariant`, for test suites: what fails, where, by how much, and probably why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from constrainet.groups import Group
from constrainet.inspect.equivariance import EquivarianceError, Measurement, relative_errors
from constrainet.linalg import Monomial
from constrainet.reps import Rep

CLOSE = 100
"""An error less than this many times the tolerance may still be rounding."""


def assert_equivariant(
    f: Any,
    rep_in: Rep,
    rep_out: Rep,
    key: jax.Array,
    *,
    rtol: float | None = None,
    num_elements: int = 16,
    num_inputs: int = 8,
    dtype: Any = None,
    infinitesimal: bool = True,
) -> EquivarianceError:
    """Raises if a function is not equivariant, up to the rounding of its own precision.

    Args:
        f: a matrix of shape (rep_out.dim, rep_in.dim), or a JAX function of arrays of shape
            (batch, rep_in.dim) to (batch, rep_out.dim); of `named` representations also a function
            of dictionaries, or to them.
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        key: a JAX random key.
        rtol: the relative error that is allowed; by default `EquivarianceError.tolerance`, which
            goes by the measured effect of rounding.
        num_elements: how many random group elements are tried.
        num_inputs: how many inputs with each.
        dtype: of the inputs, as in `equivariance_error`.
        infinitesimal: whether to differentiate a function along the Lie algebra's generators.

    Returns:
        What was measured, if all is well.

    Raises:
        AssertionError: if not, with the element, the size and the likely cause.
        TypeError, ValueError: as `equivariance_error`.

    Example:
        >>> import jax
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> error = assert_equivariant(jax.nn.relu, V(S(5)), V(S(5)), jax.random.key(0))
        >>> from constrainet.groups import SO
        >>> assert_equivariant(jax.nn.relu, V(SO(2)), V(SO(2)), jax.random.key(0))
        Traceback (most recent call last):
            ...
        AssertionError: `f` is not equivariant from V to V under SO(2)...
    """
    measured = Measurement(f, rep_in, rep_out, key, num_elements, num_inputs, dtype)
    error = measured.error(infinitesimal)
    allowed = error.tolerance if rtol is None else rtol
    if error.largest <= allowed:
        return error
    raise AssertionError(
        f"`f` is not equivariant from {measured.source} to {measured.target} under {error.group}: "
        f"{_size(error)}. Allowed: {allowed:.1e}; rounding alone makes {error.rounding:.1e} in "
        f"{error.dtype}.\nLikely cause: {likely_cause(measured, error, allowed)}"
    )


def _size(error: EquivarianceError) -> str:
    """The largest error and where it is."""
    if error.largest == error.worst:
        what = f"at {element_name(error.group, error.element)}, f(g x) and g f(x)"
    elif error.largest in error.discrete:
        i = error.discrete.index(error.largest)
        what = f"at g = {error.group}.discrete_generators[{i}], f(g x) and g f(x)"
    else:
        i = error.infinitesimal.index(error.largest)
        what = (
            f"along A = {error.group}.lie_algebra[{i}], the derivative of f(exp(tA) x) and A f(x)"
        )
    return f"{what} differ by {error.largest:.1e} of their size"


def element_name(group: Group, g: np.ndarray) -> str:
    """A group element in words: a permutation by its images, a small matrix by its entries.

    Example:
        >>> import numpy as np
        >>> from constrainet.groups import S, SO
        >>> element_name(S(3), np.eye(3)[[1, 2, 0]])
        'g = the permutation 0→2, 1→0, 2→1'
        >>> element_name(SO(2), np.array([[0.0, -1.0], [1.0, 0.0]]))
        'g = [[0, -1], [1, 0]]'
    """
    monomial = Monomial.from_dense(np.round(g, 12)) if group.is_permutation else None
    if monomial is not None:
        moves = [f"{i}→{image}" for i, image in enumerate(monomial.images.tolist()) if i != image]
        shown = ", ".join(moves[:12]) + (", ..." if len(moves) > 12 else "")
        return f"g = the permutation {shown}" if moves else "the identity"
    if len(g) <= 4:
        rows = (", ".join(f"{entry:.4g}" for entry in row) for row in g + 0)
        return f"g = [[{'], ['.join(rows)}]]"
    return f"a random g of shape {g.shape} (`equivariance_error(...).element`)"


@dataclass(frozen=True, eq=False)
class _Suspect:
    """One explanation, and whether it fits."""

    fits: bool
    text: str


def likely_cause(measured: Measurement, error: EquivarianceError, allowed: float) -> str:
    """The first explanation that fits what was measured, in a sentence."""
    return next(suspect.text for suspect in _suspects(measured, error, allowed) if suspect.fits)


def _suspects(measured: Measurement, error: EquivarianceError, allowed: float):
    again = relative_errors(measured.on_all(measured.inputs), measured.outputs)[0].max()
    yield _Suspect(
        again > allowed,
        "it gives different results for one input, so it draws random numbers or keeps a state. "
        "Fix the random key.",
    )
    yield _Suspect(
        error.largest < CLOSE * allowed and error.largest < 1e-2,
        "rounding, since the error is small. Try float64 inputs, or pass `rtol=`.",
    )
    yield _Suspect(
        _with_constant_removed(measured) <= allowed,
        "a constant that the group moves: f(0) is not invariant, and f - f(0) is equivariant. A "
        "bias has to lie in the invariants of `rep_out`, which `weight_sharing(None, rep_out)` "
        "shows.",
    )
    for rep_in, rep_out, side in (
        (measured.source, measured.target.T, "rep_out"),
        (measured.source.T, measured.target, "rep_in"),
        (measured.source.T, measured.target.T, "both"),
    ):
        yield _Suspect(
            (rep_in, rep_out) != (measured.source, measured.target)
            and _random_error(measured, rep_in, rep_out) <= allowed,
            f"a representation in place of its dual: f is equivariant with the dual of {side}.",
        )
    broken = [f"discrete_generators[{i}]" for i, e in enumerate(error.discrete) if e > allowed]
    broken_lie = [f"lie_algebra[{i}]" for i, e in enumerate(error.infinitesimal) if e > allowed]
    intact_lie = error.infinitesimal and not broken_lie
    yield _Suspect(
        bool(broken and intact_lie),
        "f is equivariant under the connected part of the group but not under "
        f"{_listed(broken)}: a smaller group, such as rotations without reflections.",
    )
    yield _Suspect(
        0 < len(broken) + len(broken_lie) < len(error.discrete) + len(error.infinitesimal),
        f"f is equivariant under a smaller group: only {_listed(broken + broken_lie)} of the "
        "generators fail.",
    )
    yield _Suspect(
        True,
        "a function of single coordinates (a nonlinearity, mask or normalisation) where the group "
        "does more than permute them, unconstrained weights, or other representations than f was "
        "made for.",
    )


def _with_constant_removed(measured: Measurement) -> float:
    zero = np.zeros((1, measured.source.dim))

    def value_above_zero(x: np.ndarray) -> np.ndarray:
        return measured.evaluate(x) - measured.evaluate(zero)

    return _random_error(measured, measured.source, measured.target, value_above_zero)


def _random_error(measured: Measurement, rep_in: Rep, rep_out: Rep, evaluate=None) -> float:
    """The worst error over random elements, with other representations or another function."""
    evaluate = measured.evaluate if evaluate is None else evaluate
    values, worst = evaluate(measured.x), 0.0
    for g in measured.elements:
        got, expected = evaluate(rep_in.act(g, measured.x)), rep_out.act(g, values)
        worst = max(worst, float(relative_errors(got[None], expected[None])[0].max()))
    return worst


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
