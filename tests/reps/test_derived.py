"""Powers, determinants, subgroups, permutations, names: dimensions, reciprocity, mistakes."""

from __future__ import annotations

from itertools import islice
from math import comb, factorial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import SE, SL, SO, SU, A, C, D, Hyperoctahedral, O, S, Trivial, Z
from constrainet.reps import (
    Alt,
    Complexified,
    Det,
    Permutation,
    Quotient,
    Realified,
    Regular,
    Scalar,
    Sign,
    Subrepresentation,
    Sym,
    V,
    decompose,
    induce,
    irreducible,
    irreducibles,
    named,
    restrict,
)
from tests.reps.constructions import character
from tests.reps.test_axioms import close, elements

# --- powers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: SL(2), lambda: SU(3), lambda: S(4)])
@pytest.mark.parametrize("k", range(5))
def test_powers_have_their_dimensions_and_characters(make, k):
    v = V(make())
    n, (g,) = v.dim, elements(v.group, 1)
    symmetric, alternating = Sym(v, k), Alt(v, k)
    assert symmetric.dim == comb(n + k - 1, k) and alternating.dim == comb(n, k)
    # their characters are the coefficients of 1 / det(1 - t g) and of det(1 + t g)
    values = np.linalg.eigvals(v.rho(g))
    elementary = np.poly(-values)
    assert close(np.trace(alternating.rho(g)), np.append(elementary, np.zeros(5))[k])
    complete = [1.0]
    for i in range(1, k + 1):
        terms = ((-1) ** (j - 1) * elementary[j] * complete[i - j] for j in range(1, min(i, n) + 1))
        complete.append(sum(terms))
    assert close(np.trace(symmetric.rho(g)), complete[k])


def test_squares_make_up_the_tensor_square():
    for v in (V(SO(3)), V(SU(2)), V(D(4)) + Scalar(D(4))):
        both = Sym(v, 2) + Alt(v, 2)
        rank = (both >> v**2).equivariant_basis().rank
        assert rank == (v**2 >> v**2).equivariant_basis().rank and both.dim == v.dim**2


def test_powers_of_permutations():
    assert Sym(V(S(4)), 3).is_permutation and not Alt(V(S(4)), 2).is_permutation
    assert (Sym(V(S(4)), 2) >> V(S(4))).equivariant_basis().method == "orbits"
    top = Alt(V(S(4)), 4)
    assert (top >> Sign(S(4))).equivariant_basis().rank == 1
    assert Sym(V(S(4)), 0) == Scalar(S(4)) and Alt(V(S(4)), 1) == V(S(4))


@pytest.mark.parametrize("power", [Sym, Alt])
def test_powers_of_no_degree(power):
    with pytest.raises(
        ValueError, match=rf"of `{power.__name__}\(rep, k\)` should not be negative"
    ):
        power(V(SO(3)), -1)
    for degree in (1.5, "2", None):
        with pytest.raises(TypeError, match=r"should be a whole number"):
            power(V(SO(3)), degree)
    with pytest.raises(TypeError, match=r"should be a representation"):
        power(SO(3), 2)


def test_determinants_and_signs():
    cube = Hyperoctahedral(3)
    for g in elements(cube, 5):
        assert Det(cube).rho(g) == round(np.linalg.det(g))
        assert Sign(cube).rho(g) == round(np.linalg.det(np.abs(g)))
    assert Det(O(2) * S(3)).dim == 1
    with pytest.raises(ValueError, match="elements permute the coordinates"):
        Sign(SO(3))
    for call in (Det, Sign, Regular):
        with pytest.raises(TypeError, match=r"should be a group. Got SO"):
            call(SO)


# --- parts ---------------------------------------------------------------------------------------


def test_subspaces_that_are_not_invariant():
    for call in (Subrepresentation, Quotient):
        with pytest.raises(ValueError, match=r"Discrete generator 0 of S.4. moves them"):
            call(V(S(4)), np.eye(4)[:, :1])
        with pytest.raises(ValueError, match=r"should be given columns of shape \(4, m\)"):
            call(V(S(4)), np.ones(4))
    with pytest.raises(ValueError, match=r"Lie generator 1"):
        Subrepresentation(V(SE(2)), np.eye(3)[:, 2:])


def test_quotient_and_subspace_make_up_the_character():
    v, plane = V(SE(2)), np.eye(3)[:, :2]
    (g,) = elements(SE(2), 1)
    traces = [np.trace(part(v, plane).rho(g)) for part in (Subrepresentation, Quotient)]
    assert close(sum(traces), np.trace(g))
    # dependent columns span the same
    assert Subrepresentation(v, np.hstack([plane, plane])).dim == 2
    assert Quotient(v, np.zeros((3, 0))).dim == 3 and Quotient(v, np.eye(3)).dim == 0


# --- subgroups -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "subgroup"),
    [(S(4), A(4)), (D(6), C(3)), (O(2), SO(2)), (O(3), SO(3)), (S(3) * Z(2), A(3) * Z(2))],
    ids=str,
)
def test_frobenius_reciprocity(group, subgroup):
    """Ind ρ has as many maps to σ as ρ to the restriction of σ, and the index's dimension."""
    for rho in (Scalar(subgroup), V(subgroup)):
        induced = induce(rho, group)
        index = (induce(Scalar(subgroup), group)).dim
        assert induced.dim == index * rho.dim
        for sigma in (Scalar(group), Det(group), V(group), V(group) * V(group)):
            upstairs = (induced >> sigma).equivariant_basis().rank
            assert upstairs == (rho >> restrict(sigma, subgroup)).equivariant_basis().rank
    assert index == 2 + 2 * (group == D(6))


def test_restriction_follows_the_structure():
    v = V(O(3))
    assert restrict(2 * v + v.T * v, SO(3)) == 2 * V(SO(3)) + V(SO(3)) ** 2
    assert restrict(v >> v**2, SO(3)) == (V(SO(3)) >> V(SO(3)) ** 2)
    assert restrict(v, O(3)) == v
    (g,) = elements(SO(3), 1)
    for rep in (Det(O(3)), Sym(v, 2), irreducible(O(3), "2o"), V(O(3)) * Det(O(3))):
        small = restrict(rep, SO(3))
        assert small.group == SO(3) and close(small.rho(g), rep.rho(g), 1e-12)
    # 2e and 2o become the same
    pair = (restrict(irreducible(O(3), label), SO(3)) for label in ("2e", "2o"))
    assert (next(pair) >> next(pair)).equivariant_basis().rank == 1


def test_duals_of_induced_representations_are_induced_from_duals():
    rho = character()
    assert induce(rho, D(3)).T == induce(rho.T, D(3)) != induce(rho, D(3))
    assert str(induce(rho, D(3)).T) == f"Ind({rho.T})"


def test_functions_on_a_group_are_induced_from_the_trivial_subgroup():
    regular = Regular(S(3))
    induced = induce(Scalar(Trivial(3)), S(3))
    assert induced.is_permutation and regular.is_permutation
    assert (induced >> regular).equivariant_basis().rank == 6


def test_subgroups_outside_the_group():
    for call in (lambda G, H: restrict(V(G), H), lambda G, H: induce(V(H), G)):
        with pytest.raises(
            ValueError, match=r"discrete generator 0 of O.3. lies outside the group"
        ):
            call(SO(3), O(3))
        with pytest.raises(ValueError, match=r"Lie generator 0 of SO.3. lies outside the group"):
            call(S(3), SO(3))
        with pytest.raises(ValueError, match=r"matrices of the same size 3. Got SO.2., of size 2"):
            call(SO(3), SO(2))
    with pytest.raises(ValueError, match=r"finite index, but the Lie algebra of SO.3. is larger"):
        induce(V(A(3)), SO(3))


# --- permutations --------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [S(3), D(4), Z(2) * C(3), A(4)], ids=str)
def test_regular_representation_holds_every_irreducible_by_its_dimension(group):
    regular = Regular(group)
    order = regular.dim
    assert regular.is_permutation and regular.equivariant_basis().rank == 1
    assert (regular >> regular).equivariant_basis().rank == order
    for irrep, count in decompose(regular).irreps:
        assert count * {"real": 1, "complex": 2, "quaternionic": 4}[irrep.type] == irrep.dim
    for g in elements(group, 3):
        trace = np.trace(regular.rho(g))
        assert trace == (order if np.allclose(g, np.eye(group.dim)) else 0)


@pytest.mark.parametrize("group", [SO(2), O(3), SE(2)], ids=str)
def test_regular_representation_of_an_infinite_group(group):
    with pytest.raises(ValueError, match="is infinite or has too many elements"):
        Regular(group)


def test_permutation_of_cosets_is_induced():
    cosets = Permutation(S(4), subgroup=A(4))
    assert cosets == induce(Scalar(A(4)), S(4)) and cosets.dim == 2 and cosets.is_permutation


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, TypeError, "exactly one of"),
        ({"images": [[1, 0]] * 2, "subgroup": A(3)}, TypeError, "exactly one of"),
        ({"items": [0, 1, 2]}, TypeError, "exactly one of"),
        ({"images": [[1, 0]]}, ValueError, r"ints of shape \(2, n\)"),
        ({"images": [[1, 1], [0, 1]]}, ValueError, "permutations of 0 ... 1. Row 0 is not"),
        ({"images": [[1, 0], [1, 0]]}, ValueError, "h0 h0 h0 = 1 in the group, but"),
        ({"points": np.eye(3)[:2]}, ValueError, "moves point 1 to none of the list"),
        ({"points": np.eye(4)}, ValueError, r"should have shape \(n, 3\)"),
        ({"points": np.eye(3)[[0, 1, 2, 2]]}, ValueError, "Points 2 and 3 agree"),
        ({"items": [0, 1], "action": lambda h, i: i + 1}, ValueError, "every generator permutes"),
    ],
)
def test_permutations_of_nothing(options, error, message):
    with pytest.raises(error, match=message):
        Permutation(S(3), **options)
    with pytest.raises(ValueError, match=r"Lie generator 0 moves them continuously"):
        Permutation(SO(2), points=np.eye(2))


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "order"),
    [(S(1), 1), (S(4), 24), (S(5), 120), (D(1), 2), (D(2), 4), (D(5), 10), (D(6), 12)],
)
def test_named_irreducibles_of_real_type_are_complete(group, order):
    every = list(irreducibles(group))
    assert sum(irrep.dim**2 for irrep in every) == order
    for i, first in enumerate(every):
        assert first.type == "real"
        for j, second in enumerate(every):
            assert (first >> second).equivariant_basis().rank == (i == j)


def test_specht_modules_have_the_dimensions_of_the_hook_formula():
    dims = [irrep.dim for irrep in irreducibles(S(5))]
    assert dims == [1, 4, 5, 6, 5, 4, 1]
    assert factorial(5) == sum(d * d for d in dims)
    assert (irreducible(S(5), (4, 1)) >> V(S(5))).equivariant_basis().rank == 1
    assert (irreducible(S(5), (1,) * 5) >> Sign(S(5))).equivariant_basis().rank == 1


@pytest.mark.parametrize("group", [SO(2), O(2), SO(3), O(3), SU(2), C(5), C(6)], ids=str)
def test_named_irreducibles_are_irreducible_and_differ(group):
    every = list(islice(irreducibles(group), 5))
    size = {"real": 1, "complex": 2}
    for i, first in enumerate(every):
        assert decompose(first).irreps == ((first, 1),)
        for j, second in enumerate(every):
            rank = (first >> second).equivariant_basis().rank
            of_type = 1 if first.is_complex else size[first.type]
            assert rank == (of_type if i == j else 0)
        # the type is also what `decompose` finds from scratch
        assert [part.type for part, _ in decompose(first * Scalar(group)).irreps] == [first.type]


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_harmonics_transform_as_polynomials(degree):
    """Real solid harmonics, from the literature, up to a factor."""

    def harmonics(x):
        x, y, z = x
        rr = x * x + y * y + z * z
        return {
            1: [y, z, x],
            2: [x * y, y * z, (3 * z**2 - rr) / 12**0.5, z * x, (x * x - y * y) / 2],
            3: [
                (5 / 8) ** 0.5 * y * (3 * x * x - y * y),
                15**0.5 * x * y * z,
                (3 / 8) ** 0.5 * y * (5 * z * z - rr),
                z * (5 * z * z - 3 * rr) / 2,
                (3 / 8) ** 0.5 * x * (5 * z * z - rr),
                15**0.5 / 2 * z * (x * x - y * y),
                (5 / 8) ** 0.5 * x * (x * x - 3 * y * y),
            ],
        }[degree]

    natural = irreducible(O(3), f"{degree}{'eo'[degree % 2]}")
    twisted = irreducible(O(3), f"{degree}{'oe'[degree % 2]}")
    for g in elements(O(3), 3):
        x = np.array([0.3, -1.2, 0.7])
        assert close(natural.rho(g) @ harmonics(x), np.array(harmonics(g @ x)), 1e-12)
        assert close(twisted.rho(g), np.linalg.det(g) * natural.rho(g), 1e-12)
        if np.linalg.det(g) > 0:
            assert close(irreducible(SO(3), degree).rho(g), natural.rho(g), 1e-12)


def test_spins_are_in_the_basis_of_highest_weights():
    """J_z = diag(j, ..., -j), and J_+ has the positive entries of Condon and Shortley."""
    x, y, z = 0.5j * np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    for j in (0.5, 1, 1.5, 2):
        rep = irreducible(SU(2), j)
        m = np.arange(j, -j - 1, -1)
        assert close(-1j * rep.drho(z), np.diag(m), 1e-12)
        raising = -1j * rep.drho(x) + rep.drho(y)
        entries = np.sqrt(j * (j + 1) - m[1:] * (m[1:] + 1))
        assert close(raising, np.diag(entries, 1), 1e-12)


@pytest.mark.parametrize(
    ("group", "label"),
    [(SO(2), -1), (O(2), 0), (SO(3), 0.5), (O(3), "2x"), (SU(2), 1 / 3), (C(5), 3), (D(5), "B1")],
)
def test_labels_that_are_none(group, label):
    with pytest.raises(ValueError, match=r"`irreducible\(label=...\)` should be .* Got"):
        irreducible(group, label)


def test_labels_in_other_forms():
    assert irreducible(SU(2), 0.5) == irreducible(SU(2), "1/2")
    assert irreducible(SO(3), np.int64(2)) == irreducible(SO(3), "2")
    assert irreducible(S(3), [2, 1]) == irreducible(S(3), (2, 1))
    with pytest.raises(ValueError, match="a partition of 3"):
        irreducible(S(3), (1, 2))
    for call in (lambda G: irreducible(G, 0), irreducibles):
        with pytest.raises(ValueError, match="knows the names of the irreducibles of"):
            call(SO(4))
        with pytest.raises(TypeError, match=r"should be a group"):
            call(SO)


# --- named parts ---------------------------------------------------------------------------------


def test_pack_and_unpack_are_inverse():
    G = O(3)
    state = named({"mass": 5 * Scalar(G), "position": 5 * V(G), "charge": V(S(2))})
    rng = np.random.default_rng(0)
    values = {
        name: rng.normal(size=(4, rep.dim)).astype(np.float32) for name, rep in state.parts.items()
    }
    vector = state.pack(values)
    assert isinstance(vector, np.ndarray) and vector.shape == (4, state.dim) == (4, 22)
    back = state.unpack(vector)
    assert list(back) == ["mass", "position", "charge"]
    assert all(np.array_equal(back[name], values[name]) for name in values)
    with_jax = jax.jit(lambda tree: state.unpack(state.pack(jax.tree.map(jnp.asarray, tree))))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), with_jax(values), values))
    # each part moves as its representation says
    (g,) = elements(state.group, 1)
    moved = state.unpack(state.act(g, vector))
    for name, rep in state.parts.items():
        assert close(moved[name], rep.act(g, values[name]), 1e-6)


@pytest.mark.parametrize("lead", [(), (5,), (2, 0), (2, 1, 3)])
def test_copies_may_have_an_axis_of_their_own(lead):
    state = named({"joints": 4 * V(O(3)), "mass": 2 * Scalar(O(3)), "stress": V(O(3)) ** 2})
    rng = np.random.default_rng(0)
    joints, mass = rng.normal(size=(*lead, 4, 3)), rng.normal(size=(*lead, 2, 1))
    flat = {"joints": joints.reshape(*lead, 12), "mass": mass[..., 0], "stress": np.zeros(9)}
    expected = state.pack(flat)
    assert expected.shape == (*lead, 23)
    assert np.array_equal(state.pack({**flat, "joints": joints, "mass": mass}), expected)
    jitted = jax.jit(state.pack)({**flat, "joints": joints})
    assert isinstance(jitted, jax.Array) and np.allclose(jitted, expected)


def test_named_parts_are_the_sum():
    G = O(3)
    state = named({"a": V(G), "b": Scalar(G)})
    assert state == V(G) + Scalar(G) and hash(state) == hash(V(G) + Scalar(G))
    assert (state >> V(G)).equivariant_basis().rank == 1
    assert str(2 * state.T + state) == str(2 * (V(G) + Scalar(G)) + V(G) + Scalar(G))


def test_mistakes_with_names():
    state = named({"a": V(O(2)), "b": Scalar(O(2))})
    with pytest.raises(ValueError, match=r"should have the names \['a', 'b'\]. Got \['a'\]"):
        state.pack({"a": np.zeros(2)})
    with pytest.raises(ValueError, match=r"under 'b' an array of shape \(..., 1\)"):
        state.pack({"a": np.zeros(2), "b": np.zeros(2)})
    two = named({"a": 4 * V(O(2)) + Scalar(O(2)), "b": 4 * V(O(2))})
    with pytest.raises(ValueError, match=r"'b' an array of shape \(..., 8\) or \(..., 4, 2\), bec"):
        two.pack({"a": np.zeros(9), "b": np.zeros((2, 4))})
    with pytest.raises(ValueError, match=r"'a' an array of shape \(..., 9\), because"):
        two.pack({"a": np.zeros((9, 1)), "b": np.zeros(8)})
    with pytest.raises(ValueError, match=r"`unpack\(vector\)` should have shape \(..., 3\)"):
        state.unpack(np.zeros(4))
    with pytest.raises(ValueError, match="at least one part"):
        named({})
    for parts in ([V(O(2))], {"a": 3}, {1: V(O(2))}):
        with pytest.raises(TypeError, match="should map names to representations"):
            named(parts)


def test_real_form_of_a_real_representation_is_two_copies():
    assert Realified(V(SO(3))) == 2 * V(SO(3))


def test_subgroups_of_too_large_an_index():
    with pytest.raises(ValueError, match=r"at most 2,000. Trivial.10. has 3,628,800 cosets"):
        induce(V(Trivial(10)), S(10))


def test_nothing_has_no_maps_in_any_field():
    v = V(SO(3))
    assert (Complexified(0 * v) >> v).equivariant_basis().rank == 0
    assert (Complexified(v) >> Complexified(0 * v)).equivariant_basis().shape == (0, 0)
