"""Train the model: a penguin's body mass from the length of its flipper.

    python3 train.py                 writes model.json beside this file

The same file comes out, byte for byte, on any machine and any Python since 3.11. Three things see
to that: the order in which rows are looked at is drawn from a fixed seed; it is drawn with
random(), the one method whose sequence Python promises to keep; and sums are made with math.fsum,
which rounds once. (sum() adds floats another way since Python 3.12.)
"""

import csv
import json
import math
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
SEED = 7
STEPS = 10_000

Rows = list[tuple[float, float]]


def read(path: Path) -> Rows:
    """The rows of a CSV file as (flipper in mm, body mass in g)."""
    with path.open(newline="") as lines:
        table = csv.DictReader(lines)
        return [(float(row["flipper_mm"]), float(row["body_mass_g"])) for row in table]


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def scale(values: list[float]) -> tuple[float, float]:
    """Mean and standard deviation."""
    middle = mean(values)
    return middle, math.sqrt(mean([(value - middle) ** 2 for value in values]))


def fit(rows: Rows) -> tuple[float, float]:
    """Slope (g for a mm) and intercept (g) of the line through the rows, by gradient descent."""
    x_mean, x_spread = scale([x for x, _ in rows])
    y_mean, y_spread = scale([y for _, y in rows])
    scaled = [((x - x_mean) / x_spread, (y - y_mean) / y_spread) for x, y in rows]

    draw = random.Random(SEED)
    weight = bias = 0.0
    for step in range(STEPS):
        x, y = scaled[int(draw.random() * len(scaled))]
        rate = 0.1 / (1 + step / 200)
        error = weight * x + bias - y
        weight -= rate * error * x
        bias -= rate * error

    slope = weight * y_spread / x_spread
    return slope, bias * y_spread + y_mean - slope * x_mean


def train(rows: Rows) -> dict[str, object]:
    """The model, and how far off it is on the rows that it has not seen (every fifth)."""
    seen = [row for number, row in enumerate(rows) if number % 5]
    unseen = rows[::5]
    slope, intercept = fit(seen)
    error = mean([abs(slope * x + intercept - y) for x, y in unseen])
    return {
        "name": "penguin-body-mass",
        "input": "flipper length in mm",
        "output": "body mass in g",
        "slope": slope,
        "intercept": intercept,
        "trained_on": len(seen),
        "tested_on": len(unseen),
        "mean_absolute_error": error,
    }


def main(target: Path) -> None:
    model = train(read(HERE / "penguins.csv"))
    target.write_text(json.dumps(model, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "model.json")
