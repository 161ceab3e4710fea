"""Addresses for e-mails: BASE_URL and a path. A test holds each against the application's own routes."""

from dataclasses import dataclass

from crm.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Links:
    """Makes absolute addresses; None where nobody could open them from another machine."""

    base_url: str | None

    def to(self, path: str) -> str | None:
        return None if self.base_url is None else self.base_url + path

    def home(self) -> str | None:
        return self.to("/")

    def page(self, slug: str, path: str) -> str | None:
        """A page of one business: asks to switch where the reader is at another of theirs."""
        return self.to(f"/open/{slug}{path}")

    def reminder_done(self, token: str) -> str | None:
        return self.to(f"/reminder-links/{token}/done")

    def reminder_snooze(self, token: str) -> str | None:
        return self.to(f"/reminder-links/{token}/snooze")

    def recheck(self, token: str) -> str | None:
        return self.to(f"/reminder-links/{token}/recheck")

    def invitation(self, token: str) -> str | None:
        return self.to(f"/invitations/{token}")

    def reset(self, token: str) -> str | None:
        return self.to(f"/resets/{token}")

    def forgotten(self) -> str | None:
        return self.to("/forgotten")

    def email_change(self, token: str) -> str | None:
        return self.to(f"/email-changes/{token}")

    def unsubscribe(self, token: str) -> str | None:
        return self.to(f"/unsubscribe/{token}")

    def introduction(self, token: str, answer: str = "") -> str | None:
        """The page on which those who were asked answer; with ``answer``, with that one chosen."""
        return self.to(f"/introductions/{token}?answer={answer}" if answer else f"/introductions/{token}")

    def opt_out(self, token: str) -> str | None:
        return self.to(f"/opt-out/{token}")


def links(settings: Settings) -> Links:
    """Links for this machine: none while BASE_URL is not set and the address served on is loopback."""
    return Links(settings.base_url if settings.links_work else None)
