from labctl.checks import Mismatch, Missing, NotYet, check

NOTES = "notes.yaml"
PROGRAMS = ("runc", "crun")
ROUNDS = 5
TIMES_OFF = 10
"""Machines are busy now and then; seconds for milliseconds are a factor of 1000."""
CLEARLY = 1.5
"""From this factor on, no noise puts the two programs into the other order."""
PEAK_OFF = 3

# As in measure.sh, fewer rounds: the median start of both programs, in milliseconds.
MEASURE = """
set -eu
root=/run/containerd/io.containerd.runtime.v2.task/k8s.io/$1/rootfs
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
runc spec
jq --arg root "$root" '.root = {path: $root, readonly: true}
  | .process.terminal = false | .process.args = ["true"]' config.json >changed
mv changed config.json
for round in $(seq "$2"); do
  for program in runc crun; do
    begin=$(date +%s%N)
    "$program" run "check-$$-$program-$round" </dev/null
    end=$(date +%s%N)
    echo $((end - begin)) >>"$program"
  done
done
for program in runc crun; do
  echo "$program $(sort -n "$program" | sed -n "$((($2 + 1) / 2))p")"
done
"""


def number(work, key):
    """A number that the learner wrote, above nought."""
    value = work.yaml(NOTES, code="notes-missing").get(key)
    if value is None or value == "":
        raise Missing("note-empty", expected=key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise Mismatch("note-no-number", expected=key, actual=value)
    return value


def running(kube, name):
    """The full id of a Pod's running container, or None."""
    pod = kube.find("v1", "Pod", name)
    for status in (pod.status.containerStatuses if pod else None) or ():
        if status.at("state.running"):
            return status.containerID.partition("://")[2]
    return None


@check(within=30)
def idle_pods_run(kube):
    """The Pods idle-runc and idle-crun run, each by its own class"""
    for program in PROGRAMS:
        name = f"idle-{program}"
        pod = kube.get("v1", "Pod", name, code="idle-missing")
        if pod.spec.runtimeClassName != program:
            raise Mismatch("idle-class", expected=program, actual=pod.spec.runtimeClassName)
        if pod.spec.containers[0].command != ["sleep", "infinity"]:
            raise Mismatch("idle-busy", actual=name)
        if running(kube, name) is None:
            raise NotYet("idle-not-running", actual=name, about=pod)


@check(probe=True)
def times_noted(kube, nodes, work):
    """Your notes have the median start of each program, in milliseconds"""
    said = {program: number(work, f"{program}_ms") for program in PROGRAMS}
    server = next(
        (
            status.containerID.partition("://")[2]
            for pod in kube.pods(selector={"app": "plain"})
            for status in pod.status.containerStatuses or ()
            if status.at("state.running")
        ),
        None,
    )
    if server is None:
        raise NotYet("server-gone", actual="plain")
    measured = nodes[0].run(["sh", "-c", MEASURE, "sh", server, str(ROUNDS)], timeout=60)
    if measured.code:
        raise NotYet("not-measured", actual=measured.err.strip()[-200:])
    rows = dict(line.split() for line in measured.out.splitlines() if len(line.split()) == 2)
    took = {program: int(rows[program]) / 1_000_000 for program in PROGRAMS}
    for program in PROGRAMS:
        if not took[program] / TIMES_OFF <= said[program] <= took[program] * TIMES_OFF:
            raise Mismatch("time-far-off", expected=TIMES_OFF, actual={program: said[program]})
    fast, slow = sorted(PROGRAMS, key=took.__getitem__)
    if took[slow] >= took[fast] * CLEARLY and said[slow] < said[fast]:
        raise Mismatch("times-swapped", expected=fast, actual=said)


@check(needs=idle_pods_run)
def peaks_noted(kube, nodes, work):
    """Your notes have the most memory that each idle container ever had, in KiB"""
    said = {program: number(work, f"{program}_peak_kib") for program in PROGRAMS}
    peaks = {program: peak(kube, nodes[0], program) for program in PROGRAMS}
    for program, other in (PROGRAMS, PROGRAMS[::-1]):
        if near(said[program], peaks[program]):
            continue
        if near(said[program], peaks[other]):
            raise Mismatch("peaks-swapped", actual={program: said[program]})
        raise Mismatch("peak-far-off", expected=PEAK_OFF, actual={program: said[program]})


def near(said, true):
    """Whether a number is of the size of another; a Pod that is made anew has another peak."""
    return true / PEAK_OFF <= said <= true * PEAK_OFF


def peak(kube, node, program):
    """The most memory that an idle container had, in KiB: by cgroup v1 or v2."""
    found = running(kube, f"idle-{program}")
    process = node.started(found) if found else None
    if process is None:
        raise NotYet("idle-not-running", actual=f"idle-{program}")
    files = (
        f"/sys/fs/cgroup/memory{process.cgroup}/memory.max_usage_in_bytes",
        f"/sys/fs/cgroup{process.cgroup}/memory.peak",
    )
    return next(int(said) for said in map(node.file, files) if said) / 1024
