import numpy as np
import pytest

from backend.data.health.coverage import coverage_by_popularity, missing_content
from backend.data.health.findings import Severity
from backend.schema import Modality

ALL = np.ones(10, bool)


def test_a_catalogue_with_everything_has_no_finding() -> None:
    assert list(missing_content({Modality.IMAGE: ALL, Modality.TEXT: ALL})) == []


def test_items_that_lack_something_are_found() -> None:
    some = np.arange(10) > 0
    few = np.arange(10) > 6
    found = {f.name: f for f in missing_content({Modality.IMAGE: some, Modality.TEXT: few})}
    assert set(found) == {"no_image", "no_text", "no_content"}
    assert found["no_image"].items == (0,)
    assert found["no_image"].severity is Severity.NOTE
    assert found["no_text"].severity is Severity.ATTENTION
    assert found["no_content"].items == (0,)
    assert found["no_image"].fix is not None
    assert found["no_image"].fix.parameters == {"missing": "image"}


def test_coverage_is_told_by_popularity() -> None:
    popularity = np.arange(20)[::-1]
    there = np.arange(20) < 10
    shares = coverage_by_popularity({Modality.TEXT: there}, popularity)[Modality.TEXT]
    assert shares == pytest.approx({"Top 10 %": 1, "Next 40 %": 1, "Rest": 0})
