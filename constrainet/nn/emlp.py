"""The equivariant multilayer perceptron of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import haiku as hk

from constrainet.maps import Probe, SharedFrame, tensor_product_map
from constrainet.maps import frame as make_frame
from constrainet.nn.bilinear import BiLinear
from constrainet.nn.channels import are_chosen, gated, hidden_reps, under_group
from constrainet.nn.checks import check_frame, check_option, check_rep, check_rtol, enter, naming
from constrainet.nn.linear import PARAMETRIZATIONS, Linear
from constrainet.nn.nonlinearities import NONLINEARITIES
from constrainet.nn.reach import Reach, completed
from constrainet.reps import Rep, under_one_group

PRODUCT_GAIN = 0.1
"""Products start small beside what they are added to, because they square its size."""

RANKS = 4
"""Kinds of tensors that `uniform_rep` lacks are given this part of the width each, as each rank of
tensors has at usual widths."""


class EMLPBlock(hk.Module):
    """A linear layer, products added to its result, and a non-linearity.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        parametrization: of the linear layer, "projector" or "basis".
        bilinear: whether there are products.
        nonlinearity: "gated", which fits every representation, "norm", "pointwise" or "regular".
        frame: common coordinates of the representations of a model, which its layers share.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`; given to the frame where there is one.
        name: of the module.

    Raises:
        TypeError, ValueError, NoEquivariantMapError: as `Linear` and the non-linearity.

    Example:
        >>> import haiku as hk, jax
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> block = hk.without_apply_rng(hk.transform(
        ...     lambda x: EMLPBlock(2 * V(SO(3)), 4 * V(SO(3)))(x)))
        >>> params = block.init(jax.random.key(0), jax.numpy.ones((8, 6)))
        >>> block.apply(params, jax.numpy.ones((8, 6))).shape
        (8, 12)
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        parametrization: str = "projector",
        bilinear: bool = True,
        nonlinearity: str = "gated",
        frame: SharedFrame | None = None,
        rtol: float | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep_in, self.rep_out, self.parametrization = rep_in, rep_out, parametrization
        self.bilinear, self.nonlinearity = bilinear, nonlinearity
        with naming(self):
            check_rep("rep_in", rep_in)
            check_rep("rep_out", rep_out)
            check_option("parametrization", parametrization, PARAMETRIZATIONS)
            check_option("nonlinearity", nonlinearity, list(NONLINEARITIES))
            check_frame(frame, rtol)
            self._source, self._target = under_one_group(rep_in, rep_out)
            self._inner = gated(self._target) if nonlinearity == "gated" else self._target
            reps = (self._source, self._inner, self._target)
            self.frame = frame or make_frame(*dict.fromkeys(reps), rtol=rtol)
            self._coordinates = self.frame.coordinates(self._source)

    def __call__(self, x) -> Any:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x, leave = enter(self, x, self.rep_in, self._coordinates)
        inner, kind = self._inner, self.parametrization
        y = Linear(self._source, inner, parametrization=kind, kept="component", frame=self.frame)(x)
        if self.bilinear:
            y = y + BiLinear(inner, inner, gain=PRODUCT_GAIN, frame=self.frame)(y)
        nonlinearity = NONLINEARITIES[self.nonlinearity]
        return leave(nonlinearity(self._target, normalized=True, frame=self.frame)(y))


class EMLP(hk.Module):
    """The equivariant multilayer perceptron: blocks, and a linear layer to the output.

    All its layers share irreducible coordinates, so that what is linear, bilinear or gated never
    leaves them. `TensorProductNet` learns more from fewer samples; this is the paper's model.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        channels: the hidden layers: a width, for which `uniform_rep` chooses the representation,
            with tensors added without which part of the output would not depend on the input; a
            representation; or a sequence of either, one for each layer.
        num_layers: the number of hidden layers.
        parametrization: of the linear layers, "projector" or "basis".
        bilinear: whether blocks have products; without them they are linear layers and gates.
        nonlinearity: "gated", which fits every representation, "norm", "pointwise" or "regular".
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        name: of the module.

    Raises:
        TypeError, ValueError: as `Linear` and the non-linearity.
        NoEquivariantMapError: as `TensorProductNet`.

    Example:
        >>> import haiku as hk, jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> G = O(3)
        >>> model = hk.without_apply_rng(hk.transform(
        ...     lambda x: EMLP(5 * Scalar(G) + 5 * V(G), V(G) ** 2, channels=64, num_layers=2)(x)))
        >>> params = model.init(jax.random.key(0), jax.numpy.ones((8, 20)))
        >>> model.apply(params, jax.numpy.ones((8, 20))).shape
        (8, 9)

    References:
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), section 6.
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        channels: int | Rep | Sequence[int | Rep] = 384,
        num_layers: int = 3,
        parametrization: str = "projector",
        bilinear: bool = True,
        nonlinearity: str = "gated",
        rtol: float | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep_in, self.rep_out, self.parametrization = rep_in, rep_out, parametrization
        self.bilinear, self.nonlinearity = bilinear, nonlinearity
        with naming(self):
            check_rep("rep_in", rep_in)
            check_rep("rep_out", rep_out)
            check_option("parametrization", parametrization, PARAMETRIZATIONS)
            check_option("nonlinearity", nonlinearity, list(NONLINEARITIES))
            check_rtol(rtol)
            self._source, self._target = under_one_group(rep_in, rep_out)
            group = self._source.group
            hidden = hidden_reps(channels, num_layers, group)
            hidden = [under_group(rep, group) for rep in hidden]

        def reached(reps: Sequence[Rep]) -> Reach:
            return _reach(self._source, tuple(reps), self._target, bilinear, nonlinearity, rtol)

        width = max((rep.dim for rep in hidden), default=0)
        self.hidden = completed(
            self,
            self._source,
            hidden,
            self._target,
            are_chosen(channels),
            lambda kind: max(1, width // (RANKS * kind.dim)),
            reached,
        )
        self.frame = _frame(self._source, self.hidden, self._target, nonlinearity, rtol)

    def __call__(self, x) -> Any:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x, leave = enter(self, x, self.rep_in, self.frame.coordinates(self._source))
        options: dict[str, Any] = {"parametrization": self.parametrization, "frame": self.frame}
        rep = self._source
        for hidden in self.hidden:
            block = EMLPBlock(
                rep, hidden, bilinear=self.bilinear, nonlinearity=self.nonlinearity, **options
            )
            x, rep = block(x), hidden
        return leave(Linear(rep, self._target, **options)(x))


def _frame(
    source: Rep, hidden: Sequence[Rep], target: Rep, nonlinearity: str, rtol: float | None = None
) -> SharedFrame:
    inner = [gated(rep) for rep in hidden] if nonlinearity == "gated" else []
    return make_frame(*dict.fromkeys((source, *hidden, *inner, target)), rtol=rtol)


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
    frame = _frame(source, hidden, target, nonlinearity, rtol)
    x = Probe.of(frame, source)
    for rep in hidden:
        inner = gated(rep) if nonlinearity == "gated" else rep
        x = x.linear(inner)
        if bilinear:
            paths = tensor_product_map(inner, None, inner, "channelwise", frame).paths
            x = x + x.products(paths, inner, x)
        # functions on a finite group have products of all degrees
        x = x.anything(rep) if nonlinearity == "regular" else x.pointwise(rep)
    return Reach.of(x.linear(target), target)
