"""Equivariant non-linearities."""

from __future__ import annotations

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.nn.channels import gated
from constrainet.nn.checks import check_input, check_rep
from constrainet.reps import Rep


class GatedNonlinearity(hk.Module):
    """Swish on what the group only permutes, and gates on everything else.

    Functions of single coordinates commute with the group on scalars and on permutation
    representations, and nowhere else: a sign or a phase is not a permutation. Every other copy of
    a summand is multiplied by the sigmoid of a scalar of its own. Of complex scalars, the real and
    imaginary parts are treated as two real ones, and the real part gates.

    Args:
        rep: the representation that is returned; `gated(rep)` is taken.
        name: of the module.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        >>> import haiku as hk, jax.numpy as jnp
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> gate = hk.without_apply_rng(hk.transform(lambda x: GatedNonlinearity(V(SO(3)))(x)))
        >>> gate.apply({}, jnp.array([2.0, 4.0, 6.0, 0.0]))
        Array([1., 2., 3.], dtype=float32)

    References:
        Weiler, Geiger, Welling, Boomsma, Cohen, "3D steerable CNNs" (2018), section 4.3.
    """

    def __init__(self, rep: Rep, name: str | None = None):
        super().__init__(name=name)
        check_rep("GatedNonlinearity", "rep", rep)
        self.rep = rep
        self.rep_in = gated(rep)

    def __call__(self, x) -> jax.Array:
        """(..., gated(rep).dim) to (..., rep.dim)."""
        x = check_input(f"GatedNonlinearity({self.name})", x, self.rep_in)
        gates = jax.nn.sigmoid(x[..., self.rep.dim :].real)
        results, start, gate = [x[..., :0]], 0, 0
        for part, count in self.rep.summands:
            stop = start + part.dim * count
            y = x[..., start:stop]
            if part.is_permutation:
                results.append(_swish(y))
            else:
                copies = y.reshape(*y.shape[:-1], count, part.dim)
                factors = gates[..., gate : gate + count, None]
                results.append((copies * factors).reshape(y.shape))
                gate += count
            start = stop
        return jnp.concatenate(results, axis=-1)


def _swish(x: jax.Array) -> jax.Array:
    if jnp.iscomplexobj(x):
        return jax.lax.complex(jax.nn.swish(x.real), jax.nn.swish(x.imag))
    return jax.nn.swish(x)
