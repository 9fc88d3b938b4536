"""`labctl doctor`."""

from dataclasses import asdict

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.errors import ExitCode
from labctl.nodeimage import debian
from labctl.ops.doctor import can_run, examine
from labctl.ops.doctor_gather import Ports, gather
from labctl.tools.host import LocalHost
from labctl.ui.findings import show_findings

GO_MODULES = "https://proxy.golang.org/"


@click.command(epilog="Example: labctl doctor --output json")
@output_option
@click.pass_obj
def command(app: App, output: str) -> int:
    """Examine this machine: what is wrong, why it matters, what helps.

    Exit code 4 when a lab could not run.
    """
    host = LocalHost(app.settings.environ)
    sources = (f"{debian.mirror()}/", GO_MODULES)
    findings = examine(gather(Ports(host, app.engine, app.process, sources)))
    ready = can_run(findings)
    if output == "json":
        rows = [asdict(one) for one in findings]
        app.console.json({"format": "labctl/doctor/v1", "ready": ready, "findings": rows})
    else:
        show_findings(app.console, findings)
    return ExitCode.OK if ready else ExitCode.PREREQUISITE
