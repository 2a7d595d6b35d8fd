"""What is dropped keeps its names, is looked at, and does not stay where it cannot be imported."""

import os
import stat
import time
import zipfile
from pathlib import Path

import pytest

from backend.errors import InvalidInput
from backend.workflows.catalogue import queue_import
from backend.workflows.columns import confidence, likely_file, questions, taken_twice
from backend.workflows.importing import ImportRequest, import_data, inspect_source
from backend.workflows.remedies import remedy
from backend.workflows.uploading import Upload, bring, discard, keep_files, sweep

ROWS = [f"u{n % 7},a{n % 3 + 1},{n % 5 + 1}" for n in range(20)]
ORDERS = Upload("orders.csv", "\n".join(["customer,article,stars", *ROWS, "u1,a2,oops\n"]).encode())
GOODS = Upload("shop/goods.csv", b"article,headline\na1,Red coat\na2,Blue hat\na3,Green bag\n")


def test_several_tables_keep_their_names_and_are_imported(empty) -> None:
    brought = bring(empty, [ORDERS, GOODS], "shop")
    assert brought.title == "orders.csv and 1 more"
    assert stat.S_IMODE(brought.path.stat().st_mode) == 0o600
    assert {table.file: table.use for table in brought.preview.tables} == {
        "orders.csv": "interactions",
        "shop/goods.csv": "items",
    }
    assert brought.preview.mapping is not None
    request = ImportRequest(mapping=brought.preview.mapping.to_pairs())
    outcome = import_data(empty, brought.path, "shop", request)
    assert (outcome.record.users, outcome.record.items, outcome.record.interactions) == (7, 3, 20)
    assert [(p.row, p.value) for p in outcome.validation.problems] == [(22, "oops")]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([Upload("a.zip", b"PK"), ORDERS], "alone"),
        ([Upload("model.pkl", b"x"), Upload("page.html", b"x")], "None of these files"),
        ([ORDERS, ORDERS], "Two files are called 'orders.csv'"),
        ([Upload("coat.jpg", b"x")], "no table that says who chose what"),
        ([Upload("fake.zip", b"x")], "fake.zip"),
    ],
)
def test_what_cannot_be_imported_is_refused_and_not_kept(empty, files, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        bring(empty, files, "shop")
    assert list(empty.settings.uploads.iterdir()) == []


def test_a_name_that_leads_out_stays_inside(empty) -> None:
    path = keep_files(empty, [ORDERS, Upload("../../evil.csv", b"a,b\n1,2\n")])
    assert zipfile.is_zipfile(path)
    preview = inspect_source(path)
    assert [table.file for table in preview.tables] == ["orders.csv"]
    assert any("leads out" in problem for problem in preview.problems)


def test_only_uploads_are_discarded(empty, tmp_path: Path) -> None:
    own = tmp_path / "orders.csv"
    own.write_bytes(ORDERS.content)
    kept = keep_files(empty, [ORDERS])
    discard(empty, own)
    discard(empty, kept)
    assert own.exists()
    assert not kept.exists()


def test_what_nobody_imported_goes_after_a_day(empty) -> None:
    fresh, waiting, left = (keep_files(empty, [ORDERS]) for _ in range(3))
    yesterday = time.time() - 25 * 3600
    for path in (waiting, left):
        os.utime(path, (yesterday, yesterday))
    queue_import(empty, waiting, waiting.name, "shop")
    assert sweep(empty) == 1
    assert fresh.exists()
    assert waiting.exists()
    assert not left.exists()


def test_questions_have_the_guess_and_how_sure_it_is(empty) -> None:
    preview = bring(empty, [ORDERS, GOODS], "shop").preview
    assert likely_file(preview, "interactions") == "orders.csv"
    table = next(table for table in preview.tables if table.file == "orders.csv")
    first, second, *others = questions(table, "interactions")
    assert (first.key, first.column, first.required) == ("user_id", "customer", True)
    assert (second.key, second.column, second.required) == ("item_id", "article", True)
    assert first.confidence in ("sure", "likely")
    assert not any(question.required for question in others)
    as_items = {question.key: question.column for question in questions(table, "items")}
    assert as_items["items.item_id"] == "article"


def test_confidence_in_words_and_doubled_columns() -> None:
    assert [confidence(c) for c in (0.9, 0.75, 0.4, 0.0)] == ["sure", "likely", "please check", ""]
    assert taken_twice(["a", "", "", "b", "a"]) == "a"
    assert taken_twice(["a", "", ""]) == ""


def test_columns_unknown_to_the_format_that_the_name_promises_are_asked_for(empty) -> None:
    odd = Upload("interactions.csv", b"wer,was\nann,a1\nann,a2\nbob,a1\n")
    preview = bring(empty, [odd], "shop").preview
    assert preview.format == ""
    assert [table.file for table in preview.tables] == ["interactions.csv"]


def test_every_reason_has_something_to_do() -> None:
    assert "first of the equal rows" in remedy("the same user, item and time were given before")
    assert "JPEG" in remedy("The picture is damaged (broken).")
    assert remedy("something new").endswith("new name.")
