"""The content: a package for each unit, with its reference, checks, misconceptions and variants."""
