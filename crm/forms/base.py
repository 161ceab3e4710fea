"""The one base of all forms, and fields that speak the reader's language."""

from datetime import date, time
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import (
    DateField,
    EmailField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
    URLField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, Select

from crm.core import i18n, limits, text
from crm.core.i18n import LazyText, lazy


class _Words:
    """WTForms' own words, through our gettext."""

    def gettext(self, message: str) -> str:
        return i18n.gettext(message)

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return i18n.current().catalogue.ungettext(singular, plural, num)  # WTForms fills in what it says itself


class Form(FlaskForm):
    """A form. Text arrives cleaned; mistakes are said in words beside their box."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: FlaskForm) -> _Words:
            return _Words()

    def values(self) -> dict[str, Any]:
        """The typed values by field name, as the domain takes them."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class Line(StringField):
    """One line of text, cleaned."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = text.clean_line(str(valuelist[0])) if valuelist else ""


class Subject(Line):
    """The subject of a letter: one line and no second one, which would be another header to a careless mail program."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if valuelist and "".join(str(valuelist[0]).splitlines()) != str(valuelist[0]):
            raise ValueError(str(lazy("Type the subject in one line.")))


class Text(TextAreaField):
    """Several lines of text, cleaned."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = text.clean_text(str(valuelist[0])) if valuelist else ""


class Email(EmailField):
    """An e-mail address, cleaned; whether it is one, a validator says."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = text.clean_line(str(valuelist[0])) if valuelist else ""


class Secret(PasswordField):
    """A password, exactly as typed; it is never sent back to the page."""


class Address(URLField):
    """An address on the web, cleaned."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = text.clean_line(str(valuelist[0])) if valuelist else ""


class Day(DateField):
    """A date; an unreadable one is said in words and stays in its box."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and str(valuelist[0]).strip():
            try:
                self.data = date.fromisoformat(str(valuelist[0]).strip())
            except ValueError:
                raise ValueError(str(lazy("Type the day as year-month-day, such as 2026-11-27."))) from None


class TimeOfDay(TimeField):
    """A time of day, to the minute; an unreadable one is said in words and stays in its box."""

    data: Any
    """A time, where one was typed."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        typed = str(valuelist[0]).strip() if valuelist else ""
        if typed:
            try:
                self.data = time.fromisoformat(typed).replace(second=0, microsecond=0, tzinfo=None)
            except ValueError:
                raise ValueError(str(lazy("Type the time as hours and minutes, such as 08:30."))) from None


class Whole(IntegerField):
    """A whole number."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        typed = str(valuelist[0]).strip() if valuelist else ""
        if typed:
            try:
                # No exponents: the whole number of "1e999999999" would fill the machine's memory.
                self.data = int(typed) if typed.isascii() and len(typed) < 16 else int("")
            except ValueError:
                raise ValueError(str(lazy("Type a whole number."))) from None


class PickBox(Select):
    """A box with choices. A plain choice is written straight away: a page may hold hundreds."""

    @classmethod
    def render_option(cls, choice: Any, **options: Any) -> Markup:
        """One choice, as its parent writes it."""
        if choice.render_kw or options or isinstance(choice.value, bool):
            return Markup(super().render_option(choice, **options))  # noqa: S704 - markup already
        mark, words = "selected " if choice.selected else "", escape(choice.label or choice.value)
        return Markup(f'<option {mark}value="{escape(choice.value)}">{words}</option>')  # noqa: S704 - both are escaped


class Pick(SelectField):
    """One of some choices, given as (value, words). An empty choice gives None."""

    widget = PickBox()

    def __init__(self, label: LazyText | str = "", validators: Any = None, **options: Any) -> None:
        options.setdefault("coerce", _nothing_if_empty)
        options.setdefault("invalid_value_message", lazy("Choose one of the list."))
        super().__init__(label, validators, **options)

    def pre_validate(self, form: Any) -> None:
        if self.data is None and any(value in ("", None) for value, *_ in self.iter_choices()):
            return
        try:
            super().pre_validate(form)
        except (ValueError, TypeError):
            raise ValidationError(str(lazy("Choose one of the list."))) from None


class Mark(RadioField):
    """One of a few choices, shown all at once."""

    def pre_validate(self, form: Any) -> None:
        if str(self.data) not in {str(value) for value, *_ in self.iter_choices()}:
            raise ValidationError(str(lazy("Choose one of the list.")))


class Picks(SelectMultipleField):
    """Several of some choices."""

    def pre_validate(self, form: Any) -> None:
        known = {str(value) for value, *_ in self.iter_choices()}
        if not set(map(str, self.data or ())) <= known:
            raise ValidationError(str(lazy("Choose from the list.")))


class Ticks(Picks):
    """Several of some choices, each with a box to tick."""

    option_widget = CheckboxInput()


def _nothing_if_empty(value: Any) -> Any:
    return None if value in ("", None, "None") else value


class _Filled(InputRequired):
    """As its parent says, and what is left of a text once it is cleaned must not be nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        super().__call__(form, field)
        if isinstance(field.data, str) and not field.data:
            field.errors[:] = []
            raise StopValidation(str(self.message))


def required(words: LazyText) -> InputRequired:
    """The box must be filled with something that can be seen; ``words`` say what to do ("Type the vendor's name")."""
    return _Filled(words)


def new_password() -> Length:
    """A password that is long enough to be taken: said along with all else that is wrong in a form."""
    words = lazy("Use at least %(least)s characters.", least=limits.PASSWORD_LEAST)
    return Length(min=limits.PASSWORD_LEAST, message=words)


def at_most(length: int) -> Length:
    """No longer than so many characters."""
    return Length(max=length, message=lazy("Keep it under %(length)s characters.", length=length))


def between(least: int, most: int) -> NumberRange:
    """A number within both ends."""
    return NumberRange(least, most, lazy("Type a number from %(least)s to %(most)s.", least=least, most=most))


optional = Optional
NAME = at_most(limits.NAME_LENGTH)
LINE = at_most(limits.LINE_LENGTH)
TEXT = at_most(limits.TEXT_LENGTH)
