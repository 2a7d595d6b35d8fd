"""Which interactions of a data set models are trained and tested on."""

import json

import pandas as pd

from backend.data.dataset import Dataset
from backend.data.split import SplitConfig, split_interactions
from backend.errors import InvalidInput
from backend.schema import Col, SplitName
from backend.workflows.loading import default_split, open_dataset
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from db.repositories import Runs


def tested_split(workspace: Workspace, record: DatasetRecord) -> str:
    """The split that models are tested on: the one that came with the data (""), else that of the
    newest run, else the default ("{}")."""
    dataset = open_dataset(workspace, record)
    if Col.SPLIT in dataset.interactions.columns:
        return ""
    with workspace.database.read() as session:
        runs = Runs(session).list(dataset_id=record.id, limit=1)
    return json.dumps(dict(runs[0].split) if runs else {}, sort_keys=True)


def split_rows(dataset: Dataset, split_key: str) -> pd.DataFrame | None:
    """The interactions with the part that each is in, for an answer of `tested_split`; None where
    there is too little to part."""
    if not split_key:
        return dataset.interactions
    chosen = json.loads(split_key)
    config = SplitConfig.from_mapping(chosen) if chosen else default_split(dataset)
    try:
        split = split_interactions(dataset, config, "ranking")
    except InvalidInput:
        return None
    parts = zip(SplitName, (split.train, split.validation, split.test), strict=True)
    rows = dataset.interactions
    return pd.concat(rows.iloc[part.rows].assign(**{Col.SPLIT: str(name)}) for name, part in parts)
