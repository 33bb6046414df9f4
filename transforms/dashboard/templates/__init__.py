"""A package only so that setuptools installs the templates beside it."""
