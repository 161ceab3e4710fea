"""The one place that commits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from sqlalchemy import Engine

from crm.core.engine import WRITING
from crm.core.tenancy import (
    HouseSession,
    InstallationSession,
    WorkspaceSession,
    installation_session,
    workspace_session,
)

S = TypeVar("S", bound=HouseSession)
Begin = Callable[[], AbstractContextManager[InstallationSession]]


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


@contextmanager
def installation_works(engine: Engine) -> Iterator[Begin]:
    """For transactions in quick succession: what is given begins one after the other, all on one connection."""
    with engine.connect().execution_options(**{WRITING: True}) as connection:

        @contextmanager
        def begin() -> Iterator[InstallationSession]:
            with connection.begin():
                session = InstallationSession(connection, writing=True, join_transaction_mode="rollback_only")
                try:
                    yield session
                    session.flush()
                finally:
                    session.close()

        yield begin
