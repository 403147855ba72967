"""The unconstrained multilayer perceptron, the baseline of every equivariant model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import haiku as hk
import jax

from constrainet.arguments import check_count
from constrainet.maps import check_input, check_rep, like_input, num_hidden
from constrainet.nn.layer import naming, title
from constrainet.reps import Rep


class MLP(hk.Module):
    """The unconstrained multilayer perceptron of the same shape, with swish: the baseline.

    Args:
        rep_in: gives the input's dimension.
        rep_out: gives the output's dimension.
        channels: the width of hidden layers, or a sequence of widths.
        num_layers: the number of hidden layers; if not given, as many as `channels` has entries,
            and 3 if that is no sequence.
        name: of the module.

    Raises:
        TypeError, ValueError: if an argument is none of these.
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        channels: int | Sequence[int] = 384,
        num_layers: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep_in, self.rep_out = rep_in, rep_out
        with naming(self):
            check_rep("rep_in", rep_in)
            check_rep("rep_out", rep_out)
            num_layers = num_hidden(channels, num_layers)
            if not isinstance(channels, Sequence):
                channels = [channels] * num_layers
            for width in channels:
                check_count("channels", width, least=1)
            self.widths = list(channels)
            if len(self.widths) != num_layers:
                raise ValueError(
                    f"`channels` should have one entry for each of num_layers={num_layers} hidden "
                    f"layers. Got {len(self.widths)}."
                )

    def __call__(self, x) -> Any:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        y = check_input(title(self), x, self.rep_in)
        with naming(self):
            for width in self.widths:
                y = jax.nn.swish(hk.Linear(width)(y))
            return like_input(hk.Linear(self.rep_out.dim)(y), self.rep_out, x)
