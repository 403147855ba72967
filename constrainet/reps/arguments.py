"""Checks of what callers pass to the constructions of this floor."""

from __future__ import annotations

import operator

from constrainet.reps.action import Action


def as_count(value, what: str) -> int | None:
    """A non-negative whole number; None if it is no number at all."""
    try:
        count = operator.index(value)
    except TypeError:
        if isinstance(value, float):
            raise TypeError(
                f"{what[0].upper()}{what[1:]} should be a whole number. Got {value!r}."
            ) from None
        return None
    if count < 0:
        raise ValueError(f"{what[0].upper()}{what[1:]} should not be negative. Got {count}.")
    return count


def check_rep(call: str, rep) -> None:
    """Refuses what is not a representation."""
    if not isinstance(rep, Action):
        raise TypeError(
            f"`{call}(rep)` should be a representation, such as `V(SO(3))`. Got {rep!r}."
        )
