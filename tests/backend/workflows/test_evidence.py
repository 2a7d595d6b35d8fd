from pathlib import Path

import pytest

from backend.explain.evidence import Evidence, Skill
from backend.workflows.evidence import kept_evidence

FOUND = Evidence(Skill(0.8, 0.01), {"image": Skill(0.7, 0.02)}, 0.55)


def never() -> Evidence:
    raise AssertionError("found although it was kept")


def test_what_was_found_is_read_ever_after(tmp_path: Path) -> None:
    assert kept_evidence(tmp_path, lambda: FOUND) == FOUND
    assert kept_evidence(tmp_path, never) == FOUND


def test_that_there_is_none_is_kept_too(tmp_path: Path) -> None:
    assert kept_evidence(tmp_path, lambda: None) is None
    assert kept_evidence(tmp_path, never) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"form": 0, "found": null}', '{"form": 1, "found": {"score": [1]}}', "null"],
)
def test_a_file_that_cannot_be_read_is_found_again(tmp_path: Path, text: str) -> None:
    (tmp_path / "evidence.json").write_text(text)
    assert kept_evidence(tmp_path, lambda: FOUND) == FOUND
    assert kept_evidence(tmp_path, never) == FOUND
