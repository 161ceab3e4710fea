"""Letters that open in the user's own mail program, ready to be changed and sent from there."""

from dataclasses import dataclass
from urllib.parse import quote

from crm.core import text
from crm.core.i18n import _


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that nobody has sent yet."""

    addresses: tuple[str, ...]
    subject: str
    body: str

    @property
    def to(self) -> str:
        """Who it goes to, as a reader sees it."""
        return ", ".join(self.addresses)

    @property
    def mailto(self) -> str:
        """The address that opens it in the reader's mail program."""
        body = self.body.replace("\n", "\r\n")
        # Each address is escaped by itself: nothing in one can add a reader, a copy or a subject.
        to = ",".join(quote(address, safe="@") for address in self.addresses)
        return f"mailto:{to}?subject={quote(self.subject)}&body={quote(body)}"


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who is introduced to whom, by whom, and why."""

    vendor: str
    vendor_person: str
    vendor_email: str
    business: str
    business_person: str
    business_email: str
    need: str
    blurb: str
    sender: str


def ask_vendor(about: Introduction) -> Draft:
    """Asks the vendor first; the business is named, its address is not."""
    looking, question = asks_about(about.business, about.need)
    paragraphs = [greeting(about.vendor_person or about.vendor), looking, about.blurb, question, about.sender]
    return Draft(_known(about.vendor_email), asks_to_introduce(about.business), join(paragraphs))


def asks_about(business: str, need: str) -> tuple[str, str]:
    """What a vendor is told of a business that looks for someone, and what they are asked."""
    looking = (
        _("%(business)s is looking for someone: %(need)s.", business=business, need=need)
        if need
        else _("%(business)s is looking for someone, and I thought of you.", business=business)
    )
    return looking, _("Shall I introduce you?")


def asks_to_introduce(business: str) -> str:
    """The subject of that letter."""
    return _("Shall I introduce you to %(business)s?", business=business)


def ask_business(about: Introduction) -> Draft:
    """Asks the business; the vendor is named, the address is not."""
    paragraphs = [
        greeting(about.business_person or about.business),
        _("You asked about someone: %(need)s. I would go to %(vendor)s.", need=about.need, vendor=about.vendor)
        if about.need
        else _("You asked about someone. I would go to %(vendor)s.", vendor=about.vendor),
        about.blurb,
        _("Shall I introduce you?"),
        about.sender,
    ]
    return Draft(_known(about.business_email), _("Someone for you: %(vendor)s", vendor=about.vendor), join(paragraphs))


def introduce(about: Introduction) -> Draft:
    """Introduces the two who have said yes to each other."""
    vendor = about.vendor_person or about.vendor
    business = about.business_person or about.business
    paragraphs = [
        _("Hi %(vendor)s, hi %(business)s,", vendor=_first(vendor), business=_first(business)),
        _(
            "You both said yes, so here you are: %(vendor)s, meet %(business)s.",
            vendor=person_of(about.vendor_person, about.vendor),
            business=person_of(about.business_person, about.business),
        ),
        about.blurb,
        _("I leave the rest to you."),
        about.sender,
    ]
    subject = _("%(vendor)s, meet %(business)s", vendor=about.vendor, business=about.business)
    return Draft(_known(about.vendor_email, about.business_email), subject, join(paragraphs))


def thank_vendor(about: Introduction) -> Draft:
    """Thanks the vendor for what came of an introduction."""
    paragraphs = [
        greeting(about.vendor_person or about.vendor),
        _(
            "I hear that you are working with %(business)s. Thank you for taking it on: it is a pleasure to send "
            "people to you.",
            business=about.business,
        ),
        about.sender,
    ]
    return Draft(_known(about.vendor_email), _thanks_for(about.business), join(paragraphs))


def thank_business(about: Introduction) -> Draft:
    """Thanks the business for what came of an introduction."""
    paragraphs = [
        greeting(about.business_person or about.business),
        _(
            "I am glad that you are working with %(vendor)s. Thank you for trusting my word.",
            vendor=about.vendor,
        ),
        about.sender,
    ]
    return Draft(_known(about.business_email), _thanks_for(about.vendor), join(paragraphs))


def _thanks_for(whom: str) -> str:
    return _("Thank you: %(whom)s", whom=whom)


def _known(*addresses: str) -> tuple[str, ...]:
    return tuple(address for address in addresses if address)


def greeting(name: str) -> str:
    """How a letter begins, by the first name."""
    return _("Hi %(name)s,", name=_first(name))


def join(paragraphs: list[str]) -> str:
    """Paragraphs as a text; those that are empty are left out."""
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _first(name: str) -> str:
    return text.short_name(name)


def person_of(person: str, house: str) -> str:
    """``Marta Kowalczyk of Northlight Studio``, or the house alone where no person is known."""
    return _("%(person)s of %(house)s", person=person, house=house) if person and person != house else house
