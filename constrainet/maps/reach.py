"""Hidden representations through which a model's output depends on its input, wherever it can.

A part of the output stays zero, or constant, if neither linear maps nor products lead to it from
the input by way of what the hidden layers hold. Where other hidden layers would reach it, those
chosen by the library are completed, and those of a caller are refused; what nothing reaches is so
for reasons of symmetry, and is warned of.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from constrainet.errors import NoEquivariantMapError
from constrainet.maps.channels import matched_rep
from constrainet.maps.probe import Probe
from constrainet.reps import Question, Rep, Scalar, direct_sum

LARGEST_PRODUCT = 32
"""Tensor products of more dimensions are not tried, to complete hidden layers: it takes long."""


@dataclass(frozen=True)
class Reach:
    """What of a representation depends on the input.

    Args:
        zero: names of the parts that are always zero.
        constant: of those that are the same for all inputs.
        rows: how many coordinates either kind has.
    """

    zero: tuple[str, ...]
    constant: tuple[str, ...]
    rows: tuple[int, int]

    @staticmethod
    def of(probe: Probe, rep: Rep) -> Reach:
        """From the values at random points."""
        names: dict[bool, dict[str, None]] = {True: {}, False: {}}
        rows = {True: 0, False: 0}
        for name, i, dim in _parts(probe, rep):
            if probe.is_constant(i):
                is_zero = probe.is_zero(i)
                names[is_zero][name] = None
                rows[is_zero] += dim
        return Reach(tuple(names[True]), tuple(names[False]), (rows[True], rows[False]))

    def __str__(self) -> str:
        parts = [
            f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} {what}"
            for names, what in (
                (self.zero, "always zero"),
                (self.constant, "constant, whatever the input"),
            )
            if names
        ]
        return "; ".join(parts)


def _parts(probe: Probe, rep: Rep) -> Iterator[tuple[str, int, int]]:
    """For each term and component of a representation: a name, the component, and how many rows."""
    coordinates, stops = probe.frame.coordinates(rep), []
    for part, count in rep.summands:
        stops.append((stops[-1] if stops else 0) + part.dim * count)
    for term, parts in zip(coordinates.space.terms, coordinates.parts, strict=True):
        place = next(k for k, stop in enumerate(stops) if term.indices.flat[0] < stop)
        summand = rep.summands[place][0]
        for i, copies in parts.items():
            dim = len(copies) * copies.shape[2]
            name = str(summand) if dim == summand.dim else f"a part of dimension {dim} of {summand}"
            yield name, i, term.multiplicity * dim


def completed(
    source: Rep,
    hidden: Sequence[Rep],
    target: Rep,
    is_chosen: bool,
    channels: Callable[[Rep], int],
    reached: Callable[[Sequence[Rep]], Reach],
) -> list[Rep]:
    """Hidden representations through which all of the output is reached that can be.

    Args:
        source: how its inputs transform.
        hidden: one for each layer.
        target: how its outputs transform.
        is_chosen: whether a caller chose them, so that they are not to be changed.
        channels: how many copies of a representation would be added to each.
        reached: what of the output is reached through hidden representations.

    Raises:
        NoEquivariantMapError: if a caller's do not reach what others would, or nothing is ever
            reached.
    """
    if not hidden or not source.dim:
        return list(hidden)
    found = best = reached(hidden)
    added: tuple[Rep, ...] = ()
    for kinds in _additions(source, target) if any(found.rows) else ():
        now = reached([_extended(rep, kinds, channels) for rep in hidden])
        if now.rows < best.rows:
            best, added = now, kinds
        if not any(best.rows):
            break
    for kind in added[::-1]:
        fewer = tuple(other for other in added if other is not kind)
        if reached([_extended(rep, fewer, channels) for rep in hidden]).rows == best.rows:
            added = fewer
    if added and is_chosen:
        through = ", ".join(str(rep) for rep in dict.fromkeys(hidden))
        raise NoEquivariantMapError(
            f"`channels` should lead from the input to all of the output, by "
            f"linear maps and products, wherever symmetry allows. From {source} through {through} "
            f"to {target}, {found}. Add {' and '.join(map(str, added))} to `channels`."
        )
    fault = f"neither linear maps nor products of so many layers lead there from {source}"
    if best.rows[0] == target.dim > 0:
        raise NoEquivariantMapError(
            f"The output {target} would always be zero: {fault}. Add summands "
            "to the input, or layers, or tensors to `channels`."
        )
    if any(best.rows):
        warnings.warn(f"Of the output {target}, {best}: {fault}.", UserWarning, stacklevel=7)
    return [_extended(rep, added, channels) for rep in hidden]


def _additions(source: Rep, target: Rep) -> Iterator[tuple[Rep, ...]]:
    """What might complete hidden layers: more and more kinds of tensors."""
    yield tuple(dict.fromkeys(part for part, _ in target.summands))
    kinds = [part for part, _ in matched_rep(1, source, target).summands]
    yield tuple(kinds)
    others = [kind for kind in kinds if kind != Scalar(source.group)]
    pairs = [a * b for a, b in combinations_with_replacement(others, 2)]
    yield (*kinds, *(pair for pair in pairs if pair.dim <= LARGEST_PRODUCT))


def _extended(rep: Rep, kinds: Sequence[Rep], channels: Callable[[Rep], int]) -> Rep:
    """A representation and so many copies of others."""
    return rep + direct_sum(rep.group, [(kind, channels(kind)) for kind in kinds]) if kinds else rep


def check_reached(hidden: Rep, rep_out: Rep, rtol: float | None, advice: str) -> None:
    """Refuses outputs that a linear map of the last hidden layer does not reach.

    Args:
        hidden: how that layer transforms.
        rep_out: how outputs transform.
        rtol: as of `Rep.equivariant_basis`.
        advice: what to change, for messages, up to its verb.

    Raises:
        NoEquivariantMapError: if a summand of `rep_out` has nothing in common with `hidden`.
    """
    for part, _ in rep_out.summands:
        if not Question(hidden, part).solve(rtol=rtol).rank:
            raise NoEquivariantMapError(
                f"The last hidden layer, {hidden} of {hidden.group}, shares no irreducible with "
                f"{part} of `rep_out`, which would always be zero. {advice} hold such, as "
                f"`{hidden} + {part}` does."
            )
