"""What commands print: one JSON object, or a few lines for people; never both."""

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option(help="Workspace directory (default: FUSIONLENS_HOME, else ./workspace)."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead of lines for people.")
]


def say(result: Mapping[str, object], as_json: bool) -> None:
    """Print a command's result on standard output; NaN becomes null in JSON."""
    if as_json:
        sys.stdout.write(json.dumps(_plain(result), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(result, "")) + "\n")


def progress(what: str, fraction: float) -> None:
    """A report on standard error: one line that rewrites itself on a terminal, silent elsewhere."""
    if sys.stderr.isatty():
        end = "\n" if fraction >= 1 else ""
        sys.stderr.write(f"\r\033[K{fraction:4.0%}  {what[:90]}{end}")
        sys.stderr.flush()


def pairs(options: list[str], flag: str) -> dict[str, str]:
    """["image=x", "text=y"] -> {"image": "x", "text": "y"}; a usage error without "="."""
    found = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key.strip():
            raise typer.BadParameter(f"Write {flag} key=value, not '{option}'.")
        found[key.strip()] = value.strip()
    return found


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _lines(value: object, indent: str) -> list[str]:
    if isinstance(value, Mapping):
        found = []
        for key, part in value.items():
            if isinstance(part, Mapping | list | tuple) and part:
                found += [f"{indent}{key}:", *_lines(part, indent + "  ")]
            else:
                found.append(f"{indent}{key}: {_shown(part)}")
        return found
    if isinstance(value, list | tuple):
        return [line for part in value for line in _entry(part, indent)]
    return [f"{indent}{_shown(value)}"]


def _entry(part: object, indent: str) -> list[str]:
    if isinstance(part, Mapping):
        return [indent + "- " + ", ".join(f"{k} {_shown(v)}" for k, v in part.items())]
    return [f"{indent}- {_shown(part)}"]


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else "–"
    if isinstance(value, Mapping):
        return " ".join(f"{k}={_shown(v)}" for k, v in value.items())
    return "–" if value is None else str(value)
