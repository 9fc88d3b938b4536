"""Running `labctl lab test`: which labs on which clusters, with progress as it goes."""

from collections.abc import Sequence

from labctl.catalog import Lab
from labctl.cli.app import App
from labctl.cli.lab_bench import Bench
from labctl.cli.lab_stand import apart
from labctl.errors import LabInvalid, UsageError
from labctl.nodeimage import versions
from labctl.ops.clusters import refuse_running
from labctl.ops.lab_test.pairs import chosen, grouped, pairs_of
from labctl.ops.lab_test.run import run
from labctl.proofs import LabProofs, Pair, Proof, Proved, Verdict


def run_labs(
    app: App,
    labs: Sequence[str],
    *,
    kubernetes: str | None,
    runtime: str | None,
    quick: bool,
    keep: bool,
    checkpoints: bool,
) -> list[LabProofs]:
    """Every lab's proofs; one that can't even be read has a broken lint.

    Raises:
        UsageError: an unknown lab; or none of the labs has the pair that is asked for.
    """
    test_app = apart(app)
    test_app.trust = True  # asked of the learner's own, below
    found: list[LabProofs] = []
    able: list[tuple[Lab, Sequence[Pair]]] = []
    default = versions.load().default
    for lab_id in labs:
        try:
            lab = app.trusted(test_app.catalog.get(lab_id))
        except LabInvalid as err:
            wrong = Proved(Proof.LINT, Verdict.BROKEN, message=err.message, details=err.details)
            found.append(LabProofs(lab_id, None, (wrong,)))
            continue
        test_app.trusted(lab)
        pairs = pairs_of(lab, default)
        able.append((lab, chosen(pairs, kubernetes=kubernetes, runtime=runtime, quick=quick)))
    if able and not any(pairs for _, pairs in able):
        raise UsageError(
            "No lab's matrix has this pair of Kubernetes and runtime.",
            hint="ci.matrix in lab.yaml says what a lab is proved on.",
        )
    if able:
        app.engine.info()
        refuse_running(app.engine, [lab.id for lab, _ in able])
        progress = app.console.progress()
        bench = Bench(test_app, progress, keep, able[0][0], checkpoints)
        proofs = run(grouped(able), bench, phase=progress.phase, detail=progress.detail)
        for one in proofs:
            found.append(one)
            progress.note(f"{one.lab}: {one.verdict}")
    if not keep:
        test_app.store.clear()
    return found
