"""Pictures from strangers: checked before decoding, stored clean under their content hash."""

import hashlib
import os
import struct
import uuid
import zlib
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from backend.errors import InvalidInput

PICTURE_FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_PIXELS: Final = 40_000_000
MAX_BYTES: Final = 40 << 20
STORED_SIDE: Final = 512
THUMBNAIL_SIDE: Final = 240
_QUALITY: Final = 90
_DECODER_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    AttributeError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""Whatever Pillow's decoders are known to raise on hostile bytes."""


def decode_picture(content: bytes) -> Image.Image:
    """An upright RGB picture without metadata, longest side at most 512 px.

    Transparency is laid on white. Raises InvalidInput with the reason for anything that is not a
    JPEG, PNG or WebP of at most 40 megapixels; pixels are decoded only after that check.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"The picture is larger than {MAX_BYTES >> 20} MiB.")
    try:
        with Image.open(BytesIO(content), formats=PICTURE_FORMATS) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise InvalidInput(
                    f"The picture has {width * height / 1e6:.0f} megapixels; at most "
                    f"{MAX_PIXELS // 1_000_000} are allowed."
                )
            # a JPEG decodes at a half, quarter or eighth of its size in a fraction of the time
            opened.draft("RGB", (2 * STORED_SIDE, 2 * STORED_SIDE))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((STORED_SIDE, STORED_SIDE), Image.Resampling.LANCZOS)
            return _opaque(upright)
    except UnidentifiedImageError:
        raise InvalidInput("The file is not a JPEG, PNG or WebP picture.") from None
    except _DECODER_ERRORS as error:
        raise InvalidInput(f"The picture is damaged ({str(error)[:80]}).") from error


def store_picture(content: bytes, root: Path) -> str:
    """Decode, clean and keep a picture and its thumbnail below `root`; its SHA-256.

    Raises InvalidInput as `decode_picture` does.
    """
    picture = decode_picture(content)
    clean = jpeg_bytes(picture)
    digest = hashlib.sha256(clean).hexdigest()
    _write(picture_path(root, digest), clean)
    if max(picture.size) > THUMBNAIL_SIDE:
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
        _write(thumbnail_path(root, digest), jpeg_bytes(picture))
    return digest


def jpeg_bytes(picture: Image.Image) -> bytes:
    """How pictures are stored: JPEG of quality 90 without any metadata."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def picture_path(root: Path, digest: str) -> Path:
    """Where the picture of that SHA-256 is kept."""
    return root / "media" / digest[:2] / f"{digest}.jpg"


def thumbnail_path(root: Path, digest: str) -> Path:
    """Where its thumbnail is kept, unless the picture itself is small enough."""
    return root / "thumbs" / digest[:2] / f"{digest}.jpg"


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        picture = Image.alpha_composite(white, layered)
    plain = picture.convert("RGB")
    plain.info = {}  # JPEG comments and profiles would be written back
    return plain


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid.uuid4().hex}")
    part.write_bytes(content)
    os.replace(part, path)
