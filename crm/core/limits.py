"""Every limit is a number here, with a test at the limit and one above it."""

KIB = 1024
MIB = 1024 * KIB

BODY_BYTES = 10 * MIB
FORM_BYTES = 1 * MIB
IMPORT_PAGE_BYTES = 50 * MIB
IMPORT_PAGE_ROWS = 200_000
IMPORT_CPU_SECONDS = 60
IMPORT_SECONDS = 120
IMPORT_MEMORY_BYTES = 768 * MIB
"""What the child process that reads a file may take: its own time, the reader's patience, its address space."""
TABLE_RECORD_LENGTH = 1_000_000
TABLE_RECORD_LINES = 5_000
TABLE_COLUMNS = 1_000
FILE_BYTES = 9 * MIB
"""A file travels in a body with its form, so it is less than ``BODY_BYTES``."""
FILES_PER_VENDOR = 200
ARCHIVE_BYTES = 256 * MIB
ARCHIVE_MEMBERS = 10_000
PICTURE_PIXELS = 100_000_000
"""What a document holds once it is unpacked, and a picture once it is drawn. More is a trap for whoever opens it."""
CALENDAR_BYTES = 1 * MIB
CLOSED_DAYS = 1_000
"""Of a calendar file: the days it closes, and the events that are looked at."""

NAME_LENGTH = 200
LINE_LENGTH = 500
URL_LENGTH = 2_000
EMAIL_LENGTH = 254
ZONE_LENGTH = 64
CURRENCY_LENGTH = 3
FILE_NAME_LENGTH = 255
TEXT_LENGTH = 100_000
LETTER_LENGTH = 20_000
"""A letter to somebody outside; its copy in the log is a little longer."""
LETTER_FILES = 10
LETTER_FILES_BYTES = 6 * MIB
"""Together, in one letter. In transit they grow by more than a third; many servers take 10,240,000 bytes at most."""
SUBJECT_LENGTH = 200
POSTAL_LENGTH = 500
PASSWORD_LEAST = 10
PASSWORD_LENGTH = 1_000

PEOPLE_PER_VENDOR = 200
CONTACTS_PER_PERSON = 20
TAGS_PER_VENDOR = 50
CATEGORIES = 1_000
CUSTOM_FIELDS = 50
CRITERIA = 20
PREREQUISITES_PER_NEED = 50
TRIAL_CONDITIONS = 50
TRIAL_VENDORS = 20
"""So many get a brief at once."""
NEEDS_MAPPED = 5_000
"""So many needs are held against vendors, or looked through for words, at once."""
CUSTOM_CHOICES = 100
SAVED_FILTERS = 100
ADDRESS_LENGTH = 8_000
BULK_VENDORS = 100_000
INVITATIONS_A_DAY = 50
HANDED_LISTED = 200
"""So many things of a kind are listed one by one before they are handed over."""
LETTERS_A_DAY = 2_000
TOKENS_PER_MEMBER = 50
WEBHOOKS = 20
PASSKEYS_PER_PERSON = 20

PAGE_ROWS = 50
TODAY_ROWS = 20
PARKED_ROWS = 12
TIMELINE_ROWS = 20
TIMELINE_TEXT = 4_000
"""Letters of a text that a timeline shows; the rest is shown when asked for."""
BOARD_CARDS = 12

MONEY_LARGEST = 10**15
EVERY_LARGEST = 3_650

DOUBLES_IN_PASSING = 5_000
"""So many vendors are compared with each other where that is not what was asked for."""
DOUBLES_COMPARED = 20_000
"""So many vendors are compared with each other by name too; of more, only what is equal is looked for."""
