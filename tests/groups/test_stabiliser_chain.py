"""The Schreier–Sims algorithm against closed formulas and brute force."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constrainet.groups import A, Hyperoctahedral, RubiksCube, S
from constrainet.groups.stabiliser_chain import StabiliserChain, monomial_chain


def closure(generators):
    elements = {tuple(range(len(generators[0])))}
    frontier = list(elements)
    while frontier:
        products = {tuple(g[i] for i in e) for g in generators for e in frontier}
        frontier = list(products - elements)
        elements |= products
    return elements


@settings(deadline=None, max_examples=60)
@given(st.lists(st.permutations(range(6)), min_size=1, max_size=3))
def test_chain_agrees_with_brute_force(generators):
    elements = closure(generators)
    chain = StabiliserChain(np.array(generators))
    assert chain.order == len(elements)
    for permutation in list(permutations(range(6)))[::7]:
        assert (permutation in chain) == (permutation in elements)


@pytest.mark.parametrize("n", [2, 9, 20, 32])
def test_chain_finds_the_order_of_large_groups(n):
    assert monomial_chain(S(n).discrete_matrices, n).order == factorial(n)
    assert monomial_chain(A(n).discrete_matrices, n).order == max(1, factorial(n) // 2)


def test_chain_finds_the_order_of_signed_groups():
    chain = monomial_chain(Hyperoctahedral(12).discrete_matrices, 12)
    assert chain.num_points == 24 and chain.order == 2**12 * factorial(12)


def test_chain_finds_the_order_of_the_mathieu_group():
    # Mathieu (1873): M24 by x -> x + 1, the squares map and inversion on the projective line of 23
    shift = [*((x + 1) % 23 for x in range(23)), 23]
    inversion = [23, *(pow(-x, -1, 23) for x in range(1, 23)), 0]
    squares = {x * x % 23 for x in range(1, 23)}
    cubes = [
        *(pow(x, 3, 23) * (pow(9, -1, 23) if x in squares else 9) % 23 for x in range(23)),
        23,
    ]
    assert StabiliserChain(np.array([shift, inversion, cubes])).order == 244_823_040


def test_chain_of_no_generators_is_trivial():
    chain = StabiliserChain(np.empty((0, 4), int))
    assert chain.order == 1 and chain.base == () and (0, 1, 2, 3) in chain
    assert (1, 0, 2, 3) not in chain


def test_chain_representatives_send_the_base_to_the_orbit():
    generators = np.array([m.images for m in RubiksCube().discrete_matrices])
    chain = StabiliserChain(generators)
    for i, (point, cosets) in enumerate(zip(chain.base, chain.transversals, strict=True)):
        assert len(set(cosets[:, point])) == len(cosets)
        fixed = list(chain.base[:i])
        assert np.all(cosets[:, fixed] == fixed)
        assert all(u in chain for u in cosets)


def test_chain_tells_members_from_others():
    chain = StabiliserChain(np.array([m.images for m in RubiksCube().discrete_matrices]))
    single_swap = np.arange(48)
    single_swap[:2] = 1, 0
    assert single_swap not in chain
