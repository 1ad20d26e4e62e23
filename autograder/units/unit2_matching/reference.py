"""The right answers to unit 2: matching a template, at several scales, and what a layer costs.

A picture is one grey plane here, of shape (H, W). ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, its arguments and the functions above it.
"""

import numpy as np


def ncc(image, template):
    """Normalised cross-correlation: how alike each window and the template are.

    image : (H, W) one grey plane
    template : (h, w) what is looked for

    Returns an array (H - h + 1, W - w + 1). From each window its own mean is subtracted, from the
    template its mean; the dot product of the two is divided by the product of their lengths. So
    every number lies in [-1, 1], up to rounding. A window whose pixels are all equal is flat and
    gets 0. A flat template gives 0 everywhere.
    The dtype is that of image if image is float, whatever template is; integers are computed in
    float64. image and template are left as they were.

    Raises ValueError, naming the argument, if image or template does not have 2 dimensions, or if
    the template is larger than the image.
    """
    image, template = np.asarray(image), np.asarray(template)
    if image.ndim != 2 or template.ndim != 2:
        raise ValueError(
            f"image and template must have 2 dimensions, got {image.shape} and {template.shape}"
        )
    if template.shape[0] > image.shape[0] or template.shape[1] > image.shape[1]:
        raise ValueError(f"template {template.shape} is larger than the image {image.shape}")

    dtype = image.dtype if np.issubdtype(image.dtype, np.floating) else np.float64
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), template.shape)
    flat = windows.max(axis=(2, 3)) == windows.min(axis=(2, 3))
    windows = windows - windows.mean(axis=(2, 3), keepdims=True)  # (out_h, out_w, h, w)
    out = np.zeros(flat.shape)
    if template.max() > template.min():
        centred = template - template.mean(dtype=np.float64)
        lengths = np.sqrt((windows**2).sum(axis=(2, 3)) * (centred**2).sum())
        np.divide(np.einsum("ijuv,uv->ij", windows, centred), lengths, out=out, where=~flat)
    return out.astype(dtype)


def downsample(image):
    """Half the size: the mean of each block of 2 × 2 pixels.

    image : (H, W) one grey plane

    Returns a new array (H // 2, W // 2). If H or W is odd, the last row or column is left out.
    Its dtype is that of image if image is float; integers are computed in float64.
    image is left as it was.

    Raises ValueError, naming the argument, if image does not have 2 dimensions or is smaller than
    2 × 2.
    """
    image = np.asarray(image)
    if image.ndim != 2 or min(image.shape) < 2:
        raise ValueError(f"image must be (H, W) and at least 2 × 2, got shape {image.shape}")
    dtype = image.dtype if np.issubdtype(image.dtype, np.floating) else np.float64
    height, width = image.shape[0] // 2, image.shape[1] // 2
    blocks = image[: 2 * height, : 2 * width].astype(dtype).reshape(height, 2, width, 2)
    return blocks.mean(axis=(1, 3))


def pyramid(image, levels):
    """The picture at full, half, quarter … size.

    image : (H, W) one grey plane
    levels : how many sizes, the full one counted

    Returns a list of ``levels`` arrays. Level 0 is a copy of image; every other level is the one
    before it, downsampled. The dtype is that of image if image is float, else float64.
    image is left as it was.

    Raises ValueError, naming the argument, if image does not have 2 dimensions, if levels is below
    1, or if levels is so large that a level would have no pixels.
    """
    image = np.asarray(image)
    if image.ndim != 2:
        raise ValueError(f"image must have 2 dimensions (H, W), got shape {image.shape}")
    if levels < 1:
        raise ValueError(f"levels must be at least 1, got {levels}")
    if min(image.shape) < 2 ** (levels - 1):
        raise ValueError(f"levels: an image of shape {image.shape} does not have {levels}")
    dtype = image.dtype if np.issubdtype(image.dtype, np.floating) else np.float64
    planes = [image.astype(dtype)]  # astype copies
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
    window in pixels of level 0, so one pixel of level k counts 2**k. The score is a float, the
    others are ints. If several places have the same score to the last digit, as ncc returns it, the
    first level wins, and on it the first place, row by row from the top.
    image and template are left as they were.

    Raises ValueError, naming the argument, if image or template does not have 2 dimensions, if
    the template is larger than image, if levels is below 1, or if levels is so large that a level
    would have no pixels.
    """
    best = None
    for level, plane in enumerate(pyramid(image, levels)):
        if level > 0 and (np.array(plane.shape) < np.shape(template)).any():
            break  # too large for this level, so for the later ones too
        scores = ncc(plane, template)
        row, col = np.unravel_index(scores.argmax(), scores.shape)
        if best is None or scores[row, col] > best[0]:
            best = (float(scores[row, col]), level, int(row) * 2**level, int(col) * 2**level)
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

    Raises ValueError, naming the argument, if in_shape does not have 3 entries, if filters, kernel
    or stride is below 1, if pad is negative, or if the kernel is larger than the padded picture.
    """
    kh, kw = (kernel, kernel) if np.ndim(kernel) == 0 else kernel
    sh, sw = (stride, stride) if np.ndim(stride) == 0 else stride
    ph, pw = (pad, pad) if np.ndim(pad) == 0 else pad
    if len(in_shape) != 3:
        raise ValueError(f"in_shape must be (C, H, W), got {in_shape}")
    if filters < 1:
        raise ValueError(f"filters must be at least 1, got {filters}")
    if kh < 1 or kw < 1:
        raise ValueError(f"kernel must be at least 1, got {kernel}")
    if sh < 1 or sw < 1:
        raise ValueError(f"stride must be at least 1, got {stride}")
    if ph < 0 or pw < 0:
        raise ValueError(f"pad must not be negative, got {pad}")
    channels, height, width = in_shape
    if kh > height + 2 * ph or kw > width + 2 * pw:
        raise ValueError(f"kernel {kernel} is larger than the padded picture")

    out_h, out_w = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    weights = channels * kh * kw  # of one filter; so many products go into one output number
    activations = filters * out_h * out_w
    return {
        "out_shape": (filters, out_h, out_w),
        "params": filters * (weights + 1),
        "macs": activations * weights,
        "activations": activations,
    }
