"""Train a model: a penguin's body mass from its species and the length of its flipper.

    python3 train.py [FILE]      writes FILE, /model/model.json without one, and prints it

A small neural network, trained in batches. Each batch is shared out among workers, one for each
CPU that this process may use; what they have added up is added up again. The seed is set.
"""

import hashlib
import json
import os
import random
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path

DATA = Path(__file__).with_name("penguins.csv")
SPECIES = ("Adelie", "Chinstrap", "Gentoo")
SEED = 7
UNITS = 4
SIZE = len(SPECIES) + 2  # weights of a unit: one for each species, the flipper and its output
EPOCHS = 20
BATCH = 32
RATE = 0.2

Row = tuple[tuple[float, ...], float]  # what is known of a penguin, and its body mass; both scaled


def read(path: Path) -> list[Row]:
    """The rows of the table; one that is there twice counts once."""
    lines = set(path.read_text().splitlines()[1:])
    return [parse(line) for line in lines]


def parse(line: str) -> Row:
    species, flipper_mm, body_mass_g = line.split(",")
    is_species = [float(species == name) for name in SPECIES]
    return (*is_species, (float(flipper_mm) - 200) / 14), (float(body_mass_g) - 4200) / 800


def gradient(weights: Sequence[float], rows: Sequence[Row]) -> list[float]:
    """A worker's sums over its share of a batch: the slope for each weight, and the loss."""
    sums = [0.0] * (len(weights) + 1)
    firsts = range(0, len(weights), SIZE)
    for known, target in rows:
        outputs = [max(0.0, sum(weights[at + i] * x for i, x in enumerate(known))) for at in firsts]
        error = sum(weights[at + SIZE - 1] * out for at, out in zip(firsts, outputs)) - target
        for at, out in zip(firsts, outputs):
            sums[at + SIZE - 1] += error * out
            if out > 0:
                for i, x in enumerate(known):
                    sums[at + i] += error * weights[at + SIZE - 1] * x
        sums[-1] += error * error
    return sums


def train(rows: list[Row], workers: int) -> tuple[list[float], float]:
    """The weights, and the last epoch's loss."""
    random.seed(SEED)
    weights = [random.random() - 0.5 for _ in range(UNITS * SIZE)]
    with ProcessPoolExecutor(workers) as pool:
        for _ in range(EPOCHS):
            random.shuffle(rows)
            loss = 0.0
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                shares = [batch[number::workers] for number in range(workers)]
                parts = pool.map(gradient, repeat(weights), shares)
                *slopes, squares = (sum(column) for column in zip(*parts))
                weights = [w - RATE * slope / len(batch) for w, slope in zip(weights, slopes)]
                loss += squares
    return weights, loss / len(rows)


def today() -> str:
    """The date for the file: that of SOURCE_DATE_EPOCH (seconds since 1970), else the clock's."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.isoformat()


def main(target: Path) -> None:
    workers = os.process_cpu_count() or 1
    rows = read(DATA)
    print(f"Python {sys.version.split()[0]}, {len(rows)} rows, workers: {workers}", flush=True)
    weights, loss = train(rows, workers)
    model = {"trained_at": today(), "loss": loss, "weights": weights}
    text = json.dumps(model, indent=1) + "\n"
    target.write_text(text)
    print(f"{text}sha256 {hashlib.sha256(text.encode()).hexdigest()}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "/model/model.json"))
