"""The library's recommended model: a network of tensor products."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from math import prod
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from constrainet.arguments import check_count, check_number, check_option
from constrainet.maps.channels import matched_rep, under_group
from constrainet.maps.composition import Composite
from constrainet.maps.equivariant import check_weights_fit
from constrainet.maps.features import Features
from constrainet.maps.linear_layer import PARAMETRIZATIONS, Linear
from constrainet.maps.map import Map, Parameter, Parameters, check_rep, zeros
from constrainet.maps.nonlinearities import normalized_swish
from constrainet.maps.probe import Probe
from constrainet.maps.product_layers import TensorProduct
from constrainet.maps.products import tensor_product_map
from constrainet.maps.reach import Reach, completed
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.maps.shared_frame import frame as make_frame
from constrainet.reps import Rep, under_one_group

READOUT_GAIN = 0.03
"""What the readout's invariant functions are multiplied by: with it they learn more slowly than the
products, which are to explain what they can."""

READOUT = ("first", "second", "last")
"""The layers of the readout."""

LARGE = 500_000
"""Parameters below this are no matter; models of the usual width have half as many."""

LARGE_PER_NUMBER = 10_000
"""Nor are so many for each coordinate of the input and of the output."""

VARIANCE_OF_PRODUCTS = 0.2
"""What all blocks together add at the start to features of variance one: little, so that a model
begins close to polynomials of low degree, and few samples are not fitted by those of high degree.
"""


@dataclass(frozen=True)
class TensorProductBlock(Composite):
    """Products of two learned projections, mixed and added to the input: x + W (Ux ⊗ Vx).

    Args:
        rep: how inputs and outputs transform.
        gain: what the deviation of what is added is multiplied by at initialisation.
        parametrization: of the linear layers, "projector" or "basis".
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError, ValueError: as `Linear` and `TensorProduct`.

    Example:
        >>> import jax
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> rep = 4 * Scalar(SO(3)) + 4 * V(SO(3))
        >>> block = TensorProductBlock(rep)
        >>> block.apply(block.init(jax.random.key(0)), jax.numpy.ones((8, 16))).shape
        (8, 16)
    """

    rep: Rep
    gain: float = 1.0
    parametrization: str = "basis"
    rtol: float | None = None
    shared: SharedFrame | None = None
    arguments: ClassVar[tuple[str, ...]] = ("rep",)

    def __post_init__(self):
        check_rep("rep", self.rep)
        check_number("gain", self.gain)
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_shared(self.shared, self.rtol)
        _ = self.layers

    @property
    def rep_in(self) -> Rep:
        """How inputs transform."""
        return self.rep

    @property
    def rep_out(self) -> Rep:
        """How results transform."""
        return self.rep

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        rep, shared = self.rep, self.frame
        linear = partial(
            Linear, rep, rep, parametrization=self.parametrization, kept="component", shared=shared
        )
        return {
            "left": linear(),
            "right": linear(),
            "tensor_product": TensorProduct(rep, rep, rep, shared=shared),
            "mix": linear(gain=self.gain),
        }

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,), layers = xs, self.layers
        left, right = (layers[name].run(params[name], x) for name in ("left", "right"))
        products = layers["tensor_product"].run(params["tensor_product"], left, right)
        return x + layers["mix"].run(params["mix"], products)


@dataclass(frozen=True)
class TensorProductNet(Composite):
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
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError, ValueError: as `Linear`.
        NoEquivariantMapError: if part of the output is always zero or constant, because `channels`
            does not lead to it; or all of it is zero, because no products of inputs do. (Where only
            a part is, there is a warning.)

    Warns:
        UserWarning: if a number of `channels` makes a model far larger than its task.

    Example:
        >>> import jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> G = O(3)
        >>> m = TensorProductNet(5 * Scalar(G) + 5 * V(G), V(G) ** 2, channels=8)
        >>> m.apply(m.init(jax.random.key(0)), jax.numpy.ones((8, 20))).shape
        (8, 9)

    References:
        Thomas, Smidt, Kearnes, Yang, Li, Kohlhoff, Riley, "Tensor field networks" (2018), and
        Kondor, Lin, Trivedi, "Clebsch-Gordan nets" (2018), on networks of tensor products.
        Blum-Smith, Villar, "Machine learning and invariant theory" (2023), on equivariant
        polynomials and functions of invariants.
    """

    rep_in: Rep
    rep_out: Rep
    channels: int | Rep = 64
    num_blocks: int = 2
    readout: int = 64
    parametrization: str = "basis"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        check_rep("rep_in", self.rep_in)
        check_rep("rep_out", self.rep_out)
        check_count("num_blocks", self.num_blocks)
        check_count("readout", self.readout)
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_shared(self.shared, self.rtol)
        if not isinstance(self.channels, Rep):
            check_count("channels", self.channels, least=1)
        _ = self.layers
        if not isinstance(self.channels, Rep):
            self._warn_if_large(self.channels)

    def _warn_if_large(self, channels: int) -> None:
        """Says so if copies of many kinds of tensors make far more than the task can need."""
        parameters = jax.tree.leaves(self.parameters, is_leaf=lambda p: isinstance(p, Parameter))
        count, dims = sum(prod(p.shape) for p in parameters), (self.rep_in.dim, self.rep_out.dim)
        if count <= max(LARGE, LARGE_PER_NUMBER * sum(dims)):
            return
        hidden = self.hidden[0]
        fewer = max(1, int(channels * (LARGE / 5 / count) ** 0.5))  # parameters grow as the square
        warnings.warn(
            f"`TensorProductNet` has {count:,} parameters for {dims[0]} numbers in and {dims[1]} "
            f"out: channels={channels} copies of each of {len(hidden.summands)} kinds of tensors "
            f"make {hidden.dim:,} hidden coordinates. `channels={fewer}` would have about "
            f"{LARGE // 5:,}; or give the hidden representation itself as `channels`.",
            UserWarning,
            stacklevel=4,
        )

    @cached_property
    def _ends(self) -> tuple[Rep, Rep]:
        return under_one_group(self.rep_in, self.rep_out)

    @cached_property
    def hidden(self) -> list[Rep]:
        """The representation between the layers."""
        source, target = self._ends
        rtol = self.rtol if self.shared is None else self.shared.rtol
        channels, count, is_chosen = self.channels, 1, True
        if not isinstance(channels, Rep):
            count, is_chosen = int(channels), False
            channels = matched_rep(count, source, target, rtol)
        check_weights_fit(channels, channels)

        def reached(reps: Sequence[Rep]) -> Reach:
            return _reach(source, reps[0], target, self.num_blocks, rtol)

        return completed(
            source,
            [under_group(channels, source.group)],
            target,
            is_chosen,
            lambda _: count,
            reached,
        )

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        source, target = self._ends
        return source, *self.hidden, target

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        source, hidden, target = self.reps
        options: dict[str, Any] = {"parametrization": self.parametrization, "shared": self.frame}
        gain = (VARIANCE_OF_PRODUCTS / max(1, self.num_blocks)) ** 0.5
        block = TensorProductBlock(hidden, gain, **options)
        names = [f"tensor_product_block{f'_{i}' if i else ''}" for i in range(self.num_blocks)]
        return {
            "embed": Linear(source, hidden, kept="component", **options),
            **dict.fromkeys(names, block),
            "out": Linear(hidden, target, **options),
        }

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        layers = {name: layer.parameters for name, layer in self.layers.items()}
        last = layers.pop("out")
        return {**layers, **self._readout_parameters, "out": last}

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,), layers = xs, dict(self.layers)
        last = layers.pop("out")
        for name, layer in layers.items():
            x = layer.run(params[name], x)
        invariants = self._invariant_functions(params, x)
        y = last.run(params["out"], self._modulated(x, invariants))
        return self._with_invariants(y, invariants)

    @cached_property
    def _counts(self) -> dict[int, int]:
        """How many invariant functions there are, by component: for each invariant of the output,
        by what it grows; for each other copy that reaches it, by what fraction of itself. None if
        there are no invariants.
        """
        _, hidden, target = self.reps
        trivial = self.frame.trivial
        inside, outside = (self.frame.coordinates(rep).copies for rep in (hidden, target))
        if not self.readout or trivial not in inside:
            return {}
        counts = {i: n for i, n in sorted(inside.items()) if i in outside and i != trivial}
        return {**counts, trivial: outside.get(trivial, 0)}

    @cached_property
    def _readout_parameters(self) -> Parameters:
        if not self._counts:
            return {}
        n = self.frame.coordinates(self.hidden[0]).copies[self.frame.trivial]
        sizes = [n, self.readout, self.readout, sum(self._counts.values())]
        if self.frame.is_complex:  # real and imaginary parts
            sizes[0] *= 2
        found = {}
        for name, (n, size) in zip(READOUT, itertools.pairwise(sizes), strict=True):
            is_last = name == READOUT[-1]
            init = zeros if is_last else partial(_normal, max(1, n) ** -0.5)
            found[f"readout_{name}_w"] = Parameter((size, n), init, is_random=not is_last)
            found[f"readout_{name}_b"] = Parameter((size,), zeros, is_random=False)
        return found

    def _invariant_functions(
        self, params: Mapping[str, Any], x: Features
    ) -> dict[int, jax.Array] | None:
        """The invariant functions, by component, shape (copies, batch); None if there are none."""
        if not self._counts:
            return None
        invariants = x.components[self.frame.trivial][:, 0]
        if self.frame.is_complex:
            invariants = jnp.concatenate([invariants.real, invariants.imag])
        elif jnp.iscomplexobj(invariants):
            raise TypeError(
                f"`{self.kind}` takes real numbers, because its representations are real, and its "
                "readout is no polynomial. Got complex numbers; declare `Complexified(rep_in)`."
            )
        for name in READOUT:
            w, b = params[f"readout_{name}_w"], params[f"readout_{name}_b"]
            invariants = w @ invariants + b[:, None]
            if name != READOUT[-1]:
                invariants = normalized_swish(invariants)
        sizes = list(itertools.accumulate(self._counts.values()))
        pieces = jnp.split(READOUT_GAIN * invariants, sizes[:-1])
        return dict(zip(self._counts, pieces, strict=True))

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


def _normal(deviation: float, key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    return deviation * jax.random.normal(key, shape, dtype)


@lru_cache(maxsize=256)
def _reach(
    source: Rep, hidden: Rep, target: Rep, num_blocks: int, rtol: float | None = None
) -> Reach:
    """What of its output a network reaches; the readout adds to what its last layer does."""
    frame = make_frame(*dict.fromkeys((source, hidden, target)), rtol=rtol)
    x = Probe.of(frame, source).linear(hidden)
    for _ in range(num_blocks):
        paths = tensor_product_map(hidden, hidden, hidden, "channelwise", frame).paths
        products = x.linear(hidden).products(paths, hidden, x.linear(hidden))
        x = x + products.linear(hidden)
    return Reach.of(x.linear(target), target)
