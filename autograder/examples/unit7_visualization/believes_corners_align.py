"""Lays first value on first and last on last when enlarging, and taps what goes into a layer."""

from autograder.examples import full

EXPECTED = full("unit7_visualization") - 3.125

CODE = """
def upsample_bilinear(map, size):
    map = given.floats("map: h w", map)
    for new in given.pair("size", size, least=1):
        old = len(map)
        at = np.linspace(0, old - 1, new)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, old - 1)
        near = (at - low)[:, None]
        map = ((1 - near) * map[low] + near * map[high]).T
    return map
"""

TAPS = """
def forward_with_taps(x, layers, taps):
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
