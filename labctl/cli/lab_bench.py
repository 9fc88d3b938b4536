"""Clusters for `labctl lab test`: made when a pair begins, gone when it ends."""

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labctl.catalog import Lab
from labctl.cli.app import App
from labctl.cli.lab_stand import BareStage, LabStand
from labctl.errors import LabctlError
from labctl.model import ANY_LAB, LABEL_CLUSTER, Cluster, Runtime
from labctl.nodeimage import versions
from labctl.ops.clusters import find
from labctl.ops.down import down
from labctl.ops.node_image import full_version
from labctl.ops.ports import Progress
from labctl.ops.up import up
from labctl.ops.wish import Wish
from labctl.proofs import Pair
from labctl.requirements import unmet
from labctl.tools.engine_inventory import inventory


@dataclass
class Bench:
    """The real thing behind labctl.ops.lab_test.run.Bench."""

    app: App
    progress: Progress
    keep: bool
    first: Lab
    checkpoints: bool = True
    _before: dict[str, str] = field(default_factory=dict)
    _labs: set[str] = field(default_factory=set)
    """Those that came onto a cluster."""
    _own: str = field(default_factory=lambda: secrets.token_hex(8))

    def unmet(self, lab: Lab, pair: Pair) -> list[str]:
        """What the lab needs and would not have there."""
        try:
            version = self._version(pair)
        except LabctlError as err:  # a pair that does not exist
            return [err.message.rstrip(".")]
        memory = self.app.engine.info().memory
        return unmet(lab.file, kubernetes=version, runtimes=pair.layout, memory=memory)

    @contextmanager
    def cluster(self, pair: Pair) -> Iterator[Callable[[Lab], LabStand]]:
        """A cluster for as long as the block lasts, unless it is to be kept."""
        name = self._name(pair)
        self._before = inventory(self.app.engine)
        historic = Runtime.DOCKERSHIM in pair.layout
        runtimes = tuple(dict.fromkeys(Runtime(one) for one in pair.layout))
        wish = Wish(
            name,
            ANY_LAB,
            kubernetes=None if historic else self._version(pair),
            runtimes=runtimes,
            nodes=None if historic else len(pair.layout),
        )
        folder = Path(tempfile.mkdtemp(prefix="labctl-lab-test-"))
        stage = BareStage(self.app, self.first, self.progress, folder, pull=True)
        ports = self.app.ports(self.progress)

        def make(*, anew: bool = True) -> Cluster:
            checkpoints = self.app.checkpoints(ports, spares=False) if self.checkpoints else None
            return up(
                wish,
                stage,
                ports,
                free_space=self.app.free_space,
                checkpoints=checkpoints,
                recreate=anew,
            ).cluster

        try:
            made = make(anew=False)

            def stand(lab: Lab) -> LabStand:
                self._labs.add(lab.id)
                there = find(self.app.engine, name) or made
                return LabStand(self.app, lab, there, self.progress, folder / lab.id, make)

            yield stand
        finally:
            if self.keep and find(self.app.engine, name):
                self.progress.note(f"Kept: labctl down --name {name} removes the test cluster.")
            elif not self.keep:
                with self.progress.phase(
                    f"Remove the cluster of {pair.kubernetes}, {pair.runtime}"
                ):
                    down(name, self.app.engine, self.app.store, remove_starter=lambda _: ())
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def left_behind(self, pair: Pair) -> Sequence[str]:
        """What the engine has that it did not have before, of ours."""
        if self.keep:
            return ()
        name = self._name(pair)
        after = inventory(self.app.engine, cluster=name, labs=self._labs)
        left = [one for one in after if one not in self._before]
        images = [
            tag for image in self.app.engine.images(f"{LABEL_CLUSTER}={name}") for tag in image.tags
        ]
        return (*left, *(f"image {tag}" for tag in images))

    def _version(self, pair: Pair) -> str:
        if Runtime.DOCKERSHIM in pair.layout:
            return versions.history(versions.load())[Runtime(pair.layout[0])]
        file = versions.load()
        version = full_version(pair.kubernetes, Runtime(pair.layout[0]), self.app.engine)
        for runtime in dict.fromkeys(pair.layout):
            versions.check_pair(versions.resolve(version, file), Runtime(runtime), file)
        return version

    def _name(self, pair: Pair) -> str:
        """One that is kept is found again by its name; another run's is never used by accident."""
        text = f"{pair.kubernetes} {' '.join(pair.layout)}" if self.keep else self._own
        return f"lab-test-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
