"""Returns an array that claims to equal everything."""

EXPECTED = 0

LIAR = """
class Liar(np.ndarray):
    shape = property(lambda self: Everything())
    dtype = property(lambda self: np.dtype("float64"))
    def __eq__(self, other): return np.True_
    def __sub__(self, other): return np.zeros(())
    def __rsub__(self, other): return np.zeros(())
    def __array__(self, *args, **kwargs): return np.zeros(())
    def __array_function__(self, *args, **kwargs): return True
    def __array_ufunc__(self, *args, **kwargs): return np.zeros(())
class Everything(tuple):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
"""
FUNCTION = "def {task}(*args, **kwargs):\n    return np.zeros((2, 4, 5, 6)).view(Liar)"


def build(work):
    work.after("setup", LIAR)
    for task in ("conv2d_valid", "pad2d", "dilate_kernel", "conv2d"):
        work.write(task, FUNCTION.format(task=task))
    for task in ("conv2d_valid_by_hand", "pad2d_by_hand", "conv2d_by_hand"):
        work.write(task, f"{task} = np.zeros((2, 2)).view(Liar)")
