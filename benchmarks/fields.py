"""Fields on grids: construction, speed and errors: `python fields.py construction speed`.

- construction: a chain of ten convolutions with gates between them, width 64 and 128, made and
  given parameters, each in a process of its own; the process's start and imports do not count.
- speed: a convolution of 64 channels beside `hk.Conv2D`, batch 64, in turns in one process: medians
  of ratios within a round.
- errors: kernels, elements that permute the grid, and sampling, by kernel size and by the degree of
  the irreducible that a scalar field of SO(2) is mapped to.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax

import constrainet.maps as cm
from constrainet.errors import NoEquivariantMapError
from constrainet.groups import SO, C, D, Group, Icosahedral
from constrainet.inspect import field_equivariance
from constrainet.reps import Scalar, V, irreducible

RESULTS = Path(__file__).parent / "results"


def own_group() -> Group:
    """A twelfth of a turn and a reflection, by their matrices."""
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    return Group(discrete_generators=[[[c, -s], [s, c]], [[-1.0, 0.0], [0.0, 1.0]]], name="own")


GROUPS = {
    "C(8)": lambda: C(8),
    "D(8)": lambda: D(8),
    "SO(2)": lambda: SO(2),
    "Icosahedral": Icosahedral,
    "one's own": own_group,
}


def ten_layers(group: Group) -> cm.Map:
    """Ten convolutions, with gates between them."""
    one, kernel_shape = Scalar(group), 5 if group.dim == 2 else 3
    maps, before = [], one
    for width in [64] * 5 + [128] * 4:
        rep = cm.steerable_cnn(one, one, width, 1, 1).hidden[0]
        maps += [cm.convolution(before, cm.with_gates(rep), kernel_shape), cm.gated(rep)]
        before = rep
    return cm.chain(*maps, cm.convolution(before, V(group), kernel_shape))


def construct(name: str) -> dict:
    """Seconds for a network, from cold."""
    group = GROUPS[name]()
    start = time.perf_counter()
    m = ten_layers(group)
    made = time.perf_counter()
    params = jax.block_until_ready(jax.jit(m.init)(jax.random.key(0)))
    ranks = [layer.kernels.rank for _, layer in cm.walk(m) if isinstance(layer, cm.KernelMap)]
    return {
        "construction, s": made - start,
        "init, s": time.perf_counter() - made,
        "coefficients": sum(ranks),
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(params)),
    }


def construction(options: argparse.Namespace) -> list[dict]:
    """Each group in a process of its own."""
    rows = []
    for name in GROUPS:
        command = [sys.executable, __file__, "--construct", name]
        runs = [
            json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            for _ in range(options.rounds)
        ]
        row = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        rows.append({"group": name, **row})
    return rows


def speed(options: argparse.Namespace) -> list[dict]:
    """Forward and step of one layer beside a plain one."""
    rows, channels, one = [], options.channels, Scalar(C(8))
    rep = cm.steerable_cnn(one, one, channels, 1, 1).hidden[0]
    m = cm.convolution(rep, rep, options.kernel)
    plain = hk.without_apply_rng(hk.transform(lambda x: hk.Conv2D(channels, options.kernel)(x)))
    optimiser = optax.adam(1e-3)
    for side in options.sides:
        x = jax.random.normal(jax.random.key(0), (options.batch, side, side, channels))
        programs = {}
        for name, params, apply in (
            ("steerable", m.init(jax.random.key(0)), m.apply),
            ("plain", plain.init(jax.random.key(0), x), plain.apply),
        ):

            def step(params, state, x, apply=apply):
                gradient = jax.grad(lambda p: jnp.mean(apply(p, x) ** 2))(params)
                updates, state = optimiser.update(gradient, state)
                return optax.apply_updates(params, updates), state

            programs[name, "forward"] = jax.jit(apply), (params, x)
            programs[name, "step"] = jax.jit(step), (params, optimiser.init(params), x)
        times = {key: [] for key in programs}
        for _ in range(options.rounds + 1):
            for key, (program, arguments) in programs.items():
                start = time.perf_counter()
                jax.block_until_ready(program(*arguments))
                times[key].append(time.perf_counter() - start)
        row = {"grid": f"{side} × {side}", "channels": channels, "kernel": options.kernel}
        for kind in ("forward", "step"):
            pairs = list(zip(times["steerable", kind], times["plain", kind], strict=True))[1:]
            row[f"{kind}, ms"] = 1e3 * statistics.median(a for a, _ in pairs)
            row[f"plain {kind}, ms"] = 1e3 * statistics.median(b for _, b in pairs)
            row[f"{kind}, ratio"] = statistics.median(a / b for a, b in pairs)
        rows.append(row)
    return rows


def errors(options: argparse.Namespace) -> list[dict]:
    """The three errors of one layer, by kernel size and degree."""
    rows = []
    for degree in options.degrees:
        for size in options.sizes:
            rep_out = irreducible(SO(2), degree) if degree else Scalar(SO(2))
            try:
                m = cm.convolution(Scalar(SO(2)), rep_out, size, with_bias=False)
            except NoEquivariantMapError:  # the kernel's circumference carries no such waves
                continue
            keys = [jax.random.key(seed) for seed in range(options.rounds)]
            found = [field_equivariance(m, m.init(key), 21, key) for key in keys]
            row = {"degree": degree, "kernel": f"{size} × {size}"}
            for kind in ("grid", "sampling"):
                row[kind] = statistics.median(getattr(each, kind) for each in found)
            rows.append({**row, "kernels": max(each.kernels[""] for each in found)})
    return rows


PARTS = {"construction": construction, "speed": speed, "errors": errors}


def table(rows: list[dict]) -> str:
    """Rows in Markdown."""
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    for row in rows:
        lines.append("| " + " | ".join(map(_written, row.values())) + " |")
    return "\n".join(lines)


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=["construction", "speed", "errors"])
    parser.add_argument("--rounds", type=int, default=5, help="repetitions (default: 5)")
    parser.add_argument("--sides", type=int, nargs="+", default=[28, 64], help="speed: of grids")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--kernel", type=int, default=5)
    parser.add_argument("--degrees", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 5, 7, 9])
    parser.add_argument("--construct", choices=GROUPS, help=argparse.SUPPRESS)
    options = parser.parse_args(given)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


def main() -> None:
    options = arguments()
    if options.construct:
        print(json.dumps(construct(options.construct)))
        return
    path = RESULTS / "fields.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for name in options.parts:
        results[name] = PARTS[name](options)
        print(f"\n{name}\n\n{table(results[name])}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    where = f"On {jax.devices()[0].device_kind}, {os.cpu_count()} processors."
    parts = "\n\n".join(f"## {name.title()}\n\n{table(rows)}" for name, rows in results.items())
    (RESULTS / "fields.md").write_text(f"# Fields on grids\n\n{__doc__}\n{where}\n\n{parts}\n")


if __name__ == "__main__":
    main()
