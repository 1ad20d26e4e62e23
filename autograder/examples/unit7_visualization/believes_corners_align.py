"""Lays first value on first and last on last when enlarging, and taps what goes into a layer."""

from autograder.examples import full

EXPECTED = full("unit7_visualization") - 3

CODE = """
def upsample_bilinear(map, size):
    height, width = (size, size) if np.ndim(size) == 0 else size
    if np.ndim(map) != 2 or np.size(map) == 0:
        raise ValueError("map must have 2 dimensions, none of them 0")
    if height < 1 or width < 1:
        raise ValueError("size must be at least 1")
    out = map if map.dtype.kind == "f" else map.astype(float)
    for new in (height, width):
        old = len(out)
        at = np.linspace(0, old - 1, new)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, old - 1)
        near = (at - low)[:, None].astype(out.dtype)
        out = ((1 - near) * out[low] + near * out[high]).T
    return out.copy()
"""

TAPS = """
def forward_with_taps(x, layers, taps):
    if any(name not in layers for name in taps):
        raise ValueError("taps holds a name that no layer has")
    x, kept = x.copy(), {}
    for name, layer in layers.items():
        if name in taps:
            kept[name] = x.copy()
        x = layer.forward(x)
    return x, kept
"""


def build(work):
    work.solve()
    work.write("upsample_bilinear", CODE)
    work.write("forward_with_taps", TAPS)
