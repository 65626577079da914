"""Workbooks are read as what saving their sheet as CSV would give."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from cli.files.table import read_table
from ghosteam.errors import InvalidInput

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_DATE = 1
"""The style of a date among the sheets' styles."""


def _cell(place: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value}</v></c>'
        case ("date", number):
            return f'<c r="{place}" s="{_DATE}"><v>{number}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook with these sheets, as its format has them at least."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
            for number, name in enumerate(sheets, 1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
        )
        places = "".join(
            f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        styles = f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}">{places}{styles}</Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        for number, rows in enumerate(sheets.values(), 1):
            lines = "".join(
                f'<row r="{line}">'
                + "".join(_cell(f"{chr(64 + at)}{line}", one) for at, one in enumerate(row, 1))
                + "</row>"
                for line, row in enumerate(rows, 1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>',
            )
    return path


def test_a_sheet_is_read_with_its_types_as_text(tmp_path: Path) -> None:
    rows = [
        ["Sales of the year"],
        [],
        ["id", "name", "price", "at", "good", None],
        [1, "Zoë <b>", 1.5, ("date", 41275.5), True, None],
        [],
        [2, None, 1e-7, ("date", 41276), False, None],
    ]
    path = workbook(tmp_path / "a.xlsx", notes=[], sales=rows)
    table = read_table(path, tmp_path / "scratch")
    assert table.rows.drop("_extra").columns == ["id", "name", "price", "at", "good"]
    assert table.rows["id"].to_list() == ["1", "2"]
    assert table.rows["name"].to_list() == ["Zoë <b>", ""]
    assert [float(price) for price in table.rows["price"]] == [1.5, 1e-7]
    assert [at[:19] for at in table.rows["at"]] == ["2013-01-01 12:00:00", "2013-01-02 00:00:00"]
    assert [good.lower() for good in table.rows["good"]] == ["true", "false"]
    assert table.landing.told == "its sheet 'sales', as a.csv, without 1 line before the header"


def test_of_several_sheets_with_rows_none_is_guessed(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", one=[["a"], [1]], two=[["a"], [2]])
    with pytest.raises(InvalidInput, match="2 sheets hold rows: one, two"):
        read_table(path, tmp_path)
    with pytest.raises(InvalidInput, match="0 sheets hold rows"):
        read_table(workbook(tmp_path / "b.xlsx", one=[]), tmp_path)


def test_what_is_no_workbook_is_refused_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", one=[["a"], [1]])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InvalidInput, match="workbook cannot be read") as refused:
        read_table(path, tmp_path)
    assert refused.value.where["file"] == "a.xlsx"
    assert refused.value.remedy
