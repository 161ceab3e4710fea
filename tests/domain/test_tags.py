"""Tags: made by typing, renamed, merged, deleted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.core.errors import Missing, Refused
from crm.domain import tags, vendors
from crm.models.vendors import Tag, VendorTag
from crm.queries import tags as tag_queries

pytestmark = pytest.mark.usefixtures("database")


def bearers(session) -> dict[str, int]:
    return {row.name: row.vendors for row in tag_queries.all_tags(session)}


def test_a_line_is_read_as_tags():
    assert tags.names(" PR, beauty ,,#Leeds, pr , \x00") == ["pr", "beauty", "Leeds"]


def test_a_tag_is_one_whatever_its_case(inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", tags=["Beauty"])
        vendors.add(session, by=business.owner, name="Bob", tags=["BEAUTY", "Leeds"])

        assert bearers(session) == {"Beauty": 2, "Leeds": 1}


def test_a_tag_gets_another_name_unless_it_is_taken(inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", tags=["Beauty", "Leeds"])
        beauty = session.scalars(select(Tag).where(Tag.normal_name == "beauty")).one()
        for name in ("", "LEEDS", "x" * 201):
            with pytest.raises(Refused):
                tags.rename(beauty, name=name)
        tags.rename(beauty, name="Skincare")
        session.flush()

        assert bearers(session) == {"Leeds": 1, "Skincare": 1}


def test_two_tags_become_one(inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", tags=["Beauty", "Skincare"])
        vendors.add(session, by=business.owner, name="Bob", tags=["Skincare"])
        beauty, skincare = session.scalars(select(Tag).order_by(Tag.normal_name)).all()
        with pytest.raises(Refused):
            tags.merge(skincare, into=skincare)
        tags.merge(skincare, into=beauty)
        session.flush()

        assert bearers(session) == {"Beauty": 2}


def test_a_deleted_tag_is_off_every_vendor(inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", tags=["Beauty"])
        [beauty] = session.scalars(select(Tag)).all()
        tags.delete_tag(beauty)
        session.flush()

        assert session.scalars(select(VendorTag.id)).all() == []


def test_a_tag_of_another_business_is_missing(inside, business):
    with inside(business) as session:
        vendors.add(session, by=business.owner, name="Ann", tags=["Beauty"])
        [tag_id] = session.scalars(select(Tag.id)).all()
    with inside(business.stranger) as session:
        assert bearers(session) == {}
        with pytest.raises(Missing):
            tags.at(session, tag_id)
