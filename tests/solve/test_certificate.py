"""What a certificate must not let pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ortho_group, unitary_group

from constrainet.groups import (
    SE,
    SO,
    SU,
    A,
    C,
    D,
    Group,
    Icosahedral,
    Lorentz,
    S,
    Scaling,
    Sp,
    Trivial,
    U,
)
from constrainet.reps import V
from constrainet.solve import DenseForm, Irreducible, IrreducibleBlock, IsotypicForm, OrbitForm
from constrainet.solve.method import Certificate, allowed_violation, certify
from constrainet.solve.schur import are_irreducible_and_distinct
from constrainet.tolerances import EXACT
from tests.catalogue import phases

QUATERNIONS = Group(
    discrete_generators=[
        np.kron([[0, -1], [1, 0]], np.eye(2)),
        np.kron([[1, 0], [0, -1]], [[0, -1], [1, 0]]),
    ]
)
"""Left multiplication by i and j: an irreducible of quaternionic type."""

ISOTYPIC = {
    "real": lambda: V(SO(3)) ** 3 >> V(SO(3)) ** 2,
    "one side only": lambda: V(SO(3)) ** 3 >> V(SO(3)),
    "complex type": lambda: V(SO(2)) ** 2 >> V(SO(2)) ** 2,
    "quaternionic type": lambda: V(QUATERNIONS) ** 2 >> V(QUATERNIONS) ** 2,
    "complex": lambda: V(SU(3)) ** 2 >> V(SU(3)).T,
    "boosts": lambda: V(Lorentz()) ** 2 >> V(Lorentz()) ** 2,
    "finite": lambda: V(S(4)) ** 2 >> V(S(4)) ** 2,
    "no map": lambda: V(SO(3)) >> V(SO(3)) ** 0,
}
EVERY_ISOTYPIC = pytest.mark.parametrize("name", ISOTYPIC)


def asked(rep, **options):
    """The only question that a representation asks, and its solution's form."""
    ((question, solution),) = rep.equivariant_basis(**options).solutions.items()
    return solution.form, question


def isotypic(name: str) -> tuple[IsotypicForm, tuple]:
    form, question = asked(ISOTYPIC[name](), method="isotypic")
    assert certify(form, *question).worst <= EXACT
    return form, question


def is_refused(form, question) -> bool:
    """Without a warning, and whatever a caller may tolerate."""
    return not certify(form, *question).worst <= allowed_violation(0.09)


# --- numbers that are none -----------------------------------------------------------------------

BAD = pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])


def spoiled(array: np.ndarray, bad: float) -> np.ndarray:
    array = array.copy()
    array.flat[-1] = bad
    return array


def test_violation_that_is_no_number_is_never_small():
    assert not Certificate(float("nan"), 0.0).worst <= 1
    assert not Certificate(0.0, float("nan")).worst <= 1


@BAD
@pytest.mark.parametrize("rep", [V(SE(2)) ** 2, V(SE(2)) >> V(SE(2))])
def test_dense_form_with_a_bad_number_violates_without_bound(rep, bad):
    form, question = asked(rep, method="nullspace")
    for columns in (spoiled(form.columns, bad), np.full_like(form.columns, bad)):
        assert certify(DenseForm(columns), *question).worst == np.inf


@BAD
def test_orbit_form_with_a_bad_number_violates_without_bound(bad):
    form, question = asked(V(phases()) >> V(phases()))
    assert form.phases is not None
    for place in range(form.size):
        values = form.phases.copy()
        values[place] = bad
        if np.isfinite(bad) and form.labels[place] == form.rank:
            continue
        assert certify(replace(form, phases=values), *question).worst == np.inf or bad == 1e300
        assert is_refused(replace(form, phases=values), question)


@BAD
@EVERY_ISOTYPIC
def test_isotypic_form_with_a_bad_number_violates_without_bound(name, bad):
    form, question = isotypic(name)
    for i, block in enumerate(form.blocks):
        irrep = block.irrep
        damaged = [
            replace(block, irrep=replace(irrep, **{part: spoiled(getattr(irrep, part), bad)}))
            for part in ("discrete", "infinitesimal", "commutant")
            if getattr(irrep, part).any()
        ]
        damaged += [
            replace(block, **{side: spoiled(getattr(block, side), bad)})
            for side in ("left", "right")
            if getattr(block, side).size
        ]
        for other in damaged:
            blocks = (*form.blocks[:i], other, *form.blocks[i + 1 :])
            assert is_refused(replace(form, blocks=blocks), question)


# --- less than the whole -------------------------------------------------------------------------


@EVERY_ISOTYPIC
def test_form_that_lost_a_block_is_refused(name):
    form, question = isotypic(name)
    assert certify(replace(form, blocks=()), *question).worst == np.inf
    for i in range(len(form.blocks)):
        blocks = (*form.blocks[:i], *form.blocks[i + 1 :])
        assert certify(replace(form, blocks=blocks), *question).worst == np.inf


@EVERY_ISOTYPIC
@pytest.mark.parametrize("side", ["left", "right"])
def test_form_that_lost_a_copy_is_refused(name, side):
    form, question = isotypic(name)
    for i, block in enumerate(form.blocks):
        copies = getattr(block, side)
        if len(copies):
            smaller = replace(block, **{side: copies[1:]})
            blocks = (*form.blocks[:i], smaller, *form.blocks[i + 1 :])
            assert certify(replace(form, blocks=blocks), *question).worst == np.inf


@EVERY_ISOTYPIC
def test_form_with_one_copy_twice_in_the_place_of_two_is_refused(name):
    form, question = isotypic(name)
    for i, block in enumerate(form.blocks):
        if len(block.left) > 1:
            left = block.left.copy()
            left[1] = left[0]
            blocks = (*form.blocks[:i], replace(block, left=left), *form.blocks[i + 1 :])
            assert is_refused(replace(form, blocks=blocks), question)


@pytest.mark.parametrize("name", ["complex type", "quaternionic type"])
def test_form_that_lost_a_part_of_a_commutant_is_refused(name):
    form, question = isotypic(name)
    for i, block in enumerate(form.blocks):
        if block.irrep.type > 1:
            irrep = replace(block.irrep, commutant=block.irrep.commutant[:-1])
            blocks = (*form.blocks[:i], replace(block, irrep=irrep), *form.blocks[i + 1 :])
            assert certify(replace(form, blocks=blocks), *question).worst == np.inf


def test_form_whose_sides_do_not_share_what_they_should_is_refused():
    """The same irreducible under two names: all maps between its copies would be missing."""
    form, question = isotypic("real")
    for i, block in enumerate(form.shared):
        empty = np.zeros((0, form.columns, block.irrep.dim))
        split = (
            replace(block, right=empty),
            IrreducibleBlock(block.irrep, np.zeros((0, form.rows, block.irrep.dim)), block.right),
        )
        blocks = tuple(b for b in form.blocks if b is not form.shared[i])
        assert certify(replace(form, blocks=(*blocks, *split)), *question).worst == np.inf


def test_sum_that_passes_for_an_irreducible_is_refused():
    """A whole space as one "irreducible" with the commutant 1: dimensions add up, maps do not."""
    rep = V(SO(3)) ** 2
    (term,) = rep.question.spaces[1].terms
    images = rep.generator_images
    lie = np.stack([np.asarray(image @ np.eye(9)) for image in images[1]])
    irrep = Irreducible(0, np.zeros((0, 9, 9)), lie, np.eye(9)[None])
    block = IrreducibleBlock(irrep, np.eye(9)[None], np.eye(9)[None])
    question = (term.atoms, term.atoms)
    assert certify(IsotypicForm(9, 9, (block,)), *question).worst == np.inf


def test_forms_of_other_sizes_are_refused():
    form, (rows, columns) = isotypic("real")
    assert is_refused(replace(form, rows=form.rows + 1), (rows, columns))
    assert is_refused(form, (columns, rows))


def test_merged_orbits_are_refused():
    form, question = asked(V(S(3)) >> V(S(3)))
    labels = np.zeros_like(form.labels)
    merged = OrbitForm(labels, None, np.array([form.size]))
    assert certify(merged, *question).worst <= EXACT  # an invariant vector: membership only
    assert merged.rank < form.rank


def test_what_is_known_of_some_solutions_says_nothing_of_others():
    known = {}
    for name in ISOTYPIC:
        form, question = isotypic(name)
        for other in (form, replace(form, blocks=form.blocks[1:]), form):
            expected = certify(other, *question)
            assert certify(other, *question, known) == expected
            assert certify(other, *question, known) == expected


# --- irreducibles --------------------------------------------------------------------------------


def irreducibles(group, power: int, is_complex: bool = False) -> list[Irreducible]:
    rep = V(group) ** power
    form, _ = asked(rep >> rep, method="isotypic")
    assert any(np.iscomplexobj(block.left) for block in form.blocks) == is_complex
    return [block.irrep for block in form.blocks]


GROUPS = {
    "SO(2)": (SO(2), 3, False),
    "SO(3)": (SO(3), 5, False),
    "SO(5)": (SO(5), 3, False),
    "C(5)": (C(5), 2, False),
    "D(6)": (D(6), 2, False),
    "A(4)": (A(4), 2, False),
    "S(6)": (S(6), 3, False),
    "Icosahedral": (Icosahedral(), 4, False),
    "Lorentz": (Lorentz(), 3, False),
    "Scaling": (Scaling(2), 3, False),
    "Sp(2)": (Sp(2), 3, False),
    "Trivial": (Trivial(3), 1, False),
    "quaternions": (QUATERNIONS, 3, False),
    "SU(2)": (SU(2), 4, True),
    "SU(3)": (SU(3), 3, True),
    "U(2)": (U(2), 3, True),
}


@pytest.mark.parametrize("name", GROUPS)
def test_irreducibles_in_any_basis_are_told_apart_at_the_first_draw(name, monkeypatch):
    from constrainet.solve import schur

    monkeypatch.setattr(schur, "SEEDS", 1)
    group, power, is_complex = GROUPS[name]
    irreps = irreducibles(group, power, is_complex)
    assert are_irreducible_and_distinct(irreps, is_complex)
    turned = [in_another_basis(irrep, is_complex) for irrep in irreps]
    assert are_irreducible_and_distinct(turned, is_complex)


@pytest.mark.parametrize("name", GROUPS)
def test_irreducible_and_its_equivalent_are_not_distinct(name):
    group, power, is_complex = GROUPS[name]
    for irrep in irreducibles(group, power, is_complex):
        other = in_another_basis(irrep, is_complex)
        assert not are_irreducible_and_distinct([irrep, other], is_complex)


@pytest.mark.parametrize("name", GROUPS)
def test_sums_are_not_irreducible(name):
    group, power, is_complex = GROUPS[name]
    irreps = irreducibles(group, power, is_complex)
    for other in irreps[:3]:
        for irrep in irreps[:3]:
            both = direct_sum(irrep, other)
            for e in (1, 2, 4):  # whatever it claims
                commutant = np.zeros((e, both.dim, both.dim))
                commutant[0] = np.eye(both.dim)
                claimed = replace(both, commutant=commutant)
                assert not are_irreducible_and_distinct([claimed], is_complex)


def in_another_basis(irrep: Irreducible, is_complex: bool) -> Irreducible:
    d = irrep.dim
    if d == 1:
        q = np.ones((1, 1))
    else:
        q = (unitary_group if is_complex else ortho_group)(d, seed=5).rvs()
    parts = (irrep.discrete, irrep.infinitesimal, irrep.commutant)
    return Irreducible(irrep.index, *(q @ part @ q.conj().T for part in parts))


def direct_sum(a: Irreducible, b: Irreducible) -> Irreducible:
    n, m = a.dim, b.dim

    def both(x, y):
        out = np.zeros((len(x), n + m, n + m), np.result_type(x, y))
        out[:, :n, :n], out[:, n:, n:] = x, y
        return out

    return Irreducible(
        0,
        both(a.discrete, b.discrete),
        both(a.infinitesimal, b.infinitesimal),
        np.eye(n + m)[None],
    )
