"""Notes about vendors."""

from typing import Any

from crm.api.fields import Body, Instant, Pick, Shown, Text, Whole, asked_number, number
from crm.api.gate import NOTHING, Answer, Call, Noun
from crm.api.paging import asking, paged, several, step
from crm.domain import deletions, notes, vendors
from crm.models.enums import Visibility
from crm.queries import log

noun = Noun("notes", "What somebody wants the team, the admins or only themselves to know about a vendor.")

_PLAIN: dict[str, Any] = {
    "body": Text("Markdown, in which @name calls a teammate.", least=1),
    "visibility": Pick(Visibility, "Who may read it."),
}
_READ_ONLY: dict[str, Any] = {
    "id": number(),
    "vendor_id": number(),
    "version": Whole(least=1),
    "created_at": Instant(),
    "created_by": number(allow_none=True),
}
_NEW: dict[str, Any] = {"vendor_id": number(required=True), "body": Text(least=1, required=True)}
NoteShown = type("Note", (Shown,), {**_PLAIN, **_READ_ONLY})
NewNote = type("NewNote", (Body,), {**_PLAIN, **_NEW})
NoteChange = type("NoteChange", (Body,), {**_PLAIN, "version": Whole("The one that was read.", least=1)})


@noun.get(
    "/notes",
    asks=asking("Notes", log.NOTE_SORTS, vendor_id=asked_number(), created_by=asked_number()),
    gives=several(NoteShown),
)
def index(call: Call) -> Answer:
    """Lists the notes that the token's person may read."""
    exact = {name: call.asked[name] for name in ("vendor_id", "created_by") if name in call.asked}
    found = log.notes(call.session, step(call, "notes"), reader=call.member, words=call.asked["q"], **exact)
    return paged(call, "notes", found, found.rows)


@noun.get("/notes/<int:note_id>", gives=NoteShown)
def show(call: Call, note_id: int) -> Answer:
    """Shows one note."""
    note = notes.find(call.session, note_id, reader=call.member)
    return Answer(note, mark=note.version)


@noun.post("/notes", takes=NewNote, gives=NoteShown)
def create(call: Call) -> Answer:
    """Writes a note."""
    vendor = vendors.at(call.session, call.body.pop("vendor_id"))
    note = notes.write(vendor, by=call.member, **call.body)
    return Answer(note, mark=note.version, location=f"/notes/{note.id}")


@noun.patch("/notes/<int:note_id>", takes=NoteChange, gives=NoteShown)
def update(call: Call, note_id: int) -> Answer:
    """Changes a note; what it said before is kept. Its author and admins may."""
    note = notes.find(call.session, note_id, reader=call.member)
    call.expect(note.version)
    version = call.version(note.version)
    said = {"body": note.body, "visibility": note.visibility} | call.body
    notes.edit(note, by=call.member, version=version, **said)
    return Answer(note, mark=note.version)


@noun.delete("/notes/<int:note_id>")
def destroy(call: Call, note_id: int) -> Answer:
    """Takes a note away, into the bin. Its author and admins may."""
    note = notes.find(call.session, note_id, reader=call.member)
    call.expect(note.version)
    deletions.of_note(note, by=call.member)
    return NOTHING
