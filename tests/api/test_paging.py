"""Collections a page at a time."""

import pytest

from tests.support.programs import problem_of


def walk(program, path, between=None, **query) -> list[dict]:
    """All items, page after page; ``between`` is done after each."""
    found, cursor = [], None
    while True:
        answer = program.get(path, **query, **({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json["items"]
        cursor = answer.json["next_cursor"]
        if cursor is None:
            return found
        if between:
            between()


@pytest.fixture
def names(program) -> list[str]:
    names = ["Delta", "alpha", "Écho", "Bravo", "charlie", "Foxtrot", "golf"]
    for number, name in enumerate(names):
        tier = {} if number % 3 else {"tier": "A"}
        cadence = {"cadence": {"every": number + 1, "unit": "months"}} if number % 2 else {"cadence": None}
        assert program.post("/vendors", {"name": name, **tier, **cadence}).status_code == 201
    return names


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "due_on", "-due_on", "-created_at", "stage_since"])
def test_every_row_comes_once_in_order(program, names, sort, page_size):
    found = walk(program, "/vendors", sort=sort, page_size=page_size)
    assert sorted(row["name"] for row in found) == sorted(names)
    assert [row["id"] for row in found] == [row["id"] for row in program.get("/vendors", sort=sort).json["items"]]


def test_what_has_no_value_comes_last_either_way(program, names):
    for sort in ("due_on", "-due_on"):
        days = [(row["next_touch"] or {}).get("due_on") for row in walk(program, "/vendors", sort=sort, page_size=2)]
        filled = [day for day in days if day]
        assert days == filled + [None] * (len(days) - len(filled))
        assert filled == sorted(filled, reverse=sort.startswith("-"))


def test_rows_added_meanwhile_neither_repeat_nor_hide_any(program, names):
    before = {row["id"] for row in program.get("/vendors").json["items"]}
    for sort in ("name", "-name", "id", "-created_at"):
        found = (
            walk(program, "/vendors", sort=sort, page_size=2, between=lambda: program.post("/vendors", {"name": "Aaa"}))
            if sort != "id"
            else walk(program, "/vendors", sort=sort, page_size=2)
        )
        ids = [row["id"] for row in found]
        assert len(ids) == len(set(ids))
        assert before <= set(ids)


def test_filters_and_words_narrow(program, names):
    assert {row["name"] for row in walk(program, "/vendors", tier="A", page_size=1)} == {"Delta", "Bravo", "golf"}
    assert [row["name"] for row in walk(program, "/vendors", q="alph")] == ["alpha"]
    assert walk(program, "/vendors", stage="active") == []


def test_words_find_every_vendor_page_after_page(program, names):
    """However much is written about one of them."""
    ids = [row["id"] for row in walk(program, "/vendors")]
    for vendor_id in ids + ids[:1] * 12:
        assert program.post("/notes", {"vendor_id": vendor_id, "body": "The studio"}).status_code == 201
    assert [row["id"] for row in walk(program, "/vendors", q="studios", page_size=2)] == ids
    assert len(walk(program, "/notes", q="studios", page_size=7)) == len(ids) + 12


def test_a_cursor_belongs_to_its_question(program, program_of, business, names):
    cursor = program.get("/vendors", page_size=2).json["next_cursor"]
    assert program.get("/vendors", page_size=3, cursor=cursor).status_code == 200
    for query in ({"sort": "name"}, {"tier": "A"}, {"q": "alpha"}):
        assert problem_of(program.get("/vendors", cursor=cursor, **query))["errors"][0]["parameter"] == "cursor"
    assert program.get("/people", cursor=cursor).status_code == 422
    assert program_of(business.stranger).get("/vendors", cursor=cursor).status_code == 422


def test_a_list_takes_the_same_queries_however_long_it_is(program, names, count_queries):
    def queries(page_size: int) -> int:
        with count_queries() as statements:
            program.get("/vendors", page_size=page_size)
        return len(statements)

    queries(1)  # the token's first use is noted
    assert queries(1) == queries(7) <= 8
