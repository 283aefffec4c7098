"""What people start themselves: a test of the channels, and the digest of any day."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any, TextIO

from nk_common.clock import Clock
from nk_notifier.app import Notifier, formats_of
from nk_notifier.channels.base import Message, NotAcceptedError
from nk_notifier.messages import message_id, trial_message

NO_CHANNEL = (
    "No channel is set up, so nothing can be sent: alerts are only shown on the Data Sync page. Set "
    "NK_ALERT_WEBHOOK_URL, or NK_SMTP_HOST with NK_SMTP_FROM and NK_ALERT_EMAIL_TO."
)


async def try_channels(notifier: Notifier, clock: Clock, out: TextIO, *, as_json: bool) -> int:
    """Send a test to every channel and say what happened. Returns the exit code: 0 when all accepted it."""
    public = str(notifier.settings.public_url) if notifier.settings.public_url else None
    return await _send(
        notifier, trial_message(clock.now(), formats_of(notifier.settings), public), out, as_json=as_json
    )


async def show_digest(
    notifier: Notifier, day: date, clock: Clock, out: TextIO, *, send: bool, as_json: bool
) -> int:
    """Print the digest of a day as it is now; with `send`, send it too, whether it was sent before or not.

    Raises LedgerUnavailableError, QueryApiAwayError.
    """
    message = await notifier.digesting.of(day)
    # Another identity than that of the morning's: mail programs show what they have already only once.
    message = replace(message, id=message_id("by hand", day, clock.now().isoformat()))
    if not as_json:
        out.write(f"{message.subject}\n\n{message.text}")
    elif not send:
        out.write(json.dumps(message.document, ensure_ascii=False) + "\n")
    return await _send(notifier, message, out, as_json=as_json) if send else 0


async def _send(notifier: Notifier, message: Message, out: TextIO, *, as_json: bool) -> int:
    results: list[dict[str, Any]] = []
    for channel in notifier.channels:
        try:
            remark = await channel.send(message)
            results.append({"channel": channel.name, "accepted": True, "says": remark})
        except NotAcceptedError as error:
            results.append({"channel": channel.name, "accepted": False, "says": str(error)})
    if as_json:
        out.write(json.dumps({"channels": results}) + "\n")
    elif not results:
        out.write(f"{NO_CHANNEL}\n")
    for one in [] if as_json else results:
        said = one["says"] or "It was accepted."
        out.write(f"{one['channel']}: {'sent' if one['accepted'] else 'NOT sent'}. {said}\n")
    return 0 if results and all(one["accepted"] for one in results) else 1
