"""The page of what was deleted, the Undo in the toast, and the end of it."""

import pytest
from sqlalchemy import select

from crm.domain import deletions, notes
from crm.models.bin_items import BinItem
from crm.models.enums import BinKind, Visibility
from crm.models.log import Note
from crm.models.vendors import Attachment, Person, Vendor
from tests.support.browsing import words
from tests.support.populated import Populated, populate


@pytest.fixture
def place(engine, business, settings) -> Populated:
    return populate(engine, business, settings)


def items(inside, business) -> dict[BinKind, int]:
    with inside(business) as session:
        return {kind: item_id for item_id, kind in session.execute(select(BinItem.id, BinItem.kind))}


def test_undo_in_the_toast_puts_back_at_once(client, place, inside, business) -> None:
    person_id = place.ids["person_id"]
    shown = client.follow(client.post(f"/people/{person_id}/delete"))
    assert "Rashid Amin deleted." in words(shown, ".toasts")
    undo = f"/bin/{items(inside, business)[BinKind.PERSON]}/putting-back"
    assert f'action="{undo}"' in shown.text
    back = client.follow(client.post(undo))
    assert "Rashid Amin is back." in words(back, ".toasts")
    with inside(business) as session:
        assert session.get_one(Person, person_id).name == "Rashid Amin"


def test_a_vendor_is_deleted_and_found_again(client, place, inside, business) -> None:
    vendor_id = place.vendor_id
    client.post(f"/vendors/{vendor_id}/delete")
    assert client.get(f"/vendors/{vendor_id}").status_code == 404
    assert "Copperbeech Words" in words(client.get("/bin"), "main")
    client.post(f"/bin/{items(inside, business)[BinKind.VENDOR]}/putting-back")
    assert client.get(f"/vendors/{vendor_id}").status_code == 200
    assert "Copperbeech Words" in words(client.get("/search?q=Copperbeech"), "main")


def test_a_file_is_read_by_nobody_until_it_is_put_back(client, place, inside, business) -> None:
    path = f"/files/{place.ids['attachment_id']}"
    assert client.get(path).status_code == 200
    client.post(f"{path}/delete")
    assert client.get(path).status_code == 404
    client.post(f"/bin/{items(inside, business)[BinKind.FILE]}/putting-back")
    assert client.get(path).status_code == 200


def test_what_is_left_of_a_vendor_in_the_bin_says_that_the_vendor_comes_first(client, place, inside, business) -> None:
    client.post(f"/people/{place.ids['person_id']}/delete")
    client.post(f"/vendors/{place.vendor_id}/delete")
    assert "put them back first" in words(client.get("/bin"), "main")
    answer = client.post(f"/bin/{items(inside, business)[BinKind.PERSON]}/putting-back")
    assert answer.status_code == 422
    assert "Put the vendor back first." in answer.text


def test_a_private_note_is_on_nobody_elses_page(browser_of, place, inside, business) -> None:
    with inside(business) as session:
        vendor = session.get_one(Vendor, place.vendor_id)
        note = notes.write(vendor, by=business.member, body="They drink", visibility=Visibility.AUTHOR)
        item_id = deletions.of_note(note, by=business.member).id
    for person in (business.owner, business.admin):
        browser = browser_of(person)
        assert "They drink" not in browser.get("/bin").text
        assert browser.post(f"/bin/{item_id}/putting-back").status_code == 404
        assert browser.post(f"/bin/{item_id}/erasure").status_code == 404
    browser = browser_of(business.owner)
    assert browser.post("/bin/erasure").status_code == 303, "the bin is emptied of the rest"
    author = browser_of(business.member)
    assert "They drink" in author.get("/bin").text
    assert author.post(f"/bin/{item_id}/putting-back").status_code == 303
    with inside(business) as session:
        assert session.scalars(select(Note).where(Note.body == "They drink")).one().visibility is Visibility.AUTHOR


def test_a_teammate_puts_back_and_erases_nothing(browser_of, place, inside, business) -> None:
    mate = browser_of(business.member)
    item_id = place.ids["item_id"]
    page = mate.get("/bin")
    assert "The old portfolio" in words(page, "main")
    assert "Delete for good" not in page.text
    assert mate.post(f"/bin/{item_id}/erasure").status_code == 403
    assert mate.post("/bin/erasure").status_code == 403
    assert mate.post(f"/bin/{item_id}/putting-back").status_code == 303
    assert mate.post(f"/bin/{item_id}/putting-back").status_code == 404, "it is there already"


def test_a_viewer_has_no_bin_and_a_stranger_another(browser_of, place, business) -> None:
    item_id = place.ids["item_id"]
    assert browser_of(business.viewer).get("/bin").status_code == 403
    stranger = browser_of(business.stranger)
    assert "The old portfolio" not in stranger.get("/bin").text
    for act in ("putting-back", "erasure"):
        assert stranger.post(f"/bin/{item_id}/{act}").status_code == 404


def test_emptying_the_bin_leaves_nothing_to_put_back(client, place, inside, business, settings) -> None:
    file_id = place.ids["attachment_id"]
    with inside(business) as session:
        stored = settings.uploads / session.get_one(Attachment, file_id).stored_as
    client.post(f"/files/{file_id}/delete")
    shown = client.follow(client.post("/bin/erasure"))
    assert "2 things deleted for good." in words(shown, ".toasts")
    assert "The bin is empty" in words(shown, "main")
    assert not stored.exists()


def test_the_page_asks_the_same_few_questions_whatever_it_shows(client, place, engine, count_queries) -> None:
    client.get("/bin")
    with count_queries(engine) as few:
        client.get("/bin")
    client.post(f"/people/{place.ids['person_id']}/delete")
    client.post(f"/vendors/{place.vendor_id}/delete")
    client.get("/bin")
    with count_queries(engine) as many:
        client.get("/bin")
    assert len(many) == len(few) <= 4
