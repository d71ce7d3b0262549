"""OutputTag (``pyflink.datastream.output_tag``)."""

from hurtig.common.typeinfo import RowTypeInfo, TypeInformation, Types
from hurtig.operators.output_tag import OutputTag

__all__ = ["OutputTag", "RowTypeInfo", "TypeInformation", "Types"]
