from prefect import flow
@flow
def rerun(portals: list[str] | None = None): return 1
