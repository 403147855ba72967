"""First lines of users of other libraries: each is refused with the line to write instead."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from constrainet.groups import SO, embed
from constrainet.reps import Det, Regular, Scalar, Sign, T, V

G = SO(3)
v = V(G)

LINES = {
    "5 * V": (lambda: 5 * V, "5 * V(G)"),
    "V * 5": (lambda: V * 5, "V(G) * 5"),
    "V ** 2": (lambda: V**2, "V(G) ** 2"),
    "V + Scalar": (lambda: V + Scalar, "V(G) + Scalar(G)"),
    "V * V": (lambda: V * V, "V(G) * V(G)"),
    "V >> Scalar": (lambda: V >> Scalar, "V(G) >> Scalar(G)"),
    "V << Scalar": (lambda: V << Scalar, "Scalar(G) >> V(G)"),
    "... + V": (lambda: v + V, "... + V(G)"),
    "V + ...": (lambda: V + v, "V(G) + ..."),
    "... >> V": (lambda: v >> V, "... >> V(G)"),
    "... * Scalar": (lambda: v * Scalar, "... * Scalar(G)"),
    "Scalar * ...": (lambda: Scalar * v, "Scalar(G) * ..."),
    "0 + V": (lambda: sum([V, V]), "0 + V(G)"),
    "3 * T": (lambda: 3 * T, "3 * T(p, q, group=G)"),
    "2 * Det": (lambda: 2 * Det, "2 * Det(G)"),
    "2 * Sign": (lambda: 2 * Sign, "2 * Sign(G)"),
    "2 * Regular": (lambda: 2 * Regular, "2 * Regular(G)"),
}


@pytest.mark.parametrize("got", LINES)
def test_functions_that_make_representations_have_no_algebra(got):
    call, line = LINES[got]
    with pytest.raises(TypeError, match=re.escape(f"`{got}`: ") + ".*" + re.escape(f"`{line}`")):
        call()


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: T(2)(G), "T(p, q, group=G)"),
        (lambda: T(2, 0)(G), "T(p, q, group=G)"),
        (lambda: T(2, 0, G), "T(p, q, group=G)"),
        (lambda: T(2), "T(p, q, group=G)"),
        (lambda: V(), "V(G)"),
        (lambda: Scalar(), "Scalar(G)"),
        (lambda: V(G, 0), "V(G)"),
    ],
)
def test_calls_without_a_group_show_the_right_one(call, line):
    with pytest.raises(TypeError, match=re.escape(f"write `{line}`")):
        call()


def test_attributes_of_representations_need_a_group():
    with pytest.raises(AttributeError, match=re.escape("write `V(G).T`")):
        V.T  # noqa: B018
    with pytest.raises(AttributeError, match=re.escape("write `Scalar(G).rho`")):
        Scalar.rho  # noqa: B018
    with pytest.raises(AttributeError, match=r"`V` has no attribute 'colour'$"):
        V.colour  # noqa: B018
    assert not hasattr(V, "T")


@pytest.mark.parametrize("rep", [v, 5 * v, v >> v, Scalar(G)], ids=str)
def test_representations_are_not_bound_again(rep):
    with pytest.raises(TypeError, match=r"is a representation of SO\(3\) and is not called"):
        rep(G)
    with pytest.raises(TypeError, match="write `a >> b` for the linear maps from a to b"):
        rep << v


def test_functions_that_make_representations_remain_functions():
    for function in (V, T, Scalar, Det, Sign, Regular):
        assert callable(function) and inspect.getdoc(function)
        assert "group" in inspect.signature(function).parameters
        assert pickle.loads(pickle.dumps(function)) is copy.deepcopy(function) is function
    assert repr(V) == "<function V: V(G)>"
    with pytest.raises(TypeError, match=r"should be a group. Got 3"):
        V(3)


def test_a_slice_of_coordinates_is_embedded_in():
    assert embed(SO(2), 3, slice(2)) == embed(SO(2), 3, [0, 1])
    assert embed(SO(2), 3, slice(None, 0, -1)) == embed(SO(2), 3, [2, 1])
    with pytest.raises(ValueError, match="should be 2 different coordinates"):
        embed(SO(2), 3, slice(3))


def test_groups_are_not_multiplied_by_representations():
    for other in (v, V):
        with pytest.raises(TypeError, match=r"multiply a representation, as in `3 \* V\(G\)`"):
            G * other
    with pytest.raises(TypeError, match=r"should be a group. Got .*Make one"):
        V(v)


@pytest.mark.parametrize(
    ("value", "name", "line"),
    [(v, "size", "rep.dim"), (v, "rho_dense", r"rep.rho\(g\)"), (G, "d", "group.dim")],
)
def test_attributes_of_other_libraries_are_refused_with_ours(value, name, line):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'. Write `{line}`"):
        getattr(value, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        value.nothing  # noqa: B018
    assert not hasattr(value, name)
