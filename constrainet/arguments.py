"""What is checked of callers' arguments, written once."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import isfinite
from numbers import Integral, Real


def check_count(argument: str, count, least: int = 0) -> None:
    """Refuses what is no whole number, or too small, as a size or number of layers."""
    if isinstance(count, bool) or not isinstance(count, Integral):
        raise TypeError(f"`{argument}` should be a whole number. Got {count!r}.")
    if count < least:
        bound = f"at least {least}" if least != 1 else "positive"
        raise ValueError(f"`{argument}` should be {bound}. Got {count}.")


def check_number(argument: str, number) -> None:
    """Refuses what is no finite real number."""
    if isinstance(number, bool) or not isinstance(number, Real) or not isfinite(number):
        raise TypeError(f"`{argument}` should be a finite number. Got {number!r}.")


def check_option(argument: str, option, options: Sequence[str]) -> None:
    """Refuses what is none of the names of an option."""
    if not isinstance(option, str) or option not in options:
        *others, last = map(repr, options)
        raise ValueError(f"`{argument}` should be {', '.join(others)} or {last}. Got {option!r}.")


def check_function(argument: str, function, which: str) -> None:
    """Refuses what cannot be called, such as the pair of functions that Haiku makes of one."""
    if not callable(function):
        raise TypeError(
            f"`{argument}` should be a function, {which}. Got an object of {type(function)}."
        )


def check_rtol(rtol: float | None) -> None:
    """Refuses what is no fraction."""
    if rtol is not None and not (isinstance(rtol, Real) and 0 < rtol < 1):
        raise ValueError(
            "`rtol` should lie between 0 and 1, because it is a fraction of the generators' size, "
            f"or be None. Got {rtol!r}."
        )


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
