"""The tiny lab in English and Korean."""

from pathlib import Path

from labctl.catalog import Catalog, Lab
from tests.lab_factory import COURSE, GUIDE, LAB, MESSAGES, labs

KOREAN_MESSAGES = """
format: labctl/messages/v1
codes:
  absent:
    title: 없습니다
    rationale: "{expected}이어야 하는데 {actual}입니다."
    hints: [찾아보세요., 만드세요.]
steps:
  first: {title: 첫 단계, hints: [첫 단계의 힌트입니다.]}
  second: {title: 둘째 단계}
checks: {one: 하나가 있다, two: 둘이 있다}
"""


def both(folder: Path, *, more: str = "") -> Lab:
    """The lab; `more` is added to both guides."""
    return Catalog(
        labs(
            folder,
            **{
                "course.yaml": COURSE.replace("[en]", "[en, ko]").replace(
                    "{en: A course}", "{en: A course, ko: 강좌}"
                ),
                "010-tiny/lab.yaml": LAB.replace(
                    "{en: A tiny lab}", "{en: A tiny lab, ko: 작은 실습}"
                ),
                "010-tiny/messages.en.yaml": MESSAGES,
                "010-tiny/messages.ko.yaml": KOREAN_MESSAGES,
                "010-tiny/README.md": GUIDE + more,
                "010-tiny/README.ko.md": GUIDE.replace("A tiny lab", "작은 실습") + more,
                "010-tiny/debrief.md": "# What happened\n\nIt *worked*.\n",
                "010-tiny/debrief.ko.md": "# 무슨 일이 있었나\n\n*됩니다*.\n",
            },
        )
    ).get("tiny")
