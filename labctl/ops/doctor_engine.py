"""The Docker Engine and the programs: what `doctor` thinks of them. Pure."""

from typing import Final

from labctl import __version__
from labctl.model import EngineInfo
from labctl.nodeimage import versions
from labctl.ops.doctor_facts import Facts, Missing, Program, Unknown, version_in
from labctl.ops.doctor_finding import Look, Verdict, fail, ok, warn
from labctl.ops.doctor_programs import OLDEST_ENGINE, good_enough

SETUP: Final = "labctl setup"
NO_ENGINE: Final = Unknown("the Docker Engine does not answer")
KNOWN_DRIVERS: Final = ("overlay2", "overlayfs")


def reach(facts: Facts) -> Verdict | Unknown:
    """Whether the engine answers this user."""
    match facts.engine:
        case EngineInfo() as engine:
            return ok(f"answers, API {engine.api_version}")
        case Missing(what, hint):
            return fail(what.rstrip("."), hint)
        case Unknown() as unknown:
            return unknown


def version(facts: Facts) -> Verdict | Unknown:
    """Whether the engine is new enough."""
    if not isinstance(facts.engine, EngineInfo):
        return NO_ENGINE
    said = facts.engine.version
    found = version_in(said)
    if found is None:
        return Unknown(f"the engine calls its version '{said}'")
    if found < OLDEST_ENGINE:
        return fail(f"{said}, needs {OLDEST_ENGINE} or newer", SETUP)
    return ok(said)


def store(facts: Facts) -> Verdict | Unknown:
    """Whether the image store is one that labctl knows."""
    if not isinstance(facts.engine, EngineInfo):
        return NO_ENGINE
    driver = facts.engine.storage_driver
    if facts.engine.containerd_store:
        return ok(f"containerd image store ({driver})")
    if driver in KNOWN_DRIVERS:
        return ok(f"{driver} image store")
    return warn(
        f"storage driver {driver}",
        "Put the engine's data on ext4 or xfs and restart it: it then takes overlay2.",
    )


def docker(facts: Facts) -> Verdict | Unknown:
    """The docker program, which kind and the labs use."""
    return _program(facts, "docker")


def buildx(facts: Facts) -> Verdict | Unknown:
    """The build plugin."""
    return _program(facts, "buildx")


def kind(facts: Facts) -> Verdict | Unknown:
    """The kind program."""
    return _program(facts, "kind")


def kubectl(facts: Facts) -> Verdict | Unknown:
    """The kubectl program, and how far it is from the default cluster."""
    program = facts.programs["kubectl"]
    verdict = _program(facts, "kubectl")
    if isinstance(program, Unknown) or not isinstance(verdict, Verdict) or program.path is None:
        return verdict
    if program.version is None:
        return Unknown(f"{program.path} does not say its version")
    cluster = versions.load().default
    apart = abs(program.version.minor - int(cluster.partition(".")[2]))
    if program.version.major != 1 or apart > 1:
        return warn(
            f"{program.version} at {program.path}; clusters are {cluster} unless asked otherwise",
            f"Put a kubectl {cluster} first on PATH; 'type -a kubectl' lists those that are there.",
        )
    return verdict


def mmdebstrap(facts: Facts) -> Verdict | Unknown:
    """What makes the base image where none can be pulled."""
    program = facts.programs["mmdebstrap"]
    if isinstance(program, Unknown):
        return program
    return ok(str(program.version)) if program.path else warn("not installed", SETUP)


def own_name(facts: Facts) -> Verdict | Unknown:
    """Whether `labctl` in a shell is this labctl."""
    program = facts.programs["labctl"]
    if isinstance(program, Unknown):
        return program
    if program.path is None:
        return warn("labctl is not on PATH", "Add the folder that labctl is in to PATH.")
    if program.says == f"labctl, version {__version__}":
        return ok(program.path)
    says = f"says '{program.says}'" if program.says else "does not say its version"
    return warn(f"{program.path} is another program: {says}", "type -a labctl")


def _program(facts: Facts, name: str) -> Verdict | Unknown:
    match facts.programs[name]:
        case Unknown() as unknown:
            return unknown
        case Program(path=None):
            return fail("not installed", SETUP)
        case Program(path=path, version=found) as program if not good_enough(name, program):
            return fail(f"{found or 'of unknown version'} at {path} is too old", SETUP)
        case Program(path=path, version=found):
            return ok(f"{found or 'version unknown'} at {path}")


LOOKS: Final = (
    Look(
        "engine.reach",
        "The engine builds the labs' images and runs the clusters' nodes.",
        "docker version",
        reach,
    ),
    Look(
        "engine.version",
        "Older engines write image archives that can't be sent to the nodes in one stream.",
        "docker version",
        version,
    ),
    Look(
        "engine.store",
        "Where the engine keeps images decides how they are named and copied to the nodes.",
        "docker info",
        store,
    ),
    Look(
        "program.docker",
        "kind starts the nodes with it, and you build images with it.",
        "docker --version",
        docker,
    ),
    Look(
        "program.buildx",
        "Node images and the labs' images are built with BuildKit.",
        "docker buildx version",
        buildx,
    ),
    Look(
        "program.kind",
        "kind turns containers into a cluster; an older one does not know new Kubernetes versions.",
        "kind version",
        kind,
    ),
    Look(
        "program.kubectl",
        "The labs are worked on with kubectl; it is made for clusters one minor version away.",
        "kubectl version --client",
        kubectl,
    ),
    Look(
        "program.mmdebstrap",
        "Where no registry can be reached, it makes the base of all images from Debian packages.",
        "mmdebstrap --version",
        mmdebstrap,
    ),
    Look(
        "program.labctl",
        "Guides and hints say 'labctl': another program of that name would answer in its place.",
        "type -a labctl",
        own_name,
    ),
)
