"""Workers and their heartbeats."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from db.columns import database_seconds
from db.records import WorkerRecord
from db.repositories._rows import change
from db.tables import WorkerRow


class Workers:
    """Who empties the queue."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def beat(self, owner: str, host: str, pid: int, devices: Sequence[str]) -> None:
        """Note that this worker lives."""
        statement = insert(WorkerRow).values(
            owner=owner,
            host=host,
            pid=pid,
            devices=",".join(devices),
            started_at=datetime.now(UTC),
            seen=database_seconds(),
        )
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["owner"], set_={"seen": database_seconds()}
            )
        )

    def leave(self, owner: str) -> None:
        """Note that this worker has stopped."""
        change(self._session, delete(WorkerRow).where(WorkerRow.owner == owner))

    def forget(self, idle_seconds: float) -> None:
        """Drop workers that were killed and have not been seen for that long."""
        change(
            self._session,
            delete(WorkerRow).where(WorkerRow.seen < database_seconds() - idle_seconds),
        )

    def list(self) -> tuple[WorkerRecord, ...]:
        """The most recently seen first."""
        statement = select(
            WorkerRow.owner,
            WorkerRow.host,
            WorkerRow.pid,
            WorkerRow.devices,
            WorkerRow.started_at,
            (database_seconds() - WorkerRow.seen).label("idle"),
        ).order_by(WorkerRow.seen.desc())
        return tuple(
            WorkerRecord(owner, host, pid, tuple(devices.split(",")), started_at, idle)
            for owner, host, pid, devices, started_at, idle in self._session.execute(statement)
        )
