"""Measure one case with constrainet: `python measure_constrainet.py NAME`."""

from __future__ import annotations

import constrainet.groups
from constrainet.groups import Group
from constrainet.nn import uniform_rep
from constrainet.reps import Regular, T, V, irreducible
from generators import turning_channels
from measure import measure

groups = {name: getattr(constrainet.groups, name) for name in constrainet.groups.__all__} | {
    "ZksZnxZn": lambda k, n: Group(discrete_generators=turning_channels(k, n)),
}


def namespace(group):
    return {
        "V": V,
        "Regular": Regular,
        "irreducible": lambda label: irreducible(group, label),
        "T": lambda p, q=0: T(p, q, group=group),
        "uniform": lambda channels: uniform_rep(channels, group),
    }


def describe(rep, basis):
    return {
        "dimension": rep.dim,
        "rank": basis.rank,
        "residual": float(basis.residual),
        "method": str(basis.method),
    }


measure(namespace, groups, describe)
