"""The three methods, and a dense SVD, find the same subspaces over the whole catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.errors import MethodNotApplicableError
from constrainet.groups import Group
from constrainet.reps import Rep, Scalar, V
from tests.catalogue import GROUPS
from tests.solve import oracles

SHAPES = {
    "V": lambda v: v,
    "V>>V": lambda v: v >> v,
    "V>>V*": lambda v: v >> v.T,
    "V^3": lambda v: v**3,
    "V*>>V^2": lambda v: v.T >> v**2,
    "2V+1>>V+2": lambda v: 2 * v + Scalar(v.group) >> v + 2 * Scalar(v.group),
    "(V+1)^2": lambda v: (v + Scalar(v.group)) ** 2,
    "V^2>>V^2": lambda v: v**2 >> v**2,
}

LARGEST = 300
"""Dimension up to which everything is compared."""


def cases():
    for name, make in GROUPS.items():
        for shape, build in SHAPES.items():
            rep = build(V(make()))
            if rep.dim <= LARGEST:
                yield pytest.param(rep, id=f"{name} {shape}")


@pytest.mark.parametrize("rep", list(cases()))
def test_methods_and_svd_have_equal_projectors(rep: Rep):
    expected, rank = oracles.svd_projector(rep)
    for method in ("auto", *oracles.applicable_methods(rep)):
        basis = rep.equivariant_basis(method=method)
        dense = basis.to_dense()
        assert basis.rank == rank, method
        assert np.abs(dense @ dense.conj().T - expected).max(initial=0) < 1e-10, method
        assert np.abs(dense.conj().T @ dense - np.eye(rank)).max(initial=0) < 1e-12
        assert np.abs(oracles.constraints(rep) @ dense).max(initial=0) < 1e-10
        assert basis.residual <= 1e-10


@pytest.mark.parametrize("name", GROUPS)
def test_methods_that_do_not_apply_say_why(name):
    v = V(GROUPS[name]())
    reasons = {
        "orbits": "'orbits' does not apply: the generators do not permute the coordinates",
        "isotypic": "'isotypic' does not apply: the algebra of the generators is not closed",
    }
    for method in reasons.keys() - oracles.applicable_methods(v):
        with pytest.raises(MethodNotApplicableError, match=reasons[method]) as info:
            (v >> v).equivariant_basis(method=method)
        assert "method='auto'" in str(info.value)


@pytest.mark.parametrize("name", GROUPS)
def test_method_is_reported(name):
    group: Group = GROUPS[name]()
    if len(group.factors) > 1:
        group = group.factors[0]
    v = V(group)
    applicable = oracles.applicable_methods(v)
    assert v.equivariant_basis().method == applicable[0]
    for method in applicable:
        assert v.equivariant_basis(method=method).method == method


def test_method_names_each_part():
    from constrainet.groups import SE, SO, S, Trivial

    rep = V(SO(3)) + V(S(3)) + V(SE(2))
    assert rep.equivariant_basis().method == "isotypic, nullspace, orbits"
    assert Scalar(SO(3)).equivariant_basis().method == "none"
    assert V(Trivial(2)).equivariant_basis().method == "orbits"
