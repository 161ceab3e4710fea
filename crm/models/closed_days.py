"""Days on which a business is closed beside its weekends and public holidays."""

from datetime import date

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Owned, Recorded, owned


class ClosedDay(Owned, Recorded, Base):
    """One day from a calendar file that the business gave."""

    __tablename__ = "closed_days"
    __table_args__ = owned(UniqueConstraint("workspace_id", "day"), by=True)

    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(200), default="")
