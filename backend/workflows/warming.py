"""What takes seconds the first time, done while a person still reads or types."""

import logging
from collections.abc import Callable
from functools import lru_cache
from threading import Thread
from typing import Final

import torch

from backend.errors import USER_ERRORS
from backend.schema import Modality
from backend.workflows.additions import encode_loose
from backend.workflows.loading import coalition_tables, load_run
from backend.workflows.trust import gate_of
from backend.workflows.workspace import Workspace
from models.encoders import Content

_PATIENCE: Final = 0.5
"""Seconds within which what was found before is read again."""
_log = logging.getLogger(__name__)


@lru_cache(maxsize=32)
def ready_for_new_items(workspace: Workspace, run_id: str) -> Thread:
    """Begins, once per process and run, to load what judging a described item needs."""
    return _begin(lambda: _judge_a_word(workspace, run_id))


@lru_cache(maxsize=32)
def ready_to_judge(workspace: Workspace, run_id: str) -> Thread:
    """Begins, once per process and run, to test it for its gate."""
    return _begin(lambda: gate_of(workspace, load_run(workspace, run_id).record.id))


@lru_cache(maxsize=32)
def ready_to_explain(workspace: Workspace, run_id: str) -> Thread:
    """Begins, once per process and run, to test it for its gate and to take it apart item by
    item."""

    def work() -> None:
        ready_to_judge(workspace, run_id).join()
        loaded = load_run(workspace, run_id)
        if loaded.model.embeds_by_item:
            everything = torch.arange(loaded.dataset.n_items)
            somebody = torch.zeros_like(everything)
            coalition_tables(workspace, loaded.record.id).attribute(somebody, everything)

    return _begin(work)


def judged(workspace: Workspace, run_id: str) -> bool:
    """Whether that is done, well or not; begun where it was not."""
    testing = ready_to_judge(workspace, run_id)
    testing.join(_PATIENCE)
    return not testing.is_alive()


def _begin(work: Callable[[], object]) -> Thread:
    def quietly() -> None:
        try:
            work()
        except USER_ERRORS:
            # Whoever asks for the same by hand gets the sentence.
            _log.info("Could not prepare ahead.", exc_info=True)

    thread = Thread(target=quietly, daemon=True, name="ahead")
    thread.start()
    return thread


def _judge_a_word(workspace: Workspace, run_id: str) -> None:
    loaded = load_run(workspace, run_id)
    if not loaded.model.scores_new_items:
        return
    word: dict[Modality, Content] = {}
    if Modality.TEXT in loaded.data.features:
        word[Modality.TEXT] = "a"
    features = encode_loose(workspace, loaded, word)
    nobody = torch.zeros(0, dtype=torch.int64)
    coalition_tables(workspace, loaded.record.id).attribute_new_items(nobody, features)
