"""Random problems against independent answers: `make fuzz`.

Each problem is a group of one of forty families, two representations, and a disguise: other units
of the coordinates, other scales of the generators of the Lie algebra, redundant generators, and
other generators of the same group. The package is asked in disguise; the answer is known in
natural coordinates, from the null space of all constraints by dense singular value decomposition,
from the average of the character over the group, or from both.

A problem is determined by its seed and its number, and nothing is remembered between problems, so
that `--only-problem` repeats any of them alone. Results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from constrainet import errors, solve
from constrainet.memory import memory_limit
from fuzz_groups import FAMILIES, Rng
from fuzz_oracles import Factor, Spectrum, average, spectrum
from fuzz_problems import (
    LARGEST_DENSE,
    Problem,
    averaged,
    disguised,
    generators,
    problem,
    told_group,
)
from fuzz_reps import Asked, Element

RESIDUAL = 1e-10
"""The largest violation of a constraint, relative to the terms in it or to the generator."""
DISTANCE = 1e-8
"""The largest sine of an angle between the answer and the true subspace."""
SECONDS = 30
"""Allowed for one problem."""

SLOW = 5
"""Seconds after which a problem is written down."""
RESULTS = Path(__file__).parent / "results"
WORST = "wrong rank", "wrong subspace", "crash", "too slow", "oracles disagree"
REFUSED = "refused, unjustified", "refused, justified"
REFUSALS = (
    errors.AmbiguousRankError,
    errors.CertificateError,
    errors.IllConditionedError,
    errors.ProblemTooLargeError,
    ValueError,  # of constructors that cannot decide whether their argument is valid
)


@dataclass
class Outcome:
    """What became of a problem.

    Attributes:
        verdict: "right" or the fault.
        detail: for people.
        seconds: that the package took.
        residual, distance: of the answer; NaN where there is none, or it cannot be compared.
    """

    verdict: str
    detail: str = ""
    seconds: float = 0.0
    residual: float = np.nan
    distance: float = np.nan
    disguises: tuple[str, ...] = field(default=())


# --- the known answer ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """The rank, and the spectrum in natural coordinates where it was found.

    Attributes:
        rank: None if neither way decides it.
        agree: False if the two ways gave different ranks.
    """

    rank: int | None
    spectrum: Spectrum | None
    agree: bool = True


def known(p: Problem) -> Known:
    natural = tuple(replace(f, frame=np.eye(f.dim)) for f in p.sample.factors)
    found, rank = None, None
    if p.source.dim * p.target.dim <= LARGEST_DENSE:
        found = spectrum_in(natural, p)
        rank = found.rank if found.is_clear else None
    if averaged(p.sample):
        mean = average(
            [f.measure for f in natural if f.measure],
            lambda powers: p.source.trace(powers, -1) * p.target.trace(powers),
        )
        whole = round(mean)
        return Known(whole, found, abs(mean - whole) < 1e-6 and rank in (None, whole))
    return Known(rank, found)


def spectrum_in(factors: tuple[Factor, ...], p: Problem) -> Spectrum:
    """The spectrum in the coordinates in which the factors are given."""
    lie, discrete = generators(factors)
    images = [(p.source.image(h), p.target.image(h), h.size) for h in discrete]
    images += [(p.source.tangent(A), p.target.tangent(A), A.size) for A in lie]
    return spectrum(images, p.source.dim * p.target.dim)


def is_justified(error: Exception, p: Problem, truth: Known) -> bool:
    """Whether singular values leave no clear gap, or fewer than eight digits in a skew basis.

    What is refused by size may have a clear gap, if the basis itself is larger than the limit.
    """
    if isinstance(error, errors.ProblemTooLargeError) and truth.rank is not None:
        lie, discrete = generators(p.sample.factors)
        a, b = (node.image((*discrete, *lie)[0]) for node in (p.source, p.target))
        return truth.rank * len(a) * len(b) * np.result_type(a, b).itemsize > memory_limit()
    if truth.spectrum is None:
        return truth.rank is None
    return not truth.spectrum.is_clear or spectrum_in(p.sample.factors, p).gap < 1 / DISTANCE


# --- asking, and comparing -----------------------------------------------------------------------


def check(p: Problem) -> Outcome:
    """Ask the package, and compare."""
    truth = known(p)
    if not truth.agree:
        return Outcome("oracles disagree", f"average {truth.rank}, {truth.spectrum}")
    rng = Rng(p.seed)
    factors = tuple(disguised(f, p.disguises, rng) for f in p.sample.factors)
    asked_lie, asked_discrete = generators(factors)
    solve.clear_memory()
    signal.alarm(SECONDS)  # for the package: what is known took its own time
    start = time.perf_counter()
    try:
        parts = [told_group(f) for f in factors]
        group = parts[0]
        for part in parts[1:]:
            group = group * part
        asked = Asked(group, asked_lie, asked_discrete)
        basis = (p.source.build(asked) >> p.target.build(asked)).equivariant_basis()
    except REFUSALS as error:
        verdict = "refused, justified" if is_justified(error, p, truth) else "refused, unjustified"
        detail = f"{type(error).__name__}: {str(error)[:90]}... {truth.spectrum or truth.rank}"
        return Outcome(verdict, detail, time.perf_counter() - start)
    finally:
        signal.alarm(0)
    seconds = time.perf_counter() - start
    if truth.rank is None:
        return Outcome("undecided", str(truth.spectrum), seconds)
    if basis.rank != truth.rank:
        detail = f"rank {basis.rank}, not {truth.rank}; {basis.method}; {truth.spectrum}"
        return Outcome("wrong rank", detail, seconds)
    outcome = compared(p, factors, basis, truth.spectrum, asked)
    outcome.seconds = seconds
    return outcome


def compared(p, factors, basis, truth: Spectrum | None, asked: Asked) -> Outcome:
    """The answer's violations, orthonormality, and distance from the true subspace."""
    shape = (p.target.dim, p.source.dim)
    if truth is not None:
        columns = basis.to_dense()
        skew = np.abs(columns.conj().T @ columns - np.eye(basis.rank)).max(initial=0)
    else:  # too many for all of them: random vectors of the subspace, by its own coordinates
        given = np.random.RandomState(0).randn(3, basis.rank)
        given /= max(np.linalg.norm(given), 1e-300)
        columns = np.asarray(basis.expand(given)).T
        skew = np.abs(basis.coefficients(columns.T) - given).max(initial=0)
    maps = columns.T.reshape(-1, *shape)
    residual = max(
        [violation(maps, p.source.image(h), p.target.image(h), h) for h in asked.discrete]
        + [violation(maps, p.source.tangent(A), p.target.tangent(A), A) for A in asked.lie],
        default=0.0,
    )
    distance, attainable = np.nan, np.inf
    if truth is not None and basis.rank:
        distance, attainable = angle(p, factors, maps, truth.basis)
    if not residual <= RESIDUAL:
        return Outcome("wrong subspace", f"residual {residual:.1e}; {basis.method}")
    if not skew <= RESIDUAL:
        return Outcome("wrong subspace", f"not orthonormal by {skew:.1e}; {basis.method}")
    if attainable > 1e-2:
        return Outcome("right", "", residual=residual)
    if not distance <= DISTANCE + attainable:
        detail = f"distance {distance:.1e}, rounding explains {attainable:.1e}; {basis.method}"
        return Outcome("wrong subspace", detail)
    return Outcome("right", "", residual=residual, distance=distance)


def violation(maps: np.ndarray, a: np.ndarray, b: np.ndarray, generator: Element) -> float:
    """The largest ‖b W - W a‖ of maps W, shape (r, n, m), relative to ‖|b||W| + |W||a|‖.

    Where these terms cancel from larger ones in the generator, as in a trace, relative to that.
    """
    error = np.linalg.norm(b @ maps - maps @ a, axis=(1, 2))
    terms = np.linalg.norm(np.abs(b) @ np.abs(maps) + np.abs(maps) @ np.abs(a), axis=(1, 2))
    size = np.maximum(generator.size * np.linalg.norm(maps, axis=(1, 2)), terms)
    ratios = np.divide(error, size, out=np.zeros(len(maps)), where=error != 0)
    return float(ratios.max(initial=0)) if np.isfinite(ratios).all() else np.inf


def angle(p: Problem, factors, maps: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The sine of the largest angle to the truth in natural units, and what rounding explains.

    Orthonormal columns in the caller's units are off by 1e-15 of their size; in natural ones that
    is as much more as the change of units stretches beside what is left of the columns.
    """
    frames = tuple(f.frame for f in factors)
    frame_in, frame_out = (
        node.image(Element(frames, frames), True) for node in (p.source, p.target)
    )
    natural = np.linalg.solve(frame_out, maps @ frame_in).reshape(len(maps), -1).T
    sizes = np.linalg.norm(natural, axis=0)
    if not (np.isfinite(sizes).all() and sizes.all()):
        return np.nan, np.inf
    stretch = np.linalg.norm(frame_in, 2) / np.linalg.svd(frame_out, compute_uv=False)[-1]
    vectors, values, _ = np.linalg.svd(natural / sizes, full_matrices=False)
    # also where units only shrink: `sizes` are then those of what is left
    explained = 1e-14 * stretch / (sizes.min() * values[-1])
    return float(np.linalg.norm(vectors - truth @ (truth.conj().T @ vectors), 2)), explained


# --- the report ----------------------------------------------------------------------------------


def table(results: list) -> str:
    """One line for each family, and one for each disguise."""
    by_family: dict[str, list] = {}
    by_disguise: dict[str, list] = {}
    for p, outcome in results:
        by_family.setdefault(p.family, []).append(outcome)
        for disguise in outcome.disguises or ["none"]:
            by_disguise.setdefault(disguise, []).append(outcome)
    everything = {"**all**": [outcome for _, outcome in results]}
    return (
        _table("family", by_family | everything)
        + "\n\n"
        + _table("disguise", dict(sorted(by_disguise.items())))
    )


def _table(what: str, groups: dict[str, list]) -> str:
    lines = [
        f"| {what} | problems | wrong ranks | wrong subspaces | crashes | too slow "
        "| refused, unjustified | refused, justified | worst residual | worst distance "
        "| median seconds | most seconds |",
        "|---|" + "--:|" * 11,
    ]
    for name, outcomes in groups.items():
        counts = Counter(o.verdict for o in outcomes)
        seconds = [o.seconds for o in outcomes]
        cells = [name, len(outcomes)]
        cells += [counts[v] for v in (*WORST[:4], *REFUSED)]
        cells += [_worst([o.residual for o in outcomes]), _worst([o.distance for o in outcomes])]
        cells += [f"{np.median(seconds):.3f}", f"{max(seconds):.1f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _worst(values: list[float]) -> str:
    known = [v for v in values if not np.isnan(v)]
    return f"{max(known):.0e}" if known else "-"


def save(results: list, seed: int, seconds: float) -> None:
    """Write the tables for the documentation, and everything that was not right as JSON."""
    counts = Counter(outcome.verdict for _, outcome in results)
    compared = sum(not np.isnan(outcome.distance) for _, outcome in results)
    faults = [
        {
            "number": p.number,
            "problem": str(p),
            "verdict": o.verdict,
            "detail": o.detail,
            "seconds": round(o.seconds, 3),
        }
        for p, o in results
        if o.verdict != "right" or o.seconds > SLOW
    ]
    machine = f"one core ({platform.machine()}), Python {platform.python_version()}"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "fuzz.json").write_text(
        json.dumps({"seed": seed, "seconds": round(seconds), "machine": machine,
                    "problems": len(results), "verdicts": dict(counts.most_common()),
                    "not right, or slow": faults}, indent=1, ensure_ascii=False) + "\n"
    )  # fmt: skip
    (RESULTS / "fuzz.md").write_text(
        f"{len(results):,} random problems of seed {seed} in {seconds / 60:.1f} minutes on "
        f"{machine}: `make fuzz`. The rank is compared with the null space of all constraints by "
        "dense singular value decomposition, with the average of the character over the group, or "
        f"with both ({counts['undecided']} had no clear rank, and were answered). Residual: the "
        "largest violation of a constraint, relative to the terms in it, computed again from the "
        "generators. Distance: the sine of the largest angle between the answer and the null "
        f"space, in natural units, where float64 can tell ({compared:,} problems). A refusal is "
        "justified if the singular values, in natural units, leave no clear gap, or one of less "
        "than 1e8 in the skew basis that is given, whose inverse is the accuracy of vectors, or if "
        "the basis itself is larger than the memory allowed. Too slow: no "
        f"answer in {SECONDS} seconds. Seconds: of the package, nothing remembered. Whatever was "
        "not right is in `fuzz.json` with the number "
        f"that repeats it (`--only-problem`).\n\n{table(results)}\n"
    )


# --- running -------------------------------------------------------------------------------------


class _TooSlow(BaseException):
    """Raised by the timer; not an `Exception`, so that nothing swallows it."""


def outcome(p: Problem) -> Outcome:
    """`check` with a timer; no answer in time is too slow, and whatever else is raised a crash."""

    def stop(*_):
        raise _TooSlow

    signal.signal(signal.SIGALRM, stop)
    try:
        result = check(p)
    except _TooSlow:
        result = Outcome("too slow", f"no answer in {SECONDS} seconds", SECONDS)
    except Exception as error:
        result = Outcome("crash", f"{type(error).__name__}: {str(error)[:150]}")
    result.disguises = p.disguises
    return result


def run(numbers, seed: int, seconds: float, plain: bool) -> Iterator[tuple[Problem, Outcome]]:
    """Problems one by one, until time is up."""
    end = time.monotonic() + seconds
    for number in numbers:
        if time.monotonic() > end:
            return
        p = problem(seed, number, plain)
        yield p, outcome(p)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--seconds", type=float, default=7200, help="at most (default: 7200)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", choices=FAMILIES, help="only problems of this family")
    parser.add_argument("--only-problem", type=int, metavar="K", help="only number K, in detail")
    parser.add_argument("--plain", action="store_true", help="leave off all disguises")
    options = parser.parse_args()
    numbers = range(options.problems)
    if options.family:
        numbers = numbers[list(FAMILIES).index(options.family) :: len(FAMILIES)]
    if options.only_problem is not None:
        numbers = [options.only_problem]
    results: list[tuple[Problem, Outcome]] = []
    with threadpool_limits(1):
        start = time.monotonic()
        for p, result in run(numbers, options.seed, options.seconds, options.plain):
            results.append((p, result))
            if result.verdict != "right" or options.only_problem is not None:
                print(f"\r{result.verdict.upper()} {p}\n    {result.detail}", flush=True)
            counts = Counter(r.verdict for _, r in results)
            rate = len(results) / (time.monotonic() - start)
            print(f"\r{len(results)}/{len(numbers)}, {rate:.1f} a second: "
                  + ", ".join(f"{n} {v}" for v, n in counts.most_common()),
                  end=" ", file=sys.stderr, flush=True)  # fmt: skip
    print("\n" + table(results))
    if not (options.family or options.plain or options.only_problem is not None):
        save(results, options.seed, time.monotonic() - start)
    return int(
        any(r.verdict not in ("right", "undecided", "refused, justified") for _, r in results)
    )


if __name__ == "__main__":
    sys.exit(main())
