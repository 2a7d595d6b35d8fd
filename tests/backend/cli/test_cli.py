"""The contract of the command line: names, JSON keys, exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from backend.cli import main

DEMO = ("--items", "40", "--users", "30", "--set", "interactions_per_user=8")


def _call(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("cli"))
    assert main(["demo", "--name", "shop", *DEMO, "--home", home]) == 0
    return home


def test_from_data_to_explanation(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    at = ("--home", home)
    features = _call(capsys, "encode", "shop", *at)["features"]
    assert set(features) == {"image", "text"}
    assert set(features["image"]) == {
        "encoder",
        "dim",
        "encoded",
        "cached",
        "missing",
        "per_second",
        "warnings",
    }
    costs = _call(capsys, "encode", "shop", "--encoder", "text=tfidf", "--estimate", *at)["costs"]
    assert [(c["modality"], c["learns"]) for c in costs] == [("text", True)]
    assert costs[0]["new"] > 0
    found = _call(capsys, "health", "shop", *at)
    assert found["not_looked_at"] == {}
    assert {"name", "severity", "sentence", "advice", "items"} <= set(found["findings"][0])
    again = _call(capsys, "encode", "shop", *at)["features"]
    assert again["text"]["encoded"] == 0
    assert again["text"]["cached"] + again["text"]["missing"] == 40

    ease = _call(capsys, "train", "shop", "--model", "ease", *at)
    assert set(ease) >= {
        "run",
        "state",
        "validation",
        "metrics",
        "epochs",
        "seconds",
        "parameters",
    }
    assert ease["state"] == "done"
    fused = _call(
        capsys, "train", "shop", "--model", "fused", "--fusion", "gated", "--set", "epochs=1", *at
    )
    assert fused["metrics"]["ndcg@20"] is not None

    checked = _call(capsys, "evaluate", fused["run"], *at)["metrics"]["ndcg@20"]
    assert checked["value"] == pytest.approx(fused["metrics"]["ndcg@20"], abs=1e-9)
    compared = _call(capsys, "compare", ease["run"], fused["run"], *at)
    assert 0 < compared["differences"][0]["p_value"] <= 1

    items = _call(capsys, "recommend", fused["run"], "--user", "U0001", "-k", "3", *at)["items"]
    assert [item["rank"] for item in items] == [1, 2, 3]
    assert set(items[0]) >= {"item_id", "score", "rank", "attributions"}
    pair = _call(
        capsys, "explain", fused["run"], "--user", "U0001", "--item", items[0]["item_id"], *at
    )
    total = pair["baseline"] + sum(pair["attributions"].values())
    assert total == pytest.approx(pair["score"], abs=1e-4)
    assert isinstance(pair["faithful"], bool)
    probed = _call(capsys, "probe", fused["run"], *at)["modalities"]
    assert set(probed) == {"image", "text"}
    assert {part["use"] for part in probed.values()} == {"inference"}
    assert all(p["interval"][0] <= p["drop"] <= p["interval"][1] for p in probed.values())
    assert _call(capsys, "probe", ease["run"], *at)["modalities"]["image"]["use"] == "none"
    whole = _call(capsys, "explain", fused["run"], *at)
    assert set(whole["mean_absolute"]) == {"image", "text", "collaborative"}
    assert set(whole["recovery"]) >= {"spearman_users", "spearman_pairs"}

    queued = _call(capsys, "train", "shop", "--model", "bpr", "--queue", *at)
    assert queued["state"] == "queued"
    (job,) = _call(capsys, "jobs", *at)["jobs"]
    assert job["run"] == queued["run"]
    assert _call(capsys, "cancel", job["job"], *at)["state"] == "cancelled"
    states = {run["run"]: run["state"] for run in _call(capsys, "runs", *at)["runs"]}
    assert states[queued["run"]] == "cancelled"
    assert main(["runs", *at]) == 0
    told = capsys.readouterr().out
    assert "name EASE" in told
    assert "ndcg@20=" in told
    assert "gini" not in told
    assert _call(capsys, "resume", queued["run"], *at)["state"] == "queued"


def test_words_and_pictures_are_aligned_and_searched(
    home: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    capsys.readouterr()
    at = ("--home", home)
    _call(capsys, "encode", "shop", *at)
    before = _call(capsys, "search", "shop", "--text", "red dress", "-k", "3", *at)
    assert before["space"] == "own encoders"
    assert set(before["items"][0]["similarities"]) == {"text"}
    found = _call(capsys, "align", "shop", "--set", "epochs=3", "--seed", "1", *at)
    for direction in ("text_to_image", "image_to_text"):
        assert set(found[direction]) == {"recall@1", "recall@5", "recall@10"}
    assert 0 < found["chance@10"] <= 1
    assert found["before"] is None
    assert 0 < found["held_out"] < found["pairs"] <= 40
    after = _call(capsys, "search", "shop", "--text", "red dress", "-k", "3", *at)
    assert after["space"] == "aligned"
    hits = after["items"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert set(hits[0]) >= {"item_id", "score", "rank"}
    Image.new("RGB", (60, 90), (200, 30, 30)).save(tmp_path / "red.png")
    like = ("--image", str(tmp_path / "red.png"))
    assert len(_call(capsys, "search", "shop", *like, "-k", "2", *at)["items"]) == 2
    assert len(_call(capsys, "search", "shop", *like, "--by", "text", *at)["items"]) == 10
    both = ("--text", "red dress", *like, "--unlike", hits[0]["item_id"])
    found = _call(capsys, "search", "shop", *both, "-k", "40", *at)["items"]
    assert hits[0]["item_id"] not in [hit["item_id"] for hit in found]
    alike = _call(capsys, "search", "shop", "--like", hits[0]["item_id"], "-k", "4", *at)["items"]
    assert set(alike[0]["similarities"]) == {"image", "text"}
    queued = _call(capsys, "align", "shop", "--seed", "2", "--queue", *at)
    assert queued["state"] == "queued"
    assert _call(capsys, "cancel", queued["job"], *at)["state"] == "cancelled"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("encode", "nothing"), "no data set 'nothing'"),
        (("train", "shop", "--model", "eas"), "Did you mean 'ease'"),
        (("train", "shop", "--model", "bpr", "--set", "epochs=many"), "needs a int"),
        (("train", "shop", "--model", "bpr", "--set", "epochs"), "key=value"),
        (("train", "shop", "--model", "fused", "--fusion", "lat"), "Did you mean 'late'"),
        (("explain", "ffffffff"), "no run"),
        (("import", "/no/such/place", "--name", "x"), "/no/such/place"),
        (("demo", "--name", "x", "--scenario", "moon"), "no scenario 'moon'. Known: "),
        (("demo", "--name", "shop"), "already a data set"),
        (
            ("demo", "--name", "x", "--scenario", "social", "--synergy", "0.5"),
            "'synergy' does not apply to the scenario social. It takes: items, users",
        ),
        (("demo", "--name", "x", "--scenario", "video", "--unique", "image"), "audio, video, text"),
        (("demo", "--name", "x", "--synergy", "7"), "between"),
        (("cancel", "ffffffff"), "no job"),
        (("align", "shop", "--set", "epoch=3"), "Did you mean 'epochs'"),
        (("align", "shop", "--method", "fine_tune"), "image=open_clip"),
        (("align", "shop", "--encoder", "image=efficentnet"), "Did you mean 'efficientnet'"),
        (("search", "shop"), "some words, a picture or an item"),
        (("search", "shop", "--image", "/no/such/file"), "no file '/no/such/file'"),
    ],
)
def test_bad_calls_end_with_one_sentence(
    home: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    capsys.readouterr()
    assert main([*arguments, "--home", home]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert "Traceback" not in captured.err


def test_an_import_reports_what_it_refused(
    tmp_path: Path, home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "interactions.csv").write_text("user_id,item_id\na,1\na,2\n,3\n", "utf-8")
    result = _call(capsys, "import", str(tmp_path), "--name", "tiny", "--home", home)
    assert (result["dataset"], result["interactions"], result["rejected"]) == ("tiny", 2, 1)
    assert Path(result["report"]).is_file()


def test_an_import_takes_columns_and_cleaning(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    rows = ["a,1", "a,2", "b,1", "b,2", "c,3"]
    (tmp_path / "orders.csv").write_text("who,what\n" + "\n".join(rows) + "\n")
    columns = ["--map", "user_id=who", "--map", "item_id=what"]
    arguments = ["import", str(tmp_path), "--name", "orders", *columns]
    cleaned = _call(capsys, *arguments, "--set", "kcore=2", "--home", home)
    assert (cleaned["users"], cleaned["items"], cleaned["interactions"]) == (2, 2, 4)
    assert main([*arguments, "--set", "kcor=2", "--home", home]) == 2
    assert "kcore" in capsys.readouterr().err


def test_settings_are_searched_and_the_best_is_trained(
    home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    options = ("--model", "ease", "--model", "popularity", "--trials", "3", "--home", home)
    found = _call(capsys, "tune", "shop", *options, "--train")
    assert set(found) == {"tuning", "metric", "best", "strategies", "run"}
    assert [(row["strategy"], row["trials"]) for row in found["strategies"]] == [
        ("ease", 3),
        ("popularity", 1),
    ]
    best = max(found["strategies"], key=lambda row: row["value"])
    assert found["best"] == best["strategy"]
    assert found["run"]["validation"]["ndcg@20"] == pytest.approx(best["value"])
    again = _call(capsys, "tune", "--resume", found["tuning"], "--home", home)
    assert again["strategies"][0]["settings"] == found["strategies"][0]["settings"]
    assert main(["tune", "--home", home]) == 2
    assert "--resume" in capsys.readouterr().err


@pytest.mark.parametrize("scenario", ["news", "social", "video"])
def test_a_demo_of_every_scenario(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--items", "20", "--users", "15", "--set", "interactions_per_user=8")
    command = ("demo", "--scenario", scenario, "--name", "small", *options)
    result = _call(capsys, *command, "--home", str(tmp_path))
    assert set(result) == {"dataset", "users", "items", "interactions"}
    assert (result["dataset"], result["users"], result["items"]) == ("small", 15, 20)
    assert result["interactions"] >= 15


def test_the_module_can_be_called(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "backend", "runs", "--json", "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"runs": []}


def test_what_clicks_are_predicted_by_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--home", str(tmp_path))
    size = ("--items", "40", "--users", "30", "--set", "impressions=60", "--set", "pictures=false")
    assert main(["demo", "--name", "log", *size, *at]) == 0
    capsys.readouterr()
    model = ("--model", "factorisation_machine", "--objective", "ctr", "--set", "epochs=1")
    assert main(["train", "log", *model, *at]) == 0
    told = capsys.readouterr().out
    for name in ("auc", "logloss", "calibration_error"):
        assert f"{name}: " in told
