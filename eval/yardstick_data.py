"""The files of the public question sets, read strictly: a bad line is named, never skipped."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.errors import DataInvalid


class Record(BaseModel):
    """One line of a file. Keys that no adapter needs may be there too."""

    model_config = ConfigDict(frozen=True, strict=True)


R = TypeVar("R", bound=Record)


def read_records(path: Path, kind: type[R]) -> list[R]:
    """Every line of a JSONL file as a `kind`, in file order; blank lines are skipped. Raises DataInvalid."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataInvalid(
            f"{str(path)!r} cannot be read ({error.strerror}): --data is the folder that holds it"
        ) from error
    except UnicodeDecodeError as error:
        raise DataInvalid(f"{str(path)!r} is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    records: list[R] = []
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON strings may hold U+2028
        if not line.strip():
            continue
        try:
            records.append(kind.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            what = f"{where}: {first['msg']}" if where else first["msg"]
            raise DataInvalid(f"{str(path)!r}, line {number}: {what}") from error
    if not records:
        raise DataInvalid(f"{str(path)!r} is empty: --data is a folder of JSONL files, one record a line")
    return records
