"""The rides: read, cleaned, split by time, and a few made-up ones for the golden examples."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

ZONE = ZoneInfo("America/New_York")
#: Rides picked up before this day train the models; the rest of March 2019 tests them.
SPLIT = pd.Timestamp("2019-03-22")
BOROUGHS = ["Bronx", "Brooklyn", "Manhattan", "Queens", "Staten Island"]
PLACES = ["pickup_zone", "dropoff_zone", "pickup_borough", "dropoff_borough"]
ARROW = "→"


def read(path: Path) -> pd.DataFrame:
    """The trip records with `minutes`, `hour` (0-23), `weekday` (Monday = 0) and `route`; distances as float32."""
    rides = pd.read_csv(path, parse_dates=["pickup", "dropoff"])
    rides["minutes"] = (rides.dropoff - rides.pickup).dt.total_seconds() / 60
    rides["hour"] = rides.pickup.dt.hour
    rides["weekday"] = rides.pickup.dt.weekday
    rides["route"] = rides.pickup_borough + ARROW + rides.dropoff_borough
    rides["distance"] = rides.distance.astype(np.float32)
    return rides


def digest(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def split(rides: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test, by time. The test part is returned as it was recorded: nothing is removed from it."""
    return rides[rides.pickup < SPLIT].copy(), rides[rides.pickup >= SPLIT].copy()


def plausible(train: pd.DataFrame) -> pd.DataFrame:
    """Training rides without meter errors: no distance, under a minute, over three hours, or over 70 miles an hour."""
    speed = train.distance / (train.minutes / 60)
    keep = (train.distance > 0) & train.minutes.between(1, 180) & (speed < 70) & train.fare.between(2.5, 250)
    return train[keep].copy()


def made_up(distances: list[float]) -> list[dict[str, Any]]:
    """Invented rides for the golden examples; `distances` are the values next to a split threshold."""
    fields = [*PLACES, "pickup", "distance", "passengers", "payment"]
    m, q, b, x, s = "Manhattan", "Queens", "Brooklyn", "Bronx", "Staten Island"
    east, jfk, village = "Upper East Side North", "JFK Airport", "Greenwich Village South"
    rows: list[tuple[Any, ...]] = [
        (east, "Midtown Center", m, m, "2019-03-05T08:30:00", 2.5, 1, "credit card"),
        (village, "LaGuardia Airport", m, q, "2019-03-08T17:05:30", 9.3, 2, "credit card"),
        (jfk, "Times Sq/Theatre District", q, m, "2019-03-17T23:59:59", 17.6, 4, "cash"),
        ("Astoria", "Williamsburg (North Side)", q, b, "2019-06-22T02:10:00", 5.25, 1, "credit card"),
        ("Fordham South", "East Harlem North", x, m, "2019-12-31T23:45:00", 6.8, 5, "cash"),
        ("Park Slope", "Stapleton", b, s, "2019-07-04T12:00:00", 12.0, 3, "credit card"),
        # The night the clocks go forward, as wall clock and as an instant; and the hour that happens twice.
        (east, village, m, m, "2019-03-10T03:15:00", 4.4, 1, "credit card"),
        (east, village, m, m, "2019-03-10T07:15:00Z", 4.4, 1, "credit card"),
        (east, village, m, m, "2019-11-03T01:30:00-05:00", 4.4, 1, "cash"),
        # Sunday in New York is Monday in UTC.
        ("Central Harlem North", "East Chelsea", m, m, "2019-03-25T00:30:00+00:00", 5.0, 6, "cash"),
        # Places the training data never saw, or that the meter did not send.
        ("Atlantis", "El Dorado", "Mu", "Lemuria", "2019-03-20T10:00:00", 3.0, 1, "credit card"),
        (None, None, None, None, "2019-03-20T10:00:00", 3.0, 1, None),
        (east, None, m, None, "2019-01-15T06:00:00", 1.1, 1, None),
        # Ends of the ranges.
        (east, east, m, m, "2019-02-01T00:00:00", 0.0, 0, "cash"),
        (jfk, jfk, q, q, "2019-08-31T15:00:00", 200.0, 9, "credit card"),
    ]  # fmt: skip
    at = "2019-03-13T14:00:00"
    rows += [(east, village, m, m, at, distance, 1, "credit card") for distance in distances]
    return [dict(zip(fields, row)) for row in rows]


def table(rides: list[dict[str, Any]]) -> pd.DataFrame:
    """Made-up rides as the frame that `read` gives, from their wall clock in New York."""
    frame = pd.DataFrame(rides)
    moments = [pd.Timestamp(text) for text in frame.pickup]
    local = [moment if moment.tzinfo is None else moment.tz_convert(ZONE) for moment in moments]
    frame["hour"] = [moment.hour for moment in local]
    frame["weekday"] = [moment.weekday() for moment in local]
    frame["route"] = frame.pickup_borough + ARROW + frame.dropoff_borough
    frame["distance"] = frame.distance.astype(np.float32)
    return frame


def around(thresholds: np.ndarray, answer: Callable[[list[dict[str, Any]]], np.ndarray], count: int = 2) -> list[float]:
    """Float32 distances at the first `count` thresholds that change a made-up ride, and a step to each side."""
    distances: list[float] = []
    for threshold in np.unique(thresholds[thresholds > 2]).astype(np.float32):
        steps = (np.nextafter(threshold, np.float32(0)), threshold, np.nextafter(threshold, np.float32(np.inf)))
        candidates = [float(str(step)) for step in steps]
        if len(set(answer(made_up(candidates)[-3:]))) > 1:
            distances += candidates
        if len(distances) == 3 * count:
            break
    return distances
