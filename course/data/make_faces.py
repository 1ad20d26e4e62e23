"""Make pnet.npz and rnet.npz: the first two networks of MTCNN, for ``course/faces.py``.

    python course/data/make_faces.py path/to/folder

The folder holds pnet.pt and rnet.pt of ``facenet_pytorch/data`` in the facenet-pytorch 2.6.0 wheel
(MIT, see LICENSES.md). Reading them needs PyTorch, which the course itself does not.

The weights are what they were, under the names of ``course.nn`` and in its order: the two output
layers of each network are joined into one with 2 + 4 outputs, and the first dense layer of R-Net,
which was trained on features in the order W, H, C, takes them in the order C, H, W.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch

SHA256 = {
    "pnet.pt": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet.pt": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
}


def read(path):
    """The arrays of a .pt file, under the names of ``course.nn``: w, b, the slope of a PReLU."""
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256[path.name]:
        raise SystemExit(f"{path} is not that of facenet-pytorch 2.6.0")
    arrays = {}
    for name, tensor in torch.load(path, weights_only=True).items():
        layer, kind = name.split(".")
        short = "slope" if layer.startswith("prelu") else {"weight": "w", "bias": "b"}[kind]
        arrays[f"{layer}.{short}"] = tensor.numpy()
    return arrays


def join(arrays, layer):
    """``layer``_1, which says face or not, and ``layer``_2, which moves the box, as one layer."""
    for kind in "wb":
        parts = [arrays.pop(f"{layer}_1.{kind}"), arrays.pop(f"{layer}_2.{kind}")]
        arrays[f"{layer}.{kind}"] = np.concatenate(parts)


def main(folder):
    pnet, rnet = (read(Path(folder) / name) for name in SHA256)
    join(pnet, "conv4")
    join(rnet, "dense5")
    w = rnet["dense4.w"].reshape(128, 3, 3, 64)  # (F, W, H, C)
    rnet["dense4.w"] = np.ascontiguousarray(w.transpose(0, 3, 2, 1)).reshape(128, 576)
    here = Path(__file__).parent
    np.savez_compressed(here / "pnet.npz", **pnet)
    np.savez_compressed(here / "rnet.npz", **rnet)


if __name__ == "__main__":
    main(*sys.argv[1:])
