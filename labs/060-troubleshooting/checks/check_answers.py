"""Whether each Service gives the right prediction, by a Pod of its Deployment."""

import json
from dataclasses import dataclass

from labctl.checks import Mismatch, NotYet, check

QUESTION = "/predict?x=200"
TIMES = 3
DEFAULT_UNIT = "g"


@dataclass(frozen=True)
class Right:
    """What a flipper of 200 mm must be answered with."""

    body_mass: float = 4143.6
    unit: str = DEFAULT_UNIT


def asked(kube, nodes, name, pods, right):
    service = kube.get("v1", "Service", name, code="service-gone")
    address = service.spec.clusterIP
    if address in (None, "", "None"):
        raise Mismatch("no-address", about=service)
    url = f"http://{address}:{service.spec.ports[0].port}{QUESTION}"
    answers = nodes[0].http_get(url, times=TIMES)
    said = [saying for saying in map(read, answers) if saying]
    if len(said) < TIMES:
        raise NotYet("no-answer", expected=TIMES, actual=len(said), about=service)
    for one in said:
        # The default is given up only where a Deployment was told another unit.
        if one["unit"] != right.unit and right.unit == DEFAULT_UNIT:
            raise Mismatch("unit-added", expected=right.unit, actual=one["unit"])
        if one["unit"] != right.unit:
            raise Mismatch("wrong-unit", expected=right.unit, actual=one["unit"])
        if one["body_mass"] != right.body_mass:
            raise Mismatch("wrong-prediction", expected=right.body_mass, actual=one["body_mass"])
        # A Pod's hostname is its name.
        if one["hostname"] not in pods:
            raise NotYet("stranger-answers", expected=pods, actual=one["hostname"], about=service)


def read(answer):
    """What the server says in an answer, or None where it is no such answer."""
    try:
        said = json.loads(answer.body) if answer.status == 200 else {}
    except ValueError:
        return None
    expected = {"body_mass", "unit", "hostname"}
    return said if isinstance(said, dict) and said.keys() >= expected else None


@check(needs="adelie_ready", probe=True, within=15)
def adelie_answers(kube, lab, nodes):
    """adelie: its Service gives the right prediction"""
    asked(kube, nodes, "adelie", lab.value("adelie_ready"), Right())


@check(needs="gentoo_ready", probe=True, within=15)
def gentoo_answers(kube, lab, nodes):
    """gentoo: its Service gives the right prediction, in kg"""
    asked(kube, nodes, "gentoo", lab.value("gentoo_ready"), Right(4.144, "kg"))


@check(needs="chinstrap_ready", probe=True, within=15)
def chinstrap_answers(kube, lab, nodes):
    """chinstrap: its Service gives the right prediction"""
    asked(kube, nodes, "chinstrap", lab.value("chinstrap_ready"), Right())


@check(needs="emperor_ready", probe=True, within=15)
def emperor_answers(kube, lab, nodes):
    """emperor: its Service gives the right prediction"""
    asked(kube, nodes, "emperor", lab.value("emperor_ready"), Right())


@check(needs="king_ready", probe=True, within=15)
def king_answers(kube, lab, nodes):
    """king: its Service gives the right prediction"""
    asked(kube, nodes, "king", lab.value("king_ready"), Right())


@check(needs="macaroni_ready", probe=True, within=15)
def macaroni_answers(kube, lab, nodes):
    """macaroni: its Service gives the right prediction"""
    asked(kube, nodes, "macaroni", lab.value("macaroni_ready"), Right())


@check(needs="rockhopper_ready", probe=True, within=15)
def rockhopper_answers(kube, lab, nodes):
    """rockhopper: its Service gives the right prediction"""
    asked(kube, nodes, "rockhopper", lab.value("rockhopper_ready"), Right())


@check(needs="humboldt_ready", probe=True, within=15)
def humboldt_answers(kube, lab, nodes):
    """humboldt: its Service gives the right prediction"""
    asked(kube, nodes, "humboldt", lab.value("humboldt_ready"), Right())
