from labctl.checks import Mismatch, Missing, check

FIRST = "docker.io/library/penguin:v1"
SECOND = "docker.io/library/penguin:v2"
ANSWERS = "answers.yaml"
IMAGE_OF = "dev.labctl.image-of"


def built(reference, engine, lab):
    """The image in Docker, with the label by which labctl finds it again."""
    image = engine.image(reference)
    if image is None:
        raise Missing("image-missing", expected=short(reference))
    if image.labels.get(IMAGE_OF) != lab.id:
        raise Mismatch("label-missing", expected=f"{IMAGE_OF}={lab.id}", actual=short(reference))
    return image


def on_every_node(reference, engine, nodes):
    """That the name means Docker's image everywhere."""
    docker = engine.config_digest(reference)
    if docker is None:
        raise Missing("image-missing", expected=short(reference))
    found = {node.name: node.image(reference) for node in nodes}
    lacking = [name for name, image in found.items() if image is None]
    if lacking:
        raise Missing("image-not-loaded", expected=short(reference), actual=lacking)
    others = [name for name, image in found.items() if image.id != docker]
    if others:
        raise Mismatch("node-has-another", expected=short(reference), actual=others)


def short(reference):
    """As a learner writes it."""
    return reference.removeprefix("docker.io/library/")


def noted(work, key):
    """An answer as text."""
    value = work.yaml(ANSWERS).get(key)
    text = "" if value is None else str(value).strip()
    if not text:
        raise Missing("answer-missing", expected=key)
    return text


@check
def first_image_built(engine, lab):
    """Docker has your image penguin:v1"""
    built(FIRST, engine, lab)


@check
def first_image_on_every_node(engine, nodes):
    """penguin:v1 means this image on every node"""
    on_every_node(FIRST, engine, nodes)


@check
def second_image_built(engine, lab):
    """Docker has your image penguin:v2, with another model"""
    second = built(SECOND, engine, lab)
    first = engine.image(FIRST)
    if first is None:
        raise Missing("image-missing", expected=short(FIRST))
    if set(second.diff_ids) <= set(first.diff_ids):
        raise Mismatch("nothing-changed", expected=short(SECOND), actual=short(FIRST))
    return {"first": list(first.diff_ids), "second": list(second.diff_ids)}


@check(needs=second_image_built)
def second_image_on_every_node(engine, nodes):
    """penguin:v2 means this image on every node"""
    on_every_node(SECOND, engine, nodes)


@check(needs=second_image_built)
def layers_kept_noted(work, lab):
    """You noted how many layers both versions have"""
    layers = lab.value(second_image_built)
    answer = noted(work, "layers_kept")
    kept = sum(1 for layer in layers["second"] if layer in layers["first"])
    if answer == str(kept):
        return
    if answer == str(len(layers["second"])):
        raise Mismatch("layers-all-counted", actual=answer)
    raise Mismatch("layers-kept-wrong", actual=answer)


@check(needs=second_image_built)
def new_layer_noted(work, lab):
    """You noted which layer only penguin:v2 has"""
    layers = lab.value(second_image_built)
    answer = noted(work, "new_layer").removeprefix("sha256:")
    if f"sha256:{answer}" in layers["first"]:
        raise Mismatch("layer-is-old", actual=answer[:12])
    if f"sha256:{answer}" not in layers["second"]:
        raise Mismatch("layer-unknown", actual=answer[:12])
