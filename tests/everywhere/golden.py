"""Compares what is computed here with the golden files, or writes them.

python -m tests.everywhere.golden             # prints what differs, as JSON
python -m tests.everywhere.golden --before    # after other questions have been asked
python -m tests.everywhere.golden --write     # and writes anew what differs, nothing else
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import jax
import numpy as np
from threadpoolctl import threadpool_info

from constrainet.reps import decompose
from tests.everywhere.declarations import DECLARATIONS, LAYERS, Answers, outputs, solutions

FILE = Path(__file__).parents[1] / "golden" / "answers.json"

AGREEMENT = 1e-6
"""How far answers may differ, of their size: far above rounding, far below another basis."""

NOTHING = 1e-12
"""Sizes that are rounding of what is truly zero."""


AGAIN = ", again"
"""Marks answers that were given before, and are remembered."""


def ask_other_questions() -> None:
    """Questions about the same groups, the other way round and in the opposite order."""
    for declare in reversed(DECLARATIONS.values()):
        rep_in, rep_out = declare()
        (rep_out + rep_in >> rep_in).equivariant_basis()
        if rep_in.group.is_adjoint_closed:
            decompose(rep_in + rep_out)


def answers() -> dict[str, Answers]:
    """All that is computed, by declaration; what is solved on the host a second time, too."""
    found = {}
    for i, (name, declare) in enumerate(DECLARATIONS.items()):
        reps = declare()
        found[name] = dict(solutions(*reps)) | outputs(*reps, LAYERS[i % len(LAYERS)])
    for name, declare in DECLARATIONS.items():
        found[name] |= {f"{what}{AGAIN}": array for what, array in solutions(*declare())}
    return found


def differences(found: dict[str, Answers], expected: dict[str, dict]) -> dict[str, str]:
    """What differs from what is expected, and how far, relative to its size."""
    differing = {}
    for name, arrays in found.items():
        for what, array in arrays.items():
            known = expected.get(name, {}).get(what.removesuffix(AGAIN))
            if known is None:
                differing[f"{name}: {what}"] = "is new"
                continue
            numbers, known = _numbers(array), np.array(known)
            if numbers.shape != known.shape:
                differing[f"{name}: {what}"] = f"has {numbers.size} numbers for {known.size}"
                continue
            error, size = (np.abs(x).max(initial=0) for x in (numbers - known, known))
            if not error <= AGREEMENT * size + NOTHING:
                differing[f"{name}: {what}"] = f"differs by {error / max(size, NOTHING):.1e}"
    for name, arrays in expected.items():
        missing = arrays.keys() - found.get(name, {}).keys()
        differing |= {f"{name}: {what}": "is missing" for what in sorted(missing)}
    return differing


def _numbers(array: np.ndarray) -> np.ndarray:
    """An array as a list of real numbers."""
    array = np.ravel(array)
    return np.stack([array.real, array.imag], -1).ravel() if np.iscomplexobj(array) else array


def written(found: dict[str, Answers], expected: dict[str, dict]) -> str:
    """The golden file: a line for each answer, unchanged where the answer has not changed."""
    differing = differences(found, expected)
    lines = []
    for name, arrays in found.items():
        own = []
        for what, array in arrays.items():
            if what.endswith(AGAIN):
                continue
            if f"{name}: {what}" in differing:
                numbers = [float(f"{x:.9g}") for x in _numbers(array)]
            else:
                numbers = expected[name][what]
            own.append(f"  {json.dumps(what)}: {json.dumps(numbers)}")
        lines.append(f"{json.dumps(name, ensure_ascii=False)}: {{\n" + ",\n".join(own) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Compares or writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", action="store_true", help="ask other questions first")
    parser.add_argument("--write", action="store_true", help="write what differs")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    if options.before:
        ask_other_questions()
    found = answers()
    expected = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    differing = differences(found, expected)
    if options.write:
        FILE.write_text(written(found, expected), encoding="utf-8")
    kernels = [each.get("architecture") for each in threadpool_info() if each["user_api"] == "blas"]
    print(json.dumps({"kernels": kernels, "differing": differing}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
