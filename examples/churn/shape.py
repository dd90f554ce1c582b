"""Measures the shape of the customers, so that a generator can make customers like them without holding any of them.

    python examples/churn/shape.py --data telco-churn.csv

Writes shape.json beside this file: shares and quantiles only, no row.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customers import CATEGORIES, digest, read

QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
ONLINE = ["OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies"]


def shares(column: pd.Series) -> dict[str, float]:
    return {str(key): round(float(value), 4) for key, value in column.value_counts(normalize=True).items()}


def quantiles(column: pd.Series, digits: int = 2) -> dict[str, float]:
    return {f"{q:g}": round(float(column.quantile(q)), digits) for q in QUANTILES}


def by(customers: pd.DataFrame, group: str, column: str) -> dict[str, dict[str, float]]:
    """Shares of a category, or quantiles of a number, within each value of `group`."""
    measure = quantiles if column in ("tenure", "MonthlyCharges") else shares
    return {str(key): measure(part[column]) for key, part in customers.groupby(group)}


def charges(customers: pd.DataFrame) -> dict[str, Any]:
    """Least squares of the monthly charge on what the customer has: it is a price list with hardly any noise."""
    phone, internet = customers.PhoneService == "Yes", customers.InternetService
    columns = {
        "PhoneService": phone,
        "MultipleLines": customers.MultipleLines == "Yes",
        "DSL": internet == "DSL",
        "Fiber optic": internet == "Fiber optic",
        **{name: customers[name] == "Yes" for name in ONLINE},
    }
    matrix = np.column_stack([column.astype(float) for column in columns.values()])
    prices, *_ = np.linalg.lstsq(matrix, customers.MonthlyCharges.astype(float), rcond=None)
    residual = customers.MonthlyCharges - matrix @ prices
    return {
        "comment": "sum of the prices of what the customer has, plus normal(0, sd)",
        "prices": {name: round(float(price), 2) for name, price in zip(columns, prices)},
        "sd": round(float(residual.std()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the customers, as CSV")
    path = parser.parse_args().data
    customers = read(path)
    connected = customers[customers.InternetService != "No"]
    paying = customers[customers.TotalCharges.notna()]
    leaves = customers.Churn == "Yes"
    shape = {
        "source": {"data": digest(path), "customers": len(customers)},
        "shares": {name: shares(customers[name]) for name in ["SeniorCitizen", *CATEGORIES, "Churn"]},
        "dependentsByPartner": by(customers, "Partner", "Dependents"),
        "internetByPhone": by(customers, "PhoneService", "InternetService"),
        "multipleLinesByPhone": by(customers, "PhoneService", "MultipleLines"),
        "servicesOfConnected": {name: shares(connected[name]) for name in ONLINE},
        "contractByInternet": by(customers, "InternetService", "Contract"),
        "paymentByContract": by(customers, "Contract", "PaymentMethod"),
        "paperlessByInternet": by(customers, "InternetService", "PaperlessBilling"),
        "tenure": quantiles(customers.tenure),
        "tenureByContract": by(customers, "Contract", "tenure"),
        "monthlyCharges": quantiles(customers.MonthlyCharges),
        "monthlyChargesByInternet": by(customers, "InternetService", "MonthlyCharges"),
        "monthlyChargesFormula": charges(customers),
        "totalCharges": {
            "comment": "tenure * MonthlyCharges * ratio; blank where tenure is 0",
            "ratio": quantiles(paying.TotalCharges / (paying.tenure * paying.MonthlyCharges), 4),
            "blank": round(float(customers.TotalCharges.isna().mean()), 5),
        },
        "churnBy": {
            name: {str(key): round(float(value), 4) for key, value in leaves.groupby(customers[name]).mean().items()}
            for name in ("SeniorCitizen", "Partner", "Dependents", "InternetService", "TechSupport", "OnlineSecurity",
                         "Contract", "PaperlessBilling", "PaymentMethod")
        },
        "churnByTenure": {
            "comment": "share that leaves, by months from and to (inclusive)",
            "bands": [
                {"from": a, "to": b, "share": round(float(leaves[customers.tenure.between(a, b)].mean()), 4)}
                for a, b in ((0, 1), (2, 6), (7, 12), (13, 24), (25, 48), (49, 60), (61, 72))
            ],
        },
    }  # fmt: skip
    text = json.dumps(shape, ensure_ascii=False, indent=1)
    compact = re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda found: re.sub(r"\s*\n\s*", " ", found.group()), text)
    (Path(__file__).resolve().parent / "shape.json").write_text(compact + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
