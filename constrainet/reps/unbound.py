"""Functions that make a group's representations, used as if they were representations already.

In other libraries `5 * V` is a representation that waits for its group. Here representations
belong to a group from birth, and the algebra of such functions is refused with the line to write.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from inspect import signature
from typing import Generic, NoReturn, ParamSpec

from constrainet.reps.rep import Rep

P = ParamSpec("P")


def _refused(operator: str) -> tuple[Callable[..., NoReturn], Callable[..., NoReturn]]:
    """An operator of functions that make representations, and the same from the right."""

    def refuse(left, right) -> NoReturn:
        function = left if isinstance(left, Unbound) else right
        meant = f"{_line(left)} {operator} {_line(right)}"
        if operator == "<<":
            meant = f"{_line(right)} >> {_line(left)}"
        raise TypeError(
            f"`{_name(left)} {operator} {_name(right)}`: `{function.__name__}` is a function that "
            f"makes representations. {function._advice(meant)}"
        )

    return refuse, lambda right, left: refuse(left, right)


class Unbound(Generic[P]):
    """A function that makes representations; anything but calling it is refused with advice.

    Args:
        function: what is called.
        line: how it is called, with a group G.
    """

    __name__: str

    def __init__(self, function: Callable[P, Rep], line: str):
        update_wrapper(self, function)
        self._function, self._line = function, line

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Rep:
        try:
            signature(self._function).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"`{self.__name__}`: {error}. {self._advice(self._line)}") from None
        return self._function(*args, **kwargs)

    def __getattr__(self, name: str) -> NoReturn:
        text = f"`{self.__dict__.get('__name__')}` has no attribute {name!r}"
        raise AttributeError(
            f"{text}. {self._advice(f'{self._line}.{name}')}" if hasattr(Rep, name) else text
        )

    def _advice(self, line: str) -> str:
        return (
            f"Representations belong to a group from birth: write `{line}`, with a group such as "
            "`G = SO(3)`."
        )

    __add__, __radd__ = _refused("+")
    __mul__, __rmul__ = _refused("*")
    __pow__, __rpow__ = _refused("**")
    __rshift__, __rrshift__ = _refused(">>")
    __lshift__, __rlshift__ = _refused("<<")

    def __reduce__(self) -> str:
        return self.__name__  # found in its module, as a function is

    def __repr__(self) -> str:
        return f"<function {self.__name__}: {self._line}>"


def needs_group(line: str) -> Callable[[Callable[P, Rep]], Unbound[P]]:
    """Decorates a function that makes representations.

    Args:
        line: how it is called, with a group G.
    """
    return lambda function: Unbound(function, line)


def _name(operand: object) -> str:
    if isinstance(operand, Unbound):
        return operand.__name__
    return "..." if isinstance(operand, Rep) else repr(operand)


def _line(operand: object) -> str:
    return operand._line if isinstance(operand, Unbound) else _name(operand)
