"""Quality of every model on a real data set, through the command line that everybody has.

    python bench/quality.py DATA_FOLDER --name hm [--home DIR] [--positive "rating>=4"]

Imports, encodes, trains each model once on the split given in the data, and prints a Markdown
table of test NDCG@20 and Recall@20 with 95 % bootstrap intervals over users, and seconds of
training (evaluation every epoch included, encoding excluded). What is there already in the
workspace is used again.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from typing import Any

BASELINES = ("popularity", "item_knn", "ease", "bpr", "lightgcn", "vbpr")
FUSIONS = ("early_concat", "early_sum", "late", "hybrid", "gated", "attention")


def call(home: str, *arguments: str, quiet: bool = False) -> dict[str, Any]:
    """One command's JSON; its error is shown and ends the benchmark."""
    command = [sys.executable, "-m", "backend", *arguments, "--json", "--home", home]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if quiet:
            return {}
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    return dict(json.loads(done.stdout))


def main() -> None:
    """Import, encode, train, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--name", required=True)
    parser.add_argument("--home", default="workspace")
    parser.add_argument("--positive", default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=None, help="labels, e.g. ease fused/late")
    given = parser.parse_args()

    imported = call(given.home, "import", given.folder, "--name", given.name, quiet=True)
    print(f"import: {imported or 'was there already'}", file=sys.stderr)
    print(f"encode: {call(given.home, 'encode', given.name)}", file=sys.stderr)
    jobs = [(model, None) for model in BASELINES] + [("fused", fusion) for fusion in FUSIONS]
    if given.only:
        jobs = [(m, f) for m, f in jobs if (f"{m}/{f}" if f else m) in given.only]
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{len(jobs)} models, seed {given.seed}\n"
    )
    print("| model | NDCG@20 | Recall@20 | epochs | seconds |\n|---|---|---|---|---|")
    for model, fusion in jobs:
        options = ["--model", model, "--seed", str(given.seed)]
        options += ["--fusion", fusion] if fusion else []
        options += ["--positive", given.positive] if given.positive else []
        run = call(given.home, "train", given.name, *options)
        metrics = call(given.home, "evaluate", run["run"])["metrics"]
        cells = [_cell(metrics[name]) for name in ("ndcg@20", "recall@20")]
        label = f"{model} / {fusion}" if fusion else model
        row = [label, *cells, str(run["epochs"]), f"{run['seconds']:.0f}"]
        print("| " + " | ".join(row) + " |", flush=True)


def _cell(interval: dict[str, float]) -> str:
    return f"{interval['value']:.4f} [{interval['low']:.4f}, {interval['high']:.4f}]"


if __name__ == "__main__":
    main()
