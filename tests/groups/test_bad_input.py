"""What `Group` refuses, and says about it."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import (
    SO,
    Group,
    S,
)
from constrainet.linalg import Monomial
from tests.catalogue import ROTATION, SHEAR


@pytest.mark.parametrize("argument", ["lie_algebra", "discrete_generators"])
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.eye(3), ValueError, r"dim at least 1. Got \(3, 3\). Wrap a single matrix in a list"),
        (np.ones((2, 3, 4)), ValueError, r"Got \(2, 3, 4\). Each generator is a square matrix"),
        (np.ones(3), ValueError, r"Got \(3,\). Pass a list of square matrices"),
        (np.ones((1, 2, 3, 3)), ValueError, r"Got \(1, 2, 3, 3\)"),
        (np.zeros((2, 0, 0)), ValueError, r"dim at least 1. Got \(2, 0, 0\)"),
        (5.0, ValueError, r"Got \(\)"),
        ([np.eye(2), np.eye(3)], ValueError, "matrices of one size.*ragged"),
        (np.full((1, 2, 2), "a"), TypeError, "hold real or complex numbers. Got dtype <U1"),
        ([[[None, 1], [1, 0]]], TypeError, "hold real or complex numbers. Got dtype object"),
        ([[[1, 0], [0, np.nan]]], ValueError, r"finite. Got nan at index \(0, 1, 1\)"),
        ([[[1, np.inf], [0, 1]]], ValueError, r"finite. Got inf at index \(0, 0, 1\)"),
    ],
    ids=[
        "matrix",
        "oblong",
        "vector",
        "4d",
        "0x0",
        "number",
        "ragged",
        "text",
        "none",
        "nan",
        "inf",
    ],
)
def test_group_refuses_bad_arrays(argument, value, error, message):
    with pytest.raises(error, match=rf"`Group\({argument}=...\)` should.*{message}"):
        Group(**{argument: value})


@pytest.mark.parametrize(
    "matrix",
    [np.ones((2, 2)), np.zeros((2, 2)), 1e9 * np.ones((2, 2)), [[1, 2], [2, 4 + 1e-15]]],
    ids=["ones", "zeros", "large", "rounded"],
)
def test_group_refuses_singular_discrete_generators(matrix):
    with pytest.raises(ValueError, match=r"invertible.*singular matrix at index 1.*lie_algebra="):
        Group(discrete_generators=[np.eye(2), matrix])


@pytest.mark.parametrize("scale", [1e-100, 1e-9, 1e9, 1e100])
def test_group_takes_invertible_generators_of_any_scale(scale):
    assert Group(discrete_generators=[scale * SHEAR]).dim == 2


def test_group_refuses_generators_of_different_sizes():
    with pytest.raises(ValueError, match=r"matrices of one size.*Got 3 × 3 and 4 × 4"):
        Group(lie_algebra=SO(3).lie_algebra, discrete_generators=S(4).discrete_generators)
    with pytest.raises(ValueError, match=r"of one size.*Got sizes \[2, 3\]"):
        Group(discrete_generators=[Monomial([1, 0]), np.eye(3)])


def test_group_refuses_to_be_made_of_nothing():
    for arguments in ({}, {"lie_algebra": []}, {"lie_algebra": [], "discrete_generators": []}):
        with pytest.raises(ValueError, match=r"Got neither.*\(0, dim, dim\).*`Trivial\(dim\)`"):
            Group(**arguments)


def test_group_refuses_a_single_monomial():
    with pytest.raises(ValueError, match=r"single `Monomial`\. Wrap it in a list"):
        Group(discrete_generators=Monomial([1, 0]))


@pytest.mark.parametrize("monomial", [Monomial([1, 0], [1, 2]), Monomial([1, 0], [np.nan, 1])])
def test_group_refuses_monomials_with_other_phases(monomial):
    with pytest.raises(ValueError, match="phases have modulus 1"):
        Group(discrete_generators=[monomial])


def test_group_refuses_bad_names_and_samplers():
    with pytest.raises(TypeError, match=r"`Group\(name=...\)` should be a string. Got 3"):
        Group(lie_algebra=[ROTATION], name=3)
    with pytest.raises(TypeError, match=r"`Group\(sampler=...\)` should be a hashable callable"):
        Group(lie_algebra=[ROTATION], sampler=3)


def test_sample_without_a_key_says_how_to_make_one():
    with pytest.raises(TypeError, match=r"Got None.*`jax.random.key\(0\)`"):
        SO(3).sample()
