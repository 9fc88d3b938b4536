import hashlib
import re
from datetime import datetime

from labctl.checks import Mismatch, Missing, NotYet, check

IMAGE = "docker.io/library/train-nightly:v1"
NAMES = {IMAGE, "library/train-nightly:v1", "train-nightly:v1"}
EACH_MINUTE = {"* * * * *", "*/1 * * * *"}
MANUAL = "cronjob.kubernetes.io/instantiate"
DUE = "batch.kubernetes.io/cronjob-scheduled-timestamp"
DATA = re.compile(r"^data +sha256 ([0-9a-f]{64})$", re.MULTILINE)
WEIGHTS = re.compile(r"^weights +sha256 ([0-9a-f]{64})$", re.MULTILINE)
LINE = re.compile(r"^error +\S+, line (\d+):", re.MULTILINE)
GENTOO = re.compile(r"^Gentoo,\d+,\d+$", re.MULTILINE)
NEW_ROWS = 123
RUNS = 2
MOST_TRIES = 2
# A CronJob made just after a full minute is due after 60 s, and again after 60 more. The rest is
# for a busy machine.
TWO_RUNS = 150
# Due after 60 s, it trains for 75; the one that had to wait starts then.
TWO_LONG_RUNS = 170


@check
def cronjob_exists(kube):
    """The CronJob train exists"""
    return kube.get("batch/v1", "CronJob", "train", code="cronjob-missing")


@check(needs=cronjob_exists)
def runs_the_image(lab):
    """It runs the image that was loaded into the node"""
    cronjob = lab.value(cronjob_exists)
    container = cronjob.at("spec.jobTemplate.spec.template.spec").containers[0]
    if container.image not in NAMES:
        raise Mismatch("other-image", expected=IMAGE, actual=container.image, about=cronjob)
    if container.imagePullPolicy == "Always":
        raise Mismatch("pull-always", expected="IfNotPresent", actual="Always", about=cronjob)


@check(needs=cronjob_exists)
def each_minute(lab):
    """It is due each minute"""
    cronjob = lab.value(cronjob_exists)
    if " ".join(cronjob.spec.schedule.split()) not in EACH_MINUTE:
        raise Mismatch("not-each-minute", expected="* * * * *", actual=cronjob.spec.schedule)
    if cronjob.spec.suspend:
        raise Mismatch("suspended", expected=False, actual=True)


@check(needs=[runs_the_image, each_minute], within=90)
def has_trained(kube):
    """One of its Jobs has trained a model"""
    cronjob = kube.get("batch/v1", "CronJob", "train", code="cronjob-missing")
    # Not a look for the Job itself: the CronJob clears away old ones.
    if cronjob.status.lastSuccessfulTime:
        return
    for job in jobs_of(kube, cronjob):
        if has(job, "Failed"):
            raise Mismatch("run-failed", actual=job.name, about=job)
    raise NotYet("nothing-trained", about=cronjob)


@check(needs=cronjob_exists)
def history_wanted(lab):
    """It keeps at least two runs that went well"""
    kept = lab.value(cronjob_exists).spec.successfulJobsHistoryLimit
    if kept < RUNS:
        raise Mismatch("history-short", expected=RUNS, actual=kept)


@check(needs=history_wanted, within=TWO_RUNS)
def ran_by_the_clock(kube):
    """The clock has started it twice, and both Jobs are there"""
    cronjob = kube.get("batch/v1", "CronJob", "train", code="cronjob-missing")
    jobs = jobs_of(kube, cronjob)
    done = [job for job in jobs if has(job, "Complete") and MANUAL not in notes(job)]
    if len(done) < RUNS:
        failed = [job for job in jobs if has(job, "Failed")][:1]
        raise NotYet("runs-few", expected=RUNS, actual=len(done), about=[cronjob, *failed])


@check(needs=ran_by_the_clock)
def weights_equal(kube, lab):
    """Equal data gave equal weights"""
    cronjob = lab.value(cronjob_exists)
    results = [result for job in jobs_of(kube, cronjob) for result in results_of(kube, job)]
    if not results:
        raise Missing("log-missing", about=cronjob)
    by_data = {data: {w for d, w in results if d == data} for data, _ in results}
    for data, weights in by_data.items():
        if len(weights) > 1:
            raise Mismatch("weights-differ", expected=data, actual=sorted(weights), about=cronjob)


@check
def long_cronjobs_exist(kube):
    """The CronJobs long-allow and long-forbid exist"""
    for name in ("long-allow", "long-forbid"):
        kube.get("batch/v1", "CronJob", name, code="long-missing")


@check(needs=long_cronjobs_exist)
def policies_set(kube):
    """One allows a second run beside the first, the other forbids it"""
    for name, wanted in (("long-allow", "Allow"), ("long-forbid", "Forbid")):
        cronjob = kube.get("batch/v1", "CronJob", name, code="long-missing")
        policy = cronjob.spec.concurrencyPolicy
        if policy == "Replace":
            raise Mismatch("policy-replaces", expected=wanted, actual=name, about=cronjob)
        if policy != wanted:
            raise Mismatch("policy-differs", expected=wanted, actual=policy, about=cronjob)


@check(needs=policies_set, within=TWO_LONG_RUNS)
def allow_ran_two_at_once(kube):
    """long-allow has run two trainings at once"""
    cronjob = kube.get("batch/v1", "CronJob", "long-allow", code="long-missing")
    spans = [span(job) for job in jobs_of(kube, cronjob)]
    for start, _ in spans:
        if any(other < start and (end is None or start < end) for other, end in spans):
            return
    if cronjob.spec.suspend:
        raise Mismatch("long-suspended", actual="long-allow")
    raise NotYet("none-at-once", actual=len(spans), about=cronjob)


@check(needs=policies_set, within=TWO_LONG_RUNS)
def forbid_waited(kube):
    """long-forbid has had a training wait for the one before"""
    cronjob = kube.get("batch/v1", "CronJob", "long-forbid", code="long-missing")
    jobs = jobs_of(kube, cronjob)
    for job in jobs:
        due, (start, _) = notes(job).get(DUE), span(job)
        # Another was at work when it was due, and had ended when it began.
        if due and any(
            begun < moment(due) < end <= start for begun, end in map(span, jobs) if end is not None
        ):
            return
    if cronjob.spec.suspend:
        raise Mismatch("long-suspended", actual="long-forbid")
    raise NotYet("none-waited", actual=len(jobs), about=cronjob)


@check(needs=cronjob_exists)
def failures_kept(lab):
    """A run that fails stays, with its Pods and their logs"""
    cronjob = lab.value(cronjob_exists)
    kept = cronjob.spec.failedJobsHistoryLimit
    if not kept:
        raise Mismatch("failures-not-kept", expected=1, actual=kept)
    policy = cronjob.at("spec.jobTemplate.spec.template.spec.restartPolicy")
    if policy != "Never":
        raise Mismatch("restarts-in-place", expected="Never", actual=policy)


@check(needs=cronjob_exists)
def tries_few(lab):
    """A run that fails is given up after few tries"""
    tries = lab.value(cronjob_exists).at("spec.jobTemplate.spec.backoffLimit")
    tries = 6 if tries is None else tries  # what Kubernetes takes then
    if tries > MOST_TRIES:
        raise Mismatch("tries-too-often", expected=MOST_TRIES, actual=tries)


@check(needs=[failures_kept, tries_few], within=60)
def failure_seen(kube):
    """A run has failed over a line of the data, and its log is there"""
    cronjob = kube.get("batch/v1", "CronJob", "train", code="cronjob-missing")
    jobs = jobs_of(kube, cronjob)
    logs = [log for job in jobs if has(job, "Failed") for log in logs_of(kube, job, "Failed")]
    lines = sorted({int(number) for log in logs for number in LINE.findall(log)})
    if lines:
        return lines
    if any(job.status.active for job in jobs):
        raise NotYet("none-failed-yet", about=cronjob)
    raise Missing("none-failed", about=cronjob)


@check(needs=failure_seen)
def line_noted(work, lab):
    """answers.yaml names that line"""
    noted = work.yaml("answers.yaml").get("bad_line")
    if noted is None:
        raise Missing("answer-missing", expected="bad_line")
    if noted not in lab.value(failure_seen):
        # `expected` stays out of this one: finding it is the exercise.
        raise Mismatch("answer-wrong", actual=noted)


@check(needs=failure_seen)
def new_data_there(kube):
    """The new data is there, without that line"""
    data = kube.get("v1", "ConfigMap", "penguins", code="data-missing")
    text = (data.data or {}).get("penguins.csv") or ""
    rows = len(GENTOO.findall(text))
    if rows < NEW_ROWS:
        raise Mismatch("data-old", expected=NEW_ROWS, actual=rows)
    broken = [line for line in text.splitlines() if ",NA" in line]
    if broken:
        raise Mismatch("data-broken", actual=broken)
    return hashlib.sha256(text.encode()).hexdigest()


@check(needs=new_data_there, within=90)
def trained_on_new_data(kube, lab):
    """A later run has trained on it"""
    cronjob = kube.get("batch/v1", "CronJob", "train", code="cronjob-missing")
    results = [result for job in jobs_of(kube, cronjob) for result in results_of(kube, job)]
    if all(data != lab.value(new_data_there) for data, _ in results):
        raise NotYet("not-trained-again", about=cronjob)


def jobs_of(kube, cronjob):
    """The Jobs that a CronJob has, whoever started them, those that have begun."""
    return [
        job
        for job in kube.list("batch/v1", "Job")
        if job.status.startTime
        and any(owner.uid == cronjob.uid for owner in job.metadata.ownerReferences or ())
    ]


def has(job, condition):
    """Whether a Job has come to that end: Complete or Failed."""
    found = job.status.conditions or ()
    return any(one.type == condition and one.status == "True" for one in found)


def notes(job):
    """A Job's annotations."""
    return dict(job.metadata.annotations or {})


def moment(text):
    return datetime.fromisoformat(text)


def span(job):
    """When a Job began and ended; None for what has not come yet."""
    over = job.status.completionTime or next(
        (
            one.lastTransitionTime
            for one in job.status.conditions or ()
            if one.type == "Failed" and one.status == "True"
        ),
        None,
    )
    return moment(job.status.startTime), moment(over) if over else None


def results_of(kube, job):
    """The data and the weights that a Job's Pods have logged, as pairs of SHA-256."""
    return [
        (data[0], weights[0])
        for text in logs_of(kube, job, "Succeeded")
        if (data := DATA.findall(text)) and (weights := WEIGHTS.findall(text))
    ]


def logs_of(kube, job, phase):
    """The logs of a Job's Pods that have ended in that phase; empty for one cleared away since."""
    return [
        kube.logs(pod.name, pod.spec.containers[0].name, tail=50)
        for pod in kube.pods(selector=job.spec.selector.matchLabels)
        if pod.status.phase == phase
    ]
