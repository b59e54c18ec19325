"""A mail before it goes: to read, to look at in a browser or a mail program, or sent to one address as a test.

Nothing of this leaves a trace in the ledger.
"""

from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

from tracker.config import Digest, Settings
from tracker.dates import Clock, from_stamp
from tracker.deliver import CHANNELS, Mail
from tracker.deliver.message import Letter
from tracker.errors import DeliveryError
from tracker.pipeline.compose import Issue
from tracker.pipeline.delivering import write_mail


def letter_of_issue(issue: Issue) -> Letter:
    named = (issue.name, issue.period, issue.subject, issue.text, issue.html)
    return Letter(*named, created=from_stamp(issue.created))


def mails_to_look_at(settings: Settings, digest: Digest, issue: Issue) -> list[Mail]:
    """An issue's mails as they would go. Raises DeliveryError where the digest has no recipients."""
    if not digest.email:
        raise DeliveryError(f"digest {digest.name} has no recipients, so its file is all there is; try --to ADDRESS")
    return [write_mail(settings, letter_of_issue(issue), recipient) for recipient in digest.email]


def mail_for_test(settings: Settings, issue: Issue, address: str, clock: Clock) -> Mail:
    """An issue for one address. Its Message-ID is its own: some servers drop what comes twice under the same."""
    letter = replace(letter_of_issue(issue), period=f"test-{issue.period}", created=clock())
    return write_mail(settings, letter, address)


def write_previews(settings: Settings, mails: Sequence[Mail]) -> str:
    """The first of these mails as .eml and .html beside the digests. Returns the path of the .eml."""
    return CHANNELS["file"](settings).send(mails[0], lambda: None)


def as_text(mail: Mail) -> str:
    """A mail as a mail program without HTML shows it: headers, then the plain text."""
    message = message_from_bytes(mail.body, policy=default)
    body = message.get_body(("plain",))
    lines = [f"{name}: {str(value).strip()}" for name, value in message.items()]
    return "\n".join([*lines, "", body.get_content().replace("\r\n", "\n") if body else ""])
