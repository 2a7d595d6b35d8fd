"""How well planted contributions to single (person, item) pairs are found again.

    python -m bench.recovery DATASET --home DIR

For every finished run on a generated data set: rank correlation over pairs of found against planted
contributions, each less the person's mean, per modality and averaged (as the Explain page shows);
the same within persons, averaged over persons; and over persons of the shares. The last row is no
model: it reads the planted properties themselves and counts them in each person's training choices
(naive Bayes, the smoothing that does best), so it says what so few choices can tell at most.

"Liked combinations" is for worlds with synergy: of two such pairs, one whose combination of
modalities the person likes and one that the person dislikes, how often the first has the larger
interaction value (AUC, chance 0.5). The reader counts the planted combinations in the choices;
in the very last row it is not told them but has to read the properties off the encoded content, by
ridge regressions that other items have taught it (five folds).
Prints a Markdown table.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.synthetic.generate import load_truth
from backend.data.synthetic.truth import Truth
from backend.explain.planted_synergy import found_synergy, synergy_auc
from backend.explain.recovery import spearman
from backend.schema import Col
from backend.workflows.explanation import explain_run
from backend.workflows.loading import LoadedRun, coalition_tables, load_run
from backend.workflows.recommendation import runs
from backend.workflows.workspace import open_workspace

_USERS, _ITEMS = 300, 400
_SMOOTHING = (1.0, 3.0, 10.0, 30.0)
_RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0)
Tables = dict[str, NDArray[np.float64]]
"""Modality -> f64[U, I], less each row's mean."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", type=Path, default=None)
    given = parser.parse_args()
    workspace = open_workspace(given.home)
    print(
        "| data | model | over pairs | by modality | within persons | over persons | "
        "liked combinations |"
    )
    print("|---|---|---|---|---|---|---|")
    read: LoadedRun | None = None
    for option in runs(workspace, given.dataset):
        read = load_run(workspace, option.run_id)
        truth, users, items = _sample(read)
        tables = coalition_tables(workspace, option.run_id)
        found = _found(tables.players, torch.cat(list(tables.grid(users, items))).numpy())
        planted = _planted(read, truth, users, items)
        whole = explain_run(workspace, option.run_id).recovery
        over = whole.spearman_users if whole is not None else None
        together = synergy_auc(
            found_synergy(tables, users, items), _combinations(read, truth, users, items)
        )
        _row(given.dataset, option.label, found, planted, over, together)
    if read is not None:
        truth, users, items = _sample(read)
        planted = _planted(read, truth, users, items)
        counted = [_counted(read, truth, users, items, s) for s in _SMOOTHING]
        best = max(counted, key=lambda tables: _pairs(tables, planted))
        told = truth.catalogue.combinations[_rows(read, truth, users, _everything(read))[1]]
        together = _counted_combinations(read, truth, users, items, told)
        _row(given.dataset, "counts of the planted properties", best, planted, None, together)
        seen = _read_combinations(read, truth, users)
        together = _counted_combinations(read, truth, users, items, seen)
        if together is not None:
            print(
                f"| {given.dataset} | counts of combinations read off the encoded content "
                f"| | | | | {together:.3f} |"
            )


def _row(
    data: str,
    label: str,
    found: Tables,
    planted: Tables,
    over: float | None,
    together: float | None,
) -> None:
    shared = [m for m in planted if m in found]
    if not shared:
        return
    each = {m: spearman(found[m].ravel(), planted[m].ravel()) or 0.0 for m in shared}
    within = np.mean([_within(found[m], planted[m]) for m in shared])
    parts = ", ".join(f"{m} {value:.2f}" for m, value in each.items())
    persons = "" if over is None else f"{over:.2f}"
    liked = "" if together is None else f"{together:.3f}"
    print(
        f"| {data} | {label} | {np.mean(list(each.values())):.3f} | {parts} | {within:.3f} | "
        f"{persons} | {liked} |",
        flush=True,
    )


def _pairs(found: Tables, planted: Tables) -> float:
    return float(np.mean([spearman(found[m].ravel(), planted[m].ravel()) or 0.0 for m in planted]))


def _within(found: NDArray[np.float64], planted: NDArray[np.float64]) -> float:
    rows = [spearman(a, b) or 0.0 for a, b in zip(found, planted, strict=True)]
    return float(np.mean(rows))


def _sample(loaded: LoadedRun) -> tuple[Truth, torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    users = np.sort(rng.permutation(np.unique(loaded.split.train.users))[:_USERS])
    items = np.sort(rng.permutation(loaded.dataset.n_items)[:_ITEMS])
    return load_truth(loaded.dataset.root), torch.from_numpy(users), torch.from_numpy(items)


def _found(players: tuple[str, ...], phi: NDArray[np.float64]) -> Tables:
    return {player: _centred(phi[:, :, place]) for place, player in enumerate(players)}


def _planted(loaded: LoadedRun, truth: Truth, users: torch.Tensor, items: torch.Tensor) -> Tables:
    rows, columns = _rows(loaded, truth, users, items)
    parts = truth.contributions(np.repeat(rows, len(columns)), np.tile(columns, len(rows)))
    shape = (len(rows), len(columns))
    return {str(m): _centred(parts[str(m)].astype(float).reshape(shape)) for m in truth.modalities}


def _combinations(
    loaded: LoadedRun, truth: Truth, users: torch.Tensor, items: torch.Tensor
) -> NDArray[np.float64]:
    """f64[U, I]: what a combination of modalities adds to the utility."""
    rows, columns = _rows(loaded, truth, users, items)
    parts = truth.contributions(np.repeat(rows, len(columns)), np.tile(columns, len(rows)))
    return np.asarray(parts["both"].astype(float).reshape(len(rows), len(columns)))


def _counted_combinations(
    loaded: LoadedRun,
    truth: Truth,
    users: torch.Tensor,
    items: torch.Tensor,
    catalogue: NDArray[np.floating],
) -> float | None:
    """AUC of the mean combination among a person's choices, the best of the smoothings;
    `catalogue` f[I, K] is what the reader takes the items' combinations to be."""
    train, planted = loaded.split.train, _combinations(loaded, truth, users, items)
    found = []
    for smoothing in _SMOOTHING:
        chosen = [catalogue[train.items[train.users == user]] for user in users.tolist()]
        taste = np.stack([own.sum(axis=0) / (len(own) + smoothing) for own in chosen])
        found.append(synergy_auc(taste @ catalogue[items.numpy()].T, planted))
    known = [value for value in found if value is not None]
    return max(known, default=None)


def _read_combinations(loaded: LoadedRun, truth: Truth, users: torch.Tensor) -> NDArray[np.float64]:
    """f64[I, K]: the product of two properties' signs as ridge regressions tell them from content;
    0 where an item lacks one of both. Items of a fold are read by what the other four teach."""
    words, features = truth.vocabulary, loaded.data.features
    codes = truth.catalogue.codes[_rows(loaded, truth, users, _everything(loaded))[1]]
    columns = []
    for combo in words.combinations:
        product = np.ones(len(codes))
        for name, chosen in ((combo.one, combo.these), (combo.other, combo.those)):
            prop = words.properties[words.column(name)]
            sign = np.array([1.0 if v in chosen else -1.0 for v in prop.values])
            table = features[prop.modality]
            present, signs = table.present.numpy(), sign[codes[:, words.column(name)]]
            found = np.zeros(len(codes))
            found[present] = _read(table.values.numpy()[present].astype(float), signs[present])
            product *= found
        columns.append(product)
    return np.stack(columns, axis=1) if columns else np.zeros((len(codes), 0))


def _read(values: NDArray[np.float64], signs: NDArray[np.float64]) -> NDArray[np.float64]:
    """f64[N] from -1 to 1; the strength of the ridge that does best on the items left out."""
    centred = values - values.mean(axis=0)
    kernel = centred @ centred.T
    kernel /= np.trace(kernel) / len(kernel)
    fold = np.random.default_rng(0).permutation(len(signs)) % 5
    tried = []
    for strength in _RIDGES:
        told = np.zeros(len(signs))
        for number in range(5):
            out, known = fold == number, fold != number
            inner = kernel[np.ix_(known, known)] + strength * np.eye(int(known.sum()))
            mean = signs[known].mean()
            told[out] = mean + kernel[np.ix_(out, known)] @ np.linalg.solve(
                inner, signs[known] - mean
            )
        tried.append(np.clip(told, -1, 1))
    return min(tried, key=lambda told: float(np.square(told - signs).mean()))


def _everything(loaded: LoadedRun) -> torch.Tensor:
    return torch.arange(loaded.dataset.n_items)


def _counted(
    loaded: LoadedRun, truth: Truth, users: torch.Tensor, items: torch.Tensor, smoothing: float
) -> Tables:
    """Log odds of a property's value among a person's choices against the catalogue."""
    rows, columns = _rows(loaded, truth, users, items)
    everything = np.arange(loaded.dataset.n_items)
    codes = truth.catalogue.codes[_rows(loaded, truth, users, torch.from_numpy(everything))[1]]
    words, train = truth.vocabulary, loaded.split.train
    result = {str(m): np.zeros((len(rows), len(columns))) for m in truth.modalities}
    for place, user in enumerate(users.tolist()):
        chosen = codes[train.items[train.users == user]]
        for number, prop in enumerate(words.properties):
            size = len(prop.values)
            usual = np.bincount(codes[:, number], minlength=size) / len(codes)
            seen = np.bincount(chosen[:, number], minlength=size)
            rate = (seen + smoothing * usual) / (len(chosen) + smoothing)
            odds = np.log(np.maximum(rate, 1e-9) / np.maximum(usual, 1e-9))
            result[str(prop.modality)][place] += odds[truth.catalogue.codes[columns, number]]
    return {m: _centred(table) for m, table in result.items()}


def _rows(
    loaded: LoadedRun, truth: Truth, users: torch.Tensor, items: torch.Tensor
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    item_ids = loaded.dataset.items[Col.ITEM_ID].to_numpy(dtype=np.str_)
    return (
        truth.user_rows(loaded.dataset.user_ids[users.numpy()]),
        truth.item_rows(item_ids[items.numpy()]),
    )


def _centred(table: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(table - table.mean(axis=1, keepdims=True))


if __name__ == "__main__":
    main()
