"""Make fashion.npz, a part of Fashion-MNIST.

    python course/data/make_fashion.py path/to/folder

The folder holds the four .gz files of the Debian package dataset-fashion-mnist, version
0.0~git20200523.55506a9-1, which puts them into /usr/share/datasets/fashion-mnist (MIT, see
LICENSES.md). Of each class, the first 300 training and the first 250 test pictures are taken.
"""

import gzip
import hashlib
import sys
from pathlib import Path

import numpy as np

SHA256 = {
    "train-images-idx3": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    "train-labels-idx1": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    "t10k-images-idx3": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    "t10k-labels-idx1": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}


def read(folder, split):
    """All of Fashion-MNIST: pictures uint8 (N, 28, 28) and labels uint8 (N,).

    split : "train" (60,000 pictures) or "t10k" (10,000)
    """
    arrays = []
    for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):  # bytes before the data
        path = Path(folder) / f"{split}-{kind}-ubyte.gz"
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != SHA256[f"{split}-{kind}"]:
            raise SystemExit(f"{path} is not that of dataset-fashion-mnist")
        arrays.append(np.frombuffer(gzip.decompress(content), np.uint8, offset=header))
    x, labels = arrays
    return x.reshape(-1, 28, 28), labels


def first_of_each(labels, count):
    """The indices of the first ``count`` pictures of each class, in the order of the data."""
    return np.sort(np.concatenate([np.flatnonzero(labels == c)[:count] for c in range(10)]))


def main(folder):
    arrays = {}
    for ours, theirs, count in (("train", "train", 300), ("test", "t10k", 250)):
        x, labels = read(folder, theirs)
        chosen = first_of_each(labels, count)
        arrays |= {f"{ours}_x": x[chosen], f"{ours}_labels": labels[chosen]}
    np.savez_compressed(Path(__file__).parent / "fashion.npz", **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
