"""What a finding says, in both languages: what happened, what it means for the figures, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nk_common.api.common import Text
from nk_common.api.health import HealthState

NAMED = 3
"""Days that a sentence names."""
LONGEST_ERROR = 300


def span(age: timedelta) -> Text:
    """An age in one unit, rounded down: 45 minutes, 3 hours, 2 days."""
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 1:
        return Text(id="kurang dari semenit", en="less than a minute")
    if minutes < 120:
        return _counted(minutes, "menit", "minute")
    if minutes < 48 * 60:
        return _counted(minutes // 60, "jam", "hour")
    return _counted(minutes // (24 * 60), "hari", "day")


def well(age: timedelta) -> Text:
    since = span(age)
    return Text(
        id=f"Dibaca {since.id} yang lalu; tidak ada yang kurang.",
        en=f"Read {since.en} ago; nothing is missing.",
    )


def never_read(error: str | None, waits: bool) -> Text:
    if waits:
        return Text(
            id="Belum dibaca, jadi angkanya belum ada; itu dimuat sendiri.",
            en="Not read yet, so there are no figures of it; it is loaded by itself.",
        )
    text = Text(
        id="Belum pernah dibaca, jadi angkanya tidak ada.", en="Never read, so there are no figures of it."
    )
    return with_error(text, error)


def old(age: timedelta, allowed: timedelta, error: str | None) -> Text:
    since, most = span(age), span(allowed)
    text = Text(
        id=f"Terakhir dibaca {since.id} yang lalu, seharusnya paling lama {most.id}; "
        "perubahan sesudahnya belum ada di angka.",
        en=f"Last read {since.en} ago, and at most {most.en} are expected; what changed since is not in the figures.",
    )
    return with_error(text, error)


def failed_without_figures(days: Sequence[date], error: str | None) -> Text:
    number, have = _days(days), "has" if len(days) == 1 else "have"
    text = Text(
        id=f"{number.id} gagal dimuat dan tidak punya angka: {named(days).id}.",
        en=f"{number.en} failed and {have} no figures: {named(days).en}.",
    )
    return with_error(text, error)


def failed_with_figures(days: Sequence[date], error: str | None) -> Text:
    number, show = _days(days), "shows" if len(days) == 1 else "show"
    text = Text(
        id=f"{number.id} gagal dibaca ulang, jadi yang tampil masih angka lama: {named(days).id}.",
        en=f"{number.en} could not be read again and still {show} earlier figures: {named(days).en}.",
    )
    return with_error(text, error)


def not_derivable(days: Sequence[date], error: str | None) -> Text:
    number = _days(days)
    text = Text(
        id=f"{number.id} belum bisa dihitung karena data asalnya belum lengkap: {named(days).id}.",
        en=f"{number.en} cannot be made yet, because what it takes is not all loaded: {named(days).en}.",
    )
    return with_error(text, error)


def early(days: Sequence[date]) -> Text:
    number, were = _days(days), "was read before it was" if len(days) == 1 else "were read before they were"
    return Text(
        id=f"{number.id} dibaca sebelum harinya selesai, jadi angkanya belum lengkap: {named(days).id}.",
        en=f"{number.en} {were} over, so the figures are not whole: {named(days).en}.",
    )


def missing(days: Sequence[date]) -> Text:
    number, are = _days(days), "is" if len(days) == 1 else "are"
    return Text(
        id=f"{number.id} belum dimuat, jadi tidak ikut dalam angka: {named(days).id}.",
        en=f"{number.en} {are} not loaded, and in no figure: {named(days).en}.",
    )


def waiting(days: Sequence[date], age: timedelta) -> Text:
    number, since, are = _days(days), span(age), "is" if len(days) == 1 else "are"
    return Text(
        id=f"{number.id} menunggu dibaca ulang, yang terlama sejak {since.id} yang lalu; sementara itu yang tampil "
        f"angka lama: {named(days).id}.",
        en=f"{number.en} {are} to be read again, the longest for {since.en}; earlier figures show meanwhile: "
        f"{named(days).en}.",
    )


def paused(age: timedelta) -> Text:
    since = span(age)
    return Text(
        id=f"Dijeda sejak {since.id} yang lalu; selama itu tidak ada yang dibaca, jadi angkanya tidak bertambah baru.",
        en=f"Paused for {since.en}; nothing of it is read meanwhile, so its figures stand still.",
    )


def inputs_paused(age: timedelta) -> Text:
    since = span(age)
    return Text(
        id=f"Data asalnya dijeda sejak {since.id} yang lalu, jadi angkanya tidak bertambah baru.",
        en=f"What it is made of has been paused for {since.en}, so its figures stand still.",
    )


def away(since: datetime, now: datetime, zone: ZoneInfo, error: str) -> Text:
    """Odoo does not answer, by the shop's clock; of another day also the day."""
    at = _by_the_shops_clock(since, now, zone)
    text = Text(
        id=f"Odoo tidak menjawab sejak {at.id}, jadi angkanya tidak bertambah baru.",
        en=f"Odoo has not answered since {at.en}, so the figures stand still.",
    )
    return with_error(text, error)


def shut_out(since: datetime, now: datetime, zone: ZoneInfo, error: str) -> Text:
    """Odoo answers, and refuses the key: mostly it has expired."""
    at = _by_the_shops_clock(since, now, zone)
    text = Text(
        id=f"Odoo menolak kunci API nkdash sejak {at.id}, jadi angkanya tidak bertambah baru.",
        en=f"Odoo has refused the API key of nkdash since {at.en}, so the figures stand still.",
    )
    return with_error(text, error)


def _by_the_shops_clock(moment: datetime, now: datetime, zone: ZoneInfo) -> Text:
    local = moment.astimezone(zone)
    day = "" if local.date() == now.astimezone(zone).date() else f"{local:%Y-%m-%d} "
    return Text(id=f"{day}{local:%H.%M}", en=f"{day}{local:%H:%M}")


def because(text: Text, cause: Text) -> Text:
    """A finding, and what it comes of."""
    return Text(id=f"{text.id} {cause.id}", en=f"{text.en} {cause.en}")


CHECK_ODOO = Text(
    id="Periksa Odoo dan jaringan ke sana (nk odoo check); begitu menjawab lagi, tertinggalnya dikejar sendiri.",
    en="Check Odoo and the network to it (nk odoo check); once it answers again, nkdash catches up by itself.",
)
CHECK_KEY = Text(
    id="Buat kunci API baru di Odoo, isi ODOO_API_KEY, lalu mulai ulang; tertinggalnya dikejar sendiri.",
    en="Make a new API key in Odoo, set ODOO_API_KEY and restart; nkdash then catches up by itself.",
)
CHECK_EXTRACTOR = Text(
    id="Periksa apakah extractor berjalan dan Odoo menjawab; sesudah itu tertinggalnya dikejar sendiri.",
    en="Check that the extractor runs and that Odoo answers; it then catches up by itself.",
)
READ_ERROR = Text(
    id="Baca galatnya dan perbaiki sebabnya; sesudah itu dicoba lagi sendiri, atau dengan tombol di Sinkronisasi.",
    en="Read the error and mend its cause; it is then tried again by itself, or by a button on Data Sync.",
)
WAIT = Text(
    id="Tunggu; kalau tidak berkurang, periksa antrean kerja di Sinkronisasi.",
    en="Wait; if it does not get less, look at the work that waits on Data Sync.",
)
LOAD_INPUTS = Text(
    id="Muat dulu data asalnya; sesudah itu dihitung sendiri.",
    en="Load what it is made of; it is then made by itself.",
)
RESUME = Text(
    id="Lanjutkan datasetnya kalau sudah boleh dibaca lagi.", en="Resume it when it may be read again."
)


def overall(state: HealthState, late: int, failing: int) -> Text:
    """One sentence about all datasets."""
    if state == "healthy":
        return Text(id="Semua data terbaru dan lengkap.", en="All data is up to date and complete.")
    both = [(failing, "bermasalah", "failing"), (late, "terlambat", "late")]
    in_id = " dan ".join(f"{number} dataset {word}" for number, word, _ in both if number)
    in_en = " and ".join(f"{number} {_datasets(number)} {word}" for number, _, word in both if number)
    return Text(
        id=f"{in_id}; angkanya belum bisa diandalkan penuh.",
        en=f"{in_en}; figures made of them cannot be relied on fully.",
    )


def _datasets(number: int) -> str:
    return "dataset is" if number == 1 else "datasets are"


def _days(days: Sequence[date]) -> Text:
    return _counted(len(days), "hari", "day")


def _counted(number: int, unit_id: str, unit_en: str) -> Text:
    return Text(id=f"{number} {unit_id}", en=f"{number} {unit_en}{'' if number == 1 else 's'}")


def named(days: Sequence[date]) -> Text:
    """The newest days first: they are asked for most."""
    newest = sorted(days, reverse=True)
    shown, more = ", ".join(day.isoformat() for day in newest[:NAMED]), len(newest) - NAMED
    if more <= 0:
        return Text(id=shown, en=shown)
    return Text(id=f"{shown} dan {more} lagi", en=f"{shown} and {more} more")


def with_error(text: Text, error: str | None) -> Text:
    """The sentence, and what was last said to be wrong."""
    if not error:
        return text
    short = error if len(error) <= LONGEST_ERROR else f"{error[:LONGEST_ERROR]}…"
    return Text(id=f"{text.id} Galat terakhir: {short}", en=f"{text.en} The last error: {short}")
