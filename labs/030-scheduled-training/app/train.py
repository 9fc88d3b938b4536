"""Train on the data of the day: a penguin's body mass from its species and its flipper's length.

    python3 train.py DATA                 DATA is a CSV file
    python3 train.py DATA --seconds 75    goes on until the time is up, and keeps the best model

Prints the date, and the SHA-256 of data and weights. Equal data give equal weights; with --seconds
they depend on how much the machine gets done. A row that can't be read ends it with exit code 1.
"""

import argparse
import hashlib
import json
import random
import signal
import sys
import time
from datetime import UTC, datetime
from itertools import count
from math import fsum
from pathlib import Path

SPECIES = ("Adelie", "Chinstrap", "Gentoo")
SEED = 7
TRIES = 30  # models of which the best is kept
EPOCHS = 5

Row = tuple[tuple[float, ...], float]  # what is known of a penguin, and its body mass; both scaled


def read(data: Path) -> list[Row]:
    """The rows of the table, in its order. Ends the program where one makes no sense."""
    rows = []
    for number, line in enumerate(data.read_text().splitlines(), 1):
        try:
            if number > 1:
                rows.append(parse(line))
        except ValueError as err:
            sys.exit(f"error    {data.name}, line {number}: {err}")
    return rows


def parse(line: str) -> Row:
    species, flipper_mm, body_mass_g = line.split(",")
    if species not in SPECIES:
        raise ValueError(f"'{species}' is none of {', '.join(SPECIES)}")
    known = [float(species == name) for name in SPECIES]
    return (*known, (float(flipper_mm) - 200) / 14), (float(body_mass_g) - 4200) / 800


def predict(weights: list[float], known: tuple[float, ...]) -> float:
    return fsum(weight * x for weight, x in zip(weights, known))


def fit(rows: list[Row], rate: float, dice: random.Random) -> list[float]:
    """Weights by gradient descent, row by row."""
    weights = [0.0] * len(rows[0][0])
    for _ in range(EPOCHS):
        for known, target in dice.sample(rows, len(rows)):
            error = predict(weights, known) - target
            weights = [weight - rate * error * x for weight, x in zip(weights, known)]
    return weights


def search(rows: list[Row], until: float) -> tuple[float, list[float]]:
    """The best of many models, judged by every fifth row: its mean error in g, and its weights."""
    seen = [row for number, row in enumerate(rows) if number % 5]
    unseen = rows[::5]
    dice = random.Random(SEED)
    best = (float("inf"), [0.0])
    for number in count(1):
        weights = fit(seen, dice.uniform(0.005, 0.1), dice)
        errors = [abs(predict(weights, known) - target) for known, target in unseen]
        miss = 800 * fsum(errors) / len(errors)
        if miss < best[0]:
            best = (miss, weights)
            print(f"model    {number}: off by {miss:.3f} g")
        if number >= TRIES and time.monotonic() >= until:
            return best


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    # In a container this is process 1, which the kernel shields from signals without a handler:
    # without this line, stopping a Pod would take its whole grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error    told to stop"))
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0)
    asked = parser.parse_args()

    until = time.monotonic() + asked.seconds
    print(f"date     {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
    rows = read(asked.data)
    print(f"rows     {len(rows)}")
    print(f"data     sha256 {sha256(asked.data.read_bytes())}")
    miss, weights = search(rows, until)
    print(f"result   off by {miss:.3f} g")
    for name, weight in zip((*SPECIES, "flipper"), weights):
        print(f"weight   {name} {weight}")
    print(f"weights  sha256 {sha256(json.dumps(weights).encode())}")


if __name__ == "__main__":
    main()
