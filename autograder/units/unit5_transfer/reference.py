"""The right answers to unit 5: random transforms, and what to do with trained weights.

Conventions are those of the course's notation box. ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, ``given``, its arguments and the functions above
it. Students see what stands above the mark.
"""

import numpy as np

from course import given


def random_hflip(x, boxes, p, rng):
    """Flip pictures left to right at random, and their boxes with them.

    x : (N, C, H, W) pictures
    boxes : (N, 4), one box per picture: its left, top, right and bottom edge in pixels, of which
        right and bottom lie just outside; it may reach beyond the picture
    p : how likely a picture is flipped, from 0 to 1
    rng : np.random.Generator, the only source of chance

    Draws ``rng.random(N)``, whatever p is. Picture i is flipped if number i is below p, and its box
    with it; other pictures and their boxes stay.
    Returns (x, boxes), the pictures and boxes after that.
    """
    x, boxes = given.floats("x: N C H W, boxes: N edges", x, boxes)  # copies
    ### BEGIN SOLUTION
    flip = rng.random(len(x)) < p
    x[flip] = x[flip][..., ::-1]
    boxes[flip, 0], boxes[flip, 2] = x.shape[3] - boxes[flip, 2], x.shape[3] - boxes[flip, 0]
    return x, boxes


def random_hflip_by_hand(mine):
    """The boxes ``mine.first`` and ``mine.second`` after a random flip of their pictures."""
    boxes = np.array([mine.first, mine.second])
    for box, number in zip(boxes, mine.hundredths, strict=True):
        if number < mine.p_hundredths:
            box[[0, 2]] = mine.width - box[[2, 0]]
    return boxes


def random_crop(x, size, pad, rng):
    """Put zeros around each picture, and cut a window out of it at a random place.

    x : (N, C, H, W) pictures
    size : of the window, an int or a pair (h, w)
    pad : rows and columns of zeros added on EACH side, an int or a pair (ph, pw)
    rng : np.random.Generator, the only source of chance

    Draws the top rows of all windows, then their left columns: ``rng.integers(0, last + 1, N)``
    each, where ``last`` is the last place at which the window fits into the padded picture.
    Returns an array (N, C, h, w). All channels of a picture are cut at the same place.
    """
    x, (h, w), (ph, pw) = given.crop(x, size, pad)  # floats, pairs, and a window that fits
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    n, _, height, width = padded.shape

    def cut(i, top, left):  # a window of picture i, with all its channels
        return padded[i, :, top : top + h, left : left + w]

    ### BEGIN SOLUTION
    tops = rng.integers(0, height - h + 1, n)
    lefts = rng.integers(0, width - w + 1, n)
    return np.stack([cut(i, tops[i], lefts[i]) for i in range(n)])


def augmentation_claims():
    """What is true of random transforms of training pictures."""
    return {
        "turned by 180 degrees, every house number is still the same number": False,
        "moved by two pixels and still whole, a house number is still the same number": True,
        "where the eyes of a face are marked, the marks move when the picture is moved": True,
        "augmentation is of use only where there are few pictures": False,
        "to compare networks, each gets test pictures changed at random for it alone": False,
        "with transforms drawn anew, a picture mostly has other pixels in the next epoch": True,
    }


def transfer_params(source, target, skip=("head",)):
    """Start a new network from the parameters of a trained one: all but the layers in skip.

    source, target : dict from a name such as "conv1.w" to an array: the parameters of the trained
        network, and of the new one before training. What stands before the dot is the layer.
    skip : tuple of names of layers of target that keep the parameters they have; a single one needs
        its comma, ("head",)

    Returns (params, report). params has the names of target: an array from source where it has one
    of that name and the layer is not skipped, otherwise that of target. All are copies: training
    the new network changes neither source nor target.
    report says of every name in source or target what became of it: "skipped" if its layer is in
    skip, whichever of the two has it; otherwise "copied" from source, "new" (only target has it) or
    "unused" (only source has it).

    Raises ValueError, naming the parameter, if one to be copied has another shape in target.
    """
    skip = given.layers("skip", skip, target)  # a set of names; target has these layers
    # Both begin as if nothing were copied. The report says already what is skipped.
    params = {name: array.copy() for name, array in target.items()}
    report = dict.fromkeys(source, "unused") | dict.fromkeys(target, "new")
    report |= {name: "skipped" for name in report if name.split(".")[0] in skip}
    ### BEGIN SOLUTION
    for name in params:
        if name in source and report[name] != "skipped":
            if source[name].shape != target[name].shape:
                raise ValueError(f"{name}: {source[name].shape} is not {target[name].shape}")
            params[name], report[name] = source[name].copy(), "copied"
    return params, report


def sgd_step(params, grads, lr, frozen=(), weight_decay=0.0):
    """One step of gradient descent for every parameter, except those of frozen layers.

    params : dict from a name such as "conv1.w" to an array of floats. What stands before the dot
        is the layer.
    grads : dict from the same names to the gradients of the loss, frozen layers included
    lr : learning rate
    frozen : names of layers that stay as they are: no step, and no decay either
    weight_decay : how much of each parameter, biases included, is added to its gradient

    Returns a dict with all names of params: each w has become w - lr · (gradient + weight_decay ·
    w), each frozen one is as it was.
    """
    frozen = given.layers("frozen", frozen, params)  # a set of names; params has these layers
    new = dict(params)  # as if every layer were frozen
    ### BEGIN SOLUTION
    for name, w in params.items():
        if name.split(".")[0] not in frozen:
            new[name] = w - lr * (grads[name] + weight_decay * w)
    return new


def finetune_plan(names, n_unfreeze, lr_head, lr_base, bn=()):
    """The learning rate of every layer while a network is fine-tuned.

    names : names of the layers, from the input to the output; the last is the head
    n_unfreeze : how many layers of the base are trained besides the head, those next to the head;
        layers in bn are not counted
    lr_head, lr_base : learning rate of the head, and of the layers of the base that are trained
    bn : names of the layers for batch normalisation; their rate is 0 in any case

    Returns a dict from each name to its learning rate; a rate of 0 means frozen.
    """
    bn = given.layers("bn", bn, names[:-1])
    n_unfreeze = given.whole("n_unfreeze", n_unfreeze, most=len(names) - 1 - len(bn))
    *base, head = names
    plan = dict.fromkeys(names, 0.0)  # as if every layer were frozen
    ### BEGIN SOLUTION
    counted = [name for name in base if name not in bn]
    trained = counted[len(counted) - n_unfreeze :]
    return plan | dict.fromkeys(trained, lr_base) | {head: lr_head}
