"""Train a classifier of Italian wines: the nearest centre of a class, on scaled values.

    python3 train.py                 writes model.json beside this file

The data are M. Forina's (1986): 178 wines from three grapes, here with alcohol (%), flavanoids and
colour intensity.
"""

import csv
import json
import math
from pathlib import Path

HERE = Path(__file__).parent

Rows = list[tuple[list[float], str]]


def read(path: Path) -> Rows:
    with path.open(newline="") as lines:
        table = list(csv.reader(lines))[1:]
    return [([float(cell) for cell in row[:-1]], row[-1]) for row in table]


def mean(rows: list[list[float]]) -> list[float]:
    return [sum(values) / len(rows) for values in zip(*rows, strict=True)]


def train(rows: Rows) -> dict[str, object]:
    """The model, and how often it is right on every fifth wine, which it has not seen."""
    seen = [row for number, row in enumerate(rows) if number % 5]
    middle = mean([x for x, _ in seen])
    squares = mean([[(v - m) ** 2 for v, m in zip(x, middle, strict=True)] for x, _ in seen])
    spread = [math.sqrt(value) for value in squares]
    centres = {}
    for wine in sorted({wine for _, wine in seen}):
        own = mean([x for x, name in seen if name == wine])
        centres[wine] = [
            round((v - m) / s, 4) for v, m, s in zip(own, middle, spread, strict=True)
        ]
    model = {
        "inputs": ["alcohol", "flavanoids", "colour"],
        "middle": [round(value, 4) for value in middle],
        "spread": [round(value, 4) for value in spread],
        "centres": centres,
    }
    unseen = rows[::5]
    right = sum(classify(model, x) == wine for x, wine in unseen)
    return {**model, "right": f"{right} of {len(unseen)}"}


def classify(model: dict, x: list[float]) -> str:
    scaled = [
        (v - m) / s for v, m, s in zip(x, model["middle"], model["spread"], strict=True)
    ]
    return min(model["centres"], key=lambda wine: math.dist(scaled, model["centres"][wine]))


if __name__ == "__main__":
    (HERE / "model.json").write_text(json.dumps(train(read(HERE / "wines.csv"))) + "\n")
