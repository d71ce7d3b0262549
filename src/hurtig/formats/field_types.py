"""Field types as formats see them: one small tree for type information and Table data types."""

from __future__ import annotations

from enum import Enum
from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    ExternalTypeInfo,
    ListTypeInfo,
    LocalTimeTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
    Types,
)


class Kind(Enum):
    """What a field holds."""

    STRING = "string"
    BOOLEAN = "boolean"
    BYTE = "byte"
    SHORT = "short"
    INT = "int"
    LONG = "long"
    BIG_INT = "big int"
    FLOAT = "float"
    DOUBLE = "double"
    DECIMAL = "decimal"
    BYTES = "bytes"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    ARRAY = "array"
    MAP = "map"
    ROW = "row"
    TUPLE = "tuple"


INTEGER_BITS = {Kind.BYTE: 8, Kind.SHORT: 16, Kind.INT: 32, Kind.LONG: 64}


class FieldType:
    """A kind with what belongs to it.

    ``element`` of an array or the values of a map, ``key`` of a map, ``fields`` and ``names`` of a
    row or tuple, ``precision`` and ``scale`` of a decimal or a time.
    """

    __slots__ = ("element", "fields", "key", "kind", "names", "precision", "scale")

    def __init__(
        self,
        kind: Kind,
        element: FieldType | None = None,
        key: FieldType | None = None,
        names: tuple[str, ...] = (),
        fields: tuple[FieldType, ...] = (),
        precision: int | None = None,
        scale: int | None = None,
    ) -> None:
        self.kind = kind
        self.element = element
        self.key = key
        self.names = names
        self.fields = fields
        self.precision = precision
        self.scale = scale

    @property
    def is_row(self) -> bool:
        """Whether it has fields."""
        return self.kind is Kind.ROW or self.kind is Kind.TUPLE

    def type_info(self) -> TypeInformation:
        """The type information of such values in a DataStream."""
        if self.kind is Kind.ROW:
            return Types.ROW_NAMED(list(self.names), [f.type_info() for f in self.fields])
        if self.kind is Kind.TUPLE:
            return Types.TUPLE([f.type_info() for f in self.fields])
        if self.kind is Kind.ARRAY:
            return Types.LIST(self.element_type().type_info())
        if self.kind is Kind.MAP:
            assert self.key is not None
            return Types.MAP(self.key.type_info(), self.element_type().type_info())
        if self.kind is Kind.BYTES:
            return Types.PRIMITIVE_ARRAY(Types.BYTE())
        make: Any = getattr(Types, _TYPES_NAMES.get(self.kind, self.kind.name))
        made: TypeInformation = make()
        return made

    def element_type(self) -> FieldType:
        """``element`` of an array or map."""
        assert self.element is not None, self.kind
        return self.element


_TYPES_NAMES = {
    Kind.DECIMAL: "BIG_DEC",
    Kind.DATE: "SQL_DATE",
    Kind.TIME: "SQL_TIME",
    Kind.TIMESTAMP: "SQL_TIMESTAMP",
}

_BASIC = {
    BasicType.STRING: Kind.STRING,
    BasicType.CHAR: Kind.STRING,
    BasicType.BOOLEAN: Kind.BOOLEAN,
    BasicType.BYTE: Kind.BYTE,
    BasicType.SHORT: Kind.SHORT,
    BasicType.INT: Kind.INT,
    BasicType.LONG: Kind.LONG,
    BasicType.BIG_INT: Kind.BIG_INT,
    BasicType.FLOAT: Kind.FLOAT,
    BasicType.DOUBLE: Kind.DOUBLE,
    BasicType.BIG_DEC: Kind.DECIMAL,
    BasicType.INSTANT: Kind.INSTANT,
}

_LOCAL = {
    LocalTimeTypeInfo.TimeType.LOCAL_DATE: Kind.DATE,
    LocalTimeTypeInfo.TimeType.LOCAL_TIME: Kind.TIME,
    LocalTimeTypeInfo.TimeType.LOCAL_DATE_TIME: Kind.TIMESTAMP,
}

# Table's data types are in a layer above, so they are known by their class names.
_DATA_TYPES = {
    "CharType": Kind.STRING,
    "VarCharType": Kind.STRING,
    "BooleanType": Kind.BOOLEAN,
    "TinyIntType": Kind.BYTE,
    "SmallIntType": Kind.SHORT,
    "IntType": Kind.INT,
    "BigIntType": Kind.LONG,
    "FloatType": Kind.FLOAT,
    "DoubleType": Kind.DOUBLE,
    "DecimalType": Kind.DECIMAL,
    "BinaryType": Kind.BYTES,
    "VarBinaryType": Kind.BYTES,
    "DateType": Kind.DATE,
    "TimeType": Kind.TIME,
    "TimestampType": Kind.TIMESTAMP,
    "LocalZonedTimestampType": Kind.INSTANT,
    "ZonedTimestampType": Kind.INSTANT,
}


def field_type(declared: Any) -> FieldType:
    """The field type of a ``TypeInformation`` or a Table ``DataType``.

    :class:`~hurtig.common.errors.ProgramError` for one that no format can write.
    """
    if isinstance(declared, FieldType):
        return declared
    if isinstance(declared, TypeInformation):
        return _of_type_info(declared)
    return _of_data_type(declared)


def row_type(declared: Any, user: str) -> FieldType:
    """The field type of a row; ``user`` names who asks, for the error message."""
    found = field_type(declared)
    if not found.is_row:
        raise ProgramError(f"{user} needs a row type such as Types.ROW_NAMED, got {declared!r}")
    return found


def _of_type_info(info: TypeInformation) -> FieldType:
    if isinstance(info, BasicTypeInfo):
        return FieldType(_BASIC[info._basic_type])
    if isinstance(info, RowTypeInfo):
        names = tuple(info.get_field_names())
        return FieldType(
            Kind.ROW, names=names, fields=tuple(map(_of_type_info, info.get_field_types()))
        )
    if isinstance(info, TupleTypeInfo):
        fields = tuple(map(_of_type_info, info.get_field_types()))
        names = tuple(f"f{i}" for i in range(len(fields)))
        return FieldType(Kind.TUPLE, names=names, fields=fields)
    if isinstance(
        info, PrimitiveArrayTypeInfo | BasicArrayTypeInfo | ObjectArrayTypeInfo | ListTypeInfo
    ):
        element = _of_type_info(info._element_type)
        if isinstance(info, PrimitiveArrayTypeInfo) and element.kind is Kind.BYTE:
            return FieldType(Kind.BYTES)
        return FieldType(Kind.ARRAY, element=element)
    if isinstance(info, MapTypeInfo):
        return FieldType(
            Kind.MAP,
            key=_of_type_info(info._key_type_info),
            element=_of_type_info(info._value_type_info),
        )
    if isinstance(info, DateTypeInfo):
        return FieldType(Kind.DATE)
    if isinstance(info, TimeTypeInfo):
        return FieldType(Kind.TIME)
    if isinstance(info, TimestampTypeInfo):
        return FieldType(Kind.TIMESTAMP)
    if isinstance(info, LocalTimeTypeInfo):
        return FieldType(_LOCAL[info._time_type])
    if isinstance(info, ExternalTypeInfo):
        return _of_type_info(info._type_info)
    raise ProgramError(
        f"no format can write values of {info!r}; declare the fields, for example with "
        "Types.ROW_NAMED(['name'], [Types.STRING()])"
    )


def _of_data_type(declared: Any) -> FieldType:
    name = type(declared).__name__
    kind = _DATA_TYPES.get(name)
    if kind is not None:
        return FieldType(
            kind,
            precision=getattr(declared, "precision", None),
            scale=getattr(declared, "scale", None),
        )
    if name == "RowType":
        fields = tuple(_of_data_type(f.data_type) for f in declared.fields)
        return FieldType(Kind.ROW, names=tuple(f.name for f in declared.fields), fields=fields)
    if name == "ArrayType":
        return FieldType(Kind.ARRAY, element=_of_data_type(declared.element_type))
    if name == "MapType":
        return FieldType(
            Kind.MAP,
            key=_of_data_type(declared.key_type),
            element=_of_data_type(declared.value_type),
        )
    raise ProgramError(f"{declared!r} is neither a TypeInformation nor a data type of a field")
