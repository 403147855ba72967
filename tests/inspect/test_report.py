"""Descriptions, irreducible content, and the explanation of zero."""

import json

import haiku as hk
import jax
import jax.numpy as jnp
import pytest

import constrainet.nn as cnn
from constrainet.groups import SE, SO, SU, C, D, Group, O, RubiksCube, S, Z
from constrainet.inspect import (
    CATALOGUE,
    Description,
    describe,
    describe_map,
    explain_zero,
    irreducible_content,
)
from constrainet.inspect.catalogue import order_of
from constrainet.reps import Scalar, V
from tests.catalogue import GROUPS, ORDERS, quaternion_group


@pytest.mark.parametrize("name", GROUPS)
def test_every_group_can_be_described(name):
    group = GROUPS[name]()
    description = describe(group)
    json.dumps(description.to_dict())
    assert description.title == f"group {group}"
    assert description.data["dim"] == group.dim
    if name in ORDERS and description.data["order"] is not None:
        assert description.data["order"] == ORDERS[name]


@pytest.mark.parametrize("name", [n for n in ORDERS if n.split("(")[0] in CATALOGUE])
def test_orders_of_finite_groups_of_the_catalogue(name):
    assert order_of(GROUPS[name]()) in (ORDERS[name], None)
    if CATALOGUE[name.split("(")[0]].order is not None and "*" not in name:
        assert order_of(GROUPS[name]()) == ORDERS[name]


def test_a_name_alone_gives_no_order():
    impostor = Group(discrete_generators=Z(4).discrete_generators, name="S(4)")
    assert order_of(impostor) is None


@pytest.mark.parametrize(
    ("rep", "content"),
    [
        (V(SO(3)) ** 2, "1 ⊕ 3 ⊕ 5"),
        (V(SU(2)) ** 2, "1 ⊕ 3"),
        (V(SU(3)) * V(SU(3)).T, "1 ⊕ 8"),
        (V(S(5)), "1 ⊕ 4"),
        (V(S(5)) ** 2, "2×1 ⊕ 3×4 ⊕ 5 ⊕ 6"),
        (V(Z(4)), "1 ⊕ 1₂ ⊕ 2"),
        (V(Z(3)) + 2 * Scalar(Z(3)), "3×1 ⊕ 2"),
        (V(RubiksCube()), "2×1 ⊕ 7 ⊕ 11 ⊕ 12 ⊕ 16"),
        (V(SO(3)) * V(S(4)), "3 ⊕ 9"),
        (0 * V(SO(3)), "0"),
    ],
    ids=str,
)
def test_irreducible_content_is_the_known_one(rep, content):
    (found,) = irreducible_content(rep)
    assert str(found) == content
    assert sum(part.dim * count for part, count in found.parts) == rep.dim


def test_types_of_irreducibles():
    def types(rep):
        return {part.name: part.type for part, _ in irreducible_content(rep)[0].parts}

    assert types(V(C(4))) == {"2": "complex"}
    assert types(V(D(4))) == {"2": "real"}
    assert types(V(quaternion_group())) == {"4": "quaternionic"}


def test_common_types_have_common_names():
    left, right = irreducible_content(V(O(3)) ** 2, V(O(3)))
    assert not {part.name for part, _ in left.parts} & {part.name for part, _ in right.parts}
    left, right = irreducible_content(V(SO(3)) ** 2, V(SO(3)))
    assert {part for part, _ in right.parts} < {part for part, _ in left.parts}


def test_unknown_content_is_none():
    assert irreducible_content(V(SE(2))) is None
    assert irreducible_content(V(S(500))) is None


def test_a_map_is_described():
    group = O(3)
    maps = 5 * Scalar(group) + 5 * V(group) >> V(group) ** 2
    description = describe(maps)
    facts = dict(description.facts)
    assert description.title == "linear maps 5V⁰⊕5V → V² of O(3)"
    assert facts["from"] == "5V⁰⊕5V, dimension 20 = 5×1 ⊕ 5×3₁"
    assert facts["to"] == "V², dimension 9 = 1 ⊕ 3₂ ⊕ 5"
    assert facts["free weights"] == "5 of 180 (2.8 %)"
    assert facts["free biases"] == "1 of 9"
    assert facts["method"] == "isotypic"
    assert facts["product"].startswith(
        "irreducible (multiplications per sample: irreducible 86, dense 180"
    )
    assert {"residual", "gap", "solved in"} <= facts.keys()
    assert facts["fingerprint"] == maps.equivariant_basis().fingerprint
    data = description.to_dict()
    json.dumps(data)
    assert (data["num_free"], data["num_weights"], data["is_tying"]) == (5, 180, True)


def test_maps_to_scalars_are_described_although_the_sign_simplifies_them():
    description = describe_map(V(S(4)), 3 * Scalar(S(4)))
    assert description.data["num_free"] == 3
    assert describe_map(None, V(S(4))).data["num_free"] == 1


def test_relations_are_mentioned():
    rep = V(SO(3)) ** 2
    assert dict(describe(rep >> rep).facts)["classes"] == (
        "4 of proportional weights, with relations among them"
    )


def test_a_representation_and_a_basis_are_described():
    description = describe(V(Z(3)) + Scalar(Z(3)))
    assert dict(description.facts) == {
        "dimension": "4",
        "irreducible": "2×1 ⊕ 2 (2 is of complex type)",
        "invariants": "2",
    }
    basis = (V(S(4)) >> V(S(4))).equivariant_basis()
    assert dict(describe(basis).facts)["shape"] == "4 × 4 weights, 2 free"


def test_layers_and_models_are_described():
    group, found = SO(3), {}

    def forward(x):
        layer = cnn.Linear(V(group), V(group) ** 2, parametrization="basis")
        found["linear"] = describe(layer)
        found["bilinear"] = describe(cnn.BiLinear(2 * V(group), V(group)))
        found["model"] = describe(cnn.EMLP(V(group), Scalar(group), channels=20, num_layers=2))
        found["baseline"] = describe(cnn.MLP(V(group), Scalar(group)))
        return layer(x)

    hk.without_apply_rng(hk.transform(forward)).init(jax.random.key(0), jnp.ones((2, 3)))
    facts = dict(found["linear"].facts)
    assert found["linear"].title == "Linear: linear maps V → V² of SO(3)"
    assert facts["parametrization"] == "basis"
    assert facts["free weights"] == "1 of 27 (3.7 %)"
    assert "product" in facts
    assert found["bilinear"].title.startswith("BiLinear: bilinear maps 2V → V of SO(3)")
    assert found["model"].parts[0].data["rep_in"] == "V"
    assert len(found["model"].parts) == 3
    assert "free of" in str(found["model"])
    assert found["baseline"].title == "MLP of SO(3)"


def test_nothing_else_is_described():
    with pytest.raises(TypeError, match=r"`describe\(x\)` should get a group.*Got int"):
        describe(3)


def test_descriptions_are_text_and_html():
    description = Description("a < b", (("x", "1 & 2"),), {}, (Description("part"),))
    assert str(description) == "a < b\n  x  1 & 2\n  part"
    html = description._repr_html_()
    assert "<strong>a &lt; b</strong>" in html and "1 &amp; 2" in html
    assert html.count("<div>") == html.count("</div>") == 2


def test_long_facts_are_wrapped_under_themselves():
    description = Description("title", (("label", "word " * 40),))
    lines = str(description).splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert all(line.startswith(" " * 9 + "word") for line in lines[2:])


def test_zero_is_explained_by_types():
    assert explain_zero(5 * Scalar(O(3)), V(O(3))) == (
        "No equivariant map but zero: 5V⁰ holds the irreducible types 5×1, V holds 3, and they "
        "share none. Tensor products of one side may hold types of the other."
    )
    assert "V⁰ holds the irreducible types 1, V holds 3" in explain_zero(None, V(SO(3)))
    assert "they share none" in dict(describe_map(Scalar(O(3)), V(O(3))).facts)["why none"]


def test_zero_is_explained_where_types_are_unknown():
    assert "not closed under the adjoint" in explain_zero(V(SE(2)).T, Scalar(SE(2)))
    assert "dimension 0" in explain_zero(0 * V(SO(3)), V(SO(3)))


def test_maps_that_exist_need_no_explanation():
    assert explain_zero(V(SO(3)) ** 2, V(SO(3))) is None
