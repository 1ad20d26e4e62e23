"""Says that each network is tested on pictures that are changed at random for it alone."""

from autograder.examples import full

EXPECTED = full("unit5_transfer") - 0.25


def build(work):
    work.solve()
    source = work.cell("augmentation_claims").source
    claim = "to compare networks, each gets test pictures changed at random for it alone"
    work.write("augmentation_claims", f"{source}\naugmentation_claims[{claim!r}] = True")
