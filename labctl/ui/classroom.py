"""A grade as Classroom 50 takes it: its document `classroom50/result/v1`.

The schema is https://github.com/foundation50/classroom50/blob/main/schemas/result-v1.schema.json,
and the environment of its runner is described in that repository's wiki/Advanced-Autograding.md.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from labctl.grades import Grade
from labctl.results import Outcome

SCHEMA: Final = "classroom50/result/v1"
TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


def classroom(one: Grade, environ: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """The document of a grade; None where nothing was graded, which is no result.

    What only Classroom 50's runner knows is taken from its environment. Outside of it the receipt
    stands in: its digest for the links, and the file's name for the owner.
    """
    if one.receipt is None or one.report is None or one.fault is not None:
        return None
    receipt = f"receipt:{one.receipt.digest}"
    commit = environ.get("COMMIT_URL") or receipt
    time = one.receipt.time.astimezone(UTC)
    tag = f"submit/{time:%Y-%m-%dT%H-%M-%SZ}-{one.receipt.digest.removeprefix('sha256:')[:7]}"
    tests = [
        {
            "test-name": f"{step.id}/{check.name}",
            "passed": check.outcome is Outcome.PASS,
            "score": int(check.outcome is Outcome.PASS),
            "max-score": 1,
        }
        for step in one.report.steps
        for check in step.checks
    ]
    return {
        "schema": SCHEMA,
        "classroom": environ.get("CLASSROOM") or "none",
        "assignment": environ.get("ASSIGNMENT") or one.lab,
        "assignment_type": environ.get("ASSIGNMENT_TYPE") or "individual",
        "owner": environ.get("OWNER") or environ.get("USERNAME") or one.learner,
        "submission": environ.get("SUBMISSION_TAG") or tag,
        "commit": commit,
        "release": environ.get("RELEASE_URL") or receipt,
        "review": environ.get("REVIEW_URL") or commit,
        "datetime": time.strftime(TIME),
        "graded_at": now.astimezone(UTC).strftime(TIME),
        "score": one.points,
        "max-score": one.most,
        "tests": tests,
    }
