"""How much there is in a scratch database, and what its content is made from."""

from dataclasses import dataclass

ENTRIES_EACH = 20
"""Timeline entries a vendor has, on average."""
TRUST_EACH = 10
"""Trust notes a vendor has."""
SEED = 20_261_005
"""Chance begins here, so that two runs measure the same content."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many vendors there are; timeline entries go with them."""

    name: str
    vendors: int

    @property
    def entries(self) -> int:
        """Timeline entries in all."""
        return self.vendors * ENTRIES_EACH


SMALL, MIDDLE, LARGE = Size("S", 1_000), Size("M", 10_000), Size("L", 100_000)
BY_NAME = {size.name: size for size in (SMALL, MIDDLE, LARGE)}


def size_of(vendors: int) -> Size:
    """The size with so many vendors: S, M, L, or one named after its number."""
    return next((size for size in BY_NAME.values() if size.vendors == vendors), Size(str(vendors), vendors))
