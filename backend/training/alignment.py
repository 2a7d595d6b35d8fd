"""The two ways to a shared space: heads on top of encoders, or an open_clip model as a whole."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from backend.features.align import Pairs, PairSplit, Rows, one_per_group, retrieval
from backend.features.contents import Contents
from backend.progress import Report, silent
from backend.training.contrastive import Learned, Lesson, Load, learn_pairs
from backend.training.seeds import seeded
from models.alignment import AlignedHeads, FineTuneConfig, HeadsConfig
from models.encoders.open_clip import OpenClip


@dataclass(frozen=True)
class Course:
    """What is learned from what. `folder` keeps unfinished states, which `fingerprint` names."""

    pairs: Pairs
    split: PairSplit
    folder: Path
    fingerprint: str
    seed: int
    device: torch.device


def learn_heads(
    course: Course, image: Tensor, text: Tensor, config: HeadsConfig, report: Report = silent
) -> tuple[AlignedHeads, Learned]:
    """Heads for `image` f32[N, D_image] and `text` f32[N, D_text], the features of the N pairs,
    learned from the training part and stopped by the validation part."""
    model = _new_heads(course, image, text, config, course.split.train)
    rows = course.split.validation

    def validate() -> float:
        found = embed_heads(model, image[rows], text[rows])
        return retrieval(course.pairs, rows, *found).reciprocal_rank

    load = _from_tables(image, text, course.device)
    lesson = _lesson(course, "heads", load, course.split.train, validate)
    return model, learn_pairs(model, lesson, config, report)


def refit_heads(
    course: Course,
    image: Tensor,
    text: Tensor,
    config: HeadsConfig,
    epochs: int,
    report: Report = silent,
) -> AlignedHeads:
    """Heads learned from all pairs, the held-out ones too, for a number of passes found before."""
    everything = course.pairs.rows
    model = _new_heads(course, image, text, config, everything)
    lesson = _lesson(course, "refit", _from_tables(image, text, course.device), everything, None)
    learn_pairs(model, lesson, replace(config, epochs=epochs), report)
    return model


@torch.inference_mode()
def embed_heads(model: AlignedHeads, image: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
    """(f32[B, dim], f32[B, dim]) on the CPU."""
    device = model.logit_scale.device
    found = model(image.to(device), text.to(device))
    return found[0].cpu(), found[1].cpu()


def fine_tune(
    course: Course,
    encoders: tuple[OpenClip, OpenClip],
    contents: tuple[Contents, Contents],
    config: FineTuneConfig,
    report: Report = silent,
) -> Learned:
    """Leaves the best weights in the network of the first encoder.

    `encoders` and `contents` of pictures, then of texts; both encoders of one configuration. The
    pictures are prepared as for encoding, without augmentation, so that what is learned is what
    will be encoded.
    """
    network = encoders[0].network
    rows = course.split.validation
    with ThreadPoolExecutor(4) as pool:
        load = _from_contents(course.pairs, encoders, contents, pool)

        def validate() -> float:
            found = _embed_network(network, load, rows, config.batch_size)
            return retrieval(course.pairs, rows, *found).reciprocal_rank

        lesson = _lesson(course, "network", load, course.split.train, validate)
        return learn_pairs(network, lesson, config, report)


def _lesson(
    course: Course, name: str, load: Load, rows: Rows, validate: Callable[[], float] | None
) -> Lesson:
    return Lesson(
        load=load,
        order=lambda generator: one_per_group(course.pairs, rows, generator),
        validate=validate,
        checkpoint=course.folder / f"{name}.checkpoint",
        fingerprint=f"{course.fingerprint}/{name}",
        seed=course.seed,
        device=course.device,
    )


def _new_heads(
    course: Course, image: Tensor, text: Tensor, config: HeadsConfig, rows: Rows
) -> AlignedHeads:
    with seeded(course.seed, "heads"):
        model = AlignedHeads(image.shape[1], text.shape[1], config)
    model.centre(image[rows], text[rows])
    return model


def _from_tables(image: Tensor, text: Tensor, device: torch.device) -> Load:
    image, text = image.to(device), text.to(device)
    return lambda rows: (image[rows], text[rows])


def _from_contents(
    pairs: Pairs,
    encoders: tuple[OpenClip, OpenClip],
    contents: tuple[Contents, Contents],
    pool: ThreadPoolExecutor,
) -> Load:
    def side(encoder: OpenClip, held: Contents, rows: Rows) -> Tensor:
        keys = [held.keys[item] for item in pairs.items[rows]]
        return encoder.prepare(list(pool.map(held.load, keys)))

    return lambda rows: (
        side(encoders[0], contents[0], rows),
        side(encoders[1], contents[1], rows),
    )


@torch.inference_mode()
def _embed_network(network: Any, load: Load, rows: Rows, batch: int) -> tuple[Tensor, Tensor]:
    parts = [network(*load(rows[at : at + batch]))[:2] for at in range(0, len(rows), batch)]
    image, text = (torch.cat(side).float().cpu() for side in zip(*parts, strict=True))
    return image, text
