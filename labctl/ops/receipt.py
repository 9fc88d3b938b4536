"""`labctl check --receipt`: what was checked, against what, with which result."""

from datetime import UTC, datetime

from labctl import __version__
from labctl.catalog import Lab
from labctl.lab_digest import lab_digest
from labctl.model import Cluster
from labctl.ops import load_source
from labctl.receipt import CheckOf, ClusterOf, LabOf, Receipt, StepOf
from labctl.results import Report


def receipt(
    lab: Lab,
    cluster: Cluster,
    report: Report,
    engine: load_source.Engine,
    *,
    seed: int,
    now: datetime | None = None,
) -> Receipt:
    """The receipt of a report on a whole lab."""
    return Receipt(
        lab=LabOf(id=lab.id, digest=lab_digest(lab.folder)),
        seed=seed,
        time=(now or datetime.now(UTC)).replace(microsecond=0),
        outcome=report.outcome,
        cluster=ClusterOf.model_validate(
            {
                "kubernetes": cluster.kubernetes,
                "runtimes": cluster.runtimes,
                "oci_runtime": cluster.oci_runtime,
                "nodes": len(cluster.nodes),
            }
        ),
        labctl=__version__,
        engine=engine.info().version,
        images=_images(lab, engine),
        steps=tuple(
            StepOf(
                id=step.id,
                checks=tuple(
                    CheckOf(name=check.name, outcome=check.outcome, code=check.code or None)
                    for check in step.checks
                ),
            )
            for step in report.steps
        ),
    )


def _images(lab: Lab, engine: load_source.Engine) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for one in lab.file.images:
        image = engine.image(one.tag)
        found[one.tag] = (
            load_source.contents(engine, one.tag, image).config_digest if image else None
        )
    return found
