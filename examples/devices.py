"""Training on several processes, each with devices of its own; here, two on one machine.

Each process holds its part of every batch. They agree on the model without sending anything,
train it by gradients that JAX sums over all devices, and write one checkpoint together.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

PROCESSES, DEVICES = 2, 2


def train(options: argparse.Namespace) -> None:
    """What each process does."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax
    import orbax.checkpoint as ocp
    from jax.sharding import NamedSharding, PartitionSpec

    import constrainet.maps as cm
    from constrainet.groups import O
    from constrainet.reps import V

    jax.distributed.initialize(options.address, PROCESSES, options.process)
    mesh = jax.make_mesh((jax.device_count(),), ("data",))
    spread, everywhere = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (("data",), ()))
    v = V(O(3))
    model = cm.tensor_product_net(2 * v, v, channels=8)
    optimiser = optax.adam(3e-3)

    @jax.jit
    def step(params, state, x, y):
        error = lambda params: jnp.mean((model.apply(params, x) - y) ** 2)  # noqa: E731
        loss, gradient = jax.value_and_grad(error)(params)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(params, updates), state, loss

    params = model.init(jax.random.key(options.seed))
    # numbers of the host, which every process puts on its own devices
    params = jax.device_put(jax.tree.map(np.asarray, params), everywhere)
    jax.set_mesh(mesh)  # in which the following is compiled
    state = jax.jit(optimiser.init)(params)
    mine = np.random.RandomState(options.seed + options.process)
    for i in range(options.steps):
        a, b = mine.normal(size=(2, options.batch // PROCESSES, 3)).astype(np.float32)
        target = a + np.sum(a * b, axis=1, keepdims=True) * b
        parts = (np.hstack([a, b]), target)
        x, y = (jax.make_array_from_process_local_data(spread, part) for part in parts)
        params, state, loss = step(params, state, x, y)
        if options.process == 0 and (i + 1) % max(1, options.steps // 5) == 0:
            print(f"step {i + 1:>5}   error {float(loss):.4f}", flush=True)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(options.out.absolute() / "params", params, force=True)
    total = sum(float(jnp.sum(p.astype(jnp.float32) ** 2)) for p in jax.tree.leaves(params))
    print(f"process {options.process}: {jax.device_count()} devices, |params|² {total:.4f}")


def main() -> None:
    """Starts the processes, and waits for them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fast", action="store_true", help="few steps, for a quick look")
    parser.add_argument("--steps", type=int, default=500, help="default: %(default)s")
    parser.add_argument("--batch", type=int, default=256, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--out", type=Path, default=Path("out/devices"), help="default: %(default)s"
    )
    parser.add_argument("--process", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fast:
        options.steps = 20
    if options.process is not None:
        train(options)
        return
    with socket.socket() as free:
        free.bind(("localhost", 0))
        options.address = f"localhost:{free.getsockname()[1]}"
    names = ("steps", "batch", "seed", "out", "address")
    arguments = [f"--{name}={getattr(options, name)}" for name in names]
    flags = f"--xla_force_host_platform_device_count={DEVICES}"
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    started = [
        subprocess.Popen([sys.executable, __file__, *arguments, f"--process={i}"], env=environment)
        for i in range(PROCESSES)
    ]
    codes = [process.wait() for process in started]
    if any(codes):
        sys.exit(f"The processes ended with {codes}.")


if __name__ == "__main__":
    main()
