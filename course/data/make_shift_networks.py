"""Make shift_networks.npz, the small classifiers of exercise 12. Takes some 15 seconds.

    PYTHONPATH=. python course/data/make_shift_networks.py

Three ways of halving the maps, three seeds each: all else is the same, so the seed draws the same
first weights for all three. They are trained for 3 epochs on the shipped training pictures. The
weights are stored as float16, and what is printed is computed from those.
Set OPENBLAS_NUM_THREADS=1 for the same weights again on the same machine.
"""

from pathlib import Path

import numpy as np

from course import images, networks, training

EPOCHS = 3
RATE = 2e-3


def shifted(x, columns):
    """Pictures moved to the right; black comes in from the left."""
    return np.pad(x, ((0, 0), (0, 0), (0, 0), (columns, 0)))[..., : x.shape[3]]


def main():
    x, labels = images.fashion("train")
    test_x, test_labels = images.fashion("test")
    stored = {}
    for pooling in networks.POOLING:
        for seed in networks.SEEDS:
            rng = np.random.default_rng(seed)
            network = networks.untrained_shift(pooling, rng)
            optimizer = training.Adam(network, RATE)
            for _ in range(EPOCHS):
                training.train_epoch(network, optimizer, images.normalise(x), labels, rng)
            float32 = network.predict(images.normalise(test_x)).argmax(axis=1)

            half = {name: array.astype(np.float16) for name, array in network.params.items()}
            networks.set_params(network, half)
            answers = [
                network.predict(images.normalise(shifted(test_x, by))).argmax(axis=1)
                for by in range(4)
            ]
            accuracy = [float((answer == test_labels).mean()) for answer in answers]
            agree = [float((answer == answers[0]).mean()) for answer in answers]
            print(
                f"{pooling} {seed}: shifted by 0, 1, 2, 3 pixels,",
                "accuracy",
                *(f"{value:.3f}" for value in accuracy),
                "agreement",
                *(f"{value:.3f}" for value in agree),
                f"(float16 changed {(float32 != answers[0]).sum()} of {len(float32)} answers)",
                flush=True,
            )
            for name, array in network.params.items():
                stored[f"{pooling}{seed}.{name}"] = array.astype(np.float16)
    np.savez_compressed(Path(__file__).parent / "shift_networks.npz", **stored)


if __name__ == "__main__":
    main()
