"""Functions on the sphere, transforms and errors: `python spheres.py transforms errors`.

- transforms: samples to coefficients and back on equal angles, float32, one function: constants and
  compilation from cold, then a run (median); s2fft's spherical transform of real functions on its
  grid of equal angles ("mw") beside it, if it is installed.
- errors: of equivariance of a convolution with a swish, random functions, by bandwidth and samples.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import statistics
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import expm

import constrainet.maps as cm
from constrainet.groups import SO
from fields import table

RESULTS = Path(__file__).parent / "results"


def timed(make, x: jax.Array, rounds: int) -> dict[str, float]:
    """Seconds for a program from cold, and milliseconds for a run of it."""
    start = time.perf_counter()
    program = make()
    jax.block_until_ready(program(x))
    cold, runs = time.perf_counter() - start, []
    for _ in range(rounds):
        start = time.perf_counter()
        jax.block_until_ready(program(x))
        runs.append(time.perf_counter() - start)
    return {"cold, s": cold, "run, ms": 1e3 * statistics.median(runs)}


def there_and_back(bandwidth: int):
    """Coefficients of the coefficients' samples."""
    grid = cm.sphere_grid(bandwidth, rule="equal-angle")
    return jax.jit(lambda c: grid.analyse(grid.synthesise(c)))


def there_and_back_s2fft(s2fft, bandwidth: int):
    """The same of s2fft."""
    options = {"sampling": "mw", "reality": True}

    def run(c):
        samples = s2fft.inverse_jax(c, bandwidth, **options)
        return s2fft.forward_jax(samples, bandwidth, **options)

    return jax.jit(run)


def transforms(options: argparse.Namespace) -> list[dict]:
    """By bandwidth."""
    rows = []
    s2fft = importlib.import_module("s2fft") if importlib.util.find_spec("s2fft") else None
    for b in options.bandwidths:
        coefficients = np.random.RandomState(0).standard_normal(b**2)
        row = {
            "bandwidth": b,
            **timed(lambda b=b: there_and_back(b), jnp.float32(coefficients), options.rounds),
        }
        if s2fft:
            # of a real function: complex coefficients (bandwidth, 2 bandwidth - 1)
            x = jnp.zeros((b, 2 * b - 1), complex).at[:, b - 1].set(1.0)
            found = timed(lambda b=b: there_and_back_s2fft(s2fft, b), x, options.rounds)
            row |= {f"s2fft {key}": value for key, value in found.items()}
        rows.append(row)
        print(row, flush=True)
    return rows


def errors(options: argparse.Namespace) -> list[dict]:
    """By bandwidth, and samples for each of it."""
    rows, turn = [], expm(np.tensordot([0.5, -0.9, 0.7], SO(3).lie_algebra, 1))
    for b in options.layers:
        row: dict = {"bandwidth": b}
        for factor in (1, 1.5, 2, 3):
            grid = cm.sphere_grid(b, samples=int(np.ceil(factor * b)))
            hidden = 4 * grid.rep
            m = cm.chain(cm.linear(grid.rep, hidden, parametrization="basis"),
                         cm.sampled_nonlinearity(hidden, jax.nn.swish, grid))  # fmt: skip
            x = np.random.RandomState(0).standard_normal((10, grid.rep.dim)) / b
            params = m.init(jax.random.key(0))
            inputs = jnp.float32(np.concatenate([x, grid.rep.act(turn, x)]))
            before, after = np.split(np.asarray(jax.jit(m.apply)(params, inputs), np.float64), 2)
            error = np.linalg.norm(after - hidden.act(turn, before)) / np.linalg.norm(before)
            row[f"samples × {factor}"] = float(error)
        rows.append(row)
        print(row, flush=True)
    return rows


PARTS = {"transforms": transforms, "errors": errors}


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=20, help="repetitions (default: 20)")
    parser.add_argument("--bandwidths", type=int, nargs="+", default=[8, 16, 32, 64])
    parser.add_argument("--layers", type=int, nargs="+", default=[4, 8, 12])
    options = parser.parse_args(given)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


def main() -> None:
    options = arguments()
    path = RESULTS / "spheres.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for name in options.parts:
        results[name] = PARTS[name](options)
    path.write_text(json.dumps(results, indent=1) + "\n")
    where = f"On {jax.devices()[0].device_kind}, {os.cpu_count()} processors."
    parts = "\n\n".join(f"## {name.title()}\n\n{table(rows)}" for name, rows in results.items())
    text = f"# Functions on the sphere\n\n{__doc__}\n{where}\n\n{parts}\n"
    (RESULTS / "spheres.md").write_text(text)


if __name__ == "__main__":
    main()
