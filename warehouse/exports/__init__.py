"""The warehouse in open formats, complete or in part, with a manifest that says what was written and proves it.

`chosen` says which rows, `writing` puts them into files of one format each, `export` does both in one picture of the warehouse.
"""

from warehouse.exports.chosen import Chosen, NothingChosenError
from warehouse.exports.export import ExportError, Manifest, export
from warehouse.exports.writing import FORMATS

__all__ = ["FORMATS", "Chosen", "ExportError", "Manifest", "NothingChosenError", "export"]
