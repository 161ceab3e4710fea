"""The agreement with a vendor on a page that the vendor can read: shared by a link, until the link is revoked.

The token in the link is signed and kept nowhere: it names the row that says whether the link still works. So the same
address can be shown again to the team, and another secret key makes all of them worthless.
"""

from datetime import timedelta

from crm.core import clock
from crm.core.errors import Missing, Refused
from crm.core.i18n import lazy
from crm.core.settings import Settings
from crm.core.tenancy import InstallationSession, WorkspaceSession, inside, session_of
from crm.core.tokens import Signer
from crm.domain import permissions
from crm.domain.permissions import Act
from crm.models.decision_areas import AgreementLink
from crm.models.enums import EXIT_STAGES
from crm.models.vendors import Vendor
from crm.models.workspaces import Membership, Workspace
from crm.queries import agreements
from crm.queries.agreements import Agreed, LinkRow

AGREEMENT = "agreement"
LASTS = timedelta(days=2 * 365)
"""A link that nobody thinks of any more ends by itself."""
MOST_LINKS = 20
"""So many links work for one vendor at a time."""


def find_link(session: WorkspaceSession, link_id: int) -> AgreementLink:
    """A link of this business. Raises :class:`Missing`."""
    link = session.get(AgreementLink, link_id, with_for_update=session.writing or None)
    if link is None:
        raise Missing
    return link


def share(vendor: Vendor, *, by: Membership) -> AgreementLink:
    """A new link under which the agreement can be read without an account. Raises :class:`Refused`."""
    permissions.require(by, Act.WORK)
    session = session_of(vendor)
    if vendor.stage in EXIT_STAGES:
        raise Refused(lazy("%(name)s no longer works for you, so there is nothing to share.", name=vendor.name))
    working = [row for row in agreements.links_of(session, vendor.id) if row.revoked_at is None]
    if len(working) >= MOST_LINKS:
        raise Refused(lazy("There are %(count)s links already. Revoke one first.", count=MOST_LINKS))
    link = AgreementLink(vendor_id=vendor.id, created_by=by.user_id)
    session.add(link)
    session.flush()
    return link


def revoke(link: AgreementLink, *, by: Membership) -> None:
    """The link shows nothing from now on. Doing so again changes nothing."""
    permissions.require(by, Act.WORK)
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = clock.now(), by.user_id


def token_of(settings: Settings, link: LinkRow, *, workspace_id: int) -> str | None:
    """The token of a link; None where it works no longer. It is the same each time."""
    rest = link.made_at + LASTS - clock.now()
    if link.revoked_at is not None or rest <= timedelta():
        return None
    return Signer(settings.secret_key, AGREEMENT).sign({"b": workspace_id, "l": link.id}, lasts=rest)


def read(session: InstallationSession, settings: Settings, token: str) -> Agreed | None:
    """The agreement at a link, as it is today; None for one that is forged, over or revoked, and where the vendor no
    longer works for the business. What was written for the team alone is no part of it."""
    facts = Signer(settings.secret_key, AGREEMENT).read(token)
    if facts is None or not isinstance(facts.get("b"), int) or not isinstance(facts.get("l"), int):
        return None
    if session.get(Workspace, facts["b"]) is None:
        return None
    with inside(session, facts["b"]) as rows:
        link = rows.get(AgreementLink, facts["l"])
        vendor = rows.get(Vendor, link.vendor_id) if link is not None and link.revoked_at is None else None
        if vendor is None or vendor.stage in EXIT_STAGES:
            return None
        return agreements.agreed_with(rows, vendor)
