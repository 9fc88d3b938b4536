import json
import re
from datetime import datetime

from labctl.checks import Mismatch, Missing, NotYet, check

IMAGE = "clock:v1"
ANSWERS = "answers.yaml"
SHIM = "containerd-shim-runc-v2"
SERVER = "/app/server.py"
ASKED_TO_END = 3
AWAY = 4  # seconds; systemd alone brings dockerd back in little more than one
# What dockerd has written down of its containers can be read without it.
CONTAINERS = r"""
for one in /var/lib/docker/containers/*/config.v2.json; do
  [ ! -f "$one" ] || jq -c '{name: .Name, id: .ID, image: .Config.Image, state: .State}' "$one"
done
"""
JOURNAL = ["journalctl", "-u", "docker", "-t", "systemd", "-o", "short-unix", "--no-pager", "-q"]
EVENT = re.compile(r"^(\d+\.\d+) .*?: (.*)$")
YES, NO = ("yes", "y", "true"), ("no", "n", "false", "none")


def worker(nodes):
    """The node that the learner works on."""
    return next(node for node in nodes if node.role == "worker")


def noted(work, key):
    """An answer as text."""
    value = work.yaml(ANSWERS).get(key)
    text = "" if value is None else str(value).strip()
    if not text:
        raise Missing("answer-missing", expected=key)
    return text


def yes_or_no(work, key):
    """An answer that is yes or no; YAML may have made true or false of it."""
    said = noted(work, key).lower()
    if said not in (*YES, *NO):
        raise Mismatch("answer-no-yes-no", expected=key, actual=said)
    return said in YES


def program(text):
    """A program's name, without its folder and what follows it; PID 1 is systemd."""
    name = text.split()[0].rpartition("/")[2]
    return {"1": "systemd", "init": "systemd", "containerd-shim": SHIM}.get(name, name)


def record(nodes, name):
    """What the worker's Docker has written down of a container, or None."""
    lines = worker(nodes).run(["bash", "-c", CONTAINERS]).out.splitlines()
    found = (json.loads(line) for line in lines)
    return next((one for one in found if one["name"] == f"/{name}"), None)


def container(nodes, name):
    """The container that the learner has started."""
    found = record(nodes, name)
    if found is None:
        raise Missing("container-missing", expected=name)
    if found["image"].removeprefix("docker.io/library/") != IMAGE:
        raise Mismatch("other-image", expected=IMAGE, actual=found["image"])
    if found["state"]["StartedAt"].startswith("0001"):
        raise Mismatch("container-not-started", expected=name, actual=found["state"]["Error"])
    return found


def seconds(stamp):
    """Docker's time, with its nanoseconds, in seconds."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")


def events(nodes, since):
    """What systemd did with dockerd since then: pairs of a time and a sentence."""
    lines = worker(nodes).run(JOURNAL).out.splitlines()
    found = ((float(seen[1]), seen[2]) for line in lines if (seen := EVENT.match(line)))
    return [(when, what) for when, what in found if when > since]


def kill_of_dockerd(nodes, started):
    """When dockerd was killed after a container's start, and when it was started again."""
    happened = events(nodes, seconds(started["state"]["StartedAt"]))
    for place, (when, what) in enumerate(happened):
        if "status=9/KILL" in what:
            rest = (later for later, said in happened[place:] if said.startswith("Starting docker"))
            return when, next(rest, None)
    if any(what.startswith("Stopping docker") for _, what in happened):
        raise Mismatch("stopped-not-killed", expected="killed", actual="stopped")
    raise Missing("not-killed", expected="dockerd", actual=started["name"].lstrip("/"))


def server_of(nodes, started):
    """The process of a container, if it lives; the record may be older than that."""
    pid = started["state"]["Pid"]
    processes = {one.pid: one for one in worker(nodes).processes()}
    found = processes.get(pid)
    return (found if found and SERVER in found.argv else None), processes


@check(within=120, probe=True)
def worker_is_whole(nodes):
    """The worker's Docker Engine runs, with its own settings and without your containers"""
    node = worker(nodes)
    units = {unit: node.unit(unit) for unit in ("docker", "cri-docker", "kubelet")}
    if set(units.values()) != {"active"}:
        raise NotYet("unit-not-active", expected="active", actual=units)
    if "live-restore" in (node.file("/etc/docker/daemon.json") or ""):
        raise Mismatch("live-restore-left", actual="live-restore")
    there = [name for name in ("first", "second") if record(nodes, name)]
    if there:
        raise Mismatch("containers-left", actual=there)


@check(probe=True)
def first_was_run(nodes):
    """You have run the container first with the worker's Docker"""
    return container(nodes, "first")


@check(needs=first_was_run, probe=True)
def parents_noted(nodes, work):
    """You noted the parents of the server, of its shim and of containerd"""
    processes = {one.pid: one for one in worker(nodes).processes()}
    shims = [one for one in processes.values() if one.name.startswith("containerd-shim")]
    # Of containerd's parent the worker can't tell any more when dockerd is away.
    truth = {
        "server_parent": SHIM,
        "shim_parent": processes[shims[0].ppid].name if shims else "systemd",
        "containerd_parent": "dockerd",
    }
    for key, expected in truth.items():
        said = program(noted(work, key))
        if said == "runc":
            raise Mismatch("runc-is-gone", expected=key, actual=said)
        if key == "server_parent" and said in ("dockerd", "containerd"):
            raise Mismatch("not-the-daemon", expected=key, actual=said)
        if key == "shim_parent" and said == "containerd":
            raise Mismatch("shim-is-an-orphan", expected=key, actual=said)
        if said != expected:
            raise Mismatch("parent-differs", expected=key, actual=said)


@check(needs=first_was_run)
def runc_noted(work):
    """You noted whether runc is among the processes"""
    if yes_or_no(work, "runc"):
        raise Mismatch("runc-not-there", actual="runc")


@check(needs=first_was_run, probe=True)
def dockerd_was_killed(lab, nodes):
    """Dockerd was killed while first ran, and came back"""
    killed, back = kill_of_dockerd(nodes, lab.value(first_was_run))
    if back is None:
        raise NotYet("not-back-yet", expected="dockerd")
    return {"killed": killed, "back": back}


@check(needs=dockerd_was_killed, within=20, probe=True)
def first_has_ended(nodes):
    """The container first has ended"""
    first = container(nodes, "first")
    server, _ = server_of(nodes, first)
    if server:
        raise NotYet("first-still-runs", actual=server.pid)
    return first


@check(needs=first_has_ended)
def exit_code_noted(lab, work):
    """You noted its exit code"""
    said = noted(work, "first_exit_code")
    truth = lab.value(first_has_ended)["state"]["ExitCode"]
    if said == "137" != str(truth):
        raise Mismatch("not-killed-itself", actual=said)
    if said != str(truth):
        raise Mismatch("exit-code-differs", actual=said)


@check(needs=first_has_ended)
def ended_noted(lab, work):
    """You noted whether it ended before or after dockerd came back"""
    said = noted(work, "first_ended").lower()
    if said not in ("before", "after"):
        raise Mismatch("answer-no-before-after", expected="first_ended", actual=said)
    ended = seconds(lab.value(first_has_ended)["state"]["FinishedAt"])
    truth = "after" if ended > lab.value(dockerd_was_killed)["back"] else "before"
    if said != truth:
        raise Mismatch("ended-otherwise", actual=said)


@check(probe=True)
def second_runs(nodes):
    """The container second runs, watched by its shim"""
    second = container(nodes, "second")
    server, processes = server_of(nodes, second)
    if server is None:
        raise Mismatch("second-ended", expected="second", actual=second["state"]["ExitCode"])
    if not processes[server.ppid].name.startswith("containerd-shim"):
        raise Mismatch("second-unwatched", expected=SHIM, actual=processes[server.ppid].name)
    return second


@check(needs=second_runs, probe=True)
def dockerd_was_kept_away(lab, nodes):
    """Dockerd was killed while second ran, and kept away"""
    killed, back = kill_of_dockerd(nodes, lab.value(second_runs))
    if back is not None and back - killed < AWAY:
        raise Mismatch("came-back-at-once", expected=AWAY, actual=round(back - killed, 1))
    return killed


@check(needs=dockerd_was_kept_away)
def second_noted(lab, work):
    """You noted the PID that containerd names for second"""
    said = noted(work, "second_pid")
    if not said.isdigit():
        raise Mismatch("answer-no-number", expected="second_pid", actual=said)
    if int(said) != lab.value(second_runs)["state"]["Pid"]:
        raise Mismatch("pid-differs", actual=said)


@check(needs=dockerd_was_kept_away)
def containerd_noted(work):
    """You noted whether containerd ended with dockerd"""
    if not yes_or_no(work, "containerd_ended"):
        raise Mismatch("containerd-ended-too", actual="containerd")


@check(within=30, probe=True)
def second_goes_on(nodes):
    """Dockerd is back, and second is the process that it was"""
    second = container(nodes, "second")
    server, processes = server_of(nodes, second)
    daemons = [one for one in processes.values() if one.name == "dockerd"]
    if server is None:
        raise Mismatch("second-ended", expected="second", actual=second["state"]["ExitCode"])
    if not daemons:
        raise Missing("dockerd-away", expected="dockerd")
    ages = {pid: start_of(worker(nodes), pid) for pid in (server.pid, daemons[0].pid)}
    if ages[server.pid] > ages[daemons[0].pid]:
        raise Mismatch("second-is-younger", expected="second", actual="dockerd")
    said = worker(nodes).run(["docker", "inspect", "--format", "{{.State.Pid}}", "second"])
    if said.out.strip() != str(server.pid):
        raise NotYet("not-taken-over", expected=server.pid, actual=said.out.strip())


def start_of(node, pid):
    """When a process began, in ticks since the machine did."""
    stat = node.file(f"/proc/{pid}/stat") or ""
    return int(stat.rpartition(") ")[2].split()[19]) if stat else 0


@check(needs=second_goes_on, within=10, probe=True)
def live_restore_is_on(nodes):
    """Dockerd leaves containers running when it goes"""
    said = worker(nodes).run(["docker", "info", "--format", "{{.LiveRestoreEnabled}}"])
    if said.out.strip() != "true":
        raise Mismatch("live-restore-off", expected="live-restore", actual=said.out.strip())


@check(needs=second_goes_on, within=30, probe=True)
def engine_is_back(nodes):
    """Everything runs again, and systemd restarts dockerd if it has to"""
    node = worker(nodes)
    said = node.run(["systemctl", "show", "--property", "Restart", "--value", "docker"])
    if said.out.strip() != "always":
        raise Mismatch("restart-off", expected="always", actual=said.out.strip())
    units = {unit: node.unit(unit) for unit in ("docker", "cri-docker", "kubelet")}
    idle = sorted(unit for unit, state in units.items() if state != "active")
    if idle:
        raise Missing("units-idle", expected="active", actual=idle)
