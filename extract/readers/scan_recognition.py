"""The two networks that ship inside the rapidocr wheel, run by onnxruntime: where lines of text stand, what a line reads.

Nothing is ever downloaded: the model files must be there. Own decoding instead of the wheel's, because the probability and
the place of every single character are needed to know which amounts are doubtful.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from extract.readers.scan_picture import Grey

Floats = npt.NDArray[np.float32]

DETECTION: Final = "PP-OCRv6_det_small.onnx"
RECOGNITION: Final = "PP-OCRv6_rec_small.onnx"
THREADS: Final = "YUSUAN_OCR_THREADS"
"""Variable: threads of one network, by default one. Documents are read side by side in processes, which gains more."""
PROVIDERS: Final = "YUSUAN_OCR_PROVIDERS"
"""Variable: onnxruntime's providers in order, such as CUDAExecutionProvider,CPUExecutionProvider. Default: the processor."""
LINE_HEIGHT: Final = 48
"""Pixels to which a line is scaled before it is read: fixed by the network."""
STEP: Final = 8
"""Pixels of a scaled line for one step of the network."""
MAX_LINE_WIDTH: Final = 2400
MAX_DETECTION_PIXELS: Final = 3_600_000
BATCH_PIXELS: Final = 4800
"""Total width of the lines read at once: bounds the memory of the answer (18,710 characters a step)."""

AMOUNT_CHARACTERS: Final = "0123456789.,-"


class ModelMissingError(RuntimeError):
    """The recognition networks are not installed."""


def _model(name: str) -> Path:
    found = importlib.util.find_spec("rapidocr")
    if found is None or found.origin is None:
        raise ModelMissingError(
            "scans need the wheel rapidocr (models inside): pip install 'rapidocr==3.10.*' onnxruntime"
        )
    path = Path(found.origin).parent / "models" / name
    if not path.is_file():
        raise ModelMissingError(f"{path.name} is not in the installed rapidocr wheel; version 3.10 ships it")
    return path


@cache
def _session(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.inter_op_num_threads = 1
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # a waiting thread leaves its core to others
    options.enable_cpu_mem_arena = False  # the arena keeps the largest page's memory for ever
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(_model(name)), options, providers=providers())


def threads() -> int:
    """Threads of one network. Raises ValueError for a setting that is no number from 1 to 64."""
    said = os.environ.get(THREADS, "1")
    if not said.isdecimal() or not 1 <= int(said) <= 64:
        raise ValueError(f"{THREADS}={said}: a number from 1 to 64")
    return int(said)


def providers() -> list[str]:
    """What runs the networks. Raises ValueError for a provider that the installed onnxruntime does not have."""
    wanted = [one.strip() for one in os.environ.get(PROVIDERS, "CPUExecutionProvider").split(",") if one.strip()]
    here = onnxruntime.get_available_providers()
    missing = [one for one in wanted if one not in here]
    if missing or not wanted:
        raise ValueError(
            f"{PROVIDERS}={','.join(wanted)}: onnxruntime has {', '.join(here)} here, not {', '.join(missing)}"
        )
    return wanted


@cache
def _characters() -> tuple[str, ...]:
    """Character of each class; class 0 is the pause between characters, the last one a blank."""
    listed = _session(RECOGNITION).get_modelmeta().custom_metadata_map["character"].splitlines()
    return ("", *listed, " ")


@cache
def _amount_classes() -> tuple[npt.NDArray[np.intp], str]:
    place = {character: i for i, character in enumerate(_characters())}
    return np.array([0, *(place[c] for c in AMOUNT_CHARACTERS)], np.intp), AMOUNT_CHARACTERS


@dataclass(frozen=True, slots=True)
class Reading:
    """A line as read: `text`, the probability of each character and its middle as a share of the line's width (0 to 1).

    `amount` and `amount_sure` are the best reading by digits, point, comma and minus alone and its weakest character.
    """

    text: str
    sure: tuple[float, ...]
    at: tuple[float, ...]
    amount: str = ""
    amount_sure: float = 0.0

    @property
    def weakest(self) -> float:
        return min(self.sure, default=0.0)


def find_lines(grey: Grey) -> list[tuple[int, int, int, int]]:
    """Boxes x0, top, x1, bottom in pixels around lines of text of a straightened page, top to bottom."""
    rows, columns = grey.shape
    shrink = min(1.0, (MAX_DETECTION_PIXELS / (rows * columns)) ** 0.5)
    height, width = (max(32, round(side * shrink / 32) * 32) for side in (rows, columns))
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA if shrink < 1 else cv2.INTER_LINEAR)
    plane = small.astype(np.float32) / 127.5 - 1.0
    fed = np.repeat(plane[None, None], 3, axis=1)
    (answer,) = cast(Any, _session(DETECTION).run(None, {"x": fed}))
    chance = answer[0, 0]
    mask = (chance > 0.3).astype(np.uint8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = []
    for i in range(1, count):
        x, y, wide, tall, area = (int(v) for v in stats[i])
        if min(wide, tall) < 3:
            continue
        part = np.s_[y : y + tall, x : x + wide]
        if float(chance[part][label[part] == i].mean()) < 0.45:
            continue
        # the network marks the kernel of a line, shrunk by a share of its area over its outline
        grow = area * 1.5 / (2.0 * (wide + tall))
        x0, x1 = (x - grow) * columns / width, (x + wide + grow) * columns / width
        top, bottom = (y - grow) * rows / height, (y + tall + grow) * rows / height
        boxes.append((max(0, round(x0)), max(0, round(top)), min(columns, round(x1)), min(rows, round(bottom))))
    return sorted(boxes, key=lambda b: (b[1], b[0]))


def read_lines(crops: Sequence[Grey]) -> list[Reading]:
    """Each crop (one line of text, left to right) as read. Deterministic: batches depend on the crops alone."""
    scaled = [_scaled(crop) for crop in crops]
    order = sorted(range(len(scaled)), key=lambda i: (scaled[i].shape[1], i))
    out: list[Reading] = [Reading("", (), ())] * len(scaled)
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and stop - start < 16:
            widest = _fed_width(scaled[order[stop]].shape[1])
            if (
                widest * (stop - start + 1) > BATCH_PIXELS
                or widest > 1.25 * _fed_width(scaled[order[start]].shape[1]) + 40
            ):
                break
            stop += 1
        batch = order[start:stop]
        width = _fed_width(scaled[batch[-1]].shape[1])
        fed = np.zeros((len(batch), 3, LINE_HEIGHT, width), np.float32)
        for row, i in enumerate(batch):
            fed[row, :, :, : scaled[i].shape[1]] = scaled[i]
        (answer,) = cast(Any, _session(RECOGNITION).run(None, {"x": fed}))
        for row, i in enumerate(batch):
            out[i] = _decoded(answer[row], scaled[i].shape[1])
        start = stop
    return out


def _fed_width(width: int) -> int:
    return max(160, -(-width // STEP) * STEP)


def _scaled(crop: Grey) -> Floats:
    rows, columns = crop.shape
    width = min(MAX_LINE_WIDTH, max(STEP, round(columns * LINE_HEIGHT / max(1, rows))))
    way = cv2.INTER_AREA if rows > 1.5 * LINE_HEIGHT else cv2.INTER_CUBIC
    line = cv2.resize(crop, (width, LINE_HEIGHT), interpolation=way)
    return cast(Floats, line.astype(np.float32) / 127.5 - 1.0)


def _decoded(chance: Floats, width: int) -> Reading:
    best = chance.argmax(axis=1)
    known = _characters()
    text, sure, at = _runs(best, chance[np.arange(len(best)), best], width)
    classes, characters = _amount_classes()
    part = chance[:, classes]
    digits = part.argmax(axis=1)
    amount, amount_sure, _ = _runs(digits, part[np.arange(len(digits)), digits], width)
    return Reading(
        "".join(known[k] for k in text), tuple(sure), tuple(at),
        "".join(characters[k - 1] for k in amount), min(amount_sure, default=0.0),
    )  # fmt: skip


def _runs(best: npt.NDArray[np.intp], chance: Floats, width: int) -> tuple[list[int], list[float], list[float]]:
    """Steps of one character in a row → that character once, its best probability and its middle."""
    edges = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1], [True])))
    found, sure, at = [], [], []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if best[start] == 0:
            continue
        found.append(int(best[start]))
        sure.append(round(float(chance[start:stop].max()), 4))
        at.append(min(1.0, (start + stop) / 2 * STEP / width))
    return found, sure, at
