"""Briefs to begin with, one for each kind of work and one for everything else: a small piece of real work, said so that
a stranger can do it. Square brackets mark what only the business knows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crm.core.i18n import LazyText, lazy
from crm.domain.category_seed import SEED
from crm.domain.trial_briefs import BriefTerms, Condition, Criterion, usual_criteria

_BLANK = re.compile(r"\[[^\[\]\n]{2,120}\](?!\()")


@dataclass(frozen=True, slots=True)
class BriefTemplate:
    """A brief to begin with. ``place`` is that of its category in the seed, None for the one that fits everything."""

    key: str
    place: int | None
    title: LazyText
    skill: LazyText
    body: LazyText
    deliverable: LazyText
    given: LazyText
    musts: tuple[LazyText, ...]
    shoulds: tuple[LazyText, ...]
    scored: tuple[LazyText, ...]
    """What counts most in this kind of work; the usual criteria follow."""
    hours: int = 4
    revision_rounds: int = 1

    @property
    def name(self) -> LazyText:
        """What it is chosen by."""
        return lazy("Anything else") if self.place is None else SEED[self.place][0]

    def terms(self) -> BriefTerms:
        """The brief, in the words of whoever reads it now."""
        return BriefTerms(
            title=str(self.title),
            body=str(self.body),
            skill=str(self.skill),
            deliverable=str(self.deliverable),
            given=str(self.given),
            hours=self.hours,
            revision_rounds=self.revision_rounds,
            conditions=(
                *(Condition(str(what)) for what in self.musts),
                *(Condition(str(what), is_must=False) for what in self.shoulds),
            ),
            criteria=(*(Criterion(str(name), counts=3) for name in self.scored), *usual_criteria()),
        )


def blanks(words: str) -> list[str]:
    """What still stands in square brackets, each once, brackets and all; a link in Markdown is none."""
    return list(dict.fromkeys(_BLANK.findall(words)))


def find(key: str) -> BriefTemplate | None:
    """The one with this key."""
    return next((one for one in TEMPLATES if one.key == key), None)


def for_category(names: Iterable[str]) -> BriefTemplate | None:
    """The one for a place in the tree, given the names from the top down: the seed's categories are known by name."""
    top = next(iter(names), "").casefold()
    return next((one for one in TEMPLATES if one.place is not None and str(one.name).casefold() == top), None)


TEMPLATES: tuple[BriefTemplate, ...] = (
    BriefTemplate(
        key="website",
        place=0,
        title=lazy("One page of our website, built anew"),
        skill=lazy("Whether they build what was agreed, and leave nothing broken behind"),
        body=lazy(
            "We are [what you do, in one sentence], and our customers are [who they are].\n\n"
            "This page works worst for us: [address of the page]. Visitors come to it to [what they want], and what we "
            "want them to do there is [the one thing].\n\n"
            "Build this one page anew, on a copy of the site, so that we can look at it on a telephone and on a large "
            "screen. Before you begin, tell us in a few lines what you would change and why. Leave all other pages as "
            "they are."
        ),
        deliverable=lazy("The page at an address that we can open, and a short note of what you changed and why"),
        given=lazy(
            "Access to a copy of the site, our logo and pictures, the present text, and somebody who answers within a "
            "working day: [name]"
        ),
        musts=(
            lazy("Nothing is lost: every fact, link and form of the old page is still there"),
            lazy("It can be read and used on a telephone"),
            lazy("It shows within three seconds on an ordinary connection"),
            lazy("We can change its text ourselves, without you"),
        ),
        shoulds=(
            lazy("It works with the keyboard alone, and its pictures are described"),
            lazy("It uses what the site has, without new extensions"),
        ),
        scored=(lazy("Easy to use for our customers"),),
        hours=8,
    ),
    BriefTemplate(
        key="being-found",
        place=1,
        title=lazy("A look at how we are found, with three things to do"),
        skill=lazy("Whether they find what matters for us, rather than a long list from a tool"),
        body=lazy(
            "We are [what you do, where], and people should find us when they look for [two or three things, in their "
            "words].\n\n"
            "Look at our site [address] and at how we are found today. Then tell us the three things that would bring "
            "the most, in the order in which you would do them. For each: what is the matter, how you know, what "
            "exactly has to be done, how long it takes, and how we would see that it worked.\n\n"
            "Do one small thing of the three yourself, on one page, so that we see how you work: [which page]."
        ),
        deliverable=lazy("Two to four pages in plain words, and one page of the site put right"),
        given=lazy("Read access to our statistics and search reports, and access to the one page"),
        musts=(
            lazy("Each of the three is backed by something that we can check ourselves"),
            lazy("No promise of a place in the results"),
            lazy("Nothing that search engines forbid: no bought links, no hidden text"),
            lazy("Somebody without training can carry out what it says"),
        ),
        shoulds=(
            lazy("It says what is fine already and should be left alone"),
            lazy("It names what would be a waste of our money"),
        ),
        scored=(lazy("Finds what matters"),),
        hours=5,
    ),
    BriefTemplate(
        key="words",
        place=2,
        title=lazy("Three texts that sound like us"),
        skill=lazy("Whether it sounds like us without being told twice"),
        body=lazy(
            "We are [what you do], and we sound like [how you talk: two or three words, and one that you never "
            "are].\n\n"
            "Write anew the texts for [three products, pages or letters, with their addresses]. Whoever reads them is "
            "[who], wants to know [what], and hesitates because of [what].\n\n"
            "Keep to what is true: all facts are in what we send you. Where something is missing, ask instead of "
            "inventing it."
        ),
        deliverable=lazy("Three texts in one document that we can comment on, each with a headline"),
        given=lazy("The old texts, our facts about each, three texts of ours that we like, and one that we don’t"),
        musts=(
            lazy("No invented facts, and none left out that we marked"),
            lazy("Within the length that was agreed: [so many words]"),
            lazy("Ready to be published: no spelling mistakes, no notes in between"),
            lazy("Written for us: not used elsewhere, and nobody else’s"),
        ),
        shoulds=(
            lazy("The first sentence makes one want to read the second"),
            lazy("Words that our customers use, rather than those of the trade"),
        ),
        scored=(lazy("Sounds like us"),),
        hours=5,
    ),
    BriefTemplate(
        key="pictures-and-film",
        place=3,
        title=lazy("One product, shown well"),
        skill=lazy("Whether they see what is particular about our things"),
        body=lazy(
            "We make [what], and people buy it because of [what one should see or feel].\n\n"
            "Show one product: [which]. We need [six pictures, or one film of thirty seconds] for [where it will be "
            "used]. One view has to show its size, one how it is used, and one a detail that one would only notice "
            "with it in hand.\n\n"
            "Send us a rough idea first, two or three sketches or references, before you set anything up."
        ),
        deliverable=lazy(
            "The finished pictures or the film, in the sizes for our shop and for print, and the originals as agreed"
        ),
        given=lazy(
            "The product, posted to you and back at our cost, the places where it will be used, pictures that we like, "
            "and our colours"
        ),
        musts=(
            lazy("The colour is that of the product, next to it in daylight"),
            lazy("Sharp, evenly lit, and in the sizes that were agreed"),
            lazy("We may use it everywhere, for as long as we like; people and music in it are cleared"),
            lazy("Nothing is shown that the product isn’t or can’t do"),
        ),
        shoulds=(
            lazy("It sits beside our other pictures without looking foreign"),
            lazy("One of them would stop us while scrolling"),
        ),
        scored=(lazy("Shows what is particular"),),
        hours=8,
    ),
    BriefTemplate(
        key="design-and-packaging",
        place=4,
        title=lazy("One label, from the idea to the print file"),
        skill=lazy("Whether they solve the task, and know what happens at the printer’s"),
        body=lazy(
            "We are [what you do]. Our things stand beside [whose], and one should know ours from [how far away].\n\n"
            "Design one label for [product and pack, with its measures]. On it belong: [name, amount, everything that "
            "the law asks for]. What has to be understood first is [the one thing].\n\n"
            "Show us two directions as rough sketches and tell us which one you would take and why. We choose one, and "
            "you carry it through to the file that we can send to our printer."
        ),
        deliverable=lazy("Two sketches, then one finished label: an open file, a file for print, and the fonts’ names"),
        given=lazy("Our brand guide or what we have of one, the pack itself, all texts, and the printer’s rules"),
        musts=(
            lazy("Everything that the law asks for is on it and can be read"),
            lazy("Our printer takes the file as it is"),
            lazy("It keeps to our brand guide"),
            lazy("Fonts and pictures may be used for this, and it is said what they cost"),
        ),
        shoulds=(
            lazy("It can be carried on to the rest of the range"),
            lazy("It is still clear in black and white, and small"),
        ),
        scored=(lazy("Looks like us"),),
        hours=8,
        revision_rounds=2,
    ),
    BriefTemplate(
        key="social-media",
        place=5,
        title=lazy("One week of posts"),
        skill=lazy("Whether they find something worth saying in what we do every day"),
        body=lazy(
            "We are [what you do], and we want to be followed by [whom], on [which place].\n\n"
            "Plan and write one week for us: [four] posts. For each: the text, what is shown, when it goes out, and "
            "what it is for. At least one should make people answer, and one should show something that only we "
            "have.\n\n"
            "Then write how you would answer these three comments that we really got: [a question, a complaint, a "
            "compliment]."
        ),
        deliverable=lazy("The posts in a document or a plan that we can comment on, and three answers"),
        given=lazy(
            "Pictures and films of ours, how we talk, the posts that went best and worst, and what we never say"
        ),
        musts=(
            lazy("Ready to go out: texts, pictures, descriptions of pictures"),
            lazy("Nothing is claimed about our products that we can’t prove"),
            lazy("Pictures, music and people in it may be used"),
            lazy("The complaint is answered so that we would sign it"),
        ),
        shoulds=(
            lazy("Somebody who doesn’t want to buy anything would still read it"),
            lazy("It could go on for months without getting dull"),
        ),
        scored=(lazy("Sounds like us"), lazy("Knows our customers")),
        hours=5,
    ),
    BriefTemplate(
        key="ads",
        place=6,
        title=lazy("A plan for one small campaign"),
        skill=lazy("Whether they ask what a customer is worth before they spend our money"),
        body=lazy(
            "We sell [what] for about [price], and a good month brings [so many orders or enquiries]. At most we can "
            "pay [amount] to win one.\n\n"
            "Plan one campaign of [budget] over [two weeks] on [where]. Tell us whom it is shown to and whom not, what "
            "it says (two versions), where it leads, what we will be able to tell after one week, and at which point "
            "you would stop it.\n\n"
            "Look at the page it leads to [address] and say what has to be put right there first, if anything. Nothing "
            "is switched on during this task."
        ),
        deliverable=lazy("A plan of two or three pages, and two finished ads in the form in which they would run"),
        given=lazy("Read access to our accounts and statistics, earlier figures, pictures and texts"),
        musts=(
            lazy("It calculates with our figures, and the sums are right"),
            lazy("It says what is measured, and how we see it ourselves"),
            lazy("Accounts and all that is in them stay ours"),
            lazy("No claim in the ads that we can’t prove"),
        ),
        shoulds=(
            lazy("It tells us honestly if the money were better spent elsewhere"),
            lazy("The two versions test one thing"),
        ),
        scored=(lazy("Careful with our money"),),
        hours=4,
        revision_rounds=0,
    ),
    BriefTemplate(
        key="books-and-tax",
        place=7,
        title=lazy("One month of our books"),
        skill=lazy("Whether they are exact, and ask where something is unclear"),
        body=lazy(
            "We are [what you do, legal form, how many invoices and receipts a month]. Our books are kept in "
            "[program], until now by [whom].\n\n"
            "Do one finished month for us: [which]. Match the bank account with the receipts, post everything, and "
            "list what is missing or unclear, with your question beside it. Then tell us in ten lines what you noticed "
            "and what you would arrange differently.\n\n"
            "We have this month done already and will hold the two against each other."
        ),
        deliverable=lazy("The month posted in a copy of our books, a list of open questions, and ten lines of notes"),
        given=lazy(
            "A copy of the books with access for you alone, receipts and bank statements of the month, our chart of "
            "accounts"
        ),
        musts=(
            lazy("The bank balance agrees to the penny"),
            lazy("Every receipt is posted or stands on the list of questions"),
            lazy("Sales tax is right for each kind of sale and purchase that we have"),
            lazy("They sign to keep it confidential, and everything is deleted afterwards"),
        ),
        shoulds=(
            lazy("Questions come together, not one by one"),
            lazy("The notes can be understood without knowing the trade"),
        ),
        scored=(lazy("Exact"), lazy("Discreet")),
        hours=4,
        revision_rounds=0,
    ),
    BriefTemplate(
        key="inbox-and-errands",
        place=8,
        title=lazy("One afternoon of what lies on the desk"),
        skill=lazy("Whether they finish things without being asked, and say so when they can’t"),
        body=lazy(
            "We are [what you do]. What keeps us from our own work is [what lies about].\n\n"
            "Do these three things within one week, whenever it suits you:\n\n"
            "1. Answer these ten messages as drafts, by our written answers: [where they are].\n"
            "2. Find three [suppliers, rooms, trains] for [what], with price, terms and your recommendation.\n"
            "3. Bring [a list, a folder, a calendar] into order, by the procedure that we give you.\n\n"
            "Keep the time for each. Where our procedure is unclear, do what you find sensible and tell us."
        ),
        deliverable=lazy("Ten drafts, a page with three offers, the list in order, and how long each took"),
        given=lazy(
            "Three written procedures, an account of your own with only what is needed, and a number for questions"
        ),
        musts=(
            lazy("Nothing goes out that we haven’t seen"),
            lazy("All three are finished, or it is said in time which one is not"),
            lazy("Names, prices and dates are right"),
            lazy("They sign to keep it confidential"),
        ),
        shoulds=(
            lazy("Something is better than our procedure asked for, and we are told"),
            lazy("The drafts need no more than a word changed"),
        ),
        scored=(lazy("Can be relied on"),),
        hours=4,
        revision_rounds=1,
    ),
    BriefTemplate(
        key="packing-and-posting",
        place=9,
        title=lazy("Twenty parcels"),
        skill=lazy("Whether our customers get what we would have sent"),
        body=lazy(
            "We post [so many] parcels a month with [what], the most delicate of which is [what].\n\n"
            "Take in [so many] items, store them for [two weeks], and pack and post twenty orders that we send you on "
            "[three different days]. Five of them go to addresses of our own, so that we open them as our customers "
            "would. One order is wrong on purpose: we want to see what happens.\n\n"
            "At the end, count what is left and send it back or keep it, as we agree."
        ),
        deliverable=lazy("Twenty parcels on their way within a working day, tracking numbers, and a count at the end"),
        given=lazy("The goods, our packing instructions with pictures, boxes and cards, and the orders as a table"),
        musts=(
            lazy("What was ordered before noon leaves the same day"),
            lazy("Right things, right addresses, nothing broken"),
            lazy("The count at the end agrees"),
            lazy("Each price is known beforehand: taking in, storing, packing, postage"),
        ),
        shoulds=(
            lazy("The parcel looks as if we had packed it"),
            lazy("The wrong order is noticed, and we are asked"),
        ),
        scored=(lazy("No mistakes"),),
        hours=8,
        revision_rounds=0,
    ),
    BriefTemplate(
        key="software",
        place=10,
        title=lazy("One small function, finished"),
        skill=lazy("Whether somebody else could go on with what they leave behind"),
        body=lazy(
            "We use [program or system, and what it runs on] for [what]. Today somebody has to [the tedious thing] by "
            "hand, [how often].\n\n"
            "Build the smallest thing that takes this off our hands: [what goes in, what comes out]. Tell us first in "
            "half a page how you would do it, what you leave out, and what could go wrong. Then build it on a copy, "
            "with made-up data.\n\n"
            "Show it to us in a quarter of an hour at the end."
        ),
        deliverable=lazy(
            "It runs on the copy, its source is in our repository, and a page says how to use and undo it"
        ),
        given=lazy(
            "A copy of the system with made-up data, access to our repository, and whoever does it by hand today"
        ),
        musts=(
            lazy("It does what half a page said, also with the three odd cases that we give you"),
            lazy("If something goes wrong, it says so and breaks nothing"),
            lazy("Tests come with it, and they run"),
            lazy("Source and rights are ours; parts of others are named with their licences"),
        ),
        shoulds=(
            lazy("Somebody else understands it without asking"),
            lazy("No paid service and no new program without need"),
        ),
        scored=(lazy("Could be carried on by others"),),
        hours=8,
    ),
    BriefTemplate(
        key="advice",
        place=11,
        title=lazy("One question, answered so that we can act on it"),
        skill=lazy("Whether their advice fits us, and we understand it"),
        body=lazy(
            "We are [what you do, size, where]. The question is: [one question, in one sentence].\n\n"
            "So far: [what has happened, what you have tried, by when you have to decide].\n\n"
            "Talk to us for half an hour, read what we send you, and then write down what you advise: what we should "
            "do first, what it costs and risks, what we should not do, and what you would need to know to be surer. "
            "If it isn’t your field, say so and name somebody."
        ),
        deliverable=lazy("Two pages that we can act on, and half an hour to ask about them"),
        given=lazy("The papers that belong to it, half an hour of our time, and honest answers"),
        musts=(
            lazy("It answers the question that was asked"),
            lazy("It says what is certain, what is likely and what is opinion"),
            lazy("It names what it rests on, and where they would earn from it"),
            lazy("It stays between us"),
        ),
        shoulds=(
            lazy("We could explain it to somebody else the same day"),
            lazy("It tells us something that we didn’t like to hear"),
        ),
        scored=(lazy("Fits our situation"),),
        hours=3,
        revision_rounds=0,
    ),
    BriefTemplate(
        key="general",
        place=None,
        title=lazy("One small, real piece of work"),
        skill=lazy("Whether what they hand over can be used as it is"),
        body=lazy(
            "We are [what you do, and for whom].\n\n"
            "We need [the result, not the trade], because [what it is for]. Today it is done like this: [how, or not "
            "at all].\n\n"
            "Do one small piece of it: [which, small enough for a day]. Begin with a few lines on how you would go "
            "about it and what you need from us. If something is unclear, ask rather than guess."
        ),
        deliverable=lazy("[What exactly, in which form, and where it is handed over]"),
        given=lazy("[Papers, access, examples of what we like and don’t like], and somebody who answers: [name]"),
        musts=(
            lazy("It can be used as it is"),
            lazy("It is there on the day that was agreed, or we know beforehand"),
            lazy("What we gave you stays between us"),
        ),
        shoulds=(lazy("It holds something that we hadn’t thought of"),),
        scored=(),
    ),
)
