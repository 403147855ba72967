"""What must be the same everywhere: declarations, what is computed from them, fixed parameters.

Each declaration is a pair of representations, small, with irreducibles that occur several times: a
basis of their copies is where one answer is as good as another. Numbers that go in are drawn by
`numpy.random.RandomState`, whose streams are frozen.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator

import haiku as hk
import jax
import numpy as np

import constrainet.nn as cnn
from constrainet.groups import (
    GL,
    SE,
    SO,
    SU,
    C,
    D,
    Group,
    Hyperoctahedral,
    Icosahedral,
    Lorentz,
    O,
    S,
    SOplus,
    Sp,
    U,
    Z,
    wreath,
)
from constrainet.reps import (
    Alt,
    Complexified,
    Det,
    Realified,
    Regular,
    Rep,
    Scalar,
    Sym,
    V,
    clebsch_gordan,
    decompose,
    irreducible,
)
from tests.catalogue import (
    conjugated_rotations,
    euclidean_group,
    jordan_block,
    phases,
    quaternion_group,
    skew_square,
    unipotent_algebra,
)
from tests.maps.precision import once

Answers = dict[str, np.ndarray]


def galilei() -> Group:
    """Rotations of the plane and boosts x ↦ x + v t, on (t, x, y)."""
    turn, boost_x, boost_y = np.zeros((3, 3, 3))
    turn[1, 2], turn[2, 1] = -1, 1
    boost_x[1, 0] = boost_y[2, 0] = 1
    return Group(lie_algebra=[turn, boost_x, boost_y], name="Galilei")


def square(v: Rep) -> tuple[Rep, Rep]:
    """From a scalar, two vectors and a tensor, to a tensor and a vector."""
    return Scalar(v.group) + 2 * v + v**2, v**2 + v


def vectors(v: Rep) -> tuple[Rep, Rep]:
    """From a scalar and vectors to a tensor: for groups of many dimensions."""
    return Scalar(v.group) + 2 * v, v**2 + Scalar(v.group)


def mixed_rotations() -> tuple[Rep, Rep]:
    """Vectors, permuted and not, of a product of a Lie group and a finite one."""
    a, b = V(SO(3)), V(S(4))
    return a * b + b + Scalar(a.group), a * b + a + 2 * b


def phased_planes() -> tuple[Rep, Rep]:
    """Complex and real representations of a product, and real ones as complex ones."""
    a, b = V(SU(2)), V(O(2))
    return a * b + b, a * b + Complexified(b) ** 2


def determinants() -> tuple[Rep, Rep]:
    """Vectors and pseudovectors, tensors and pseudoscalars."""
    v = V(O(3))
    return Scalar(v.group) + 2 * v + Alt(v, 2), Sym(v, 2) + Alt(v, 2) + Det(v.group) * v


def harmonics() -> tuple[Rep, Rep]:
    """Named irreducibles beside tensors, which hold the same ones in other coordinates."""
    one, two = irreducible(SO(3), 1), irreducible(SO(3), 2)
    return Scalar(SO(3)) + 2 * one + two, V(SO(3)) ** 2 + two


def spinors() -> tuple[Rep, Rep]:
    """Quaternionic type: the spinors of SU(2) as real vectors."""
    v = Realified(V(SU(2)))
    return Scalar(v.group) + 2 * v, v**2 + v


def quarks() -> tuple[Rep, Rep]:
    """Triplets, antitriplets and the octet."""
    v = V(SU(3))
    return v + v.T + Scalar(v.group), v * v.T + v


def charges() -> tuple[Rep, Rep]:
    """Complex numbers of charge one, two and minus one."""
    v = V(U(1))
    return 2 * v + v**2 + v.T + Scalar(v.group), 2 * v**2 + 3 * v + v * v.T


def stretched() -> tuple[Rep, Rep]:
    """Vectors and covectors of a group that keeps no norm."""
    v = V(GL(2))
    return v + v.T + v * v.T, v * v.T + 2 * v


def symplectic() -> tuple[Rep, Rep]:
    """Vectors of Sp(2), and their squares."""
    v = V(Sp(2))
    return Scalar(v.group) + 2 * v, Sym(v, 2) + v + Scalar(v.group)


def regular() -> tuple[Rep, Rep]:
    """The regular representation: every irreducible, as often as its dimension says."""
    return Regular(D(3)) + V(D(3)), 2 * Regular(D(3))


DECLARATIONS: dict[str, Callable[[], tuple[Rep, Rep]]] = {
    # Lie groups
    "SO(3)": lambda: square(V(SO(3))),
    "SO(2)": lambda: square(V(SO(2))),
    "SE(3)": lambda: vectors(V(SE(3))),
    "SU(2)": lambda: square(V(SU(2))),
    "SU(3)": quarks,
    "Galilei": lambda: square(V(galilei())),
    "SO(3), skew": lambda: vectors(V(conjugated_rotations())),
    "SO(3), harmonics": harmonics,
    "SO⁺(1,3)": lambda: vectors(V(SOplus(1, 3))),
    "SU(2), real": spinors,
    "U(1)": charges,
    "SO(4)": lambda: vectors(V(SO(4))),
    "Sp(2)": symplectic,
    "GL(2)": stretched,
    "Heisenberg": lambda: square(V(unipotent_algebra())),
    # groups with both kinds of generators
    "O(2)": lambda: square(V(O(2))),
    "E(2)": lambda: square(V(euclidean_group())),
    "O(3)": determinants,
    "Lorentz": lambda: vectors(V(Lorentz())),
    "SO(3)×S(4)": mixed_rotations,
    "SU(2)×O(2)": phased_planes,
    "wreath(SO(2), 2)": lambda: vectors(V(wreath(SO(2), 2))),
    # finite groups, and an infinite discrete one
    "C(5)": lambda: square(V(C(5))),
    "S(4)": lambda: square(V(S(4))),
    "D(8)": lambda: square(V(D(8))),
    "Q8": lambda: vectors(V(quaternion_group())),
    "D(3), regular": regular,
    "D(4)": lambda: square(V(D(4))),
    "Icosahedral": lambda: square(V(Icosahedral())),
    "Hyperoctahedral(3)": lambda: square(V(Hyperoctahedral(3))),
    "Z(6)": lambda: (2 * V(Z(6)) + Scalar(Z(6)), 3 * V(Z(6))),
    "S(5)": lambda: vectors(V(S(5))),
    "phases": lambda: square(V(phases())),
    "D(4), skew": lambda: square(V(skew_square())),
    "shear": lambda: square(V(jordan_block())),
}


def gates(rep: Rep, x: jax.Array) -> jax.Array:
    """x with a gate for each copy that needs one: numbers that it begins with."""
    return jax.numpy.concatenate([x, x[:, : cnn.gated(rep).dim - rep.dim]], axis=1)


BASIS = {"parametrization": "basis"}
PROJECTOR = {"parametrization": "projector"}

# Functions of the two representations a and b, and of vectors x and y of a. All for each
# declaration would take minutes: every declaration has one of these sets, in turns.
LAYERS: tuple[dict[str, Callable], ...] = (
    {
        "Linear, basis": lambda a, b, x, y: cnn.Linear(a, b, **BASIS)(x),
        "RegularNonlinearity": lambda a, b, x, y: cnn.RegularNonlinearity(a)(x),
        "TensorProductNet": lambda a, b, x, y: cnn.TensorProductNet(a, b, a + b, 1, 4)(x),
    },
    {
        "Linear": lambda a, b, x, y: cnn.Linear(a, b)(x),
        "NormNonlinearity": lambda a, b, x, y: cnn.NormNonlinearity(a)(x),
        "BiLinear, full": lambda a, b, x, y: cnn.BiLinear(a, b, "full")(x),
    },
    {
        "PointwiseNonlinearity": lambda a, b, x, y: cnn.PointwiseNonlinearity(a)(x),
        "EMLP, basis": lambda a, b, x, y: cnn.EMLP(a, b, b, 1, **BASIS)(x),
    },
    {
        "Linear, dense": lambda a, b, x, y: cnn.Linear(a, b, product="dense", **BASIS)(x),
        "BiLinear": lambda a, b, x, y: cnn.BiLinear(a, b)(x),
        "EMLPBlock, norm": lambda a, b, x, y: cnn.EMLPBlock(a, b, nonlinearity="norm", **BASIS)(x),
    },
    {
        "LayerNorm": lambda a, b, x, y: cnn.LayerNorm(a)(x),
        "TensorProduct": lambda a, b, x, y: cnn.TensorProduct(a, a, b)(x, y),
        "EMLPBlock": lambda a, b, x, y: cnn.EMLPBlock(a, b)(x),
    },
    {
        "GatedNonlinearity": lambda a, b, x, y: cnn.GatedNonlinearity(a)(gates(a, x)),
        "TensorProductNet, projector": lambda a, b, x, y: cnn.TensorProductNet(
            a, b, a, 1, 4, **PROJECTOR
        )(x),
    },
    {
        "TensorProduct, full": lambda a, b, x, y: cnn.TensorProduct(a, a, b, "full")(x, y),
        "EMLP": lambda a, b, x, y: cnn.EMLP(a, b, b, 1)(x),
    },
)


def drawn(name: str, shape: tuple[int, ...], is_complex: bool = False) -> np.ndarray:
    """Normal numbers that depend on a name and a shape alone."""
    stream = np.random.RandomState(zlib.crc32(name.encode()))
    if is_complex:
        return stream.standard_normal((*shape, 2)) @ [1, 1j]
    return stream.standard_normal(shape)


def parameters(shapes: hk.Params) -> dict[str, dict[str, np.ndarray]]:
    """Parameters of the given shapes, each drawn by its name."""
    return {
        module: {
            name: drawn(f"{module}/{name}", s.shape, np.issubdtype(s.dtype, np.complexfloating))
            for name, s in each.items()
        }
        for module, each in shapes.items()
    }


def solutions(rep_in: Rep, rep_out: Rep) -> Iterator[tuple[str, np.ndarray]]:
    """What is computed on the host: probes of bases, decompositions and couplings."""
    for name, rep in (("maps", rep_in >> rep_out), ("invariants", rep_out)):
        basis = rep.equivariant_basis()
        yield f"{name}, rank", np.array(basis.rank)
        yield f"{name}, fingerprint", np.array(list(bytes.fromhex(basis.fingerprint)))
        vector = basis.expand(drawn(name, (basis.rank,)))
        yield name, vector.reshape(rep_out.dim, -1) @ drawn(name, (len(vector) // rep_out.dim,))
    try:
        parts = decompose(rep_out)
    except ValueError:  # it need not be completely reducible
        return
    yield "decomposition", parts.matrix @ drawn("decomposition", (rep_out.dim,))
    for i, (irrep, count) in enumerate(parts.irreps):
        yield f"irreducible {i}, multiplicity", np.array(count)
        group, probe = irrep.group, drawn("irreducible", (irrep.dim,))
        images = [irrep.rho(g) @ probe for g in group.discrete_generators]
        images += [irrep.drho(X) @ probe for X in group.lie_algebra]
        yield f"irreducible {i}", np.array(images)
    largest = max((irrep for irrep, _ in parts.irreps), key=lambda irrep: irrep.dim)
    couplings = clebsch_gordan(largest, largest, rep_out)
    w, x, y = (drawn("couplings", (n,)) for n in (len(couplings), largest.dim, largest.dim))
    yield "couplings", np.einsum("pkij,p,i,j->k", couplings, w, x, y)


def outputs(rep_in: Rep, rep_out: Rep, layers: dict[str, Callable]) -> Answers:
    """What layers compute from fixed parameters and inputs; those that refuse are missing."""

    def every_layer(x, y):
        results = {}
        for name, layer in layers.items():
            with contextlib.suppress(ValueError):
                results[name] = layer(rep_in, rep_out, x, y)
        return results

    model = hk.without_apply_rng(hk.transform(every_layer))
    x, y = drawn("inputs", (2, 2, rep_in.dim), rep_in.is_complex)
    shapes = jax.eval_shape(model.init, jax.random.key(0), x, y)
    return once(model.apply, parameters(shapes), x, y)
