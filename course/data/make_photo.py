"""Make photo.npz and photo_answers.npz.

    PYTHONPATH=. python course/data/make_photo.py path/to/coffee.png

coffee.png is ``skimage/data/coffee.png`` of the scikit-image 0.26.0 wheel (CC0, see LICENSES.md).
SciPy, which the course itself does not need, filters the photograph for the figures.
"""

import hashlib
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
from scipy.signal import correlate

from course import images
from course.plots import unit1_convolution as plots

SHA256 = "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"


def main(source):
    if hashlib.sha256(Path(source).read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{source} is not the coffee.png of scikit-image 0.26.0")
    here = Path(__file__).parent

    large = matplotlib.image.imread(source)[..., :3]  # (400, 600, 3), 0 to 1
    # Area average by 2.5: every pixel split into 2 x 2, then the mean of each block of 5 x 5.
    split = large.repeat(2, axis=0).repeat(2, axis=1)
    small = split.reshape(160, 5, 240, 5, 3).mean(axis=(1, 3))
    np.savez_compressed(here / "photo.npz", photo=np.round(255 * small).astype(np.uint8))

    x = images.photo()[0]  # (3, 160, 240)
    edges, blur = plots.EDGES[0], plots.BLUR[0]
    wide = np.zeros((3, 13, 13))
    wide[:, ::6, ::6] = edges
    framed = np.pad(x, ((0, 0), (4, 4), (4, 4)))
    answers = {
        "edges": correlate(x, edges, mode="valid")[0],
        "blur": correlate(x, blur, mode="valid")[0],
        "padded blur": correlate(framed, blur, mode="valid")[0],
        "wide edges": correlate(x, wide, mode="valid")[0],
        "strided edges": correlate(x, edges, mode="valid")[0, ::4, ::4],
    }
    steps = {name: np.round(254 * a).astype(np.int16) for name, a in answers.items()}
    np.savez_compressed(here / "photo_answers.npz", **steps)


if __name__ == "__main__":
    main(*sys.argv[1:])
