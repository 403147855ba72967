"""Residual networks from images to classes, of any group of the plane."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import constrainet.maps as cm
from constrainet.groups import Group
from constrainet.maps.nonlinearities import normalized_swish
from constrainet.reps import Regular, Rep, Scalar

CLASSES = 10
BLOCKS = 3
KERNEL = 5
WIDE, INVARIANTS = 64, 64
BANDWIDTH, SAMPLES = 4, 6
"""Of functions on the circle, the fields under SO(2)."""

DROPOUT = 0.3


def size(*maps: cm.Map) -> int:
    """The number of parameters."""
    shapes = jax.eval_shape(lambda key: [m.init(key) for m in maps], jax.random.key(0))
    return sum(prod(leaf.shape) for leaf in jax.tree.leaves(shapes))


Moments = tuple[jax.Array, jax.Array]


class Network(NamedTuple):
    """From images to invariants, and from these to classes.

    Between the two, invariants are normalised over a batch, and in training some are left out.
    """

    body: cm.Map
    head: cm.Map

    def init(self, key: jax.Array) -> list:
        """Parameters."""
        return [m.init(k) for m, k in zip(self, jax.random.split(key), strict=True)]

    def invariants(self, params: list, images: jax.Array) -> jax.Array:
        """Of images of bytes."""
        return self.body.apply(params[0], images.astype(jnp.float32) / 115)  # root mean square

    def logits(
        self, params: list, x: jax.Array, moments: Moments, key: jax.Array | None = None
    ) -> jax.Array:
        """Of invariants, with the moments of a batch of them; of all without a key."""
        mean, deviation = moments
        x = (x - mean) / (deviation + 1e-3)
        if key is not None:
            x = x * jax.random.bernoulli(key, 1 - DROPOUT, x.shape) / (1 - DROPOUT)
        return self.head.apply(params[1], x)


def moments(x: jax.Array) -> Moments:
    """Mean and deviation of each column."""
    return x.mean(axis=0), x.std(axis=0)


def network(group: Group, width: int, stride: int = 1) -> Network:
    """A residual network whose fields are functions on the group, so many of them.

    Of SO(2), which is a circle, functions of degrees below a bandwidth. The stride is that of the
    first convolution.
    """
    grid = cm.circle_grid(BANDWIDTH, samples=SAMPLES) if group.order == np.inf else None
    unit = grid.rep if grid else Regular(group)
    one, hidden, wide = Scalar(group), width * unit, WIDE * unit
    invariants = INVARIANTS * one

    def swish(rep: Rep) -> cm.Map:
        if grid:
            return cm.sampled_nonlinearity(rep, normalized_swish, grid)
        return cm.pointwise(rep, normalized=True)

    def block() -> cm.Map:
        last = cm.convolution(hidden, hidden, KERNEL, gain=BLOCKS**-0.5)
        return cm.residual(cm.chain(cm.convolution(hidden, hidden, KERNEL), swish(hidden), last))

    body = cm.chain(
        cm.convolution(one, hidden, KERNEL, stride=stride),
        swish(hidden),
        cm.downsample(hidden),
        block(),
        block(),
        cm.downsample(hidden),
        block(),
        cm.linear(hidden, wide),
        swish(wide),
        cm.linear(wide, invariants),
        cm.global_avg_pool(invariants),
    )
    return Network(body, head(invariants))


def head(invariants: Rep) -> cm.Map:
    """From invariants to classes."""
    return cm.chain(
        cm.linear(invariants, invariants),
        cm.pointwise(invariants, normalized=True),
        cm.linear(invariants, CLASSES * Scalar(invariants.group)),
    )


@cache
def of_size(group: Group, parameters: int, stride: int = 1) -> Network:
    """The widest network of at most so many parameters."""
    width = 1
    while size(*network(group, width + 1, stride)) <= parameters:
        width += 1
    return network(group, width, stride)
