"""Asking who somebody is: setting up, signing in."""

from wtforms import BooleanField, HiddenField

from crm.core import limits
from crm.core.i18n import lazy
from crm.forms.base import LINE, NAME, Email, Form, Line, Secret, Whole, at_most, new_password, required
from crm.forms.places import ZonePick

_EMAIL = at_most(limits.EMAIL_LENGTH)


class SignInForm(Form):
    """E-mail and password; and what was being done when the sign-in was needed."""

    email = Email(lazy("E-mail"), [required(lazy("Type your e-mail address.")), _EMAIL])
    password = Secret(lazy("Password"), [required(lazy("Type your password."))])
    stay = BooleanField(lazy("Keep me signed in on this device"), default=True)
    next = HiddenField()
    kept_path = HiddenField()
    kept = HiddenField()


class SecondStepForm(Form):
    """A code of the app, or a recovery code; and what was being done when the sign-in was needed."""

    code = Line(lazy("Code from your app"), [LINE])
    recovery = Line(lazy("Recovery code"), [LINE])
    kept_path = HiddenField()
    kept = HiddenField()


class ConfirmForm(Form):
    """The proof of being there still."""

    confirm_password = Secret(lazy("Password"))
    confirm_code = Line(lazy("Or a code from your app"), [LINE])
    confirm_sealed = HiddenField()
    """The secrets of the act that waits, such as a new password: encrypted, for no page shows what was typed."""
    next = HiddenField()


class SetUpForm(Form):
    """The first business and its owner."""

    business = Line(lazy("Business name"), [required(lazy("Type your business’s name.")), NAME])
    name = Line(lazy("Your name"), [required(lazy("Type your name.")), NAME])
    time_zone = ZonePick(
        lazy("Where you are"),
        [required(lazy("Choose the place whose clock you live by."))],
        default="UTC",
        description=lazy("Sets dates, money and when the morning e-mail goes."),
    )
    email = Email(
        lazy("Your e-mail"),
        [required(lazy("Type your e-mail address.")), _EMAIL],
        description=lazy("You sign in with it."),
    )
    password = Secret(
        lazy("Password"),
        [required(lazy("Type a password.")), new_password()],
        description=lazy("At least %(least)s characters. A few words in a row are good.", least=limits.PASSWORD_LEAST),
    )
    code = Line(
        lazy("One-time code"), [LINE], description=lazy("It stands in the console where Good Terms was started.")
    )


class SwitchForm(Form):
    """Which business to look at, and where in it."""

    workspace = Whole(validators=[required(lazy("Choose a business."))])
    next = HiddenField()


class ForgottenForm(Form):
    """Whose password is forgotten."""

    email = Email(lazy("E-mail"), [required(lazy("Type your e-mail address.")), _EMAIL])


class NewPasswordForm(Form):
    """The password in place of a forgotten one."""

    password = Secret(
        lazy("New password"),
        [required(lazy("Type a new password.")), new_password()],
        description=lazy("At least %(least)s characters. A few words in a row are good.", least=limits.PASSWORD_LEAST),
    )
