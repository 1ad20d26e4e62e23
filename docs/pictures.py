"""Draws the README's two pictures beside this file: ``python docs/pictures.py``, after `make demo`.

gradcam.png   two mosaics explained for each of their four classes, by the reference solution
feedback.png  what a student of the demo reads who turned the kernel: a piece of the feedback page

Needs the extra `test` and Chromium.
"""

import shutil
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from playwright.sync_api import sync_playwright

from autograder.units.unit7_visualization.reference import grad_cam, overlay, upsample_bilinear
from course import images, networks
from course.experiments import unit7_visualization as experiments
from course.plots import unit7_visualization as plots

HERE = Path(__file__).resolve().parent
PAGE = "build/demo/feedback/flips_the_kernel/unit1_convolution/unit1_convolution.html"
CELL = "#test_conv2d_valid"


def gradcam(path):
    """Two mosaics, each explained for its four classes."""
    network = networks.source()
    objects = experiments.objects("test")
    mosaics, kinds, boxes = images.mosaics(*objects, np.random.default_rng(1), 2)
    fig, axes = plt.subplots(2, 5, figsize=(10.5, 5.2), dpi=100, layout="constrained")
    fig.get_layout_engine().set(wspace=0.02, hspace=0.04)
    for row, mosaic, classes, places in zip(axes, mosaics, kinds, boxes, strict=True):
        row[0].imshow(mosaic[0], **plots.GREY)
        row[0].set(xticks=[], yticks=[])
        row[0].set_title("what is this?", fontsize=11)
        maps, shares = experiments.asked_for_all(network, mosaic[None], grad_cam)
        for quadrant, (ax, k, box) in enumerate(zip(row[1:], classes, places, strict=True)):
            plots.lay(ax, mosaic[0], upsample_bilinear(maps[k], 64), overlay, box=box)
            ax.set_title(f"“{experiments.NAMES[k]}”", fontsize=12)
            ax.set_xlabel(f"{shares[k, quadrant]:.0%} in its quadrant", fontsize=10)
    fig.supxlabel(plots.OWN_SCALE, fontsize=11)
    fig.savefig(path, dpi=90)


def feedback(path):
    """A picture of the graded cell of `conv2d_valid` on the feedback page."""
    with sync_playwright() as playwright:
        chromium = {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox"]}
        browser = playwright.chromium.launch(**chromium)
        page = browser.new_page(viewport={"width": 900, "height": 800})
        page.goto((HERE.parent / PAGE).as_uri())
        page.locator(CELL).screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    gradcam(HERE / "gradcam.png")
    feedback(HERE / "feedback.png")
