"""What was done to a data set between its source and its tables, step by step."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Self


@dataclass(frozen=True)
class StepRecord:
    """One step of cleaning. Pairs are (before, after).

    `changed` counts texts or pictures that are kept in another form than they came in.
    """

    name: str
    what: str
    """One sentence for a person."""
    interactions: tuple[int, int]
    users: tuple[int, int]
    items: tuple[int, int]
    changed: int = 0

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Inverse of `asdict`, also after JSON has made lists of the pairs."""
        counts = {key: _pair(values[key]) for key in ("interactions", "users", "items")}
        changed = values.get("changed", 0)
        if not isinstance(changed, int):
            raise TypeError("a count is not a number")
        return cls(name=str(values["name"]), what=str(values["what"]), changed=changed, **counts)


@dataclass(frozen=True)
class CleaningRecord:
    """The settings that were chosen and what each step that took place did, in order."""

    config: Mapping[str, object] = field(default_factory=dict)
    steps: tuple[StepRecord, ...] = ()

    def to_mapping(self) -> dict[str, object]:
        """Plain JSON types."""
        return {"config": dict(self.config), "steps": [asdict(step) for step in self.steps]}

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Inverse of `to_mapping`; empty for a data set that was stored before there was one."""
        config, steps = values.get("config", {}), values.get("steps", [])
        if not isinstance(config, dict) or not isinstance(steps, list):
            raise TypeError("not a record of steps")
        return cls(config, tuple(StepRecord.from_mapping(step) for step in steps))


def _pair(value: object) -> tuple[int, int]:
    if not isinstance(value, list | tuple):
        raise TypeError("not a pair of counts")
    before, after = value
    return int(before), int(after)
