"""What a run is called wherever people meet it."""

from db.records import RunRecord
from models.fusion import FUSIONS
from models.recommenders import RECOMMENDERS


def run_label(run: RunRecord) -> str:
    """ "LightGCN", "Fused · Late fusion", "VBPR · image only · seed 2"; never an id."""
    parts = [RECOMMENDERS[run.model].title]
    if run.fusion:
        parts.append(FUSIONS[run.fusion].title)
    backbone = str(run.model_config.get("backbone", "mf"))
    if backbone != "mf":
        parts.append(f"on {RECOMMENDERS[backbone].title}")
    if RECOMMENDERS[run.model].cls.uses_content() and len(run.encoders) == 1:
        parts.append(f"{next(iter(run.encoders))} only")
    parts += [f"{modality} {control}" for modality, control in run.controls.items()]
    if run.seed:
        parts.append(f"seed {run.seed}")
    return " · ".join(parts)


def protocol_key(run: RunRecord) -> str:
    """Runs with equal keys were evaluated on the same test set and can be compared."""
    split = run.split
    kind = str(split["kind"])
    seed = f"-{split['seed']}" if kind in ("random", "cold_items") else ""
    positive = str(split.get("positive") or "")
    return "_".join(part for part in (run.objective, f"{kind}{seed}", positive) if part)


def protocol_label(run: RunRecord) -> str:
    """The same in words."""
    kinds = {
        "given": "the split given with the data",
        "random": "a random split per user",
        "temporal": "each user's last interactions held out",
        "global_time": "everything after one point in time held out",
        "cold_items": "new items only, none of whose clicks was seen in training",
    }
    kind = kinds.get(str(run.split["kind"]), str(run.split["kind"]))
    positive = str(run.split.get("positive") or "")
    tasks = {"rating": "rating prediction", "ctr": "click prediction"}
    task = tasks.get(run.objective, "ranking")
    return f"{task}, {kind}" + (f", positives are {positive}" if positive else "")
