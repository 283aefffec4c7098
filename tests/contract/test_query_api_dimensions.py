"""`/v1/dimensions/*` as its clients see it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from nk_common.api.dimensions import Dimensions, Members, OneMember
from nk_common.datasets.base import PartitionKey
from nk_common.star import BY_NAME
from nk_query_api.questions.members.lists import MEMBER_LISTS, PERSONAL
from nk_query_api.routes.parameters import FilterParameters
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api

READ = datetime(2025, 12, 24, 1, tzinfo=UTC)
PARTNERS = [
    {"partner_id": -1, "partner_name": "(no partner)", "active": True},
    {"partner_id": 7, "partner_name": "Ibu Sri", "ref": "C-007", "active": True, "email": "sri@example.org",
     "phone": "0812"},
    {"partner_id": 8, "partner_name": "andi", "ref": "C-100", "active": False},
    {"partner_id": 9, "partner_name": "100% Cantik", "is_company": True, "active": True},
]  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    lake.dimensions()
    lake.write(PartitionKey("partners", None), {"dim_partners": PARTNERS}, 1, READ)
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


def labels(answer: dict[str, Any]) -> list[str]:
    return [member["label"] for member in answer["members"]]


async def test_every_dimension_is_listed_with_its_counts(api: RunningApi) -> None:
    found = Dimensions.model_validate(await api.get("/v1/dimensions"))
    by_name = {one.name: one for one in found.dimensions}
    assert list(by_name) == [one.name for one in MEMBER_LISTS]
    assert (by_name["customers"].total, by_name["customers"].active) == (4, 3)
    assert by_name["customers"].meta.fresh_until == READ
    assert (by_name["parent-categories"].total, by_name["principals"].total) == (3, 2)
    assert (by_name["brands"].total, by_name["brands"].active) == (3, None)


async def test_what_is_not_loaded_has_no_count_rather_than_none(api: RunningApi) -> None:
    """Lots were never read: that there are 0 of them would be a guess."""
    answer = await api.get("/v1/dimensions")
    lots = next(one for one in answer["dimensions"] if one["name"] == "lots")
    assert (lots["total"], lots["meta"]["fresh_until"]) == (None, None)
    members = await api.get("/v1/dimensions/lots")
    assert (members["total"], members["members"]) == (None, [])
    assert "not loaded yet" in (await api.get("/v1/dimensions/lots/1", status=404))["detail"]


def test_a_parameter_that_takes_keys_exists() -> None:
    """What a dimension says it can be filtered by is a parameter of the questions."""
    named = {one.parameter for one in MEMBER_LISTS if one.parameter}
    assert named < set(FilterParameters.model_fields)
    assert named == set(FilterParameters.model_fields) & {one.replace("-", "_") for one in named}


async def test_members_come_by_label_whatever_its_case(api: RunningApi) -> None:
    answer = await api.get("/v1/dimensions/customers")
    found = Members.model_validate(answer)
    assert labels(answer) == ["(no partner)", "100% Cantik", "andi", "Ibu Sri"]
    assert [one.key for one in found.members] == ["-1", "9", "8", "7"]
    assert found.total == 4


async def test_a_page_of_a_long_list(api: RunningApi) -> None:
    answer = await api.get("/v1/dimensions/customers", limit=2, offset=1)
    assert (labels(answer), answer["total"]) == (["100% Cantik", "andi"], 4)


@pytest.mark.parametrize(
    ("text", "found"),
    [("SRI", ["Ibu Sri"]), ("c-1", ["andi"]), ("0%", ["100% Cantik"]), ("_", []), ("example", [])],
)
async def test_search_is_in_label_and_code_and_takes_every_letter_as_it_is(
    api: RunningApi, text: str, found: list[str]
) -> None:
    """% and _ are letters; e-mail addresses are not searched either."""
    answer = await api.get("/v1/dimensions/customers", search=text)
    assert (labels(answer), answer["total"]) == (found, len(found))


async def test_archived_members_are_shown_unless_asked_otherwise(api: RunningApi) -> None:
    assert labels(await api.get("/v1/dimensions/customers", active="false")) == ["andi"]
    assert "andi" not in labels(await api.get("/v1/dimensions/customers", active="true"))
    assert (await api.get("/v1/dimensions/brands", active="true"))["total"] == 3
    assert (await api.get("/v1/dimensions/brands", active="false"))["total"] == 0


async def test_products_carry_path_code_and_barcode(api: RunningApi, lake: LakeFactory) -> None:
    row = {"product_id": 5, "product_name": "Mask", "category_path": "Skin / Mask", "default_code": "MSK",
           "barcode": "899", "list_price": 10.5, "active": True, "principal_name": "Sinar"}  # fmt: skip
    lake.dimensions("2025-12-24T10:00+07:00", dim_products=[row])
    api.app.state.service.keeper.scan_soon()
    await api.until(lambda: api.app.state.service.store.held[PartitionKey("products", None)].rows == 1)
    answer = await api.get("/v1/dimensions/products", search="899")
    (mask,) = Members.model_validate(answer).members
    assert (mask.path, mask.code, mask.barcode, mask.active) == ("Skin / Mask", "MSK", "899", True)
    assert mask.attributes["list_price"] == 10.5
    assert mask.attributes["principal_name"] == "Sinar"


async def test_names_are_keys_where_a_dimension_has_no_ids(api: RunningApi) -> None:
    answer = await api.get("/v1/dimensions/parent-categories")
    assert [(m["key"], m["attributes"]["products"]) for m in answer["members"]] == [
        ("(no category)", 0), ("Hair", 2), ("Skin", 2)
    ]  # fmt: skip
    one = OneMember.model_validate(await api.get("/v1/dimensions/principals/Sinar"))
    assert (one.member.label, one.member.attributes["products"]) == ("Sinar", 3)


async def test_one_member_or_none(api: RunningApi) -> None:
    one = OneMember.model_validate(await api.get("/v1/dimensions/products/3"))
    assert (one.member.label, one.member.path) == ("Hair Serum", "Hair / Serum")
    assert (await api.get("/v1/dimensions/brands/-1"))["member"]["label"] == "(no brand)"
    for key in ("99", "x", "1e3", "9" * 30, "-"):
        problem = await api.get(f"/v1/dimensions/products/{key}", status=404)
        assert problem["detail"] == f"There is no {key!r} among the products."
    problem = await api.get("/v1/dimensions/colours", status=404)
    assert "Known dimensions: products, categories" in problem["detail"]


async def test_mail_and_telephone_are_never_answered(api: RunningApi) -> None:
    """The dimension may hold them; whoever may see figures need not see those."""
    assert set(BY_NAME["dim_partners"].schema.names) >= PERSONAL
    for path in ("customers", "customers/7"):
        text = (await api.client.get(f"/v1/dimensions/{path}")).text
        assert "sri@example.org" not in text
        assert "0812" not in text
        assert not any(f'"{column}"' in text for column in PERSONAL)


async def test_an_answer_that_the_client_has_is_not_sent_again(api: RunningApi, lake: LakeFactory) -> None:
    first = await api.client.get("/v1/dimensions/brands")
    headers = {"if-none-match": first.headers["etag"]}
    api.clock.tick(hours=2)
    assert (await api.client.get("/v1/dimensions/brands", headers=headers)).status_code == 304
    lake.sales(date(2025, 12, 23), sale(1, 10.0))
    api.app.state.service.keeper.scan_soon()
    await api.until(lambda: PartitionKey("pos", date(2025, 12, 23)) in api.app.state.service.store.held)
    assert (await api.client.get("/v1/dimensions/brands", headers=headers)).status_code == 200


async def test_a_hundred_and_fifty_thousand_customers_are_no_wait(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path / "lake")
    partners = [
        {
            "partner_id": n,
            "partner_name": f"Customer {n * 7919 % 150_000}",
            "ref": f"C{n}",
            "active": n % 9 > 0,
        }
        for n in range(150_000)
    ]
    lake.write(PartitionKey("partners", None), {"dim_partners": partners}, 1, READ)
    async with running_api(tmp_path) as api:
        for asked in ({}, {"search": "er 1499"}, {"offset": 100_000}):
            started = time.perf_counter()
            for _ in range(5):
                await api.get("/v1/dimensions/customers", **asked)
            # Measured at 5 to 20 ms each; the rest is for a busy machine.
            assert (time.perf_counter() - started) / 5 < 0.25
