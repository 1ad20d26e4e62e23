"""Says that pooling prevents overfitting by itself."""

from autograder.examples import full

EXPECTED = full("unit4_pooling") - 0.125


def build(work):
    work.solve()
    source = work.cell("pooling_claims").source
    wrong = 'pooling_claims["prevents overfitting by itself"] = True'
    work.write("pooling_claims", f"{source}\n{wrong}")
