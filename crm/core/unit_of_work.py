"""The one place that commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Engine

from crm.core.tenancy import (
    HouseSession,
    InstallationSession,
    WorkspaceSession,
    installation_session,
    workspace_session,
)

S = TypeVar("S", bound=HouseSession)


def commit(session: HouseSession) -> None:
    """Make what the session holds last."""
    session.commit()


@contextmanager
def work(session: S) -> Iterator[S]:
    """A transaction: committed at the end of the block, undone whole by an exception."""
    try:
        yield session
        commit(session)
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def workspace_work(engine: Engine, workspace_id: int) -> Iterator[WorkspaceSession]:
    """A writing transaction inside a workspace."""
    with work(workspace_session(engine, workspace_id, writing=True)) as session:
        yield session


@contextmanager
def installation_work(engine: Engine) -> Iterator[InstallationSession]:
    """A writing transaction outside all workspaces."""
    with work(installation_session(engine, writing=True)) as session:
        yield session
