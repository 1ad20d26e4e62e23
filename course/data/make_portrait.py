"""Make portrait.npz.

    PYTHONPATH=. python course/data/make_portrait.py path/to/astronaut.png

astronaut.png is ``skimage/data/astronaut.png`` of the scikit-image 0.26.0 wheel (public domain,
see LICENSES.md).
"""

import hashlib
import sys
from pathlib import Path

import matplotlib.image
import numpy as np

from course import resampling

SHA256 = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"


def main(source):
    if hashlib.sha256(Path(source).read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{source} is not the astronaut.png of scikit-image 0.26.0")
    large = matplotlib.image.imread(source)[..., :3].transpose(2, 0, 1)[None]  # (1, 3, 512, 512)
    small = resampling.resize(large, 384, 384)[0].transpose(1, 2, 0)
    portrait = np.round(255 * small).astype(np.uint8)
    np.savez_compressed(Path(__file__).parent / "portrait.npz", portrait=portrait)


if __name__ == "__main__":
    main(*sys.argv[1:])
