"""The library's recommended model: a network of tensor products."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.maps import Features, Probe, SharedFrame, tensor_product_map
from constrainet.maps import frame as make_frame
from constrainet.nn.bilinear import TensorProduct
from constrainet.nn.channels import matched_rep, under_group
from constrainet.nn.checks import (
    check_count,
    check_frame,
    check_number,
    check_option,
    check_rep,
    check_rtol,
    enter,
    naming,
    parameter,
)
from constrainet.nn.linear import PARAMETRIZATIONS, Linear
from constrainet.nn.nonlinearities import normalized_swish
from constrainet.nn.reach import Reach, completed
from constrainet.reps import Rep, under_one_group

READOUT_GAIN = 0.03
"""What the readout's invariant functions are multiplied by: with it they learn more slowly than the
products, which are to explain what they can."""

VARIANCE_OF_PRODUCTS = 0.2
"""What all blocks together add at the start to features of variance one: little, so that a model
begins close to polynomials of low degree, and few samples are not fitted by those of high degree.
"""


class TensorProductBlock(hk.Module):
    """Products of two learned projections, mixed and added to the input: x + W (Ux ⊗ Vx).

    Args:
        rep: how inputs and outputs transform.
        gain: what the deviation of what is added is multiplied by at initialisation.
        parametrization: of the linear layers, "projector" or "basis".
        frame: common coordinates of the representations of a model, which its layers share.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`; given to the frame where there is one.
        name: of the module.

    Raises:
        TypeError, ValueError: as `Linear` and `TensorProduct`.

    Example:
        >>> import haiku as hk, jax
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> rep = 4 * Scalar(SO(3)) + 4 * V(SO(3))
        >>> block = hk.without_apply_rng(hk.transform(lambda x: TensorProductBlock(rep)(x)))
        >>> params = block.init(jax.random.key(0), jax.numpy.ones((8, 16)))
        >>> block.apply(params, jax.numpy.ones((8, 16))).shape
        (8, 16)
    """

    def __init__(
        self,
        rep: Rep,
        gain: float = 1.0,
        parametrization: str = "basis",
        frame: SharedFrame | None = None,
        rtol: float | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep = self.rep_in = self.rep_out = rep
        self.gain, self.parametrization = gain, parametrization
        with naming(self):
            check_rep("rep", rep)
            check_number("gain", gain)
            check_option("parametrization", parametrization, PARAMETRIZATIONS)
            check_frame(frame, rtol)
            self.frame = frame or make_frame(rep, rtol=rtol)
            self._coordinates = self.frame.coordinates(rep)

    def __call__(self, x) -> Any:
        """(..., rep.dim) to (..., rep.dim)."""
        x, leave = enter(self, x, self.rep, self._coordinates, "rep")
        rep = self.rep
        options: dict[str, Any] = {"parametrization": self.parametrization, "frame": self.frame}
        left, right = (
            Linear(rep, rep, kept="component", name=name, **options)(x)
            for name in ("left", "right")
        )
        products = TensorProduct(rep, rep, rep, frame=self.frame)(left, right)
        mixed = Linear(rep, rep, gain=self.gain, kept="component", name="mix", **options)(products)
        return leave(x + mixed)


class TensorProductNet(hk.Module):
    """The recommended model: residual blocks of tensor products, and a readout.

    Each block adds to its input the products of two learned projections of it, so that b blocks
    express equivariant polynomials of degree 2ᵇ, whatever the group; few parameters and few samples
    suffice for targets that are, or nearly are. Products start small, so that a model begins close
    to polynomials of low degree. What of the output is invariant gets in addition a
    multilayer perceptron of the invariants found, and what is not is multiplied by such functions,
    copy by copy, before it is mixed: no target that is not a polynomial is out of reach. These
    functions start at zero.

    Products that cost far more than others are few, or left out, as `TensorProduct` tells: from
    nodes and pairs of nodes, V(S(n)) + V(S(n))², matrix products of pairs occur up to n = 8 with 64
    channels, and up to n = 6 with 8.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        channels: the hidden representation, or how many copies it has of each kind of tensor that
            the group, the input and the output suggest (`matched_rep`, and tensors without which
            part of the output would not depend on the input).
        num_blocks: how many blocks; the degree of polynomials that are expressed is 2 to this.
        readout: the width of the invariant functions' two layers; 0 for none.
        parametrization: of the linear layers, "basis" or "projector".
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        name: of the module.

    Raises:
        TypeError, ValueError: as `Linear`.
        NoEquivariantMapError: if part of the output is always zero or constant, because `channels`
            does not lead to it; or all of it is zero, because no products of inputs do. (Where only
            a part is, there is a warning.)

    Example:
        >>> import haiku as hk, jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> G = O(3)
        >>> model = hk.without_apply_rng(hk.transform(
        ...     lambda x: TensorProductNet(5 * Scalar(G) + 5 * V(G), V(G) ** 2, channels=8)(x)))
        >>> params = model.init(jax.random.key(0), jax.numpy.ones((8, 20)))
        >>> model.apply(params, jax.numpy.ones((8, 20))).shape
        (8, 9)

    References:
        Thomas, Smidt, Kearnes, Yang, Li, Kohlhoff, Riley, "Tensor field networks" (2018), and
        Kondor, Lin, Trivedi, "Clebsch-Gordan nets" (2018), on networks of tensor products.
        Blum-Smith, Villar, "Machine learning and invariant theory" (2023), on equivariant
        polynomials and functions of invariants.
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        channels: int | Rep = 64,
        num_blocks: int = 2,
        readout: int = 64,
        parametrization: str = "basis",
        rtol: float | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep_in, self.rep_out, self.parametrization = rep_in, rep_out, parametrization
        self.num_blocks, self.readout = num_blocks, readout
        with naming(self):
            check_rep("rep_in", rep_in)
            check_rep("rep_out", rep_out)
            check_count("num_blocks", num_blocks)
            check_count("readout", readout)
            check_option("parametrization", parametrization, PARAMETRIZATIONS)
            check_rtol(rtol)
            self._source, self._target = under_one_group(rep_in, rep_out)
            group = self._source.group
            is_chosen = isinstance(channels, Rep)
            if not is_chosen:
                check_count("channels", channels, least=1)
            hidden = (
                channels if is_chosen else matched_rep(channels, self._source, self._target, rtol)
            )
            hidden = under_group(hidden, group)

        def reached(reps: Sequence[Rep]) -> Reach:
            return _reach(self._source, reps[0], self._target, num_blocks, rtol)

        count = 1 if isinstance(channels, Rep) else int(channels)
        self.hidden = completed(
            self, self._source, [hidden], self._target, is_chosen, lambda _: count, reached
        )
        self.frame = _frame(self._source, self.hidden[0], self._target, rtol)

    def __call__(self, x) -> Any:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x, leave = enter(self, x, self.rep_in, self.frame.coordinates(self._source))
        (hidden,) = self.hidden
        options: dict[str, Any] = {"parametrization": self.parametrization, "frame": self.frame}
        x = Linear(self._source, hidden, kept="component", name="embed", **options)(x)
        gain = (VARIANCE_OF_PRODUCTS / max(1, self.num_blocks)) ** 0.5
        for _ in range(self.num_blocks):
            x = TensorProductBlock(hidden, gain, **options)(x)
        invariants = self._invariant_functions(x)
        y = Linear(hidden, self._target, name="out", **options)(self._modulated(x, invariants))
        return leave(self._with_invariants(y, invariants))

    def _invariant_functions(self, x: Features) -> dict[int, jax.Array] | None:
        """Functions of the invariants in x: for each invariant of the output, by what it grows; for
        each other copy in x, by what fraction of itself.

        Returns:
            By component, shape (copies, batch); None if there are no invariants.
        """
        trivial = self.frame.trivial
        if not self.readout or trivial not in x.components:
            return None
        invariants = x.components[trivial][:, 0]
        if jnp.iscomplexobj(invariants):
            invariants = jnp.concatenate([invariants.real, invariants.imag])
        target = self.frame.coordinates(self._target).copies
        counts = {i: len(z) for i, z in x.components.items() if i in target and i != trivial}
        counts[trivial] = target.get(trivial, 0)
        for layer in ("first", "second"):
            invariants = normalized_swish(self._affine(layer, invariants, self.readout))
        values = self._affine("last", invariants, sum(counts.values()), is_zero=True)
        pieces = jnp.split(READOUT_GAIN * values, list(itertools.accumulate(counts.values()))[:-1])
        return dict(zip(counts, pieces, strict=True))

    def _affine(self, name: str, rows: jax.Array, size: int, is_zero: bool = False) -> jax.Array:
        """A plain linear layer on rows: (n, batch) to (size, batch)."""
        n = len(rows)
        init = jnp.zeros if is_zero else hk.initializers.RandomNormal(max(1, n) ** -0.5)
        w = parameter(self, f"readout_{name}_w", (size, n), rows.dtype, init)
        b = parameter(self, f"readout_{name}_b", (size,), rows.dtype, jnp.zeros)
        return w @ rows + b[:, None]

    def _modulated(self, x: Features, functions: dict[int, jax.Array] | None) -> Features:
        """Every copy that is not invariant, and reaches the output, times one plus a function."""
        if functions is None:
            return x
        components = {
            i: z * (1 + functions[i][:, None]) if i in functions and i != self.frame.trivial else z
            for i, z in x.components.items()
        }
        return Features(x.coordinates, x.batch, x.dtype, components=components)

    def _with_invariants(self, y: Features, functions: dict[int, jax.Array] | None) -> Features:
        """The invariants of the output, plus their functions."""
        trivial = self.frame.trivial
        if functions is None or not len(functions[trivial]):
            return y
        components = dict(y.components)
        components[trivial] = components[trivial] + functions[trivial][:, None]
        return Features(y.coordinates, y.batch, y.dtype, components=components)


def _frame(source: Rep, hidden: Rep, target: Rep, rtol: float | None = None) -> SharedFrame:
    return make_frame(*dict.fromkeys((source, hidden, target)), rtol=rtol)


@lru_cache(maxsize=256)
def _reach(
    source: Rep, hidden: Rep, target: Rep, num_blocks: int, rtol: float | None = None
) -> Reach:
    """What of its output a network reaches; the readout adds to what its last layer does."""
    frame = _frame(source, hidden, target, rtol)
    x = Probe.of(frame, source).linear(hidden)
    for _ in range(num_blocks):
        paths = tensor_product_map(hidden, hidden, hidden, "channelwise", frame).paths
        products = x.linear(hidden).products(paths, hidden, x.linear(hidden))
        x = x + products.linear(hidden)
    return Reach.of(x.linear(target), target)
