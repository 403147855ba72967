"""Which copies meet: every output is another function, as long as there are enough products."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from constrainet.groups import O
from constrainet.maps import SharedFrame, TensorProductMap, frame
from constrainet.maps.dealing import Path, deal
from constrainet.maps.products import _by_symmetry
from constrainet.reps import Alt, Scalar, Sym, V
from tests.catalogue import GROUPS, small_rep

COPIES = range(1, 10)


def path(symmetry: int, left: int = 0, right: int = 0, entries: int = 1) -> Path:
    """A path to a number, of so many entries."""
    return Path(left, right, 9, np.ones((1, 1, entries)), symmetry)


def outputs(m: TensorProductMap, samples: int = 100) -> dict[int, np.ndarray]:
    """By component, its copies as functions of random inputs: shape (copies, numbers)."""
    rng, form = np.random.default_rng(0), m._form
    dtype = complex if m.is_complex else float
    left, right = (rng.normal(size=(size, samples)).astype(dtype) for size in form.sizes[1:])
    if m.is_quadratic:
        right = left
    rows = np.zeros((form.sizes[0], samples), dtype)
    i, j, k = form.places
    np.add.at(rows, i, form.coefficients[:, None] * left[j] * right[k])
    found = {}
    for component, (summed, copies) in m._shapes.items():
        taken, rows = np.split(rows, [summed * copies * m._target.dims[component]])
        taken = taken.reshape(summed, copies, -1)
        found[component] = np.sum(rng.normal(size=(summed, copies, 1)) * taken, axis=0)
    assert not rows.size
    return found


def are_independent(m: TensorProductMap, full: TensorProductMap) -> None:
    """Whether the copies of each component are as many functions as they can be."""
    assert m._shapes.keys() == full._shapes.keys()
    for component, functions in outputs(m).items():
        products = full._shapes[component][0]
        expected = min(len(functions), products)
        assert np.linalg.matrix_rank(functions, tol=1e-8) == expected


@pytest.mark.parametrize("name", GROUPS)
def test_outputs_are_independent_as_long_as_there_are_enough_products(name):
    rep = small_rep(name)
    reps = {n: n * rep for n in COPIES}
    common = frame(*reps.values())
    for n in COPIES:
        for other in (None, reps[10 - n]):
            full = TensorProductMap(reps[n], other, reps[1], "full", common)
            for copies in {9, n if other is None else 9}:
                m = TensorProductMap(reps[n], other, reps[copies], frame=common)
                are_independent(m, full)


def test_two_paths_that_share_a_component_have_different_products():
    G = O(3)
    eight, other = 8 * V(G), Scalar(G) + Sym(V(G), 2)
    m = TensorProductMap(eight, other, 16 * V(G))
    (functions,) = outputs(m).values()
    assert np.linalg.matrix_rank(functions, tol=1e-8) == 16
    functions = outputs(TensorProductMap(4 * V(G), None, 12 * Scalar(G)))
    assert [np.linalg.matrix_rank(each, tol=1e-8) for each in functions.values()] == [10]


@pytest.mark.parametrize("symmetry", [-1, 0, 1])
def test_all_pairs_meet_once_and_copies_equally_often(symmetry):
    for m in range(1, 13):
        for n in range(1, 13) if symmetry == 0 else [m]:
            each = path(symmetry)
            pairs = [each.pair(number, m, n) for number in range(each.num_products(m, n))]
            expected = {
                (i, j) if symmetry == 0 else (min(i, j), max(i, j))
                for i in range(m)
                for j in range(n)
                if i != j or symmetry >= 0
            }
            found = {pair if symmetry == 0 else tuple(sorted(pair)) for pair in pairs}
            assert found == expected
            assert len(pairs) == len(expected)
            for side, size in ((0, m), (1, n)):
                for stop in range(len(pairs) + 1):
                    copies = [pair[side] for pair in pairs[:stop]]
                    if symmetry:
                        copies = [copy for pair in pairs[:stop] for copy in pair]
                    uses = [copies.count(copy) for copy in range(size)]
                    assert max(uses) - min(uses) <= (2 if symmetry else size // m + 2)


def test_paths_share_out_the_copies():
    paths = {9: [path(0, 0, 1), path(0, 0, 2), path(0, 0, 3), path(0, 0, 4)]}
    dealt = deal(paths, [{0: 16}, dict.fromkeys(range(1, 5), 4)], {9: 16})[9]
    assert sorted(i for _, i, _ in dealt) == list(range(16))


def test_dear_paths_occur_once_until_the_others_have_no_products_left():
    cheap, dear = path(0), path(0, entries=13)
    sources = [{0: 2}, {0: 2}]

    def count(copies: int) -> Counter[Path]:
        dealt = deal({9: [cheap, dear]}, sources, {9: copies})
        return Counter(used for used, _, _ in dealt[9])

    assert count(1) == {cheap: 1}  # more entries than fit
    assert count(4) == {cheap: 3, dear: 1}
    assert count(8) == {cheap: 4, dear: 4}
    assert count(20) == {cheap: 16, dear: 4}


@pytest.mark.parametrize("name", ["SO(2)", "A(4)", "quaternion"])
def test_symmetric_couplings_depend_on_the_couplings_continuously(name):
    v = V(GROUPS[name]())
    common, rng, most = SharedFrame((v, v * v)), np.random.default_rng(0), 0
    numbers = range(len(common.components))
    for i in numbers:
        for couplings in common.couplings([(i, i)], numbers)[i, i].values():
            moved = couplings + 1e-13 * rng.normal(size=couplings.shape)
            parts, again = list(_by_symmetry(couplings)), list(_by_symmetry(moved))
            signs = [sign for _, sign in parts]
            assert signs == [sign for _, sign in again] == sorted(signs, reverse=True)
            for (coupling, sign), (other, _) in zip(parts, again, strict=True):
                np.testing.assert_allclose(coupling.swapaxes(1, 2), sign * coupling, atol=1e-10)
                np.testing.assert_allclose(coupling, other, atol=1e-11)
            most = max(most, Counter(signs).most_common(1)[0][1] if signs else 0)
    assert most > 1, "some part should have several dimensions"


def test_symmetric_and_antisymmetric_parts_are_those_of_powers():
    v = V(GROUPS["SO(3)"]())
    m = TensorProductMap(2 * v, None, Sym(v, 2) + Alt(v, 2))
    assert sorted(
        (p.symmetry, len(p.coupling)) for found in m._paths().values() for p in found
    ) == [
        (-1, 3),
        (1, 1),
        (1, 5),
    ]
