import hashlib
import json
import re
from pathlib import Path

from labctl.checks import Mismatch, Missing, check

IMAGE = "docker.io/library/parts:v1"
ANSWERS = "answers.yaml"
FOLDER = "image"
TOKEN = Path(__file__).parents[1] / "app" / "token.txt"
# The layers in the order of the Dockerfile, counted from the topmost.
WITHOUT_TOKEN, FINAL, WITH_TOKEN, DRAFT = -1, -2, -3, -4
DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
SHORT = re.compile(r"(?:sha256:)?[0-9a-f]{6,63}")


def noted(work, key):
    """An answer as text."""
    value = work.yaml(ANSWERS).get(key)
    text = "" if value is None else str(value).strip()
    if not text:
        raise Missing("answer-missing", expected=key)
    return text


def digest_noted(work, key):
    """An answer that is a whole digest."""
    text = noted(work, key)
    found = DIGEST.fullmatch(text)
    if found:
        return f"sha256:{found[1]}"
    if SHORT.fullmatch(text):
        raise Mismatch("digest-short", expected=key, actual=text)
    raise Mismatch("answer-no-digest", expected=key, actual=text)


def blob(work, digest):
    """A blob of JSON, if its content is what its name says."""
    name = f"{FOLDER}/blobs/{digest.replace(':', '/')}"
    text = work.text(name, code="blob-missing")
    found = hashlib.sha256(text.encode()).hexdigest()
    if digest != f"sha256:{found}":
        raise Mismatch("blob-damaged", expected=digest, actual=f"sha256:{found}")
    return fields(text, name)


def fields(text, name):
    """JSON with keys and values."""
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Mismatch("no-image-layout", actual=name)
    return data


def first_image(index):
    """The digest of the only image that an index names; one with attestations names those too."""
    for one in index.get("manifests") or ():
        digest = str(one.get("digest"))
        if DIGEST.fullmatch(digest) and (one.get("platform") or {}).get("os") != "unknown":
            return digest
    raise Mismatch("no-image-layout", actual=f"{FOLDER}/index.json")


@check
def image_saved(nodes, work):
    """image/ holds the image that the cluster runs, undamaged"""
    index = fields(work.text(f"{FOLDER}/index.json", code="image-not-saved"), "image/index.json")
    digest = first_image(index)
    manifest = blob(work, digest)
    if "manifests" in manifest:  # with Docker's containerd store there may be an index in between
        digest = first_image(manifest)
        manifest = blob(work, digest)
    config = (manifest.get("config") or {}).get("digest")
    on_node = nodes[0].image(IMAGE)
    if on_node is None:
        raise Missing("image-not-loaded", expected="parts:v1", actual=nodes[0].name)
    if config != on_node.id:
        raise Mismatch("image-differs", expected=on_node.id, actual=config)
    layers = [one["digest"] for one in manifest["layers"]]
    diff_ids = blob(work, config)["rootfs"]["diff_ids"]
    return {"manifest": digest, "config": config, "layers": layers, "diff_ids": diff_ids}


@check(needs=image_saved)
def manifest_noted(lab, work):
    """You noted the digest of its manifest"""
    image = lab.value(image_saved)
    said = digest_noted(work, "manifest")
    if said == image["config"]:
        raise Mismatch("manifest-is-config", actual=said)
    if said != image["manifest"]:
        raise Mismatch("manifest-differs", actual=said)


@check(needs=image_saved)
def config_noted(lab, work):
    """You noted the digest of its config"""
    image = lab.value(image_saved)
    said = digest_noted(work, "config")
    if said == image["manifest"]:
        raise Mismatch("config-is-manifest", actual=said)
    if said != image["config"]:
        raise Mismatch("config-differs", actual=said)


@check(needs=image_saved)
def layers_counted(lab, work):
    """You noted how many layers it has"""
    image = lab.value(image_saved)
    said = noted(work, "layers")
    if said != str(len(image["layers"])):
        raise Mismatch("layers-differ", actual=said)


def place_of(said, image):
    """Which layer an answer names, counted from the topmost; None for something else."""
    for names in (image["layers"], image["diff_ids"]):  # the same where layers are not compressed
        if said in names:
            return names.index(said) - len(names)
    return None


@check(needs=image_saved)
def model_layer_noted(lab, work):
    """You noted the layer whose model.json the container sees"""
    said = digest_noted(work, "model_layer")
    place = place_of(said, lab.value(image_saved))
    if place == DRAFT:
        raise Mismatch("model-overwritten", actual=said)
    if place != FINAL:
        raise Mismatch("no-model-there", actual=said)


@check(needs=image_saved)
def token_layer_noted(lab, work):
    """You noted the layer that still has the token"""
    said = digest_noted(work, "token_layer")
    place = place_of(said, lab.value(image_saved))
    if place == WITHOUT_TOKEN:
        raise Mismatch("token-taken-away", actual=said)
    if place != WITH_TOKEN:
        raise Mismatch("no-token-there", actual=said)


@check(needs=image_saved)
def token_noted(work):
    """You noted the token"""
    said = noted(work, "token")
    if said not in TOKEN.read_text(encoding="utf-8").strip() or len(said) < len("adelie"):
        raise Mismatch("token-differs", actual=said)
