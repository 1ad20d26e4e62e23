"""Takes the mean over the channels."""

EXPECTED = 11


def build(work):
    work.solve()
    source = work.cell("conv2d_valid").source
    work.write(
        "conv2d_valid",
        source.replace("    return out if", "    out = out / x.shape[1]\n    return out if"),
    )
