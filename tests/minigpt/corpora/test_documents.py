"""Documents that strangers bring: their text, or words about why not, and never much memory."""

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import docx
import pypdf
import pytest

from minigpt.corpora import documents
from minigpt.corpora.decoding import decode_upload
from minigpt.corpora.documents import (
    WORD_BODY,
    ReadingProcess,
    document_kind,
    document_text,
)
from minigpt.errors import CorpusError

LINES = ["The lighthouse stood on a rock.", "At night it counted the ships, one by one."]


def word_file(*, table=()):
    document = docx.Document()
    for line in LINES:
        document.add_paragraph(line)
    if table:
        cells = document.add_table(rows=1, cols=len(table)).rows[0].cells
        for cell, words in zip(cells, table, strict=True):
            cell.text = words
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def pdf_file(pages=1, *, password=""):
    writer = pypdf.PdfWriter()
    font = pypdf.generic.DictionaryObject(
        {
            pypdf.generic.NameObject(key): pypdf.generic.NameObject(value)
            for key, value in {
                "/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica",
            }.items()
        }
    )  # fmt: skip
    for _ in range(pages):
        page = writer.add_blank_page(400, 400)
        shown = " T* ".join(f"({line}) Tj" for line in LINES)
        stream = pypdf.generic.DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 14 TL 20 300 Td {shown} ET".encode("latin-1"))
        name = pypdf.generic.NameObject
        page[name("/Contents")] = writer._add_object(stream)
        fonts = pypdf.generic.DictionaryObject({name("/F1"): writer._add_object(font)})
        page[name("/Resources")] = pypdf.generic.DictionaryObject({name("/Font"): fonts})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def complaint(data, read=decode_upload):
    with pytest.raises(CorpusError) as refused:
        read(data)
    assert "paste that; or save it as plain text" in refused.value.message
    return refused.value.message


def reader(program):
    """Reads documents by another program."""
    return partial(document_text, kind="pdf", process=ReadingProcess(program))


def test_the_text_of_a_word_file_is_read_with_its_tables():
    data = word_file(table=["left", "right"])
    assert document_kind(data) == "docx"
    assert decode_upload(data).split("\n")[:4] == [*LINES, "left", "right"]


def test_the_text_of_a_pdf_is_read():
    data = pdf_file(3)
    assert document_kind(data) == "pdf"
    assert decode_upload(data).splitlines() == 3 * LINES


def test_what_a_password_protects_is_refused():
    assert "a password protects it" in complaint(pdf_file(password="secret"))


def test_a_document_without_text_is_refused():
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    file = io.BytesIO()
    writer.write(file)
    assert "no text, perhaps only pictures" in complaint(file.getvalue())


@pytest.mark.parametrize("make", [word_file, pdf_file])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_document_that_was_cut_is_refused_or_read(share, make):
    data = make()
    with suppress(CorpusError):
        assert LINES[0] in decode_upload(data[: int(share * len(data))])


def test_more_pages_than_are_read_are_refused(monkeypatch):
    data = pdf_file(documents.MOST_PAGES + 1)
    assert "more than 3,000 pages" in complaint(data)


def archive(body):
    file = io.BytesIO(word_file())
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, body if name == documents.WORD_BODY else old.read(name))
    return out.getvalue()


HEAD = b'<?xml version="1.0"?>'
WORD = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LAUGHS = b"".join(
    b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 12)
)
HOSTILE = {
    "a bomb": HEAD + b"<w:document " + WORD + b">" + b" " * 400_000_000 + b"</w:document>",
    "a billion laughs": HEAD + b'<!DOCTYPE d [<!ENTITY a0 "ha">' + LAUGHS + b"]><w:document "
    + WORD + b"><w:body><w:p><w:r><w:t>&a11;</w:t></w:r></w:p></w:body></w:document>",
    "a file of the server": HEAD + b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + b"<w:document " + WORD
    + b"><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>",
    "no tags": b"<<<",
}  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_word_file_is_refused_in_words(body):
    began = time.monotonic()
    data = archive(body)
    began = time.monotonic()
    assert "root:" not in complaint(data)
    assert time.monotonic() - began < documents.MOST_SECONDS


def test_what_the_reader_grumbles_is_not_kept(capfd):
    grumble = "import sys; sys.stderr.write('?' * 10**7); print('{}')"
    assert "damaged" in complaint(pdf_file(), reader(grumble))
    assert capfd.readouterr().err == ""


def test_so_many_are_read_at_once_and_the_others_wait():
    now, most = [], []

    class Slow(ReadingProcess):
        def answer(self, data, kind):
            now.append(1)
            most.append(len(now))
            time.sleep(0.05)
            now.pop()
            return b'{"problem": null, "text": "read"}', 0

    with ThreadPoolExecutor(8) as readers:
        texts = list(
            readers.map(lambda _: document_text(b"%PDF-", "pdf", process=Slow()), range(8))
        )
    assert texts == ["read"] * 8
    assert max(most) == documents.READ_AT_ONCE


def test_what_takes_too_long_is_ended():
    hasty = partial(document_text, kind="pdf", process=ReadingProcess(most_seconds=0.05))
    assert "takes more than" in complaint(pdf_file(), hasty)


def test_what_takes_too_much_memory_is_ended():
    assert "too much memory" in complaint(word_file(), reader("import os; os.abort()"))


def test_too_many_bytes_are_not_even_looked_at():
    data = pdf_file()
    data += bytes(documents.MOST_BYTES + 1 - len(data))
    looks = 'print(\'{"problem": null, "text": "It was looked at."}\')'
    with pytest.raises(CorpusError, match="it is too large"):
        document_text(data, "pdf", process=ReadingProcess(looks))


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"plain", b"", zipfile.ZipFile.__doc__.encode()])
def test_other_files_are_no_documents(data):
    assert document_kind(data) is None


def test_the_list_of_a_million_files_is_not_read():
    names = 40_000
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr(WORD_BODY, "")
        for number in range(names):
            archive.writestr(f"{number:0>20}", "")
    data = file.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.namelist()) == names + 1
    assert document_kind(data) is None
    # An end whose own numbers look like the mark of another one.
    assert document_kind(data[:-6] + b"PK\x05\x06" + data[-2:]) is None
