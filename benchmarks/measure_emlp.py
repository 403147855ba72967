"""Measure one case with EMLP 1.0.3: `python measure_emlp.py NAME`, in EMLP's own environment."""

from __future__ import annotations

import resource

import emlp.groups
import jax
import jax.numpy as jnp
import numpy as np
from emlp.groups import Group
from emlp.nn import uniform_rep
from emlp.reps import T, V
from emlp.reps.linear_operators import densify, lazify
from emlp.reps.product_sum_reps import DirectProduct, SumRep

from generators import euclidean_algebra, torus_symmetries
from measure import measure

MEMORY_LIMIT = 16 * 2**30  # bytes; its iterative solver would otherwise take what there is
COLUMNS = 64  # basis vectors whose residual is computed, drawn at random if there are more


class SE(Group):
    """Rotations and translations in homogeneous coordinates."""

    def __init__(self, n):
        self.lie_algebra = euclidean_algebra(n)
        super().__init__(n)


class P4M(Group):
    """Shifts, quarter turns and reflections of n×n pixels."""

    def __init__(self, n):
        self.discrete_generators = torus_symmetries(n)
        super().__init__(n)


groups = vars(emlp.groups) | {
    "SE": SE,
    "P4M": P4M,
    "O": lambda *n: emlp.groups.O13() if n == (1, 3) else emlp.groups.O(*n),
    "SOplus": lambda p, q: emlp.groups.SO13p(),
}


def namespace(group):
    return {
        "V": V,
        "T": lambda p, q=0: T(p, q, group),
        "uniform": lambda channels: uniform_rep(channels, group),
    }


def factors(rep):
    """The groups that act on a representation."""
    if isinstance(rep, SumRep | DirectProduct):
        return {group for part in rep.reps for group in factors(part)}
    return {rep.G} if rep.G is not None else set()


def residual(rep, basis):
    """The largest ‖ρ(h)q − q‖ or ‖dρ(A)q‖ over generators and basis vectors, in float64."""
    jax.config.update("jax_enable_x64", True)  # only now: EMLP itself works in float32
    rank = basis.shape[-1]
    chosen = np.arange(rank)
    if rank > COLUMNS:
        chosen = np.random.default_rng(0).choice(rank, COLUMNS, replace=False)
    chosen = np.eye(rank)[:, chosen]
    vectors = jnp.asarray(np.asarray(basis @ jnp.asarray(chosen, "float32")))
    vectors = vectors.astype(complex if jnp.iscomplexobj(vectors) else float)
    still = {group: jnp.eye(group.d) for group in factors(rep)}
    at_rest = {group: jnp.zeros((group.d, group.d)) for group in factors(rep)}
    errors = [0.0]
    for group in factors(rep):
        for h in map(densify, group.discrete_generators):
            moved = lazify(rep.rho(still | {group: exact(h)})) @ vectors
            errors.append(jnp.linalg.norm(moved - vectors, axis=0).max())
        for a in map(densify, group.lie_algebra):
            moved = lazify(rep.drho(at_rest | {group: exact(a)})) @ vectors
            errors.append(jnp.linalg.norm(moved, axis=0).max())
    return float(max(errors))


def exact(matrix):
    return matrix.astype(complex if jnp.iscomplexobj(matrix) else float)


def describe(rep, basis):
    result = {"dimension": int(rep.size()), "rank": int(basis.shape[-1])}
    return result | {"residual": residual(rep, basis)}


resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
measure(namespace, groups, describe)
