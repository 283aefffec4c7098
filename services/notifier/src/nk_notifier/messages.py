"""From alerts to what channels say of them. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from nk_common.api.alerts import NotificationEvent
from nk_common.api.common import Text
from nk_common.format import Formats
from nk_notifier.channels.base import Message

ALERTS_SCHEMA, DIGEST_SCHEMA, TEST_SCHEMA = "nkdash.alerts.v1", "nkdash.digest.v1", "nkdash.test.v1"
_IDS = uuid.UUID("6f0f6a55-7a4c-4c0e-9a0c-2b8f3f5d8e11")


@dataclass(frozen=True)
class Told:
    """What happened to an alert."""

    event: NotificationEvent
    id: int
    code: str
    subject: str
    severity: str
    reason: Text
    advice: Text
    opened_at: datetime
    closed_at: datetime | None


def message_id(*parts: object) -> str:
    """The same for the same parts, in every process."""
    return str(uuid.uuid5(_IDS, "|".join(str(part) for part in parts)))


def pick(text: Text, formats: Formats) -> str:
    return text.id if formats.lang == "id" else text.en


def link(public_url: str | None, path: str) -> str | None:
    """An address of the dashboard, where it is known."""
    return f"{public_url.rstrip('/')}{path}" if public_url else None


def alerts_message(told: Sequence[Told], formats: Formats, public_url: str | None) -> Message:
    """One message of everything that opened or recovered since the last one."""
    opened = [one for one in told if one.event == "opened"]
    recovered = [one for one in told if one.event == "recovered"]
    subject = pick(_subject(len(opened), len(recovered)), formats)
    sync = link(public_url, "/operational")
    blocks = [*(_opened(one, formats) for one in opened), *(_recovered(one, formats) for one in recovered)]
    lines = [subject, *("\n".join(block) for block in blocks), *([sync] if sync else [])]
    text = "\n\n".join(lines) + "\n"
    identity = message_id("alerts", *((one.event, one.id, one.opened_at.isoformat()) for one in told))
    document: dict[str, Any] = {
        "schema": ALERTS_SCHEMA, "id": identity, "language": formats.lang, "text": text, "url": sync,
        "alerts": [_as_json(one) for one in told],
    }  # fmt: skip
    return Message(identity, subject, text, _html(subject, blocks, sync), document)


def trial_message(at: datetime, formats: Formats, public_url: str | None) -> Message:
    """Says that messages arrive."""
    subject = pick(Text(id="nkdash: pesan percobaan", en="nkdash: a test message"), formats)
    said = Text(
        id=f"Kalau ini terbaca, peringatan nkdash sampai. Dikirim {formats.moment(at)}.",
        en=f"If you can read this, alerts of nkdash arrive. Sent {formats.moment(at)}.",
    )
    text = pick(said, formats)
    identity = message_id("test", at.isoformat())
    document = {
        "schema": TEST_SCHEMA, "id": identity, "language": formats.lang, "text": f"{subject}\n\n{text}\n",
        "url": link(public_url, "/"),
    }  # fmt: skip
    return Message(identity, subject, f"{text}\n", _html(subject, [[text]], link(public_url, "/")), document)


def _subject(opened: int, recovered: int) -> Text:
    parts_id = [f"{opened} peringatan baru"] if opened else []
    parts_en = [f"{opened} new {'alert' if opened == 1 else 'alerts'}"] if opened else []
    if recovered:
        parts_id.append(f"{recovered} sudah pulih")
        parts_en.append(f"{recovered} recovered")
    return Text(id=f"nkdash: {', '.join(parts_id)}", en=f"nkdash: {', '.join(parts_en)}")


def _opened(one: Told, f: Formats) -> list[str]:
    sign = "✕" if one.severity == "critical" else "!"
    do = Text(id=f"Yang perlu dilakukan: {one.advice.id}", en=f"What to do: {one.advice.en}")
    return [f"{sign} {pick(one.reason, f)}", pick(do, f)]


def _recovered(one: Told, f: Formats) -> list[str]:
    start, end = f.moment(one.opened_at), f.moment(one.closed_at)
    lasted = Text(
        id=f"Sudah pulih: dari {start} sampai {end}.", en=f"Recovered: it lasted from {start} to {end}."
    )
    return [
        f"✓ {pick(lasted, f)}",
        pick(Text(id=f"Tadinya: {one.reason.id}", en=f"It was: {one.reason.en}"), f),
    ]


def _as_json(one: Told) -> dict[str, Any]:
    return {
        "event": one.event,
        "id": one.id,
        "code": one.code,
        "subject": one.subject,
        "severity": one.severity,
        "reason": one.reason.model_dump(),
        "advice": one.advice.model_dump(),
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
    }


def _html(subject: str, blocks: Sequence[Sequence[str]], address: str | None) -> str:
    paragraphs = "".join(f"<p>{'<br>'.join(escape(line) for line in block)}</p>" for block in blocks)
    more = f'<p><a href="{escape(address)}">{escape(address)}</a></p>' if address else ""
    return page(subject, f"<h2>{escape(subject)}</h2>{paragraphs}{more}")


def page(title: str, body: str) -> str:
    """HTML that mail programs show as it is meant; `body` is escaped already."""
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        '<body style="font-family:sans-serif;max-width:40em;line-height:1.4">'
        f"{body}</body></html>\n"
    )
