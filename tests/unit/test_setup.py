"""`labctl setup` on machines made by hand: what it installs, what it refuses, what it leaves."""

from pathlib import Path

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.ops.setup_plan import Changes, parse_simulation, parse_system
from tests.setup_fakes import ALL, EVERYTHING, FakeDaemon, FakeMachine, World
from tests.unit.test_doctor_gather import FakeRunner

TRIXIE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_CODENAME=trixie\n'
FORKY = "ID=debian\nVERSION_CODENAME=forky\n"
BULLSEYE = "ID=debian\nVERSION_CODENAME=bullseye\n"
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n'
FEDORA = 'NAME="Fedora Linux"\nPRETTY_NAME="Fedora Linux 42"\nID=fedora\n'


def ready(**changes: str) -> World:
    """Everything is there; `changes` are programs that say something else."""
    return World(daemon=FakeDaemon(alive=True), runner=FakeRunner({**ALL, **changes}))


def test_a_bare_bookworm_gets_everything_and_a_running_engine() -> None:
    world = World()
    (line,) = world.setup()
    assert world.apt.installed == EVERYTHING
    assert world.apt.suites == {"trixie": 50, "forky": 40}
    assert world.daemon.starts == 1
    assert line.startswith("Ready: Docker Engine 28.5.2, docker 28.5.2, buildx 0.29.1, kind 0.33.0")


def test_a_second_run_does_nothing_and_says_so() -> None:
    world = World()
    world.setup()
    world.apt.installed = ()
    (line,) = world.setup()
    assert line.startswith("Nothing to do: Docker Engine 28.5.2")
    assert (world.apt.installed, world.daemon.starts) == ((), 1)


@pytest.mark.parametrize(
    ("os_release", "packages", "suites"),
    [
        (
            TRIXIE,
            ("docker.io", "docker-cli", "docker-buildx", "kind/forky", "kubectl/forky"),
            {"forky": 40},
        ),
        (FORKY, ("docker.io", "docker-cli", "docker-buildx", "kind", "kubectl"), {}),
    ],
)
def test_newer_debians_take_from_elsewhere_only_what_they_have_too_old(
    os_release: str, packages: tuple[str, ...], suites: dict[str, int]
) -> None:
    world = World(FakeMachine(os_release))
    world.setup()
    assert world.apt.installed == (*packages, "mmdebstrap")
    assert world.apt.suites == suites


def test_only_what_is_missing_is_installed() -> None:
    world = ready(kind="kind v0.29.0")
    world.setup()
    assert world.apt.installed == ("kind/forky",)
    assert world.daemon.starts == 0


def test_what_comes_from_the_own_suite_adds_no_other() -> None:
    world = ready()
    del world.runner.programs["mmdebstrap"]
    world.setup()
    assert world.apt.installed == ("mmdebstrap",)
    assert world.apt.suites == {}


def test_any_kubectl_on_path_is_left_alone() -> None:
    world = ready(kubectl="Client Version: v1.20.0")
    assert world.setup()[0].startswith("Nothing to do")


def test_an_old_engine_brings_its_program_and_plugin_along() -> None:
    world = ready(dockerd="Docker version 20.10.24")
    world.daemon.version = "20.10.24"
    with pytest.raises(ToolFailed, match="still not good enough") as caught:
        world.setup()
    assert world.apt.installed == EVERYTHING[:3]
    assert "20.10.24 runs, 25.0 is needed; restart it" in caught.value.details[0]


def test_an_engine_that_is_installed_is_only_started() -> None:
    world = World(runner=FakeRunner(dict(ALL)))
    world.setup()
    assert (world.apt.installed, world.daemon.starts) == ((), 1)


def test_dry_run_says_everything_and_does_nothing_even_without_root() -> None:
    world = World(FakeMachine(root=False))
    assert world.setup(dry_run=True) == (
        "Add Debian suite trixie, pinned to 50",
        "Add Debian suite forky, pinned to 40",
        f"Install {' '.join(EVERYTHING)}",
        "Start the engine: dockerd",
    )
    assert (world.apt.suites, world.apt.installed, world.daemon.starts) == ({}, (), 0)


def test_without_root_it_says_the_one_command_to_run() -> None:
    world = World(FakeMachine(root=False))
    with pytest.raises(PrerequisiteMissing, match="Only root") as caught:
        world.setup()
    assert caught.value.hint == "Run: sudo labctl setup"
    assert world.apt.suites == {}


def test_a_user_whom_a_running_engine_refuses_is_not_sent_to_root() -> None:
    machine = FakeMachine(root=False, files={"/var/run/docker.sock": ""})
    world = World(machine, FakeDaemon(denied=True), FakeRunner(dict(ALL)))
    with pytest.raises(PrerequisiteMissing, match="You may not talk") as caught:
        world.setup()
    assert caught.value.hint == "Run: usermod"


def test_an_engine_named_by_docker_host_is_not_replaced_by_a_local_one() -> None:
    world = World(docker_host="tcp://192.0.2.9:2375")
    with pytest.raises(PrerequisiteMissing, match="DOCKER_HOST is 'tcp://"):
        world.setup()
    assert world.apt.installed == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Inst libc6 [2.36-9] (2.42-2 Debian:testing [amd64])", "libc6 would be replaced"),
        ("Remv docker-ce [5:29.0-1]", "docker-ce would be removed"),
        ("Purg docker-ce [5:29.0-1]", "docker-ce would be removed"),
    ],
)
def test_nothing_else_is_replaced_or_removed(line: str, says: str) -> None:
    world = World()
    world.apt.simulation += f"{line}\n"
    with pytest.raises(PrerequisiteMissing, match="nothing was changed") as caught:
        world.setup()
    assert caught.value.details == (says,)
    assert (world.apt.installed, world.apt.suites) == ((), {})


def test_replacing_what_was_asked_for_is_allowed() -> None:
    world = World()
    world.apt.simulation = "Inst docker.io [20.10.24] (28.5.2 Debian:testing [amd64]) []\n"
    world.setup()
    assert world.apt.installed == EVERYTHING


@pytest.mark.parametrize("step", ["update", "simulate"])
def test_a_failure_before_anything_is_installed_takes_the_new_suites_back(step: str) -> None:
    world = World()
    world.apt.suites = {"trixie": 50}
    world.apt.fail_at = step
    with pytest.raises(ToolFailed, match=f"{step} failed"):
        world.setup()
    assert world.apt.suites == {"trixie": 50}


def test_a_broken_source_of_someone_else_is_told_and_does_not_stop_it() -> None:
    world = World()
    world.apt.troubles = ("E: The repository 'http://ppa' does not have a Release file.",)
    world.setup()
    assert world.apt.troubles[0] in world.progress.said
    assert world.apt.installed == EVERYTHING


def test_an_older_program_that_hides_the_new_one_is_named() -> None:
    world = ready(kind="kind v0.20.0")
    world.apt.install = lambda packages, on_line: None  # type: ignore[method-assign]
    with pytest.raises(ToolFailed, match="still not good enough") as caught:
        world.setup()
    assert caught.value.details == ("kind: 0.20.0 at /usr/bin/kind",)


def test_ubuntu_gets_its_own_packages_and_the_commands_for_the_rest() -> None:
    world = World(FakeMachine(UBUNTU))
    with pytest.raises(PrerequisiteMissing, match="no package on Ubuntu") as caught:
        world.setup()
    assert world.apt.installed == (
        "docker.io",
        "docker-buildx",
        "mmdebstrap",
        "debian-archive-keyring",
    )
    assert world.apt.suites == {}
    assert world.daemon.starts == 1
    kind, kubectl = caught.value.details
    assert "go install sigs.k8s.io/kind@v0.33.0" in kind
    assert "/bin/linux/arm64/kubectl" in kubectl


@pytest.mark.parametrize("os_release", [FEDORA, BULLSEYE, ""])
def test_other_systems_get_commands_and_are_not_touched(os_release: str) -> None:
    world = World(FakeMachine(os_release))
    with pytest.raises(PrerequisiteMissing) as caught:
        world.setup()
    assert (world.apt.installed, world.daemon.starts) == ((), 0)
    assert len(caught.value.details) == 4
    assert caught.value.details[-1] == "sudo systemctl enable --now docker"


def test_macos_gets_commands_of_its_own() -> None:
    world = World(FakeMachine(os_release="", kernel="Darwin"))
    with pytest.raises(PrerequisiteMissing, match="macOS") as caught:
        world.setup()
    assert [line.split()[0] for line in caught.value.details] == ["brew"] * 3


def test_elsewhere_mmdebstrap_is_not_needed() -> None:
    world = ready()
    world.machine.os_release = FEDORA
    del world.runner.programs["mmdebstrap"]
    assert world.setup()[0].startswith("Nothing to do")


@pytest.mark.parametrize(("members", "lines"), [("", 2), ("bob", 2), ("bob,ann", 1)])
def test_the_caller_of_sudo_is_told_about_the_group_unless_in_it(members: str, lines: int) -> None:
    world = ready()
    world.machine.caller = "ann"
    world.machine.files["/etc/group"] = f"root:x:0:\ndocker:x:999:{members}\n"
    said = world.setup()
    assert len(said) == lines
    if lines == 2:
        assert "sudo usermod -aG docker ann" in said[1]


def test_a_simulation_of_apt_is_read() -> None:
    text = (
        "Reading package lists...\n"
        "Remv docker-ce [5:29.0-1]\n"
        "Inst docker.io [20.10.24+dfsg1-1] (28.5.2+dfsg4-5 Debian:testing [amd64]) []\n"
        "Inst tini-static (0.19.0-6 Debian:testing [amd64])\n"
        "Conf docker.io (28.5.2+dfsg4-5 Debian:testing [amd64])\n"
    )
    assert parse_simulation(text) == Changes(("tini-static",), ("docker.io",), ("docker-ce",))


def test_quotes_in_os_release_are_no_part_of_the_values() -> None:
    system = parse_system("ID=\"debian\"\nVERSION_CODENAME=trixie\nPRETTY_NAME='X'\n", "x86_64")
    assert (system.id, system.codename, system.name) == ("debian", "trixie", "X")
    assert system.architecture == "amd64"


def test_the_page_names_every_package() -> None:
    page = Path(__file__).parents[2].joinpath("docs/setup.md").read_text()
    assert all(package in page for package in EVERYTHING[:-1])
