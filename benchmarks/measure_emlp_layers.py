"""Time EMLP 1.0.3's Haiku model: `python measure_emlp_layers.py GROUP BATCH`, in its environment.

Prints one line of JSON: what `layers.py` reports, with ratios to a plain multilayer perceptron in
the same process.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import emlp.groups
import emlp.nn.haiku as ehk
import haiku as hk
import jax
import jax.numpy as jnp
import optax
from emlp.reps import T

GROUPS = {
    "O(3)": lambda: emlp.groups.O(3),
    "SOplus(1,3)": lambda: emlp.groups.SO13p(),
    "S(5)": lambda: emlp.groups.S(5),
    "D(8)": lambda: emlp.groups.D(8),
}
CHANNELS, ROUNDS = 384, 3


def prepare(model, x, y):
    """A training step and a forward pass with their arguments, and what they took to make."""
    start = time.perf_counter()
    params = jax.block_until_ready(model.init(jax.random.PRNGKey(0), x[:1]))
    build = time.perf_counter() - start
    optimiser = optax.adam(3e-3)

    @jax.jit
    def step(params, state, x, y):
        gradient = jax.grad(lambda p: jnp.mean((model.apply(p, x) - y) ** 2))(params)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(params, updates), state

    state = optimiser.init(params)
    start = time.perf_counter()
    step = step.lower(params, state, x, y).compile()
    facts = {
        "build": build,
        "compile": time.perf_counter() - start,
        "parameters": hk.data_structures.tree_size(params),
    }
    forward = jax.jit(model.apply).lower(params, x).compile()
    return {"step": (step, (params, state, x, y)), "forward": (forward, (params, x))}, facts


def main() -> None:
    group, batch = GROUPS[sys.argv[1]](), int(sys.argv[2])
    rep_in, rep_out = 5 * T(0) + 5 * T(1), T(2)
    x = jax.random.normal(jax.random.PRNGKey(0), (batch, rep_in(group).size()))
    y = jnp.ones((batch, rep_out(group).size()))
    start = time.perf_counter()
    equivariant = hk.without_apply_rng(hk.transform(ehk.EMLP(rep_in, rep_out, group, CHANNELS)))
    solved = time.perf_counter() - start
    plain = hk.without_apply_rng(
        hk.transform(
            lambda x: hk.nets.MLP([CHANNELS] * 3 + [y.shape[1]], activation=jax.nn.swish)(x)
        )
    )
    (own, facts), (base, _) = prepare(equivariant, x, y), prepare(plain, x, y)
    facts["build"] += solved
    for kind in own:
        times = {"own": [], "base": []}
        for _ in range(ROUNDS + 1):
            for name, (program, arguments) in (("own", own[kind]), ("base", base[kind])):
                start = time.perf_counter()
                jax.block_until_ready(program(*arguments))
                times[name].append(1e3 * (time.perf_counter() - start))
        facts[f"{kind}_ms"] = statistics.median(times["own"][1:])
        facts[f"{kind}_ratio"] = facts[f"{kind}_ms"] / statistics.median(times["base"][1:])
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
