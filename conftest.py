"""What belongs to this checkout alone: the plugin, where the package is run without being installed."""

from importlib.metadata import entry_points

if not any(entry.name == "conformance" for entry in entry_points(group="pytest11")):
    pytest_plugins = ["conformance.plugin"]
