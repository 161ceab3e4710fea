"""Invented vendors: names, trades and sentences as a small business writes them. One seed gives the same words."""

from random import Random


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


FIRST = """
    Ada Amir Bea Bram Cara Chidi Dana Dele Edie Elif Fay Finn Gita Goran Hana Hugo Ines Ivo Jana Joel Kaya Kofi Lena
    Luca Mara Milo Nadia Nils Oona Otto Petra Priya Quinn Rafa Rosa Sami Sena Theo Tilda Uma Vera Wim Yara Zoë
""".split()
LAST = """
    Abara Ashdown Bellamy Brandt Calder Castell Dahl Drummond Eriksen Faulkner Fenwick Gallagher Grant Halloran
    Ibáñez Jansen Kaur Kowalski Lindqvist Marlow Moreau Nakamura Novák O’Dea Okafor Pinnock Quayle Rossi Sandoval
    Stroud Tanaka Underhill Vance Whitlock Yeo Zeller
""".split()
_TINGES = """
    Amber Birch Bramble Brook Cinder Clover Copper Dapple Ember Fallow Fern Flint Foxglove Garnet Hazel Heather
    Indigo Juniper Kestrel Larch Linden Mallow Marram Nettle North Oak Otter Pebble Plover Quarry Rowan Saffron Salt
    Sorrel Sparrow Tallow Tern Thistle Umber Violet Walnut Wick Willow Yarrow
""".split()
_THINGS = """
    Anvil Arrow Beacon Bench Bridge Candle Chart Compass Corner Dock Easel Field Forge Gate Harbour House Kiln Lane
    Ledger Loom Mill Mirror Needle Orchard Page Paper Press Quill Reel Row Sail Shed Signal Slate Spool Stone Table
    Thread Tide Works Yard
""".split()
_FORMS = ("", "", "", " & Co", " Ltd", " Studio", " Collective", " Partners", " GmbH", " & Daughters")
PLACES = "Bath Bergen Bristol Cork Delft Falmouth Ghent Graz Hull Leeds Leith Lyon Porto Whitby York".split()
TRADES = _lines(
    """
    Product films without actors
    Packaging for breakable things
    Product pages that sound like us
    Bookkeeping for small shops
    Paid social for gift shops
    Still life in daylight
    Pick and pack for small boxes
    Shop building and repairs
    Translation into German and Dutch
    Labels on uncoated paper
    Search, honestly
    Legal texts for online shops
    Ceramics in small runs
    Wicks and waxes
    Payroll for ten people
    Trade fair stands
    Illustration in two colours
    Newsletters people read
    Customs papers
    Courier on the same day
    """
)
TAGS = _lines(
    """
    autumn range
    award
    cheap
    christmas
    close by
    day rate
    eco
    english only
    fast
    film
    friend of Ada
    german
    large runs
    long lead time
    new
    night shifts
    packaging
    photo
    print
    recommended
    remote
    retainer
    samples here
    seasonal
    slow payer
    small runs
    spring launch
    studio
    text
    trade fair
    translation
    trial soon
    trustworthy
    urgent jobs
    vegan
    video
    warehouse
    web
    weekend
    wholesale
    """
)
_OPENINGS = _lines(
    """
    Rang to ask how the move went.
    Sent the figures for the winter range.
    Met at the fair and looked at samples.
    They asked whether we still want the tall boxes.
    Showed us the first three pictures.
    Went through the invoice line by line.
    Long call about what did not work last time.
    A short hello, nothing to decide.
    They offered a day in March.
    Asked for a price with and without delivery.
    Talked about the next season.
    They named two others who might help.
    """
)
_MIDDLES = _lines(
    """
    Price is still **too high** for one box.
    They can begin in two weeks.
    He wants the burn times checked first.
    She prefers e-mail before ten.
    Everything came on time, nothing was missing.
    The colours are warmer than on screen.
    Two receipts are missing, both ours.
    A third of the work is done.
    They are full until spring.
    The minimum is now 200 pieces.
    We agreed on a flat fee of £450.
    The sample broke on the way.
    """
)
_ENDINGS = _lines(
    """
    We look again after the summer.
    To be continued on Thursday.
    Ask about the deposit.
    *Write before the holidays.*
    Nothing to do until they answer.
    They send the contract this week.
    Send our new address.
    A warm goodbye.
    Remember the allergy list.
    Check the file with Ollie first.
    """
)


def name(chance: Random) -> str:
    """A person."""
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}"


def business(chance: Random) -> str:
    """A vendor's name. A tenth are people."""
    if chance.random() < 0.1:
        return name(chance)
    return f"{chance.choice(_TINGES)} {chance.choice(_THINGS)}{chance.choice(_FORMS)}"


def sentences(chance: Random, count: int) -> list[str]:
    """What is said in notes and calls: a stock of so many, of one to three sentences in Markdown."""
    stock = []
    for _ in range(count):
        parts = [chance.choice(_OPENINGS), chance.choice(_MIDDLES), chance.choice(_ENDINGS)]
        stock.append(" ".join(parts[: chance.randint(1, 3)]))
    return stock
