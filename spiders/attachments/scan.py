"""Recognize the text of scans with tesseract, and render pages of PDF files with pdftoppm.

Both programs inherit the memory limit of the process that starts them.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from spiders.attachments.limits import MAX_SCAN_SECONDS, MAX_SCANNED_PAGES, CutShort

RENDERED_PIXELS: Final = 3_500
"""Length in pixels of the longer side of a rendered page (A4 at 300 dots per inch)."""

PROGRAMS: Final = ("tesseract", "pdftoppm")

PAGE_END: Final = "\f"
"""Character that tesseract prints after each page."""

MODELS: Final = {
    "af": "afr", "ar": "ara", "az": "aze", "be": "bel", "bg": "bul", "bn": "ben", "bs": "bos",
    "ca": "cat", "cs": "ces", "cy": "cym", "da": "dan", "de": "deu", "el": "ell", "en": "eng",
    "es": "spa", "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra", "ga": "gle",
    "gl": "glg", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind",
    "is": "isl", "it": "ita", "ja": "jpn", "ka": "kat", "kk": "kaz", "ko": "kor", "ky": "kir",
    "lt": "lit", "lv": "lav", "mk": "mkd", "mn": "mon", "ms": "msa", "mt": "mlt", "ne": "nep",
    "nl": "nld", "no": "nor", "nb": "nor", "nn": "nor", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sk": "slk", "sl": "slv", "sq": "sqi", "sr": "srp", "sv": "swe", "sw": "swa",
    "ta": "tam", "th": "tha", "tr": "tur", "uk": "ukr", "ur": "urd", "uz": "uzb", "vi": "vie",
    "zh": "chi_sim",
}  # fmt: skip
"""Names of tesseract's models by ISO 639-1 language."""


class Scans:
    """Recognizes the scanned pages of one file. Raises CutShort("scan") if a program is missing.

    ``tool`` is the name and version of tesseract, or "" if it has not recognized any text.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        self.tool = ""
        self._languages = languages
        self._left = MAX_SCANNED_PAGES

    def page(self, body: Path, number: int) -> str:
        """Return the text of one page of a PDF file in ``body``."""
        if missing_programs():
            raise CutShort("scan")
        size = ("-scale-to", str(RENDERED_PIXELS))
        one = ("-f", str(number), "-l", str(number))
        image = _output(["pdftoppm", "-gray", "-png", *size, *one, str(body)])
        return "\n".join(self.image(image))

    def image(self, image: bytes) -> Iterator[str]:
        """Yield the text of each page of an image."""
        models = models_of(self._languages)
        if not models:
            raise CutShort("scan")
        self._left -= 1
        if self._left < 0:
            raise CutShort("pages")
        program = ["tesseract", "stdin", "stdout", "-l", "+".join(models)]
        text = _output(program, image).decode("utf-8", "replace")
        if text.strip() and not self.tool:
            version = _output(["tesseract", "--version"]).decode("utf-8", "replace")
            self.tool = version.partition("\n")[0]
        yield from text.removesuffix(PAGE_END).split(PAGE_END)


def missing_programs() -> list[str]:
    """Return the names of the programs for scans that are not installed."""
    return [name for name in PROGRAMS if not shutil.which(name)]


def models_of(languages: Sequence[str]) -> Sequence[str]:
    """Return the installed models for some languages, or the English model if there are none."""
    installed = installed_models()
    wanted = [MODELS.get(one.partition("-")[0].lower(), "") for one in languages]
    return [*dict.fromkeys(one for one in wanted if one in installed)] or (
        ["eng"] if "eng" in installed else []
    )


@cache
def installed_models() -> frozenset[str]:
    """Return the names of tesseract's installed models, or an empty set without tesseract."""
    if not shutil.which("tesseract"):
        return frozenset()
    return frozenset(_output(["tesseract", "--list-langs"]).decode().split())


def _output(command: Sequence[str], body: bytes = b"") -> bytes:
    """Return the output of a program. Raises CutShort if it fails or takes too long."""
    try:
        return subprocess.run(  # noqa: S603 - the arguments are constants and numbers
            command,
            input=body,
            capture_output=True,
            check=True,
            timeout=MAX_SCAN_SECONDS,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        ).stdout
    except subprocess.TimeoutExpired as error:
        raise CutShort("time") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise CutShort("damaged") from error
