from labctl.checks import Mismatch, Missing, check

BEFORE, AFTER = "parts:before", "parts:after"
ANSWERS = "answers.yaml"
IMAGE_OF = "dev.labctl.image-of"


def built(reference, engine, lab):
    """An image in Docker, with the label by which labctl finds it again."""
    image = engine.image(reference)
    if image is None:
        raise Missing("image-not-built", expected=reference)
    if image.labels.get(IMAGE_OF) != lab.id:
        raise Mismatch("label-missing", expected=f"{IMAGE_OF}={lab.id}", actual=reference)
    return image


@check
def images_built(engine, lab):
    """You built parts:before and parts:after"""
    return [list(built(one, engine, lab).diff_ids) for one in (BEFORE, AFTER)]


@check(needs=images_built)
def one_file_differs(lab):
    """They differ, and share the layers below the change"""
    before, after = lab.value(images_built)
    if before == after:
        raise Mismatch("after-unchanged", expected=AFTER, actual=BEFORE)
    same = next(
        (place for place, (old, new) in enumerate(zip(before, after, strict=False)) if old != new),
        min(len(before), len(after)),
    )
    if not same:
        raise Mismatch("nothing-shared", expected=BEFORE, actual=AFTER)
    return {"same_layers": same, "new_layers": len(after) - same}


@check(needs=one_file_differs)
def layers_compared(lab, work):
    """You noted how many layers are the same, and how many are new"""
    answers = work.yaml(ANSWERS)
    for key, truth in lab.value(one_file_differs).items():
        said = answers.get(key)
        if said in (None, ""):
            raise Missing("answer-missing", expected=key)
        if str(said).strip() != str(truth):
            raise Mismatch("layer-count-differs", expected=key, actual=said)
