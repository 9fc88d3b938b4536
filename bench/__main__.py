"""`make bench`: run the contenders in turn and write docs/benchmarks.md.

python -m bench [--rounds 5] [--kubernetes 1.36]
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measure import Bench, Run
from labctl.tools.engine import DockerEngine
from labctl.tools.process import Process

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kubernetes", default="1.36.3")
    options = parser.parse_args()
    process, engine = Process(_environ()), DockerEngine(os.environ)
    image = f"labctl/node:v{options.kubernetes}-containerd"
    if engine.image(image) is None:
        process.run(
            ("labctl", "node-image", "build", "--kubernetes", options.kubernetes), timeout=3600
        )
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(process, engine, Path(folder), image, options.kubernetes)
        contenders = {"labctl up": bench.labctl, "kind create cluster + wait": bench.kind}
        results = measure(contenders, options.rounds)
    text = "\n".join([*machine(engine, options.rounds), "", *table(results), "", *phases(results)])
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def measure(contenders: dict[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Every contender once a round, so that a slow minute of the machine hits all of them."""
    results: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, contender in contenders.items():
            run = contender()
            results[name].append(run)
            print(f"round {number + 1}: {name}: {run.seconds:.1f} s, {run.memory:.0f} MiB")
    return results


def machine(engine: DockerEngine, rounds: int) -> list[str]:
    """What it was measured on."""
    info = engine.info()
    return [
        f"Measured {time.strftime('%Y-%m-%d')} on {info.cpus} cores, "
        f"{info.memory / 2**30:.0f} GiB, kernel {platform.release().split('-')[0]}, "
        f"cgroup v{info.cgroup_version}, Docker Engine {info.version} "
        f"({info.storage_driver}); {rounds} rounds in turn."
    ]


def table(results: dict[str, list[Run]]) -> list[str]:
    """Medians, spread and the ratio to the last contender."""
    base = statistics.median(run.seconds for run in list(results.values())[-1])
    lines = [
        "| what | median s | min to max s | beside kind | node memory MiB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, runs in results.items():
        seconds = [run.seconds for run in runs]
        middle = statistics.median(seconds)
        memory = statistics.median(run.memory for run in runs)
        lines.append(
            f"| {name} | {middle:.1f} | {min(seconds):.1f} to {max(seconds):.1f} "
            f"| {middle / base:.2f}x | {memory:.0f} |"
        )
    return lines


def phases(results: dict[str, list[Run]]) -> list[str]:
    """Where the time goes: the median of each phase."""
    lines = ["| phase | of | median s |", "| --- | --- | --- |"]
    for name, runs in results.items():
        lines += [f"| {phase} | {name} | {_median(runs, phase):.1f} |" for phase in runs[0].phases]
    return lines


def _median(runs: Sequence[Run], phase: str) -> float:
    return statistics.median(run.phases.get(phase, 0.0) for run in runs)


def _environ() -> dict[str, str]:
    """With this checkout's labctl first on PATH."""
    here = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}"}


if __name__ == "__main__":
    main()
