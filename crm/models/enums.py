"""The choices that the product knows, as they are stored; their words on screen are in ``crm/models/vocabulary.py``."""

from enum import IntEnum, StrEnum


class Stage(StrEnum):
    """Where a vendor stands: four columns of the board and two exits off it."""

    PROSPECT = "prospect"
    TRIAL = "trial"
    ACTIVE = "active"
    PARKED = "parked"
    ENDED = "ended"
    NOT_A_FIT = "not_a_fit"


BOARD_STAGES = (Stage.PROSPECT, Stage.TRIAL, Stage.ACTIVE, Stage.PARKED)
EXIT_STAGES = (Stage.ENDED, Stage.NOT_A_FIT)


class Tier(StrEnum):
    """How much a vendor matters to us."""

    A = "A"
    B = "B"
    C = "C"


class VendorKind(StrEnum):
    FREELANCER = "freelancer"
    AGENCY = "agency"
    SUPPLIER = "supplier"


class RatePeriod(StrEnum):
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    PROJECT = "project"


class Availability(StrEnum):
    OPEN = "open"
    LIMITED = "limited"
    FULL = "full"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """How somebody likes to be reached, or how a step of a referral was taken."""

    EMAIL = "email"
    PHONE = "phone"
    MESSAGE = "message"
    MEETING = "meeting"
    OTHER = "other"


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class AttachmentKind(StrEnum):
    PORTFOLIO = "portfolio"
    CONTRACT = "contract"
    NDA = "nda"
    OTHER = "other"


class Visibility(StrEnum):
    """Who may read a note or a trust entry."""

    TEAM = "team"
    ADMINS = "admins"
    AUTHOR = "author"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class InteractionKind(StrEnum):
    CALL = "call"
    MEETING = "meeting"
    EMAIL = "email"
    MESSAGE = "message"
    DELIVERY = "delivery"
    OTHER = "other"


class Outcome(StrEnum):
    TWO_WAY = "two_way"
    ATTEMPT = "attempt"


class Side(StrEnum):
    US = "us"
    THEM = "them"


class PromiseKind(StrEnum):
    """A follow-up is ours to begin; a promise binds the side that gave it."""

    FOLLOW_UP = "follow_up"
    OURS = "ours"
    THEIRS = "theirs"


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    DROPPED = "dropped"


class ParkingReason(StrEnum):
    NO_BUDGET = "no_budget"
    NOTHING_TO_OUTSOURCE = "nothing_to_outsource"
    NOT_READY = "not_ready"
    PREREQUISITE = "prerequisite"
    AT_CAPACITY = "at_capacity"
    PRICE_TOO_HIGH = "price_too_high"
    ON_LEAVE = "on_leave"
    SEASON = "season"
    OTHER = "other"


class ParkingEnd(StrEnum):
    """How a parking ended."""

    TRIAL = "trial"
    BROUGHT_ON = "brought_on"
    PROSPECT = "prospect"
    LET_GO = "let_go"
    UNDONE = "undone"
    MERGED = "merged"


class CadenceChoice(StrEnum):
    """Whether a vendor (or a parking) has an interval of its own."""

    DEFAULT = "default"
    NONE = "none"
    OWN = "own"


class Dimension(StrEnum):
    """The three sides of trust (Mayer, Davis and Schoorman 1995)."""

    ABILITY = "ability"
    BENEVOLENCE = "benevolence"
    INTEGRITY = "integrity"


class Direction(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"


class Weight(StrEnum):
    MINOR = "minor"
    NOTABLE = "notable"
    MAJOR = "major"


class Level(IntEnum):
    """The seven levels of delegation (Management 3.0)."""

    TELL = 1
    SELL = 2
    CONSULT = 3
    AGREE = 4
    ADVISE = 5
    INQUIRE = 6
    DELEGATE = 7


class Maturity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class NeedStatus(StrEnum):
    """How far a need has come."""

    IDEA = "idea"
    DEFINED = "defined"
    SOURCING = "sourcing"
    IN_TRIAL = "in_trial"
    FILLED = "filled"
    ON_HOLD = "on_hold"
    DROPPED = "dropped"


CLOSED_NEEDS = (NeedStatus.FILLED, NeedStatus.DROPPED)
"""Nobody looks for anyone any more."""


class Coverage(StrEnum):
    """How safely a need stands, by who could bring it."""

    GAP = "gap"
    """Nobody does this kind of work for us, or tries to."""
    TRYING = "trying"
    """Nobody does it yet, somebody is being tried."""
    ALONE = "alone"
    """One vendor does it, and nobody else: should they stop, it stops."""
    COVERED = "covered"
    """Two or more do it."""
    UNKNOWN = "unknown"
    """It does not say what kind of work it is, and nobody is at it."""


class Importance(StrEnum):
    """What depends on a need."""

    STRATEGIC = "strategic"
    IMPORTANT = "important"
    USEFUL = "useful"


class WorkOutcome(StrEnum):
    """What became of a delegated piece of work."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CALLED_OFF = "called_off"


class RecordKind(StrEnum):
    """What a record is that shows what a trust entry says."""

    WORK = "work"
    TRIAL = "trial"
    PROMISE = "promise"
    INTERACTION = "interaction"


class Hint(StrEnum):
    """What the delegation board suggests, or warns of; a person decides."""

    LEVEL_UP = "level_up"
    CAP_AFTER_BREACH = "cap_after_breach"
    STEP_DOWN = "step_down"
    LOOK_ELSEWHERE = "look_elsewhere"
    NO_PROCEDURE = "no_procedure"
    NO_LIMIT = "no_limit"
    OPEN_ACCESS = "open_access"
    MIRROR = "mirror"
    GOODWILL = "goodwill"
    """That a word of thanks or a good turn is due to a vendor; shown in Today and on the vendor's page."""


class Verdict(StrEnum):
    """What a readiness check says, the least ready first."""

    PREPARE_FIRST = "prepare_first"
    START_SMALL = "start_small"
    READY = "ready"


class ReadinessArea(StrEnum):
    """What a readiness check looks at, in the order of its page."""

    NEED = "need"
    MONEY = "money"
    TIME = "time"
    PROCESS = "process"
    DELEGATION = "delegation"
    PROJECTS = "projects"
    COMMUNICATION = "communication"
    ACCESS = "access"


class Statement(StrEnum):
    """What a readiness check asks, two of each area, in the order of its page."""

    NEED_OUTCOME = "need_outcome"
    NEED_DONE = "need_done"
    MONEY_BUDGET = "money_budget"
    MONEY_PAYING = "money_paying"
    TIME_HOURS = "time_hours"
    TIME_ANSWERS = "time_answers"
    PROCESS_STEPS = "process_steps"
    PROCESS_EXAMPLES = "process_examples"
    DELEGATION_DECISIONS = "delegation_decisions"
    DELEGATION_MISTAKES = "delegation_mistakes"
    PROJECTS_PLACE = "projects_place"
    PROJECTS_CHANGES = "projects_changes"
    COMMUNICATION_RHYTHM = "communication_rhythm"
    COMMUNICATION_FEEDBACK = "communication_feedback"
    ACCESS_OWN = "access_own"
    ACCESS_BACK = "access_back"


class Answer(IntEnum):
    """How far a statement of a readiness check is true."""

    NOT_STARTED = 0
    IN_A_HEAD = 1
    PARTLY_WRITTEN = 2
    WRITTEN_AND_USED = 3


class GoodwillSide(StrEnum):
    GIVEN = "given"
    RECEIVED = "received"


class GoodwillKind(StrEnum):
    """What one side did for the other beyond what was owed."""

    REFERRAL = "referral"
    INTRODUCTION = "introduction"
    TESTIMONIAL = "testimonial"
    PROMPT_PAYMENT = "prompt_payment"
    SMALL_TASK = "small_task"
    ADVICE = "advice"
    RUSH_FAVOUR = "rush_favour"
    DISCOUNT = "discount"
    FREE_REVISION = "free_revision"


class CardPart(StrEnum):
    """What can be marked as shareable on a vendor's card. The name always stands on it."""

    WHAT_THEY_DO = "what_they_do"
    LOCATION = "location"
    LANGUAGES = "languages"
    WEBSITE = "website"
    RATE = "rate"
    PERSON = "person"
    EMAIL = "email"
    PHONE = "phone"


class CreditKind(StrEnum):
    """What happened to credit for referrals."""

    EARNED = "earned"
    USED = "used"
    EXPIRED = "expired"
    VOIDED = "voided"


class TrialOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    EXTENDED = "extended"
    CALLED_OFF = "called_off"


class SentHow(StrEnum):
    """How something reached a vendor."""

    LETTER = "letter"
    BY_HAND = "by_hand"


class TrialDecisionKind(StrEnum):
    """What can follow a trial task."""

    BRING_ON = "bring_on"
    EXTEND = "extend"
    PARK = "park"
    DECLINE = "pass"


class TrialAdvice(StrEnum):
    """What the figures of a trial task recommend, and why."""

    INVALID = "invalid"
    """We failed to give what was promised, so it shows nothing: extend."""
    UNMET = "unmet"
    """A must is unmet: pass."""
    TALK = "talk"
    """The skills are there, the fit is doubtful: talk first."""
    EXTEND = "extend"
    """Not good enough yet, or late without notice: extend."""
    USED_UP = "used_up"
    """As before, but both extensions are used: pass."""
    BRING_ON = "bring_on"


class FieldKind(StrEnum):
    """What a custom field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    URL = "url"
    MONEY = "money"


class StandingLevel(StrEnum):
    """How a vendor stands for a kind of work, the best first."""

    PREFERRED = "preferred"
    APPROVED = "approved"
    CONDITIONAL = "conditional"
    SUSPENDED = "suspended"


class ReferralState(StrEnum):
    """The steps of a double opt-in introduction. ``declined``: one of them said no, before it was noted which."""

    IDEA = "idea"
    VENDOR_ASKED = "vendor_asked"
    VENDOR_YES = "vendor_yes"
    VENDOR_NOT_NOW = "vendor_not_now"
    VENDOR_NO = "vendor_no"
    BUSINESS_ASKED = "business_asked"
    BUSINESS_YES = "business_yes"
    BUSINESS_NOT_NOW = "business_not_now"
    BUSINESS_NO = "business_no"
    INTRODUCED = "introduced"
    TALKING = "talking"
    WON = "won"
    LOST = "lost"
    NO_REPLY = "no_reply"
    DECLINED = "declined"
    THANKED = "thanked"


class ReferralSide(StrEnum):
    """The two who are asked before they are introduced."""

    VENDOR = "vendor"
    BUSINESS = "business"


class ReferralAnswer(StrEnum):
    """What one who was asked can say."""

    YES = "yes"
    NOT_NOW = "not_now"
    NO = "no"


class ReferralLetterKind(StrEnum):
    """What a letter of a referral does. Each goes to one reader."""

    ASK = "ask"
    INTRODUCTION = "introduction"
    THANKS = "thanks"


class StopReason(StrEnum):
    """Why nothing is sent to an address any more."""

    RETURNED = "returned"
    ASKED_TO_STOP = "asked_to_stop"


class ReminderKind(StrEnum):
    """What a reminder is about; together with its subject and due date it is unique for a person."""

    TOUCH = "touch"
    FOLLOW_UP = "follow_up"
    PROMISE_OURS = "promise_ours"
    PROMISE_THEIRS = "promise_theirs"
    REVISIT = "revisit"
    TRIAL = "trial"
    REVIEW = "review"
    """What a vendor on trial delivered, for a reviewer to look at."""
    QUESTION = "question"
    """What a vendor on trial asked, for us to answer."""
    REFERRAL = "referral"
    MENTION = "mention"
    STANDING = "standing"
    TRIGGER = "trigger"
    WORK = "work"
    ACCESS = "access"


class ReminderEnd(StrEnum):
    DONE = "done"
    MOOT = "moot"


class CheckInEnd(StrEnum):
    """How a check-in went, by the day on which both sides spoke."""

    KEPT = "kept"
    """Within seven days from its day."""
    LATE = "late"
    """More than seven days after it."""
    MISSED = "missed"
    """Still open after seven days, and nobody spoke since."""
    AHEAD = "ahead"
    """Before its day came."""


class TriggerKind(StrEnum):
    """What brings a parking forward."""

    AVAILABILITY = "availability"
    RATE = "rate"
    CREDIT = "credit"
    BUDGET = "budget"
    NEED = "need"
    VERDICT = "verdict"
    PREREQUISITE = "prerequisite"
    CONDITION = "condition"


class TouchReason(StrEnum):
    """An honest reason to be in touch, the most honest first."""

    PROMISE = "promise"
    REFERRAL_OUTCOME = "referral_outcome"
    OPENING = "opening"
    RESULT = "result"
    SMALL_TASK = "small_task"
    DISCOUNT = "discount"
    NEWS = "news"
    AVAILABILITY = "availability"


class TimelineKind(StrEnum):
    INTERACTION = "interaction"
    NOTE = "note"
    TRUST = "trust"
    LEVEL = "level"
    ACCESS = "access"
    STAGE = "stage"
    PARKING = "parking"
    TRIAL = "trial"
    PROMISE = "promise"
    REFERRAL = "referral"
    SNOOZE = "snooze"
    SKIP = "skip"
    FLAW = "flaw"
    FILE = "file"
    ADDED = "added"
    EMAIL = "email"
    STANDING = "standing"
    MERGE = "merge"
    WORK = "work"
    RATING = "rating"


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class MailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    BEGUN = "begun"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    CANCELLED = "cancelled"


class TokenScope(StrEnum):
    """What a program's token is good for; never more than its person may do."""

    READ = "read"
    WRITE = "write"


class MailKind(StrEnum):
    DIGEST = "digest"
    TEST = "test"
    INVITATION = "invitation"
    RESET = "reset"
    MENTION = "mention"
    TRIGGER = "trigger"
    TOUCH = "touch"
    REFERRAL = "referral"
    SECURITY = "security"
    """Something about one's account that its person has to know: a new device, another password or address."""
    EMAIL_CHANGE = "email_change"
    NEWS = "news"
    """What happened to what somebody follows or was handed."""


class AuditKind(StrEnum):
    """What the audit log tells of."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - no secret
    EMAIL_CHANGED = "email_changed"
    INVITED = "invited"
    JOINED = "joined"
    ROLE_CHANGED = "role_changed"
    LEFT = "left"
    CAME_BACK = "came_back"
    EXPORTED = "exported"
    DELETED = "deleted"
    TOKEN_MADE = "token_made"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    VISIBILITY_CHANGED = "visibility_changed"
    KEEPING_CHANGED = "keeping_changed"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    TWO_STEP_ON = "two_step_on"
    TWO_STEP_OFF = "two_step_off"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    HANDED_OVER = "handed_over"
    RESTORED = "restored"
    ERASED = "erased"
    WEBHOOK_MADE = "webhook_made"
    WEBHOOK_CHANGED = "webhook_changed"
    WEBHOOK_DELETED = "webhook_deleted"


class SignInWay(StrEnum):
    """How a browser was signed in."""

    PASSWORD = "password"  # noqa: S105 - no secret
    TWO_STEP = "two_step"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"
    IDENTITY = "identity"
    """By the business's own sign-in service (OpenID Connect)."""


class NewsKind(StrEnum):
    """What a line of somebody's notifications tells."""

    MENTION = "mention"
    HANDED = "handed"
    """Something was made theirs to look after."""
    FOLLOWED = "followed"
    """Something happened with a vendor they follow."""


class WebhookEvent(StrEnum):
    """What other programs can be told, under the name that they see."""

    STAGE_MOVED = "vendor.stage_moved"
    TRIAL_DECIDED = "trial_task.decided"
    REVISIT_DUE = "parking.revisit_due"
    REFERRAL_MOVED = "referral.state_changed"
    TEST = "webhook.test"


class DeliveryState(StrEnum):
    """How far a webhook's message is. What is waiting or sending is on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BinKind(StrEnum):
    """What lies in the bin."""

    VENDOR = "vendor"
    PERSON = "person"
    NOTE = "note"
    INTERACTION = "interaction"
    TRUST_ENTRY = "trust_entry"
    FILE = "file"
    LINK = "link"
    NEED = "need"
    OPENING = "opening"
    RATING = "rating"
    AREA = "area"
    TASK = "task"
    ACCESS = "access"
    FLAW = "flaw"
    BRIEF = "brief"
    REFERRAL = "referral"
    TAG = "tag"
    CATEGORY = "category"
    FIELD = "field"
    CHOICE = "choice"
    FILTER = "filter"


class BulkKind(StrEnum):
    """What is done with many vendors at once."""

    TAG = "tag"
    UNTAG = "untag"
    OWNER = "owner"
    STAGE = "stage"
    TIER = "tier"
    CADENCE = "cadence"
    EXPORT = "export"


class BulkState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"


class BulkItemState(StrEnum):
    """A vendor of an act on many. ``left``: it changed since, so that undoing left it as it is."""

    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    UNDONE = "undone"
    LEFT = "left"


class SearchKind(StrEnum):
    """What a search can be narrowed to."""

    VENDORS = "vendors"
    PEOPLE = "people"
    NOTES = "notes"
    CONVERSATIONS = "talk"
    TRUST = "trust"
    HISTORY = "history"
    FILES = "files"
    FIELDS = "fields"
    NEEDS = "needs"


class OutsiderKind(StrEnum):
    """Where somebody outside stands in the books: at a vendor, or as whom a business that looks for one is reached."""

    PERSON = "people"
    CONTACT = "openings"
