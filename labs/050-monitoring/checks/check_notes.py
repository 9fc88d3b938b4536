from labctl.checks import Mismatch, Missing, check

# A note may differ from the diary by a second, or by a tenth of the gap.
TOLERANCE = 1.0
PART = 0.1


@check(needs="outage_seen")
def outage_noted(lab, work):
    """How long the outage was is in answers.yaml"""
    compare(work, "without_probes", lab.value("outage_seen"))


@check(needs="restart_seen")
def restart_noted(lab, work):
    """How long the gap around the restart was is in answers.yaml"""
    compare(work, "with_liveness", lab.value("restart_seen"))


@check(needs="quiet_restart_seen")
def quiet_noted(lab, work):
    """How long the longest gap with two replicas was is in answers.yaml"""
    compare(work, "two_replicas", lab.value("quiet_restart_seen"))


def compare(work, key, gaps):
    noted = work.yaml("answers.yaml").get("gaps")
    noted = noted.get(key) if isinstance(noted, dict) else None
    if noted is None:
        raise Missing("gap-not-noted", expected=key)
    if isinstance(noted, bool) or not isinstance(noted, int | float):
        raise Mismatch("gap-no-number", expected=key, actual=noted)
    if not any(abs(noted - gap) <= max(TOLERANCE, PART * gap) for gap in gaps):
        # `expected` stays out of this one: reading it in the diary is the exercise.
        raise Mismatch("gap-differs", actual=f"{key}: {noted}")
