"""What a run's gate knows of it, kept beside the run: found once, read ever after."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from backend.durable import write_durably
from backend.explain.evidence import Evidence, Skill

_FILE: Final = "evidence.json"
_FORM: Final = 1
"""To be raised when something else is measured: older files are then found anew."""
_log = logging.getLogger(__name__)


def kept_evidence(folder: Path, find: Callable[[], Evidence | None]) -> Evidence | None:
    """From the run's folder; found and put there where it is missing, damaged or of another form.

    None where nothing was held out.
    """
    path = folder / _FILE
    if path.is_file():
        try:
            return _read(path.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError, AttributeError):
            _log.warning("What was known of this run's explanations cannot be read; found again.")
    found = find()
    write_durably(path, lambda file: file.write(_written(found).encode()))
    return found


def _written(found: Evidence | None) -> str:
    if found is None:
        return json.dumps({"form": _FORM, "found": None})
    said = {
        "score": [found.score.auc, found.score.error],
        "players": {name: [skill.auc, skill.error] for name, skill in found.players.items()},
        "ignorant": found.ignorant,
    }
    return json.dumps({"form": _FORM, "found": said})


def _read(text: str) -> Evidence | None:
    held = json.loads(text)
    if held["form"] != _FORM:
        raise ValueError("another form")
    said = held["found"]
    if said is None:
        return None
    players = {str(name): Skill(*map(float, pair)) for name, pair in said["players"].items()}
    return Evidence(Skill(*map(float, said["score"])), players, float(said["ignorant"]))
