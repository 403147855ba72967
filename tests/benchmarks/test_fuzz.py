"""The fuzz program: its two ways to the answer agree, and it notices what is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import fuzz
import fuzz_problems
from constrainet.reps import Rep
from fuzz_groups import FAMILIES


class Altered:
    """A solution of which some vectors are hidden or replaced."""

    def __init__(self, columns):
        self.columns, self.rank, self.method = columns, columns.shape[1], "altered"

    def to_dense(self):
        return self.columns


@pytest.fixture
def alter(monkeypatch):
    """Makes every solution pass through a function of its dense columns."""
    solve = Rep.equivariant_basis

    def install(function):
        monkeypatch.setattr(
            Rep, "equivariant_basis", lambda rep: Altered(function(solve(rep).to_dense()))
        )

    return install


def small(seed, most=60):
    """The small ones among problems without disguise, of every family."""
    for number in range(40):
        problem = fuzz.problem(seed, number, plain=True)
        if problem.source.dim * problem.target.dim <= most:
            yield problem


def test_fuzz_plain_problems_have_the_known_ranks_and_subspaces():
    faults, right = [], 0
    for problem in small(3):
        outcome = fuzz.outcome(problem)
        if outcome.verdict in fuzz.WORST:
            faults.append((str(problem), outcome.verdict, outcome.detail))
        right += outcome.verdict == "right"
    assert not faults
    assert right > 20


def test_fuzz_averages_and_null_spaces_give_the_same_ranks():
    both = 0
    for problem in small(2):
        known = fuzz.known(problem)
        assert known.agree, str(problem)
        both += known.spectrum is not None and fuzz_problems.averaged(problem.sample)
    assert both > 8


def vectors_of_the_plane():
    """V >> V of C(4), or of another polygon: two equivariant maps and more to hide."""
    number = list(FAMILIES).index("polygons")
    sample = fuzz_problems.draw("polygons", np.random.RandomState(3))
    vector = fuzz_problems.Vector(2, False, 0)
    problem = fuzz.problem(0, number, plain=True)
    return replace(problem, sample=sample, source=vector, target=vector)


def test_fuzz_notices_a_missing_vector(alter):
    alter(lambda columns: columns[:, 1:])
    assert fuzz.outcome(vectors_of_the_plane()).verdict == "wrong rank"


def test_fuzz_notices_another_subspace(alter):
    alter(lambda columns: np.eye(len(columns))[:, : columns.shape[1]])
    outcome = fuzz.outcome(vectors_of_the_plane())
    assert outcome.verdict == "wrong subspace"
    assert "residual" in outcome.detail


def test_fuzz_notices_columns_that_are_not_orthonormal(alter):
    alter(lambda columns: columns * 2)
    assert "orthonormal" in fuzz.outcome(vectors_of_the_plane()).detail


@pytest.mark.parametrize(
    "error, verdict", [(ValueError, "refused, unjustified"), (KeyError, "crash")]
)
def test_fuzz_counts_errors(alter, error, verdict):
    def fail(columns):
        raise error("no answer")

    alter(fail)
    assert fuzz.outcome(vectors_of_the_plane()).verdict == verdict


def test_fuzz_problems_are_determined_by_seed_and_number():
    problems = [fuzz.problem(5, number) for number in (3, 77, 3)]
    assert str(problems[0]) == str(problems[2]) != str(problems[1])
    factors = [
        fuzz_problems.disguised(p.sample.factors[0], fuzz_problems.DISGUISES, fuzz.Rng(p.seed))
        for p in problems
    ]
    assert np.array_equal(factors[0].lie, factors[2].lie)


def test_fuzz_disguises_leave_the_answer():
    """The null space of the generators in disguise, in natural coordinates, has the same rank."""
    compared = 0
    for problem in small(4, most=50):
        if fuzz_problems.has_named(problem.source) or fuzz_problems.has_named(problem.target):
            continue
        factors = tuple(
            replace(
                fuzz_problems.disguised(f, fuzz_problems.DISGUISES, fuzz.Rng(problem.seed)),
                frame=np.eye(f.dim),
                group=None,
            )
            for f in problem.sample.factors
        )
        other = replace(problem, sample=replace(problem.sample, factors=factors))
        truths = [fuzz.known(p).spectrum for p in (problem, other)]
        if all(truth.is_clear for truth in truths):
            assert truths[0].rank == truths[1].rank, str(problem)
            compared += 1
    assert compared > 10


def test_fuzz_table_counts_every_problem():
    results = []
    for number in range(6):
        problem = fuzz.problem(0, number, plain=True)
        results.append((problem, fuzz.outcome(problem)))
    text = fuzz.table(results)
    assert "| **all** | 6 |" in text
    assert "| none | 6 |" in text
