"""Modules whose libraries may be missing are not looked into for examples."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["constrainet/pytorch"]
