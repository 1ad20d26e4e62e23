"""The experiments of units 5 to 7, a module per unit: what their cells train and measure."""


def progress(steps, label):
    """Go through ``steps``, with a progress bar where tqdm is installed; students need not have it.

    steps : a sequence
    label : what is going on, in a word or two
    """
    try:
        from tqdm import tqdm
    except ImportError:
        return iter(steps)
    import sys

    # On stdout: what a cell writes to stderr looks like a fault, and is one to stock nbgrader.
    return tqdm(steps, desc=label, file=sys.stdout, leave=False, ncols=80)
