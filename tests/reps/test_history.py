"""What is asked before changes no answer, and equal representations answer equally."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from itertools import count

import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import SE, SO, SU, Group, S
from constrainet.inspect import describe
from constrainet.inspect.irreducibles import irreducible_content
from constrainet.maps import frame, invariant_squares
from constrainet.reps import (
    Complexified,
    NamedSum,
    Question,
    Realified,
    Rep,
    Scalar,
    V,
    common_spaces,
    decompose,
    named,
    restrict,
)

FRESH = count(2)


def spinor() -> Rep:
    """The spinors of SU(2), by generators of a size that no other test has asked about."""
    return V(Group(lie_algebra=SU(2).lie_algebra * (1 + 1 / next(FRESH)), name="SU(2)"))


BEFORE = {
    "nothing": lambda a, b: None,
    "maps described": lambda a, b: describe(a >> b),
    "maps back described": lambda a, b: describe(b >> a),
    "maps solved": lambda a, b: (a >> b).equivariant_basis(),
    "a sum solved": lambda a, b: (a + b).equivariant_basis(),
    "a common frame": lambda a, b: frame(a, b),
    "spaces": lambda a, b: common_spaces(a, b),
}
EVERY_HISTORY = pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())


@EVERY_HISTORY
def test_irreducible_content(before: Callable):
    b = spinor()
    a = Realified(b)
    before(a, b)
    # over the complex numbers, because b is complex, spinors occur twice
    assert [str(content) for content in irreducible_content(a, b) or ()] == ["2×2", "2"]
    assert [str(content) for content in irreducible_content(a) or ()] == ["4"]
    before(a, b)
    assert [str(content) for content in irreducible_content(a, b) or ()] == ["2×2", "2"]


@EVERY_HISTORY
def test_invariant_squares_and_decomposition(before: Callable):
    b = spinor()
    a = Realified(b)
    before(a, b)
    squares = invariant_squares(a, frame(a))
    x = jnp.arange(4.0)[:, None]
    components = squares.coordinates.analyse(x)
    assert [z.shape for z in components.values()] == [(1, 4, 1)]
    assert all(z.dtype == jnp.float32 for z in components.values())
    assert [(irrep.dim, irrep.type, n) for irrep, n in decompose(a).irreps] == [
        (4, "quaternionic", 1)
    ]
    assert (a >> a).equivariant_basis().rank == 4


def test_spaces_depend_on_the_question():
    b = spinor()
    a = Realified(b)
    alone, with_b = common_spaces(a)[0], common_spaces(a, b)[0]
    assert alone.key != with_b.key
    assert common_spaces(a)[0].key == alone.key and common_spaces(a, b)[0].key == with_b.key


def bits(subspace) -> tuple:
    dense = subspace.to_dense()
    return dense.dtype, dense.shape, dense.tobytes()


G, P = SO(3), S(3)
v = V(G)
SIDES: dict[str, tuple[Rep, Rep]] = {
    "V, V": (v, v),
    "V, 1": (v, Scalar(G)),
    "1, V": (Scalar(G), v),
    "1, V²": (Scalar(G), v**2),
    "V², 1": (v**2, Scalar(G)),
    "sums": (2 * v + Scalar(G), Scalar(G) + v**2 + v),
    "sum, 1": (v + 2 * Scalar(G) + v**2, Scalar(G)),
    "products": (v * V(P) + 2 * V(P), V(P) * v),
    "complex": (Complexified(v), v + Scalar(G)),
    "realified": (Realified(V(SU(2))), V(SU(2))),
    "duals": (V(SE(2)).T + V(SE(2)), V(SE(2)) ** 2),
    "named": (named({"x": v, "y": 2 * v}), v),
    "zero": (0 * v, v),
}
EVERY_PAIR = pytest.mark.parametrize(("a", "b"), SIDES.values(), ids=SIDES.keys())


@EVERY_PAIR
def test_maps_and_the_question_have_one_basis(a: Rep, b: Rep):
    maps, question = a >> b, Question(a, b)
    assert maps.question == question and hash(maps.question) == hash(question)
    assert bits(maps.equivariant_basis()) == bits(question.solve())
    assert maps.dim == a.dim * b.dim
    blocks = maps.equivariant_basis().blocks
    assert [block.row_term.atoms for block in blocks] == [
        row.atoms for row in question.spaces[1].terms for _ in question.spaces[0].terms
    ]


@EVERY_PAIR
def test_maps_are_a_value(a: Rep, b: Rep):
    maps = a >> b
    maps.equivariant_basis()
    for other in (a >> b, copy.deepcopy(maps), pickle.loads(pickle.dumps(maps)), maps.T.T):
        assert other == maps and hash(other) == hash(maps)
        assert bits(other.equivariant_basis()) == bits(maps.equivariant_basis())
    assert (maps == (b >> a)) == (a == b)
    question = pickle.loads(pickle.dumps(Question(a, b)))
    assert question == Question(a, b) and question != maps


@EVERY_PAIR
def test_maps_are_the_product_of_the_target_and_the_dual_source(a: Rep, b: Rep):
    maps = a >> b
    product = maps.target * maps.source.T
    assert maps != product and maps.tensor_factors == product.tensor_factors
    assert str(maps) == str(product)
    g = np.eye(maps.group.dim)
    assert maps.rho(g).shape == product.rho(g).shape
    one, other = (rep.equivariant_basis().to_dense() for rep in (maps, product))
    np.testing.assert_allclose(one @ one.conj().T, other @ other.conj().T, atol=1e-10)


def test_questions_are_asked_under_the_common_group():
    A, B = V(SO(3)), V(S(5))
    question = Question(A, A * B)
    assert question.source.group == question.target.group == (A * B).group
    assert question == Question(question.source, A * B)
    with pytest.raises(ValueError, match="Cannot map between representations of different groups"):
        Question(A, B)


def test_a_named_sum_answers_as_its_total():
    total, single = 2 * v + v**2, v**2 * v.T
    for rep, other in ((named({"x": 2 * v, "y": v**2}), total), (named({"x": single}), single)):
        assert rep == other
        assert bits(rep.equivariant_basis()) == bits(other.equivariant_basis())
        assert rep * v == other * v and str(rep * v) == str(other * v)
        assert rep**2 == other**2 and (rep >> v) == (other >> v)
        assert restrict(rep, SO(3)) == restrict(other, SO(3))
    moved = restrict(
        named({"x": V(SU(2)), "y": V(SU(2)).T}), Group(lie_algebra=SU(2).lie_algebra[:1])
    )
    assert moved == V(moved.group) + V(moved.group).T
    assert isinstance(moved, NamedSum) and list(moved.parts) == ["x", "y"]
