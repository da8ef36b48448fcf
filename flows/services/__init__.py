"""Services that a command starts: Prefect server and worker, the sample portal."""
