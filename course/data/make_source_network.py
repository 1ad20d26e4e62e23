"""Make source_network.npz, the pretrained network of units 5 to 7. Takes some 2 minutes.

    PYTHONPATH=. python course/data/make_source_network.py path/to/folder

The folder is that of ``make_fashion.py``. The network learns to name the object in scenes made of
4,000 training pictures of each of the six source classes; every epoch sees new scenes of them.
Set OPENBLAS_NUM_THREADS=1 for the same weights again on the same machine.
"""

import sys
from pathlib import Path

import numpy as np
from make_fashion import read

from course import images, networks, training

EPOCHS = 8
RATE = 3e-3


def source_pictures(folder, split, count, rng):
    """Of each source class ``count`` pictures (N, 1, 28, 28), and labels 0 to 5."""
    x, classes = read(folder, split)
    chosen = [
        rng.choice(np.flatnonzero(classes == c), count, replace=False)
        for c in networks.SOURCE_CLASSES
    ]
    labels = np.repeat(np.arange(len(chosen)), count)
    return x[np.concatenate(chosen)][:, None], labels


def main(folder):
    rng = np.random.default_rng(0)
    x, labels = source_pictures(folder, "train", 4000, rng)
    others = read(folder, "train")[0][:2000, None]  # scraps come from all ten classes

    test_rng = np.random.default_rng(1)
    test_x, test_labels = source_pictures(folder, "t10k", 250, test_rng)
    test_others = read(folder, "t10k")[0][:2000, None]
    test_scenes, _ = images.scenes(test_x, test_rng, test_others)

    network = networks.untrained(len(networks.SOURCE_CLASSES), rng)
    optimizer = training.Adam(network)
    for epoch in range(EPOCHS):
        optimizer.rate = RATE * (1 + np.cos(np.pi * epoch / EPOCHS)) / 2
        pictures, _ = images.scenes(x, rng, others)
        loss = training.train_epoch(network, optimizer, pictures, labels, rng)
        accuracy = (network.predict(test_scenes).argmax(axis=1) == test_labels).mean()
        print(f"epoch {epoch + 1}: loss {loss:.3f}, test accuracy {accuracy:.3f}", flush=True)
    np.savez_compressed(Path(__file__).parent / "source_network.npz", **network.params)


if __name__ == "__main__":
    main(*sys.argv[1:])
