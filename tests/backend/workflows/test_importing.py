"""Requests travel through a job unchanged; wrong ones are refused before anything is queued."""

import json
from pathlib import Path

import pytest

from backend.errors import InvalidInput
from backend.workflows.catalogue import queue_import
from backend.workflows.importing import ImportRequest, import_data, inspect_source, keep_upload
from models.errors import ConfigError

ORDERS = "customer,sku,stars\nann,007,5\nbob,007,4\n"
REQUEST = ImportRequest("auto", {"user_id": "customer", "item_id": "sku"})


def test_a_request_survives_a_job() -> None:
    payload = json.loads(json.dumps(REQUEST.to_payload()))
    assert ImportRequest.from_payload(payload) == REQUEST
    assert ImportRequest.from_payload({"path": "p", "name": "n"}) == ImportRequest()


def test_an_uploaded_table_is_looked_at_and_imported(empty) -> None:
    path = keep_upload(empty, ORDERS.encode(), "Orders 2024.CSV")
    assert path.suffix == ".csv"
    assert path.stat().st_mode & 0o777 == 0o600
    preview = inspect_source(path)
    assert preview.mapping is not None
    assert preview.mapping.to_pairs()["user_id"] == "customer"
    record = import_data(empty, path, "orders", REQUEST).record
    assert (record.users, record.items, record.explicit) == (2, 1, True)


@pytest.mark.parametrize("name", ["evil.pkl", "model.pt", "page.html", "fake.zip"])
def test_uploads_of_other_kinds_are_refused(empty, name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        keep_upload(empty, b"anything", name)


def test_a_wrong_request_is_refused_before_it_is_queued(empty, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    for request in (ImportRequest("movielense"), ImportRequest(mapping={"usr": "x"})):
        with pytest.raises(ConfigError):
            queue_import(empty, tmp_path, "orders", "orders", request)
    assert queue_import(empty, tmp_path, "orders", "orders", REQUEST).state == "queued"
