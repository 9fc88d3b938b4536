import hashlib
import json
import re
from pathlib import Path

from labctl.checks import Mismatch, Missing, check

IMAGE = "docker.io/library/parts:v1"
ANSWERS = "answers.yaml"
APP = Path(__file__).parents[1] / "app"
CONFIG = "/parts/config.json"
STATE = "/run/runc/parts/state.json"
LIMIT = 96 << 20
OWN = ("ipc", "mnt", "net", "pid", "uts")
LIMIT_FILES = ("/sys/fs/cgroup/memory{}/memory.limit_in_bytes", "/sys/fs/cgroup{}/memory.max")
LOOK = r"""
cd /parts/rootfs 2>/dev/null || exit 0
echo there
find . -name '.wh.*' | sed -n '1s/^/mark /p'
for name in app/model.json app/server.py app/token.txt usr/bin/python3; do
  [ ! -e "$name" ] || echo "$name $(sha256sum <"$name" | cut -d ' ' -f 1)"
done
"""
NAMESPACES = 'for one in "$@"; do echo "$one $(readlink /proc/1/ns/$one) $(readlink /proc/$pid/ns/$one)"; done'


def node_of(kube, nodes):
    """The node that the Pod is on; the learner works there."""
    pod = kube.get("v1", "Pod", "parts", code="pod-missing")
    return next((node for node in nodes if node.name == pod.spec.nodeName), nodes[0])


def sha256(name):
    """Of a file that the image was built from."""
    return hashlib.sha256((APP / name).read_bytes()).hexdigest()


def at(data, path):
    """What a document has under a dotted path; None where any part of it is missing."""
    for part in path.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data


@check(probe=True)
def rootfs_unpacked(kube, nodes):
    """/parts/rootfs has the image's files as a container sees them"""
    said = node_of(kube, nodes).run(["sh", "-c", LOOK]).out.splitlines()
    if not said:
        raise Missing("rootfs-missing", expected="/parts/rootfs")
    found = dict(line.split(" ", 1) for line in said[1:])
    if "mark" in found:
        raise Mismatch("marks-left", actual=found["mark"])
    if "usr/bin/python3" not in found or "app/server.py" not in found:
        raise Mismatch("rootfs-incomplete", actual=sorted(found))
    model = found.get("app/model.json")
    if model == sha256("draft.json"):
        raise Mismatch("older-file-won", actual="app/model.json")
    if "app/token.txt" in found:
        raise Mismatch("token-came-back", actual="app/token.txt")
    if model != sha256("model.json") or found["app/server.py"] != sha256("server.py"):
        raise Mismatch("other-files", actual="app/")


@check
def config_written(kube, nodes):
    """/parts/config.json is there and can be read"""
    text = node_of(kube, nodes).file(CONFIG)
    if text is None:
        raise Missing("config-missing", expected=CONFIG)
    try:
        data = json.loads(text)
    except ValueError as err:
        raise Mismatch("config-unreadable", expected=CONFIG, actual=str(err)) from err
    if not isinstance(data, dict) or not isinstance(data.get("process"), dict):
        raise Mismatch("config-unreadable", expected=CONFIG, actual="it has no 'process'")
    return data


@check(needs=config_written)
def config_runs_the_image(engine, lab):
    """It runs what the image's config says, as the user that it says"""
    process = lab.value(config_written)["process"]
    image = engine.image_config(IMAGE)
    if image is None:
        raise Missing("image-not-in-docker", expected="parts:v1")
    if process.get("args") != list(image.Cmd):
        raise Mismatch("args-differ", expected=list(image.Cmd), actual=process.get("args"))
    env = process.get("env")
    lacking = [one for one in image.Env if one not in (env if isinstance(env, list) else [])]
    if lacking:
        raise Mismatch("env-missing", expected=lacking)
    uid, gid = (int(one) for one in image.User.split(":"))
    user = {"uid": at(process, "user.uid"), "gid": at(process, "user.gid")}
    if user != {"uid": uid, "gid": gid}:
        raise Mismatch("user-differs", expected={"uid": uid, "gid": gid}, actual=user)
    if process.get("terminal") is True:
        raise Mismatch("terminal-wanted")


@check(needs=config_written)
def config_limits_memory(lab):
    """It names the cgroup /parts, and limits its memory to 96 MiB"""
    data = lab.value(config_written)
    path = at(data, "linux.cgroupsPath")
    if path != "/parts":
        raise Mismatch("cgroups-path-differs", expected="/parts", actual=path)
    limit = at(data, "linux.resources.memory.limit")
    if limit is None:
        raise Missing("config-limit-missing", expected=LIMIT)
    if limit != LIMIT:
        raise Mismatch("config-limit-differs", expected=LIMIT, actual=limit)


@check(within=10, stable=2)
def runc_runs(kube, nodes):
    """The container parts runs, started with runc"""
    node = node_of(kube, nodes)
    state = node.file(STATE)
    if state is None:
        raise Missing("not-run", expected=STATE)
    pid = json.loads(state)["init_process_pid"]
    for process in node.processes():
        if process.pid == pid and "/app/server.py" in process.argv:
            return {"pid": pid, "ppid": process.ppid}
    raise Mismatch("parts-stopped", expected="parts", actual=pid)


@check(needs=runc_runs, probe=True)
def own_namespaces(kube, lab, nodes):
    """It has namespaces of its own"""
    pid = lab.value(runc_runs)["pid"]
    node = node_of(kube, nodes)
    said = node.run(["env", f"pid={pid}", "sh", "-c", NAMESPACES, "sh", *OWN]).out
    rows = [line.split() for line in said.splitlines()]
    shared = [
        row[0] for row in rows if len(row) == len(("kind", "node", "own")) and row[1] == row[2]
    ]
    if shared:
        raise Mismatch("namespace-shared", expected=OWN, actual=shared)


@check(needs=runc_runs)
def kernel_limits_memory(kube, lab, nodes):
    """The kernel limits its memory to 96 MiB"""
    node = node_of(kube, nodes)
    lines = (node.file(f"/proc/{lab.value(runc_runs)['pid']}/cgroup") or "").splitlines()
    paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}
    path = paths.get("memory") or paths.get("", "")
    files = (node.file(name.format(path)) for name in LIMIT_FILES)
    found = next((text.strip() for text in files if text), "")
    if found != str(LIMIT):
        raise Mismatch("kernel-limit-differs", expected=LIMIT, actual=found)


@check(needs=runc_runs, within=10, probe=True)
def server_answers(kube, lab, nodes):
    """Asked inside its network namespace, it answers"""
    pid = str(lab.value(runc_runs)["pid"])
    url = "http://127.0.0.1:8080/whoami"
    said = node_of(kube, nodes).run(
        ["nsenter", "--target", pid, "--net", "curl", "-s", "-m", "5", url]
    )
    try:
        answer = json.loads(said.out)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Mismatch("no-answer", expected=url, actual=said.out[:200])
    expected = {"pid": 1, "uid": 10001, "model": "final"}
    seen = {key: answer.get(key) for key in expected}
    if seen != expected:
        raise Mismatch("answers-otherwise", expected=expected, actual=seen)


@check(needs=runc_runs)
def parent_noted(lab, work):
    """You noted the PID of its parent"""
    value = work.yaml(ANSWERS).get("parent")
    said = "" if value is None else str(value).strip()
    if not said:
        raise Missing("answer-missing", expected="parent")
    if not re.fullmatch(r"\d+", said):
        raise Mismatch("answer-no-number", expected="parent", actual=said)
    if int(said) != lab.value(runc_runs)["ppid"]:
        raise Mismatch("parent-differs", actual=said)
