"""Prefect flows and the command line: the only room where the others meet. Thin: a flow reads like the sentence that
describes it.

Prefect and Great Expectations report usage to their makers unless told not to. Nothing here calls outside, so that is
switched off before either can be imported.
"""

import os

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
