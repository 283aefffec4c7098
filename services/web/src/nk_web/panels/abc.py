"""Bodies of panels about the classes A, B and C: which products make the revenue."""

from __future__ import annotations

from typing import Final, get_args

from nk_common.api.inventory import AbcAnalysis, AbcCategory, AbcClass, AbcClassTotal, AbcItem
from nk_web.charts import palette
from nk_web.charts.axis import plain
from nk_web.charts.bars import Series, parts_figure
from nk_web.charts.pareto import Band, Dot, pareto_figure
from nk_web.i18n import Said, say
from nk_web.panels.lists import product_address
from nk_web.panels.naming import path_name, short_names
from nk_web.panels.panel import Body, Key, Look
from nk_web.panels.table import Cell, Column, ListColumn, ListSpec, Table, listing
from nk_web.state import Choice

CLASSES: Final[tuple[AbcClass, ...]] = get_args(AbcClass)
CLASS = Choice("class", {"all": say("All"), "A": say("A"), "B": say("B"), "C": say("C")})
MEASURE = Choice("measure", {"skus": say("Products"), "revenue": say("Revenue")})
PRODUCTS = ListSpec(
    columns=(
        ListColumn(say("Product"), "label", numeric=False, first="asc"),
        ListColumn(say("Rank"), "rank", narrow=False, first="asc"),
        ListColumn(say("Class"), numeric=False),
        ListColumn(say("Revenue"), "revenue"),
        ListColumn(say("Share"), narrow=False),
        ListColumn(say("Together with those above"), narrow=False),
        ListColumn(say("Items"), "quantity", narrow=False),
    ),
    sort="rank",
    order="asc",
)
MOST_CATEGORIES: Final = 12


def classes_body(answer: AbcAnalysis, look: Look) -> Body:
    """How many products each class has, and how much of the revenue they make: two bars of the same length."""
    if not answer.revenue:
        return Body(empty=_nothing_sold(look))
    names = [look.tr(say("Products")), look.tr(say("Revenue"))]
    return Body(
        figure=parts_figure(names, [_class_series(total, look) for total in answer.classes], fewest=3),
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        legend=tuple(Key(f"cat-{_place(total.abc) + 1}", _legend(total, look)) for total in answer.classes),
        foot=(look.tr(say("All products that sold or lie in stock.")), *_nameless(answer, look)),
        table=_classes_table(answer, look),
    )


def pareto_body(answer: AbcAnalysis, look: Look) -> Body:
    """The best products first: how much of the revenue they make together."""
    if not answer.revenue:
        return Body(empty=_nothing_sold(look))
    f = look.f
    known = [(point.share_of_skus, point.share_of_revenue) for point in answer.curve]
    dots = [
        Dot(skus, revenue, look.tr(_said(skus, revenue, look)))
        for skus, revenue in known
        if revenue is not None
    ]
    across, up = look.tr(say("Products, the best first")), look.tr(say("Share of revenue"))
    return Body(
        figure=pareto_figure(dots, bands_of(answer), across, up, lambda share: f.percent(share, 0)),
        alt=look.tr(say("Line chart. The table below has its figures.")),
        sub=_headline(answer, look),
        foot=(look.tr(say("Every product is in the list below.")),),
        table=Table(
            (Column(across, numeric=True), Column(up, numeric=True)),
            tuple((Cell(f.percent(skus)), Cell(f.percent(revenue))) for skus, revenue in known),
        ),
    )


def bands_of(answer: AbcAnalysis) -> list[Band]:
    """Where on the axis of products each class begins and ends."""
    bands, begin = list[Band](), 0.0
    for total in answer.classes:
        end = begin + (total.share_of_skus or 0.0)
        bands.append(Band(total.abc, begin, end, palette.category(_place(total.abc))))
        begin = end
    return bands


def categories_body(answer: AbcAnalysis, look: Look) -> Body:
    """Of the categories with the highest revenue: how much of each is A, B and C."""
    shown = answer.categories[:MOST_CATEGORIES]
    if not shown or not answer.revenue:
        return Body(empty=_nothing_sold(look))
    more = len(answer.categories) - len(shown)
    note = look.tr(say("%(count)s more are in the table.", count=look.f.number(more))) if more else ""
    names = short_names([category.path for category in shown], look)
    return Body(
        figure=parts_figure(names, [_category_series(abc, shown, look) for abc in CLASSES]),
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        legend=tuple(Key(f"cat-{at + 1}", abc) for at, abc in enumerate(CLASSES)),
        foot=(note,) if note else (),
        table=_categories_table(answer, look),
    )


def products_body(answer: AbcAnalysis, look: Look) -> Body:
    rows = [_product(row, look) for row in answer.rows]
    return Body(listing=listing(PRODUCTS, look.panel, look.state, rows, answer.total_rows))


def _place(abc: AbcClass) -> int:
    return CLASSES.index(abc)


def _nothing_sold(look: Look) -> str:
    return look.tr(say("Nothing was sold on these days."))


def _nameless(answer: AbcAnalysis, look: Look) -> tuple[str, ...]:
    if not answer.without_product:
        return ()
    amount = look.f.currency_short(answer.without_product)
    return (look.tr(say("Of no product, and in no class: %(amount)s", amount=amount)),)


def _said(skus: float, revenue: float | None, look: Look) -> Said:
    f = look.f
    return say(
        "%(skus)s of the products make %(revenue)s of the revenue",
        skus=f.percent(skus), revenue=f.percent(revenue),
    )  # fmt: skip


def _headline(answer: AbcAnalysis, look: Look) -> str:
    first = answer.classes[0] if answer.classes else None
    if first is None or first.share_of_skus is None:
        return ""
    return look.tr(_said(first.share_of_skus, first.share_of_revenue, look))


def _legend(total: AbcClassTotal, look: Look) -> str:
    return look.tr(say("%(abc)s: %(count)s products", abc=total.abc, count=look.f.number(total.skus)))


def _class_series(total: AbcClassTotal, look: Look) -> Series:
    f = look.f
    shares = (total.share_of_skus, total.share_of_revenue)
    figures = (f.number(total.skus), f.currency(total.revenue))
    return Series(
        total.abc,
        shares,
        [
            f"<b>{total.abc}</b><br>{figure} · {f.percent(share)}"
            for figure, share in zip(figures, shares, strict=True)
        ],
        palette.category(_place(total.abc)),
        [f"{total.abc} {f.percent(share, 0)}" for share in shares],
    )


def _classes_table(answer: AbcAnalysis, look: Look) -> Table:
    f = look.f
    heads = (say("Products"), say("Share of products"), say("Revenue"), say("Share of revenue"))
    rows = tuple(
        (
            Cell(
                total.abc,
                look.state.with_press(CLASS, total.abc).address,
                sets=f"{CLASS.param}={total.abc}",
            ),
            Cell(f.number(total.skus)),
            Cell(f.percent(total.share_of_skus)),
            Cell(f.currency(total.revenue)),
            Cell(f.percent(total.share_of_revenue)),
        )
        for total in answer.classes
    )
    sums = (look.tr(say("Total")), f.number(answer.skus), "", f.currency(answer.revenue), "")
    columns = (Column(look.tr(say("Class"))), *(Column(look.tr(head), numeric=True) for head in heads))
    return Table(columns, rows, tuple(map(Cell, sums)))


def _measured(category: AbcCategory, abc: AbcClass, look: Look) -> float:
    return float((category.revenue if _by_revenue(look) else category.skus).get(abc) or 0)


def _by_revenue(look: Look) -> bool:
    return look.state.choice(MEASURE) == "revenue"


def _category_series(abc: AbcClass, shown: list[AbcCategory], look: Look) -> Series:
    f = look.f
    values = [_measured(category, abc, look) for category in shown]
    write = f.currency_short if _by_revenue(look) else f.number
    return Series(
        abc,
        [max(0.0, value) for value in values],
        [
            f"<b>{plain(path_name(category.path, look))} · {abc}</b><br>"
            f"{f.number(category.skus.get(abc))} {look.tr(say('products'))} · {f.currency(category.revenue.get(abc))}"
            for category in shown
        ],
        palette.category(_place(abc)),
        [write(value) if value else "" for value in values],
        [look.state.with_filter("category", category.key).address for category in shown],
    )


def _categories_table(answer: AbcAnalysis, look: Look) -> Table:
    f = look.f
    rows = tuple(
        (
            Cell(
                look.reader.label(category.label),
                look.state.with_filter("category", category.key).address,
                path_name(category.path[:-1], look),
            ),
            *(Cell(f.number(category.skus.get(abc))) for abc in CLASSES),
            *(Cell(f.currency(category.revenue.get(abc))) for abc in CLASSES),
        )
        for category in answer.categories
    )
    measures = (look.tr(say("Products")), look.tr(say("Revenue")))
    heads = (f"{measure} {abc}" for measure in measures for abc in CLASSES)
    columns = (Column(look.tr(say("Category"))), *(Column(head, numeric=True) for head in heads))
    return Table(columns, rows)


def _product(row: AbcItem, look: Look) -> tuple[Cell, ...]:
    f = look.f
    return (
        Cell(
            look.reader.label(row.label),
            product_address(look.state, str(row.product_id)),
            path_name(row.path[:-1], look),
        ),
        Cell(f.number(row.rank)),
        Cell(row.abc),
        Cell(f.currency(row.revenue)),
        Cell(f.percent(row.share_of_revenue)),
        Cell(f.percent(row.cumulative_share)),
        Cell(f.number(row.quantity, 2)),
    )
