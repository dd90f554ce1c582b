"""Measures the shape of the rides, so that a generator can make rides like them without holding any of them.

    python examples/taxi/shape.py --data nyc-taxis.csv

Writes shape.json beside this file: weights, quantiles and coefficients only, no row.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rides import ARROW, digest, plausible, read

QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]


def shares(column: pd.Series, digits: int = 4) -> dict[str, float]:
    """The share of each value among those that are present, most frequent first."""
    counts = column.value_counts(normalize=True)
    return {str(key): round(float(value), digits) for key, value in counts.items()}


def quantiles(column: pd.Series, digits: int = 3) -> dict[str, float]:
    return {f"{q:g}": round(float(column.quantile(q)), digits) for q in QUANTILES}


def by_hour(column: pd.Series, hour: pd.Series) -> list[float]:
    """Median of `column` in each hour of the day, over three hours so that thin hours stay smooth."""
    return [round(float(column[((hour - h + 1) % 24) < 3].median()), 2) for h in range(24)]


def trips(rides: pd.DataFrame) -> list[dict[str, Any]]:
    """Distances of each pair of boroughs: share of rides, and mean and standard deviation of the log of miles."""
    out = []
    for pair, group in rides.groupby("route"):
        if len(group) >= 5:
            pickup, dropoff = pair.split(ARROW)
            logs = np.log(group.distance.astype(float))
            out.append(
                {
                    "from": pickup,
                    "to": dropoff,
                    "share": round(len(group) / len(rides), 4),
                    "logMilesMean": round(float(logs.mean()), 3),
                    "logMilesSd": round(float(logs.std()), 3),
                }
            )
    return sorted(out, key=lambda trip: -trip["share"])


def durations(rides: pd.DataFrame, weekend: pd.Series) -> dict[str, Any]:
    """Minutes as `atOneMile[hour] * miles ** power * exp(normal(0, sd))`: longer rides are faster by the mile."""
    miles, minutes = np.log(rides.distance.astype(float)), np.log(rides.minutes)
    hour = [rides.hour, weekend]
    centred = miles - miles.groupby(hour).transform("mean"), minutes - minutes.groupby(hour).transform("mean")
    power = float(centred[0] @ centred[1] / (centred[0] @ centred[0]))
    at_one_mile = np.exp(minutes - power * miles)
    residual = centred[1] - power * centred[0]
    return {
        "comment": "atOneMile[hour] * miles ** power * exp(normal(0, sd))",
        "atOneMile": {
            "weekday": by_hour(at_one_mile[~weekend], rides.hour[~weekend]),
            "weekend": by_hour(at_one_mile[weekend], rides.hour[weekend]),
        },
        "power": round(power, 3),
        "sd": round(float(residual.std()), 3),
    }


def fares(rides: pd.DataFrame) -> dict[str, Any]:
    """Least squares of the metered fare on miles and minutes, and the flat rate between JFK Airport and Manhattan."""
    jfk = (rides.pickup_zone == "JFK Airport") & (rides.dropoff_borough == "Manhattan")
    jfk |= (rides.dropoff_zone == "JFK Airport") & (rides.pickup_borough == "Manhattan")
    metered = rides[~jfk & (rides.fare < 80)]
    columns = np.column_stack([np.ones(len(metered)), metered.distance, metered.minutes])
    base, mile, minute = np.linalg.lstsq(columns, metered.fare, rcond=None)[0]
    residual = metered.fare - columns @ [base, mile, minute]
    return {
        "base": round(float(base), 3),
        "perMile": round(float(mile), 3),
        "perMinute": round(float(minute), 3),
        "residual": quantiles(residual),
        "flatJfkManhattan": float(rides.fare[jfk].median()),
        "step": 0.5,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the trip records, as CSV")
    path = parser.parse_args().data
    recorded = read(path)
    rides = plausible(recorded)
    weekend = rides.weekday >= 5
    mph = rides.distance / (rides.minutes / 60)
    card = rides[rides.payment == "credit card"]
    paid = card[card.tip > 0]
    airport = rides.pickup_zone.str.contains("Airport", na=False) | rides.dropoff_zone.str.contains("Airport", na=False)
    places = pd.concat(
        [rides[["pickup_zone", "pickup_borough"]].set_axis(["zone", "borough"], axis=1),
         rides[["dropoff_zone", "dropoff_borough"]].set_axis(["zone", "borough"], axis=1)]
    ).dropna()  # fmt: skip
    picked, dropped = shares(rides.pickup_zone, 5), shares(rides.dropoff_zone, 5)
    shape = {
        "source": {"data": digest(path), "rides": len(recorded), "plausible": len(rides), "from": "2019-03-01", "to": "2019-03-31"},
        "zones": [
            {"zone": zone, "borough": group.borough.mode()[0], "pickup": picked.get(zone, 0.0), "dropoff": dropped.get(zone, 0.0)}
            for zone, group in places.groupby("zone")
        ],
        "weekday": [round(float((rides.weekday == d).mean()), 4) for d in range(7)],
        "hour": {
            "weekday": [round(float((rides.hour[~weekend] == h).mean()), 4) for h in range(24)],
            "weekend": [round(float((rides.hour[weekend] == h).mean()), 4) for h in range(24)],
        },
        "trips": trips(rides),
        "milesPerHour": {
            "weekday": by_hour(mph[~weekend], rides.hour[~weekend]),
            "weekend": by_hour(mph[weekend], rides.hour[weekend]),
        },
        "minutes": durations(rides, weekend),
        "fare": fares(rides),
        "tolls": {
            "airport": round(float((rides.tolls[airport] > 0).mean()), 3),
            "elsewhere": round(float((rides.tolls[~airport] > 0).mean()), 3),
            "usual": float(rides.tolls[rides.tolls > 0].mode()[0]),
        },
        "tip": {
            "comment": "cash tips are recorded as 0; a card tip is a share of fare + extras (total - tip)",
            "cardWithoutTip": round(float((card.tip == 0).mean()), 4),
            "shareOfTotalBeforeTip": quantiles(paid.tip / (paid.total - paid.tip)),
            "extras": quantiles(rides.total - rides.fare - rides.tip - rides.tolls, 2),
        },
        "payment": shares(rides.payment),
        "passengers": shares(rides.passengers),
        "color": shares(rides.color),
        "missing": {
            column: round(float(recorded[column].isna().mean()), 4)
            for column in ("payment", "pickup_zone", "dropoff_zone", "pickup_borough", "dropoff_borough")
        },
        "implausible": {
            "comment": "shares of recorded rides that are meter errors",
            "noDistance": round(float((recorded.distance == 0).mean()), 4),
            "underOneMinute": round(float((recorded.minutes < 1).mean()), 4),
        },
    }  # fmt: skip
    rows = json.dumps(shape, ensure_ascii=False, indent=1)
    (Path(__file__).resolve().parent / "shape.json").write_text(_compact(rows) + "\n", encoding="utf-8")


def _compact(text: str) -> str:
    """Puts each innermost list or object of indented JSON on one line."""
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda m: re.sub(r"\s*\n\s*", " ", m.group()), text)


if __name__ == "__main__":
    main()
