"""Of which kind the errors are: which classes are taken for which, how far numbers are off, and the worst of them."""
