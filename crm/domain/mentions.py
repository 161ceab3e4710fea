"""``@name`` in what somebody writes calls a teammate: it stands in that person's Today until they have seen it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select

from crm.core import clock, markdown
from crm.core.errors import Missing
from crm.core.tenancy import WorkspaceSession, session_of
from crm.domain import news, notices, permissions, touches
from crm.models.enums import ReminderKind, Visibility
from crm.models.log import Interaction, Mention, Note
from crm.models.reminders import Reminder
from crm.models.workspaces import Membership
from crm.queries import members

EXCERPT_LENGTH = 200


def find(session: WorkspaceSession, mention_id: int, *, reader: Membership) -> Mention:
    """A mention of the reader. Raises :class:`Missing`, also for a mention of somebody else."""
    mention = session.get(Mention, mention_id, with_for_update=session.writing or None)
    if mention is None or mention.user_id != reader.user_id:
        raise Missing
    return mention


def see(mention: Mention, *, by: Membership) -> None:
    """The person who is mentioned has seen it."""
    if mention.seen_at is None:
        mention.seen_at = clock.now()
    news.read_mention(mention)
    touches.end_reminders(session_of(mention), ReminderKind.MENTION, mention.id, by=by.user_id)


def unsee(mention: Mention) -> None:
    """Take :func:`see` back."""
    mention.seen_at = None
    for reminder in session_of(mention).scalars(select(Reminder).where(_reminds_of(mention))):
        reminder.ended_at = reminder.ended_by = reminder.ended_how = None


def named(text: str, people: Iterable[Membership]) -> list[Membership]:
    """The people whom a text calls with ``@`` and their first name or full name, in any case.

    The longest name that fits wins; a first name that several bear calls them all. An ``@`` inside a word, such as in
    an e-mail address, calls nobody.
    """
    by_name: dict[str, list[Membership]] = {}
    for member in people:
        for name in {_folded(member.user.first_name), _folded(member.user.name)} - {""}:
            by_name.setdefault(name, []).append(member)
    called: dict[int, Membership] = {}
    for found in markdown.mention_of(frozenset(by_name)).finditer(text):
        called |= {member.user_id: member for member in by_name.get(_folded(found[1]), [])}
    return list(called.values())


def notice(said: Interaction | Note, *, by: Membership) -> None:
    """Make the mentions and reminders of a text what its words ask for now.

    Nobody is called to what they may not read, and nobody calls themselves. A mention that is no longer in the text is
    taken back unless it was seen.
    """
    session = session_of(said)
    if "@" not in _words(said) and said.version == 1:
        return  # most texts: they call nobody, and were never edited
    called = {
        member.user_id: member
        for member in named(_words(said), members.members_of(session, session.workspace_id))
        if member.user_id != said.created_by and _may_read(member, said)
    }
    rows = {row.user_id: row for row in _mentions(session, said)}
    _take_back(session, [row for user_id, row in rows.items() if user_id not in called])
    for user_id, member in called.items():
        row = rows.get(user_id)
        if row is None:
            _call(session, said, member, by=by)
        else:
            _say_again(session, said, row)


def forget(said: Interaction | Note) -> None:
    """What was said is taken away: so are its mentions that nobody has seen."""
    session = session_of(said)
    _take_back(session, _mentions(session, said))


def weigh_again(session: WorkspaceSession, member: Membership) -> None:
    """Somebody's role has changed: they are reminded of where they were called and may read it, and of nothing else."""
    for mention in session.scalars(select(Mention).where(Mention.user_id == member.user_id, Mention.seen_at.is_(None))):
        if _may_read(member, _said(session, mention)):
            unsee(mention)
        else:
            touches.end_reminders(session, ReminderKind.MENTION, mention.id, by=None)


def _said(session: WorkspaceSession, mention: Mention) -> Interaction | Note:
    if mention.note_id is not None:
        return session.get_one(Note, mention.note_id)
    return session.get_one(Interaction, mention.interaction_id)


def _call(session: WorkspaceSession, said: Interaction | Note, member: Membership, *, by: Membership) -> None:
    mention = Mention(
        vendor_id=said.vendor_id,
        note_id=said.id if isinstance(said, Note) else None,
        interaction_id=said.id if isinstance(said, Interaction) else None,
        user_id=member.user_id,
        mentioned_by=by.user_id,
    )
    session.add(mention)
    session.flush()
    news.mentioned(session, mention, by=by)
    reminder = touches.remind(
        session,
        user_id=member.user_id,
        vendor_id=said.vendor_id,
        kind=ReminderKind.MENTION,
        subject_id=mention.id,
        due_on=member.user.today,
        why=_why(said, by.user_id),
    )
    if reminder is not None:
        notices.tell_at_once(session, reminder)


def _say_again(session: WorkspaceSession, said: Interaction | Note, mention: Mention) -> None:
    """What is told of a text says what the text says now."""
    for reminder in session.scalars(select(Reminder).where(_reminds_of(mention))):
        reminder.why = _why(said, mention.mentioned_by)


def _why(said: Interaction | Note, by_id: int) -> dict[str, Any]:
    return {"kind": ReminderKind.MENTION, "what": markdown.plain(_words(said))[:EXCERPT_LENGTH], "by": by_id}


def _take_back(session: WorkspaceSession, rows: Iterable[Mention]) -> None:
    for row in rows:
        if row.seen_at is None:
            # Its reminder goes with it: a database may give the number of a deleted row to the next one.
            session.execute(delete(Reminder).where(_reminds_of(row)))
            session.delete(row)
    session.flush()


def _reminds_of(mention: Mention) -> ColumnElement[bool]:
    return and_(Reminder.kind == ReminderKind.MENTION, Reminder.subject_id == mention.id)


def _mentions(session: WorkspaceSession, said: Interaction | Note) -> Sequence[Mention]:
    column = Mention.note_id if isinstance(said, Note) else Mention.interaction_id
    return session.scalars(select(Mention).where(column == said.id)).all()


def _words(said: Interaction | Note) -> str:
    return said.body if isinstance(said, Note) else said.summary


def _may_read(member: Membership, said: Interaction | Note) -> bool:
    visibility = said.visibility if isinstance(said, Note) else Visibility.TEAM
    return permissions.may_read(member, visibility, said.created_by)


def _folded(name: str) -> str:
    return " ".join(name.split()).lower()
