"""Tables, columns, plans and encoding: from a file to an array and back."""

import csv
import errno
import json
import os
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glassprop.columns import (
    find_column,
    number_word,
    read_codes,
    read_numbers,
)
from glassprop.encoding import (
    decode_classes,
    encode,
    encode_target,
    write_predictions,
)
from glassprop.errors import (
    ArgumentError,
    DataError,
    GlasspropError,
    ModelFileError,
    ShapeError,
)
from glassprop.plans import Plan, PlanColumn, labelled_rows, make_plan
from glassprop.tables import MISSING, Table, read_table

PENGUINS = Path(__file__).parent.parent / "examples" / "penguins.csv"
HOURS = PlanColumn("hours", "number")


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table_of(text: str | bytes, name: str = "t.csv") -> Table:
    data = text.encode() if isinstance(text, str) else text
    Path(name).write_bytes(data)
    return read_table(name)


def column_of(cells: list[str], name: str = "x") -> Table:
    """A table with a column of cells and, since empty lines do not count, another."""
    return table_of(f"{name},other\n" + "".join(f"{cell},0\n" for cell in cells))


def parquet(query: str, name: str = "t.parquet") -> Table:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"COPY ({query}) TO '{name}' (FORMAT parquet)")
    return read_table(name)


def message(kind: type[GlasspropError], function, *arguments, **options) -> str:
    with pytest.raises(GlasspropError) as caught:
        function(*arguments, **options)
    assert type(caught.value) is kind
    return str(caught.value)


# The example


def test_penguins_are_whole():
    table = read_table(PENGUINS)
    assert {column.name: column.kind for column in table.columns} == {
        "species": "words",
        "island": "words",
        "bill_length_mm": "numbers",
        "bill_depth_mm": "numbers",
        "flipper_length_mm": "integers",
        "body_mass_g": "integers",
        "sex": "words",
        "year": "integers",
    }
    missing = np.array([column.missing for column in table.columns])
    assert missing.shape == (8, 344)
    assert missing.sum(axis=1).tolist() == [0, 0, 2, 2, 2, 2, 11, 0]
    assert np.sum(missing[2:6].all(axis=0)) == 2
    species, counts = np.unique(table.columns[0].values, return_counts=True)
    assert species.tolist() == ["Adelie", "Chinstrap", "Gentoo"]
    assert counts.tolist() == [152, 68, 124]


def test_penguins_are_clean_text():
    text = PENGUINS.read_bytes()
    assert text.endswith(b"2009\n")
    assert b"NA" not in text
    assert b"\r" not in text
    assert b".0," not in text


def test_penguins_become_an_array():
    table = read_table(PENGUINS)
    plan = make_plan(table, "species", drop=["year"])
    assert plan == Plan(
        (
            PlanColumn("island", "words", ("Biscoe", "Dream", "Torgersen")),
            PlanColumn("bill_length_mm", "number"),
            PlanColumn("bill_depth_mm", "number"),
            PlanColumn("flipper_length_mm", "number"),
            PlanColumn("body_mass_g", "number"),
            PlanColumn("sex", "words", ("female", "male")),
        ),
        PlanColumn("species", "words", ("Adelie", "Chinstrap", "Gentoo")),
    )
    x = encode(plan, table)
    assert x.dtype == np.float64
    assert x.shape == (344, 6)
    assert x[0].tolist() == [2, 39.1, 18.7, 181, 3750, 1]
    np.testing.assert_array_equal(x[3], [2] + [np.nan] * 5)
    y = encode_target(plan, table)
    assert y.dtype == np.int64
    assert np.bincount(y).tolist() == [152, 68, 124]


def test_penguins_without_a_sex_teach_nothing_about_it():
    table, count = labelled_rows(read_table(PENGUINS), "sex")
    assert count == 11
    plan = make_plan(read_table(PENGUINS), "sex")
    assert plan == make_plan(table, "sex")
    assert np.bincount(encode_target(plan, table)).tolist() == [165, 168]


# Text files


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "+2", "-3", " 4 "], "integers"),
        (["1", ""], "integers"),
        ([".5", "1.", "-1e-3", "+2E5", "7"], "numbers"),
        (["inf", "-Infinity", "1"], "numbers"),
        (["007", "12"], "words"),
        (["1_000", "2"], "words"),
        (["0x10", "2"], "words"),
        (["1·5", "2"], "words"),
        (["yes", "no"], "words"),
        (["true", "FALSE"], "words"),
        (["None", "1"], "words"),
        (["2020-01-02", "2021-02-03"], "dates"),
        (["2020-01-02 03:04:05", "2021-02-03T03:04:05Z"], "dates"),
        (["12:30", "13:45:10"], "dates"),
        (["2020-01-02", "soon"], "words"),
        (list(MISSING), "integers"),
    ],
)
def test_the_kind_of_a_column_of_text(cells, kind):
    assert column_of(cells).columns[0].kind == kind


@pytest.mark.parametrize("text", MISSING)
@pytest.mark.parametrize("quote", ["", '"'])
def test_missing_texts_are_missing_among_numbers_and_words(text, quote):
    cell = quote + text + quote
    table = table_of(f"a,b\n1,x\n{cell},{cell}\n")
    np.testing.assert_array_equal(table.columns[0].values, [1, np.nan])
    assert table.columns[1].values.tolist() == ["x", ""]
    for column in table.columns:
        assert column.missing.tolist() == [False, True]


def test_words_keep_their_spelling():
    table = column_of(["yes", "No", "TRUE", " padded ", "007", "ünïcode", "#1"])
    assert table.columns[0].values.tolist() == [
        "yes",
        "No",
        "TRUE",
        " padded ",
        "007",
        "ünïcode",
        "#1",
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_first_line_says_what_parts_the_fields(separator):
    lines = [["a", "the b"], ["1", "2"], ["3", "4"]]
    table = table_of("\n".join(separator.join(line) for line in lines))
    assert table.names == ("a", "the b")
    assert [column.values.tolist() for column in table.columns] == [[1, 3], [2, 4]]


def test_a_tsv_file_is_parted_by_tabs_only():
    table = table_of("a,b\tc\nx;y\t1\n", "t.tsv")
    assert table.names == ("a,b", "c")
    assert table.columns[0].values.tolist() == ["x;y"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(line_end):
    table = table_of(line_end.join(["a,b", "1,x", "2,y", ""]))
    assert table.columns[0].values.tolist() == [1, 2]
    assert table.columns[1].values.tolist() == ["x", "y"]


def test_lines_that_end_in_two_ways_are_read_or_refused():
    """DuckDB refuses them from version 2 on."""
    try:
        table = table_of("a,b\n1,x\r\n2,y\n")
    except DataError as error:
        assert str(error) == (
            "'t.csv': expected lines that all end like the first, got a mixture. Save "
            "the table as CSV once more, from one program."
        )
    else:
        assert table.columns[1].values.tolist() == ["x", "y"]


def test_a_first_line_like_the_others_is_still_the_names():
    assert table_of("colour,shape\nred,round\nblue,flat\n").names == ("colour", "shape")
    assert table_of("1,2\n3,4\n").names == ("1", "2")


def test_names_are_trimmed_and_a_nameless_column_gets_one():
    table = table_of('\ufeff, a ,"b,\nc",A\n0,1,2,3\n')
    assert table.names == ("column0", "a", "b,\nc", "A")
    assert [column.values[0] for column in table.columns] == [0, 1, 2, 3]


def test_empty_lines_are_passed_over_but_empty_cells_are_rows():
    assert len(table_of("a,b\n1,2\n\n,\n3,4\n").row_numbers) == 3
    table = table_of("a\n1\n\n3\n")
    assert table.columns[0].missing.tolist() == [False, True, False]


def test_a_word_far_down_is_seen():
    table = table_of("a,b\n" + "1,2\n" * 30_000 + "1,x\n")
    assert [column.kind for column in table.columns] == ["integers", "words"]


@pytest.mark.parametrize(
    "name",
    ["it's.csv", 'say "so".csv', "a[1].csv", "q?.csv", "s*.csv", "ünï cöde.CSV"],
)
def test_a_file_name_is_taken_literally(name):
    if os.name == "nt" and set(name) & set('?*"'):
        pytest.skip("no such names on Windows")
    for decoy in ("a1.csv", "qq.csv", "ss.csv"):
        Path(decoy).write_text("a\n8\n9\n")
    table = table_of("a\n7\n", name)
    assert table.columns[0].values.tolist() == [7]
    assert table.source == repr(name)


def test_a_directory_like_key_equals_value_adds_no_column():
    Path("year=2020").mkdir()
    assert table_of("a\n7\n", "year=2020/t.csv").names == ("a",)
    assert parquet("SELECT 7 AS a", "year=2020/t.parquet").names == ("a",)


def test_duckdb_may_not_fetch_extensions(monkeypatch):
    seen = []
    connect = duckdb.connect

    def spy(*arguments, **options):
        connection = connect(*arguments, **options)
        for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
            seen.extend(
                connection.execute(f"SELECT current_setting('{setting}')").fetchone()
            )
        return connection

    monkeypatch.setattr(duckdb, "connect", spy)
    table_of("a\n1\n")
    assert seen == [False, False]


@pytest.mark.no_cover
@settings(deadline=None, max_examples=60)
@given(
    cells=st.lists(
        st.text(max_size=8).filter(lambda cell: cell not in MISSING), max_size=6
    ),
    name=st.text(min_size=1, max_size=8),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    separator=st.sampled_from([",", ";", "\t", "|"]),
)
@example(['"', "'", "\\", "a,b", "a;b", "x\ny", "x\r\ny", "\r", "#"], "n", "\n", ",")
@example([], "\n", "\r\n", ",")
@example([], "\r\n", "\n", ",")
@example([], "\r\n", "\r", ",")
def test_any_word_is_read_as_it_was_written(cells, name, line_end, separator):
    words = ["word", *cells]
    with open("t.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(
            file, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL
        )
        writer.writerow([f"x{name}x", "p", "q", "r", "s", "t", "u", "v", "w"])
        writer.writerows([word, *"12345678"] for word in words)
    column = read_table("t.csv").columns[0]
    assert column.name == f"x{name}x"
    assert column.kind == "words"
    assert column.values.tolist() == words
    assert not column.missing.any()


@pytest.mark.no_cover
@settings(deadline=None, max_examples=60)
@given(st.lists(st.none() | st.floats(allow_nan=False), min_size=1, max_size=8))
@example([5e-324, -1.7976931348623157e308, 0.1, 9007199254740993.0, None])
def test_any_number_is_read_to_the_last_digit(numbers):
    table = column_of(["" if each is None else repr(each) for each in numbers])
    expected = [np.nan if each is None else each for each in numbers]
    np.testing.assert_array_equal(table.columns[0].values, expected)
    assert table.columns[0].missing.tolist() == [each is None for each in numbers]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            "'t.csv': expected the names of the columns in the first line, got an "
            "empty line.",
        ),
        (
            ",\na,b\n1,2\n",
            "'t.csv': expected the names of the columns in the first line, got an "
            "empty line.",
        ),
        (
            "a,b, a\n1,2,3\n",
            "'t.csv': expected a name of its own for each column, got 'a' for column 1 "
            "and column 3. Rename one of them in the first line.",
        ),
        (
            "a,b\n1,2\n3\n",
            "'t.csv', line 3: expected 2 fields, as in the first line, got 1. Mend "
            "that line: a cell that holds a separator stands in quotes, as in "
            '"a,b".',
        ),
        (
            "a,b\n1,2\n3,4,5\n",
            "'t.csv', line 3: expected 2 fields, as in the first line, got 3. Mend "
            "that line: a cell that holds a separator stands in quotes, as in "
            '"a,b".',
        ),
        (
            'a,b\n"x,2\n1,3\n',
            "'t.csv', line 2: expected each quote that opens a cell to be closed "
            "before the next separator, got one that is not. Mend that line.",
        ),
        (
            b"a,b\n\xe9,1\n",
            "'t.csv': expected text in UTF-8, got other bytes. Save the table as CSV "
            "in UTF-8.",
        ),
        (
            "a,b\n1,2\n".encode("utf-16"),
            "'t.csv': expected text in UTF-8, got other bytes. Save the table as CSV "
            "in UTF-8.",
        ),
        (
            "a" * 200_000 + "\n1\n",
            "'t.csv' cannot be read as CSV: field larger than field limit (131072). "
            "Save the table again as CSV or Parquet.",
        ),
    ],
)
def test_a_text_file_that_is_not_a_table(text, expected):
    assert message(DataError, table_of, text) == expected


def test_a_file_that_is_not_there_or_of_an_unknown_kind():
    assert message(DataError, read_table, "no.csv") == (
        "'no.csv': there is no such file. Check the path."
    )
    assert message(DataError, read_table, "https://example.org/t.csv") == (
        f"{Path('https://example.org/t.csv').as_posix()!r}: there is no such file. "
        "Check the path."
    )
    assert message(DataError, table_of, "a\n1\n", "t.xlsx") == (
        "'t.xlsx': expected a file that ends in .csv, .tsv or .parquet, got one that "
        "ends in '.xlsx'. Save the table as CSV."
    )


def test_a_folder_and_a_pipe_are_no_tables():
    Path("t.csv").mkdir()
    assert message(DataError, read_table, "t.csv") == (
        "'t.csv': expected a file, got a folder. Name a file."
    )
    if hasattr(os, "mkfifo"):
        os.mkfifo("p.parquet")
        assert message(DataError, read_table, "p.parquet") == (
            "'p.parquet': expected a file, got a device or a pipe. Name a file."
        )


def test_a_file_that_may_not_be_read(monkeypatch):
    Path("t.csv").write_text("a\n1\n")

    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert message(DataError, read_table, "t.csv") == (
        "'t.csv' cannot be read as CSV: Permission denied. Save the table again as "
        "CSV or Parquet."
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a,b\n1,x\n2,y\n", [2, 3]),
        ("\ufeffa,b\r1,x\r2,y", [2, 3]),
        ('"a\n\nb",c\r\n1,"x\r\ny"\r\n\r\n,\r\n2,"z\r\n"\r\n', [4, 7, 8]),
        ("a\n\nx\n", [2, 3]),
        ('a|b\n"1,\n|2"|x\ny|z\n', [2, 4]),
    ],
)
def test_messages_count_lines_as_the_file_has_them(text, lines):
    table = table_of(text)
    rows = np.eye(len(lines), dtype=bool)
    assert [table.place(row) for row in rows] == [f"line {line}" for line in lines]
    assert table.take(rows[-1]).place(np.array([True])) == f"line {lines[-1]}"


def test_messages_count_rows_where_there_are_no_lines():
    table = parquet("SELECT range AS a FROM range(3)")
    assert table.place(np.array([False, True, True])) == "row 2"
    table = table_of("a\n1\n2\n")
    Path("t.csv").unlink()
    assert table.place(np.array([False, True])) == "row 2"
    Path("t.csv").write_text("a\n")
    assert table.place(np.array([False, True])) == "row 2"


def test_a_table_may_have_no_rows():
    names = ["a,b\n", "a;b\r\n\r\n", "a,b"]
    tables = [*map(table_of, names), parquet("SELECT 1 AS a, 'x' AS b WHERE false")]
    for table in tables:
        assert table.names == ("a", "b")
        assert [column.values.shape for column in table.columns] == [(0,), (0,)]
        assert message(DataError, make_plan, table, "a") == (
            f"{table.source}: expected at least one row of data, got only the names of "
            "the columns."
        )
        plan = make_plan(table_of("a,b,y\n1,u,p\n2,v,q\n", "other.csv"), "y")
        assert encode(plan, table).shape == (0, 2)


# Parquet


def test_parquet_says_its_kinds_itself():
    table = parquet(
        "SELECT * FROM (VALUES "
        "(1::TINYINT, 2::UBIGINT, 1.5::FLOAT, 2.25::DECIMAL(5, 2), true, 'NA', '7', "
        " DATE '2020-01-02', now(), INTERVAL 1 DAY, [1.5::DECIMAL(5, 2)], "
        " {'a': 1}, 'x'::BLOB, uuid()), "
        "(NULL, NULL, 'nan'::FLOAT, NULL, NULL, '', NULL, "
        " NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
        ') AS t(a, b, c, d, e, "the f", g, h, i, j, k, l, m, n)'
    )
    kinds = [column.kind for column in table.columns]
    assert kinds[:7] == [
        *("integers", "integers", "numbers", "numbers", "booleans", "words"),
        "integers",
    ]
    assert kinds[7:10] == ["dates"] * 3
    assert kinds[10:] == ["other"] * 4
    for column in table.columns[:4] + table.columns[6:7]:
        assert column.missing.tolist() == [False, True]
        assert np.isnan(column.values).tolist() == [False, True]
    assert [column.values[0] for column in table.columns[:4]] == [1, 2, 1.5, 2.25]
    assert table.columns[4].values.tolist() == ["true", ""]
    assert table.columns[4].missing.tolist() == [False, True]
    assert table.columns[5].name == "the f"
    assert table.columns[5].values.tolist() == ["NA", ""]
    assert not table.columns[5].missing.any()


def test_parquet_and_csv_give_one_array():
    from_csv = read_table(PENGUINS)
    from_parquet = parquet(
        f"SELECT * FROM read_csv('{PENGUINS.as_posix()}')", "t.PARQUET"
    )
    plan = make_plan(from_csv, "species")
    assert make_plan(from_parquet, "species") == plan
    np.testing.assert_array_equal(encode(plan, from_parquet), encode(plan, from_csv))


def test_a_parquet_file_that_is_not_one():
    assert message(DataError, table_of, "a,b\n1,2\n", "t.parquet") == (
        "'t.parquet' cannot be read as Parquet: File 't.parquet' too small to be a "
        "Parquet file. Save the table again as CSV or Parquet."
    )


@pytest.mark.no_cover
def test_a_damaged_parquet_file_is_refused_or_read_but_never_crashes():
    parquet("SELECT range AS a, 'word' || range AS b FROM range(50)")
    whole = Path("t.parquet").read_bytes()
    refused = 0
    for end in range(0, len(whole), 7):
        try:
            table_of(whole[:end], "t.parquet")
        except DataError:
            refused += 1
    assert refused == len(range(0, len(whole), 7))


# Plans


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        (["a", "b"], "classification"),
        (["yes", "no", "perhaps"], "classification"),
        (["0", "1", "1", "0"], "classification"),
        (["0.0", "1.0", "1.0", "0.0"], "classification"),
        (["1", "2", "3"] * 2, "classification"),
        (["-1", "1"] * 2, "classification"),
        (["0", "255"] * 2, "classification"),
        ([str(digit) for digit in range(10)] * 2, "classification"),
        ([str(count) for count in range(11)] * 2, "regression"),
        (["0", "1", "1"], "regression"),
        (["1", "2", "3", "4", "5"], "regression"),
        (["92", "86", "89"], "regression"),
        (["2007", "2008", "2009"] * 9, "regression"),
        (["3", "4", "5"] * 9, "regression"),
        (["0.5", "1.5"] * 9, "regression"),
    ],
)
def test_the_task_is_found_from_the_target(cells, task):
    table = column_of(cells)
    assert make_plan(table, "x").task == task
    assert make_plan(table, "x", task=task) == make_plan(table, "x")


def test_the_task_may_be_given():
    table = column_of(["10", "9", "8.5", "10"])
    plan = make_plan(table, "x", task="classification")
    assert plan.target == PlanColumn("x", "words", ("8.5", "9", "10"))
    assert encode_target(plan, table).tolist() == [2, 1, 0, 2]
    table = column_of(["0", "1", "1", "0"])
    plan = make_plan(table, "x", task="regression")
    assert plan.target == PlanColumn("x", "number")
    y = encode_target(plan, table)
    assert y.dtype == np.float64
    assert y.tolist() == [[0], [1], [1], [0]]
    table = column_of(["007", "010"])
    plan = make_plan(table, "x", task="regression")
    assert encode_target(plan, table).tolist() == [[7], [10]]


def test_booleans_are_words_also_where_only_one_is_seen():
    table = parquet(
        "SELECT * FROM (VALUES (true, true), (true, false), (NULL, true)) t(a, b)"
    )
    plan = make_plan(table, "b")
    assert plan.features == (PlanColumn("a", "words", ("false", "true")),)
    assert plan.target == PlanColumn("b", "words", ("false", "true"))
    np.testing.assert_array_equal(encode(plan, table), [[1], [1], [np.nan]])
    assert encode_target(plan, table).tolist() == [1, 0, 1]


def test_constant_features_are_kept():
    table = table_of("a,b,y\n1,x,0.5\n1,x,0.7\n")
    assert make_plan(table, "y").features == (
        PlanColumn("a", "number"),
        PlanColumn("b", "words", ("x",)),
    )


def test_rows_without_a_target_are_not_looked_at():
    table = table_of("a,y\nonly here,\nb,1.5\n,2.5\nc,NA\nb,1\n")
    chosen, count = labelled_rows(table, "y")
    assert count == 2
    assert chosen.row_numbers.tolist() == [2, 3, 5]
    plan = make_plan(table, "y")
    assert plan.features == (PlanColumn("a", "words", ("b",)),)
    np.testing.assert_array_equal(encode(plan, chosen), [[0], [np.nan], [0]])
    assert encode_target(plan, chosen).tolist() == [[1.5], [2.5], [1]]
    assert message(DataError, encode, plan, table) == (
        "'t.csv', column 'a', line 2: expected 'b', as in training, got 'only here'. "
        "Mend that cell, or empty it if the value is missing."
    )
    assert message(DataError, encode_target, plan, table) == (
        "'t.csv', column 'y', line 2: expected the value to be predicted, got an empty "
        "cell. Fill it, or leave out the rows without one."
    )


def test_words_that_are_mostly_numbers_are_words_if_they_are_not_few():
    cars = ["2", "3", "4", "5more"] * 5
    table = table_of(
        "x,y\n" + "".join(f"{cell},{i}.5\n" for i, cell in enumerate(cars))
    )
    assert make_plan(table, "y").features[0].words == ("2", "3", "4", "5more")
    one_of_each = table_of("x,y\n1,1.5\nmany,2.5\n")
    assert make_plan(one_of_each, "y").features[0].words == ("1", "many")


@pytest.mark.parametrize(
    ("cells", "line", "word", "count"),
    [
        (["1.5", "", "long", "2"], 4, "long", "2 of its 3"),
        (["1"] * 18 + ["?", "?"], 20, "?", "18 of its 20"),
        ([str(i) for i in range(51)] + ["x"] * 50, 53, "x", "51 of its 101"),
    ],
)
def test_a_word_among_the_numbers_of_training(cells, line, word, count):
    expected = (
        f"'t.csv', column 'x', line {line}: expected a number, as in {count} filled "
        f"cells, got the word {word!r}. Mend that cell, or empty it if the value is "
        "missing."
    )
    lines = "".join(f"{cell},{i}.5\n" for i, cell in enumerate(cells))
    table = table_of(f"x,y\n{lines}")
    assert message(DataError, make_plan, table, "y") == (
        f"{expected} To train without the column: --drop x."
    )
    assert message(DataError, make_plan, table, "x") == expected


@pytest.mark.parametrize(
    ("cells", "line", "cell"),
    [
        (["3,14", "2,5", "3,14", "1"], 2, "3,14"),
        (["1", "", "-0,5", "2e3"], 4, "-0,5"),
        (["1.234,56", "7"], 2, "1.234,56"),
        (["12 345,6"], 2, "12 345,6"),
        (["7.5", ",5"], 3, ",5"),
        (["1,234,567.89", "1,000"], 2, "1,234,567.89"),
        (["1,5", "2,5", "?", "3,5"], 2, "1,5"),
        (["?", *(f"{n},5" for n in range(50))], 3, "0,5"),
    ],
)
def test_a_column_of_numbers_with_commas(cells, line, cell):
    lines = "".join(f"{one};{i}.5\n" for i, one in enumerate(cells))
    expected = (
        f"'t.csv', column 'x', line {line}: expected a number such as 1234.5, with a "
        "point before its decimals and nothing between its thousands, got "
        f"{cell!r}. Save the table with such numbers, or replace the commas in it."
    )
    table = table_of(f"x;y\n{lines}9;8.5\n")
    assert message(DataError, make_plan, table, "y") == (
        f"{expected} To train without the column: --drop x."
    )
    assert message(DataError, make_plan, table, "x") == expected


@pytest.mark.parametrize(
    "cells",
    [["1,2,3", "2,3", "1,2,3,4"], ["1,5", "x"], ["a,1", "b,2"], ["1,", "2,"], [","]],
)
def test_words_with_commas_are_words(cells):
    lines = "".join(f"{one};{i}.5\n" for i, one in enumerate(cells * 2))
    plan = make_plan(table_of(f"x;y\n{lines}"), "y")
    assert plan.features[0].words == tuple(sorted(cells))


def test_numbers_with_commas_may_be_classes():
    table = column_of(['"1,5"', '"2,5"', '"1,5"'])
    plan = make_plan(table, "x", task="classification")
    assert plan.target.words == ("1,5", "2,5")


def test_a_word_among_the_numbers_of_training_may_be_a_class():
    table = column_of(["1", "1", "2", "2", "x"])
    plan = make_plan(table, "x", task="classification")
    assert plan.target.words == ("1", "2", "x")
    assert message(DataError, make_plan, table, "x", task="regression") == (
        "'t.csv', column 'x', line 6: expected a number, for regression, got the word "
        "'x'. Mend that cell, or empty it if the value is missing."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "when,y\n2020-01-02,1.5\n2020-01-03,2.5\n",
            "'t.csv', column 'when': expected numbers, words or booleans, got dates or "
            "times. To train without the column: --drop when.",
        ),
        (
            "the time,y\n12:30,1.5\n,2.5\n",
            "'t.csv', column 'the time': expected numbers, words or booleans, got "
            'dates or times. To train without the column: --drop "the time".',
        ),
        (
            "a,y\n,1.5\nNA,2.5\n",
            "'t.csv', column 'a': expected values to learn from, got an empty column. "
            "To train without the column: --drop a.",
        ),
        (
            "a,y\n" + "".join(f"word {i},{i}.5\n" for i in range(51)),
            "'t.csv', column 'a': expected at most 50 different words, got 51. To "
            "train without the column: --drop a.",
        ),
        (
            "a,y\n1,\n2,\n",
            "'t.csv', column 'y': expected values to learn from, got an empty column. "
            "Choose another target.",
        ),
        (
            "a,y\n1,x\n2,x\n3,\n",
            "'t.csv', column 'y': expected at least two different values to predict, "
            "got 'x' in every row. Choose another target.",
        ),
        (
            "a,y\n1,3\n2,3\n",
            "'t.csv', column 'y': expected at least two different values to predict, "
            "got 3 in every row. Choose another target.",
        ),
        (
            "a,y\n1,2020-01-02\n2,2020-01-03\n",
            "'t.csv', column 'y': expected numbers, words or booleans, got dates or "
            "times. Choose another target.",
        ),
        (
            "a,y\n" + "".join(f"1,word {i}\n" for i in range(51)),
            "'t.csv', column 'y': expected at most 50 different words, got 51. Choose "
            "another target.",
        ),
        (
            "y\n1.5\n2.5\n",
            "'t.csv': expected at least one column beside the target 'y' to learn "
            "from, got none. Drop fewer columns.",
        ),
        (
            "a,Y\n1,2\n2,3\n",
            "'t.csv': expected a column 'y', got 'a', 'Y'.",
        ),
        (
            "a,y\n1,1.5\n2,inf\n",
            "'t.csv', column 'y', line 3: expected a finite number, got inf. Mend that "
            "cell, or empty it if the value is missing.",
        ),
    ],
)
def test_a_table_that_cannot_be_learnt_from(text, expected):
    table = table_of(text)
    assert message(DataError, make_plan, table, "y") == expected


def test_a_type_that_is_not_for_a_network():
    table = parquet("SELECT [1, 2] AS a, range + 0.5 AS y FROM range(3)")
    assert message(DataError, make_plan, table, "y") == (
        "'t.parquet', column 'a': expected numbers, words or booleans, got type "
        "INTEGER[]. To train without the column: --drop a."
    )
    assert make_plan(
        parquet("SELECT [1] AS a, range AS b, range + 0.5 AS y FROM range(3)"),
        "y",
        drop={"a"},
    ).features == (PlanColumn("b", "number"),)


def test_names_that_are_not_in_the_table():
    table = read_table(PENGUINS)
    known = (
        f"{PENGUINS.as_posix()!r}: expected a column %r, got 'species', 'island', "
        "'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'sex', "
        "'year'."
    )
    assert message(DataError, make_plan, table, "specie") == (
        f"{known % 'specie'} Did you mean 'species'?"
    )
    assert message(DataError, make_plan, table, "wingspan") == known % "wingspan"
    assert message(DataError, make_plan, table, "species", drop=["yaer"]) == (
        f"{known % 'yaer'} Did you mean 'year'?"
    )
    wide = table_of(",".join(f"c{i}" for i in range(23)) + "\n" + "1," * 22 + "1\n")
    assert message(DataError, find_column, wide, "x") == (
        "'t.csv': expected a column 'x', got "
        + ", ".join(f"'c{i}'" for i in range(20))
        + " and 3 more."
    )


def test_arguments_that_make_no_sense():
    table = table_of("a,y\n1,2\n3,4\n")
    assert message(ArgumentError, make_plan, table, "y", drop=["y"]) == (
        "drop: column 'y' is the target and cannot be dropped. Choose another target, "
        "or do not drop it."
    )
    assert message(ArgumentError, make_plan, table, "y", task="clustering") == (
        "task: expected 'classification', 'regression' or None, got 'clustering'."
    )


# Plans in the model file

NAMES = st.text(min_size=1, max_size=6)
WORDS = st.lists(st.text(max_size=6), min_size=2, max_size=5, unique=True)


def planned(name: str) -> st.SearchStrategy[PlanColumn]:
    number = st.just(PlanColumn(name, "number"))
    return number | WORDS.map(lambda words: PlanColumn(name, "words", tuple(words)))


@settings(deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=5, unique=True), st.data())
def test_a_plan_survives_json(names, data):
    *features, target = [data.draw(planned(name)) for name in names]
    plan = Plan(tuple(features), target)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["features", "target", "name", "kind", "words"]), inner
        )
    ),
)


@settings(deadline=None)
@given(JUNK)
def test_nonsense_is_never_a_plan(data):
    with pytest.raises(ModelFileError):
        Plan.from_json(data)


GOOD = {"name": "a", "kind": "number"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, "the plan: expected an object of 'features' and 'target', got None"),
        (
            {"features": [GOOD]},
            "the plan: expected an object of 'features' and 'target', got {'features': "
            "[{'name': 'a', 'kind': 'number'}]}",
        ),
        (
            {"features": [], "target": GOOD},
            "features: expected a list of columns, got []",
        ),
        (
            {"features": [GOOD, GOOD], "target": {**GOOD, "name": "b"}},
            "the plan: expected columns with different names, got ['a', 'a', 'b']",
        ),
        (
            {"features": [GOOD], "target": GOOD},
            "the plan: expected columns with different names, got ['a', 'a']",
        ),
        (
            {"features": [GOOD, {"name": "b", "kind": ["c"]}], "target": GOOD},
            "features[1]: expected an object of kind 'number' or 'words', got {'name': "
            "'b', 'kind': ['c']}",
        ),
        (
            {"features": [{**GOOD, "words": ["x"]}], "target": GOOD},
            "features[0]: expected a name and the keys ['kind', 'name'], got {'name': "
            "'a', 'kind': 'number', 'words': ['x']}",
        ),
        (
            {"features": [GOOD], "target": {"name": "", "kind": "number"}},
            "target: expected a name and the keys ['kind', 'name'], got {'name': '', "
            "'kind': 'number'}",
        ),
        (
            {"features": [GOOD], "target": {"name": "b", "kind": "words", "words": []}},
            "target.words: expected a list of words, got []",
        ),
        (
            {
                "features": [GOOD],
                "target": {"name": "b", "kind": "words", "words": ["x"]},
            },
            "target: expected at least two words, got ['x']",
        ),
        (
            {
                "features": [GOOD],
                "target": {"name": "b", "kind": "words", "words": ["x", 1]},
            },
            "target.words: expected different words, got ['x', 1]",
        ),
        (
            {
                "features": [GOOD],
                "target": {"name": "b", "kind": "words", "words": ["x"] * 40},
            },
            "target.words: expected different words, got ['x', 'x', 'x', 'x', 'x', "
            "'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', '...",
        ),
    ],
)
def test_a_plan_that_is_not_one(data, expected):
    assert message(ModelFileError, Plan.from_json, data) == (
        f"Table plan, {expected}. The model file is damaged or of another version: "
        "train the model again."
    )


# Encoding


def test_columns_are_found_by_name():
    plan = make_plan(table_of("a,b,y\n1,x,1.5\n2,z,2.5\n"), "y")
    new = table_of("extra,b,a\n2020-01-02,z,7\n2020-01-03,,\n")
    np.testing.assert_array_equal(encode(plan, new), [[7, 1], [np.nan, np.nan]])


def test_a_column_that_was_renamed():
    plan = make_plan(table_of("bill_length,b,y\n1,x,1.5\n2,z,2.5\n"), "y")
    new = table_of("bill_lenght,b\n1,x\n")
    assert message(DataError, encode, plan, new) == (
        "'t.csv': expected a column 'bill_length', got 'bill_lenght', 'b'. Did you "
        "mean 'bill_lenght'?"
    )


def test_a_renamed_column_is_not_one_that_the_model_knows():
    plan = make_plan(table_of("bill_length,bill_depth,y\n1,2,1.5\n2,5,2.5\n"), "y")
    new = table_of("bill_len,bill_depth\n1,2\n")
    assert message(DataError, encode, plan, new) == (
        "'t.csv': expected a column 'bill_length', got 'bill_len', 'bill_depth'. Did "
        "you mean 'bill_len'?"
    )


def test_a_word_in_a_column_of_numbers():
    plan = make_plan(table_of("a,y\n1,1.5\n2,2.5\n"), "y")
    new = table_of('a\n3\n\n"3,5"\nlong\n')
    assert message(DataError, encode, plan, new) == (
        "'t.csv', column 'a', line 4: expected a number such as 1234.5, with a point "
        "before its decimals and nothing between its thousands, got '3,5'. Save the "
        "table with such numbers, or replace the commas in it."
    )
    new = table_of('a\n3\n\nlong\n"3,5"\n')
    assert message(DataError, encode, plan, new) == (
        "'t.csv', column 'a', line 4: expected a number, as in training, got the word "
        "'long'. Mend that cell, or empty it if the value is missing."
    )
    dates = table_of("a\n2020-01-02\n")
    assert message(DataError, encode, plan, dates) == (
        "'t.csv', column 'a': expected numbers, words or booleans, got dates or times."
    )
    codes = table_of("a\n007\n\n 10 \n")
    np.testing.assert_array_equal(encode(plan, codes), [[7], [np.nan], [10]])


def test_an_unseen_word():
    plan = make_plan(read_table(PENGUINS), "species")
    lines = PENGUINS.read_text().splitlines()[:3]
    lines[2] = lines[2].replace("Torgersen", "Dreem")
    new = table_of("\n".join(lines))
    assert message(DataError, encode, plan, new) == (
        "'t.csv', column 'island', line 3: expected 'Biscoe', 'Dream' or 'Torgersen', "
        "as in training, got 'Dreem'. Mend that cell, or empty it if the value is "
        "missing. Did you mean 'Dream'?"
    )
    lines[1] = lines[1].replace("Adelie", "Emperor")
    new = table_of("\n".join(lines))
    assert message(DataError, encode_target, plan, new) == (
        "'t.csv', column 'species', line 2: expected 'Adelie', 'Chinstrap' or "
        "'Gentoo', as in training, got 'Emperor'. Mend that cell, or empty it if the "
        "value is missing."
    )


def test_numbers_where_the_plan_has_words_are_compared_by_value():
    words = ["7", "8.50", "A1", "x", "07", "1e3"]
    table = table_of("x\n7\n8.5\n1000\n\n")
    codes = read_codes(table, table.columns[0], words)
    np.testing.assert_array_equal(codes, [0, 1, 5, np.nan])
    table = table_of("x\n7\n")
    assert read_codes(table, table.columns[0], ["a", "07"]).tolist() == [1]
    table = table_of("x\n7\n9\n")
    assert message(DataError, read_codes, table, table.columns[0], ["7", "8"]) == (
        "'t.csv', column 'x', line 3: expected '7' or '8', as in training, got '9'. "
        "Mend that cell, or empty it if the value is missing."
    )
    dates = table_of("x\n2020-01-02\n")
    assert message(DataError, read_codes, dates, dates.columns[0], ["7", "8"]) == (
        "'t.csv', column 'x': expected numbers, words or booleans, got dates or times."
    )


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e400"])
def test_infinity(cell):
    plan = make_plan(table_of("a,y\n1,1.5\n2,2.5\n"), "y")
    sign = "-inf" if cell.startswith("-") else "inf"
    assert message(DataError, encode, plan, table_of(f"a\n1\n{cell}\n")) == (
        f"'t.csv', column 'a', line 3: expected a finite number, got {sign}. Mend that "
        "cell, or empty it if the value is missing."
    )


def test_whole_numbers_that_a_float_cannot_hold():
    table = column_of(["1", str(2**53 - 1), "-9007199254740993"])
    assert message(DataError, read_numbers, table, table.columns[0], "for a test") == (
        "'t.csv', column 'x', line 4: expected whole numbers below 2**53 (about "
        "9.0e15), which float64 holds exactly, got about -9.0e+15. If it identifies "
        "the row, train without the column (--drop x); if it is a quantity, write it "
        "in a larger unit."
    )
    exact = column_of(["1", str(2**53 - 1)])
    numbers = read_numbers(exact, exact.columns[0], "for a test")
    assert numbers.tolist() == [1, 2**53 - 1]
    quantities = column_of(["0.5", "9007199254740993"])
    numbers = read_numbers(quantities, quantities.columns[0], "for a test")
    assert numbers.tolist() == [0.5, 2.0**53]


@pytest.mark.parametrize(
    ("number", "text"),
    [(3.0, "3"), (-0.5, "-0.5"), (1e300, "1e+300"), (float("inf"), "inf")],
)
def test_the_text_of_a_number(number, text):
    assert number_word(number) == text


# Predictions


PASSED = Plan((HOURS,), PlanColumn("passed", "words", ("no", "yes")))
SCORE = Plan((HOURS,), PlanColumn("score", "number"))


def test_codes_become_words():
    assert decode_classes(PASSED, np.array([1, 0, 1])) == ["yes", "no", "yes"]
    assert decode_classes(PASSED, []) == []


@pytest.mark.parametrize(
    ("plan", "codes", "expected"),
    [
        (
            PASSED,
            [0, 2],
            "codes: expected 0 to 1, one for each class of 'passed', got 2.",
        ),
        (
            PASSED,
            [-1],
            "codes: expected 0 to 1, one for each class of 'passed', got -1.",
        ),
        (
            PASSED,
            [0.7],
            "codes: expected whole numbers of shape (rows,), got float64 of shape "
            "(1,).",
        ),
        (
            PASSED,
            [[0], [1]],
            "codes: expected whole numbers of shape (rows,), got int64 of shape "
            "(2, 1).",
        ),
        (
            SCORE,
            [0],
            "plan: expected one with classes, got one that predicts 'score' as a "
            "number. Use the predictions as they are.",
        ),
    ],
)
def test_codes_that_are_not_classes(plan, codes, expected):
    codes = np.array(codes, dtype=np.float64 if 0.7 in codes else np.int64)
    assert message(ArgumentError, decode_classes, plan, codes) == expected


def test_predictions_are_written(capsys):
    write_predictions("p.csv", PASSED, np.array([1, 0]))
    assert Path("p.csv").read_bytes() == b"prediction\nyes\nno\n"
    write_predictions(
        Path("q.csv"), PASSED, np.array([1]), np.array([[0.25, 0.1 + 0.2]])
    )
    assert Path("q.csv").read_bytes() == (
        b"prediction,probability_no,probability_yes\nyes,0.25,0.30000000000000004\n"
    )
    write_predictions(None, SCORE, np.array([[0.1], [3.0]], dtype=np.float32))
    assert capsys.readouterr().out == "prediction\n0.1\n3.0\n"
    write_predictions(None, SCORE, np.array([]))
    assert capsys.readouterr().out == "prediction\n"


def test_a_file_that_exists_is_replaced_only_by_force():
    Path("p.csv").write_text("precious")
    assert message(ArgumentError, write_predictions, "p.csv", SCORE, [1.5]) == (
        "'p.csv' exists already and is left as it is. Name another file, or replace it "
        "with --force."
    )
    assert Path("p.csv").read_text() == "precious"
    write_predictions("p.csv", SCORE, [1.5], force=True)
    assert Path("p.csv").read_text() == "prediction\n1.5\n"
    assert os.listdir() == ["p.csv"]


def test_a_full_disk_leaves_the_old_file_whole(monkeypatch):
    Path("p.csv").write_text("precious")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    text = message(DataError, write_predictions, "p.csv", SCORE, [1.5], force=True)
    assert text == (
        "'p.csv' cannot be written: No space left on device. Name a file in a "
        "directory that exists, can be written to and has room."
    )
    assert Path("p.csv").read_text() == "precious"
    assert os.listdir() == ["p.csv"]


def test_a_directory_that_is_not_there():
    folder = Path(os.path.realpath("no")).as_posix()
    assert message(DataError, write_predictions, "no/p.csv", SCORE, [1.5]) == (
        f"'no/p.csv': there is no folder {folder!r}. Make it first."
    )


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of other systems")
def test_what_is_no_file_is_never_replaced():
    os.mkfifo("pipe")
    Path("folder").mkdir()
    for name, what in (("pipe", "a device or a pipe"), ("folder", "a folder")):
        found = message(DataError, write_predictions, name, SCORE, [1.5], force=True)
        assert found == f"'{name}': expected a file, this is {what}."
    assert Path("pipe").is_fifo()
    reader, writer = os.pipe()  # as standard output is, before another program
    name = f"/dev/fd/{writer}"
    assert message(DataError, write_predictions, name, SCORE, [1.5], force=True) == (
        f"'{name}': expected a file, this is a device or a pipe."
    )
    os.close(reader)
    os.close(writer)
    Path("p.csv").write_text("old")
    Path("p.csv").chmod(0o640)
    Path("link.csv").symlink_to("p.csv")
    write_predictions("link.csv", SCORE, [1.5], force=True)
    assert Path("link.csv").is_symlink()
    assert Path("p.csv").read_text() == "prediction\n1.5\n"
    assert Path("p.csv").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir()) == ["folder", "link.csv", "p.csv", "pipe"]


def test_predictions_of_other_shapes():
    assert message(ShapeError, write_predictions, None, SCORE, [[1.0, 2.0]]) == (
        "predictions: expected shape (rows,) or (rows, 1), got (1, 2)."
    )
    assert message(ShapeError, write_predictions, None, PASSED, [1], [[1.0]]) == (
        "probabilities: expected shape (1, 2), a row for each prediction and a column "
        "for each class, got (1, 1)."
    )


@pytest.mark.no_cover
@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.text(max_size=8).filter(lambda cell: cell not in {*MISSING, "word"}),
        min_size=1,
        max_size=6,
        unique=True,
    )
)
@example(
    ["a,b", 'say "so"', "two\nlines", "two\r\nlines", "\r", "ünïcödé 🐧", " ", "007"]
)
def test_any_word_comes_back_from_a_plan_as_it_went_in(cells):
    words = ["word", *cells]
    with open("t.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["x", "y"])
        writer.writerows((word, word) for word in words for _ in range(12))
    table = read_table("t.csv")
    plan = make_plan(table, "y", task="classification")
    assert plan.features[0].words == plan.target.words == tuple(sorted(words))
    plan = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    codes = encode_target(plan, table)
    assert codes.tolist() == encode(plan, table)[:, 0].tolist()
    chances = np.eye(len(plan.target.words))[codes]
    write_predictions("p.csv", plan, codes, chances, force=True)
    with open("p.csv", newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    assert header == ["prediction", *(f"probability_{w}" for w in plan.target.words)]
    expected = [word for word in words for _ in range(12)]
    assert [line[0] for line in lines] == expected
    np.testing.assert_array_equal(np.array(lines)[:, 1:].astype(float), chances)
    write_predictions("p.csv", plan, codes, force=True)
    assert read_table("p.csv").columns[0].values.tolist() == expected
