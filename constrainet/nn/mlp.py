"""Whole models: the equivariant multilayer perceptron, and the unconstrained one beside it."""

from __future__ import annotations

from collections.abc import Sequence

import haiku as hk
import jax

from constrainet.nn.bilinear import BiLinear
from constrainet.nn.channels import gated, hidden_reps
from constrainet.nn.checks import check_count, check_input, check_rep
from constrainet.nn.linear import Linear
from constrainet.nn.nonlinearities import GatedNonlinearity
from constrainet.reps import Rep, under_one_group


class EMLPBlock(hk.Module):
    """A linear layer, products added to its result, and gates.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        parametrization: of the linear layer, "projector" or "basis".
        name: of the module.

    Raises:
        TypeError, ValueError, NoEquivariantMapError: as `Linear`.

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
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("EMLPBlock", "rep_in", rep_in)
        check_rep("EMLPBlock", "rep_out", rep_out)
        self.rep_in, self.rep_out, self.parametrization = rep_in, rep_out, parametrization

    def __call__(self, x) -> jax.Array:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x = check_input(f"EMLPBlock({self.name})", x, self.rep_in)
        inner = gated(self.rep_out)
        y = Linear(self.rep_in, inner, parametrization=self.parametrization)(x)
        y = y + BiLinear(inner, inner)(y)
        return GatedNonlinearity(self.rep_out)(y)


class EMLP(hk.Module):
    """The equivariant multilayer perceptron: blocks, and a linear layer to the output.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        channels: the hidden layers: a width, for which `uniform_rep` chooses the representation; a
            representation; or a sequence of either, one for each layer.
        num_layers: the number of hidden layers.
        parametrization: of the linear layers, "projector" or "basis".
        name: of the module.

    Raises:
        TypeError, ValueError, NoEquivariantMapError: as `Linear`.

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
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("EMLP", "rep_in", rep_in)
        check_rep("EMLP", "rep_out", rep_out)
        self.rep_in, self.rep_out, self.parametrization = rep_in, rep_out, parametrization
        group = under_one_group(rep_in, rep_out)[0].group
        self.hidden = hidden_reps(channels, num_layers, group)

    def __call__(self, x) -> jax.Array:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x = check_input(f"EMLP({self.name})", x, self.rep_in)
        rep = self.rep_in
        for hidden in self.hidden:
            x = EMLPBlock(rep, hidden, parametrization=self.parametrization)(x)
            rep = hidden
        return Linear(rep, self.rep_out, parametrization=self.parametrization)(x)


class MLP(hk.Module):
    """The unconstrained multilayer perceptron of the same shape, with swish: the baseline.

    Args:
        rep_in: gives the input's dimension.
        rep_out: gives the output's dimension.
        channels: the width of hidden layers, or a sequence of widths.
        num_layers: the number of hidden layers.
        name: of the module.

    Raises:
        TypeError, ValueError: if an argument is none of these.
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        channels: int | Sequence[int] = 384,
        num_layers: int = 3,
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("MLP", "rep_in", rep_in)
        check_rep("MLP", "rep_out", rep_out)
        self.rep_in, self.rep_out = rep_in, rep_out
        check_count("num_layers", num_layers)
        if not isinstance(channels, Sequence):
            channels = [channels] * num_layers
        for width in channels:
            check_count("MLP(channels=...)", width)
        self.widths = list(channels)
        if len(self.widths) != num_layers:
            raise ValueError(
                f"`MLP(channels=...)` should have one entry for each of num_layers={num_layers} "
                f"hidden layers. Got {len(self.widths)}."
            )

    def __call__(self, x) -> jax.Array:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x = check_input(f"MLP({self.name})", x, self.rep_in)
        for width in self.widths:
            x = jax.nn.swish(hk.Linear(width)(x))
        return hk.Linear(self.rep_out.dim)(x)
