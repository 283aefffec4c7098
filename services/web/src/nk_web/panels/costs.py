"""What one product has cost over time, for the pages of profit and of the product."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from nk_common.api.profit import CostEvent, CostHistory
from nk_web import questions as ask
from nk_web.charts.axis import plain
from nk_web.charts.steps import Step, steps_figure
from nk_web.i18n import say
from nk_web.panels.panel import Body, Look, Panel, Size, always
from nk_web.panels.table import Cell, Column, Mood, Table
from nk_web.questions import Question
from nk_web.state import PageState

LABELS = 5


def one_product(state: PageState) -> str | None:
    """The product that the page is narrowed down to, if it is one."""
    products = state.filters.get("product", ())
    return products[0] if len(products) == 1 else None


def cost_panel(span: int, size: Size = "normal") -> Panel:
    return Panel(
        "cost", always(say("What one unit has cost")), _asked, cost_history_body, span=span, size=size,
        whole_file=True,
        unfit=lambda state: None if one_product(state) else say("Choose one product to see what it has cost."),
    )  # fmt: skip


def _asked(state: PageState) -> tuple[Question[Any], ...]:
    return (ask.cost_history(state, one_product(state) or "-1"),)


def cost_history_body(answer: CostHistory, look: Look) -> Body:
    """A step for every bill; before the first one, the cost that was known by then."""
    f = look.f
    steps = _steps(answer, look)
    days = f.days(answer.range.start, answer.range.end)
    if not steps:
        return Body(empty=look.tr(say("No bill says what this product has cost, %(days)s.", days=days)))
    product, cost = look.reader.label(answer.product), f.currency(steps[-1].value)
    now = look.tr(say("%(product)s: %(cost)s now", product=product, cost=cost))
    return Body(
        figure=steps_figure(
            steps, answer.range.end, _ticks(steps[0].day, answer.range.end, look), f.currency_short
        ),
        alt=look.tr(say("Line chart, %(days)s. The table below has its figures.", days=days)),
        sub=now,
        foot=(days,),
        table=_table(answer, look),
    )


def _steps(answer: CostHistory, look: Look) -> list[Step]:
    events = [Step(event.day, event.unit_cost, _hover(event, look)) for event in answer.events]
    before = answer.at_start
    if before is None:
        return events
    return [Step(answer.range.start, before.unit_cost, _hover(before, look), carried=True), *events]


def _hover(event: CostEvent, look: Look) -> str:
    f = look.f
    facts = [
        f"<b>{f.currency(event.unit_cost)}</b>",
        look.tr(say("since %(day)s", day=f.day(event.day))),
        *(
            f"{look.tr(say('Change'))}: {f.change(share)}"
            for share in [event.change_share]
            if share is not None
        ),
        *(plain(text) for text in (event.vendor, event.bill) if text),
    ]
    return "<br>".join(facts)


def _ticks(start: date, end: date, look: Look) -> list[tuple[date, str]]:
    length = (end - start).days
    count = min(LABELS, length + 1)
    days = [start + timedelta(days=round(length * at / max(1, count - 1))) for at in range(count)]
    # The outermost ones would stick out.
    return [(day, look.f.day_short(day)) for day in (days[1:-1] if count > 2 else days)]


def _table(answer: CostHistory, look: Look) -> Table:
    """The newest on top."""
    heads = (say("Cost of a unit"), say("Change"), say("Bought"))
    events = [*([answer.at_start] if answer.at_start else []), *answer.events]
    more = (answer.total or 0) - len(answer.events)
    note = (
        look.tr(say("%(count)s later bills are not listed.", count=look.f.number(more))) if more > 0 else ""
    )
    return Table(
        (
            Column(look.tr(say("Day"))),
            *(Column(look.tr(head), numeric=True) for head in heads),
            Column(look.tr(say("Vendor"))),
        ),
        tuple(_row(event, look) for event in reversed(events)),
        note=note,
    )


def _row(event: CostEvent, look: Look) -> tuple[Cell, ...]:
    f, share = look.f, event.change_share
    mood: Mood = "" if not share else "bad" if share > 0 else "good"
    return (
        Cell(f.day_plain(event.day), sub=event.bill or ""),
        Cell(f.currency(event.unit_cost)),
        Cell(f.change(share), mood=mood),
        Cell(f.number(event.quantity, 2)),
        Cell(event.vendor or "–"),
    )
