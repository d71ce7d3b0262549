"""The comparisons; each gives a section of the results."""
