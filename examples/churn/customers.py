"""The customers: read, and a few made-up ones for the golden examples."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

YES_NO = ["No", "Yes"]
ONLINE = ["No", "No internet service", "Yes"]
LABELS = {
    "Partner": YES_NO,
    "Dependents": YES_NO,
    "PhoneService": YES_NO,
    "MultipleLines": ["No", "No phone service", "Yes"],
    "InternetService": ["DSL", "Fiber optic", "No"],
    "OnlineSecurity": ONLINE,
    "OnlineBackup": ONLINE,
    "DeviceProtection": ONLINE,
    "TechSupport": ONLINE,
    "StreamingTV": ONLINE,
    "StreamingMovies": ONLINE,
    "Contract": ["Month-to-month", "One year", "Two year"],
    "PaperlessBilling": YES_NO,
    "PaymentMethod": ["Bank transfer (automatic)", "Credit card (automatic)", "Electronic check", "Mailed check"],
}
CATEGORIES = list(LABELS)
NUMBERS = ["SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"]
Row = dict[str, Any]


def read(path: Path) -> pd.DataFrame:
    """The customers with charges as float32; a blank TotalCharges, which new customers have, is NaN."""
    frame = pd.read_csv(path)
    frame["TotalCharges"] = pd.to_numeric(frame.TotalCharges, errors="coerce").astype(np.float32)
    frame["MonthlyCharges"] = frame.MonthlyCharges.astype(np.float32)
    return frame


def digest(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def table(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"MonthlyCharges": np.float32, "TotalCharges": np.float32})


def made_up(monthly: np.ndarray, total: np.ndarray, answer: Callable[[list[Row]], np.ndarray]) -> list[Row]:
    """Invented customers, the last of them with charges at thresholds that change the answer."""
    online = ["OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies"]
    fiber: Row = {
        "SeniorCitizen": 0, "Partner": "No", "Dependents": "No", "tenure": 4, "PhoneService": "Yes",
        "MultipleLines": "No", "InternetService": "Fiber optic", **dict.fromkeys(online, "No"),
        "Contract": "Month-to-month", "PaperlessBilling": "Yes", "PaymentMethod": "Electronic check",
        "MonthlyCharges": 71.5, "TotalCharges": 280.0,
    }  # fmt: skip
    settled = {
        "Contract": "Two year",
        "PaymentMethod": "Bank transfer (automatic)",
        "Partner": "Yes",
        "Dependents": "Yes",
    }
    offline = {"InternetService": "No", **dict.fromkeys(online, "No internet service")}
    rows = [
        fiber,
        {**fiber, "SeniorCitizen": 1, "StreamingTV": "Yes", "StreamingMovies": "Yes", "MonthlyCharges": 93.25},
        {**fiber, **settled, "tenure": 70, "MonthlyCharges": 105.0, "TotalCharges": 7350.5},
        {**fiber, **settled, **offline, "tenure": 72, "MonthlyCharges": 19.75, "TotalCharges": 1422.0},
        {**fiber, "PhoneService": "No", "MultipleLines": "No phone service", "InternetService": "DSL", "tenure": 12,
         "Contract": "One year", "PaymentMethod": "Credit card (automatic)", "MonthlyCharges": 31.1, "TotalCharges": 370.0},
        {**fiber, "tenure": 0, "TotalCharges": None},
        {**fiber, **settled, **offline, "tenure": 0, "MonthlyCharges": 20.0, "TotalCharges": None},
        {**fiber, "tenure": 36, "TotalCharges": None, "PaymentMethod": "Mailed check", "PaperlessBilling": "No"},
        {**fiber, "tenure": 0, "MonthlyCharges": 0.0, "TotalCharges": 0.0},
        {**fiber, "tenure": 1000, "MonthlyCharges": 10000.0, "TotalCharges": 1e7},
    ]  # fmt: skip
    for field, thresholds in (("MonthlyCharges", monthly), ("TotalCharges", total)):
        for threshold in thresholds:
            middle = np.float32(threshold)
            steps = (np.nextafter(middle, np.float32(0)), middle, np.nextafter(middle, np.float32(np.inf)))
            candidates = [{**fiber, field: float(str(step))} for step in steps]
            if len(set(answer(candidates))) > 1:
                rows += candidates
                break
    return rows
