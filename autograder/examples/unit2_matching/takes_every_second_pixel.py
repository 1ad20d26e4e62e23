"""Downsamples by leaving pixels out: stripes vanish or stay, by luck."""

from autograder.examples import full

EXPECTED = full("unit2_matching") - 2.25

CODE = """
def downsample(image):
    image = np.asarray(image)
    if image.ndim != 2 or image.shape[0] < 2 or image.shape[1] < 2:
        raise ValueError("image must have two dimensions, each of at least 2 pixels")
    height, width = image.shape[0] // 2, image.shape[1] // 2
    small = image[: 2 * height : 2, : 2 * width : 2].copy()
    return small if image.dtype.kind == "f" else small.astype(float)
"""


def build(work):
    work.solve(0)
    work.write("downsample", CODE)
