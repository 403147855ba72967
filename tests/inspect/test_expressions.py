"""The grammar of the command line: what it reads, and where it points when it cannot."""

import pickle

import pytest

from constrainet.groups import SL, SO, SU, D, Lorentz, O, S, Z
from constrainet.inspect import CATALOGUE, ExpressionError, parse_group, parse_rep
from constrainet.reps import (
    Alt,
    Complexified,
    Det,
    Realified,
    Regular,
    Scalar,
    Sign,
    Sym,
    T,
    V,
    irreducible,
)


@pytest.mark.parametrize(
    ("expression", "group"),
    [
        ("O(3)", O(3)),
        (" SO( 1 , 3 ) ", SO(1, 3)),
        ("Lorentz", Lorentz()),
        ("Lorentz()", Lorentz()),
        ("S(5) * Z(3)", S(5) * Z(3)),
        ("S(5) × (Z(3)*O(2))", S(5) * Z(3) * O(2)),
    ],
)
def test_groups_are_read(expression, group):
    assert parse_group(expression) == group


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_group_of_the_catalogue_is_read(name):
    entry = CATALOGUE[name]
    arguments = (3,) * entry.num_arguments[0]
    text = f"{name}({', '.join(map(str, arguments))})"
    assert parse_group(text) == entry.make(*arguments)


G = SL(2)
v, one = V(G), Scalar(G)


@pytest.mark.parametrize(
    ("expression", "rep"),
    [
        ("V", v),
        ("5*V**0 + 5*V", 5 * one + 5 * v),
        ("V*5 + 2*3*V", 11 * v),
        ("V**2", v**2),
        ("V^2", v**2),
        ("V.T", v.T),
        ("V**2*V.T", v**2 * v.T),
        ("T(2, 1)", T(2, 1, group=G)),
        ("T(2)", v**2),
        ("3Scalar + (V + V.T)**2", 3 * one + (v + v.T) ** 2),
        ("2(V*V)", 2 * v**2),
        ("2**3*V", 8 * v),
        ("0*V", 0 * v),
    ],
)
def test_representations_are_read(expression, rep):
    assert parse_rep(expression, G) == rep


@pytest.mark.parametrize(
    ("group", "expression", "rep"),
    [
        (O(3), "2*Det + V", 2 * Det(O(3)) + V(O(3))),
        (S(4), "V*Sign", V(S(4)) * Sign(S(4))),
        (S(3), "Regular**2", Regular(S(3)) ** 2),
        (SO(3), "irreducible(2)*V", irreducible(SO(3), 2) * V(SO(3))),
        (
            O(3),
            "irreducible(1o) + 2irreducible('2e')",
            irreducible(O(3), "1o") + 2 * irreducible(O(3), "2e"),
        ),
        (SU(2), "irreducible(1/2)", irreducible(SU(2), "1/2")),
        (O(2), "irreducible(0-)", irreducible(O(2), "0-")),
        (D(4), "irreducible(A1)", irreducible(D(4), "A1")),
        (S(5), "irreducible(3, 2)", irreducible(S(5), (3, 2))),
        (S(5), "irreducible((3, 2)).T", irreducible(S(5), (3, 2)).T),
        (SO(3), "Sym(V + Scalar, 2)", Sym(V(SO(3)) + Scalar(SO(3)), 2)),
        (SO(3), "3*Alt(V, 2)**2", 3 * Alt(V(SO(3)), 2) ** 2),
        (SO(3), "Complexified(V**2) + Scalar", Complexified(V(SO(3)) ** 2) + Scalar(SO(3))),
        (SU(2), "Realified(V)", Realified(V(SU(2)))),
    ],
)
def test_other_kinds_of_representations_are_read(group, expression, rep):
    assert parse_rep(expression, group) == rep


@pytest.mark.parametrize(
    "rep",
    [5 * one + 5 * v, v**2 * v.T, 2 * (v * v.T) + v.T, (v + one) ** 2, one, v.T**2 * v],
    ids=str,
)
def test_what_is_printed_can_be_read(rep):
    assert parse_rep(str(rep), G) == rep


def test_factors_of_a_product_are_read():
    group = Z(5) * Z(5)
    expected = V(group, factor=0) * V(group, factor=1)
    assert parse_rep("V[0]*V[1]", group) == expected
    assert parse_rep("V", group) == V(group)


@pytest.mark.parametrize(
    ("expression", "position", "reason"),
    [
        ("5*V + 3*W", 8, "No representation is called `W`"),
        ("V +", 3, "Expected a representation, not the end"),
        ("(V + V", 6, r"Expected `\)`, not the end"),
        ("V ? V", 2, r"Expected the end, `\+` or `\*`, not `\?`"),
        ("3", 0, r"3 alone is no representation. Write `3\*Scalar`"),
        ("V + 2", 4, "2 alone is no representation"),
        ("V**x", 3, "Expected a whole number, not `x`"),
        ("V**1000", 3, "Numbers here go up to 64"),
        ("99999999999*V", 0, "Numbers here go up to 1,000,000"),
        ("V.S", 2, "Expected `T` for the dual"),
        ("V[3]", 2, r"SL\(2\) has factors 0 to 0"),
        ("T(1,2,3)", 0, "takes 1 or 2"),
        ("T + V", 2, r"Expected `\(`"),
        ("Sym(V)", 5, "Expected `,`, not `\\)`"),
        ("Sym(3, 2)", 4, "3 alone is no representation"),
        ("V + Alt(V, 2", 12, r"Expected `\)`, not the end"),
        ("2*irreducible(1)", 2, "knows the names of the irreducibles of"),
        ("irreducible 1", 12, r"Expected `\(`, not `1`"),
        ("irreducible(1", 13, r"Expected `\)`, not the end"),
        ("V*Regular", 2, "is infinite or has too many elements"),
        ("Sym(V + W, 2)", 8, "No representation is called `W`"),
        ("V >> V", 2, "two arguments|Expected the end"),
        ("__import__('os')", 0, "No representation is called `__import__`"),
        ("", 0, "Expected a representation, not the end"),
    ],
)
def test_a_wrong_representation_points_at_the_place(expression, position, reason):
    with pytest.raises(ExpressionError, match=reason) as caught:
        parse_rep(expression, G)
    assert caught.value.position == position
    assert str(caught.value).splitlines()[-2:] == [f"  {expression}", "  " + " " * position + "^"]


@pytest.mark.parametrize(
    ("expression", "position", "reason"),
    [
        ("Q(5)", 0, "No group is called `Q`. There are: Trivial, SO"),
        ("SO(3", 4, r"Expected `,`, not the end"),
        ("SO(3))", 5, "Expected the end"),
        ("S(3) * ", 6, "Expected a group"),
        ("S(3, 4)", 0, r"`S\(n\)` takes 1 argument, not 2"),
        ("S()", 0, "takes 1 argument, not 0"),
        ("S(x)", 2, "Expected a whole number, not `x`"),
        ("S(5) * P4(2)", 7, "P4"),
        ("SO(-1)", 3, "Expected a whole number, not `-`"),
        ("3", 0, "Expected a group"),
    ],
)
def test_a_wrong_group_points_at_the_place(expression, position, reason):
    with pytest.raises(ExpressionError, match=reason) as caught:
        parse_group(expression)
    assert caught.value.position == position


def test_errors_survive_pickling():
    error = ExpressionError("V + W", 4, "No.")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.position) == (str(error), 4)
