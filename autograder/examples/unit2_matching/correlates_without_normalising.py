"""Slides the template and adds up the products: raw correlation."""

from autograder.examples import full

EXPECTED = full("unit2_matching") - 9

CODE = """
def ncc(image, template):
    (height, width), (h, w) = image.shape, template.shape
    out = np.zeros((height - h + 1, width - w + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + h, j : j + w] * template).sum()
    return out
"""


def build(work):
    work.solve()
    work.write("ncc", CODE)
