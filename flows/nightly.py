from prefect import flow
@flow
def nightly(portals: list[str] | None = None): return 1
