import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from backend.cli._app import main
from backend.errors import InvalidInput
from backend.report.export import archive, as_csv, as_latex, file_stem, write_report
from backend.report.tables import ReportTable, tables
from backend.workflows.experiment import ExperimentPlan, create
from backend.workflows.experiment_report import ReportContents, contents
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, ExperimentRecord


def test_every_table_says_what_the_verdict_says(found: ReportContents) -> None:
    by_name = {table.name: table for table in tables(found)}
    assert set(by_name) == {"gains", "groups", "strategies", "metrics", "runs"}
    gains = by_name["gains"].numbers
    assert gains["gain"].tolist()[:-1] == [f.gain for f in found.verdict.findings]
    strategies = by_name["strategies"].numbers.set_index("strategy")
    for row in found.verdict.standings:
        assert strategies.loc[row.label, "test"] == row.test
    metrics = by_name["metrics"].numbers.set_index("strategy")
    for row in found.verdict.standings:
        assert metrics.loc[row.label, found.view.metric] == pytest.approx(row.test)
    runs = by_name["runs"].numbers
    assert set(runs["run"]) == {run.id for run in found.runs}
    assert {len(table.numbers) - len(table.words) for table in by_name.values()} == {0}


def test_the_zip_holds_three_forms_of_every_table_and_is_the_same_twice(
    found: ReportContents,
) -> None:
    content = archive(found)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = set(file.namelist())
        assert "report.html" in names
        for table in tables(found):
            forms = {f"tables/{table.name}.{kind}" for kind in ("csv", "parquet", "tex")}
            assert forms <= names
            parquet = pd.read_parquet(io.BytesIO(file.read(f"tables/{table.name}.parquet")))
            pd.testing.assert_frame_equal(parquet, table.numbers)
    assert archive(found) == content


def test_csv_is_never_a_formula_and_latex_is_escaped() -> None:
    frame = pd.DataFrame({"name": ["=1+1", "a & b"], "value": [0.25, 1.0]})
    words = pd.DataFrame({"Name": ["a_b & 100 %", "c · d"], "Gain": ["−2.1 %", "+1 %"]})
    table = ReportTable("t", "All 95 % of it", frame, words)
    assert as_csv(table).decode("utf-8-sig").splitlines()[1] == "'=1+1,0.25"
    latex = as_latex(table).decode()
    assert r"\caption{All 95 \% of it}" in latex
    assert r"a\_b \& 100 \% & $-$2.1 \%" in latex
    assert r"c $\cdot$ d" in latex


def test_the_command_writes_everything(
    reported: Workspace,
    finished: ExperimentRecord,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = str(reported.settings.home)
    assert main(["report", finished.id, str(folder), "--json", "--home", home]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == finished.verdict["decision"]
    assert (folder / "report.html").stat().st_size > 1_000_000
    assert all(Path(path).is_file() for path in (said["report"], *said["tables"]))


def test_a_file_in_the_way_and_a_missing_verdict_are_sentences(
    reported: Workspace, shop: DatasetRecord, found: ReportContents, folder: Path
) -> None:
    folder.write_text("mine")
    with pytest.raises(InvalidInput, match="Name a folder"):
        write_report(found, folder)
    assert folder.read_text() == "mine"
    waiting = create(reported, ExperimentPlan(shop.id, models=("fused:late",)))
    with pytest.raises(InvalidInput, match="has no verdict yet"):
        contents(reported, waiting.id)


def test_file_names_are_plain() -> None:
    assert file_stem("Is it worth it? (3)") == "is-it-worth-it-3"
    assert file_stem("…") == "report"
