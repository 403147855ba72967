"""Time, memory and accuracy of the solver, beside EMLP 1.0.3: `make bench`.

Each case runs in a fresh process with a cold cache, and imports are not counted. Results go to
benchmarks/results/ as JSON and Markdown; a run of some cases replaces only their entries.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from cases import CASES, Case

HERE = Path(__file__).parent
RESULTS = HERE / "results"
STARTING = 60  # seconds allowed beside the solve itself: imports, and the residual afterwards


def run(python: Path | str, library: str, case: Case, timeout: float) -> dict:
    """Measure a case in a process of its own; `{"failed": why}` if there is no result."""
    command = [python, HERE / f"measure_{library}.py", case.name]
    environment = {k: v for k, v in os.environ.items() if k != "CONSTRAINET_CACHE"}
    try:
        process = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment,
            timeout=timeout + STARTING,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"> {timeout:.0f}"}
    if process.returncode:
        errors = re.findall(r"^([\w.]*(?:Error|Exception)): (.*)", process.stderr, re.MULTILINE)
        kind, message = errors[-1] if errors else (f"signal {-process.returncode}", "")
        if kind == "MemoryError" or "RESOURCE_EXHAUSTED" in message:
            kind = "out of memory"
        print(f"[{message}]", end=" ")
        return {"failed": kind.split(".")[-1]}
    result = json.loads(process.stdout.splitlines()[-1])
    return result if result["seconds"] <= timeout else {"failed": f"> {timeout:.0f}"}


def required_ratio(emlp_seconds: float) -> float:
    """How many times faster than EMLP constrainet has to be."""
    return 100 if emlp_seconds > 5 else 30 if emlp_seconds > 1 else 10


def shortfalls(case: Case, ours: dict, emlp: dict) -> list[str]:
    """What a result falls short of, in words."""
    if "failed" in ours:
        return [f"no result ({ours['failed']})"]
    found = []
    if case.rank is not None and ours["rank"] != case.rank:
        found.append(f"rank {ours['rank']}, not {case.rank}")
    if ours["residual"] > 1e-10:
        found.append(f"residual {ours['residual']:.1e}, over 1e-10")
    if case.seconds is not None and ours["seconds"] > case.seconds:
        found.append(f"{ours['seconds']:.2g} s, over {case.seconds:g} s")
    if case.mebibytes is not None and ours["mebibytes"] > case.mebibytes:
        found.append(f"{ours['mebibytes']:.0f} MiB, over {case.mebibytes:g} MiB")
    if case.compared and "seconds" in emlp:
        factor, least = emlp["seconds"] / ours["seconds"], required_ratio(emlp["seconds"])
        if factor < least:
            found.append(f"{factor:.0f} times faster than EMLP, under {least}")
    return found


def seconds(result: dict) -> str:
    return f"{result['seconds']:.2g}" if "seconds" in result else result.get("failed", "-")


def ratio(ours: dict, emlp: dict) -> str:
    if "seconds" not in ours:
        return "-"
    if "seconds" in emlp:
        return f"{emlp['seconds'] / ours['seconds']:,.0f}"
    if emlp.get("failed", "").startswith(">"):
        return f"> {float(emlp['failed'].split()[1]) / ours['seconds']:,.0f}"
    return "-"


def table(results: dict) -> str:
    """The results as a Markdown table."""
    lines = [
        "| case | dimension | rank | method | seconds | EMLP | ratio | MiB | EMLP "
        "| residual | EMLP |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, result in results.items():
        ours, emlp = result.get("constrainet", {}), result.get("emlp", {})
        rank = f"{ours['rank']:,}" if "rank" in ours else "-"
        if "rank" in emlp and emlp["rank"] != ours.get("rank"):
            rank += f" (EMLP: {emlp['rank']:,})"
        dimension = ours.get("dimension", emlp.get("dimension"))
        cells = [
            name,
            f"{dimension:,}" if dimension else "-",
            rank,
            ours.get("method", "-"),
            seconds(ours),
            seconds(emlp),
            ratio(ours, emlp),
            *(f"{side['mebibytes']:.0f}" if "mebibytes" in side else "-" for side in (ours, emlp)),
            *(f"{side['residual']:.0e}" if "residual" in side else "-" for side in (ours, emlp)),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def save(results: dict) -> None:
    """Write the results as JSON, and as Markdown for the documentation."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
    results = {case.name: results[case.name] for case in CASES if case.name in results}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "solver.json").write_text(
        json.dumps({"machine": machine, "cases": results}, indent=1, ensure_ascii=False) + "\n"
    )
    (RESULTS / "solver.md").write_text(
        f"Measured on {machine}. Seconds of `equivariant_basis()` and peak resident memory of the "
        "whole process, each case in a fresh process with a cold cache, imports not counted. EMLP "
        "is 1.0.3 with the versions in `benchmarks/emlp-requirements.txt`; `-` means not run. "
        f"Residual: the largest violation of the constraints.\n\n{table(results)}\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--skip-emlp", action="store_true", help="keep EMLP's earlier results")
    parser.add_argument("--emlp-python", default=HERE.parent / ".venv-emlp/bin/python", type=Path)
    parser.add_argument("--emlp-timeout", default=300, type=float, help="seconds (default: 300)")
    parser.add_argument("--list", action="store_true", help="list the cases and stop")
    options = parser.parse_args()
    chosen = [case for case in CASES if options.only in case.name]
    if options.list:
        print(*(case.name for case in chosen), sep="\n")
        return 0
    if not chosen:
        parser.error(f"no case contains {options.only!r}; --list shows them all")
    if not options.skip_emlp and not options.emlp_python.exists():
        parser.error(f"no interpreter at {options.emlp_python}; `make bench` makes it")

    earlier = RESULTS / "solver.json"
    results = json.loads(earlier.read_text())["cases"] if earlier.exists() else {}
    missed = []
    for i, case in enumerate(chosen, 1):
        print(f"[{i}/{len(chosen)}] {case.name}: ", end="", flush=True)
        emlp = results.get(case.name, {}).get("emlp", {})
        ours = run(sys.executable, "constrainet", case, timeout=600)
        print(f"constrainet {seconds(ours)}, ", end="", flush=True)
        if case.in_emlp and not options.skip_emlp:
            emlp = run(options.emlp_python, "emlp", case, options.emlp_timeout)
        print(f"EMLP {seconds(emlp)} (seconds)", flush=True)
        missed += [f"{case.name}: {what}" for what in shortfalls(case, ours, emlp)]
        results[case.name] = {"constrainet": ours} | ({"emlp": emlp} if emlp else {})
        save(results)
    print("\n" + table({case.name: results[case.name] for case in chosen}))
    if missed:
        print("\nFalls short:", *missed, sep="\n  ")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
