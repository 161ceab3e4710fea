"""The product's words for its choices, and for the reason of a next touch. One place, for pages and letters alike."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import Enum
from typing import Any

from crm.core import formats
from crm.core.i18n import LazyText, _, lazy, ngettext
from crm.models import enums as e

_PAIRS: tuple[tuple[Enum, LazyText], ...] = (
    (e.Stage.PROSPECT, lazy("Prospect")),
    (e.Stage.TRIAL, lazy("Trial task")),
    (e.Stage.ACTIVE, lazy("Active")),
    (e.Stage.PARKED, lazy("Parked for later")),
    (e.Stage.ENDED, lazy("Parted ways")),
    (e.Stage.NOT_A_FIT, lazy("Not a fit")),
    (e.Tier.A, lazy("A")),
    (e.Tier.B, lazy("B")),
    (e.Tier.C, lazy("C")),
    (e.VendorKind.FREELANCER, lazy("Freelancer")),
    (e.VendorKind.AGENCY, lazy("Agency")),
    (e.VendorKind.SUPPLIER, lazy("Supplier")),
    (e.RatePeriod.HOUR, lazy("an hour")),
    (e.RatePeriod.DAY, lazy("a day")),
    (e.RatePeriod.MONTH, lazy("a month")),
    (e.RatePeriod.PROJECT, lazy("a project")),
    (e.Availability.OPEN, lazy("Has room")),
    (e.Availability.LIMITED, lazy("A little room")),
    (e.Availability.FULL, lazy("Full")),
    (e.Availability.UNKNOWN, lazy("Not known")),
    (e.Channel.EMAIL, lazy("E-mail")),
    (e.Channel.PHONE, lazy("Phone")),
    (e.Channel.MESSAGE, lazy("Message")),
    (e.Channel.MEETING, lazy("In person")),
    (e.Channel.OTHER, lazy("Another way")),
    (e.AttachmentKind.PORTFOLIO, lazy("Portfolio")),
    (e.AttachmentKind.CONTRACT, lazy("Contract")),
    (e.AttachmentKind.NDA, lazy("NDA")),
    (e.AttachmentKind.OTHER, lazy("Other")),
    (e.Visibility.TEAM, lazy("Everyone in the team")),
    (e.Visibility.ADMINS, lazy("Owners and admins")),
    (e.Visibility.AUTHOR, lazy("Only me")),
    (e.Role.OWNER, lazy("Owner")),
    (e.Role.ADMIN, lazy("Admin")),
    (e.Role.MEMBER, lazy("Member")),
    (e.Role.VIEWER, lazy("Viewer")),
    (e.InteractionKind.CALL, lazy("Call")),
    (e.InteractionKind.MEETING, lazy("Meeting")),
    (e.InteractionKind.EMAIL, lazy("E-mail")),
    (e.InteractionKind.MESSAGE, lazy("Message")),
    (e.InteractionKind.DELIVERY, lazy("Work delivered")),
    (e.InteractionKind.OTHER, lazy("In touch")),
    (e.Outcome.TWO_WAY, lazy("We spoke")),
    (e.Outcome.ATTEMPT, lazy("No answer")),
    (e.Side.US, lazy("We did")),
    (e.Side.THEM, lazy("They did")),
    (e.SearchKind.VENDORS, lazy("Vendors")),
    (e.SearchKind.PEOPLE, lazy("People")),
    (e.SearchKind.NOTES, lazy("Notes")),
    (e.SearchKind.CONVERSATIONS, lazy("Conversations")),
    (e.SearchKind.TRUST, lazy("Trust notes")),
    (e.SearchKind.HISTORY, lazy("What else happened")),
    (e.SearchKind.FILES, lazy("Files and links")),
    (e.SearchKind.FIELDS, lazy("Your own fields")),
    (e.SearchKind.NEEDS, lazy("Needs")),
    (e.Coverage.GAP, lazy("Nobody yet")),
    (e.Coverage.TRYING, lazy("Being tried")),
    (e.Coverage.ALONE, lazy("Rests on one")),
    (e.Coverage.COVERED, lazy("Two or more")),
    (e.Coverage.UNKNOWN, lazy("Work not said")),
    (e.RecordKind.WORK, lazy("Piece of work")),
    (e.RecordKind.TRIAL, lazy("Trial task")),
    (e.RecordKind.PROMISE, lazy("Promise")),
    (e.RecordKind.INTERACTION, lazy("Conversation")),
    (e.PromiseKind.FOLLOW_UP, lazy("Follow-up")),
    (e.PromiseKind.OURS, lazy("Our promise")),
    (e.PromiseKind.THEIRS, lazy("Their promise")),
    (e.PromiseState.OPEN, lazy("Open")),
    (e.PromiseState.KEPT, lazy("Kept")),
    (e.PromiseState.BROKEN, lazy("Broken")),
    (e.PromiseState.DROPPED, lazy("Dropped")),
    (e.ParkingReason.NO_BUDGET, lazy("We can’t afford them yet")),
    (e.ParkingReason.NOTHING_TO_OUTSOURCE, lazy("Nothing to outsource now")),
    (e.ParkingReason.NOT_READY, lazy("We’re not ready")),
    (e.ParkingReason.PREREQUISITE, lazy("Something must come first")),
    (e.ParkingReason.AT_CAPACITY, lazy("They have no capacity")),
    (e.ParkingReason.PRICE_TOO_HIGH, lazy("Their price or minimum is too high")),
    (e.ParkingReason.ON_LEAVE, lazy("They’re on leave or pausing")),
    (e.ParkingReason.SEASON, lazy("The scope or the season doesn’t match")),
    (e.ParkingReason.OTHER, lazy("Something else")),
    (e.ParkingEnd.TRIAL, lazy("Trial task started")),
    (e.ParkingEnd.BROUGHT_ON, lazy("Brought on")),
    (e.ParkingEnd.PROSPECT, lazy("Back to Prospect")),
    (e.ParkingEnd.LET_GO, lazy("Let go")),
    (e.ParkingEnd.UNDONE, lazy("Taken back")),
    (e.ParkingEnd.MERGED, lazy("Merged with another vendor")),
    (e.Dimension.ABILITY, lazy("Can do it")),
    (e.Dimension.INTEGRITY, lazy("Keeps their word")),
    (e.Dimension.BENEVOLENCE, lazy("Looks out for us")),
    (e.Direction.POSITIVE, lazy("Trust up")),
    (e.Direction.NEGATIVE, lazy("Trust down")),
    (e.Weight.MINOR, lazy("Minor")),
    (e.Weight.NOTABLE, lazy("Notable")),
    (e.Weight.MAJOR, lazy("Major")),
    (e.Level.TELL, lazy("I tell you how")),
    (e.Level.SELL, lazy("I explain why")),
    (e.Level.CONSULT, lazy("I ask you first")),
    (e.Level.AGREE, lazy("We agree together")),
    (e.Level.ADVISE, lazy("You decide, I advise")),
    (e.Level.INQUIRE, lazy("You decide, tell me after")),
    (e.Level.DELEGATE, lazy("It’s all yours")),
    (e.Maturity.LOW, lazy("Low")),
    (e.Maturity.MEDIUM, lazy("Medium")),
    (e.Maturity.HIGH, lazy("High")),
    (e.WorkOutcome.ACCEPTED, lazy("Accepted")),
    (e.WorkOutcome.REJECTED, lazy("Rejected")),
    (e.WorkOutcome.CALLED_OFF, lazy("Called off")),
    (e.CardPart.WHAT_THEY_DO, lazy("What they do")),
    (e.CardPart.LOCATION, lazy("Where they are")),
    (e.CardPart.LANGUAGES, lazy("Languages")),
    (e.CardPart.WEBSITE, lazy("Website")),
    (e.CardPart.RATE, lazy("What they ask for")),
    (e.CardPart.PERSON, lazy("Whom to ask for")),
    (e.CardPart.EMAIL, lazy("Their e-mail address")),
    (e.CardPart.PHONE, lazy("Their phone number")),
    (e.GoodwillSide.GIVEN, lazy("Given")),
    (e.GoodwillSide.RECEIVED, lazy("Received")),
    (e.GoodwillKind.REFERRAL, lazy("Referral")),
    (e.GoodwillKind.INTRODUCTION, lazy("Introduction")),
    (e.GoodwillKind.TESTIMONIAL, lazy("Testimonial")),
    (e.GoodwillKind.PROMPT_PAYMENT, lazy("Prompt payment")),
    (e.GoodwillKind.SMALL_TASK, lazy("Small task")),
    (e.GoodwillKind.ADVICE, lazy("Advice")),
    (e.GoodwillKind.RUSH_FAVOUR, lazy("Rush favour")),
    (e.GoodwillKind.DISCOUNT, lazy("Discount")),
    (e.GoodwillKind.FREE_REVISION, lazy("Free round of changes")),
    (e.CreditKind.EARNED, lazy("Earned")),
    (e.CreditKind.USED, lazy("Used")),
    (e.CreditKind.EXPIRED, lazy("Expired")),
    (e.CreditKind.VOIDED, lazy("Voided")),
    (e.TrialOutcome.PASSED, lazy("It worked")),
    (e.TrialOutcome.FAILED, lazy("It didn’t work")),
    (e.TrialOutcome.EXTENDED, lazy("Went on")),
    (e.TrialOutcome.CALLED_OFF, lazy("Called off")),
    (e.SentHow.LETTER, lazy("From here")),
    (e.SentHow.BY_HAND, lazy("By hand")),
    (e.TrialDecisionKind.BRING_ON, lazy("Bring on")),
    (e.TrialDecisionKind.EXTEND, lazy("Second trial")),
    (e.TrialDecisionKind.PARK, lazy("Park")),
    (e.TrialDecisionKind.DECLINE, lazy("Part ways")),
    (e.TrialAdvice.INVALID, lazy("Trial not valid: extend")),
    (e.TrialAdvice.UNMET, lazy("A must is not met: part ways")),
    (e.TrialAdvice.TALK, lazy("Skills yes, fit doubtful: talk first")),
    (e.TrialAdvice.EXTEND, lazy("Not sure yet: extend")),
    (e.TrialAdvice.USED_UP, lazy("Tried often enough: part ways")),
    (e.TrialAdvice.BRING_ON, lazy("Bring them on")),
    (e.ReferralState.IDEA, lazy("An idea")),
    (e.ReferralState.VENDOR_ASKED, lazy("Vendor asked")),
    (e.ReferralState.VENDOR_YES, lazy("Vendor said yes")),
    (e.ReferralState.VENDOR_NOT_NOW, lazy("Vendor said not now")),
    (e.ReferralState.VENDOR_NO, lazy("Vendor said no")),
    (e.ReferralState.BUSINESS_ASKED, lazy("Business asked")),
    (e.ReferralState.BUSINESS_YES, lazy("Business said yes")),
    (e.ReferralState.BUSINESS_NOT_NOW, lazy("Business said not now")),
    (e.ReferralState.BUSINESS_NO, lazy("Business said no")),
    (e.ReferralState.INTRODUCED, lazy("Introduced")),
    (e.ReferralState.TALKING, lazy("Talking")),
    (e.ReferralState.WON, lazy("Working together")),
    (e.ReferralState.LOST, lazy("Came to nothing")),
    (e.ReferralState.NO_REPLY, lazy("No reply")),
    (e.ReferralState.DECLINED, lazy("Not this time")),
    (e.ReferralState.THANKED, lazy("Thanked")),
    (e.ReferralSide.VENDOR, lazy("The vendor")),
    (e.ReferralSide.BUSINESS, lazy("The business")),
    (e.ReferralAnswer.YES, lazy("Yes, introduce us")),
    (e.ReferralAnswer.NOT_NOW, lazy("Not now")),
    (e.ReferralAnswer.NO, lazy("No, thank you")),
    (e.ReferralLetterKind.ASK, lazy("Asks them")),
    (e.ReferralLetterKind.INTRODUCTION, lazy("Introduces them")),
    (e.ReferralLetterKind.THANKS, lazy("Thanks them")),
    (e.StopReason.RETURNED, lazy("Mail to it comes back")),
    (e.StopReason.ASKED_TO_STOP, lazy("They want no more mail")),
    (e.NeedStatus.IDEA, lazy("An idea")),
    (e.NeedStatus.DEFINED, lazy("Defined")),
    (e.NeedStatus.SOURCING, lazy("Looking for someone")),
    (e.NeedStatus.IN_TRIAL, lazy("Being tried")),
    (e.NeedStatus.FILLED, lazy("Filled")),
    (e.NeedStatus.ON_HOLD, lazy("On hold")),
    (e.NeedStatus.DROPPED, lazy("Dropped")),
    (e.Importance.STRATEGIC, lazy("We stand or fall by it")),
    (e.Importance.IMPORTANT, lazy("Important")),
    (e.Importance.USEFUL, lazy("Useful")),
    (e.ReminderKind.TOUCH, lazy("Check-in")),
    (e.ReminderKind.FOLLOW_UP, lazy("Follow-up")),
    (e.ReminderKind.PROMISE_OURS, lazy("Our promise")),
    (e.ReminderKind.PROMISE_THEIRS, lazy("Their promise")),
    (e.ReminderKind.REVISIT, lazy("Look again")),
    (e.ReminderKind.TRIAL, lazy("Trial task")),
    (e.ReminderKind.REVIEW, lazy("Trial task to look at")),
    (e.ReminderKind.QUESTION, lazy("Question to answer")),
    (e.ReminderKind.REFERRAL, lazy("Referral")),
    (e.ReminderKind.MENTION, lazy("Mention")),
    (e.ReminderKind.STANDING, lazy("Standing")),
    (e.ReminderKind.TRIGGER, lazy("The time looks right")),
    (e.ReminderKind.WORK, lazy("Late work")),
    (e.ReminderKind.ACCESS, lazy("Access to take back")),
    (e.CheckInEnd.KEPT, lazy("Kept in time")),
    (e.CheckInEnd.LATE, lazy("Kept late")),
    (e.CheckInEnd.MISSED, lazy("Missed")),
    (e.CheckInEnd.AHEAD, lazy("You were ahead of it")),
    (e.Verdict.PREPARE_FIRST, lazy("Prepare first")),
    (e.Verdict.START_SMALL, lazy("Start small")),
    (e.Verdict.READY, lazy("Ready")),
    (e.ReadinessArea.NEED, lazy("Need and outcome")),
    (e.ReadinessArea.MONEY, lazy("Money")),
    (e.ReadinessArea.TIME, lazy("Time to manage")),
    (e.ReadinessArea.PROCESS, lazy("Process written down")),
    (e.ReadinessArea.DELEGATION, lazy("Delegation")),
    (e.ReadinessArea.PROJECTS, lazy("Project management")),
    (e.ReadinessArea.COMMUNICATION, lazy("Communication")),
    (e.ReadinessArea.ACCESS, lazy("Access and security")),
    (e.Statement.NEED_OUTCOME, lazy("What the work is for: the result we want, with a figure and a date.")),
    (e.Statement.NEED_DONE, lazy("What finished means: how we would tell good work from not good enough.")),
    (e.Statement.MONEY_BUDGET, lazy("What it may cost: a sum a month, and for how many months.")),
    (e.Statement.MONEY_PAYING, lazy("How vendors are paid: the terms, who approves a bill and who pays it.")),
    (e.Statement.TIME_HOURS, lazy("Who looks after a vendor, and which hours of the week that takes.")),
    (e.Statement.TIME_ANSWERS, lazy("Who answers a vendor’s questions, and within how long.")),
    (e.Statement.PROCESS_STEPS, lazy("The steps of the work: what comes first, and who does what.")),
    (e.Statement.PROCESS_EXAMPLES, lazy("Examples to follow, and what to stay away from.")),
    (e.Statement.DELEGATION_DECISIONS, lazy("What a vendor may decide alone, and what they ask us first.")),
    (e.Statement.DELEGATION_MISTAKES, lazy("What we do when something goes wrong, other than taking the work back.")),
    (e.Statement.PROJECTS_PLACE, lazy("One place for all tasks and their dates, which a vendor could see too.")),
    (e.Statement.PROJECTS_CHANGES, lazy("What happens with new wishes, late parts and higher costs.")),
    (e.Statement.COMMUNICATION_RHYTHM, lazy("When and how we speak with a vendor, and what about.")),
    (e.Statement.COMMUNICATION_FEEDBACK, lazy("Who says what is good and what is not, and how soon after it came.")),
    (e.Statement.ACCESS_OWN, lazy("Which accounts a vendor needs: each with an owner here and a login of its own.")),
    (e.Statement.ACCESS_BACK, lazy("Who has access to what, and how it is taken back.")),
    (e.Answer.NOT_STARTED, lazy("Not started")),
    (e.Answer.IN_A_HEAD, lazy("In someone’s head")),
    (e.Answer.PARTLY_WRITTEN, lazy("Partly written down")),
    (e.Answer.WRITTEN_AND_USED, lazy("Written down and used")),
    (e.TriggerKind.AVAILABILITY, lazy("They have room again")),
    (e.TriggerKind.RATE, lazy("Their price came down")),
    (e.TriggerKind.CREDIT, lazy("Credit earned covers the gap")),
    (e.TriggerKind.BUDGET, lazy("A need has the budget for them")),
    (e.TriggerKind.NEED, lazy("A need in their niche is defined")),
    (e.TriggerKind.VERDICT, lazy("We are readier than we were")),
    (e.TriggerKind.PREREQUISITE, lazy("What had to come first is there")),
    (e.TriggerKind.CONDITION, lazy("What had to change has changed")),
    (e.TouchReason.PROMISE, lazy("A promise to keep")),
    (e.TouchReason.REFERRAL_OUTCOME, lazy("How a referral went")),
    (e.TouchReason.OPENING, lazy("A business that could use them")),
    (e.TouchReason.RESULT, lazy("What came of their work")),
    (e.TouchReason.SMALL_TASK, lazy("A small task")),
    (e.TouchReason.DISCOUNT, lazy("A better price for referrals")),
    (e.TouchReason.NEWS, lazy("Their news")),
    (e.TouchReason.AVAILABILITY, lazy("When they have room")),
    (e.StandingLevel.PREFERRED, lazy("Preferred")),
    (e.StandingLevel.APPROVED, lazy("Approved")),
    (e.StandingLevel.CONDITIONAL, lazy("Conditional")),
    (e.StandingLevel.SUSPENDED, lazy("Suspended")),
    (e.FieldKind.TEXT, lazy("Text")),
    (e.FieldKind.NUMBER, lazy("Number")),
    (e.FieldKind.DATE, lazy("Date")),
    (e.FieldKind.CHOICE, lazy("One of a list")),
    (e.FieldKind.URL, lazy("Web address")),
    (e.FieldKind.MONEY, lazy("Money")),
    (e.MailState.WAITING, lazy("Waiting")),
    (e.MailState.SENDING, lazy("Being sent")),
    (e.MailState.BEGUN, lazy("Being sent")),
    (e.MailState.SENT, lazy("Sent")),
    (e.MailState.FAILED, lazy("Failed")),
    (e.MailState.UNKNOWN, lazy("May have been sent")),
    (e.MailState.HELD, lazy("Held: may have been sent")),
    (e.MailState.CANCELLED, lazy("Cancelled")),
    (e.TokenScope.READ, lazy("Read only")),
    (e.TokenScope.WRITE, lazy("Read and write")),
    (e.AuditKind.SIGNED_IN, lazy("Signed in")),
    (e.AuditKind.SIGN_IN_FAILED, lazy("Sign-in failed")),
    (e.AuditKind.SIGNED_OUT, lazy("Signed out")),
    (e.AuditKind.PASSWORD_CHANGED, lazy("Password changed")),
    (e.AuditKind.EMAIL_CHANGED, lazy("E-mail address changed")),
    (e.AuditKind.INVITED, lazy("Invited")),
    (e.AuditKind.JOINED, lazy("Joined the team")),
    (e.AuditKind.ROLE_CHANGED, lazy("Role changed")),
    (e.AuditKind.LEFT, lazy("Left the team")),
    (e.AuditKind.CAME_BACK, lazy("Let in again")),
    (e.AuditKind.EXPORTED, lazy("Exported")),
    (e.AuditKind.DELETED, lazy("Deleted")),
    (e.AuditKind.TOKEN_MADE, lazy("API token made")),
    (e.AuditKind.TOKEN_REVOKED, lazy("API token revoked")),
    (e.AuditKind.VISIBILITY_CHANGED, lazy("Who may read it changed")),
    (e.AuditKind.KEEPING_CHANGED, lazy("How long the log is kept changed")),
    (e.AuditKind.SIGNED_OUT_EVERYWHERE, lazy("Signed out everywhere")),
    (e.AuditKind.TWO_STEP_ON, lazy("Two-step sign-in turned on")),
    (e.AuditKind.TWO_STEP_OFF, lazy("Two-step sign-in turned off")),
    (e.AuditKind.RECOVERY_CODES_MADE, lazy("Recovery codes made")),
    (e.AuditKind.RECOVERY_CODE_USED, lazy("Recovery code used")),
    (e.AuditKind.PASSKEY_ADDED, lazy("Passkey added")),
    (e.AuditKind.PASSKEY_REMOVED, lazy("Passkey removed")),
    (e.AuditKind.IDENTITY_LINKED, lazy("Sign-in service linked")),
    (e.AuditKind.IDENTITY_UNLINKED, lazy("Sign-in service unlinked")),
    (e.AuditKind.HANDED_OVER, lazy("Handed over")),
    (e.AuditKind.RESTORED, lazy("Put back from the bin")),
    (e.AuditKind.ERASED, lazy("Erased for good")),
    (e.AuditKind.WEBHOOK_MADE, lazy("Webhook made")),
    (e.AuditKind.WEBHOOK_CHANGED, lazy("Webhook changed")),
    (e.AuditKind.WEBHOOK_DELETED, lazy("Webhook deleted")),
    (e.MailKind.DIGEST, lazy("Morning letter")),
    (e.MailKind.TEST, lazy("Test")),
    (e.MailKind.INVITATION, lazy("Invitation")),
    (e.MailKind.RESET, lazy("Password reset")),
    (e.MailKind.MENTION, lazy("Mention")),
    (e.MailKind.TRIGGER, lazy("The time looks right")),
    (e.MailKind.TOUCH, lazy("Letter to a vendor")),
    (e.MailKind.REFERRAL, lazy("Letter about a referral")),
    (e.MailKind.SECURITY, lazy("About your account")),
    (e.MailKind.EMAIL_CHANGE, lazy("Change of e-mail address")),
    (e.MailKind.NEWS, lazy("Notification")),
    (e.SignInWay.PASSWORD, lazy("Password")),
    (e.SignInWay.TWO_STEP, lazy("Password and code")),
    (e.SignInWay.RECOVERY_CODE, lazy("Recovery code")),
    (e.SignInWay.PASSKEY, lazy("Passkey")),
    (e.SignInWay.IDENTITY, lazy("Sign-in service")),
    (e.NewsKind.MENTION, lazy("Mentions")),
    (e.NewsKind.HANDED, lazy("Handed to you")),
    (e.NewsKind.FOLLOWED, lazy("Vendors you follow")),
    (e.WebhookEvent.STAGE_MOVED, lazy("A vendor changes stage")),
    (e.WebhookEvent.TRIAL_DECIDED, lazy("A trial task is decided")),
    (e.WebhookEvent.REVISIT_DUE, lazy("A parked vendor is due to be looked at again")),
    (e.WebhookEvent.REFERRAL_MOVED, lazy("A referral moves on")),
    (e.WebhookEvent.TEST, lazy("Test")),
    (e.DeliveryState.WAITING, lazy("Waiting")),
    (e.DeliveryState.SENDING, lazy("Sending")),
    (e.DeliveryState.DELIVERED, lazy("Delivered")),
    (e.DeliveryState.FAILED, lazy("Failed")),
    (e.DeliveryState.CANCELLED, lazy("Cancelled")),
    (e.BinKind.VENDOR, lazy("Vendor")),
    (e.BinKind.PERSON, lazy("Person")),
    (e.BinKind.NOTE, lazy("Note")),
    (e.BinKind.INTERACTION, lazy("Conversation")),
    (e.BinKind.TRUST_ENTRY, lazy("Trust note")),
    (e.BinKind.FILE, lazy("File")),
    (e.BinKind.LINK, lazy("Link")),
    (e.BinKind.NEED, lazy("Need")),
    (e.BinKind.OPENING, lazy("Opening")),
    (e.BinKind.RATING, lazy("Rating")),
    (e.BinKind.AREA, lazy("Area")),
    (e.BinKind.TASK, lazy("Task")),
    (e.BinKind.ACCESS, lazy("Access")),
    (e.BinKind.FLAW, lazy("Accepted flaw")),
    (e.BinKind.BRIEF, lazy("Brief")),
    (e.BinKind.REFERRAL, lazy("Referral")),
    (e.BinKind.TAG, lazy("Tag")),
    (e.BinKind.CATEGORY, lazy("Category")),
    (e.BinKind.FIELD, lazy("Field")),
    (e.BinKind.CHOICE, lazy("Choice of a field")),
    (e.BinKind.FILTER, lazy("Saved filter")),
)
_WORDS = {(type(choice), choice.value): words for choice, words in _PAIRS}
"""By kind and value: choices of different kinds may have the same value, and would be one key."""


def word(choice: Enum | None) -> str:
    """A choice in the reader's words; nothing for nothing."""
    return "" if choice is None else str(_WORDS[type(choice), choice.value])


_TO_DO: dict[e.Statement, LazyText] = {
    e.Statement.NEED_OUTCOME: lazy("Write the result you want in one sentence, with a figure and a date"),
    e.Statement.NEED_DONE: lazy("List three things that make finished work good enough"),
    e.Statement.MONEY_BUDGET: lazy("Set a sum a month, and for how many months it holds"),
    e.Statement.MONEY_PAYING: lazy("Write down payment terms, and who approves and pays a bill"),
    e.Statement.TIME_HOURS: lazy("Put two hours a week in the calendar for looking after a vendor"),
    e.Statement.TIME_ANSWERS: lazy("Name who answers a vendor’s questions, and within how long"),
    e.Statement.PROCESS_STEPS: lazy("Write the steps of the work down, one line each"),
    e.Statement.PROCESS_EXAMPLES: lazy("Collect three examples you like, and one you don’t"),
    e.Statement.DELEGATION_DECISIONS: lazy("List what a vendor may decide alone, and what they ask first"),
    e.Statement.DELEGATION_MISTAKES: lazy("Agree on what you do when something goes wrong"),
    e.Statement.PROJECTS_PLACE: lazy("Choose one place for tasks and dates, and move them there"),
    e.Statement.PROJECTS_CHANGES: lazy("Write down how a change is asked for and agreed"),
    e.Statement.COMMUNICATION_RHYTHM: lazy("Set a time each week to speak, with three standing questions"),
    e.Statement.COMMUNICATION_FEEDBACK: lazy("Write down who gives feedback, how, and within how many days"),
    e.Statement.ACCESS_OWN: lazy("List the accounts a vendor needs, each with an owner here"),
    e.Statement.ACCESS_BACK: lazy("Write down who has access to what, and how to take it back"),
}


def to_do(statement: e.Statement) -> str:
    """What could be done about a weak answer to a statement of the readiness check."""
    return str(_TO_DO[statement])


def verdict_why(verdict: e.Verdict, areas: Iterable[e.ReadinessArea]) -> str:
    """Why a readiness check says what it says; ``areas`` are those that hold us back."""
    if verdict is e.Verdict.READY:
        return _("Every area is at least partly written down.")
    names = _and([word(area) for area in areas])
    if verdict is e.Verdict.PREPARE_FIRST:
        return _("Not started yet: %(areas)s.", areas=names)
    return _("In someone’s head alone: %(areas)s.", areas=names)


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s", first=", ".join(words[:-1]), last=words[-1])


def _readier(facts: dict[str, Any]) -> str:
    now = word(e.Verdict(facts["verdict"]))
    if facts.get("before"):
        before = word(e.Verdict(facts["before"]))
        return _(
            "The readiness check says “%(now)s”. When you parked them it said “%(before)s”.", now=now, before=before
        )
    return _("The readiness check says “%(now)s”.", now=now)


def cadence(every: int, unit: str) -> str:
    """``Every 6 weeks``, ``Every month``."""
    if unit == "months":
        return ngettext("Every month", "Every %(num)s months", every)
    if unit == "weeks":
        return ngettext("Every week", "Every %(num)s weeks", every)
    return ngettext("Every day", "Every %(num)s days", every)


def why(facts: dict[str, Any] | None, today: date) -> str:
    """The reason for a reminder in a sentence, from the facts stored with it (:mod:`crm.domain.touches`)."""
    if not facts:
        return ""
    kind = e.ReminderKind(facts["kind"])
    if kind is e.ReminderKind.TOUCH:
        return _touch_why(facts, today)
    if kind is e.ReminderKind.REVISIT:
        reason = word(e.ParkingReason(facts["reason"]))
        return _("Parked: %(reason)s. Time to look again.", reason=reason)
    if kind is e.ReminderKind.STANDING:
        said = standing(e.StandingLevel(facts["level"]), str(facts["category"] or ""))
        return _("%(standing)s. Does that still hold?", standing=said)
    if kind is e.ReminderKind.TRIGGER:
        return trigger(facts, today)
    if kind is e.ReminderKind.REFERRAL:
        return str(_REFERRAL_WHY.get(facts.get("state", ""), _ASK_HOW_IT_WENT)) % {"business": facts.get("what")}
    return _named_why(kind, str(facts.get("what") or ""))


_ASK_HOW_IT_WENT = lazy("Ask how it went with %(business)s.")
_REFERRAL_WHY = {
    e.ReferralState.VENDOR_ASKED: lazy("No answer yet about %(business)s."),
    e.ReferralState.BUSINESS_ASKED: lazy("No answer yet from %(business)s."),
    e.ReferralState.VENDOR_YES: lazy("They said yes to %(business)s."),
    e.ReferralState.BUSINESS_YES: lazy("%(business)s said yes to them."),
    e.ReferralState.VENDOR_NOT_NOW: lazy("They said not now to %(business)s. Is it a better time?"),
    e.ReferralState.BUSINESS_NOT_NOW: lazy("%(business)s said not now. Is it a better time?"),
    e.ReferralState.VENDOR_NO: lazy("They said no to %(business)s."),
    e.ReferralState.BUSINESS_NO: lazy("%(business)s said no."),
}


def trigger(facts: dict[str, Any], today: date) -> str:
    """What has come true for a parked vendor, from the facts kept with it (:mod:`crm.domain.trigger_rules`)."""
    kind = e.TriggerKind(facts["trigger"])
    if kind is e.TriggerKind.AVAILABILITY:
        return _room(facts, today)
    if kind is e.TriggerKind.RATE:
        return " ".join(_drop(each, facts["currency"]) for each in facts["drops"])
    if kind is e.TriggerKind.CONDITION:
        if facts.get("goal") is None:
            return _("It has come true: %(condition)s", condition=facts["condition"])
        return _("%(condition)s: %(figure)s.", condition=facts["condition"], figure=figure(facts))
    if kind is e.TriggerKind.VERDICT and facts.get("verdict"):
        return _readier(facts)
    if kind is e.TriggerKind.CREDIT and facts.get("gap"):
        return _("Credit earned covers the missing %(gap)s.", gap=formats.money(facts["gap"], facts["currency"]))
    what = str(facts.get("what") or "")
    return _("%(kind)s: %(what)s", kind=word(kind), what=what) if what else word(kind)


def headline(facts: dict[str, Any], name: str, today: date) -> str:
    """For whom the time looks right, and why, in a line: ``Kettle & Crane: the balm has a launch date``."""
    kind = e.TriggerKind(facts["trigger"])
    if kind is e.TriggerKind.AVAILABILITY:
        return trigger({**facts, "name": name}, today).rstrip(".")
    is_plain = kind is e.TriggerKind.CONDITION and facts.get("goal") is None
    why = str(facts["condition"]) if is_plain else trigger(facts, today)
    return _("%(name)s: %(why)s", name=name, why=why.rstrip("."))


def _room(facts: dict[str, Any], today: date) -> str:
    name = facts.get("name") or _("The vendor")
    if facts.get("full_until"):
        day = formats.day(date.fromisoformat(facts["full_until"]), today)
        return _("%(name)s was full until %(day)s, and that has passed.", name=name, day=day)
    if e.Availability(facts["availability"]) is e.Availability.LIMITED:
        return _("%(name)s has a little room again.", name=name)
    return _("%(name)s has room again.", name=name)


def _drop(drop: dict[str, Any], currency: str) -> str:
    before, now = formats.money(drop["before"], currency), formats.money(drop["now"], currency)
    period = word(e.RatePeriod(drop["period"])) if drop.get("period") else ""
    if drop["what"] == "rate":
        said = _("Their rate came down from %(before)s to %(now)s %(period)s", before=before, now=now, period=period)
    else:
        said = _("Their minimum came down from %(before)s to %(now)s %(period)s", before=before, now=now, period=period)
    return said.rstrip() + "."


def figure(facts: dict[str, Any], *, begins: bool = False) -> str:
    """How far a condition has come: ``now £26,400 of £30,000 a month``; ``begins`` a sentence with it."""
    said = {**figures(facts), "unit": facts.get("unit") or ""}
    if begins:
        return _("Now %(now)s of %(goal)s %(unit)s", **said).rstrip()
    return _("now %(now)s of %(goal)s %(unit)s", **said).rstrip()


def figures(facts: dict[str, Any]) -> dict[str, str]:
    """Both ends of a condition's figure as the reader writes them."""
    currency = facts.get("currency")
    return {
        end: formats.money(facts[end], currency) if currency else formats.number(facts[end]) for end in ("now", "goal")
    }


_PER: dict[e.RatePeriod, LazyText] = {
    e.RatePeriod.HOUR: lazy("per hour"),
    e.RatePeriod.DAY: lazy("per day"),
    e.RatePeriod.MONTH: lazy("per month"),
    e.RatePeriod.PROJECT: lazy("per project"),
}


def not_compared(what: str, why: str, then: str, now: str) -> str:
    """That a price cannot be held against the day of parking: ``Their rate is per day now and was per hour: not
    compared.`` ``then`` and ``now`` are the periods, or the currencies, that differ."""
    is_rate = what == "rate"
    if why == "not_known_then":
        return (
            _("Their rate was not known when they were parked: not compared.")
            if is_rate
            else _("Their minimum was not known when they were parked: not compared.")
        )
    if why == "not_known_now":
        return (
            _("Their rate is not known any more: not compared.")
            if is_rate
            else _("Their minimum is not known any more: not compared.")
        )
    if why == "period":
        then, now = _per(then), _per(now)
    else:
        then, now = _("in %(currency)s", currency=then), _("in %(currency)s", currency=now)
    if is_rate:
        return _("Their rate is %(now)s now and was %(then)s: not compared.", now=now, then=then)
    return _("Their minimum is %(now)s now and was %(then)s: not compared.", now=now, then=then)


def _per(period: str) -> str:
    return str(_PER[e.RatePeriod(period)]) if period else _("for nothing in particular")


def parked_since(reason: e.ParkingReason, parked_on: date, today: date) -> str:
    """Since when a vendor is parked, and why: ``Parked in June. Nothing to outsource now.``"""
    return _("Parked in %(month)s. %(reason)s.", month=formats.month(parked_on, today), reason=word(reason))


def whose(facts: dict[str, Any], name: str | None) -> str:
    """For whom somebody is reminded, where it is somebody else's (:mod:`crm.domain.responsibility`)."""
    if not name:
        return ""
    if facts.get("is_away"):
        return _("For %(name)s, who is away.", name=name)
    return _("For %(name)s, who has not got to it yet.", name=name)


def away(first: date | None, last: date | None, today: date) -> str:
    """That somebody is away, or will be; nothing once they are back."""
    if first is None or last is None or last < today:
        return ""
    if first <= today:
        return _("Away until %(day)s", day=formats.day(last, today))
    return _("Away from %(first)s to %(last)s", first=formats.day(first, today), last=formats.day(last, today))


_AGREED: dict[e.Level, LazyText] = {
    e.Level.TELL: lazy("We tell you how it is to be done."),
    e.Level.SELL: lazy("We decide, and explain why."),
    e.Level.CONSULT: lazy("We ask you first, then we decide."),
    e.Level.AGREE: lazy("We decide together."),
    e.Level.ADVISE: lazy("You decide. We say what we think before."),
    e.Level.INQUIRE: lazy("You decide, and tell us afterwards."),
    e.Level.DELEGATE: lazy("It is all yours. You decide, and we do not ask."),
}


def agreed(level: e.Level) -> str:
    """A level as the business says it to the vendor: ``You decide, and tell us afterwards.``"""
    return str(_AGREED[level])


_RATINGS: dict[int, LazyText] = {
    5: lazy("used without a change"),
    4: lazy("a word or two changed"),
    3: lazy("one round of changes"),
    2: lazy("several rounds of changes"),
    1: lazy("redone by us"),
}


def rating(number: int) -> str:
    """A rating with what it means: ``3, one round of changes``."""
    return _("%(number)s, %(meaning)s", number=number, meaning=_RATINGS[number])


def ratings() -> dict[int, str]:
    """What each rating means, the best first."""
    return {number: str(meaning) for number, meaning in _RATINGS.items()}


def standing(level: e.StandingLevel, category: str) -> str:
    """``Preferred for Video``; without a category the standing is for everything they do."""
    if category:
        return _("%(level)s for %(category)s", level=word(level), category=category)
    return _("%(level)s for everything they do", level=word(level))


def _named_why(kind: e.ReminderKind, what: str) -> str:
    if kind is e.ReminderKind.PROMISE_THEIRS:
        return _("They promised: %(what)s", what=what) if what else _("A promise of theirs is due.")
    if kind is e.ReminderKind.PROMISE_OURS:
        return _("We promised: %(what)s", what=what) if what else _("A promise of ours is due.")
    if kind is e.ReminderKind.FOLLOW_UP:
        return _("Follow up: %(what)s", what=what) if what else _("You wanted to follow up.")
    if kind is e.ReminderKind.TRIAL:
        return _("Trial task due: %(what)s", what=what)
    if kind is e.ReminderKind.REVIEW:
        return _("It came, and is to be looked at: %(what)s", what=what)
    if kind is e.ReminderKind.QUESTION:
        return _("They asked, and wait for an answer: %(what)s", what=what)
    if kind is e.ReminderKind.WORK:
        return _("Late: %(what)s", what=what)
    if kind is e.ReminderKind.ACCESS:
        return _("Still to take back: %(what)s", what=what)
    return what


def _touch_why(facts: dict[str, Any], today: date) -> str:
    rhythm = cadence(facts["every"], facts["unit"])
    last = facts.get("last")
    if facts.get("attempts"):
        tries = ngettext("no answer yet", "no answer %(num)s times in a row", facts["attempts"])
        if facts.get("other_channel"):
            return _("%(rhythm)s; %(tries)s. Try another way to reach them.", rhythm=rhythm, tries=tries)
        return _("%(rhythm)s; %(tries)s.", rhythm=rhythm, tries=tries)
    if last:
        spoke = formats.day(date.fromisoformat(last), today)
        return _("%(rhythm)s; last spoke on %(day)s.", rhythm=rhythm, day=spoke)
    return _("%(rhythm)s; not spoken yet.", rhythm=rhythm)


_VENDOR_FIELDS: dict[str, LazyText] = {
    "name": lazy("Name"),
    "kind": lazy("Kind"),
    "what_they_do": lazy("What they do"),
    "website": lazy("Website"),
    "location": lazy("Location"),
    "time_zone": lazy("Time zone"),
    "working_hours": lazy("Working hours"),
    "languages": lazy("Languages"),
    "terms": lazy("Terms"),
    "availability": lazy("Their time"),
    "leave": lazy("On leave"),
    "source": lazy("Where they came from"),
    "referred_by": lazy("Referred by"),
    "owner": lazy("Looked after by"),
    "backup": lazy("Steps in"),
    "tier": lazy("Tier"),
    "do_not_contact": lazy("Contact"),
    "cadence": lazy("Stay in touch"),
    "stage": lazy("Stage"),
    "people": lazy("People"),
    "contacts": lazy("Addresses and numbers"),
    "vendors": lazy("Other details"),
    "vendor_tags": lazy("Tags"),
    "vendor_categories": lazy("Niches"),
    "vendor_links": lazy("Links"),
    "attachments": lazy("Files"),
    "accepted_flaws": lazy("What we accept"),
    "parkings": lazy("Parking"),
    "standings": lazy("Standing"),
    "custom_values": lazy("Your own fields"),
}


def vendor_field(field: str) -> str:
    """What a part of a vendor is called, by the names of :data:`crm.domain.vendor_facts.FIELDS` and of tables."""
    return str(_VENDOR_FIELDS.get(field, _VENDOR_FIELDS["vendors"]))


def vendor_value(field: str, facts: dict[str, Any], today: date) -> str:
    """A value of such a part in words, from facts as :func:`crm.domain.vendor_facts.told` gives them."""
    if field in _VENDOR_VALUES:
        return _VENDOR_VALUES[field](facts, today)
    return str(next(iter(facts.values()), None) or "")


def _terms(facts: dict[str, Any], _today: date) -> str:
    parts = []
    for amount, period in (("rate_amount", "rate_period"), ("minimum_amount", "minimum_period")):
        if facts.get(amount) is None:
            continue
        money = formats.money(facts[amount], facts["currency"])
        each = word(e.RatePeriod(facts[period])) if facts.get(period) else ""
        said = f"{money} {each}".strip()
        parts.append(said if amount == "rate_amount" else _("at least %(money)s", money=said))
    return ", ".join(parts)


def _availability(facts: dict[str, Any], today: date) -> str:
    said = word(e.Availability(facts["availability"]))
    as_of = facts.get("availability_as_of")
    return _("%(what)s, as of %(day)s", what=said, day=formats.day(date.fromisoformat(as_of), today)) if as_of else said


def _leave(facts: dict[str, Any], today: date) -> str:
    days = [formats.day(date.fromisoformat(facts[key]), today) for key in ("leave_from", "leave_to") if facts.get(key)]
    return " – ".join(days)


def _wish(facts: dict[str, Any], _today: date) -> str:
    choice = e.CadenceChoice(facts["cadence_choice"])
    if choice is e.CadenceChoice.OWN:
        return cadence(facts["cadence_every"], facts["cadence_unit"])
    return _("No check-ins") if choice is e.CadenceChoice.NONE else _("As usual for their tier or stage")


def _stage(facts: dict[str, Any], today: date) -> str:
    stage = word(e.Stage(facts["stage"]))
    since = facts.get("stage_since")
    return (
        _("%(stage)s since %(day)s", stage=stage, day=formats.day(date.fromisoformat(since), today)) if since else stage
    )


_VENDOR_VALUES: dict[str, Callable[[dict[str, Any], date], str]] = {
    "kind": lambda facts, _today: word(e.VendorKind(facts["kind"])) if facts.get("kind") else "",
    "terms": _terms,
    "availability": _availability,
    "leave": _leave,
    "do_not_contact": lambda facts, _today: _("Do not contact") if facts["do_not_contact"] else _("May be contacted"),
    "cadence": _wish,
    "stage": _stage,
    "people": lambda facts, _today: "; ".join(facts["people"]),
    "vendor_tags": lambda facts, _today: ", ".join(facts["names"]),
    "vendor_categories": lambda facts, _today: ", ".join(facts["names"]),
}
