"""The equivariant multilayer perceptron of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from constrainet.arguments import check_flag, check_option
from constrainet.maps.channels import are_chosen, hidden_reps, num_hidden, under_group, with_gates
from constrainet.maps.composition import Composite, named
from constrainet.maps.equivariant import check_weights_fit
from constrainet.maps.features import Features
from constrainet.maps.linear_layer import PARAMETRIZATIONS, Linear
from constrainet.maps.map import Map, check_rep
from constrainet.maps.nonlinearities import NONLINEARITIES
from constrainet.maps.probe import Probe
from constrainet.maps.product_layers import BiLinear
from constrainet.maps.products import tensor_product_map
from constrainet.maps.reach import Reach, completed
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.maps.shared_frame import frame as make_frame
from constrainet.reps import Rep, under_one_group

PRODUCT_GAIN = 0.1
"""Products start small beside what they are added to, because they square its size."""

RANKS = 4
"""Kinds of tensors that `uniform_rep` lacks are given this part of the width each, as each rank of
tensors has at usual widths."""


@dataclass(frozen=True)
class EMLPBlock(Composite):
    """A linear layer, products added to its result, and a non-linearity.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        parametrization: of the linear layer, "projector" or "basis".
        bilinear: whether there are products.
        nonlinearity: "gated", which fits every representation, "norm", "pointwise" or "regular".
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError, ValueError, NoEquivariantMapError: as `Linear` and the non-linearity.

    Example:
        >>> import jax
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> block = EMLPBlock(2 * V(SO(3)), 4 * V(SO(3)))
        >>> block.apply(block.init(jax.random.key(0)), jax.numpy.ones((8, 6))).shape
        (8, 12)
    """

    rep_in: Rep
    rep_out: Rep
    parametrization: str = "projector"
    bilinear: bool = True
    nonlinearity: str = "gated"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        check_rep("rep_in", self.rep_in)
        check_rep("rep_out", self.rep_out)
        check_flag("bilinear", self.bilinear)
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_option("nonlinearity", self.nonlinearity, list(NONLINEARITIES))
        check_shared(self.shared, self.rtol)
        _ = self.layers

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        source, target = under_one_group(self.rep_in, self.rep_out)
        inner = with_gates(target) if self.nonlinearity == "gated" else target
        return source, inner, target

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        source, inner, target = self.reps
        shared = self.frame
        layers: list[Map] = [
            Linear(
                source,
                inner,
                parametrization=self.parametrization,
                kept="component",
                shared=shared,
            )
        ]
        if self.bilinear:
            layers.append(BiLinear(inner, inner, gain=PRODUCT_GAIN, shared=shared))
        nonlinearity = NONLINEARITIES[self.nonlinearity]
        layers.append(nonlinearity(target, normalized=True, shared=shared))
        return named(layers)

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        linear, *products, nonlinearity = self.layers.items()
        y = _run(linear, params, *xs)
        for product in products:
            y = y + _run(product, params, y)
        return _run(nonlinearity, params, y)


def _run(layer: tuple[str, Map], params: Mapping[str, Any], *xs: Features) -> Features:
    return layer[1].run(params.get(layer[0], {}), *xs)


@dataclass(frozen=True)
class EMLP(Composite):
    """The equivariant multilayer perceptron: blocks, and a linear layer to the output.

    All its layers share irreducible coordinates, so that what is linear, bilinear or gated never
    leaves them. `TensorProductNet` learns more from fewer samples; this is the paper's model.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        channels: the hidden layers: a width, for which `uniform_rep` chooses the representation,
            with tensors added without which part of the output would not depend on the input; a
            representation; or a sequence of either, one for each layer.
        num_layers: the number of hidden layers; if not given, as many as `channels` has entries,
            and 3 if that is no sequence.
        parametrization: of the linear layers, "projector" or "basis".
        bilinear: whether blocks have products; without them they are linear layers and gates.
        nonlinearity: "gated", which fits every representation, "norm", "pointwise" or "regular".
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError, ValueError: as `Linear` and the non-linearity.
        NoEquivariantMapError: as `TensorProductNet`.

    Example:
        >>> import jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> G = O(3)
        >>> m = EMLP(5 * Scalar(G) + 5 * V(G), V(G) ** 2, channels=64, num_layers=2)
        >>> m.apply(m.init(jax.random.key(0)), jax.numpy.ones((8, 20))).shape
        (8, 9)

    References:
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), section 6.
    """

    rep_in: Rep
    rep_out: Rep
    channels: int | Rep | Sequence[int | Rep] = 384
    num_layers: int | None = None
    parametrization: str = "projector"
    bilinear: bool = True
    nonlinearity: str = "gated"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        if isinstance(self.channels, list):
            object.__setattr__(self, "channels", tuple(self.channels))
        object.__setattr__(self, "num_layers", num_hidden(self.channels, self.num_layers))
        check_rep("rep_in", self.rep_in)
        check_rep("rep_out", self.rep_out)
        check_flag("bilinear", self.bilinear)
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_option("nonlinearity", self.nonlinearity, list(NONLINEARITIES))
        check_shared(self.shared, self.rtol)
        _ = self.layers

    @cached_property
    def _ends(self) -> tuple[Rep, Rep]:
        return under_one_group(self.rep_in, self.rep_out)

    @cached_property
    def hidden(self) -> list[Rep]:
        """The representations between the layers."""
        source, target = self._ends
        hidden = hidden_reps(
            self.channels, num_hidden(self.channels, self.num_layers), source.group
        )
        hidden = [under_group(rep, source.group) for rep in hidden]
        for before, after in pairwise([source, *hidden, target]):
            check_weights_fit(before, after)
        rtol = self.rtol if self.shared is None else self.shared.rtol

        def reached(reps: Sequence[Rep]) -> Reach:
            return _reach(source, tuple(reps), target, self.bilinear, self.nonlinearity, rtol)

        width = max((rep.dim for rep in hidden), default=0)
        return completed(
            source,
            hidden,
            target,
            are_chosen(self.channels),
            lambda kind: max(1, width // (RANKS * kind.dim)),
            reached,
        )

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        source, target = self._ends
        return _reps(source, self.hidden, target, self.nonlinearity)

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        source, target = self._ends
        options: dict[str, Any] = {"parametrization": self.parametrization, "shared": self.frame}
        blocks = [
            EMLPBlock(
                rep_in, rep_out, bilinear=self.bilinear, nonlinearity=self.nonlinearity, **options
            )
            for rep_in, rep_out in pairwise([source, *self.hidden])
        ]
        last = self.hidden[-1] if self.hidden else source
        return named([*blocks, Linear(last, target, **options)])


def _reps(source: Rep, hidden: Sequence[Rep], target: Rep, nonlinearity: str) -> tuple[Rep, ...]:
    inner = [with_gates(rep) for rep in hidden] if nonlinearity == "gated" else []
    return tuple(dict.fromkeys((source, *hidden, *inner, target)))


@lru_cache(maxsize=256)
def _reach(
    source: Rep,
    hidden: tuple[Rep, ...],
    target: Rep,
    bilinear: bool,
    nonlinearity: str,
    rtol: float | None = None,
) -> Reach:
    """What of its output a network reaches."""
    frame = make_frame(*_reps(source, hidden, target, nonlinearity), rtol=rtol)
    x = Probe.of(frame, source)
    for rep in hidden:
        inner = with_gates(rep) if nonlinearity == "gated" else rep
        x = x.linear(inner)
        if bilinear:
            paths = tensor_product_map(inner, None, inner, "channelwise", frame).paths
            x = x + x.products(paths, inner, x)
        # functions on a finite group have products of all degrees
        x = x.anything(rep) if nonlinearity == "regular" else x.pointwise(rep)
    return Reach.of(x.linear(target), target)
