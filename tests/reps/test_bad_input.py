"""Each mistake is named where it is made."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.groups import SO, S, Z
from constrainet.reps import Scalar, T, V

v = V(SO(3))


@pytest.mark.parametrize("count", [-1, -5, np.int64(-2)])
def test_negative_multiplicity(count):
    for rep in (v, v + v**2, v**2):
        with pytest.raises(ValueError, match=f"A multiplicity should not be negative. Got {count}"):
            count * rep
        with pytest.raises(ValueError, match="A multiplicity should not be negative"):
            rep * count


@pytest.mark.parametrize("count", [-1, np.int64(-2)])
def test_negative_number_of_scalars(count):
    for call in (lambda: v + count, lambda: count + v):
        with pytest.raises(ValueError, match=f"A number of scalars should not be .* Got {count}"):
            call()


@pytest.mark.parametrize("power", [-1, np.int64(-2)])
def test_negative_power(power):
    with pytest.raises(ValueError, match=f"A tensor power should not be negative. Got {power}"):
        v**power
    with pytest.raises(ValueError, match="A tensor power should not be negative"):
        T(power, group=SO(3))
    with pytest.raises(ValueError, match="A tensor power should not be negative"):
        T(0, power, group=SO(3))


@pytest.mark.parametrize("number", [2.0, 2.5, np.float64(2), np.float32(2), float("nan")])
def test_fractional_counts(number):
    for call in (lambda: number * v, lambda: v * number):
        with pytest.raises(TypeError, match="A multiplicity should be a whole number"):
            call()
    for call in (lambda: number + v, lambda: v + number):
        with pytest.raises(TypeError, match="A number of scalars should be a whole number"):
            call()
    for call in (lambda: v**number, lambda: T(number, group=SO(3))):
        with pytest.raises(TypeError, match="A tensor power should be a whole number"):
            call()


@pytest.mark.parametrize("other", ["a", None, 1j, [1, 2], (2,), {}])
def test_arithmetic_with_other_types(other):
    calls = (
        lambda: v + other,
        lambda: other + v,
        lambda: v * other,
        lambda: v**other,
        lambda: v >> other,
        lambda: other >> v,
    )
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_groups_and_numbers_are_no_representations():
    with pytest.raises(TypeError):
        v + SO(3)
    for other in (0, 1, SO(3)):
        with pytest.raises(TypeError):
            v >> other


@pytest.mark.parametrize("call", [V, Scalar, lambda group: T(1, group=group)])
def test_group_function_instead_of_a_group(call):
    with pytest.raises(TypeError, match=r"should be a group. Got SO. Call it, as in `SO\(3\)`"):
        call(SO)


@pytest.mark.parametrize("other", [None, 3, "SO(3)", np.eye(3), v])
@pytest.mark.parametrize("call", [V, Scalar, lambda group: T(1, group=group)])
def test_anything_else_instead_of_a_group(call, other):
    with pytest.raises(TypeError, match=r"should be a group. Got "):
        call(other)


def test_tensors_need_a_group():
    with pytest.raises(TypeError, match="group"):
        T(1)
    with pytest.raises(TypeError):
        T(1, 1, SO(3))


@pytest.mark.parametrize("place", [2, -1, 7])
def test_factor_that_is_not_there(place):
    with pytest.raises(ValueError, match=r"`V\(factor=...\)` should be one of 0 ... 1"):
        V(Z(5) * Z(5), factor=place)


@pytest.mark.parametrize("place", [0.5, "0", [0]])
def test_factor_that_is_no_place(place):
    with pytest.raises(TypeError):
        V(Z(5) * Z(5), factor=place)


@pytest.mark.parametrize("shape", [(2, 2), (3,), (3, 4), (1, 3, 3), (), (9, 9)])
def test_elements_of_another_shape(shape):
    for rep in (v, v**2, 2 * v + Scalar(SO(3)), Scalar(SO(3))):
        with pytest.raises(ValueError, match=r"`rho\(g=...\)` should have shape \(3, 3\)") as info:
            rep.rho(np.zeros(shape))
        assert f"Got {shape}" in str(info.value) and "SO(3)" in str(info.value)
        with pytest.raises(ValueError, match=r"`drho\(A=...\)` should have shape \(3, 3\)"):
            rep.drho(np.zeros(shape))
        with pytest.raises(ValueError, match=r"`act\(g=...\)` should have shape \(3, 3\)"):
            rep.act(np.zeros(shape), np.zeros(rep.dim))


def test_elements_of_a_product_are_block_diagonal():
    rep = V(SO(3)) * V(S(5))
    with pytest.raises(ValueError, match=r"should have shape \(8, 8\)"):
        rep.rho(np.eye(15))
    with pytest.raises(ValueError, match=r"should have shape \(8, 8\)"):
        rep.rho(np.eye(3))


@pytest.mark.parametrize("shape", [(), (8,), (2, 10), (9, 2)])
def test_vectors_of_another_length(shape):
    with pytest.raises(ValueError, match=r"`act\(x=...\)` should have shape \(..., 9\)") as info:
        (v**2).act(np.eye(3), np.zeros(shape))
    assert f"Got {shape}" in str(info.value)


def test_lists_are_taken_as_arrays():
    assert np.allclose(V(SO(3)).rho([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), np.eye(3))
    assert np.allclose((v**2).act(np.eye(3).tolist(), list(range(9))), range(9))
