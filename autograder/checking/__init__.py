"""How an answer is checked: the words of a check, the judge, the comparison, the diagnosis."""
