"""How often to be in touch, as somebody wishes it for a vendor or for the time that it is parked."""

from dataclasses import dataclass

from crm.core import limits
from crm.core.dates import CadenceUnit
from crm.core.errors import Refused, Stale
from crm.core.i18n import lazy
from crm.core.tenancy import session_of
from crm.domain import touches
from crm.domain.cadences import Wish, wish
from crm.models.enums import CadenceChoice
from crm.models.vendors import Vendor


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often to be in touch: as usual, not at all, or every so many days, weeks or months.

    :class:`Refused` where an own rhythm lacks its number or unit; for other choices both are dropped.
    """

    choice: CadenceChoice = CadenceChoice.DEFAULT
    every: int | None = None
    unit: CadenceUnit | None = None

    def __post_init__(self) -> None:
        if self.choice is not CadenceChoice.OWN:
            object.__setattr__(self, "every", None)
            object.__setattr__(self, "unit", None)
            return
        if self.every is None or not 1 <= self.every <= limits.EVERY_LARGEST:
            words = lazy("Type a number from %(least)s to %(most)s.", least=1, most=limits.EVERY_LARGEST)
            raise Refused(words, field="every")
        if self.unit is None:
            raise Refused(lazy("Choose days, weeks or months."), field="unit")

    @property
    def wish(self) -> Wish:
        """The same, as :mod:`crm.domain.cadences` takes it."""
        return wish(self.choice, self.every, self.unit)


AS_USUAL = Rhythm()


def change(vendor: Vendor, *, version: int, rhythm: Rhythm) -> Vendor:
    """Give the vendor a rhythm of its own, none, or the usual one. What results begins anew today where it differs.

    Raises :class:`Stale` where a colleague saved the vendor since ``version`` was read.
    """
    if vendor.version != version:
        raise Stale(lazy("A colleague has changed this vendor since you opened it."))
    if (vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit) == (rhythm.choice, rhythm.every, rhythm.unit):
        return vendor
    vendor.cadence_choice, vendor.cadence_every, vendor.cadence_unit = rhythm.choice, rhythm.every, rhythm.unit
    vendor.version += 1
    touches.refresh(session_of(vendor), vendor)
    return vendor
