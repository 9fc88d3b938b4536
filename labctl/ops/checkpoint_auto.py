"""The checkpoints that `up` makes and uses by itself: the second cluster of a kind comes quickly."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from labctl.errors import ToolFailed
from labctl.model import ClusterSpec
from labctl.ops.checkpoint_restore import restore
from labctl.ops.checkpoint_saved import prune
from labctl.ops.checkpoint_take import take
from labctl.ops.checkpoints import (
    LOCK,
    READY,
    Keeping,
    kept,
    ready_name,
    remove_checkpoint,
)
from labctl.ops.create import Ports
from labctl.ops.doctor_host import LEAST_DISK
from labctl.ops.spare import Kube
from labctl.ops.spare import take as take_spare

LOCK_TIMEOUT: Final = 300.0


@dataclass(frozen=True, slots=True)
class AutoCheckpoints:
    """The real thing behind labctl.ops.up.Checkpoints."""

    ports: Ports
    keeping: Keeping
    kube: Callable[[str], Kube]
    spares: bool = True
    """Whether a spare may be taken: it is a learner's, for the next `up`."""

    def take_spare(self, spec: ClusterSpec) -> bool:
        """Make a spare cluster this one; False where there is none that fits."""
        return self.spares and take_spare(spec, self.kube, self.ports, self.keeping.runner)

    def restore(self, spec: ClusterSpec) -> bool:
        """Make the cluster from a checkpoint; False where there is none, or none of use."""
        name = ready_name(spec, self.ports.engine)
        if name is None:
            return False
        there = kept(self.ports.engine, self.keeping.storage)
        found = there.find(name)
        if found is None:
            if name in there.parts:
                self.ports.progress.note(
                    f"Of checkpoint '{name}' only a part is left; starting without it."
                )
            return False
        restore(found, spec, self.ports, self.keeping.storage)
        return True

    def discard(self, spec: ClusterSpec) -> None:
        """Remove the checkpoint that did not lead to a ready cluster."""
        if name := ready_name(spec, self.ports.engine):
            with self.ports.store.lock(LOCK + name, timeout=LOCK_TIMEOUT):
                remove_checkpoint(name, self.ports.engine, self.keeping.storage)

    def keep(self, spec: ClusterSpec) -> None:
        """Take a checkpoint of a new cluster that is ready and has no lab yet.

        A cluster without a checkpoint is as good: what goes wrong is told, no more.
        """
        name = ready_name(spec, self.ports.engine)
        if name is None:
            return
        free = self.keeping.free_space()
        if free is not None and free < LEAST_DISK:
            self.ports.progress.note("No checkpoint is kept: the engine's disk is nearly full.")
            return
        try:
            with self.ports.store.lock(LOCK + name, timeout=LOCK_TIMEOUT):
                if not kept(self.ports.engine, self.keeping.storage).find(name):
                    prune(self.ports, self.keeping)
                    with self.ports.progress.phase("Keep a checkpoint for the next start"):
                        take(name, READY, spec, self.ports, self.keeping)
        except ToolFailed as err:
            self.ports.progress.note(f"The next start has no checkpoint: {err.message}")
