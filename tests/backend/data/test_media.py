import random
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from backend.data.media import (
    STORED_SIDE,
    THUMBNAIL_SIDE,
    decode_picture,
    picture_path,
    store_picture,
    thumbnail_path,
)
from backend.errors import InvalidInput


def _bytes(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def _gradient(width: int, height: int) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_large_pictures_get_small_and_a_thumbnail(tmp_path: Path, kind: str) -> None:
    digest = store_picture(_bytes(_gradient(1500, 3000), kind), tmp_path)
    with Image.open(picture_path(tmp_path, digest)) as stored:
        assert (stored.format, stored.mode, stored.size) == ("JPEG", "RGB", (256, STORED_SIDE))
    with Image.open(thumbnail_path(tmp_path, digest)) as small:
        assert small.size == (120, THUMBNAIL_SIDE)


def test_small_pictures_need_no_thumbnail(tmp_path: Path) -> None:
    digest = store_picture(_bytes(_gradient(100, THUMBNAIL_SIDE), "PNG"), tmp_path)
    assert picture_path(tmp_path, digest).exists()
    assert not thumbnail_path(tmp_path, digest).exists()
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [f"{digest}.jpg"]


def test_orientation_is_applied_and_metadata_dropped(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010E] = "GPS-SECRET"
    content = _bytes(_gradient(60, 30), "JPEG", exif=exif, comment=b"COMMENT-SECRET")
    assert b"SECRET" in content
    digest = store_picture(content, tmp_path)
    stored = picture_path(tmp_path, digest).read_bytes()
    assert b"SECRET" not in stored
    with Image.open(BytesIO(stored)) as picture:
        assert picture.size == (30, 60)
        assert not picture.getexif()


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert decode_picture(_bytes(clear, "PNG")).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "I;16", "CMYK"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert decode_picture(_bytes(Image.new(mode, (9, 9)), kind)).mode == "RGB"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(InvalidInput, match="JPEG, PNG or WebP"):
        decode_picture(_bytes(_gradient(9, 9), kind))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_bomb_is_refused_by_its_header() -> None:
    bomb = _bytes(Image.new("1", (12_000, 12_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(InvalidInput, match="144 megapixels"):
        decode_picture(bomb)
    worse = _bytes(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(InvalidInput):
        decode_picture(worse)


@pytest.mark.parametrize("content", [b"", b"x", b"<svg/>", b"\xff\xd8\xff\xe0" + bytes(50)])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_picture(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_mutated_files_give_a_picture_or_a_reason(kind: str) -> None:
    chance = random.Random(7)
    whole = _bytes(_gradient(48, 48), kind)
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        try:
            assert decode_picture(bytes(content)).mode == "RGB"
        except InvalidInput:
            refused += 1
    assert refused > 20
