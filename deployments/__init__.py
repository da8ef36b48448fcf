"""How yusuan is deployed: prefect.yaml and service files. Nothing here is imported by the rooms but as a data folder."""
