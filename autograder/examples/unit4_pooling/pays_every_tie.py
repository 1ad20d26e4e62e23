"""Gives the whole gradient to every pixel that is as large as the maximum."""

from autograder.examples import full

EXPECTED = full("unit4_pooling") - 0.75

CODE = """
def maxpool_backward(grad, x, kernel, stride):
    kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
    sh, sw = (stride, stride) if isinstance(stride, int) else stride
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    dx = np.zeros(x.shape)
    for i in range(rows):
        for j in range(columns):
            place = np.s_[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
            largest = x[place].max(axis=(2, 3), keepdims=True)
            dx[place] += (x[place] == largest) * grad[:, :, i, j, None, None]
    return dx
"""


def build(work):
    work.solve()
    work.write("maxpool_backward", CODE)
