"""Files as people really send them."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quen.connectors.sources.files.reading import MAX_CELL, Format, Record, Row, Rows, sniff
from quen.errors import InvalidInput

HEADER = "Mã đơn;Khách hàng;Ghi chú\n"


def written(folder: Path, content: str | bytes, name: str = "f.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(path: Path) -> tuple[Format, list[Row]]:
    found = sniff(path)
    with Rows(path, found) as rows:
        return found, list(rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(tmp_path: Path, encoding: str, sign: str) -> None:
    text = "Mã đơn;Khách hàng;Ghi chú\n1;Trần Thị Hòa;a\n2;Đỗ Văn Ước;b\n".replace(";", sign)
    found, rows = read(written(tmp_path, text, encoding=encoding))
    assert (found.delimiter, found.columns) == (sign, ("Mã đơn", "Khách hàng", "Ghi chú"))
    assert [row.values for row in rows] == [["1", "Trần Thị Hòa", "a"], ["2", "Đỗ Văn Ước", "b"]]
    assert [row.line for row in rows] == [2, 3]


def test_a_delimiter_within_cells_does_not_mislead(tmp_path: Path) -> None:
    found, rows = read(written(tmp_path, 'ma;ten;gia\n1;"Trà, sen";"1,5"\n2;"Cà phê, sữa";"2,5"\n'))
    assert found.delimiter == ";"
    assert rows[0].values == ["1", "Trà, sen", "1,5"]


def test_old_vietnamese_windows_encoding(tmp_path: Path) -> None:
    # Windows-1258 has no letter ầ: it writes â and then the tone mark.
    text = "ma;ten\n1;Trâ\u0300n Thi\u0323 Ho\u0300a\n2;Nguyê\u0303n Va\u0306n\n"
    found, rows = read(written(tmp_path, text.replace("a\u0306", "ă"), encoding="cp1258"))
    assert found.encoding == "cp1258"
    assert rows[0].values == ["1", "Trâ\u0300n Thi\u0323 Ho\u0300a"]


def test_a_western_file_with_an_accent_here_and_there(tmp_path: Path) -> None:
    found, rows = read(written(tmp_path, "id,name\n" + "1,plain text row\n" * 20 + "2,Café £5\n", encoding="cp1252"))
    assert found.encoding == "cp1252"
    assert rows[-1].values == ["2", "Café £5"]


def test_an_encoding_that_cannot_be_told_is_refused_with_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"ma;ten\n1;a\n2;\x81\x8d\x8f\x90\x9d\xff\xfe\xb5\xb6\n")
    with pytest.raises(InvalidInput, match=r"line 3.*--encoding"):
        sniff(path)
    assert sniff(path, encoding="cp437").encoding == "cp437"


def test_a_spreadsheet_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="save it as CSV"):
        sniff(written(tmp_path, b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff\xfe\xfa", "don hang.xlsx"))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"   \r\n"])
def test_empty_files(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        sniff(written(tmp_path, content))


def test_no_header(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="first row must name the columns"):
        sniff(written(tmp_path, "1;2;3\n4;5;6\n"))


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no file"):
        sniff(tmp_path / "nothing.csv")
    with pytest.raises(InvalidInput, match="folder"):
        sniff(tmp_path)


def test_line_breaks_within_cells_keep_the_line_numbers(tmp_path: Path) -> None:
    _, rows = read(written(tmp_path, HEADER + '1;a;"hai\ndòng"\n2;b;c\n'))
    assert [(row.line, row.values) for row in rows] == [(2, ["1", "a", "hai\ndòng"]), (4, ["2", "b", "c"])]


def test_rows_of_another_width_are_named(tmp_path: Path) -> None:
    _, rows = read(written(tmp_path, HEADER + "1;a;x\n1;a\n1;a;b;c\n1;a;b;;\n;;\n\n"))
    assert [row.problem for row in rows] == [
        "",
        "has 2 cells where the header has 3 columns",
        "has 4 cells where the header has 3 columns",
        "",
    ]


def test_an_unclosed_quote_costs_its_row_not_the_file(tmp_path: Path) -> None:
    filler = "1;a;b\n" * (MAX_CELL // 6 + 10)
    _, rows = read(written(tmp_path, HEADER + '0;"never closed;b\n' + filler))
    assert "quote" in rows[0].problem
    assert len(rows) > 1
    assert rows[-1].values == ["1", "a", "b"]


def test_bytes_that_are_not_utf8_cost_one_row(tmp_path: Path) -> None:
    content = HEADER.encode() + b"1;a;b\n" * 60_000 + b"2;\xff\xfe;b\n" + b"3;a;b\n"
    _, rows = read(written(tmp_path, content))
    assert [row.line for row in rows if row.problem] == [60_002]
    assert "not utf-8" in rows[60_000].problem


def test_gzip_and_a_cut_off_gzip(tmp_path: Path) -> None:
    packed = gzip.compress((HEADER + "".join(f"{n};khách {n * 7919 % 1000};x\n" for n in range(5000))).encode())
    found, rows = read(written(tmp_path, packed, "f.csv.gz"))
    assert found.gzipped
    assert len(rows) == 5000
    with pytest.raises(InvalidInput, match="damaged"):
        read(written(tmp_path, packed[:-2000], "cut.csv.gz"))


def test_json_lines(tmp_path: Path) -> None:
    text = '{"id": 1, "customer": {"email": "a@b.vn"}}\nnot json\n[1]\n\n{"id": 2, "extra": [1]}\n'
    found, rows = read(written(tmp_path, text, "f.jsonl"))
    assert found.shape == "jsonl"
    assert found.columns == ("id", "customer.email", "extra")
    assert [bool(row.problem) for row in rows] == [False, True, True, False]
    first = rows[0].values
    assert isinstance(first, Record)
    assert first["customer.email"] == "a@b.vn"
    assert first["never"] is None


def test_columns_without_or_with_the_same_name(tmp_path: Path) -> None:
    assert sniff(written(tmp_path, "ma,ten,,ten,\n1,2,3,4,\n")).columns == ("ma", "ten", "column 3", "ten (2)")


@given(st.binary(max_size=400))
@example(content=b"\xff\xfe\x01")  # half a character of UTF-16
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.mktemp("any"), content)
    with contextlib.suppress(InvalidInput):
        read(path)
