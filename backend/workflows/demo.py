"""The demos: a generated world, encoded, with models trained and ready to compare and explain."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from backend.data.synthetic.generate import scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.jobs.queue import Queue
from backend.progress import Report, silent
from backend.schema import Modality
from backend.workflows.importing import encode_data, generate_demo
from backend.workflows.jobviews import JobView, job_view
from backend.workflows.training import Plan, prepare, queue_runs
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, JobRecord, JobState
from db.repositories import Datasets, Jobs, Runs

DEFAULT: Final = "shop"
_TILES: Final = 4
_TILE: Final = 160


@dataclass(frozen=True)
class Offer:
    """A world that can be generated with one click."""

    scenario: str
    title: str
    summary: str
    modalities: tuple[Modality, ...]
    items: int
    users: int
    dataset_id: str | None
    """The data set that an earlier click has made."""
    preparing: bool


def prepare_demo(
    workspace: Workspace, scenario: str = DEFAULT, report: Report = silent
) -> DatasetRecord:
    """Generate and encode what is not there yet, then queue the models; safe to repeat."""
    shown = SCENARIOS[scenario].cls
    with workspace.database.read() as session:
        record = Datasets(session).by_name(shown.demo)
    if record is None:
        config = scenario_config(scenario, {})
        record = generate_demo(workspace, config, shown.demo, lambda w, f: report(w, f * 0.4))
    encode_data(workspace, record.id, {}, report=lambda w, f: report(w, 0.4 + f * 0.6))
    with workspace.database.read() as session:
        trained = bool(Runs(session).list(dataset_id=record.id, limit=1))
    if not trained:
        runs = [
            *prepare(workspace, Plan(record.id, shown.baselines)),
            *prepare(workspace, Plan(record.id, ("fused",), shown.fusions)),
        ]
        queue_runs(workspace, runs)
    return record


def start_demo(workspace: Workspace, scenario: str = DEFAULT) -> JobView:
    """Queue a demo (generate, import, encode, train); a second call returns the same job."""
    under_way = _under_way(workspace)
    if scenario not in under_way:
        name = SCENARIOS[scenario].cls.demo
        title = f"Prepare the {name[0].lower()}{name[1:]}"
        queue = Queue(workspace.database)
        job = queue.enqueue("demo", title, {"scenario": scenario}, priority=10)
        return job_view(workspace, job.id)
    return job_view(workspace, under_way[scenario].id)


def offers(workspace: Workspace) -> tuple[Offer, ...]:
    """Every scenario in its default size, the shop first."""
    under_way = _under_way(workspace)
    with workspace.database.read() as session:
        made = {record.name: record.id for record in Datasets(session).list()}
    found = []
    for entry in sorted(SCENARIOS.entries(), key=lambda entry: entry.name != DEFAULT):
        plan = scenario_config(entry.name, {}).blueprint()
        found.append(
            Offer(
                scenario=entry.name,
                title=entry.title,
                summary=entry.summary,
                modalities=plan.vocabulary.modalities,
                items=plan.items,
                users=plan.users,
                dataset_id=made.get(entry.cls.demo),
                preparing=entry.name in under_way,
            )
        )
    return tuple(found)


@lru_cache(maxsize=16)
def preview(scenario: str) -> bytes:
    """A JPEG of 640 x 160: four items of that world side by side, drawn on the spot."""
    world = SCENARIOS[scenario].cls(scenario_config(scenario, {"items": 40, "users": 10}))
    truth = world.imagine()
    strip = Image.new("RGB", (_TILES * _TILE, _TILE))
    for place in range(_TILES):
        # the last rows: in a network the first ones are groups
        picture = world.picture(truth, len(truth.item_ids) - _TILES + place)
        strip.paste(ImageOps.fit(picture, (_TILE, _TILE)), (place * _TILE, 0))
    buffer = BytesIO()
    strip.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _under_way(workspace: Workspace) -> dict[str, JobRecord]:
    """Scenario -> the job that prepares it."""
    with workspace.database.read() as session:
        jobs = Jobs(session).list(states=(JobState.QUEUED, JobState.RUNNING))
    return {str(job.payload.get("scenario", DEFAULT)): job for job in jobs if job.kind == "demo"}
