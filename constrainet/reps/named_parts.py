"""Direct sums whose parts have names, and the dictionaries of arrays that their vectors are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from types import MappingProxyType
from typing import Any

import numpy as np

from constrainet.reps.question import lifted
from constrainet.reps.rep import Derived, Rep, direct_sum


@dataclass(frozen=True, eq=False, repr=False)
class NamedSum(Derived):
    """A direct sum with a name for each part; made by `named`.

    As a representation it is the sum, and equal to it.

    Attributes:
        names: in order.
        reps: the parts, in order.
    """

    names: tuple[str, ...]
    reps: tuple[Rep, ...]

    @property
    def parts(self) -> Mapping[str, Rep]:
        """The parts by name, in order."""
        return MappingProxyType(dict(zip(self.names, self.reps, strict=True)))

    @cached_property
    def slices(self) -> Mapping[str, slice]:
        """Where the coordinates of each part stand."""
        stops = np.cumsum([rep.dim for rep in self.reps]).tolist()
        starts = [0, *stops[:-1]]
        places = (slice(start, stop) for start, stop in zip(starts, stops, strict=True))
        return MappingProxyType(dict(zip(self.names, places, strict=True)))

    def pack(self, values: Mapping[str, Any]):
        """One vector from a dictionary of the parts' vectors.

        Args:
            values: for each name an array of shape (..., dim of the part), NumPy or JAX; of n
                copies of one representation also (..., n, its dim). Leading axes are broadcast.

        Returns:
            An array of shape (..., dim), of JAX if any value is.

        Raises:
            ValueError: if a name is missing or unknown, or a value has another length.

        Example:
            >>> import numpy as np
            >>> from constrainet.groups import O
            >>> from constrainet.reps import Scalar, V, named
            >>> state = named({"mass": Scalar(O(2)), "position": 2 * V(O(2))})
            >>> vector = state.pack({"mass": np.ones((3, 1)), "position": np.zeros(4)})
            >>> vector.shape, sorted(state.unpack(vector))
            ((3, 5), ['mass', 'position'])
        """
        if set(values) != set(self.names):
            raise ValueError(
                f"`pack(values)` should have the names {list(self.names)}. Got {sorted(values)}."
            )
        arrays = [
            _flat(name, rep, _as_array(values[name]))
            for name, rep in zip(self.names, self.reps, strict=True)
        ]
        leads = {array.shape[:-1] for array in arrays}
        # NumPy does not know the symbols that stand for sizes while a model is folded
        lead = leads.pop() if len(leads) == 1 else np.broadcast_shapes(*leads)
        others = (array for array in arrays if not isinstance(array, np.ndarray))
        xp = next(others, arrays[0]).__array_namespace__()
        wide = [xp.broadcast_to(array, (*lead, array.shape[-1])) for array in arrays]
        return xp.concat(wide, axis=-1)

    def unpack(self, vector) -> dict[str, Any]:
        """The parts of a vector, by name: the inverse of `pack`.

        Args:
            vector: shape (..., dim), NumPy or JAX.

        Returns:
            Arrays of shape (..., dim of the part): a dictionary, which is a JAX pytree.

        Raises:
            ValueError: if the vector has another length.
        """
        vector = _as_array(vector)
        if vector.ndim == 0 or vector.shape[-1] != self.dim:
            raise ValueError(
                f"`unpack(vector)` should have shape (..., {self.dim}), the dimension of {self}. "
                f"Got {vector.shape}."
            )
        return {name: vector[..., place] for name, place in self.slices.items()}

    @property
    def operands(self) -> tuple[Rep, ...]:
        return self.reps

    def of(self, group, operands):
        return NamedSum(group, self.names, tuple(operands))

    @cached_property
    def total(self) -> Rep:
        """The direct sum, without names."""
        return direct_sum(self.group, [pair for rep in self.reps for pair in rep.summands])

    @property
    def dim(self) -> int:
        return self.total.dim

    @property
    def summands(self) -> tuple[tuple[Rep, int], ...]:
        return self.total.summands

    @property
    def tensor_factors(self) -> tuple[Rep, ...]:
        return self.total.tensor_factors

    @property
    def key(self) -> bytes:
        return self.total.key

    def pieces(self, symmetries):
        return self.total.pieces(symmetries)

    @property
    def question(self):
        return self.total.question

    def _rho(self, blocks):
        return self.total._rho(blocks)

    def _drho(self, blocks):
        return self.total._drho(blocks)

    def _act(self, blocks, x):
        return self.total._act(blocks, x)

    def _images(self, place):
        return self.total._images(place)

    def __str__(self):
        return str(self.total)


def named(parts: Mapping[str, Rep]) -> NamedSum:
    """The direct sum of representations, each with a name.

    Args:
        parts: by name, in the order of the coordinates.

    Returns:
        A representation, with `pack` and `unpack` between its vectors and dictionaries.

    Raises:
        TypeError: if `parts` is no mapping from strings to representations.
        ValueError: if it is empty, or the groups cannot be joined.

    Example:
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V, named
        >>> bodies = named({"mass": 5 * Scalar(O(3)), "position": 5 * V(O(3))})
        >>> print(bodies, bodies.slices["position"])
        5V⁰⊕5V slice(5, 20, None)
        >>> bodies == 5 * Scalar(O(3)) + 5 * V(O(3))
        True
    """
    if not isinstance(parts, Mapping) or not all(
        isinstance(name, str) and isinstance(rep, Rep) for name, rep in parts.items()
    ):
        raise TypeError(
            "`named(parts)` should map names to representations, such as "
            f'{{"position": V(SO(3))}}. Got {parts!r}.'
        )
    if not parts:
        raise ValueError("`named(parts)` should have at least one part.")
    group = reduce(add, parts.values()).group
    return NamedSum(group, tuple(parts), tuple(lifted(rep, group) for rep in parts.values()))


def _as_array(value):
    return value if hasattr(value, "__array_namespace__") else np.asarray(value)


def _flat(name: str, rep: Rep, array):
    """The vectors of one part, shape (..., rep.dim), from those or from copies (..., n, dim)."""
    copies = (rep.summands[0][1], rep.summands[0][0].dim) if len(rep.summands) == 1 else None
    if array.ndim and array.shape[-1] == rep.dim:
        return array
    if copies and array.shape[-2:] == copies:
        return array.reshape(*array.shape[:-2], rep.dim)
    shapes = f"(..., {rep.dim})" + (f" or (..., {copies[0]}, {copies[1]})" if copies else "")
    raise ValueError(
        f"`pack(values)` should hold under {name!r} an array of shape {shapes}, because {rep} has "
        f"dimension {rep.dim}. Got {array.shape}."
    )
