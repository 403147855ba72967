"""The known dimensions of invariant tensors, by every method that applies."""

from __future__ import annotations

from math import comb

import pytest

from constrainet.groups import GL, SL, SO, SU, C, D, Lorentz, O, S, SOplus, Sp, U, Z
from constrainet.reps import T
from tests.solve import oracles


def table():
    """Pairs of an id, a group's maker, (p, q), and the dimension."""

    def powers(name, group, counts):
        for k, count in enumerate(counts):
            yield f"{name}-{k}", group, (k, 0), count

    yield from powers("S(3)", lambda: S(3), [1, 1, 2, 5, 14, 41, 122])
    yield from powers("S(5)", lambda: S(5), [1, 1, 2, 5, 15, 52, 202, 855])
    yield from powers("S(4)", lambda: S(4), [oracles.count_symmetric(4, k) for k in range(6)])
    for n in (2, 5):
        yield from powers(f"Z({n})", lambda n=n: Z(n), [1] + [n ** (k - 1) for k in range(1, 6)])
    for n in (3, 4, 5, 6):
        cyclic = [sum(comb(k, j) for j in range(k + 1) if (2 * j - k) % n == 0) for k in range(8)]
        yield from powers(f"C({n})", lambda n=n: C(n), cyclic)
        yield from powers(f"D({n})", lambda n=n: D(n), [1] + [c // 2 for c in cyclic[1:]])
    yield from powers("SO(2)", lambda: SO(2), [comb(k, k // 2) * (k % 2 == 0) for k in range(9)])
    for n, most in ((2, 9), (3, 8), (4, 6), (5, 6)):
        orthogonal = [oracles.count_orthogonal(n, k) for k in range(most)]
        yield from powers(f"O({n})", lambda n=n: O(n), orthogonal)
        special = [oracles.count_special_orthogonal(n, k) for k in range(most)]
        yield from powers(f"SO({n})", lambda n=n: SO(n), special)
    for m, most in ((1, 9), (2, 7)):
        symplectic = [oracles.count_symplectic(m, k) for k in range(most)]
        yield from powers(f"Sp({m})", lambda m=m: Sp(m), symplectic)
    for n, most in ((2, 5), (3, 4)):
        for p in range(most + 1):
            for q in range(most + 1):
                if p + q > most + 1:
                    continue
                unitary = oracles.count_unitary(n, p, q)
                special = oracles.count_special_unitary(n, p, q)
                yield f"U({n})-{p},{q}", lambda n=n: U(n), (p, q), unitary
                yield f"GL({n})-{p},{q}", lambda n=n: GL(n), (p, q), unitary
                yield f"SU({n})-{p},{q}", lambda n=n: SU(n), (p, q), special
                yield f"SL({n})-{p},{q}", lambda n=n: SL(n), (p, q), special
    for p, q in ((0, 0), (1, 0), (1, 1), (2, 0), (0, 2), (2, 1), (2, 2), (4, 0), (3, 1), (3, 3)):
        special = oracles.count_special_orthogonal(4, p + q)
        full = oracles.count_orthogonal(4, p + q)
        yield f"SOplus(1,3)-{p},{q}", lambda: SOplus(1, 3), (p, q), special
        yield f"Lorentz-{p},{q}", Lorentz, (p, q), full
        if p + q <= 4:
            plane = oracles.count_orthogonal(3, p + q)
            yield f"O(1,2)-{p},{q}", lambda: O(1, 2), (p, q), plane


CASES = list(table())


@pytest.mark.parametrize(
    ("make", "rank", "count"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_dimension_of_invariant_tensors(make, rank, count):
    rep = T(*rank, group=make())
    for method in ("auto", *oracles.applicable_methods(rep)):
        basis = rep.equivariant_basis(method=method)
        assert basis.rank == count, method
        assert basis.residual <= 1e-10, method


@pytest.mark.parametrize(
    ("counts", "count"),
    [
        # the values that dimensions.md states, against the formulas used above
        ([1, 0, 1, 0, 3, 0, 15, 0, 91], lambda k: oracles.count_orthogonal(3, k)),
        ([1, 0, 1, 0, 3, 0, 15, 0, 105], lambda k: oracles.count_orthogonal(5, k)),
        (
            [1, 0, 1, 1, 3, 6, 15, 36, 91, 232, 603],
            lambda k: oracles.count_special_orthogonal(3, k),
        ),
        ([1, 0, 1, 0, 4, 0, 25, 0, 196], lambda k: oracles.count_special_orthogonal(4, k)),
        ([1, 0, 1, 0, 2, 0, 5, 0, 14], lambda k: oracles.count_symplectic(1, k)),
        ([1, 0, 1, 0, 3, 0, 14, 0, 84], lambda k: oracles.count_symplectic(2, k)),
        ([1, 1, 2, 5, 14, 42], lambda k: oracles.count_unitary(2, k, k)),
        ([1, 1, 2, 6, 23, 103], lambda k: oracles.count_unitary(3, k, k)),
        ([1, 1, 2, 5, 15, 52, 202, 855], lambda k: oracles.count_symmetric(5, k)),
    ],
)
def test_formulas_give_the_stated_values(counts, count):
    assert [count(k) for k in range(len(counts))] == counts


def test_special_unitary_formula_gives_the_stated_values():
    stated = {(3, 0): 1, (2, 2): 2, (3, 3): 6}
    assert {k: oracles.count_special_unitary(3, *k) for k in stated} == stated


@pytest.mark.parametrize(
    ("make", "source", "target", "count"),
    [
        (lambda: SO(3), 2, 3, 6),
        (lambda: SO(3), 1, 5, 15),
        (lambda: O(5), 4, 2, 15),
        (lambda: Sp(2), 3, 3, 14),
        (lambda: S(5), 2, 2, 15),
        (lambda: D(8), 3, 3, 10),
        (Lorentz, 3, 3, 15),
    ],
)
def test_dimension_of_maps_between_tensors(make, source, target, count):
    group = make()
    assert (T(source, group=group) >> T(target, group=group)).equivariant_basis().rank == count


@pytest.mark.parametrize(
    ("make", "count"), [(lambda: SL(3), 6), (lambda: SU(3), 6), (lambda: GL(3), 6)]
)
def test_dimension_of_maps_between_mixed_tensors(make, count):
    rep = T(2, 1, group=make())
    assert (rep >> rep).equivariant_basis().rank == count
