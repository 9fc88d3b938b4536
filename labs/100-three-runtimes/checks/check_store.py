from labctl.checks import Mismatch, Missing, NotYet, check

STORE = "docker.io/library/model-store:v1"
ANSWERS = "answers.yaml"
APP = {"app": "model-store"}
URL = "http://{}:8080/model.json"


def others(engine, nodes):
    """The nodes on which the tag does not mean the image that Docker has."""
    docker = engine.config_digest(STORE)
    if docker is None:
        raise Missing("store-image-missing", expected="model-store:v1")
    found = {node.name: node.image(STORE) for node in nodes}
    return [name for name, image in found.items() if image is None or image.id != docker]


def odd_node(lab, nodes):
    """The worker that the scene has chosen."""
    workers = [node for node in nodes if node.role == "worker"]
    return next(node.name for node in workers if node.runtime == lab.params.odd)


def models(kube, nodes):
    """What each Pod hands out, or None where it does not, by node."""
    at = {node.name: node for node in nodes}
    handed = {}
    for pod in kube.pods(selector=APP):
        if pod.spec.nodeName in at and not pod.metadata.deletionTimestamp:
            answer = at[pod.spec.nodeName].http_get(URL.format(pod.status.podIP))[0]
            handed[pod.spec.nodeName] = answer.body if answer.status == 200 else None
    return handed


@check(within=60, probe=True)
def one_worker_has_another_store(engine, kube, lab, nodes):
    """On one worker model-store:v1 is another image, and a Pod runs it"""
    odd = odd_node(lab, nodes)
    different = others(engine, nodes)
    if different != [odd]:
        raise Mismatch("scene-differs", expected=[odd], actual=different)
    handed = models(kube, nodes)
    same = [name for name, model in handed.items() if name != odd and model == handed.get(odd)]
    if len(handed) != 3 or None in handed.values() or same:
        raise NotYet("scene-differs", expected=[odd], actual=sorted(handed))


@check
def store_tag_means_one_image(engine, nodes):
    """model-store:v1 means the same image on every node"""
    different = others(engine, nodes)
    if different:
        # Not which: finding that is the exercise.
        raise Mismatch("tag-means-another", expected=len(nodes), actual=len(different))


@check(needs=store_tag_means_one_image, within=60, probe=True)
def every_store_says_the_same(kube, nodes):
    """Every copy of model-store hands out the same model"""
    handed = models(kube, nodes)
    if not handed or None in handed.values():
        raise NotYet("store-silent", actual=[name for name, one in handed.items() if one is None])
    if len(set(handed.values())) != 1:
        raise Mismatch("stores-differ", expected=1, actual=len(set(handed.values())))


@check
def odd_node_noted(lab, nodes, work):
    """You noted the node on which it meant another one"""
    value = work.yaml(ANSWERS).get("odd_node")
    answer = "" if value is None else str(value).strip()
    if not answer:
        raise Missing("answer-missing", expected="odd_node")
    names = [node.name for node in nodes]
    if answer not in names:
        raise Mismatch("no-such-node", expected=names, actual=answer)
    if answer != odd_node(lab, nodes):
        raise Mismatch("odd-node-wrong", actual=answer)
