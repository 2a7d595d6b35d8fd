"""Commands that make, import and encode data sets."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, pairs, progress, say
from backend.data.synthetic.generate import scenario_config
from backend.workflows.encoding import estimate_costs
from backend.workflows.health import health as check_health
from backend.workflows.health import look_closer
from backend.workflows.importing import ImportRequest, encode_data, generate_demo, import_data
from backend.workflows.workspace import open_workspace
from db.records import DatasetRecord

Name = Annotated[str, typer.Option(help="What to call the data set.")]
Encoders = Annotated[
    list[str] | None,
    typer.Option("--encoder", help="MODALITY=NAME, e.g. image=efficientnet; may be repeated."),
]


def demo(
    name: Name,
    scenario: Annotated[
        str, typer.Option(help="Which world to generate: shop, news, social or video.")
    ] = "shop",
    items: Annotated[int | None, typer.Option(help="Number of items.")] = None,
    users: Annotated[int | None, typer.Option(help="Number of users.")] = None,
    seed: Annotated[int | None, typer.Option(help="Equal seeds give equal bytes.")] = None,
    unique: Annotated[
        str | None, typer.Option(help="Which modality carries taste: its name, both, all, or 0-1.")
    ] = None,
    redundancy: Annotated[
        float | None, typer.Option(help="How often two modalities say the same, 0 to 1.")
    ] = None,
    synergy: Annotated[
        float | None, typer.Option(help="Share of taste for combinations only, 0 to 1.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Any other setting of the generator.")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Generate a catalogue whose truth is known."""
    given = {
        "items": items,
        "users": users,
        "seed": seed,
        "unique": unique,
        "redundancy": redundancy,
        "synergy": synergy,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    config = scenario_config(scenario, {**pairs(setting or [], "--set"), **chosen})
    record = generate_demo(open_workspace(home), config, name, progress)
    say(_summary(record), json)


def import_(
    path: Annotated[Path, typer.Argument(help="A folder, a ZIP file or a table.")],
    name: Name,
    format: Annotated[str, typer.Option(help="Import format; auto detects it.")] = "auto",
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="ROLE=COLUMN, e.g. user_id=customer, items.item_id=sku; also interactions=FILE, "
            "items=FILE. May be repeated.",
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value of the cleaning, e.g. kcore=5; may be repeated."),
    ] = None,
    fetch_pictures: Annotated[
        bool,
        typer.Option(
            "--fetch-pictures",
            help="Fetch pictures that are named by https address; off by default.",
        ),
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Import a data set; bad rows are reported with their number and reason."""
    cleaning = dict(pairs(setting or [], "--set"))
    request = ImportRequest(format, pairs(column or [], "--map"), cleaning, fetch_pictures)
    outcome = import_data(open_workspace(home), path, name, request, progress)
    rejected = {"rejected": outcome.record.rejected, "report": str(outcome.report)}
    say(_summary(outcome.record) | rejected, json)


def encode(
    dataset: Annotated[str, typer.Argument(help="Name or id of the data set.")],
    encoder: Encoders = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:0 …")] = "auto",
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it would cost.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Encode what items show, say and play; nothing is encoded twice."""
    workspace, chosen = open_workspace(home), pairs(encoder or [], "--encoder")
    if estimate:
        say({"costs": [asdict(cost) for cost in estimate_costs(workspace, dataset, chosen)]}, json)
        return
    found = encode_data(workspace, dataset, chosen, device, progress)
    features = {
        one.record.modality: {
            "encoder": one.record.encoder,
            "dim": one.record.dim,
            "encoded": one.record.encoded,
            "cached": one.record.cached,
            "missing": one.record.missing,
            "per_second": one.record.per_second,
            "warnings": list(one.warnings),
        }
        for one in found
    }
    say({"features": features}, json)


def health(
    dataset: Annotated[str, typer.Argument(help="Name or id of the data set.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """What deserves attention in a data set before training, and what to do about it."""
    workspace = open_workspace(home)
    look_closer(workspace, dataset, progress)
    report = check_health(workspace, dataset)
    findings = [
        {
            "name": finding.name,
            "severity": str(finding.severity),
            "sentence": finding.sentence,
            "advice": finding.advice,
            "items": len(finding.items),
        }
        for finding in report.findings
    ]
    open_areas = {area.title: area.open for area in report.areas if area.open}
    say({"headline": report.headline, "findings": findings, "not_looked_at": open_areas}, json)


def _summary(record: DatasetRecord) -> dict[str, object]:
    return {
        "dataset": record.name,
        "users": record.users,
        "items": record.items,
        "interactions": record.interactions,
    }


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "demo": demo,
    "import": import_,
    "encode": encode,
    "health": health,
}
