"""Adds the bias once for every channel."""

EXPECTED = 13.75


def build(work):
    work.solve()
    source = work.cell("conv2d_valid").source
    work.write("conv2d_valid", source.replace("out + np.asarray", "out + x.shape[1] * np.asarray"))
