"""Right solutions to unit 5 in the styles of real students. Each must get full points.

They use only NumPy and ``given``, as a student would: helpers stand here as they would stand in
another cell of the notebook. A docstring names what is special.
"""

import numpy as np

from course import given


def _two(value):
    return (value, value) if np.isscalar(value) else tuple(value)


def _layer(name):
    return name[: name.index(".")]


# -- random_hflip ---------------------------------------------------------------------------------


def random_hflip__plain_loops(x, boxes, p, rng):
    """One number at a time, pictures and boxes in loops; with the given line."""
    x, boxes = given.floats("x: N C H W, boxes: N edges", x, boxes)
    out, new_boxes = x.copy(), boxes.copy()
    width = x.shape[3]
    for i in range(len(x)):
        if rng.random() < p:
            for j in range(width):
                out[i, :, :, j] = x[i, :, :, width - 1 - j]
            left, top, right, bottom = boxes[i]
            new_boxes[i] = [width - right, top, width - left, bottom]
    return out, new_boxes


def random_hflip__np_where(x, boxes, p, rng):
    """Everything flipped, and np.where to choose."""
    coin = rng.random(x.shape[0]) < p
    mirrored = np.stack(
        [x.shape[3] - boxes[:, 2], boxes[:, 1], x.shape[3] - boxes[:, 0], boxes[:, 3]], axis=1
    )
    pictures = np.where(coin[:, None, None, None], np.flip(x, axis=3), x)
    return pictures, np.where(coin[:, None], mirrored, boxes)


def random_hflip__in_place(x, boxes, p, rng):
    """Without the given line, in what came in; returns a list."""
    width = x.shape[3]
    for i in np.flatnonzero(rng.random(size=len(x)) < p):
        x[i] = x[i, :, :, ::-1].copy()
        boxes[i, [0, 2]] = width - boxes[i, [2, 0]]
    return [x, boxes]


# -- random_hflip_by_hand -------------------------------------------------------------------------


def random_hflip_by_hand__typed(mine):
    """Rows of whole numbers, as they are typed."""
    rows = []
    for box, number in zip((mine.first, mine.second), mine.hundredths, strict=True):
        row = list(box)
        if number < mine.p_hundredths:
            row[0], row[2] = mine.width - box[2], mine.width - box[0]
        rows.append(row)
    return rows


def random_hflip_by_hand__own_function(mine):
    """With one's own function, and an array of floats."""
    boxes = np.array([mine.first, mine.second], dtype=float)
    for i in range(2):
        p = float(mine.hundredths[i] < mine.p_hundredths)
        picture = np.zeros((1, 1, mine.height, mine.width))
        generator = np.random.default_rng(i)
        boxes[i : i + 1] = random_hflip__np_where(picture, boxes[i : i + 1], p, generator)[1]
    return boxes


def random_hflip_by_hand__tuples(mine):
    """Tuples."""
    return tuple(tuple(row) for row in random_hflip_by_hand__typed(mine))


# -- random_crop ----------------------------------------------------------------------------------


def random_crop__plain_loops(x, size, pad, rng):
    """With the given line. All tops one by one, then all lefts; rows are copied one by one."""
    x, (h, w), (ph, pw) = given.crop(x, size, pad)
    n, c, height, width = x.shape
    big = np.zeros((n, c, height + 2 * ph, width + 2 * pw))
    big[:, :, ph : ph + height, pw : pw + width] = x
    tops = [rng.integers(0, big.shape[2] - h + 1) for _ in range(n)]
    lefts = [rng.integers(0, big.shape[3] - w + 1) for _ in range(n)]
    out = np.zeros((n, c, h, w))
    for i in range(n):
        for row in range(h):
            out[i, :, row] = big[i, :, tops[i] + row, lefts[i] : lefts[i] + w]
    return out


def random_crop__index_arrays(x, size, pad, rng):
    """np.pad, and one index for all windows."""
    h, w = _two(size)
    ph, pw = _two(pad)
    x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)], mode="constant")
    top = rng.integers(0, x.shape[2] - h, size=len(x), endpoint=True)
    left = rng.integers(0, x.shape[3] - w, size=len(x), endpoint=True)
    which = np.arange(len(x))[:, None, None]
    rows, columns = top[:, None] + np.arange(h), left[:, None] + np.arange(w)
    return np.moveaxis(x[which, :, rows[:, :, None], columns[:, None]], -1, 1)


def random_crop__all_windows(x, size, pad, rng):
    """A view of all windows, of which one is taken for each picture."""
    size, pad = _two(size), _two(pad)
    height, width = x.shape[2] + 2 * pad[0], x.shape[3] + 2 * pad[1]
    framed = np.zeros((*x.shape[:2], height, width))
    framed[:, :, pad[0] : height - pad[0], pad[1] : width - pad[1]] = x
    windows = np.lib.stride_tricks.sliding_window_view(framed, size, axis=(2, 3))
    tops = rng.integers(height - size[0] + 1, size=len(x))
    lefts = rng.integers(width - size[1] + 1, size=len(x))
    return np.stack([windows[i, :, tops[i], lefts[i]] for i in range(len(x))])


# -- augmentation_claims --------------------------------------------------------------------------


def augmentation_claims__typed():
    """As it is typed."""
    return {
        "turned by 180 degrees, every house number is still the same number": False,
        "moved by two pixels and still whole, a house number is still the same number": True,
        "where the eyes of a face are marked, the marks move when the picture is moved": True,
        "augmentation is of use only where there are few pictures": False,
        "to compare networks, each gets test pictures changed at random for it alone": False,
        "with transforms drawn anew, a picture mostly has other pixels in the next epoch": True,
    }


def augmentation_claims__numpy():
    """NumPy's truth values."""
    typed = augmentation_claims__typed()
    return dict(zip(typed, np.array(list(typed.values())), strict=True))


def augmentation_claims__other_order():
    """Another order, and a note of one's own."""
    answer = dict(reversed(augmentation_claims__typed().items()))
    return {**answer, "my note": "6 and 9"}


# -- transfer_params ------------------------------------------------------------------------------


def transfer_params__loops(source, target, skip=("head",)):
    """One loop over each dictionary."""
    target_layers = set()
    for name in target:
        target_layers.add(name.split(".")[0])
    for layer in skip:
        if layer not in target_layers:
            raise ValueError("skip has a layer which the target does not have: " + layer)
    params, report = {}, {}
    for name in target:
        layer = name.split(".")[0]
        if layer in skip:
            params[name] = target[name].copy()
            report[name] = "skipped"
        elif name in source:
            if source[name].shape != target[name].shape:
                raise ValueError("shapes differ for " + name)
            params[name] = source[name].copy()
            report[name] = "copied"
        else:
            params[name] = target[name].copy()
            report[name] = "new"
    for name in source:
        if name not in target:
            report[name] = "skipped" if name.split(".")[0] in skip else "unused"
    return params, report


def transfer_params__sets(source, target, skip=("head",)):
    """Sets of names; the copies are made at the end."""
    skipped = {name for name in {**source, **target} if _layer(name) in skip}
    unknown = set(skip) - {_layer(name) for name in target}
    if unknown:
        raise ValueError(f"cannot skip {unknown}")
    shared = set(source) & set(target) - skipped
    for name in shared:
        if np.shape(source[name]) != np.shape(target[name]):
            raise ValueError(f"{name}: {np.shape(source[name])} is not {np.shape(target[name])}")
    report = dict.fromkeys(skipped, "skipped") | dict.fromkeys(shared, "copied")
    report |= dict.fromkeys(set(target) - shared - skipped, "new")
    report |= dict.fromkeys(set(source) - shared - skipped, "unused")
    params = {**target, **{name: source[name] for name in shared}}
    return params | {name: np.array(array) for name, array in params.items()}, report


def transfer_params__comprehensions(source, target, skip=("head",)):
    """Copies of everything of the target first, then written over; returns a list."""

    def fate(name):
        if any(name.startswith(layer + ".") for layer in skip):
            return "skipped"
        if name in source and name in target:
            return "copied"
        return "new" if name in target else "unused"

    if not all(any(name.startswith(layer + ".") for name in target) for layer in skip):
        raise ValueError(f"one of {skip} is to be skipped, but is not there")
    report = {name: fate(name) for name in list(source) + list(target)}
    params = {name: array.copy() for name, array in target.items()}
    for name in (name for name in report if report[name] == "copied"):
        if params[name].shape != source[name].shape:
            raise ValueError(f"parameter {name} has another shape in the target")
        params[name] = source[name].copy()
    return [params, report]


# -- sgd_step -------------------------------------------------------------------------------------


def sgd_step__loops(params, grads, lr, frozen=(), weight_decay=0.0):
    """One parameter after the other; with the given line."""
    frozen = given.layers("frozen", frozen, params)
    result = {}
    for name in params:
        if _layer(name) in frozen:
            result[name] = params[name]
        else:
            result[name] = params[name] - lr * (grads[name] + weight_decay * params[name])
    return result


def sgd_step__rate_of_zero(params, grads, lr, frozen=(), weight_decay=0.0):
    """A frozen parameter has the rate 0; decay shrinks the weights first."""
    rates = {name: 0.0 if name.split(".")[0] in frozen else lr for name in params}
    return {
        name: (1 - rates[name] * weight_decay) * w - rates[name] * grads[name]
        for name, w in params.items()
    }


def sgd_step__in_place(params, grads, lr, frozen=(), weight_decay=0.0):
    """Without the given line: the trained parameters are changed in place."""
    for name, w in params.items():
        if not any(name.startswith(f"{layer}.") for layer in frozen):
            w -= lr * grads[name] + lr * weight_decay * w
    return params


# -- finetune_plan --------------------------------------------------------------------------------


def finetune_plan__from_the_end(names, n_unfreeze, lr_head, lr_base, bn=()):
    """Walks from the head to the input and counts."""
    plan = {names[-1]: lr_head}
    left = n_unfreeze
    for name in names[-2::-1]:
        if name not in bn and left > 0:
            plan[name] = lr_base
            left -= 1
        else:
            plan[name] = 0
    return plan


def finetune_plan__lists(names, n_unfreeze, lr_head, lr_base, bn=()):
    """Lists of the layers of each kind; with one of the given lines."""
    bn = given.layers("bn", bn, names)
    head = names[-1]
    base = [name for name in names if name != head and name not in bn]
    cold = base[: len(base) - n_unfreeze] + list(bn)
    plan = {}
    for name in names:
        plan[name] = lr_head if name == head else 0.0 if name in cold else lr_base
    return plan


def finetune_plan__arrays(names, n_unfreeze, lr_head, lr_base, bn=()):
    """NumPy: how many layers to count lie behind each one."""
    counted = np.array([name not in bn for name in names[:-1]], dtype=int)
    behind = counted[::-1].cumsum()[::-1]
    rates = np.where((counted == 1) & (behind <= n_unfreeze), lr_base, 0.0)
    return dict(zip(names, [*rates, lr_head], strict=True))
