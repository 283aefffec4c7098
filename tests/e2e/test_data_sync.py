"""Data Sync: what is loaded, what would run, and watching it run."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
from playwright.sync_api import Browser, Page, expect

from nk_common.datasets import DAILY
from nk_demo.server import DemoServer
from support.kafka import post
from support.system import System, wait_until

from .conftest import DAYS

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


def cell(page: Page, day: date) -> str:
    return f"#cell-pos-{day.isoformat()}"


def test_the_grid_shows_every_day_with_its_state(page: Page, today: date) -> None:
    page.goto(f"/operational?start={today - timedelta(days=DAYS + 3)}&end={today}")
    states = [
        page.locator(cell(page, today - timedelta(days=n))).get_attribute("data-state")
        for n in range(DAYS + 4)
    ]
    assert states[0] in {"partial", "running"}, "today is not over"
    assert set(states[1:DAYS]) <= {"loaded", "empty"}
    assert set(states[DAYS:]) <= {"missing", "loaded"}


def test_a_backfill_is_previewed_confirmed_and_watched(page: Page, system: System, today: date) -> None:
    """The preview names exactly the days that will run; then the grid turns without a reload."""
    start, end = today - timedelta(days=16), today - timedelta(days=DAYS - 2)
    page.goto(f"/operational?start={start}&end={today}")
    page.locator("#backfill-form [name=start]").fill(str(start))
    page.locator("#backfill-form [name=end]").fill(str(end))
    page.get_by_role("button", name="Lihat rencananya").click()
    plan = page.locator("#backfill-plan")
    missing = (today - timedelta(days=DAYS - 1) - start).days * len(DAILY)
    expect(plan).to_contain_text(re.compile(rf"\b{missing}\b"))
    assert system.partitions().keys().isdisjoint({str(start)}), "a preview runs nothing"
    plan.get_by_role("button").first.click()
    expect(page.locator(cell(page, start))).to_have_attribute(
        "data-state", re.compile("loaded|empty"), timeout=30_000
    )
    expect(page.locator("#runs")).to_contain_text(str(missing))
    system.wait_loaded(start, end)


def test_a_failed_day_shows_its_reason_and_is_retried_by_a_button(
    page: Page, demo: DemoServer, system: System, today: date
) -> None:
    day = today - timedelta(days=20)
    rules = [{"kind": "refused_model", "model": "pos.payment"}]
    httpx.post(f"{demo.url}/demo/faults", json={"rules": rules}).raise_for_status()
    try:
        command = {"type": "backfill", "datasets": ["pos"], "start": str(day), "end": str(day)}
        post(system.broker_port, "nk.control.v1", command)
        wait_until(lambda: _state(system, day) == "failed", 30, "the day fails")
        page.goto(f"/operational?start={day}&end={today}")
        expect(page.locator(cell(page, day))).to_have_attribute("data-state", "failed")
        failed = page.locator("#failed-days")
        expect(failed).to_contain_text("pos.payment")
    finally:
        httpx.post(f"{demo.url}/demo/faults", json={"rules": []}).raise_for_status()
    failed.get_by_role("button").first.click()
    expect(page.locator(cell(page, day))).to_have_attribute("data-state", "loaded", timeout=30_000)


def test_a_day_that_failed_for_good_is_an_alert_until_it_is_loaded(
    page: Page, demo: DemoServer, system: System, today: date
) -> None:
    """It appears and is over without a reload; what to do stands beside it only while it lasts."""
    day = today - timedelta(days=2)
    rules = [{"kind": "refused_model", "model": "pos.payment"}]
    command = {
        "type": "backfill",
        "datasets": ["pos"],
        "start": str(day),
        "end": str(day),
        "force": True,
    }
    page.goto("/operational")
    alert = page.locator('#alerts [data-alert="day-failed"]', has_text=str(day))
    httpx.post(f"{demo.url}/demo/faults", json={"rules": rules}).raise_for_status()
    try:
        post(system.broker_port, "nk.control.v1", command)
        expect(alert).to_have_attribute("data-alert-state", "open", timeout=45_000)
        expect(alert).to_contain_text("Baca galatnya")
    finally:
        httpx.post(f"{demo.url}/demo/faults", json={"rules": []}).raise_for_status()
    post(system.broker_port, "nk.control.v1", command)
    expect(alert).to_have_attribute("data-alert-state", "closed", timeout=45_000)
    expect(alert).not_to_contain_text("Baca galatnya")


def test_a_long_backfill_is_cancelled_by_a_button(page: Page, system: System, today: date) -> None:
    start, end = today - timedelta(days=350), today - timedelta(days=200)
    command = {
        "type": "backfill",
        "datasets": ["purchases"],
        "start": str(start),
        "end": str(end),
        "reason": "lama",
    }
    post(system.broker_port, "nk.control.v1", command)
    page.goto("/operational")
    run = page.locator(".run", has_text="lama")
    run.get_by_role("button", name="Batalkan").click()
    expect(run).to_have_attribute("data-run-state", "cancelled", timeout=15_000)
    expect(run).to_contain_text("tidak dimulai")


def test_a_dataset_is_paused_and_resumed_by_buttons(page: Page, system: System, today: date) -> None:
    """What is asked for meanwhile waits, and is read once the dataset goes on."""
    day = today - timedelta(days=360)
    page.goto(f"/operational?start={day}&end={day}")
    strip = page.locator(".strip", has=page.locator(f"#cell-purchases-{day}"))
    strip.get_by_role("button", name="Jeda").click()
    expect(strip).to_contain_text("Dijeda", timeout=10_000)
    command = {"type": "backfill", "datasets": ["purchases"], "start": str(day), "end": str(day)}
    post(system.broker_port, "nk.control.v1", command)
    waiting = page.locator(f"#cell-purchases-{day}")
    expect(waiting).to_have_attribute("data-state", "running", timeout=10_000)
    strip.get_by_role("button", name="Lanjutkan").click()
    expect(waiting).to_have_attribute("data-state", re.compile("loaded|empty"), timeout=15_000)
    expect(strip).not_to_contain_text("Dijeda")


def test_every_group_of_workers_says_what_waits(page: Page) -> None:
    """A number for each stage; on a quiet shop they come down to nothing by themselves."""
    page.goto("/operational")
    waiting = page.locator("#lag .stages li")
    expect(waiting.first).to_be_visible()
    assert all(
        re.fullmatch(r"[\d.]+", text) for text in page.locator("#lag .stage-waiting").all_inner_texts()
    )


def test_stock_is_taken_by_a_button(page: Page, system: System, today: date) -> None:
    """Today's stock is read once more, and the page says that it was asked for."""
    before = system.partitions("stock-quants")[str(today)].as_of
    page.goto("/operational")
    form = page.locator("form[action='/operational/stock']")
    form.get_by_role("button").click()
    expect(page.locator("#runs")).to_contain_text("Potret stok", timeout=10_000)

    def newer() -> bool:
        row = system.partitions("stock-quants")[str(today)]
        return row.as_of is not None and (before is None or row.as_of > before)

    wait_until(newer, 20, "stock was taken again")


def test_days_are_picked_by_keyboard(page: Page, today: date) -> None:
    """Arrows go from day to day, Enter picks one and Shift the days up to it; the form is then filled in."""
    first, last = today - timedelta(days=5), today - timedelta(days=3)
    page.goto(f"/operational?start={today - timedelta(days=10)}&end={today}")
    page.locator(cell(page, first)).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(cell(page, last))).to_be_focused()
    page.keyboard.press("Shift+Enter")
    form = page.locator("#backfill-form")
    expect(form.locator("[name=start]")).to_have_value(str(first))
    expect(form.locator("[name=end]")).to_have_value(str(last))
    expect(form.locator("[name=dataset]:checked")).to_have_count(1)


def test_days_are_compared_with_odoo_and_found_equal(page: Page, today: date) -> None:
    """Asked for, awaited and shown without a reload; the days are past, so nothing is sold on them meanwhile."""
    day = today - timedelta(days=4)
    page.goto(f"/operational?start={day}&end={day}")
    form = page.locator("form.reconcile")
    form.locator("select").select_option("pos")
    form.get_by_role("button").click()
    proofs = page.locator("#reconciliations table")
    expect(proofs).to_contain_text("1 dari 1", timeout=30_000)
    expect(page.locator("#reconciliations")).to_contain_text("sama dengan Odoo")


def test_the_schedule_shows_what_was_done_and_what_is_next(page: Page) -> None:
    """A job that fires every minute is seen to fire, without a reload; the others say when, and what is off says so."""
    page.goto("/operational")
    schedule = page.locator("#schedule")
    health = schedule.locator("[data-job=health]")
    expect(health).to_contain_text(re.compile("lancar|terlambat|bermasalah"), timeout=140_000)
    first = health.locator(".run-facts").inner_text()
    expect(health.locator(".run-facts")).not_to_have_text(first, timeout=140_000)
    expect(schedule.locator("[data-job=pos]")).to_contain_text(re.compile(r"berikutnya .*02\.00"))
    expect(schedule.locator("[data-job=reconcile]")).to_contain_text("dimatikan")
    expect(schedule.locator("[data-job=watch]")).to_contain_text(re.compile("hidup, tiap 1 detik"))
    expect(schedule.locator("[data-job=watch]")).to_contain_text(re.compile(r"melihat \d+ detik yang lalu"))
    expect(schedule.locator("[data-job=catch-up]")).to_contain_text("hidup, tiap 2 detik")
    expect(schedule).to_contain_text("Laba")
    expect(page.locator("#runs")).to_contain_text("Pemeriksaan kesehatan data")


def test_garbage_on_the_control_topic_is_shown_read_and_discarded(page: Page, system: System) -> None:
    """What is read, or written as the reason, stays while the pipeline goes on; then the letter is folded away."""
    page.goto("/operational")
    post(system.broker_port, "nk.control.v1", b"what is this")
    letter = page.locator("#dead-letters .letter", has_text="what is this")
    expect(letter).to_contain_text("nk.control.v1")
    expect(letter).to_contain_text("Sebuah perintah tidak dijalankan.")
    letter.get_by_text("Baca").click()
    expect(letter.locator("pre")).to_have_text("what is this")
    letter.locator("summary", has_text="Buang").click()
    letter.get_by_label("Mengapa?").fill("uji coba kcat")
    post(system.broker_port, "nk.control.v1", b"and this")
    page.wait_for_timeout(2500)  # by then a list that nobody reads would have been fetched again
    expect(letter.get_by_label("Mengapa?")).to_have_value("uji coba kcat")
    letter.get_by_role("button", name="Buang pesan ini").click()
    expect(letter.locator(".letter-actions")).to_contain_text("Sudah diminta")
    letter.get_by_text("Baca").click()
    done = page.locator(".letters-done .letter", has_text="uji coba kcat")
    page.locator(".letters-done > summary").click()
    expect(done).to_contain_text("dibuang")
    expect(page.locator("#dead-letters > .rows .letter", has_text="what is this")).to_have_count(0)


def test_a_letter_is_tried_again_by_a_button_and_its_day_is_loaded(
    page: Page, demo: DemoServer, system: System, today: date
) -> None:
    day = today - timedelta(days=22)
    rules = [{"kind": "refused_model", "model": "pos.payment"}]
    httpx.post(f"{demo.url}/demo/faults", json={"rules": rules}).raise_for_status()
    try:
        command = {
            "type": "backfill",
            "datasets": ["pos"],
            "start": str(day),
            "end": str(day),
            "id": "letter",
        }
        post(system.broker_port, "nk.control.v1", command)
        wait_until(lambda: _state(system, day) == "failed", 30, "the day fails")
    finally:
        httpx.post(f"{demo.url}/demo/faults", json={"rules": []}).raise_for_status()
    page.goto(f"/operational?start={day}&end={today}")
    letter = page.locator("#dead-letters > .rows .letter", has_text="pos.payment").filter(
        has_text=f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    )
    expect(letter).to_contain_text("Data tidak bisa dibaca dari Odoo.")
    letter.get_by_role("button", name="Coba lagi").click()
    expect(page.locator(cell(page, day))).to_have_attribute("data-state", "loaded", timeout=30_000)
    expect(letter).to_have_count(0)


def test_the_page_says_when_the_api_is_away_and_recovers(browser: Browser, system: System) -> None:
    """A page of its own: while the API is away, the browser's console rightly names what failed."""
    page = browser.new_page(base_url=system.url("web"))
    page.goto("/")
    system.kill("query-api")
    page.goto("/?range=yesterday", wait_until="domcontentloaded")
    expect(page.locator("#page")).to_contain_text(re.compile("belum|tidak", re.IGNORECASE))
    system.restart("query-api")
    expect(page.locator(".kpi").first).to_be_visible(timeout=40_000)
    page.close()


def _state(system: System, day: date) -> str:
    row = system.partitions().get(str(day))
    return row.state if row else "missing"
