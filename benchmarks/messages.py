"""Time message passing beside e3nn-jax: `python messages.py`.

A batch of 100 graphs of five nodes, of which each has edges to all others: 2,000 edges. A network
of copies of the irreducibles of O(3) to a degree, with harmonics to that degree: in each layer
messages are products of senders with harmonics, with weights by a network of 64 of eight Bessel
functions; they are summed, mixed linearly, added to a linear map of the node, and gated. The energy
of a graph is the sum over its nodes.

- forward: energies.
- gradient: of the sum of their squares, by parameters.
- forces: energies, and their gradient by positions.
- compile: of all three.

Both run in turn in one process; the numbers are medians, and the ratios medians of ratios within a
round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import e3nn_jax as e3nn
import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np

import constrainet.maps as cm
from constrainet.groups import O
from constrainet.reps import Scalar, V, direct_sum, irreducible
from fields import table

RESULTS = Path(__file__).parent / "results"
CASES = [(16, 1, 4), (32, 1, 2), (16, 2, 2), (64, 2, 2)]
"""Copies, degree and layers."""

GRAPHS, BODIES, CUTOFF, BASIS, WIDTH = 100, 5, 5.0, 8, 64
NODES = GRAPHS * BODIES
PAIRS = np.argwhere(~np.eye(BODIES, dtype=bool)).T
SENDERS, RECEIVERS = (PAIRS[:, None] + BODIES * np.arange(GRAPHS)[:, None]).reshape(2, -1)
GRAPH = np.repeat(np.arange(GRAPHS), BODIES)


def constrainet_net(copies: int, degree: int, layers: int) -> tuple[Callable, Callable]:
    """`init(key)`, and energies of parameters, features and positions."""
    group = O(3)
    one, v = Scalar(group), V(group)
    kinds = [one, v, irreducible(group, "2e")][: degree + 1]
    before, rep = copies * one, direct_sum(group, [(kind, copies) for kind in kinds])
    maps: dict[str, cm.Map] = {}
    for number in range(layers):
        gated = cm.with_gates(rep)
        maps[f"messages_{number}"] = cm.edge_convolution(
            before, gated, degree=degree, cutoff=CUTOFF, num_basis=BASIS, channels=WIDTH
        )
        maps[f"self_{number}"] = cm.linear(before, gated, parametrization="basis")
        maps[f"gates_{number}"] = cm.gated(rep)
        before = rep
    maps["out"] = cm.linear(rep, one, parametrization="basis")

    def init(key):
        return {
            name: m.init(jax.random.fold_in(key, i)) for i, (name, m) in enumerate(maps.items())
        }

    def energies(params, nodes, positions):
        vectors = positions[SENDERS] - positions[RECEIVERS]

        def run(name, *xs):
            return maps[name].apply(params[name], *xs)

        for number in range(layers):
            messages = run(f"messages_{number}", nodes, vectors, SENDERS, RECEIVERS)
            nodes = run(f"gates_{number}", messages + run(f"self_{number}", nodes))
        return jax.ops.segment_sum(run("out", nodes)[:, 0], GRAPH, GRAPHS)

    return init, energies


def e3nn_net(copies: int, degree: int, layers: int) -> tuple[Callable, Callable]:
    """The same, of e3nn-jax's parts."""
    rep = e3nn.Irreps("0e + 1o + 2e"[: 5 * (degree + 1) - 3]) * copies
    rep = rep.regroup()
    gated = (e3nn.Irreps(f"{copies * (1 + degree)}x0e") + rep.filter(drop="0e")).regroup()
    linear = partial(e3nn.haiku.Linear, force_irreps_out=True)

    def energies(nodes, positions):
        vectors = e3nn.IrrepsArray("1o", positions[SENDERS] - positions[RECEIVERS])
        square = jnp.sum(vectors.array**2, axis=1)
        lengths = jnp.sqrt(jnp.where(square > 0, square, 1))
        radial = e3nn.bessel(lengths, BASIS, CUTOFF)
        size = e3nn.poly_envelope(2, 2, CUTOFF)(lengths)[:, None]
        harmonics = e3nn.spherical_harmonics(range(degree + 1), vectors, normalize=True)
        h = e3nn.IrrepsArray(f"{copies}x0e", nodes)
        for _ in range(layers):
            messages = e3nn.tensor_product(h[SENDERS], harmonics, filter_ir_out=rep.regroup())
            widths = [WIDTH, messages.irreps.num_irreps]
            network = e3nn.haiku.MultiLayerPerceptron(
                widths, jax.nn.silu, output_activation=False, with_bias=True
            )
            messages = messages * (network(radial) * size)
            received = e3nn.scatter_sum(messages, dst=RECEIVERS, output_size=NODES)
            h = e3nn.gate(linear(gated)(received) + linear(gated)(h))
        out = e3nn.haiku.Linear("0e")(h).array[:, 0]
        return jax.ops.segment_sum(out, GRAPH, GRAPHS)

    net = hk.without_apply_rng(hk.transform(energies))
    nodes, positions = jnp.ones((NODES, copies)), jnp.ones((NODES, 3))
    return lambda key: jax.jit(net.init)(key, nodes, positions), net.apply


NETS = {"constrainet": constrainet_net, "e3nn-jax": e3nn_net}
KINDS = ("forward", "gradient", "forces")


def programs(energies: Callable, arguments: tuple) -> dict[str, Callable]:
    """Compiled, by kind."""

    def gradient(params, nodes, positions):
        return jax.grad(lambda p: jnp.sum(energies(p, nodes, positions) ** 2))(params)

    def forces(params, nodes, positions):
        def total(x):
            found = energies(params, nodes, x)
            return jnp.sum(found), found

        return jax.grad(total, has_aux=True)(positions)

    found = (energies, gradient, forces)
    return {
        kind: jax.jit(f).lower(*arguments).compile() for kind, f in zip(KINDS, found, strict=True)
    }


def measure(copies: int, degree: int, layers: int, rounds: int, calls: int, compilations: int):
    """One row."""
    nodes = jax.random.normal(jax.random.key(0), (NODES, copies))
    positions = jax.random.normal(jax.random.key(1), (NODES, 3))
    times: dict = {name: {kind: [] for kind in (*KINDS, "compile")} for name in NETS}
    ready, parameters, compiled = {}, {}, {}
    for name, make in NETS.items():
        init, energies = make(copies, degree, layers)
        params = init(jax.random.key(0))
        parameters[name] = sum(leaf.size for leaf in jax.tree.leaves(params))
        ready[name] = energies, (params, nodes, positions)
    for number in range(compilations + 1):
        for name, (energies, arguments) in ready.items():
            jax.clear_caches()
            start = time.perf_counter()
            compiled[name] = programs(energies, arguments)
            if number:  # in the first round, bases and Clebsch-Gordan coefficients are found
                times[name]["compile"].append(1e3 * (time.perf_counter() - start))
    for number in range(rounds + 1):
        for kind in KINDS:
            for name, (_, arguments) in ready.items():
                start = time.perf_counter()
                for _ in range(calls):
                    jax.block_until_ready(compiled[name][kind](*arguments))
                if number:  # the first round is to be warm
                    times[name][kind].append(1e3 * (time.perf_counter() - start) / calls)
    row: dict = {"copies, degree, layers": f"{copies}, {degree}, {layers}"}
    for kind in (*KINDS, "compile"):
        ours, theirs = (times[name][kind] for name in NETS)
        row[f"{kind}, ms"] = statistics.median(ours)
        row[f"{kind} of e3nn, ms"] = statistics.median(theirs)
        row[f"{kind}, ratio"] = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return row | {"parameters": parameters["constrainet"], "e3nn's": parameters["e3nn-jax"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=5, help="in a round")
    parser.add_argument("--compilations", type=int, default=3)
    options = parser.parse_args()
    rows = []
    for case in CASES:
        rows.append(measure(*case, options.rounds, options.calls, options.compilations))
        print(table(rows[-1:]), flush=True)
    where = (
        f"{platform.machine()}, {os.cpu_count()} processors, JAX {jax.__version__}, "
        f"e3nn-jax {version('e3nn-jax')}"
    )
    RESULTS.mkdir(exist_ok=True)
    kept = {"machine": where, "rows": rows}
    (RESULTS / "messages.json").write_text(json.dumps(kept, indent=1) + "\n")
    (RESULTS / "messages.md").write_text(f"# Messages\n\n{__doc__}\nOn {where}.\n\n{table(rows)}\n")


if __name__ == "__main__":
    main()
