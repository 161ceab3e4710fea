"""What vendors do: a tree of categories, niches and sub-niches that each business edits."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.columns import Base, Owned, belongs_to, owned, scoped_index


class Category(Owned, Base):
    """A category, a niche (its parent is a category) or a sub-niche (its parent is a niche)."""

    __tablename__ = "categories"
    __table_args__ = owned(
        belongs_to("categories", "parent_id", goes_with_it=False),
        UniqueConstraint("workspace_id", "parent_id", "name"),
        scoped_index("position"),
    )

    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
