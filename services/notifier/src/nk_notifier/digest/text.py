"""The digest as people read it: plain text, and HTML beside it, in their language. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from nk_common.api.common import Text
from nk_common.format import Formats
from nk_notifier.channels.base import Message
from nk_notifier.digest.due import Standing
from nk_notifier.digest.figures import Figures, Line, Low, Mover
from nk_notifier.messages import DIGEST_SCHEMA, link, message_id, page, pick

_NO_STOCK = Text(id="Stok belum ada datanya.", en="Nothing is known of the stock yet.")
_UNKNOWN_PROFIT = Text(id="Laba kotor belum bisa dihitung.", en="The gross profit cannot be worked out yet.")


@dataclass(frozen=True)
class Section:
    """A heading (or none) with its lines."""

    title: str
    lines: tuple[str, ...]


def digest_message(
    figures: Figures, standing: Standing, health: Text, formats: Formats, public_url: str | None
) -> Message:
    """`health` is one sentence about all data."""
    f = formats.with_currency(figures.currency)
    name = pick(Text(id="Ringkasan", en="Summary"), f)
    subject = f"{name} {f.day(figures.day)}: {_value(figures.line('revenue'), f)}"
    day = figures.day.isoformat()
    address = link(public_url, f"/?start={day}&end={day}")
    sections = [*_sections(figures, standing, health, f)]
    text = "\n\n".join("\n".join(part for part in (one.title, *one.lines) if part) for one in sections)
    text += f"\n\n{address}\n" if address else "\n"
    identity = message_id("digest", day)
    document = {
        "schema": DIGEST_SCHEMA, "id": identity, "language": f.lang, "text": f"{subject}\n\n{text}", "url": address,
        "day": day, "currency": figures.currency, **_as_json(figures, standing),
    }  # fmt: skip
    return Message(identity, subject, text, _html(subject, sections, address), document)


def _sections(figures: Figures, standing: Standing, health: Text, f: Formats) -> Iterator[Section]:
    # What is not whole is said before the figures, and not in small print after them.
    if standing.said:
        title = pick(Text(id="Perhatian", en="Please note"), f)
        yield Section(title, tuple(f"- {pick(text, f)}" for _, text in standing.said))
    yield Section(f.day(figures.day), tuple(_figures(figures, f)))
    week = f.weekday_name(figures.day.isoweekday())
    rose = Text(
        id=f"Naik paling banyak, dibanding {week} sebelumnya", en=f"Rose most, since the {week} before"
    )
    fell = Text(
        id=f"Turun paling banyak, dibanding {week} sebelumnya", en=f"Fell most, since the {week} before"
    )
    for heading, movers in ((rose, figures.rising), (fell, figures.falling)):
        if movers:
            yield Section(pick(heading, f), tuple(_mover(one, f) for one in movers))
    yield _stock(figures, f)
    yield Section("", (pick(Text(id=f"Data: {health.id}", en=f"Data: {health.en}"), f),))


def _figures(figures: Figures, f: Formats) -> Iterator[str]:
    for slug in ("revenue", "transactions", "average_transaction_value"):
        yield _line(figures.line(slug), figures, f)
    profit, margin = figures.line("gross_profit"), figures.line("margin")
    if profit.value is None:
        yield pick(_UNKNOWN_PROFIT, f)
    else:
        share = f" ({_value(margin, f)})" if margin.value is not None else ""
        yield f"{pick(profit.name, f)}: {_value(profit, f)}{share}"


def _line(line: Line, figures: Figures, f: Formats) -> str:
    """A figure with its changes; those that cannot be told are left out."""
    week = f.weekday_name(figures.day.isoweekday())
    since = (
        (line.since_day_before, Text(id="dari hari sebelumnya", en="on the day before")),
        (line.since_week_before, Text(id=f"dari {week} sebelumnya", en=f"on the {week} before")),
    )
    told = [f"{f.change(ratio)} {pick(words, f)}" for ratio, words in since if ratio is not None]
    return f"{pick(line.name, f)}: {_value(line, f)}" + (f" ({', '.join(told)})" if told else "")


def _mover(one: Mover, f: Formats) -> str:
    sign = "+" if one.change > 0 else ""
    return f"- {one.label}: {sign}{f.currency(one.change)} ({f.currency(one.revenue)})"


def _stock(figures: Figures, f: Formats) -> Section:
    if figures.low_count is None:
        return Section("", (pick(_NO_STOCK, f),))
    number = f.number(figures.low_count)
    title = Text(
        id=f"Stok menipis: {number} produk",
        en=f"Low stock: {number} {'product' if figures.low_count == 1 else 'products'}",
    )
    return Section(pick(title, f), tuple(_low(one, f) for one in figures.low))


def _low(one: Low, f: Formats) -> str:
    if one.on_hand is not None and one.on_hand <= 0:
        return f"- {one.label}: {pick(Text(id='habis', en='sold out'), f)}"
    if one.cover is None:
        return f"- {one.label}"
    days = f.number(one.cover, 1)
    return f"- {one.label}: {pick(Text(id=f'cukup {days} hari', en=f'lasts {days} days'), f)}"


def _value(line: Line, f: Formats) -> str:
    return f.value(line.value, line.unit)


def _as_json(figures: Figures, standing: Standing) -> dict[str, Any]:
    return {
        "figures": {
            line.slug: {
                "value": line.value,
                "since_day_before": line.since_day_before,
                "since_week_before": line.since_week_before,
            }
            for line in figures.lines
        },
        "rising": [vars(one) for one in figures.rising],
        "falling": [vars(one) for one in figures.falling],
        "low_stock": {"count": figures.low_count, "products": [vars(one) for one in figures.low]},
        "missing": [code for code, _ in standing.missing],
        "remarks": [code for code, _ in standing.remarks],
    }


def _html(subject: str, sections: Sequence[Section], address: str | None) -> str:
    body = "".join(_section(one) for one in sections)
    more = f'<p><a href="{escape(address)}">{escape(address)}</a></p>' if address else ""
    return page(subject, f"<h2>{escape(subject)}</h2>{body}{more}")


def _section(one: Section) -> str:
    heading = f"<h3>{escape(one.title)}</h3>" if one.title else ""
    return f"{heading}<p>{'<br>'.join(escape(line) for line in one.lines)}</p>"
