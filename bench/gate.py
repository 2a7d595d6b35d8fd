"""How many explanations the gate shows: of trained models, and of models that know nothing.

    python -m bench.gate DATASET --home DIR

For every finished run that reads content: the share of explanations (five places of sixty people's
lists) that are shown for the trained model, and that are withheld for the same model before
training (closed forms, which have no state before, are solved on choices dealt out at random).
Prints a Markdown table.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from backend.explain.modality_shapley import CoalitionTables
from backend.workflows.loading import LoadedRun, load_run
from backend.workflows.recommendation import runs
from backend.workflows.trust import (
    LIST_LENGTH,
    PEOPLE_JUDGED,
    GateReport,
    gate_report,
    ignorant,
    make_gate,
    report_of,
)
from backend.workflows.workspace import open_workspace

_MODELS = 5
"""Models that know nothing, each from another seed, per run."""
_APART = 1000
"""Their seeds begin here, away from those of their twins."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", type=Path, default=None)
    given = parser.parse_args()
    workspace = open_workspace(given.home)
    print("| data | model | trained: shown | knows nothing: withheld | of | first failures |")
    print("|---|---|---|---|---|---|")
    for option in runs(workspace, given.dataset):
        if not option.reads_content:
            continue
        loaded = load_run(workspace, option.run_id)
        trained = gate_report(workspace, option.run_id)
        nothing = [_of_ignorant(loaded, number) for number in range(_MODELS)]
        judged = sum(report.judged for report in nothing)
        withheld = judged - sum(report.shown for report in nothing)
        cells = [
            given.dataset,
            option.label,
            f"{trained.share:.1%}",
            f"{withheld / judged:.1%}",
            f"{trained.judged} and {judged}",
            ", ".join(f"{name} {count}" for name, count in trained.failures.items()) or "none",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


def _of_ignorant(loaded: LoadedRun, number: int) -> GateReport:
    """The gate over the lists of a model that knows nothing; its twins are others of the kind."""
    tables = ignorant(loaded, _APART + number)
    return report_of(make_gate(loaded, tables), _heads(loaded, tables))


def _heads(loaded: LoadedRun, tables: CoalitionTables) -> list[tuple[int, int]]:
    """The first places of people's lists by this model."""
    train = loaded.split.train
    people = np.random.default_rng(1).permutation(np.unique(train.users))[:PEOPLE_JUDGED]
    pairs = []
    for user in np.sort(people).tolist():
        scores = tables.embeddings().score(torch.tensor([user]))[0]
        scores[torch.from_numpy(train.items[train.users == user])] = -torch.inf
        pairs += [(user, item) for item in scores.topk(LIST_LENGTH).indices.tolist()]
    return pairs


if __name__ == "__main__":
    main()
