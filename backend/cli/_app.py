"""The application: one Typer command per line of the contract, errors as one sentence."""

import logging
import os
import secrets
import sys
from collections.abc import Sequence

import typer

from backend.cli import (
    alignment,
    analysis,
    audit,
    data,
    experiment,
    machine,
    probing,
    report,
    training,
    tuning,
)
from backend.errors import USER_ERRORS

app = typer.Typer(
    name="python -m backend",
    help="FusionLens: compare fusion strategies for multimodal recommendation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
MODULES = (
    data, alignment, training, tuning, experiment, report, analysis, probing, audit, machine,
)  # fmt: skip
for module in MODULES:
    for name, function in module.COMMANDS.items():
        app.command(name)(function)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0, or 2 with one sentence on standard error; 1 only for a defect."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.captureWarnings(True)
    try:
        code = app(args=arguments, standalone_mode=False)
    except USER_ERRORS as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return 130
    except typer.TyperException as error:
        sys.stderr.write(f"{error.format_message()}\n")
        return 2
    except Exception:
        reference = secrets.token_hex(4)
        logging.getLogger("fusionlens").exception("reference %s", reference)
        sys.stderr.write(
            f"Something unexpected happened (reference {reference}); your data is safe. "
            "The lines above help to report it.\n"
        )
        return 1
    return code if isinstance(code, int) else 0
