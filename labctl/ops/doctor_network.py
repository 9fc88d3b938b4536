"""Names, addresses and subnets: what `doctor` thinks of them. Pure."""

from ipaddress import IPv4Network, ip_network
from typing import Final

from labctl.model import NETWORK
from labctl.ops.doctor_facts import Facts, Reach, Unknown
from labctl.ops.doctor_finding import Look, Verdict, fail, ok, warn

PODS: Final = IPv4Network("10.244.0.0/16")
SERVICES: Final = IPv4Network("10.96.0.0/16")
"""kind's defaults, which labctl keeps."""


def names(facts: Facts) -> Verdict | Unknown:
    """DNS."""
    failed = [one for one in facts.names if not one.reached]
    if not failed:
        return ok(f"resolves {len(facts.names)} names")
    if len(failed) == len(facts.names):
        return warn(f"resolves nothing: {failed[0].says}", "cat /etc/resolv.conf")
    return warn(f"does not resolve {_list(failed)}", f"getent hosts {failed[0].name}")


def registry(facts: Facts) -> Verdict | Unknown:
    """Whether images can be pulled."""
    seen = facts.registry
    if isinstance(seen, Unknown):
        return seen
    if seen.reached:
        return ok(f"{seen.name} answers")
    return warn(
        f"{seen.name}: {seen.says}",
        "Nothing to do: node images are built on the spot, once for each version.",
    )


def sources(facts: Facts) -> Verdict | Unknown:
    """Whether images can be built."""
    failed = [one for one in facts.sources if not one.reached]
    if not failed:
        return ok(f"{_list(facts.sources)} answer")
    return warn(
        "; ".join(f"{one.name}: {one.says}" for one in failed),
        "labctl node-image import FILE    # a node image from another machine",
    )


def subnets(facts: Facts) -> Verdict | Unknown:
    """Whether a network of the engine or a route of the host has a cluster's addresses."""
    clash = _clashing_networks(facts)
    own = [text for name, text in clash if name == NETWORK]
    if own:
        return fail(own[0], f"docker network rm {NETWORK}    # labctl makes it anew")
    routes = [] if isinstance(facts.routes, Unknown) else facts.routes
    taken = [
        f"route to {route.subnet} by {route.interface}"
        for route in routes
        # The engine's bridges have been looked at as networks.
        if not route.interface.startswith(("docker", "br-")) and _clash(route.subnet)
    ]
    if clash or taken:
        seen = "; ".join([*(text for _, text in clash), *taken])
        return warn(seen, "ip route    # leave that network, or the VPN, while you work on a lab")
    for unseen in (facts.subnets, facts.routes):
        if isinstance(unseen, Unknown):
            return unseen
    return ok(f"{PODS} and {SERVICES} are free")


def _clashing_networks(facts: Facts) -> list[tuple[str, str]]:
    if isinstance(facts.subnets, Unknown):
        return []
    return [
        (name, f"network '{name}' is {subnet}")
        for name, subnets_ in facts.subnets.items()
        for subnet in subnets_
        if _clash(ip_network(subnet, strict=False))
    ]


def _clash(subnet: object) -> bool:
    return isinstance(subnet, IPv4Network) and (subnet.overlaps(PODS) or subnet.overlaps(SERVICES))


def _list(reaches: tuple[Reach, ...] | list[Reach]) -> str:
    return ", ".join(one.name for one in reaches)


LOOKS: Final = (
    Look(
        "network.names",
        "Packages, Go modules and images are fetched by name.",
        "getent hosts deb.debian.org",
        names,
    ),
    Look(
        "network.registry",
        "Published node images come from there; a build in their place takes minutes.",
        "curl -I https://registry-1.docker.io/v2/",
        registry,
    ),
    Look(
        "network.sources",
        "Node images are built from Debian packages and Go modules.",
        "curl -I https://proxy.golang.org/",
        sources,
    ),
    Look(
        "network.subnets",
        "Pods and Services have these addresses: Pods can't reach machines that have them too.",
        "ip route; docker network ls",
        subnets,
    ),
)
