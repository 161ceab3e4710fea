"""The categories, niches and sub-niches that a new business begins with; it edits them as it likes."""

from crm.core.i18n import LazyText, lazy

SEED: tuple[tuple[LazyText, tuple[LazyText, ...]], ...] = (
    (lazy("Website"), (lazy("Web design"), lazy("Shop building"), lazy("Website care"))),
    (lazy("Being found"), (lazy("SEO for shops"), lazy("Local search"), lazy("Links and mentions"))),
    (lazy("Words"), (lazy("Website copy"), lazy("Articles"), lazy("Newsletters"), lazy("Translation"))),
    (lazy("Pictures and film"), (lazy("Product photos"), lazy("Product films"), lazy("Film editing"))),
    (lazy("Design and packaging"), (lazy("Branding"), lazy("Packaging design"), lazy("Illustration"))),
    (lazy("Social media"), (lazy("Posts"), lazy("Community care"), lazy("Working with creators"))),
    (lazy("Ads"), (lazy("Search ads"), lazy("Social ads"))),
    (lazy("Books and tax"), (lazy("Bookkeeping"), lazy("Payroll"), lazy("Tax advice"))),
    (lazy("Inbox and errands"), (lazy("Virtual assistance"), lazy("Customer support"), lazy("Research"))),
    (lazy("Packing and posting"), (lazy("Warehousing"), lazy("Packing"), lazy("Delivery"))),
    (lazy("Software"), (lazy("Web development"), lazy("Apps"), lazy("Automation"))),
    (lazy("Advice"), (lazy("Legal advice"), lazy("Coaching"), lazy("Hiring"))),
)

FINER: dict[tuple[int, int], tuple[LazyText, ...]] = {
    (0, 2): (lazy("Updates and backups"), lazy("Speed")),
    (2, 1): (lazy("Guides"), lazy("Customer stories")),
    (3, 0): (lazy("Still life"), lazy("In use")),
    (5, 0): (lazy("Short films"), lazy("Picture posts")),
    (8, 0): (lazy("Appointments"), lazy("Inbox care")),
}
"""Sub-niches, by the place of a category in :data:`SEED` and of a niche in it: a few, to show how narrow one may go."""

COME_FIRST: dict[int, tuple[LazyText, ...]] = {
    1: (lazy("Access to the website"), lazy("Access to its statistics")),
    4: (lazy("A brand guide"),),
    5: (lazy("A landing page that turns visitors into enquiries"), lazy("Something to post about")),
    6: (
        lazy("Tracking that shows what an enquiry costs"),
        lazy("A landing page that turns visitors into enquiries"),
    ),
    7: (lazy("Bank feeds"), lazy("A chart of accounts")),
    8: (lazy("Three written procedures"),),
}
"""What usually has to come first, by the place of a category in :data:`SEED`."""
