"""The way of documents from the archive to the warehouse: reading in workers, proof, second readings, the recipe."""
