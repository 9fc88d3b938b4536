"""What `labctl check` writes beside its answer: JUnit XML, a receipt, the page of a CI job."""

from dataclasses import dataclass
from pathlib import Path

from labctl.catalog import Lab
from labctl.cli.app import App
from labctl.cli.written import append_summary, write_answer
from labctl.model import Cluster
from labctl.results import Report
from labctl.texts import Texts


@dataclass(frozen=True, slots=True)
class Reports:
    """Where to write; None is nowhere."""

    junit: Path | None
    receipt: Path | None

    def write(self, app: App, lab: Lab, cluster: Cluster, report: Report) -> None:
        """Write all that was asked for.

        Raises:
            ToolFailed: a file can't be written.
        """
        texts = lab.texts(app.settings.language)
        titles = lab.check_titles(texts)
        if self.junit:
            self._write_junit(self.junit, report, texts, titles)
        if self.receipt:
            self._write_receipt(self.receipt, app, lab, cluster, report)
        if app.settings.step_summary:
            from labctl.ui.step_summary import step_summary  # noqa: PLC0415

            append_summary(app, step_summary(report, texts, titles))

    def _write_junit(
        self, path: Path, report: Report, texts: Texts, titles: dict[str, str]
    ) -> None:
        from labctl.ui.junit import junit  # noqa: PLC0415

        write_answer(path, junit(report, texts, titles))

    def _write_receipt(
        self, path: Path, app: App, lab: Lab, cluster: Cluster, report: Report
    ) -> None:
        from labctl.ops.receipt import receipt  # noqa: PLC0415

        made = receipt(lab, cluster, report, app.engine, seed=app.learner.seed())
        write_answer(path, made.text())
        app.console.talk(f"The receipt is in {path}")
