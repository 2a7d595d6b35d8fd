"""Where things live and how to run; the only reader of the process environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Settings:
    """Execution options (never saved with a run)."""

    home: Path
    """The workspace: database, data sets, features, aligned spaces, runs, searches, logs."""

    @classmethod
    def from_env(cls, home: Path | None = None) -> Self:
        """`home`, else FUSIONLENS_HOME, else ./workspace."""
        chosen = home or Path(os.environ.get("FUSIONLENS_HOME", "workspace"))
        return cls(home=chosen.expanduser().resolve())

    @property
    def database(self) -> Path:
        return self.home / "fusionlens.db"

    @property
    def datasets(self) -> Path:
        return self.home / "datasets"

    @property
    def features(self) -> Path:
        return self.home / "features"

    @property
    def aligned(self) -> Path:
        return self.home / "aligned"

    @property
    def maps(self) -> Path:
        return self.home / "maps"

    @property
    def health(self) -> Path:
        return self.home / "health"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def tunings(self) -> Path:
        return self.home / "tunings"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def uploads(self) -> Path:
        return self.home / "uploads"
