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
    """Draw the figure as the notebook does."""
    network = networks.source()
    objects = experiments.objects("test")
    mosaics, kinds, boxes = images.mosaics(*objects, np.random.default_rng(1), 2)
    names = np.array(experiments.NAMES)[kinds]
    heat, parts = np.zeros((2, 4, 64, 64)), np.zeros((2, 4))
    for asked in range(4):  # the class of the object in this quadrant
        found = experiments.explain(network, mosaics, kinds[:, asked], grad_cam)
        for n, quadrants in enumerate(experiments.by_quadrant(found)):
            heat[n, asked] = upsample_bilinear(found[n], 64)
            parts[n, asked] = quadrants[asked]
    plots.explained(mosaics[:, 0], names, boxes, heat, parts, overlay)
    plt.savefig(path, dpi=90)


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
