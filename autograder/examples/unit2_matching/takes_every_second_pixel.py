"""Downsamples by leaving pixels out: stripes vanish or stay, by luck."""

from autograder.examples import full

EXPECTED = full("unit2_matching") - 2.625

CODE = """
def downsample(image):
    height, width = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * height : 2, : 2 * width : 2]
"""


def build(work):
    work.solve(0)
    work.write("downsample", CODE)
