"""Scalars that multiply other components, copy by copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.coordinates import concatenate, split, take_rows
from constrainet.maps.features import Features
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep

Function = Callable[[jax.Array], jax.Array]


class Gates:
    """What a gated non-linearity does to the features of one representation.

    Args:
        rep_in: `rep`, and after it a scalar for each copy of a summand that is no permutation
            representation; these copies are gated, and functions act on the others' coordinates.
        rep: what is returned.
        frame: coordinates of both.
    """

    def __init__(self, rep_in: Rep, rep: Rep, frame: SharedFrame):
        self.rep = rep
        self.source, self.target = frame.coordinates(rep_in), frame.coordinates(rep)
        self.trivial = frame.trivial
        self._gate_of_row = np.full(rep.dim, -1)
        start = gate = 0
        for part, count in rep.summands:
            stop = start + part.dim * count
            if not part.is_permutation:
                self._gate_of_row[start:stop] = gate + np.repeat(np.arange(count), part.dim)
                gate += count
            start = stop
        self.num_gates = gate

    def __call__(self, x: Features, pointwise: Function, gate: Function) -> Features:
        """Features of `rep_in` to features of `rep`; `gate` makes real factors of scalars."""
        if x.has_components:
            components = self._on_components(x.components, pointwise, gate)
            return Features(self.target, x.batch, x.dtype, components=components)
        rows = self._on_rows(x.rows, pointwise, gate)
        return Features(self.target, x.batch, x.dtype, rows=rows)

    @cached_property
    def _place_of_gates(self) -> int:
        """How many of the target's terms have trivial copies that stand before the gates.

        The gates are the last scalars of the source, and stand after its other scalars.
        """
        held = [
            term
            for term, part in zip(self.target.space.terms, self.target.parts, strict=True)
            if self.trivial in part
        ]
        return next((i + 1 for i, term in enumerate(held) if not term.atoms), len(held))

    # these are compiled by themselves, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=(0, 2, 3))
    def _on_rows(self, rows: jax.Array, pointwise: Function, gate: Function) -> jax.Array:
        gates = gate(rows[self.rep.dim :])
        parts = [rows[:0]]
        start = 0
        for part, count in self.rep.summands:
            stop = start + part.dim * count
            number = self._gate_of_row[start] if stop > start else -1
            y = rows[start:stop]
            if number < 0:
                parts.append(pointwise(y))
            else:
                copies = y.reshape(count, part.dim, y.shape[1])
                copies = copies * gates[number : number + count, None]
                parts.append(copies.reshape(y.shape))
            start = stop
        return jnp.concatenate(parts)

    @partial(jax.jit, static_argnums=(0, 2, 3))
    def _on_components(
        self, components: Mapping[int, jax.Array], pointwise: Function, gate: Function
    ) -> dict[int, jax.Array]:
        gates, pieces = jnp.zeros((0, 1, 1)), {}
        for i, z in components.items():
            sizes = self.target.sizes(i) if i in self.target.copies else []
            if i == self.trivial and self.num_gates:
                place = self._place_of_gates
                parts = split(z, [*sizes[:place], self.num_gates, *sizes[place:]])
                gates = gate(parts.pop(place))
                pieces[i] = iter(parts)
            else:
                pieces[i] = iter(split(z, sizes))
        results: dict[int, list[jax.Array]] = {i: [] for i in self.target.copies}
        for place, (term, part) in enumerate(
            zip(self.target.space.terms, self.target.parts, strict=True)
        ):
            numbers = self._gate_of_row[term.indices[:, 0]]
            found = {i: next(pieces[i]) for i in part}
            if (numbers >= 0).all():
                found = {i: _gated(z, take_rows(gates, numbers)) for i, z in found.items()}
            else:
                y = self.target.synthesise_term(place, found)
                found = self.target.analyse_term(place, _acted(y, numbers, gates, pointwise))
            for i, z in found.items():
                results[i].append(z)
        return {i: concatenate(found) for i, found in results.items()}


def _gated(z: jax.Array, gates: jax.Array) -> jax.Array:
    """Copies (n·k, d, batch), k of each summand, times the gates (n, 1, batch) of summands."""
    k = len(z) // len(gates)
    if k > 1:
        gates = jnp.broadcast_to(gates[:, None], (len(gates), k, *gates.shape[1:]))
        gates = gates.reshape(len(z), *gates.shape[2:])
    return z * gates


def _acted(y: jax.Array, numbers: np.ndarray, gates: jax.Array, pointwise: Function) -> jax.Array:
    """Coordinates (n, dim, batch): functions of those that have no gate, and gates on others."""
    if (numbers < 0).all():
        return pointwise(y)
    order = np.argsort(numbers < 0, kind="stable")
    count = int((numbers >= 0).sum())
    gated, free = split(take_rows(y, order), [count, len(y) - count])
    gated = gated * take_rows(gates, numbers[order][:count])
    return take_rows(jnp.concatenate([gated, pointwise(free)]), np.argsort(order))


@lru_cache(maxsize=256)
def gates(rep_in: Rep, rep: Rep, frame: SharedFrame) -> Gates:
    """The `Gates` of a representation, made once: layers ask for them whenever they are traced.

    Args:
        rep_in: `with_gates(rep)`.
        rep: what is returned.
        frame: coordinates of both.
    """
    return Gates(rep_in, rep, frame)
