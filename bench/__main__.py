"""`make bench`: run the contenders in turn and write docs/benchmarks.md.

python -m bench [--rounds 5]
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import wrapper
from bench.measure import WINDOW, Bench, Run
from bench.page import environ, write
from labctl.model import RUNTIMES, Runtime
from labctl.nodeimage.recipe import image_tag
from labctl.nodeimage.versions import load, resolve
from labctl.tools.engine import DockerEngine
from labctl.tools.process import Process

GOALS = {
    "labctl up --no-checkpoint": "<= 0.8x",
    "labctl up from a checkpoint": "<= 0.35x",
    "labctl up from the spare": "<= 0.08x",
    "labctl reset": "<= 0.1x",
    "labctl up --recreate": "<= 0.35x",
}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    process, engine = Process(environ()), DockerEngine(os.environ)
    newest = resolve(None, load()).kubernetes
    build = ("labctl", "node-image", "build", "--kubernetes", newest)
    for runtime in RUNTIMES:
        if engine.image(image_tag(newest, runtime)) is None:
            process.run((*build, "--runtime", runtime), timeout=3600)
    with tempfile.TemporaryDirectory() as folder:
        image = image_tag(newest, Runtime.CONTAINERD)
        bench = Bench(process, engine, Path(folder), image)
        results = measure(starts(bench), options.rounds, before=bench.warm)
        resets = measure(
            {
                "labctl reset, scene in a namespace": bench.reset,
                "labctl up --recreate, as reset of a whole cluster does": bench.reset_cluster,
                "kind delete + create + wait": bench.kind_anew,
            },
            options.rounds,
        )
        idle = bench.idle(options.rounds)
        costs = wrapper.measure(Path(folder))
    tables = (
        table(results),
        table(resets),
        idle_line(*idle),
        phases(results),
        wrapper_line(*costs),
    )
    text = "\n".join(
        [*machine(engine, options.rounds), *(f"\n{part}" for part in map(joined, tables))]
    )
    print(text)
    write(text, BEGIN, END)


def starts(bench: Bench) -> dict[str, Callable[[], Run]]:
    """The last is what the others are set beside."""
    contenders: dict[str, Callable[[], Run]] = {
        f"labctl up --no-checkpoint, {one}": partial(bench.cold, one) for one in RUNTIMES
    }
    contenders["labctl up from the spare, containerd"] = bench.from_spare
    contenders |= {
        f"labctl up from a checkpoint, {one}": partial(bench.from_checkpoint, one)
        for one in RUNTIMES
    }
    contenders["kind create cluster + wait"] = bench.kind
    return contenders


def measure(
    contenders: dict[str, Callable[[], Run]],
    rounds: int,
    before: Callable[[], None] = lambda: None,
) -> dict[str, list[Run]]:
    """Every contender once a round, so that a slow minute of the machine hits all of them."""
    results: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(rounds):
        before()
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
    """Medians, spread, and the ratio to the last contender, which is kind, with its goal."""
    kind = statistics.median(run.seconds for run in list(results.values())[-1])
    lines = [
        "| what | median s | min to max s | beside kind | goal | node memory MiB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, runs in results.items():
        seconds = [run.seconds for run in runs]
        middle = statistics.median(seconds)
        memory = statistics.median(run.memory for run in runs)
        goal = GOALS.get(name.partition(", ")[0], "")
        lines.append(
            f"| {name} | {middle:.1f} | {min(seconds):.1f} to {max(seconds):.1f} "
            f"| {middle / kind:.2f}x | {goal} | {f'{memory:.0f}' if memory else ''} |"
        )
    return lines


def idle_line(labctl: Sequence[float], kind: Sequence[float]) -> list[str]:
    """What a ready cluster that nobody uses takes of a processor."""

    def shown(shares: Sequence[float]) -> str:
        middle = statistics.median(shares)
        return f"{middle:.1%} of a core ({min(shares):.1%} to {max(shares):.1%})"

    ratio = statistics.median(labctl) / statistics.median(kind)
    return [
        f"A ready cluster that nobody uses, side by side, {len(kind)} times {WINDOW:.0f} s:"
        f" labctl's {shown(labctl)}, kind's {shown(kind)}: {ratio:.2f}x (goal: no more)."
    ]


def phases(results: dict[str, list[Run]]) -> list[str]:
    """Where the time goes: the median of each phase."""
    lines = ["| phase | of | median s |", "| --- | --- | --- |"]
    for name, runs in results.items():
        lines += [f"| {phase} | {name} | {_median(runs, phase):.1f} |" for phase in runs[0].phases]
    return lines


def wrapper_line(directly: float, through: float) -> list[str]:
    """What the OCI runtime wrapper costs, where a host needs it."""
    return [
        f"The OCI runtime wrapper: {through - directly:.1f} ms for each container's start"
        f" (/bin/true as the runtime {directly:.1f} ms, through the wrapper {through:.1f} ms;"
        f" medians of {wrapper.ROUNDS} in turn)."
    ]


def joined(lines: Sequence[str]) -> str:
    """Lines as one text."""
    return "\n".join(lines)


def _median(runs: Sequence[Run], phase: str) -> float:
    return statistics.median(run.phases.get(phase, 0.0) for run in runs)


if __name__ == "__main__":
    main()
