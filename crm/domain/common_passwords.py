"""Which passwords others would guess first: the commonest of those that have leaked elsewhere, and what is like them.

A list of all leaked ones fills gigabytes. Those that are long enough for us are nearly all built from few words by the
same tricks: a common word or two with digits and signs around, letters exchanged for digits, something short over and
over, keys that lie side by side. So it is the tricks that are taken off, and what is left is looked up.
"""

import re
from collections.abc import Iterable

_WORDS = frozenset(
    """
    password passwort passwd pass parola contrasena senha motdepasse wachtwoord admin administrator root user guest
    default login logon signin welcome willkommen bienvenue changeme change letmein letmein please secret geheim private
    test testing tester temp temporary demo example sample master access system server computer internet network
    security manager office company business goodterms good terms crm customer vendor qwerty qwertz azerty asdf asdfgh
    asdfghjkl zxcv zxcvbn zxcvbnm qwertyuiop qwertzuiop abc abcd abcde abcdef abcdefg iloveyou iloveu loveyou loveme
    lovely love lover sweetheart honey baby babygirl babyboy princess prince angel angels sunshine moonlight rainbow
    butterfly flower flowers chocolate cookie cookies banana orange apple cheese pepper ginger summer winter spring
    autumn monday friday january february march april june july august september october november december football
    baseball basketball softball soccer hockey tennis golf cricket rugby liverpool chelsea arsenal barcelona juventus
    realmadrid manchester united steelers cowboys yankees lakers dragon monkey tiger lion eagle falcon panther shadow
    wolf bear horse kitty kitten puppy dolphin turtle spider batman superman spiderman ironman pokemon pikachu naruto
    starwars starwar skywalker yoda matrix gandalf hobbit merlin wizard harrypotter jesus christ jesuschrist god heaven
    faith hope trust trustno trustnoone killer hunter ranger soldier warrior samurai ninja pirate phoenix thunder
    lightning hello helloworld world freedom liberty america england london paris berlin madrid moscow india china
    canada mexico brasil michael jordan jennifer jessica ashley amanda nicole daniel daniela andrew anthony joshua
    matthew robert thomas william george charlie charles david alexander alexandra samantha stephanie elizabeth michelle
    patrick maggie buster tigger snoopy garfield mickey minnie donald disney nintendo playstation minecraft fortnite
    samsung iphone android google facebook instagram twitter microsoft windows linux ubuntu apple mercedes ferrari
    porsche mustang corvette harley yamaha honda toyota money dollar millionaire diamond silver golden gold whatever
    nothing anything something forever always whatsup fuckyou fuckoff fuck asshole bitch sexy hotstuff hottie blink
    metallica nirvana eminem slipknot music guitar drummer super star superstar rockstar rocker correcthorse battery
    staple correcthorsebatterystaple
    """.split()
)
_ROWS = ("1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_COLUMNS = ("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p")
_EXCHANGED = str.maketrans("0134578@$!|", "oieastbasil")
_UNIT = 4
"""What repeats with a period of so many characters is no longer than one period."""
_PARTS = 2
"""So many common words together are guessed as one."""


def is_common(password: str, *, about: Iterable[str] = ()) -> bool:
    """Whether others would guess it. ``about`` is what they know of its person anyway: address, name."""
    typed = password.casefold()
    plain = _plain(typed)
    if not plain or _repeats(plain) or _runs(plain) or any(plain in _plain(words.casefold()) for words in about):
        return True
    known = _WORDS | {part for words in about for part in _parts(words)}
    ends_off = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", typed)
    candidates = (plain, re.sub(r"\d+", "", plain), _plain(typed.translate(_EXCHANGED)), ends_off.translate(_EXCHANGED))
    return any(_is_built_of(candidate, known) for candidate in candidates)


def _plain(words: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]+", "", words)


def _parts(words: str) -> set[str]:
    return {part for part in re.split(r"[\W_\d]+", words.casefold()) if len(part) >= 3}


def _is_built_of(plain: str, known: frozenset[str], parts: int = _PARTS) -> bool:
    """Whether it is nothing but a few known words, digits aside."""
    plain = plain.strip("0123456789")
    if plain in known or not plain:
        return True
    return parts > 1 and any(
        plain[:place] in known and _is_built_of(plain[place:], known, parts - 1) for place in range(3, len(plain))
    )


def _repeats(plain: str) -> bool:
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, _UNIT + 1)) or any(
        len(plain) % times == 0
        and plain == plain[: len(plain) // times] * times
        and _is_built_of(plain[: len(plain) // times], _WORDS)
        for times in (2, 3, 4)
    )


def _runs(plain: str) -> bool:
    """Whether it is nothing but keys in a row, forwards or backwards, once or twice round."""
    rows = [row * 3 for row in (*_ROWS, *_COLUMNS)]
    return any(plain in row or plain[::-1] in row for row in rows)
