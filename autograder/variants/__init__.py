"""Right solutions in other styles, one module per unit: a check that fails one is wrong."""
