"""Reads what this product writes as Arrow: every table of a folder, and its vectors as NumPy without a copy.

    npx agentmmrec data prepare --from catalog --name shop
    python examples/readArrow.py .agentmmrec/datasets/shop
"""

import pathlib
import sys

import pyarrow as pa

for path in sorted(pathlib.Path(sys.argv[1]).glob("**/*.arrow")):
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
        print(f"{path.name}: {table.num_rows} rows")
        for field in table.schema:
            column = table[field.name].combine_chunks()
            if pa.types.is_fixed_size_list(field.type):
                vectors = column.values.to_numpy().reshape(len(column), field.type.list_size)
                print(f"  {field.name}: vectors {vectors.shape} {vectors.dtype}")
            else:
                print(f"  {field.name}: {field.type}")
