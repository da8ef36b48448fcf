"""Programs that measure: accuracy, planted faults, speed. Not in the wheel; run from a checkout with `python -m measure.<name>`."""
