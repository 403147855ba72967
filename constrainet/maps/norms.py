"""Invariant quadratic forms of components: the squares of norms, where a group keeps norms.

On a component on which the group acts by unitary matrices, |z|² is invariant. On others there may
still be a symmetric form that is: η for four-vectors, where the "square" of a vector can be
negative. Where there is none (of the vectors of SL(n), or of Sp(n), whose form is antisymmetric),
vectors have no size that the group could not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.coordinates import Coordinates
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import constant


class InvariantSquares:
    """The invariant square of every copy of every component of a representation.

    Args:
        rep: the representation.
        frame: its coordinates, among others'.

    Attributes:
        forms: by component, the symmetric matrix (d, d) of norm 1 whose form is invariant.
        missing: the components that have none.
        is_definite: whether no square is negative.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import Lorentz
        >>> from constrainet.maps import Features, frame
        >>> from constrainet.reps import V
        >>> v = V(Lorentz())
        >>> squares = InvariantSquares(v, frame(v))
        >>> x = Features.of(squares.coordinates, jnp.array([2.0, 1.0, 0.0, 0.0]))
        >>> abs(squares(x.components)[0]).round(3)
        Array([[0.75]], dtype=float32)
    """

    def __init__(self, rep: Rep, frame: SharedFrame):
        self.coordinates: Coordinates = frame.coordinates(rep)
        forms = {i: frame.invariant_form(i) for i in self.coordinates.copies}
        self.forms = {i: form for i, form in forms.items() if form is not None}
        self.missing = [i for i, form in forms.items() if form is None]
        self._signs = {i: np.linalg.eigvalsh(form) for i, form in self.forms.items()}

    @cached_property
    def is_definite(self) -> bool:
        """Whether no square is negative."""
        return all((signs > 0).all() for signs in self._signs.values())

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def __call__(self, components: Mapping[int, jax.Array]) -> dict[int, jax.Array]:
        """By component, z̄ᵀ F z / d of each copy, shape (copies, batch)."""
        return {i: self._square(i, z) for i, z in components.items()}

    def _square(self, i: int, z: jax.Array) -> jax.Array:
        form = self.forms[i]
        turned = z
        if not np.array_equal(form, np.eye(len(form))):
            turned = jnp.einsum("ab,cbn->can", constant(form, z), z)
        return jnp.mean((z.conj() * turned).real, axis=1)


@lru_cache(maxsize=256)
def invariant_squares(rep: Rep, frame: SharedFrame) -> InvariantSquares:
    """The `InvariantSquares` of a representation, made once, for layers that are traced again.

    Args:
        rep: the representation.
        frame: its coordinates, among others'.
    """
    return InvariantSquares(rep, frame)
