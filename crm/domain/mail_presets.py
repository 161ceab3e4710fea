"""Mail providers that many people have: where their servers are, and what to watch out for."""

from dataclasses import dataclass

from crm.core.i18n import LazyText, lazy


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider. ``security`` as in :class:`crm.core.settings.MailServer`."""

    key: str
    name: str
    host: str
    port: int
    security: str
    hint: LazyText


_APP_PASSWORD = lazy("Make an app password in your account’s security settings and type it here, not your usual one.")

PRESETS = (
    Preset("gmail", "Gmail", "smtp.gmail.com", 587, "starttls", _APP_PASSWORD),
    Preset(
        "microsoft",
        "Microsoft 365",
        "smtp.office365.com",
        587,
        "starttls",
        lazy("Whoever administers your Microsoft 365 has to allow authenticated SMTP for this mailbox."),
    ),
    Preset("fastmail", "Fastmail", "smtp.fastmail.com", 465, "tls", _APP_PASSWORD),
    Preset("icloud", "iCloud", "smtp.mail.me.com", 587, "starttls", _APP_PASSWORD),
    Preset("yahoo", "Yahoo", "smtp.mail.yahoo.com", 465, "tls", _APP_PASSWORD),
    Preset(
        "zoho",
        "Zoho",
        "smtp.zoho.com",
        465,
        "tls",
        lazy("Accounts in Europe use smtp.zoho.eu instead. With two-factor sign-in an app password is needed."),
    ),
    Preset(
        "mailgun",
        "Mailgun",
        "smtp.mailgun.org",
        587,
        "starttls",
        lazy("User and password stand with your domain, under SMTP credentials. In the EU: smtp.eu.mailgun.org."),
    ),
    Preset(
        "postmark",
        "Postmark",
        "smtp.postmarkapp.com",
        587,
        "starttls",
        lazy("User and password are both the server’s API token."),
    ),
    Preset(
        "brevo",
        "Brevo",
        "smtp-relay.brevo.com",
        587,
        "starttls",
        lazy("The password is the SMTP key from your account, not the one that you sign in with."),
    ),
)


def preset(key: str) -> Preset | None:
    """The provider of that key."""
    return next((each for each in PRESETS if each.key == key), None)
