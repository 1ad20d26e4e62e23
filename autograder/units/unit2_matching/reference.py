"""The right answers to unit 2: matching a template, at several scales, and what a layer costs.

A picture is one grey plane here, of shape (H, W). ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, ``given``, its arguments and the functions above
it. Students see what stands above the mark.
"""

import numpy as np

from course import given


def ncc(image, template):
    """Normalised cross-correlation: how alike each window and the template are.

    image : (H, W) one grey plane
    template : (h, w) what is looked for

    Returns an array (H - h + 1, W - w + 1). From each window its own mean is subtracted, from the
    template its mean; the dot product of the two is divided by the product of their lengths. So
    every number lies in [-1, 1], up to rounding. A window whose pixels are all equal is flat and
    gets 0, not NaN; a flat template gives 0 everywhere.
    """
    image, template = given.floats("image: H W, template: h w", image, template)
    given.fits("template", template.shape, image.shape)
    windows = np.lib.stride_tricks.sliding_window_view(image, template.shape)
    out = np.zeros(windows.shape[:2])  # out[i, j] belongs to windows[i, j], which cannot be changed
    ### BEGIN SOLUTION
    flat = windows.max(axis=(2, 3)) == windows.min(axis=(2, 3))
    windows = windows - windows.mean(axis=(2, 3), keepdims=True)  # (out_h, out_w, h, w)
    if template.max() > template.min():
        template = template - template.mean()
        lengths = np.sqrt((windows**2).sum(axis=(2, 3)) * (template**2).sum())
        np.divide(np.einsum("ijuv,uv->ij", windows, template), lengths, out=out, where=~flat)
    return out


def downsample(image):
    """Half the size: the mean of each block of 2 × 2 pixels.

    image : (H, W) one grey plane, of at least 2 × 2 pixels

    Returns an array (H // 2, W // 2). If H or W is odd, the last row or column is left out.
    """
    image = given.floats("image: H W", image)
    ### BEGIN SOLUTION
    height, width = image.shape[0] // 2, image.shape[1] // 2
    blocks = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
    return blocks.mean(axis=(1, 3))


def pyramid(image, levels):
    """The picture at full, half, quarter … size.

    image : (H, W) one grey plane
    levels : how many sizes, the full one counted; the smallest has at least one pixel

    Returns a list of ``levels`` arrays. Level 0 is image; every other level is the one before it,
    downsampled.
    """
    image = given.floats("image: H W", image)
    planes = [image]
    ### BEGIN SOLUTION
    while len(planes) < levels:
        planes.append(downsample(planes[-1]))
    return planes


def multiscale_match(image, template, levels):
    """Find a template of one size in a picture of many sizes.

    image : (H, W) one grey plane
    template : (h, w) what is looked for; it keeps its size
    levels : how many levels the pyramid of image has

    Returns (score, level, row, col): the largest normalised cross-correlation over all levels on
    which the template fits, the level it is on (0 is full size), and the upper left corner of its
    window in pixels of level 0, so one pixel of level k counts 2**k. A level that is smaller than
    the template is passed over.
    """
    given.fits("template", np.shape(template), np.shape(image))  # your ncc looks after the rest

    def best_place(plane):
        """Score, row and column of the window of a plane that is most like the template."""
        scores = ncc(plane, template)
        row, col = np.unravel_index(scores.argmax(), scores.shape)  # the shape of the map
        return scores[row, col], row, col

    ### BEGIN SOLUTION
    best = None
    for level, plane in enumerate(pyramid(image, levels)):
        if (np.array(plane.shape) < np.shape(template)).any():
            break  # too large for this level, so for the later ones too
        score, row, col = best_place(plane)
        if best is None or score > best[0]:
            best = (score, level, row * 2**level, col * 2**level)
    return best


def layer_cost(in_shape, filters, kernel, stride=1, pad=0):
    """What a convolution layer costs, for one picture.

    in_shape : (C, H, W) of what goes in
    filters : how many filters the layer has; each has a bias
    kernel, stride, pad : an int, or a pair (for rows, for columns)

    Returns a dict of whole numbers:
    out_shape : (filters, out_h, out_w), with
        out_h = floor((H + 2 * pad - kernel) / stride) + 1, and out_w likewise
    params : weights and biases
    macs : multiplications, each with the addition that goes with it; adding the bias is not counted
    activations : numbers that come out
    """
    (kh, kw), (sh, sw), (ph, pw) = given.pairs(in_shape, kernel, stride, pad)  # all as pairs
    channels, height, width = in_shape
    ### BEGIN SOLUTION
    out_h, out_w = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    weights = channels * kh * kw  # of one filter; so many products go into one output number
    activations = filters * out_h * out_w
    return {
        "out_shape": (filters, out_h, out_w),
        "params": filters * (weights + 1),
        "macs": activations * weights,
        "activations": activations,
    }
