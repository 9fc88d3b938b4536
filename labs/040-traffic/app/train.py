"""Train two classifiers of iris flowers: softmax regression, by gradient descent.

    python3 train.py                 writes model-v1.json and model-v2.json beside this file

v1 knows a flower's sepals only; v2 knows its petals, too, and is better for it. The data are
R. A. Fisher's (1936): 150 flowers, four lengths each, in cm.
"""

import csv
import json
import math
from pathlib import Path

HERE = Path(__file__).parent
SPECIES = ("setosa", "versicolor", "virginica")
SEPALS, ALL = (0, 1), (0, 1, 2, 3)
STEPS, RATE = 3000, 0.5

Rows = list[tuple[list[float], int]]


def read(path: Path) -> Rows:
    """The rows of a CSV file as (four lengths, number of the species)."""
    with path.open(newline="") as lines:
        table = list(csv.reader(lines))[1:]
    return [([float(cell) for cell in row[:4]], SPECIES.index(row[4])) for row in table]


def probabilities(weights: list[list[float]], x: list[float]) -> list[float]:
    """Softmax of one score for each species; the last weight of each is its bias."""
    scores = [sum(w * v for w, v in zip(one, [*x, 1.0], strict=True)) for one in weights]
    grown = [math.exp(score - max(scores)) for score in scores]
    return [one / sum(grown) for one in grown]


def fit(rows: Rows) -> list[list[float]]:
    """Weights by gradient descent over all rows, from zero."""
    size = len(rows[0][0]) + 1
    weights = [[0.0] * size for _ in SPECIES]
    for _ in range(STEPS):
        slopes = [[0.0] * size for _ in SPECIES]
        for x, species in rows:
            for number, chance in enumerate(probabilities(weights, x)):
                error = chance - (number == species)
                for i, value in enumerate([*x, 1.0]):
                    slopes[number][i] += error * value / len(rows)
        weights = [
            [w - RATE * s for w, s in zip(one, slope, strict=True)]
            for one, slope in zip(weights, slopes, strict=True)
        ]
    return weights


def train(rows: Rows, version: str, columns: tuple[int, ...]) -> dict[str, object]:
    """A model of some columns, and how often it is right on the rows that it has not seen."""
    picked = [([x[column] for column in columns], species) for x, species in rows]
    seen = [row for number, row in enumerate(picked) if number % 5]
    unseen = picked[::5]

    # To mean 0 and spread 1, as gradient descent wants it.
    middle = [sum(values) / len(seen) for values in zip(*(x for x, _ in seen), strict=True)]
    spread = [
        math.sqrt(sum((x[i] - m) ** 2 for x, _ in seen) / len(seen)) for i, m in enumerate(middle)
    ]
    weights = fit([(scale(x, middle, spread), species) for x, species in seen])
    right = 0
    for x, species in unseen:
        chances = probabilities(weights, scale(x, middle, spread))
        right += chances.index(max(chances)) == species
    return {
        "version": version,
        "columns": list(columns),
        "species": SPECIES,
        "middle": [round(value, 4) for value in middle],
        "spread": [round(value, 4) for value in spread],
        "weights": [[round(value, 4) for value in one] for one in weights],
        "right": f"{right} of {len(unseen)}",
    }


def scale(x: list[float], middle: list[float], spread: list[float]) -> list[float]:
    return [(value - m) / s for value, m, s in zip(x, middle, spread, strict=True)]


def main() -> None:
    rows = read(HERE / "iris.csv")
    for version, columns in (("v1", SEPALS), ("v2", ALL)):
        text = json.dumps(train(rows, version, columns))
        (HERE / f"model-{version}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
