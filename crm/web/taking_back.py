"""What is to be taken back from a vendor that is active no longer, said where somebody has just moved it."""

from crm.core.i18n import ngettext
from crm.core.tenancy import session_of
from crm.models.enums import Stage
from crm.models.vendors import Vendor
from crm.queries import decision_areas
from crm.web.addresses import address_of


def follows(vendor: Vendor) -> tuple[str, str] | None:
    """Words and address of the accesses to take back after a move; None where there are none."""
    if vendor.stage is Stage.ACTIVE:
        return None
    count = decision_areas.to_take_back(session_of(vendor), vendor.id)
    if not count:
        return None
    words = ngettext("%(num)s access to take back", "%(num)s accesses to take back", count)
    return words, address_of("decision_areas.index", vendor_id=vendor.id) + "#access"
