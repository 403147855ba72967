"""Groups as values: construction, identity, predicates and products."""

from __future__ import annotations

import copy
import os
import pickle
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import (
    GL,
    SE,
    SL,
    SO,
    SU,
    A,
    C,
    Cube,
    D,
    Group,
    Hyperoctahedral,
    Lorentz,
    O,
    RubiksCube,
    S,
    Scaling,
    Sp,
    Trivial,
    U,
    Z,
)
from constrainet.linalg import Monomial
from tests.catalogue import GROUPS, ROTATION, SHEAR, conjugated_rotations, jordan_block

EVERY_GROUP = pytest.mark.parametrize("name", GROUPS)


# --- generators ------------------------------------------------------------------------------


@EVERY_GROUP
def test_group_arrays_have_their_shapes_and_dtypes(name):
    G = GROUPS[name]()
    for array in (G.lie_algebra, G.discrete_generators):
        assert array.shape[1:] == (G.dim, G.dim)
        assert array.dtype == G.dtype == (complex if G.is_complex else float)


@EVERY_GROUP
def test_group_arrays_are_read_only_also_after_copies(name):
    G = GROUPS[name]()
    for H in (G, copy.deepcopy(G), pickle.loads(pickle.dumps(G))):
        arrays = [H.lie_algebra, H.discrete_generators]
        arrays += [m for m in H.discrete_matrices if isinstance(m, np.ndarray)]
        assert not any(array.flags.writeable for array in arrays)


@EVERY_GROUP
def test_group_discrete_matrices_are_the_discrete_generators(name):
    G = GROUPS[name]()
    for matrix, dense in zip(G.discrete_matrices, G.discrete_generators, strict=True):
        assert matrix.dtype == G.dtype
        assert np.array_equal(matrix @ np.eye(G.dim), dense)


def test_group_does_not_share_memory_with_its_arguments():
    algebra, discrete = np.array([ROTATION]), np.array([SHEAR])
    G = Group(lie_algebra=algebra, discrete_generators=discrete)
    algebra[:], discrete[:] = 7, 7
    assert np.array_equal(G.lie_algebra, [ROTATION])
    assert np.array_equal(G.discrete_generators, [SHEAR])
    assert algebra.flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        [[[0, 1], [1, 0]]],
        np.array([[[0, 1], [1, 0]]], np.float32),
        np.array([[[0, 1], [1, 0]]], bool),
        jnp.array([[[0, 1], [1, 0]]], jnp.bfloat16),
        [Monomial([1, 0])],
        (np.array([[0, 1], [1, 0]]),),
    ],
    ids=["list", "float32", "bool", "bfloat16", "monomial", "tuple"],
)
def test_group_takes_array_likes(value):
    assert Group(discrete_generators=value) == S(2)


def test_group_keeps_a_complex_dtype():
    G = Group(discrete_generators=np.eye(2, dtype=np.complex64)[None])
    assert G.is_complex and not G.is_orthogonal and G.is_unitary
    assert G.discrete_matrices[0].dtype == G.lie_algebra.dtype == complex


def test_group_promotes_everything_to_complex():
    G = Group(lie_algebra=[ROTATION], discrete_generators=[SHEAR, Monomial([0, 1], [1, 1j])])
    assert {m.dtype for m in G.discrete_matrices} == {np.dtype(complex)}
    assert G.lie_algebra.dtype == G.discrete_generators.dtype == complex


def test_group_finds_monomial_generators():
    G = Group(discrete_generators=[np.diag([1, -1]), SHEAR, ROTATION])
    assert [isinstance(m, Monomial) for m in G.discrete_matrices] == [True, False, True]


def test_group_takes_empty_lists():
    assert Group(lie_algebra=np.zeros((0, 3, 3))) == Trivial(3)
    assert Group(discrete_generators=np.zeros((0, 3, 3))) == Trivial(3)
    assert Group(lie_algebra=[], discrete_generators=S(3).discrete_generators) == S(3)
    assert Group(lie_algebra=np.zeros((0, 2, 2)), discrete_generators=[]) == Trivial(2)


def test_group_is_named():
    assert repr(SO(3)) == str(SO(3)) == SO(3).name == "SO(3)"
    assert repr(Group(lie_algebra=SO(3).lie_algebra)) == "Group(dim=3, 3 Lie, 0 discrete)"
    assert repr(Group(lie_algebra=[ROTATION], name="mine")) == "mine"


# --- identity --------------------------------------------------------------------------------


@EVERY_GROUP
def test_group_survives_pickle_and_deepcopy(name):
    G = GROUPS[name]()
    for H in (pickle.loads(pickle.dumps(G)), copy.deepcopy(G), copy.copy(G), GROUPS[name]()):
        assert H == G and hash(H) == hash(G) and H.key == G.key and H.name == G.name
        assert H.factors == G.factors


def test_group_equality_is_by_content():
    assert Group(discrete_generators=S(3).discrete_generators) == S(3)
    assert Group(lie_algebra=SO(3).lie_algebra, name="other") == SO(3)
    assert len({SO(3), SO(3), O(3), Group(lie_algebra=SO(3).lie_algebra)}) == 2
    changed = SO(3).lie_algebra.copy()
    changed[0, 0, 1] += 1e-15
    assert Group(lie_algebra=changed) != SO(3)


@pytest.mark.parametrize(
    ("G", "H"),
    [
        (SO(3), O(3)),
        (SO(3), SO(4)),
        (S(4), A(4)),
        (Trivial(2), Trivial(3)),
        (SO(2), Group(lie_algebra=SO(2).lie_algebra.astype(complex))),
        (Group(lie_algebra=[np.eye(2)]), Group(discrete_generators=[np.eye(2)])),
        (Z(2) * Z(3), Z(3) * Z(2)),
        (Z(3), Group(discrete_generators=Z(3).discrete_generators[[0, 0]])),
    ],
    ids=repr,
)
def test_groups_of_different_content_differ(G, H):
    assert G != H and G.key != H.key


def test_groups_embedded_differently_differ():
    first, last = np.zeros((2, 1, 3, 3))
    first[0, :2, :2] = last[0, 1:, 1:] = ROTATION
    assert Group(lie_algebra=first, name="embedded") != Group(lie_algebra=last, name="embedded")


def test_group_ignores_the_sign_of_zero():
    assert Group(lie_algebra=[-ROTATION]) == Group(lie_algebra=[[[0.0, 1.0], [-1.0, 0.0]]])


def test_group_equals_no_other_type():
    assert SO(3) != "SO(3)"
    assert (SO(3) == 3) is False


def test_group_keys_do_not_depend_on_the_hash_seed():
    code = (
        "from constrainet.groups import *\n"
        "for G in (SO(3), S(4), SO(3) * S(3), SU(2), D(5)): print(G.key.hex(), hash(G))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "JAX_PLATFORMS": "cpu"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "77")
    }
    assert len(outputs) == 1 and SO(3).key.hex() in outputs.pop()


def test_group_is_immutable():
    G = SO(3)
    with pytest.raises(AttributeError, match="immutable; cannot set `dim`"):
        G.dim = 4
    with pytest.raises(AttributeError, match="immutable; cannot set `colour`"):
        G.colour = "red"
    with pytest.raises(AttributeError, match="immutable; cannot delete `_name`"):
        del G._name


# --- predicates ------------------------------------------------------------------------------

PREDICATES = (
    "is_complex",
    "is_discrete",
    "is_unitary",
    "is_orthogonal",
    "is_permutation",
    "is_monomial",
    "is_adjoint_closed",
)


@pytest.mark.parametrize(
    ("G", "expected"),
    [
        (SO(3), "0011001"),
        (SO(1), "0111111"),
        (O(3), "0011001"),
        (SO(1, 3), "0000001"),
        (Lorentz(), "0000001"),
        (SU(2), "1010001"),
        (SU(1), "1110111"),
        (U(2), "1010001"),
        (SL(2), "0000001"),
        (GL(2), "0000001"),
        (Sp(2), "0000001"),
        (SE(2), "0000000"),
        (Scaling(2), "0000001"),
        (Trivial(3), "0111111"),
        (Z(4), "0111111"),
        (S(1), "0111111"),
        (S(4), "0111111"),
        (RubiksCube(), "0111111"),
        (Cube(), "0111111"),
        (Hyperoctahedral(3), "0111011"),
        (C(1), "0111111"),
        (C(3), "0111001"),
        (C(4), "0111011"),
        (D(1), "0111011"),
        (D(3), "0111001"),
        (jordan_block(), "0100000"),
        (conjugated_rotations(), "0000000"),
        (Group(discrete_generators=[2 * np.eye(2)]), "0100000"),
        (Group(discrete_generators=[np.diag([1, 1j])]), "1110011"),
        (Group(discrete_generators=[[[1]]], lie_algebra=[[[0]]]), "0111111"),
        (Z(3) * S(4), "0111111"),
        (SO(3) * S(3), "0011001"),
        (SU(2) * S(3), "1010001"),
        (SE(2) * S(3), "0000000"),
        (D(1) * S(3), "0111011"),
        (SO(1, 2) * jordan_block(), "0000000"),
    ],
    ids=repr,
)
def test_predicates_are_found_from_the_generators(G, expected):
    assert {p: getattr(G, p) for p in PREDICATES} == {
        p: bit == "1" for p, bit in zip(PREDICATES, expected, strict=True)
    }


@pytest.mark.parametrize("scale", [1e-150, 1e-6, 0.1, 1e6, 1e150])
@pytest.mark.parametrize("G", [SO(3), O(1, 3), SL(2), SU(2), SE(2)], ids=repr)
def test_predicates_do_not_depend_on_the_scale_of_the_algebra(G, scale):
    algebra = G.lie_algebra.copy()
    algebra[0] *= scale
    H = Group(lie_algebra=algebra, discrete_generators=G.discrete_generators)
    assert [getattr(H, p) for p in PREDICATES] == [getattr(G, p) for p in PREDICATES]


def test_predicates_ignore_zero_generators():
    zeros = np.zeros((2, 4, 4))
    G = Group(lie_algebra=zeros, discrete_generators=S(4).discrete_generators)
    assert G.is_discrete and G.is_permutation and G.is_adjoint_closed


def test_predicates_refuse_approximate_generators():
    typed = np.round(C(3).discrete_generators, 8)
    assert not Group(discrete_generators=typed).is_orthogonal


# --- products --------------------------------------------------------------------------------


def test_product_has_block_diagonal_generators():
    G = O(3) * S(2)
    assert G.name == "O(3) × S(2)" and G.dim == 5 and G.factors == (O(3), S(2))
    assert G.lie_algebra.shape == (3, 5, 5) and G.discrete_generators.shape == (2, 5, 5)
    assert np.array_equal(G.lie_algebra[:, :3, :3], O(3).lie_algebra)
    assert not G.lie_algebra[:, 3:].any() and not G.lie_algebra[:, :, 3:].any()
    assert np.array_equal(G.discrete_generators[0], np.diag([-1, 1, 1, 1, 1]))
    assert np.array_equal(G.discrete_generators[1, :3, :3], np.eye(3))
    assert np.array_equal(G.discrete_generators[1, 3:, 3:], S(2).discrete_generators[0])


def test_product_keeps_monomial_generators():
    kinds = [isinstance(m, Monomial) for m in (S(3) * C(3) * D(1)).discrete_matrices]
    assert kinds == [True, True, False, True]


def test_product_is_complex_if_a_factor_is():
    G = SO(2) * SU(2) * S(2)
    assert G.is_complex and G.lie_algebra.dtype == G.discrete_generators.dtype == complex
    assert G.discrete_matrices[0].dtype == complex


def test_product_is_associative():
    left, right = (SO(3) * S(3)) * Z(2), SO(3) * (S(3) * Z(2))
    assert left == right and left.key == right.key and left.factors == (SO(3), S(3), Z(2))
    assert left.name == right.name == "SO(3) × S(3) × Z(2)"
    assert np.array_equal(left.sample(jax.random.key(0)), right.sample(jax.random.key(0)))


def test_product_of_groups_with_equal_content_is_equal():
    assert Group(lie_algebra=SO(3).lie_algebra) * S(2) == SO(3) * S(2)


def test_product_forms_no_matrices_unless_asked():
    G = Z(2048) * S(2048)
    assert G.is_permutation and G.key
    assert "discrete_matrices" not in vars(G)


@pytest.mark.parametrize("make", [np.asarray, jnp.asarray], ids=["numpy", "jax"])
def test_split_gives_the_diagonal_blocks(make):
    G = SO(3) * S(4) * Trivial(1)
    g = make(np.asarray(G.samples(jax.random.key(0), 5)))
    parts = G.split(g)
    assert [part.shape for part in parts] == [(5, 3, 3), (5, 4, 4), (5, 1, 1)]
    assert all(isinstance(part, type(g)) for part in parts)
    assert np.array_equal(parts[1], g[:, 3:7, 3:7])
    assert sum(float(abs(part).sum()) for part in parts) == pytest.approx(float(abs(g).sum()))


def test_split_of_a_single_group_is_the_element():
    g = SO(3).sample(jax.random.key(0))
    (part,) = SO(3).split(g)
    assert np.array_equal(part, g)


def test_split_refuses_other_shapes():
    with pytest.raises(ValueError, match=re.escape("shape (..., 7, 7). Got (3, 3)")):
        (SO(3) * S(4)).split(np.eye(3))


def test_product_refuses_what_is_no_group():
    with pytest.raises(TypeError, match=r"two groups\. Got 3, which is of type int"):
        SO(3) * 3
    with pytest.raises(TypeError, match=r"two groups\. Got 3, which is of type int"):
        3 * SO(3)
    with pytest.raises(TypeError, match="two groups"):
        np.eye(3) * SO(3)


def test_product_says_to_call_a_function_of_the_catalogue():
    with pytest.raises(TypeError, match=r"Got `SO` itself, which makes groups\. Call it"):
        S(3) * SO
    with pytest.raises(TypeError, match="Got `SO` itself"):
        SO * S(3)
    with pytest.raises(TypeError, match="Got `Group` itself"):
        S(3) * Group
