"""Phantoms: drawn slices that look somewhat like a brain scan, so that the example has pictures that may be given away.

They are drawn by a seeded generator, show nobody, and say nothing of how well the model reads scans.
"""
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent


def phantom(seed: int, lesion: bool, size: int = 192) -> np.ndarray:
    """A skull, two halves of a brain with folds, dark ventricles, and a bright spot if asked for: [size, size] grey levels."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / (size - 1) * 2 - 1
    wide, tall = 0.68 + random.uniform(-0.04, 0.04), 0.84 + random.uniform(-0.04, 0.04)
    radius = np.hypot(x / wide, y / tall)
    angle = np.arctan2(y, x)
    folds = 14 * np.sin(9 * angle + 7 * radius + random.uniform(0, 6)) * np.exp(-((radius - 0.75) / 0.2) ** 2)
    level = np.where(radius < 0.9, 92 + folds + 8 * np.sin(6 * x + random.uniform(0, 6)) * np.cos(5 * y), 12.0)
    level = np.where((radius >= 0.9) & (radius < 1), 190.0, level)
    level -= 60 * np.exp(-((np.abs(x) - 0.12) / 0.06) ** 2 - (y / 0.3) ** 2)
    level -= 40 * np.exp(-(x / 0.015) ** 2) * (radius < 0.9)
    if lesion:
        cx, cy = random.choice([-1, 1]) * random.uniform(0.22, 0.38), random.uniform(-0.4, 0.4)
        spread = random.uniform(0.12, 0.2)
        level += 120 * np.exp(-(np.hypot(x - cx, (y - cy) * 1.2) / spread) ** 4)
    level += random.normal(0, 5, level.shape)
    return np.clip(level, 0, 255).astype(np.uint8)


def main() -> None:
    folder = HERE / "phantoms"
    folder.mkdir(exist_ok=True)
    for number in range(4):
        lesion = number % 2 == 0
        name = f"phantom-{number + 1}-{'spot' if lesion else 'plain'}"
        image = Image.fromarray(phantom(number + 1, lesion))
        if number < 2:
            image.save(folder / f"{name}.jpg", quality=88)
        else:
            image.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
