"""Time models beside a plain multilayer perceptron of the same width: `python layers.py`.

All models take the inertia representations, 5V⁰⊕5V → V⊗V, with 384 channels and 3 layers. Hidden
layers hold tensors (`uniform_rep`). Under S(n) functions act on their coordinates there, so that
vectors leave irreducible coordinates at each non-linearity; "of irreducibles" is with as many
channels for each irreducible of tensors of rank 2, and gates. The models run
in turn in one process, so that ratios hold when the machine's speed drifts; medians are reported.
EMLP 1.0.3 runs on versions of its time only, so in a process of its own, right after; its ratios
are to a plain multilayer perceptron there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
import optax

import constrainet.nn as cnn
from constrainet.groups import D, Group, O, S, SOplus
from constrainet.reps import Rep, Scalar, V, direct_sum, irreducible

HERE = Path(__file__).parent
RESULTS = HERE / "results"
EMLP_PYTHON = HERE.parent / ".venv-emlp" / "bin" / "python"
GROUPS = {"O(3)": O(3), "SOplus(1,3)": SOplus(1, 3), "S(5)": S(5), "D(8)": D(8)}
ROUNDS, CALLS = 15, 5


def models(rep_in, rep_out) -> dict:
    """Haiku functions by name; the first is what the others are compared with."""
    options = (rep_in, rep_out)
    found = {
        "plain MLP": lambda x: cnn.MLP(*options)(x),
        "linear and gates, basis": lambda x: cnn.EMLP(
            *options, bilinear=False, parametrization="basis"
        )(x),
        "linear and gates, projector": lambda x: cnn.EMLP(*options, bilinear=False)(x),
        "EMLP, basis": lambda x: cnn.EMLP(*options, parametrization="basis")(x),
        "EMLP, projector": lambda x: cnn.EMLP(*options)(x),
    }
    if V(rep_in.group).is_permutation:
        hidden = irreducible_rep(384, rep_in.group)
        for kind in ("basis", "projector"):
            found[f"linear and gates of irreducibles, {kind}"] = lambda x, kind=kind: cnn.EMLP(
                *options, hidden, bilinear=False, parametrization=kind
            )(x)
    return found


def irreducible_rep(channels: int, group: Group) -> Rep:
    """Copies of the irreducibles of V² of S(5), as many channels for each, and scalars."""
    kinds = [irreducible(group, part) for part in ((4, 1), (3, 2), (3, 1, 1))]
    copies = [(kind, channels // (1 + len(kinds)) // kind.dim) for kind in kinds]
    rest = channels - sum(kind.dim * count for kind, count in copies)
    return direct_sum(group, [(Scalar(group), rest), *copies])


def prepare(function, rep_in, rep_out, batch: int) -> tuple[dict, dict]:
    """Compiled programs with their arguments, and what they took to make."""
    model = hk.without_apply_rng(hk.transform(function))
    x = jax.random.normal(jax.random.key(0), (batch, rep_in.dim))
    y = jnp.ones((batch, rep_out.dim))
    start = time.perf_counter()
    params = jax.block_until_ready(model.init(jax.random.key(0), x[:1]))
    build = time.perf_counter() - start
    optimiser = optax.adam(3e-3)
    state = optimiser.init(params)

    def step(params, state, x, y):
        gradient = jax.grad(lambda p: jnp.mean((model.apply(p, x) - y) ** 2))(params)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(params, updates), state

    start = time.perf_counter()
    compiled = jax.jit(step).lower(params, state, x, y).compile()
    facts = {
        "build": build,
        "compile": time.perf_counter() - start,
        "MiB": compiled.memory_analysis().temp_size_in_bytes / 2**20,
        "parameters": hk.data_structures.tree_size(params),
    }
    folded = cnn.fold(model.apply, params, x)
    programs = {
        "step": (compiled, (params, state, x, y)),
        "forward": (jax.jit(model.apply), (params, x)),
        "folded": (folded, (x,)),
    }
    return programs, facts


def measure(group_name: str, batch: int) -> dict:
    """Medians in milliseconds, and ratios to the first model's within each round."""
    group = GROUPS[group_name]
    rep_in, rep_out = 5 * Scalar(group) + 5 * V(group), V(group) ** 2
    prepared = {
        name: prepare(function, rep_in, rep_out, batch)
        for name, function in models(rep_in, rep_out).items()
    }
    times: dict = {name: {kind: [] for kind in each} for name, (each, _) in prepared.items()}
    for _ in range(ROUNDS + 1):
        for name, (programs, _) in prepared.items():
            for kind, (program, arguments) in programs.items():
                start = time.perf_counter()
                for _ in range(CALLS):
                    jax.block_until_ready(program(*arguments))
                times[name][kind].append(1e3 * (time.perf_counter() - start) / CALLS)
    base = times["plain MLP"]
    return {
        name: facts
        | {f"{kind}_ms": statistics.median(each[1:]) for kind, each in times[name].items()}
        | {
            f"{kind}_ratio": statistics.median(
                a / b for a, b in zip(each[1:], base[kind][1:], strict=True)
            )
            for kind, each in times[name].items()
        }
        for name, (_, facts) in prepared.items()
    }


def measure_emlp(group_name: str, batch: int, timeout: float) -> dict:
    """The same of EMLP 1.0.3; nothing if it takes too long."""
    command = [EMLP_PYTHON, HERE / "measure_emlp_layers.py", group_name, str(batch)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=True)
    except subprocess.TimeoutExpired:
        return {}
    return {"EMLP 1.0.3": json.loads(done.stdout.splitlines()[-1])}


def table(results: dict) -> str:
    """The results in Markdown."""
    lines = [
        "| group, batch | model | step, ms | ratio | forward, ms | ratio | folded, ms | ratio "
        "| build, s | compile, s | temporaries, MiB | parameters |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for case, models in results.items():
        for name, r in models.items():
            numbers = " | ".join(
                f"{r[f'{kind}_ms']:.2f} | {r[f'{kind}_ratio']:.2f}"
                if f"{kind}_ms" in r
                else "- | -"
                for kind in ("step", "forward", "folded")
            )
            memory = f"{r['MiB']:.1f}" if "MiB" in r else "-"
            lines.append(
                f"| {case} | {name} | {numbers} | {r['build']:.1f} | {r['compile']:.1f} "
                f"| {memory} | {r['parameters']:,} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--batch", type=int, nargs="+", default=[500, 32])
    parser.add_argument("--skip-emlp", action="store_true", help="measure constrainet only")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for EMLP in each case")
    options = parser.parse_args()
    results: dict = {}
    for name in options.groups:
        for batch in options.batch:
            found = results[f"{name}, {batch}"] = measure(name, batch)
            if not options.skip_emlp:
                found |= measure_emlp(name, batch, options.timeout)
            print(table({f"{name}, {batch}": found}), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "layers.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "layers.md").write_text(f"# Layers\n\n{__doc__}\n{table(results)}\n")


if __name__ == "__main__":
    main()
