"""Options and bad input: each mistake is named, at once."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.errors import MethodNotApplicableError, ProblemTooLargeError
from constrainet.groups import SE, SO, S
from constrainet.reps import T, V
from constrainet.solve import (
    TRIVIAL,
    Atom,
    Space,
    Symmetry,
    clear_memory,
    intertwiners,
    memory_limit,
)


@pytest.mark.parametrize("method", ["Orbits", "", None, 3, ["orbits"]])
def test_unknown_method_is_refused(method):
    with pytest.raises(ValueError, match=r"'auto', 'orbits', 'isotypic' or 'nullspace'. Got"):
        V(SO(3)).equivariant_basis(method=method)


@pytest.mark.parametrize("rtol", [0, 1, -1e-3, 2.0, float("nan"), float("inf"), "0.1", [1e-3], 1j])
def test_rtol_outside_its_range_is_refused(rtol):
    with pytest.raises(
        ValueError, match=r"`equivariant_basis.rtol=...*` should lie between 0 and 1"
    ):
        V(SE(2)).equivariant_basis(rtol=rtol)


@pytest.mark.parametrize("rtol", [1e-3, np.float64(1e-3), np.float32(1e-3)])
def test_rtol_may_be_any_real_number(rtol):
    assert (V(SE(2)) >> V(SE(2))).equivariant_basis(rtol=rtol).rank == 1


def test_options_are_keyword_only():
    with pytest.raises(TypeError):
        V(SO(3)).equivariant_basis("orbits")


def test_named_method_must_apply_to_every_part():
    rep = V(SO(3)) + V(S(3))
    for method in ("orbits",):
        with pytest.raises(MethodNotApplicableError, match="does not apply"):
            rep.equivariant_basis(method=method)
    assert rep.equivariant_basis(method="isotypic").method == "isotypic"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["discrete", "lie"])
def test_images_must_be_finite(bad, kind):
    """Groups refuse such generators; the solver does too, for representations typed by hand."""
    h, A = np.eye(2), np.array([[0.0, -1.0], [1.0, 0.0]])
    symmetry = Symmetry((h,), A[None])
    image = np.array([[bad, 0.0], [0.0, 1.0]])
    atom = (
        Atom(symmetry, (image,), A[None], 2)
        if kind == "discrete"
        else Atom(symmetry, (h,), image[None], 2)
    )
    space = Space.collect([((atom,), np.arange(2)[None])])
    for question in ((space, TRIVIAL), (TRIVIAL, space)):
        with pytest.raises(ValueError, match=r"images of the generators should be finite. Got NaN"):
            intertwiners(*question)


# --- memory --------------------------------------------------------------------------------------


def test_memory_limit_by_default(monkeypatch):
    monkeypatch.delenv("CONSTRAINET_MEMORY_LIMIT", raising=False)
    assert 0 < memory_limit() <= 4 * 2**30


def test_memory_limit_from_the_environment(monkeypatch):
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", "12345")
    assert memory_limit() == 12345


@pytest.mark.parametrize("text", ["", "0", "-5", "1e9", "4GB", "1.5", " ", "²", "None"])
def test_memory_limit_that_is_no_number_is_refused(text, monkeypatch):
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", text)
    with pytest.raises(ValueError, match="CONSTRAINET_MEMORY_LIMIT should be a positive number"):
        memory_limit()


def test_problem_that_does_not_fit_is_refused_with_the_figures(monkeypatch):
    clear_memory()
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", str(10**6))
    with pytest.raises(ProblemTooLargeError) as info:
        T(6, group=SO(3)).equivariant_basis(method="nullspace")
    error = info.value
    assert isinstance(error, MemoryError)
    assert error.limit == 10**6 < error.required
    assert "CONSTRAINET_MEMORY_LIMIT" in str(error) and "smaller tensor ranks" in str(error)


@pytest.mark.parametrize("make", [lambda: SO(3), lambda: S(9), lambda: SE(2)])
def test_no_method_applies_in_the_given_memory(make, monkeypatch):
    clear_memory()
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", "1000")
    with pytest.raises((ProblemTooLargeError, MethodNotApplicableError)):
        T(6, group=make()).equivariant_basis()


def test_huge_problem_is_refused_at_once():
    """9¹⁰ coordinates on either side."""
    with pytest.raises(ProblemTooLargeError, match="would need about"):
        (T(10, group=SO(9)) >> T(10, group=SO(9))).equivariant_basis()


def test_dense_matrices_of_large_representations_are_refused():
    g = np.eye(10)
    with pytest.raises(ProblemTooLargeError, match="which `act` does not form"):
        T(6, group=SO(10)).rho(g)
    with pytest.raises(ProblemTooLargeError, match="which `act` does not form"):
        T(6, group=SO(10)).drho(g)
