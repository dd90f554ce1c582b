"""Trains the network of this example, and writes its package.

    python train.py --scans <folder with yes/ and no/>

For study, not for diagnosis. The 253 slices are "Brain MRI Images for Brain Tumor Detection" (N. Chakrabarty, Apache-2.0). Who
was scanned is not known; what can be known is which slices are copies of one another, or nearly: those stay on one side.
"""
import argparse
import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

HERE = Path(__file__).parent
SIZE = 64
MEAN, STD = 0.25, 0.25


def read(path: Path) -> Image.Image:
    image = Image.open(path)
    image.load()
    return image.convert("L")


def tensor(image: Image.Image) -> torch.Tensor:
    """What model.yaml says: grey, bilinear to 64 x 64, the horizontal pass first, / 255, normalised."""
    across = image.resize((SIZE, image.height), Image.Resampling.BILINEAR)
    small = across.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    level = torch.from_numpy(np.asarray(small, dtype=np.float32)) / torch.tensor(255.0)
    return ((level - torch.tensor(MEAN)) / torch.tensor(STD))[None]


def fingerprint(image: Image.Image) -> np.ndarray:
    """Which pixel is lighter than the one to its right, of 17 x 16: copies differ in few of the 256 places."""
    small = np.asarray(image.resize((17, 16), Image.Resampling.BILINEAR), dtype=int)
    return (small[:, 1:] > small[:, :-1]).ravel()


def groups(images) -> np.ndarray:
    """Slices that are copies of one another, or nearly, have one number."""
    prints = np.stack([fingerprint(image) for image in images])
    group = np.arange(len(images))
    for one in range(len(images)):
        near = np.flatnonzero((prints[one] != prints[:one]).sum(1) <= 26)
        for other in near:
            group[group == group[one]] = group[other]
    return group


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        def block(inner: int, outer: int):
            return [nn.Conv2d(inner, outer, 3, padding=1), nn.BatchNorm2d(outer), nn.ReLU(), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*block(1, 8), *block(8, 16), *block(16, 24), *block(24, 32))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(32, 1))

    def forward(self, scan: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.head(self.features(scan)))[:, 0]


def augmented(batch: torch.Tensor) -> torch.Tensor:
    """Mirrored, moved by up to 4 pixels, lighter or darker."""
    if torch.rand(()) < 0.5:
        batch = batch.flip(3)
    moved = [int(v) for v in torch.randint(-4, 5, (2,))]
    batch = torch.roll(batch, moved, (2, 3))
    return batch * (0.85 + 0.3 * torch.rand(len(batch), 1, 1, 1)) + 0.2 * (torch.rand(len(batch), 1, 1, 1) - 0.5)


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The Wilson score interval at 95 %."""
    z, share = 1.959963984540054, hits / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return round(centre - reach, 3), round(centre + reach, 3)


def fit(x: torch.Tensor, y: torch.Tensor, epochs: int) -> Network:
    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, epochs=epochs, steps_per_epoch=-(-len(x) // 16))
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(16):
            loss = nn.functional.binary_cross_entropy(network(augmented(x[rows])), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=30)
    given = parser.parse_args()
    torch.manual_seed(7)
    torch.set_num_threads(1)
    paths = sorted(path for answer in ("yes", "no") for path in (given.scans / answer).iterdir())
    images = [read(path) for path in paths]
    y = torch.tensor([float(path.parent.name == "yes") for path in paths])
    group = groups(images)
    order = np.random.default_rng(7).permutation(np.unique(group))
    fold = {number: place % 5 for place, number in enumerate(order)}
    folds = np.array([fold[number] for number in group])
    x = torch.stack([tensor(image) for image in images])
    print(f"{len(paths)} slices, {len(order)} groups of copies and near copies")

    answers = torch.zeros(len(paths))
    for number in range(5):
        held = torch.from_numpy(folds == number)
        network = fit(x[~held], y[~held], given.epochs)
        with torch.no_grad():
            answers[held] = network(x[held])
        print(f"fold {number + 1}: {int(held.sum())} held out, {int(((answers[held] > 0.5) == (y[held] > 0.5)).sum())} right", flush=True)
    said, true = answers > 0.5, y > 0.5
    hits, tumours = int((said & true).sum()), int(true.sum())
    quiet, clear = int((~said & ~true).sum()), int((~true).sum())
    print(f"sensitivity {hits}/{tumours} = {hits / tumours:.3f} {wilson(hits, tumours)}")
    print(f"specificity {quiet}/{clear} = {quiet / clear:.3f} {wilson(quiet, clear)}")

    network = fit(x, y, given.epochs)
    model = HERE / "model" / "model.onnx"
    torch.onnx.export(network, (x[:2],), str(model), input_names=["pixel_values"], output_names=["probability"], dynamo=True,
                      external_data=False, dynamic_shapes={"scan": {0: torch.export.Dim("rows", max=4096)}})
    examples = []
    for path in sorted((HERE / "phantoms").iterdir()):
        with torch.no_grad():
            answer = network(tensor(read(path))[None])[0]
        image = base64.b64encode(path.read_bytes()).decode()
        examples.append({"input": {"scan": image}, "output": {"probability": float(answer)}})
        print(f"{path.name}: {float(answer):.3f}")
    (HERE / "model" / "examples.json").write_text(json.dumps(examples, indent=1) + "\n")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    metrics = {"sensitivity": round(hits / tumours, 3), "specificity": round(quiet / clear, 3), "slices": len(paths), "groups": len(order)}
    print(json.dumps({"data": f"sha256:{digest}", "metrics": metrics}))


if __name__ == "__main__":
    main()
