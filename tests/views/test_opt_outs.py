"""The way out of letters to outsiders: looking changes nothing, one POST ends them, only its holder comes back."""

import pytest
from sqlalchemy import select

from crm.core.tenancy import installation_session
from crm.domain import suppressions
from crm.models.letters import Suppression
from tests.support.browsing import words

ANA = "ana@northlight.example"


@pytest.fixture
def path(settings, business) -> str:
    return f"/opt-out/{suppressions.token_for(settings, ANA, workspace_id=business.workspace.id)}"


def _rows(engine) -> list[Suppression]:
    with installation_session(engine, writing=False) as session:
        return list(session.scalars(select(Suppression)))


def _is_out(engine, settings, address: str = ANA) -> bool:
    with installation_session(engine, writing=False) as session:
        return suppressions.is_suppressed(session, settings, address)


def test_scanners_may_look_any_number_of_times(engine, settings, nobody, path):
    for _ in range(3):
        answer = nobody.get(path)
        assert answer.status_code == 200
        assert "Fern & Flint" in words(answer)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert ANA not in answer.text
    assert nobody.client.head(path).status_code == 200
    assert not _is_out(engine, settings)


def test_one_post_ends_the_letters_and_the_second_says_so(engine, settings, nobody, path):
    nobody.get(path)
    for _ in range(2):
        assert "Your address takes no more letters from here." in words(nobody.post(path))
    [row] = _rows(engine)
    assert row.how == suppressions.BY_PAGE
    assert _is_out(engine, settings, " Ana@NORTHLIGHT.example ")
    assert not _is_out(engine, settings, "ana@other.example")


def test_a_mail_program_posts_without_the_pages_token(engine, settings, nobody, path):
    answer = nobody.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert [row.how for row in _rows(engine)] == [suppressions.BY_ONE_CLICK]
    assert _is_out(engine, settings)


def test_the_way_back_is_theirs_alone(engine, settings, nobody, path):
    nobody.post(path)
    assert nobody.client.post(f"{path}/undo").status_code == 400
    assert _is_out(engine, settings)
    nobody.get(path)
    assert nobody.post(f"{path}/undo").status_code == 303
    assert not _is_out(engine, settings)
    assert "Shall your address take no more letters" in words(nobody.get(path))


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_leads_nowhere(engine, nobody, path, method):
    answer = getattr(nobody, method)(f"{path[:-3]}xyz")
    assert answer.status_code == 404
    assert "This link is over" in words(answer)
    assert _rows(engine) == []


def test_a_link_for_one_purpose_is_worthless_for_another(engine, nobody, path):
    token = path.rpartition("/")[2]
    assert nobody.post(f"/unsubscribe/{token}").status_code == 404
    assert _rows(engine) == []


def test_what_is_stored_says_nothing_without_the_key(engine, settings, settings_with, nobody, path):
    nobody.post(path)
    [row] = _rows(engine)
    assert len(row.fingerprint) == 64
    assert "ana" not in row.fingerprint
    assert not _is_out(engine, settings_with(SECRET_KEY="another key than the first one, as long"))


def test_an_old_letter_still_has_the_way_out(nobody, path, clock_at):
    clock_at("2027-11-01 09:00")
    assert nobody.get(path).status_code == 200
