"""Slides the template and adds up the products: raw correlation."""

from autograder.examples import full

EXPECTED = full("unit2_matching") - 8

CODE = """
def ncc(image, template):
    if np.ndim(image) != 2 or np.ndim(template) != 2:
        raise ValueError("image and template must have 2 dimensions")
    (height, width), (h, w) = image.shape, template.shape
    if h > height or w > width:
        raise ValueError("the template does not fit into the image")
    dtype = image.dtype if image.dtype.kind == "f" else float
    out = np.zeros((height - h + 1, width - w + 1), dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + h, j : j + w].astype(dtype) * template).sum()
    return out
"""


def build(work):
    work.solve()
    work.write("ncc", CODE)
