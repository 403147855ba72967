"""What is checked of callers' arguments, written once."""

from __future__ import annotations

import operator
from abc import ABCMeta
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import Signature, signature
from math import isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np

Class = TypeVar("Class", bound=type)
P = ParamSpec("P")
R = TypeVar("R")


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


def check_flag(argument: str, flag) -> None:
    """Refuses what is neither True nor False, such as a function in the place of a flag."""
    if not isinstance(flag, bool | np.bool_):
        raise TypeError(f"`{argument}` should be True or False. Got {flag!r:.60}.")


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


def names_elsewhere(names: Mapping[str, str]) -> Callable[[Class], Class]:
    """Decorates a class whose users come from libraries in which attributes have other names.

    Args:
        names: what to write for an attribute that the class lacks.
    """

    def attribute(self, name: str):
        if name in names:
            kind = type(self).__name__
            raise AttributeError(f"{kind} has no attribute {name!r}. Write `{names[name]}`.")
        return object.__getattribute__(self, name)  # says what is missing

    def decorate(cls: Class) -> Class:
        cls.__getattr__ = attribute  # pyright: ignore[reportAttributeAccessIssue]
        return cls

    return decorate


def called_as(line: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a method whose first argument is easily forgotten.

    Args:
        line: how it is called, for those who call it in another way.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        arguments = signature(method)

        @wraps(method)
        def call(*args: P.args, **options: P.kwargs) -> R:
            try:
                return method(*args, **options)
            except TypeError:
                try:
                    arguments.bind(*args, **options)
                except TypeError as error:
                    raise TypeError(f"`{method.__name__}`: {error}. Write `{line}`.") from None
                raise

        return call

    return decorate


ARGUMENTS_ELSEWHERE = {
    "ch": "Write `channels=`.",
    "group": "Representations know their group: leave it out.",
}
"""Arguments of layers in other libraries, and what to write."""


class Declared(ABCMeta):
    """Of classes that are called with a declaration: what does not fit is told what does."""

    @property
    def __signature__(cls) -> Signature:
        own = signature(cls.__init__)
        return own.replace(parameters=list(own.parameters.values())[1:])

    if not TYPE_CHECKING:  # type checkers read the arguments of `__init__`

        def __call__(cls, *args, **options):
            arguments = cls.__signature__
            try:
                arguments.bind(*args, **options)
            except TypeError as error:
                advice = [text for name, text in ARGUMENTS_ELSEWHERE.items() if name in options]
                names = ", ".join(f"`{name}`" for name in arguments.parameters if name != "shared")
                advice.append(f"The arguments are {names}.")
                raise TypeError(f"`{cls.__name__}`: {error}. {' '.join(advice)}") from None
            return super().__call__(*args, **options)
