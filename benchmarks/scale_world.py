"""How large a lake is, and what all its days have in common: calendar, customers, prices. Numbers by seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.scale_catalogue import PRODUCTS, STORES, Catalogue, Flags, Floats, Ints, catalogue

ZONE = ZoneInfo("Asia/Jakarta")
LAST_DAY = date(2026, 6, 30)
POS, INVOICES, BILLS, STOCK = range(4)
"""Streams of chance: a day of one can be made without those of the others."""
_WORLD, _NOISE = 90, 91
_MOST_OFTEN = 15.0
"""Times as often as the customer in the middle: nobody comes every day."""
_WEEK = np.array([0.86, 0.84, 0.88, 0.93, 1.08, 1.27, 1.14])
"""Monday first."""
_GROWTH = 0.06
_PRICES = 0.03
"""Both a year."""
UNITS_PER_LINE, LINES_PER_ORDER = 1.32, 3.07
"""On average; of units, less those taken back."""


@dataclass(frozen=True)
class Scale:
    """`orders` a day on average over all `days`; `customers` who ever come."""

    name: str
    days: int
    orders: int
    customers: int


S = Scale("S", 365, 400, 5_000)
M = Scale("M", 1_095, 2_000, 30_000)
L = Scale("L", 1_095, 20_000, 150_000)
SCALES = {scale.name: scale for scale in (S, M, L)}


@dataclass(frozen=True)
class Customers:
    """By index, oldest first. `starts` and `ends`: days between which they come. `weight`: how often, summed
    over all before and the customer."""

    starts: Ints
    ends: Ints
    weight: Floats

    def draw(self, rng: np.random.Generator, day: int, count: int) -> Ints:
        """Indices of who comes on `day`, `count` times; -1 where it would have been one who no longer does."""
        known = max(1, int(np.searchsorted(self.starts, day, side="right")))
        drawn: Ints = np.full(count, -1)
        for _ in range(2):
            candidates = np.searchsorted(self.weight[:known], rng.random(count) * self.weight[known - 1])
            take: Flags = (drawn < 0) & (self.ends[candidates] > day)
            drawn = np.where(take, candidates, drawn)
        return drawn


@dataclass(frozen=True, eq=False)
class World:
    """What every day is made from. `orders` counts a day's orders, `demand` the ones to be expected of the
    season; `cost_walk` is a product's cost relative to the first one: months x products."""

    scale: Scale
    first_day: date
    seed: int
    goods: Catalogue
    customers: Customers
    orders: Ints
    demand: Floats
    cost_walk: Floats
    store_shares: Floats

    def day(self, index: int) -> date:
        return self.first_day + timedelta(days=index)

    def index(self, day: date) -> int:
        """Of a day of the range. Raises ValueError."""
        index = (day - self.first_day).days
        if not 0 <= index < self.scale.days:
            raise ValueError(f"{day} is none of the {self.scale.days} days from {self.first_day} on.")
        return index

    def chance(self, stream: int, index: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.day(index).toordinal(), stream])

    def first_order(self, index: int) -> int:
        """Orders of all days before."""
        return int(self.orders[:index].sum())

    def shares(self, index: int) -> Floats:
        """Of each product in the lines of the day; 0 where it is not sold yet, or no longer."""
        sold = (self.goods.starts <= index) & (index < self.goods.ends)
        weights = np.where(sold, self.goods.weight, 0.0)
        shares: Floats = weights / weights.sum()
        return shares

    def units(self, index: int, days: int) -> Floats:
        """Of each product, to be expected in all stores on `days` days from this one on."""
        # Beyond the last day it is as it was until then.
        orders = self.demand[index : index + max(days, 1)].mean() * days
        units: Floats = self.shares(index) * orders * LINES_PER_ORDER * UNITS_PER_LINE
        return units

    def prices(self, index: int) -> Floats:
        """With tax; they rise once a year, to a multiple of 500."""
        prices: Floats = np.round(self.goods.price * (1 + _PRICES) ** (index // 365) / 500) * 500
        return prices

    def costs(self, index: int) -> Floats:
        """What one costs the shop with tax, in bills of the day."""
        costs: Floats = np.round(self.goods.cost * self.cost_walk[index // 30], 2)
        return costs


@lru_cache(maxsize=2)
def world_of(scale: Scale, last_day: date, seed: int) -> World:
    """The same numbers for the same arguments."""
    rng = np.random.default_rng([seed, _WORLD])
    first_day = last_day - timedelta(days=scale.days - 1)
    season = _season(first_day, scale.days)
    noise = np.random.default_rng([seed, _NOISE]).lognormal(0.0, 0.05, scale.days)
    walk = rng.normal(0.002, 0.01, (scale.days // 30 + 1, PRODUCTS)).cumsum(axis=0)
    shares = 0.72 ** np.arange(STORES)
    return World(
        scale=scale,
        first_day=first_day,
        seed=seed,
        goods=catalogue(rng, scale.days),
        customers=_customers(rng, scale),
        orders=np.maximum(1, _scaled(season * noise, scale.orders).round()).astype(np.int64),
        demand=_scaled(season, scale.orders),
        cost_walk=np.exp(walk),
        store_shares=shares / shares.sum(),
    )


def read_at(day: date, version: int | None = None) -> datetime:
    """When Odoo was read for `day`: at two in the night after it, or at the moment of `version`."""
    if version is not None:
        return datetime.fromtimestamp(version / 1e6, ZONE)
    return datetime.combine(day + timedelta(days=1), time(2), ZONE)


def version_of(day: date) -> int:
    """Of the first reading of `day`: microseconds since 1970."""
    return int(read_at(day).timestamp()) * 1_000_000


def _season(first_day: date, days: int) -> Floats:
    """Relative to the year's mean: weekends, paydays, the end of the year, and slow growth."""
    dates = [first_day + timedelta(days=n) for n in range(days)]
    weekday = np.array([_WEEK[day.weekday()] for day in dates])
    payday = np.array([1.08 if day.day >= 25 else 1.0 for day in dates])
    of_year = np.array([day.timetuple().tm_yday for day in dates])
    december = 0.25 * np.exp(-(((of_year - 355) / 18) ** 2))
    year = 1 + december + 0.06 * np.sin(of_year / 365 * 4 * np.pi)
    season: Floats = weekday * payday * year * (1 + _GROWTH) ** (np.arange(days) / 365)
    return season


def _scaled(relative: Floats, mean: float) -> Floats:
    scaled: Floats = relative / relative.mean() * mean
    return scaled


def _customers(rng: np.random.Generator, scale: Scale) -> Customers:
    """A quarter was there before, the others come one by one; a third stays away after some months."""
    count = scale.customers
    starts = np.where(rng.random(count) < 0.25, 0, rng.integers(0, scale.days, count))
    starts.sort()
    stays = rng.random(count) > 0.35
    ends = np.where(stays, scale.days, starts + 1 + rng.exponential(240, count).astype(np.int64))
    often = np.minimum(rng.lognormal(0.0, 1.2, count), _MOST_OFTEN)
    return Customers(starts, ends, often.cumsum())
